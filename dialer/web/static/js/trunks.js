// Trunks: health as it changes, trial calls, series per trunk and per beginning of the numbers.

import uPlot from "/static/vendor/uplot.js";
import { api } from "./api.js";
import { el, find, setData, setHidden, setShare, setText } from "./dom.js";
import { clock, count, moment, money, serverNow, share, tenths } from "./format.js";
import { attempt } from "./frame.js";
import { t, word } from "./texts.js";

const EVERY_MS = 5_000;
const LINES_MAX = 6;
const SPANS = [["6 h", "15 min"], ["24 h", "1 h"], ["7 d", "6 h"], ["30 d", "24 h"]]; // how far back, and a step
const UNITS_S = { min: 60, h: 3600, d: 86_400 };
const seconds = (span) => Number.parseInt(span, 10) * UNITS_S[span.split(" ")[1]];
const colours = ["--accent", "--dialling", "--wrapping", "--holding", "--bad", "--away"];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const small = new Intl.NumberFormat(document.documentElement.lang || "es", { maximumSignificantDigits: 3 });
const exact = new Intl.NumberFormat(document.documentElement.lang || "es", { maximumFractionDigits: 6 });
const form = document.getElementById("series");
let plot = null;
let steps = [];

for (const one of document.querySelectorAll("[data-price]")) setText(one, exact.format(Number(one.dataset.price)));

function showTrunk(card, one) {
  const part = (name) => find(`[data-part=${name}]`, card);
  setData(card, "state", one.state);
  setText(part("state"), word("trunk", one.state));
  setText(part("opens"), one.opens_at ? t("trunks.opens", { time: clock(one.opens_at) }) : "");
  setText(part("lines"), one.lines);
  for (const watched of one.watched) {
    const row = find(`[data-fault=${watched.fault}]`, card);
    const bar = find("[data-part=evidence]", row);
    setShare(bar, watched.evidence);
    setData(bar, "level", watched.evidence >= 1 ? "over" : watched.evidence > 0.5 ? "near" : "");
    bar.setAttribute("aria-label", share(watched.evidence));
    setText(find("[data-part=latest]", row), t("trunks.of", { bad: watched.bad, calls: watched.calls }));
    setText(find("[data-part=usual]", row), share(watched.usual));
  }
}

async function look() {
  try {
    for (const one of await api("GET", "/trunks")) {
      const card = document.querySelector(`[data-trunk="${CSS.escape(one.name)}"]`);
      if (card) showTrunk(card, one);
    }
  } catch {
    // said by the next thing that somebody does; a look that failed is followed by another
  }
}

function showTrial(list, found) {
  const after = (at) => (at === null ? null : `${tenths(at - found.placed_at)} s`);
  const code = found.tech_cause ? `SIP ${found.tech_cause} · Q.850 ${found.cause ?? 0}` : found.cause ? `Q.850 ${found.cause}` : null;
  const facts = [
    [t("trunks.dial"), found.dial],
    [t("outcome"), found.outcome === "answered" ? t("trunks.trial_answered") : word("outcome", found.outcome)],
    [t("trunks.delay"), found.delay_s === null ? null : `${tenths(found.delay_s)} s`],
    [t("trunks.progressed"), after(found.progress_at)],
    [t("trunks.rang"), after(found.ringing_at)],
    [t("trunks.answered"), after(found.answered_at)],
    [t("trunks.ended"), after(found.ended_at)],
    [t("trunks.causes"), code],
  ];
  list.replaceChildren(...facts.filter(([, text]) => text).map(([name, text]) => {
    const fact = el("div");
    fact.append(el("dt", "", name), el("dd", "", text));
    return fact;
  }));
  setHidden(list, false);
}

async function tryOut(event) {
  event.preventDefault();
  const asked = event.target;
  const card = asked.closest("[data-trunk]");
  const button = find("button", asked);
  button.disabled = true;
  const body = { number: asked.elements.number.value, caller_id: asked.elements.caller_id.value };
  const found = await attempt(() => api("POST", `/trunks/${encodeURIComponent(card.dataset.trunk)}/test`, body));
  button.disabled = false;
  if (found) showTrial(find("[data-part=trial]", card), found);
}

const named = (one) => [one.trunk, one.prefix].filter(Boolean).join(" ");

function draw() {
  const figure = form.elements.figure.value;
  const box = find("#series-plot");
  const totals = new Map();
  for (const one of steps) totals.set(named(one), (totals.get(named(one)) ?? 0) + one.calls);
  const names = [...totals].sort((a, b) => b[1] - a[1]).slice(0, LINES_MAX).map(([name]) => name);
  const at = [...new Set(steps.map((one) => one.since))].sort((a, b) => a - b);
  setHidden(box, at.length < 2);
  plot?.destroy();
  plot = null;
  if (at.length < 2) return;
  const places = new Map(steps.map((one) => [`${one.since}/${named(one)}`, one[figure]]));
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 } };
  const label = figure === "asr" ? share : tenths;
  box.setAttribute("aria-label", form.elements.figure.selectedOptions[0].textContent);
  plot = new uPlot(
    {
      width: Math.max(280, box.clientWidth),
      height: 220,
      axes: [{ ...axis, values: (_, all) => all.map((one) => clock(one).slice(0, 5)) }, { ...axis, size: 60, values: (_, all) => all.map(label) }],
      scales: { y: { range: (_, low, high) => [0, figure === "asr" ? 1 : Math.max(1, high * 1.1)] } },
      series: [{ label: t("at"), value: (_, one) => moment(one) }, ...names.map((name, n) => ({ label: name, stroke: colour(colours[n]), width: 2, spanGaps: true, value: (_, one) => label(one) }))],
    },
    [at, ...names.map((name) => at.map((one) => places.get(`${one}/${name}`) ?? null))],
    box,
  );
}

function list() {
  setHidden(find("#series-none"), steps.length > 0);
  setHidden(find("#series-table"), steps.length === 0);
  const rows = [...steps].reverse().map((one) => {
    const row = el("tr");
    const bar = el("span", "bar");
    setShare(bar, one.asr);
    const asr = el("td", "", share(one.asr));
    asr.append(bar);
    const causes = Object.entries(one.causes).slice(0, 4).map(([cause, calls]) => `${cause}: ${count(calls)}`);
    const cells = [moment(one.since), one.trunk, one.prefix, count(one.calls), asr, tenths(one.pdd_p50_s), tenths(one.pdd_p95_s), count(one.no_sign), count(one.short), tenths(one.minutes), causes.join(" · ")];
    row.append(...cells.map((cell) => (cell instanceof Node ? cell : el("td", "", cell))));
    return row;
  });
  find("#series-table tbody").replaceChildren(...rows);
}

function listCosts(costs) {
  setHidden(find("#costs"), costs.length === 0);
  find("#costs tbody").replaceChildren(...costs.map((one) => {
    const row = el("tr");
    const each = one.calls ? `${small.format(one.cost / one.calls)} ${one.currency}` : "";
    const onward = one.onward ? t("trunks.onward_of", { lines: count(one.onward), minutes: tenths(one.onward_minutes) }) : "";
    const cells = [one.client, one.campaign, one.trunk, count(one.calls), count(one.answered), onward, tenths(one.minutes), one.currency ? money(one.cost, one.currency) : "", one.currency ? each : ""];
    row.append(...cells.map((cell) => el("td", "", cell)));
    return row;
  }));
}

async function load() {
  const [back, step] = SPANS[form.elements.span.value].map(seconds);
  const until = (Math.floor(serverNow() / step) + 1) * step;
  const asked = new URLSearchParams({ since: until - back, until, step_s: step, digits: form.elements.digits.value });
  if (form.elements.trunk.value) asked.set("trunk", form.elements.trunk.value);
  steps = (await attempt(() => api("GET", `/trunks/report?${asked}`))) ?? [];
  const stretch = new URLSearchParams({ since: until - back, until });
  const costs = (await attempt(() => api("GET", `/trunks/costs?${stretch}`))) ?? [];
  listCosts(costs.filter((one) => !form.elements.trunk.value || one.trunk === form.elements.trunk.value));
  list();
  draw();
}

async function reread() {
  const found = await attempt(() => api("POST", "/trunks/reread"));
  if (!found) return;
  if (found.trunks.length || found.pools) {
    location.reload();
    return;
  }
  setText(find("#reread-found"), found.restart.length ? t("trunks.restart", { what: found.restart.join(", ") }) : t("trunks.same"));
}

for (const one of document.querySelectorAll("form.trial")) one.addEventListener("submit", tryOut);
document.getElementById("reread")?.addEventListener("click", reread);
if (form) {
  SPANS.forEach(([span, step], n) => form.elements.span.add(new Option(t("trunks.span_by", { span, step }), n, n === 1, n === 1)));
  form.addEventListener("change", (event) => (event.target.name === "figure" ? draw() : load()));
  load();
  look();
  setInterval(look, EVERY_MS);
}
