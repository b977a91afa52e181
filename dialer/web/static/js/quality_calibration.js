// Calibration: calls put before several evaluators, each blind to the others, and how far they agree on each item.

import { api } from "./api.js";
import { el, find, setHidden, setText } from "./dom.js";
import { count, moment, plain, share } from "./format.js";
import { attempt } from "./frame.js";
import { boxes, figure, options, recordingLink, row, ticked, writes } from "./quality_parts.js";
import { t, word } from "./texts.js";

const said = (answer) => (/^\d+$/.test(answer) ? answer : word("answer", answer));
const two = (value) => (value === null ? "–" : plain(Math.round(100 * value) / 100));
let forms = new Map();

/** Krippendorff's own marks: from 0.8 on one may rely on it, from 0.667 on tentatively. */
function says(alpha) {
  if (alpha === null) return t("quality.not_defined");
  if (alpha >= 0.8) return t("quality.agree");
  return alpha >= 0.667 ? t("quality.agree_nearly") : t("quality.disagree");
}

async function load() {
  const rounds = (await attempt(() => api("GET", "/quality/calibrations"))) ?? [];
  find("#calibrations").replaceChildren(
    ...rounds.map((one) => {
      const name = el("button", "quiet", one.name);
      name.type = "button";
      name.addEventListener("click", () => show(one.name));
      return row(name, moment(one.at), forms.get(one.form) ?? "", figure(count(one.calls)), figure(`${count(one.done)} / ${count(one.tasks)}`));
    }),
  );
  return rounds;
}

async function show(name) {
  const one = await attempt(() => api("GET", `/quality/calibrations/${encodeURIComponent(name)}`));
  if (!one) return;
  setHidden(find("#shown"), false);
  setText(find("#shown-name"), one.name);
  setText(find("#shown-score"), t("quality.score_alpha", { alpha: two(one.score_alpha) }));
  setText(find("#progress"), one.evaluators.map((who) => `${one.names[who.evaluator]} ${who.handed_in} / ${who.of}`).join(" · "));
  find("#items").replaceChildren(
    ...one.items.map((item) => row(item.label, figure(two(item.alpha)), says(item.alpha), figure(one.handed_in ? share(item.same) : "–"))),
  );
  setHidden(find("#blind"), one.whole);
  setHidden(find("#close"), !writes);
  find("#close").onclick = () => close(one);
  setHidden(find("#answers-part"), !one.whole);
  if (one.whole) matrix(one);
  find("#shown").scrollIntoView({ block: "nearest" });
}

/** End it with what is there: an evaluator may have left. */
async function close(one) {
  const lacking = one.evaluators.reduce((sum, who) => sum + who.of - who.handed_in, 0);
  if (!window.confirm(t("quality.close_sure", { n: count(lacking) }))) return;
  const done = await attempt(async () => (await api("POST", `/quality/calibrations/${encodeURIComponent(one.name)}/close`)) ?? true);
  if (!done) return;
  await load();
  await show(one.name);
}

/** Who said what: a row for each call and item on which not all said the same, a column for each evaluator. */
function matrix(one) {
  const people = one.evaluators.map((who) => who.evaluator);
  const head = row(t("quality.call"), t("quality.item"), ...people.map((who) => one.names[who]));
  const rows = one.items.flatMap((item) =>
    one.calls.flatMap((call) => {
      const answers = new Map(item.answers.filter((each) => each.call === call).map((each) => [each.evaluator, each.answer]));
      if (new Set(answers.values()).size < 2) return [];
      return [row(recordingLink(call), item.label, ...people.map((who) => (answers.has(who) ? said(answers.get(who)) : "–")))];
    }),
  );
  const scores = one.calls.map((call) => {
    const given = new Map(one.scores.filter(([of]) => of === call).map(([, who, score]) => [who, score]));
    return row(recordingLink(call), t("recordings.score"), ...people.map((who) => share(given.get(who) ?? null)));
  });
  const top = el("thead");
  const body = el("tbody");
  top.append(head);
  body.append(...rows, ...scores);
  find("#who-said").replaceChildren(top, body);
}

find("#take").addEventListener("click", async () => {
  const query = `q=${encodeURIComponent(find("#query").value)}&limit=${Number(find("#count").value) || 5}`;
  const found = await attempt(() => api("GET", `/recordings?${query}`));
  if (!found) return;
  const audible = found.items.filter((one) => ["indexed", "stored"].includes(one.state));
  find("#calls").value = audible.map((one) => one.call).join(", ");
});

find("#begin").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = {
    name: find("#name").value,
    form: Number(find("#form").value),
    calls: [...find("#calls").value.matchAll(/\d+/g)].map(([number]) => Number(number)),
    evaluators: ticked(find("#evaluators")).map(Number),
  };
  const begun = await attempt(() => api("POST", "/quality/calibrations", body));
  if (!begun) return;
  setText(find("#told"), t("quality.calibration_begun", { n: count(begun.new) }));
  await load();
  await show(body.name);
});

setHidden(find("#begin-part"), !writes);
const versions = (await attempt(() => api("GET", "/quality/forms?versions=true"))) ?? [];
forms = new Map(versions.map((one) => [one.id, `${one.name} (${one.version})`]));
const newest = new Map(versions.map((one) => [one.name, one.id]));
options(find("#form"), [...newest.values()].map((id) => [id, forms.get(id)]));
const people = (await attempt(() => api("GET", "/quality/evaluators"))) ?? [];
boxes(find("#evaluators"), people.map((one) => [one.id, one.name]));
const [latest] = await load();
if (latest) show(latest.name);
