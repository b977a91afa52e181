// One campaign's curves: of the last minutes closely, of today beside yesterday, and the lines of each trunk.

import uPlot from "/static/vendor/uplot.js";
import { api } from "../api.js";
import { el, find, setHidden, setText } from "../dom.js";
import { clock, count, share } from "../format.js";
import { t } from "../texts.js";
import { now } from "./feed.js";

const curve = find("#curve");
const span = find("#span");
const box = find("#plot");
const legend = find("#curve-legend");
const CLOSE_S = 5; // the server's closest look
const CLOSE_SPAN_S = 600;
const DAY_S = 86_400;
const POINTS = 240;
const HEIGHT = 190;
const TIMES = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]; // between two labels, in seconds
const LAST_LABEL = 32; // half of the newest instant's, which stands at the edge
const COLOURS = ["--accent", "--dialling", "--warn", "--bad", "--good", "--soft"];
const A_MINUTE = new Set(["placed", "answered", "idle_s"]); // counted in a step, shown for each minute
const SPAN = "floor.span";
span.add(new Option("10 min", CLOSE_SPAN_S));
for (const hours of [1, 4, 12]) span.add(new Option(`${hours} h`, hours * 3600));
span.value = localStorage.getItem(SPAN) ?? String(CLOSE_SPAN_S);
if (span.selectedIndex < 0) span.selectedIndex = 0;
let campaign = null;
let asked = 0;
let plot = null;
let marks = [];
let lines = { at: [], drawn: [] }; // drawn: name, values by the instants of `at`, colour, dashed

const trunks = () => curve.value === "trunks";
const close = () => Number(span.value) === CLOSE_SPAN_S && !trunks();
const stepOf = () => (close() ? CLOSE_S : Math.max(60, Math.ceil(Number(span.value) / POINTS / 60) * 60));
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const written = (value) => (value === undefined || value === null ? "" : curve.value === "occupancy" ? share(value) : count(Math.round(value * 10) / 10));

/** Whether there is something newer to show. */
export const curveIsOld = () => Date.now() - asked > (close() ? CLOSE_S : 10) * 1000;

/** Where somebody changed the campaign's course: lines in the curve, so that the effect is seen. */
export function setMarks(instants) {
  marks = instants;
}

export async function loadCurve(id) {
  campaign = id;
  asked = Date.now();
  const name = curve.value;
  const found = await (trunks() ? ofTrunks() : ofCampaign(id)).catch(() => null);
  if (!found || id !== campaign || name !== curve.value) return;
  lines = found;
  draw();
}

const until = () => Math.floor(now() / 60 + 1) * 60;

async function ofTrunks() {
  const rows = await api("GET", `/floor/trunk-minutes?since=${until() - Number(span.value)}&until=${until()}`);
  const at = [...new Set(rows.map((one) => one.at))];
  const place = new Map(at.map((one, n) => [one, n]));
  const byTrunk = Map.groupBy(rows, (one) => one.trunk);
  const drawn = [...byTrunk].map(([name, of], n) => {
    const values = Array(at.length).fill(null);
    for (const one of of) values[place.get(one.at)] = one.lines;
    return { name, values, colour: COLOURS[n % COLOURS.length], dashed: n >= COLOURS.length };
  });
  return { at, drawn };
}

async function ofCampaign(id) {
  const step = stepOf();
  const since = Math.floor((now() - Number(span.value)) / step) * step;
  const asking = (before) => api("GET", `/campaigns/${id}/minutes?since=${since - before}&until=${until() - before}&step_s=${step}`);
  const [today, yesterday] = await Promise.all([asking(0), close() ? [] : asking(DAY_S)]);
  const was = new Map(yesterday.map((one) => [one.at + DAY_S, one]));
  const is = new Map(today.map((one) => [one.at, one]));
  const at = [...new Set([...is.keys(), ...was.keys()])].sort((one, other) => one - other);
  const value = (one) => (one === undefined || one[curve.value] === null ? null : A_MINUTE.has(curve.value) ? (one[curve.value] * 60) / step : one[curve.value]);
  const drawn = [{ name: legend.dataset.today, values: at.map((one) => value(is.get(one))), colour: "--accent" }];
  if (yesterday.length) drawn.unshift({ name: legend.dataset.yesterday, values: at.map((one) => value(was.get(one))), colour: "--soft", dashed: true });
  return { at, drawn };
}

function axes() {
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const time = { ...axis, incrs: TIMES, space: 75, values: (_, splits) => splits.map((at) => clock(at).slice(0, close() ? 8 : 5)) };
  const value = { ...axis, size: 56, values: (_, splits) => splits.map(written) };
  return [time, value];
}

function drawMarks(made) {
  const { ctx, bbox } = made;
  ctx.save();
  ctx.strokeStyle = colour("--warn");
  ctx.setLineDash([4, 4]);
  for (const at of marks) {
    const x = Math.round(made.valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function drawnAs(line, alone) {
  const tone = colour(line.colour);
  const points = { show: lines.at.length < 30 };
  return { label: line.name, stroke: tone, fill: alone ? `${tone}22` : undefined, width: 2, dash: line.dashed ? [5, 4] : undefined, points };
}

function showLegend() {
  const shown = lines.drawn.length > 1 || trunks() ? lines.drawn : [];
  legend.replaceChildren(
    ...shown.map((line) => {
      const row = el("li", "", line.name);
      const stroke = el("i");
      stroke.style.setProperty("--tone", `var(${line.colour})`);
      if (line.dashed) row.dataset.dashed = "";
      row.prepend(stroke);
      return row;
    }),
  );
}

function draw() {
  const name = curve.selectedOptions[0].textContent;
  const points = lines.at.length;
  setHidden(find("#no-curve"), points > 1);
  setHidden(box, points < 2);
  setText(find("#curve-now"), trunks() ? "" : written(lines.drawn.at(-1)?.values.at(-1)));
  box.setAttribute("aria-label", t("curve.label", { name, points: count(points) }));
  showLegend();
  if (points < 2) return;
  plot?.destroy();
  const options = {
    width: Math.max(280, box.clientWidth),
    height: HEIGHT,
    padding: [null, LAST_LABEL, null, null],
    legend: { show: false },
    cursor: { y: false },
    scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(high * 1.1, 1)] } },
    axes: axes(),
    hooks: { draw: [drawMarks] },
    series: [{}, ...lines.drawn.map((line) => drawnAs(line, !trunks() && line === lines.drawn.at(-1)))],
  };
  plot = new uPlot(options, [lines.at, ...lines.drawn.map((line) => line.values)], box);
}

const again = () => campaign !== null && loadCurve(campaign);
curve.addEventListener("change", again);
span.addEventListener("change", () => {
  localStorage.setItem(SPAN, span.value);
  again();
});
addEventListener("resize", () => plot?.setSize({ width: Math.max(280, box.clientWidth), height: HEIGHT }));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
