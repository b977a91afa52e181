// The dispositions of a campaign: changed in a table, shown beside it as agents will see them.

import { api } from "./api.js";
import { el, find } from "./dom.js";
import { attempt } from "./frame.js";
import { word } from "./texts.js";

const form = find("#dispositions-form");
const rows = find("#dispositions-rows");
const preview = find("#dispositions-preview");

const value = (row, name) => row.querySelector(`[name=${name}]`).value.trim();
const given = () =>
  [...rows.children]
    .filter((row) => value(row, "code"))
    .map((row) => ({ ...JSON.parse(row.dataset.rest || "{}"), code: value(row, "code"), label: value(row, "label"), category: value(row, "category") }));

function show() {
  preview.replaceChildren(
    ...[...rows.children].filter((row) => value(row, "code")).map((row) => {
      const one = { code: value(row, "code"), label: value(row, "label"), category: value(row, "category"), standard: row.dataset.standard };
      const button = el("button", "", one.label === one.standard ? word("said", one.code) : one.label || one.code);
      button.type = "button";
      button.title = word("category", one.category);
      return button;
    }),
  );
}

find("#dispositions-add").addEventListener("click", () => {
  const row = rows.lastElementChild.cloneNode(true);
  row.dataset.rest = "{}";
  delete row.dataset.standard;
  for (const field of row.querySelectorAll("input")) field.value = "";
  rows.append(row);
  row.querySelector("input").focus();
});

rows.addEventListener("click", (event) => {
  if (event.target.matches("button") && rows.children.length > 1) event.target.closest("tr").remove();
  show();
});
form.addEventListener("input", show);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await attempt(() => api("PATCH", form.dataset.path, { dispositions: given() }))) location.reload();
});
show();
