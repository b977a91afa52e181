// The form builder: each saving is the next version of the form's name, and scores keep the version they were given on.

import { api } from "./api.js";
import { find, setHidden, setText, stamp } from "./dom.js";
import { attempt } from "./frame.js";
import { boxes, options, ticked, writes } from "./quality_parts.js";
import { t, word } from "./texts.js";

const KINDS = ["customer", "business", "compliance"];
let forms = []; // every version, oldest first within a name

async function load() {
  forms = (await attempt(() => api("GET", "/quality/forms?versions=true"))) ?? [];
  options(find("#forms"), forms.map((one) => [one.id, `${one.name} (${one.version})`]), t("quality.new_form"));
}

function addItem(section, item = {}) {
  const line = stamp("item");
  const { parts } = line;
  line.key = item.key;
  parts.label.value = item.label ?? "";
  parts.weight.value = item.weight ?? 1;
  parts.scale.value = item.scale ?? 0;
  parts.critical.value = item.critical ?? "";
  parts.na.checked = item.na ?? true;
  parts.help.value = item.help ?? "";
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
  boxes(find("#fails"), KINDS.map((kind) => [kind, word("critical", kind)]), form?.fails ?? KINDS);
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
      help: line.parts.help.value,
    })),
  }));
}

find("#add-section").addEventListener("click", () => addSection());
find("#forms").addEventListener("change", (event) => build(forms.find((one) => String(one.id) === event.target.value)?.form));
find("#builder").addEventListener("submit", async (event) => {
  event.preventDefault();
  const pass = Number(find("#pass-at").value) / 100;
  const body = { name: find("#form-name").value, pass_at: pass, fails: ticked(find("#fails")), sections: built() };
  const kept = await attempt(() => api("POST", "/quality/forms", body));
  if (!kept) return;
  await load();
  find("#forms").value = String(kept.id);
  setText(find("#told"), t("quality.form_kept", { name: kept.name, version: kept.version }));
});

setHidden(find("#save-form"), !writes);
setHidden(find("#add-section"), !writes);
build();
load();
