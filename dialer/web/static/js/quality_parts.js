// What the pages of quality share: choices, rows of figures, and how a figure with its interval is said.

import { el, find } from "./dom.js";
import { share } from "./format.js";
import { t } from "./texts.js";

/** Whether whoever looks may change things here. */
export const writes = find("main").dataset.writes === "yes";

/** Fill a select with [value, text] pairs; `first`: a choice of nothing before them. */
export function options(select, items, first = null) {
  const kept = select.value;
  const made = items.map(([value, text]) => new Option(text, String(value)));
  if (first !== null) made.unshift(new Option(first, ""));
  select.replaceChildren(...made);
  if ([...select.options].some((one) => one.value === kept)) select.value = kept;
}

/** A row of a table; a cell is a text, or an element. */
export function row(...cells) {
  const made = el("tr");
  for (const cell of cells) {
    const place = el("td", cell?.figure === undefined ? "" : "figure");
    place.append(cell?.figure ?? cell ?? "");
    made.append(place);
  }
  return made;
}

/** A cell for a figure, which stands at the right. */
export const figure = (text) => ({ figure: text });

/** From and to, as shares. */
export const span = (low, high) => (low === null || low === undefined ? "–" : `${share(low)} – ${share(high)}`);

/** Boxes to tick inside a fieldset, one for each [value, text]. */
export function boxes(fieldset, items, ticked = []) {
  for (const label of fieldset.querySelectorAll("label")) label.remove();
  for (const [value, text] of items) {
    const label = el("label", "inline check");
    const box = el("input");
    box.type = "checkbox";
    box.value = String(value);
    box.checked = ticked.includes(value);
    label.append(box, ` ${text}`);
    fieldset.append(label);
  }
}

export const ticked = (fieldset) => [...fieldset.querySelectorAll("input:checked")].map((box) => box.value);

/** A link to a recording. */
export function recordingLink(call) {
  const link = el("a", "", String(call));
  link.href = `/recordings/${call}`;
  return link;
}

/** What a rank correlation with its interval says in words. */
export function goesWith(link) {
  if (link.rho === null) return t("quality.too_few");
  if (link.low > 0) return t("quality.rises");
  return link.high < 0 ? t("quality.falls") : t("quality.no_link");
}

/** Midnight of a date as typed, in seconds. */
export const midnight = (text) => new Date(`${text}T00:00:00`).getTime() / 1000;

/** A date as an input takes it, some days back. */
export function daysBack(days) {
  const day = new Date(Date.now() - days * 86_400_000);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
}

const rank = (item, answer) => (answer === "na" ? 2 : Number(answer === "yes" || Number(answer) > 0));

/** The answers of an evaluation as pairs of a list, those that cost first. */
export function answered(one, said) {
  return Object.entries(one.answers)
    .sort(([a, x], [b, y]) => rank(a, x) - rank(b, y))
    .flatMap(([key, answer]) => {
      const told = el("dd", answer === "no" || answer === "0" ? "bad" : "", said(answer));
      return [el("dt", "", one.labels[key] ?? key), told];
    });
}
