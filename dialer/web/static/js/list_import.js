// Loading a list: look at the file, say what its columns mean, try it without writing, load it.

import { api } from "./api.js";
import { el, find, setHidden, setText } from "./dom.js";
import { count, moment } from "./format.js";
import { attempt, say } from "./frame.js";
import { frees, why } from "./held_up.js";
import { t, word } from "./texts.js";

const form = find("#list-form");
const campaign = form.dataset.campaign;
const columns = find("#list-columns");
let looked = null;

function query(more = {}) {
  const file = form.elements.file.files[0];
  const given = new URLSearchParams({ file: file.name, country: form.elements.country.value, ...more });
  if (looked) given.set("mapping", JSON.stringify(mapping()));
  if (form.elements.refuse.checked) given.set("refuse_duplicates", "true");
  return { given, file };
}

function mapping() {
  const made = {};
  for (const select of columns.querySelectorAll("select")) if (select.value) (made[select.value] ??= []).push(select.dataset.column);
  return made;
}

async function upload(path, more) {
  const { given, file } = query(more);
  const response = await fetch(`/api/v1/campaigns/${campaign}/${path}?${given}`, {
    method: "POST",
    body: file,
    headers: { "Content-Type": "application/octet-stream" },
    credentials: "same-origin",
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw new Error(answer.detail || (answer.errors ?? []).map((one) => one.what).join("; ") || answer.title);
}

async function look() {
  looked = null;
  const found = await attempt(() => upload("preview/imports"));
  if (!found) return;
  looked = found;
  const meant = new Map(Object.entries(found.mapping).flatMap(([meaning, names]) => names.map((name) => [name, meaning])));
  columns.replaceChildren(
    ...found.header.map((name) => {
      const row = el("tr");
      const cell = el("td");
      const select = el("select");
      select.dataset.column = name;
      select.setAttribute("aria-label", name);
      select.append(new Option(t("admin.column.kept"), ""), ...found.meanings.map((one) => new Option(word("meaning", one), one)));
      select.value = meant.get(name) ?? "";
      cell.append(select);
      row.append(el("td", "", name), cell);
      return row;
    }),
  );
  const left = found.unread.length ? t("admin.list.unread", { sheets: found.unread.join(", ") }) : "";
  setText(find("#list-form-found"), [found.form, left].filter(Boolean).join(" · "));
  setHidden(find("#list-mapping"), false);
  for (const name of ["try", "load"]) form.elements[name].disabled = false;
}

function told(report) {
  const rows = find("#list-report");
  const facts = [
    [t("admin.list.rows"), report.rows],
    [t("admin.list.leads"), report.leads],
    [t("admin.list.phones"), `${report.phones} (${report.invalid_phones} ✕)`],
    ...[
      [t("admin.list.extensions"), report.extensions],
      [t("admin.list.padded_ids"), report.padded_ids],
      [t("admin.list.invalid_ids"), report.invalid_ids],
    ].filter(([, count]) => count),
    ...(report.joined_people ? [[t("admin.list.joined"), report.joined_people]] : []),
    [t("admin.list.dialable"), report.dialable_now],
    ...Object.entries(report.not_dialable).map(([name, count]) => [t("admin.list.held_up", { why: why(name) }), count]),
    ...Object.entries(report.rejected).map(([kind, count]) => [t("admin.list.rejected_for", { why: word("rejected", kind.replaceAll(" ", "_")) }), count]),
  ];
  rows.replaceChildren(
    ...facts.map(([name, value]) => {
      const fact = el("div");
      fact.append(el("dt", "", name), el("dd", "", String(value)));
      return fact;
    }),
  );
  setHidden(rows, false);
}

async function held() {
  const found = await attempt(() => api("GET", `/campaigns/${campaign}/leads/why`));
  if (!found) return;
  const all = found.looked_at < found.leads ? t("admin.list.why_some", { looked: count(found.looked_at), leads: count(found.leads) }) : "";
  setText(find("#list-why-of"), [found.paused ? t("admin.list.why_paused") : "", all].filter(Boolean).join(" "));
  find("#list-why tbody").replaceChildren(
    ...found.totals.map((one) => {
      const row = el("tr");
      row.dataset.reason = one.reason;
      const told = [why(one.reason), count(one.leads), one.until ? moment(one.until) : "", frees(one.reason), one.examples.join(", ")];
      row.append(...told.map((text) => el("td", "", text)));
      return row;
    }),
  );
  setHidden(find("#list-why"), false);
}

document.querySelector("#list-why-ask")?.addEventListener("click", held); // for those who may read it
form.elements.file.addEventListener("change", look);
if (form.elements.file.files.length) look(); // chosen before this module was there, or kept over a reload
form.elements.try.addEventListener("click", async () => {
  const report = await attempt(() => upload("imports", { dry_run: "true" }));
  if (report) told(report);
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  form.elements.load.disabled = true;
  const report = await attempt(() => upload("imports"));
  form.elements.load.disabled = false;
  if (!report) return;
  told(report);
  say("");
  find("#list-loaded").hidden = false;
});
