// The script of a campaign: steps with what the person may answer, and a preview that runs as at the desk.

import { api } from "./api.js";
import { createScript, OWN } from "./desk/script.js";
import { el, find, setHidden, setText, stamp } from "./dom.js";
import { attempt } from "./frame.js";
import { t } from "./texts.js";

const form = find("#script-form");
const rows = find("#script-steps");
const preview = createScript(() => {});
const SAMPLE = { person: { name: t("script.sample") }, account: { external_id: "A-1001", balance: "1500.00", currency: "MXN", days_past_due: 45, fields: {} } };

function addChoice(step, choice) {
  const row = stamp("script-choice");
  row.parts.label.value = choice.label;
  row.parts.to.value = choice.to;
  find("[data-part=choices]", step).append(row);
}

function addStep(step) {
  const made = stamp("script-step");
  made.parts.name.value = step.name;
  made.parts.text.value = step.text;
  for (const choice of step.choices) addChoice(made, choice);
  rows.append(made);
}

const of = (root, part) => find(`[data-part=${part}]`, root).value.trim();
const given = () =>
  [...rows.children].map((step) => ({
    name: of(step, "name"),
    text: of(step, "text"),
    choices: [...find("[data-part=choices]", step).children].map((row) => ({ label: of(row, "label"), to: of(row, "to") })).filter((one) => one.label),
  }));

/** What would be refused, or would leave an agent without a way on. */
function faults(steps) {
  const names = steps.map((one) => one.name);
  const twice = names.find((name, n) => name && names.indexOf(name) !== n);
  const lost = steps.flatMap((one) => one.choices).find((choice) => !names.includes(choice.to));
  const reached = new Set([names[0], ...steps.flatMap((one) => one.choices.map((choice) => choice.to))]);
  const alone = names.find((name) => name && !reached.has(name));
  return [twice && t("script.twice", { name: twice }), lost && t("script.lost", { label: lost.label, name: lost.to }), alone && t("script.alone", { name: alone })].filter(Boolean);
}

function show() {
  const steps = given().filter((one) => one.name && one.text);
  find("#script-names").replaceChildren(...steps.map((one) => new Option("", one.name)));
  setText(find("#script-faults"), faults(steps).join(" · "));
  setHidden(find("#script-none"), steps.length > 0);
  preview.begin({ script: steps }, t("script.sample_agent"));
  preview.show(SAMPLE);
}

find("#script-add").addEventListener("click", () => {
  addStep({ name: "", text: "", choices: [] });
  find("input", rows.lastElementChild).focus();
});
let writing = null; // where a blank goes
rows.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea")) writing = event.target;
});
find("#script-blanks").addEventListener("click", (event) => {
  if (!event.target.value || !writing?.isConnected) return;
  writing.setRangeText(event.target.value, writing.selectionStart, writing.selectionEnd, "end");
  writing.focus();
  show();
});
find("#script-own").addEventListener("click", () => {
  rows.replaceChildren();
  OWN.forEach(addStep);
  show();
});
rows.addEventListener("click", (event) => {
  const verb = event.target.dataset.verb;
  if (verb === "choice") addChoice(event.target.closest(".step-form"), { label: "", to: "" });
  if (verb === "remove-choice") event.target.parentElement.remove();
  if (verb === "remove-step") event.target.closest(".step-form").remove();
  if (verb) show();
});
form.addEventListener("input", show);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await attempt(() => api("PATCH", form.dataset.path, { script: given() }))) location.reload();
});
JSON.parse(form.dataset.script).forEach(addStep);
show();
