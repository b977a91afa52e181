// One campaign over time: the day's funnel, hours against yesterday and plan, changes, forecasts, trials.

import { api } from "../api.js";
import { el, find, keyed, setData, setHidden, setShare, setText } from "../dom.js";
import { count, money, share, when } from "../format.js";
import { attempt } from "../frame.js";
import { t, word } from "../texts.js";
import { settingText } from "./change.js";
import { curveIsOld, loadCurve, setMarks } from "./curve.js";
import { latest, now } from "./feed.js";

const EVERY_MS = 10_000;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const SHARES = new Set(["occupancy", "abandon_ratio"]);
let chosen = null;
let asked = 0;
let plan = {};

export const shownCampaign = () => chosen;

export function openDetail(id) {
  chosen = id;
  load();
}

function showFunnel(funnel) {
  const steps = [
    [t("funnel.attempts"), funnel.attempts],
    [t("funnel.connections"), funnel.connections],
    [t("funnel.contacts"), funnel.contacts],
    [t("funnel.right_parties"), funnel.right_parties],
    [t("funnel.promises"), funnel.promises],
  ];
  const list = find("#funnel");
  list.replaceChildren();
  steps.forEach(([name, number], index) => {
    const before = index ? steps[index - 1][1] : 0;
    const bar = el("span", "bar");
    setShare(bar, funnel.attempts ? number / funnel.attempts : 0);
    const row = el("li");
    row.append(el("span", "", name), bar, el("b", "", count(number)), el("small", "", index && before ? share(number / before) : ""));
    list.append(row);
  });
  const amounts = Object.entries(funnel.amounts).map(([currency, amount]) => money(amount, currency));
  const row = el("li");
  row.append(el("span", "", t("funnel.amounts")), el("b", "amount", amounts.join(" · ") || "–"));
  list.append(row);
}

function showHours(today) {
  plan = Object.fromEntries(today.hours.filter((one) => one.planned !== null).map((one) => [one.hour, one.planned]));
  const hour = new Date(now() * 1000).getHours();
  keyed(find("#hours"), today.hours, (one) => one.hour, () => {
    const row = el("tr");
    row.append(el("th"), el("td", "figure"), el("td", "figure"), el("td", "figure"));
    return row;
  }, (row, one) => {
    const cells = row.children;
    setText(cells[0], `${String(one.hour).padStart(2, "0")}:00`);
    setText(cells[1], count(one.connected));
    setText(cells[2], one.yesterday === null ? "–" : count(one.yesterday));
    setText(cells[3], one.planned === null ? "–" : count(one.planned));
    const behind = one.planned !== null && one.hour < hour && one.connected < one.planned;
    setData(row, "behind", behind ? "yes" : "no");
    if (one.hour === hour) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  });
  setHidden(find("#no-hours-yet"), today.hours.length > 0);
  setHidden(find("#edit-plan"), false);
  const done = today.leads_done + today.leads_open ? today.leads_done / (today.leads_done + today.leads_open) : null;
  const ends = today.list_ends_at ? t("list.ends", { at: when(today.list_ends_at) }) : t("list.no_end");
  const state = t("list.state", { open: count(today.leads_open), done: share(done) });
  const end = today.shift_end;
  const values = end && { at: when(end.at), talks: count(Math.round(end.connected)), low: count(Math.round(end.low)), high: count(Math.round(end.high)), leads: count(end.leads_open) };
  const shift = end ? t("list.shift_end", values) : t("list.no_shift");
  setText(find("#list-state"), `${state} · ${ends}`);
  setText(find("#shift-end"), shift);
}

function changeLine(change) {
  const row = el("li");
  const settings = [...Object.entries(change.settings), ...(change.mix ? [["mix", change.mix]] : [])];
  const back = change.rolled_back_by && t("changes.rolled_back", { by: change.rolled_back_by });
  const state = change.stands ? t("changes.stands") : change.lasts ? t("changes.waits") : back || t("changes.over");
  const until = change.ends_at ? t("changes.until", { at: when(change.ends_at) }) : t("changes.for_good");
  const turns = change.hours ? t("changes.hours", { opens: change.hours.opens, closes: change.hours.closes }) : change.slot_s ? t("changes.trial") : "";
  row.append(
    el("b", "", settings.map(([name, value]) => settingText(name, value)).join(" · ")),
    el("small", "", [change.by, when(change.at), until, turns, change.note].filter(Boolean).join(" · ")),
    el("span", "tag", state),
  );
  if (change.lasts) {
    const button = el("button", "quiet roll-back", t("changes.roll_back"));
    button.type = "button";
    button.addEventListener("click", async () => {
      await attempt(() => api("DELETE", `/campaigns/${chosen}/changes/${change.number}`));
      load();
    });
    row.append(button);
  }
  return row;
}

function showChanges(found) {
  setMarks(found.changes.flatMap((one) => [one.at, one.rolled_back_at ?? one.ends_at ?? 0]).filter((at) => at && at <= now()));
  find("#changes").replaceChildren(...found.changes.slice(0, 12).map(changeLine));
  setHidden(find("#no-changes"), found.changes.length > 0);
}

const NAMES = { occupancy: t("floor.occupancy"), connected: t("floor.connected"), abandoned: t("floor.abandoned"), abandon_ratio: t("floor.abandoned_share"), talk_min: t("talk") };
export const figureName = (name) => NAMES[name] ?? name;
export const figure = (name, value) => (SHARES.has(name) ? share(value) : count(value === null || value === undefined ? value : Math.round(value * 10) / 10));
export const within = (name, said) => (said.low === null ? figure(name, said.mean) : `${figure(name, said.mean)} (${figure(name, said.low)} … ${figure(name, said.high)})`);

function showForecasts(found) {
  const { score, forecasts } = found;
  const parts = Object.entries(score.held).map(([name, held]) => t("forecasts.held", { name: figureName(name), share: share(held), off: figure(name, score.off[name]) }));
  const judged = t("forecasts.judged", { number: count(score.judged) });
  setText(find("#forecast-score"), score.judged ? `${judged} ${parts.join("; ")}` : t("forecasts.none_judged"));
  const rows = forecasts.slice(0, 6).flatMap((one) => Object.entries(one.said).map(([name, said], n) => [one, name, said, n ? "" : when(one.at)]));
  find("#forecasts").replaceChildren(
    ...rows.map(([one, name, said, at]) => {
      const came = one.came ? figure(name, one.came[name]) : one.judged ? t("forecasts.other_course") : t("forecasts.waits");
      const hit = one.came && said.low !== null ? (one.came[name] >= said.low && one.came[name] <= said.high ? "yes" : "no") : "";
      const row = el("tr");
      row.append(el("td", "", at), el("td", "", figureName(name)), el("td", "figure", within(name, said)), el("td", "figure", came));
      row.dataset.hit = hit;
      return row;
    }),
  );
}

function showTrials(trials) {
  find("#trials").replaceChildren(
    ...trials.map((one) => {
      const row = el("li");
      const arm = (name, part) => t("trials.arm", { name, talks: count(Math.round((part.talks_an_hour ?? 0) * 100) / 100), share: share(part.abandon_ratio), slots: count(part.slots) });
      const gap = one.low === null ? "" : t("trials.difference", { difference: count(Math.round(one.difference * 100) / 100), low: count(Math.round(one.low * 100) / 100), high: count(Math.round(one.high * 100) / 100) });
      row.append(el("b", "", word("verdict", one.outcome)), el("small", "", [one.note, arm(t("trials.usual"), one.usual), arm(t("trials.tried"), one.tried), gap].filter(Boolean).join(" · ")));
      return row;
    }),
  );
  setHidden(find("#no-trials"), trials.length > 0);
}

async function load() {
  if (chosen === null) return;
  const id = chosen;
  asked = Date.now();
  const base = `/campaigns/${id}`;
  const found = await Promise.all([
    api("GET", `${base}/today?zone=${encodeURIComponent(zone)}`),
    api("GET", `${base}/changes`),
    api("GET", `${base}/forecasts`),
    api("GET", `${base}/trials`),
  ]).catch(() => null);
  if (!found || id !== chosen) return;
  const [today, changes, forecasts, trials] = found;
  setText(find("#detail-title"), latest().campaigns.get(id)?.name ?? "");
  setHidden(find("#detail"), false);
  showChanges(changes);
  showForecasts(forecasts);
  showTrials(trials);
  showFunnel(today.funnel);
  showHours(today);
  loadCurve(id);
}

export function showDetail(floor) {
  if (chosen === null || !floor.campaigns.has(chosen)) chosen = floor.campaigns.keys().next().value ?? null;
  setHidden(find("#detail"), chosen === null);
  if (chosen === null) return;
  if (Date.now() - asked > EVERY_MS) load();
  else if (curveIsOld()) loadCurve(chosen);
}

/** Read it anew at once. */
export const refreshDetail = () => load();

const dialog = find("#plan-dialog");
find("#edit-plan").addEventListener("click", () => {
  const box = find("#plan-hours");
  box.replaceChildren();
  for (let hour = 0; hour < 24; hour += 1) {
    const label = el("label", "", `${String(hour).padStart(2, "0")}:00`);
    const field = el("input");
    Object.assign(field, { type: "number", min: 0, value: plan[hour] ?? "" });
    field.dataset.hour = hour;
    label.append(field);
    box.append(label);
  }
  dialog.showModal();
});
find("#save-plan").addEventListener("click", async () => {
  dialog.close();
  const fields = [...document.querySelectorAll("#plan-hours input")].filter((field) => field.value !== "");
  const hours = Object.fromEntries(fields.map((field) => [field.dataset.hour, Number(field.value)]));
  await attempt(() => api("PUT", `/campaigns/${chosen}/plan`, { hours }));
  load();
});
