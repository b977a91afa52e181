// Forms of the pages of administration: each sends what stands in it to the API as JSON, and shows what came of it.
// <form data-api="POST /clients" data-then="/admin">; a field's name may be a place (pacing.ratio), its data-kind its type.

import { api } from "./api.js";
import { attempt, say } from "./frame.js";
import { t, word } from "./texts.js";

const kinds = {
  number: (field) => (field.value === "" ? undefined : Number(field.value)),
  maybe: (field) => (field.value === "" ? null : Number(field.value)),
  list: (field) => field.value.split(/[,;\n]/).map((one) => one.trim()).filter(Boolean),
  choices: (field) => [...field.selectedOptions].map((one) => one.value),
  numbers: (field) => [...field.selectedOptions].map((one) => Number(one.value)),
  flag: (field) => field.checked,
  time: (field) => (field.value === "" ? undefined : new Date(field.value).getTime() / 1000),
  text: (field) => (field.value === "" ? undefined : field.value),
  contacts: (field) =>
    field.value
      .split("\n")
      .map((line) => /^\s*(.*?)[\s:;,]*([+(\d][\d\s().-]*)$/.exec(line.trimEnd()))
      .filter(Boolean)
      .map(([, name, number]) => ({ name: name || number, number })),
  always: (field) => field.value,
  share: (field) => (field.value === "" ? undefined : Number((Number(field.value) / 100).toFixed(6))),
  turns: (field) =>
    [...field.querySelectorAll(".turn")]
      .map((row) => {
        const of = (part) => row.querySelector(`[data-part=${part}]`).value;
        return { trunk: row.dataset.trunk, priority: of("priority") === "" ? null : Number(of("priority")), weight: of("weight") === "" ? null : Number(of("weight")) };
      })
      .filter((one) => one.priority !== null || one.weight !== null),
  hours: (field) =>
    [...field.querySelectorAll(".window")]
      .map((row) => ({
        days: [...row.querySelectorAll(":checked")].map((one) => Number(one.value)),
        opens: row.querySelector("[data-part=opens]").value,
        closes: row.querySelector("[data-part=closes]").value,
      }))
      .filter((one) => one.days.length > 0),
};

function body(form) {
  const made = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    const value = (kinds[field.dataset.kind] ?? kinds.text)(field);
    if (value === undefined) continue;
    const path = field.name.split(".");
    const last = path.pop();
    let place = made;
    for (const part of path) place = place[part] ??= {};
    place[last] = value;
  }
  return made;
}

function done(element, answer) {
  const shows = element.dataset.shows;
  if (shows) {
    const place = document.querySelector(shows);
    place.hidden = false;
    for (const field of place.querySelectorAll("[data-field]")) field[field.matches("input") ? "value" : "textContent"] = answer?.[field.dataset.field] ?? "";
    for (const picture of place.querySelectorAll("[data-picture]"))
      picture.replaceChildren(new DOMParser().parseFromString(answer?.[picture.dataset.picture] ?? "", "text/html").body.childNodes[0] ?? "");
    return;
  }
  const next = element.dataset.then;
  if (!next) location.reload();
  else location.assign(next.replace("{id}", answer?.id ?? ""));
}

const TOLD_MAX = 8;

// What is wrong with what was sent; of a sheet's rows in words, by line.
function faults(errors) {
  const told = errors.slice(0, TOLD_MAX).map((one) => {
    if (!one.line) return `${one.where}: ${one.what}`;
    const line = t("admin.line", { line: one.line }); // by itself: in nested templates the text would not be found
    return `${line}: ${word("row", one.code)}${one.named ? ` (${one.named})` : ""}`;
  });
  if (errors.length > TOLD_MAX) told.push(`+ ${errors.length - TOLD_MAX}`);
  return told.join("; ");
}

const sent = new WeakSet(); // what waits for its answer: pressed twice it is sent once

async function send(element, given) {
  if (sent.has(element)) return;
  sent.add(element);
  const [method, path] = element.dataset.api.split(" ");
  const answer = await attempt(async () => (await api(method, path, given)) ?? {});
  const leaves = answer !== undefined && !answer.errors?.length && !element.dataset.shows;
  if (!leaves) sent.delete(element); // else another page comes
  if (answer === undefined) return;
  if (answer.errors?.length) say(faults(answer.errors));
  else done(element, answer);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.api) return;
  event.preventDefault();
  send(form, body(form));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-api]");
  if (!button) return;
  if (button.dataset.asks !== undefined && !confirm(t("admin.sure"))) return;
  send(button, button.dataset.body ? JSON.parse(button.dataset.body) : undefined);
});

// A spreadsheet writes Windows' own code page where nobody chose UTF-8; read as UTF-8, every accent would be lost.
async function textOf(file) {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

for (const input of document.querySelectorAll("input[type=file][data-into]"))
  input.addEventListener("change", async () => {
    if (input.files.length) document.querySelector(input.dataset.into).value = await textOf(input.files[0]);
  });

for (const time of document.querySelectorAll("time[data-at]")) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
  time.textContent = format.format(new Date(Number(time.dataset.at) * 1000));
}
