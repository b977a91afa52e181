// What scores come to by group, what costs most, and what goes with occupancy and with promises.

import { api } from "./api.js";
import { el, find, setHidden, setText } from "./dom.js";
import { count, day, plain, share, tenths } from "./format.js";
import { attempt } from "./frame.js";
import { daysBack, figure, goesWith, midnight, options, row, span } from "./quality_parts.js";
import { t, word } from "./texts.js";

const GROUPS = [
  ["agent", t("agent")],
  ["team", t("admin.team")],
  ["campaign", t("campaign")],
  ["item", t("quality.item")],
  ["week", t("quality.week")],
  ["evaluator", t("quality.evaluator")],
];
const HOURLY = ["talk_over_share", "response_s", "dead_air_s", "score"];
const OF_TALKS = ["talk_over_share", "response_s", "dead_air_s", "longest_monologue_s", "score"];
const SVG = "http://www.w3.org/2000/svg";

const times = () => `since=${midnight(find("#since").value)}&until=${midnight(find("#until").value) + 86_400}`;

/** The interval of a score as a bar from 0 to 100 %, with the mean in it. */
function intervalBar(score) {
  const bar = el("span", "interval");
  if (score?.low === null || score?.low === undefined) return "–";
  bar.style.setProperty("--low", score.low);
  bar.style.setProperty("--high", score.high);
  bar.style.setProperty("--mean", score.mean);
  const cell = el("span", "with-bar");
  cell.append(bar, ` ${span(score.low, score.high)}`);
  return cell;
}

function named(by, one) {
  if (by === "week") return t("quality.week_of", { day: day(new Date(one.group * 1000).toISOString().slice(0, 10)) });
  if (by === "team" && !one.name) return t("quality.no_team");
  return one.name || "–";
}

const ofAll = (part) => `${count(part.count)} / ${count(part.of)}`;

async function trends() {
  const by = find("#by").value;
  const of = ["campaign", "team", "agent"]
    .map((name) => [name, find(`#${name}`).value])
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `&${name}=${encodeURIComponent(value)}`);
  const rows = (await attempt(() => api("GET", `/quality/trends?by=${by}&${times()}${of.join("")}`))) ?? [];
  setText(find("#group"), GROUPS.find(([value]) => value === by)[1]);
  find("#trends").replaceChildren(
    ...rows.map((one) => {
      const passed = el("span", "", ofAll(one.passed));
      passed.title = span(one.passed.low, one.passed.high);
      const errors = el("span", one.critical.count ? "bad" : "", ofAll(one.critical));
      errors.title = span(one.critical.low, one.critical.high);
      const mean = one.score ? share(one.score.mean) : "–";
      return row(named(by, one), figure(count(one.passed.of)), figure(mean), intervalBar(one.score), figure(passed), figure(errors));
    }),
  );
}

async function pareto() {
  const items = (await attempt(() => api("GET", `/quality/pareto?since=${midnight(find("#since").value)}`))) ?? [];
  find("#pareto").replaceChildren(
    ...items
      .slice(0, 15)
      .map((one) =>
        row(one.label, figure(`${count(one.failed.count)} / ${count(one.asked)}`), figure(span(one.failed.low, one.failed.high)), figure(share(one.cumulative))),
      ),
  );
}

const correlation = (link) => (link.rho === null ? "–" : `${two(link.rho)} (${two(link.low)} – ${two(link.high)})`);
const two = (value) => plain(Math.round(100 * value) / 100);

async function occupancy() {
  let found;
  try {
    found = await api("GET", `/quality/links?${times()}`);
  } catch (error) {
    setHidden(find("#links-part"), true); // of the whole house: who sees a part of it has none
    return;
  }
  const worked = found.hours.some((hour) => hour.calls > 0);
  find("#links").replaceChildren(
    ...(worked ? HOURLY : []).map((name) =>
      row(word("measure", name), figure(count(found[name].pairs)), figure(correlation(found[name])), goesWith(found[name])),
    ),
  );
  scatter(found.hours.filter((hour) => hour.talk_over_share !== null));
}

function mark(name, values, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, String(value));
  if (text) made.textContent = text;
  return made;
}

/** Each hour's talk-over over its occupancy. */
function scatter(hours) {
  const shown = hours.length > 1;
  setHidden(find("#scatter-label"), !shown);
  find("#scatter").toggleAttribute("hidden", !shown);
  const most = Math.max(0.05, ...hours.map((hour) => hour.talk_over_share));
  const x = (value) => 34 + 276 * Math.min(1, value);
  const y = (value) => 145 - 130 * (value / most);
  find("#scatter").replaceChildren(
    mark("path", { d: `M34 15V145H310`, class: "axis" }),
    ...[0, 0.5, 1].map((at) => mark("text", { x: x(at), y: 160, "text-anchor": at ? (at === 1 ? "end" : "middle") : "start" }, share(at))),
    mark("text", { x: 30, y: 20, "text-anchor": "end" }, share(most)),
    mark("text", { x: 30, y: 145, "text-anchor": "end" }, share(0)),
    ...hours.map((hour) => mark("circle", { cx: x(hour.occupancy), cy: y(hour.talk_over_share), r: 3 })),
  );
}

const third = (part) => {
  const cell = el("span", "", part.of ? share(part.count / part.of) : "–");
  if (part.of) cell.append(el("small", "", ` ${span(part.low, part.high)}`));
  return figure(cell);
};

async function outcomes() {
  const found = await attempt(() => api("GET", `/quality/outcomes?${times()}`));
  if (!found) return;
  setText(find("#talks"), found.talks ? t("quality.talks", { n: count(found.talks), promised: count(found.promised) }) : "");
  find("#outcomes").replaceChildren(
    ...(found.talks ? OF_TALKS : []).map((name) => {
      const { promised, kept } = found[name];
      return row(
        word("measure", name),
        ...[third(promised.least), third(promised.most), goesWith(promised.link)],
        ...[third(kept.least), third(kept.most), goesWith(kept.link)],
      );
    }),
  );
}

async function load() {
  await trends();
  await pareto();
  await occupancy();
  await outcomes();
}

find("#asked").addEventListener("submit", (event) => {
  event.preventDefault();
  load();
});
find("#by").addEventListener("change", trends);

options(find("#by"), GROUPS);
find("#until").value = daysBack(0);
find("#since").value = daysBack(30);
const campaigns = (await attempt(() => api("GET", "/campaigns"))) ?? [];
options(find("#campaign"), campaigns.map((one) => [one.id, one.name]), t("quality.all"));
const everywhere = (await attempt(() => api("GET", "/quality/trends?by=team"))) ?? [];
options(find("#team"), everywhere.filter((one) => one.name).map((one) => [one.name, one.name]), t("quality.all"));
const scored = (await attempt(() => api("GET", "/quality/trends?by=agent"))) ?? [];
options(find("#agent"), scored.filter((one) => one.group !== null).map((one) => [one.group, one.name]), t("quality.all"));
load();
