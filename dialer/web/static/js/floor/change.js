// A change of a running campaign: what it would bring is shown first, then it is made.

import { api } from "../api.js";
import { el, find, setHidden, setText } from "../dom.js";
import { count, share } from "../format.js";
import { attempt } from "../frame.js";
import { t, word } from "../texts.js";
import { figureName, refreshDetail, within } from "./detail.js";
import { latest } from "./feed.js";

const MODES = ["predictive", "progressive", "preview", "manual"];
const POLICIES = ["predictive", "progressive", "ratio", "vicidial_adapt"];
const FORECAST = ["mode", "policy", "target", "intensity", "abandon_cap", "occupancy_max", "lines_max", "ring_timeout_s"];
const dialog = find("#change-dialog");
const fields = [...dialog.querySelectorAll("[data-field]")];
const forecastButton = find("#ask-forecast");
const apply = find("#apply-change");
const state = find("#forecast-state");
const minutes = find("#change-minutes");
const [from, to, slot] = ["from", "to", "slot"].map((name) => find(`#change-${name}`));
let campaign = null;
let present = {};
let forecast = null; // its number, and of what it was
let asking = false;

const NAMES = {
  mode: t("change.mode"),
  policy: t("change.policy"),
  target: t("change.target"),
  intensity: t("change.intensity"),
  abandon_cap: t("change.cap"),
  lines_max: t("change.lines"),
  ring_timeout_s: t("change.ring"),
  occupancy_max: t("change.occupancy_max"),
  ratio: t("change.ratio"),
  mix: t("change.mix"),
};
const SHARES = new Set(["target", "abandon_cap", "occupancy_max"]);

export function settingText(name, value) {
  const shown = name === "mode" ? word("mode", value) : name === "mix" ? Object.entries(value).map(([part, of]) => `${part} ${share(of)}`).join(", ") : SHARES.has(name) ? share(value) : typeof value === "number" ? count(value) : value;
  const [said, unit] = (NAMES[name] ?? name).split(/, (?=\S+$)/); // "Ring time, s"
  return `${said}: ${shown}${unit && unit !== "%" ? ` ${unit}` : ""}`;
}

const asShown = (field, value) => (value === null || value === undefined ? "" : "share" in field.dataset ? Math.round(value * 1000) / 10 : value);
const asSent = (field) => (field.tagName === "SELECT" ? field.value : "share" in field.dataset ? Number(field.value) / 100 : Number(field.value));

/** What differs from what is in force now. */
function given() {
  const settings = {};
  for (const field of fields) {
    if (field.value === "") continue;
    const value = asSent(field);
    if (value !== present[field.dataset.field]) settings[field.dataset.field] = value;
  }
  const parts = [...document.querySelectorAll("#mix-parts input")];
  if (parts.some((field) => field.value !== field.defaultValue)) settings.mix = Object.fromEntries(parts.map((field) => [field.dataset.part, Number(field.value) / 100]));
  return settings;
}

function showState() {
  const settings = given();
  const nothing = Object.keys(settings).length === 0;
  const known = forecast !== null && forecast.of === JSON.stringify(settings);
  forecastButton.disabled = asking || nothing;
  apply.disabled = nothing || !known;
  apply.classList.toggle("main", known);
  if (!known && !asking) setText(state, nothing ? t("change.nothing") : t("change.forecast_first"));
}

async function askForecast() {
  const settings = given();
  const of = JSON.stringify(settings);
  const id = campaign;
  const body = Object.fromEntries(Object.entries(settings).filter(([name]) => FORECAST.includes(name)));
  const seen = Math.min(60, Math.max(1, Number(minutes.value) || 30)); // what a forecast can see
  asking = true;
  showState();
  setText(state, t("change.asking"));
  const began = performance.now();
  try {
    const found = await api("POST", `/campaigns/${id}/forecast`, { minutes: seen, ...body });
    if (id !== campaign) return; // another campaign's dialog is open by now
    forecast = { number: found.id, of };
    showForecast(found);
    const seconds = count(Math.round((performance.now() - began) / 100) / 10);
    const told = t("change.forecast_of", { minutes: count(Math.round(found.minutes)), futures: count(found.futures), seconds });
    const thin = t("change.forecast_thin", { calls: count(found.calls) });
    const unseen = settings.mix && t("change.forecast_unseen", { name: NAMES.mix });
    setText(state, [told, found.thin && thin, unseen].filter(Boolean).join(" · "));
  } catch (error) {
    if (id !== campaign) return;
    forecast = { number: null, of };
    find("#forecast-rows").replaceChildren();
    setText(state, t("change.no_forecast", { why: error.message }));
  } finally {
    asking = false;
    showState();
  }
  prepare();
}

/** The next forecast comes sooner where the server knows that it may be asked. */
const prepare = () => api("POST", `/campaigns/${campaign}/forecast/ready`).catch(() => null);

function showForecast(found) {
  const rows = Object.entries(found.present).map(([name, now]) => {
    const row = el("tr");
    const changed = found.changed?.[name];
    const gap = found.differences?.[name];
    row.append(el("td", "", figureName(name)), el("td", "figure", within(name, now)), el("td", "figure", changed ? within(name, changed) : "–"), el("td", "figure", gap ? within(name, gap) : "–"));
    const sure = gap && gap.low !== null && (gap.low > 0 || gap.high < 0);
    row.dataset.sure = sure ? "yes" : "no";
    return row;
  });
  find("#forecast-rows").replaceChildren(...rows);
}

function turns() {
  const abandon = Number(find("#abandon-guard").value);
  const idle = Number(find("#idle-guard").value);
  const body = {};
  if (from.value) Object.assign(body, { hours: { days: [0, 1, 2, 3, 4, 5, 6], opens: from.value, closes: to.value }, zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" });
  if (slot.value) body.trial_slot_minutes = Number(slot.value);
  if (abandon) body.abandon_guard = abandon / 100;
  if (idle) body.idle_guard = idle / 100;
  if (minutes.value) body.minutes = Number(minutes.value);
  return body;
}

/** Both hours or none; a schedule or a trial is for longer than a while, unless somebody says so. */
function showTurns() {
  from.required = to.value !== "";
  to.required = from.value !== "";
  if ((from.value || to.value || slot.value) && minutes.value === minutes.defaultValue) minutes.value = "";
}

async function makeChange() {
  if (![from, to].every((field) => field.reportValidity())) return;
  const body = { ...given(), ...turns(), note: find("#change-note").value };
  if (forecast?.number) body.forecast = forecast.number;
  try {
    await api("POST", `/campaigns/${campaign}/changes`, body);
  } catch (error) {
    return setText(state, error.message); // beside the button: the page's own notice lies behind the dialog
  }
  dialog.close();
  refreshDetail();
}

function fill(field, values, named) {
  field.replaceChildren(...values.map((one) => new Option(named(one), one)));
}

export async function openChange(id) {
  campaign = id;
  const [changes, found] = (await attempt(() => Promise.all([api("GET", `/campaigns/${id}/changes`), api("GET", `/campaigns/${id}`)]))) ?? [];
  if (!changes) return;
  present = changes.settings;
  forecast = null;
  setText(find("#change-title"), t("change.of", { name: latest().campaigns.get(id)?.name ?? found.name }));
  for (const field of fields) {
    if (field.dataset.field === "mode") fill(field, MODES, (one) => word("mode", one));
    if (field.dataset.field === "policy") fill(field, POLICIES, (one) => word("policy", one));
    field.value = asShown(field, present[field.dataset.field]);
    if (field.dataset.field === "abandon_cap") field.max = Math.round(found.pacing.abandon_cap * 1000) / 10;
  }
  const parts = found.selection.parts ?? [];
  setHidden(find("#mix"), parts.length === 0);
  find("#mix-parts").replaceChildren(
    ...parts.map((part) => {
      const label = el("label", "", `${part.name} %`);
      const field = el("input");
      Object.assign(field, { type: "number", min: 1, max: 100, defaultValue: String(Math.round(part.share * 100)) });
      field.dataset.part = part.name;
      label.append(field);
      return label;
    }),
  );
  find("#forecast-rows").replaceChildren();
  for (const name of ["#change-from", "#change-to", "#change-slot", "#abandon-guard", "#idle-guard", "#change-note"]) find(name).value = "";
  minutes.value = minutes.defaultValue;
  showTurns();
  showState();
  dialog.showModal();
  prepare();
}

dialog.addEventListener("input", showState);
for (const field of [from, to, slot]) field.addEventListener("input", showTurns);
forecastButton.addEventListener("click", askForecast);
apply.addEventListener("click", makeChange);
