// What evaluators begin from: the queue and its plans, what scores come to, and the forms.

import { api } from "./api.js";
import { el, find, setHidden, setText, stamp } from "./dom.js";
import { count, share } from "./format.js";
import { attempt } from "./frame.js";
import { t, word } from "./texts.js";

const METHODS = ["random", "per_agent", "stratified", "flags"];
const writes = find("main").dataset.writes === "yes";
let forms = [];

function options(select, items, first = null) {
  const made = items.map(([value, text]) => {
    const option = el("option", "", text);
    option.value = String(value);
    return option;
  });
  if (first !== null) made.unshift(el("option", "", first));
  select.replaceChildren(...made);
}

function row(...cells) {
  const made = el("tr");
  cells.forEach((text, n) => made.append(el("td", n ? "figure" : "", text)));
  return made;
}

async function load() {
  const queue = (await attempt(() => api("GET", "/quality/queue?limit=500"))) ?? [];
  setText(find("#waiting"), t("quality.waiting", { n: count(queue.filter((one) => one.state === "open").length) }));
  forms = (await attempt(() => api("GET", "/quality/forms"))) ?? [];
  const named = forms.map((one) => [one.id, `${one.name} (${one.version})`]);
  options(find("#plan-form"), named);
  options(find("#forms"), named, t("quality.new_form"));
  const plans = (await attempt(() => api("GET", "/quality/plans"))) ?? [];
  options(find("#plan"), plans.map((one) => [one.name, one.name]));
  setHidden(find("#drawing"), !writes || plans.length === 0);
  setHidden(find("#planning"), !writes || forms.length === 0);
  await figures();
}

async function figures() {
  const agents = new Map(((await api("GET", "/agents").catch(() => [])) ?? []).map?.((one) => [one.id, one.name]) ?? []);
  const trends = (await attempt(() => api("GET", "/quality/trends?by=agent"))) ?? [];
  find("#trends").replaceChildren(
    ...trends.map((one) => {
      const known = one.score?.low !== null && one.score?.low !== undefined;
      const span = known ? `${share(one.score.low)} – ${share(one.score.high)}` : "–";
      const name = agents.get(one.group) ?? String(one.group ?? "–");
      return row(name, count(one.passed.of), one.score ? share(one.score.mean) : "–", span, `${one.passed.count} / ${one.passed.of}`);
    }),
  );
  const items = (await attempt(() => api("GET", "/quality/pareto"))) ?? [];
  find("#pareto").replaceChildren(
    ...items.slice(0, 15).map((one) => row(one.label, `${one.failed.count} / ${one.asked}`, share(one.cumulative))),
  );
}

find("#claim").addEventListener("click", async () => {
  const claimed = await attempt(() => api("POST", "/quality/queue/claim"));
  if (!claimed) return;
  sessionStorage.setItem("claim", JSON.stringify(claimed));
  location.assign(`/recordings/${claimed.task.call}`);
});

const midnight = (text) => new Date(`${text}T00:00:00`).getTime() / 1000;
find("#drawing").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { since: midnight(find("#since").value), until: midnight(find("#until").value) + 86_400, seed: find("#seed").value };
  const drawn = await attempt(() => api("POST", `/quality/plans/${encodeURIComponent(find("#plan").value)}/draw`, body));
  if (!drawn) return;
  await load();
  setText(find("#told"), t("quality.drawn", { new: count(drawn.new), candidates: count(drawn.candidates) }));
});
find("#planning").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = {
    name: find("#plan-name").value,
    form: Number(find("#plan-form").value),
    method: find("#plan-method").value,
    count: Number(find("#plan-count").value),
  };
  await attempt(() => api("POST", "/quality/plans", body));
  await load();
});

// ---------------------------------------------------------------- the builder

function addItem(section, item = {}) {
  const line = stamp("item");
  const { parts } = line;
  line.key = item.key;
  parts.label.value = item.label ?? "";
  parts.weight.value = item.weight ?? 1;
  parts.scale.value = item.scale ?? 0;
  parts.critical.value = item.critical ?? "";
  parts.na.checked = item.na ?? true;
  parts.remove.addEventListener("click", () => line.remove());
  section.parts.items.append(line);
}

function addSection(given = { items: [{}] }) {
  const box = stamp("section");
  box.parts.name.value = given.name ?? "";
  box.parts.weight.value = given.weight ?? 1;
  box.parts.add.addEventListener("click", () => addItem(box));
  box.parts.remove.addEventListener("click", () => box.remove());
  for (const item of given.items) addItem(box, item);
  find("#built").append(box);
}

function build(form) {
  find("#built").replaceChildren();
  find("#form-name").value = form?.name ?? "";
  find("#pass-at").value = Math.round(100 * (form?.pass_at ?? 0.8));
  for (const section of form?.sections ?? [undefined]) addSection(section);
}

function built() {
  let next = 0;
  const used = new Set([...find("#built").querySelectorAll("fieldset > [data-part=items] > div")].map((line) => line.key));
  const fresh = () => {
    do next += 1;
    while (used.has(`item${next}`));
    return `item${next}`;
  };
  return [...find("#built").children].map((box) => ({
    name: box.parts.name.value,
    weight: Number(box.parts.weight.value),
    items: [...box.parts.items.children].map((line) => ({
      key: line.key ?? fresh(),
      label: line.parts.label.value,
      weight: Number(line.parts.weight.value),
      scale: Number(line.parts.scale.value),
      na: line.parts.na.checked,
      critical: line.parts.critical.value || null,
    })),
  }));
}

find("#add-section").addEventListener("click", () => addSection());
find("#forms").addEventListener("change", (event) => build(forms.find((one) => String(one.id) === event.target.value)?.form));
find("#builder").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { name: find("#form-name").value, pass_at: Number(find("#pass-at").value) / 100, sections: built() };
  const kept = await attempt(() => api("POST", "/quality/forms", body));
  if (!kept) return;
  await load();
  setText(find("#told"), t("quality.form_kept", { name: kept.name, version: kept.version }));
});

options(find("#plan-method"), METHODS.map((method) => [method, word("method", method)]));
setHidden(find("#claim"), !writes);
setHidden(find("#builder").closest("section"), !writes);
const today = new Date().toISOString().slice(0, 10);
find("#until").value = today;
find("#since").value = new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10);
find("#seed").value = today;
build();
load();
