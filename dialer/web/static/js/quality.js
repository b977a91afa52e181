// What evaluators begin from: the queue, and the plans that fill it.

import { api } from "./api.js";
import { find, setHidden, setText } from "./dom.js";
import { count, moment } from "./format.js";
import { attempt } from "./frame.js";
import { boxes, daysBack, midnight, options, recordingLink, row, ticked, writes } from "./quality_parts.js";
import { t, word } from "./texts.js";

const METHODS = ["random", "per_agent", "stratified", "flags"];
const STRATA = [
  ["campaign", t("campaign")],
  ["agent", t("agent")],
  ["outcome", t("outcome")],
  ["disposition", t("disposition")],
  ["length", t("recordings.length")],
];
const FLAGS = ["dead_air", "one_way", "hung_up_on_greeting", "no_audio", "talk_over", "clipping", "too_quiet", "late_first_word"];
const SHOWN_MAX = 100;

async function load() {
  const queue = (await attempt(() => api("GET", "/quality/queue?limit=500"))) ?? [];
  setText(find("#waiting"), t("quality.waiting", { n: count(queue.filter((one) => one.state === "open").length) }));
  const forms = (await attempt(() => api("GET", "/quality/forms?versions=true"))) ?? [];
  const named = new Map(forms.map((one) => [one.id, `${one.name} (${one.version})`]));
  find("#queue").replaceChildren(
    ...queue.slice(0, SHOWN_MAX).map((one) =>
      row(
        recordingLink(one.call),
        one.round,
        named.get(one.form) ?? "",
        one.kind === "calibration" ? t("quality.calibration") : t("quality.anybody"),
        one.state === "claimed" ? t("quality.until_when", { at: moment(one.claimed_until) }) : "–",
      ),
    ),
  );
  const newest = new Map(forms.map((one) => [one.name, one]));
  options(find("#plan-form"), [...newest.values()].map((one) => [one.id, named.get(one.id)]));
  const plans = (await attempt(() => api("GET", "/quality/plans"))) ?? [];
  options(find("#plan"), plans.map((one) => [one.name, one.name]));
  setHidden(find("#plans-part"), !writes || forms.length === 0);
  setHidden(find("#drawing"), plans.length === 0);
}

find("#claim").addEventListener("click", async () => {
  const claimed = await attempt(() => api("POST", "/quality/queue/claim"));
  if (!claimed) return;
  sessionStorage.setItem("claim", JSON.stringify(claimed));
  location.assign(`/recordings/${claimed.task.call}`);
});

find("#drawing").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { since: midnight(find("#since").value), until: midnight(find("#until").value) + 86_400, seed: find("#seed").value };
  const drawn = await attempt(() => api("POST", `/quality/plans/${encodeURIComponent(find("#plan").value)}/draw`, body));
  if (!drawn) return;
  await load();
  setText(find("#told"), t("quality.drawn", { new: count(drawn.new), candidates: count(drawn.candidates) }));
});

find("#planning").addEventListener("submit", async (event) => {
  event.preventDefault();
  const method = find("#plan-method").value;
  const strata = ticked(find("#plan-strata"));
  const body = {
    name: find("#plan-name").value,
    form: Number(find("#plan-form").value),
    method,
    count: Number(find("#plan-count").value),
    campaign: Number(find("#plan-campaign").value) || null,
    seconds_min: Number(find("#plan-seconds").value),
    ...(method === "stratified" ? { strata } : {}),
    ...(method === "flags" ? { flags: ticked(find("#plan-flags")) } : {}),
  };
  const kept = await attempt(async () => (await api("POST", "/quality/plans", body)) ?? true);
  if (!kept) return;
  await load();
  find("#plan").value = body.name;
  setText(find("#told"), t("quality.plan_kept", { name: body.name }));
});

find("#plan-method").addEventListener("change", (event) => {
  setHidden(find("#plan-strata"), event.target.value !== "stratified");
  setHidden(find("#plan-flags"), event.target.value !== "flags");
});

options(find("#plan-method"), METHODS.map((method) => [method, word("method", method)]));
boxes(find("#plan-strata"), STRATA, ["campaign"]);
boxes(find("#plan-flags"), FLAGS.map((flag) => [flag, word("flag", flag)]));
setHidden(find("#claim"), !writes);
find("#until").value = daysBack(0);
find("#since").value = daysBack(6);
find("#seed").value = daysBack(0);
const campaigns = (await attempt(() => api("GET", "/campaigns"))) ?? [];
options(find("#plan-campaign"), campaigns.map((one) => [one.id, one.name]), t("quality.all"));
load();
