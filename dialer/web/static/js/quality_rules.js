// Rules of what is said: kept, tried on a transcript, removed.

import { api } from "./api.js";
import { el, find, setHidden, setText } from "./dom.js";
import { duration, plain } from "./format.js";
import { attempt } from "./frame.js";
import { options, row, writes } from "./quality_parts.js";
import { t } from "./texts.js";

const SIDES = { agent: t("agent"), customer: t("recording.customer"), "": t("quality.either") };
let campaigns = new Map();
let items = new Map(); // of forms: name/key to what is shown

function told(rule) {
  const what = rule.never ? t("quality.must_not_be_said") : t("quality.must_be_said");
  const within = rule.within_s === null ? "" : t("quality.within_s", { n: plain(rule.within_s) });
  return [`${SIDES[rule.side]} · ${what}${within && ` ${within}`}`, rule.phrases.map((phrase) => `“${phrase}”`).join(", ")].join(": ");
}

function button(text, doing) {
  const made = el("button", "quiet", text);
  made.type = "button";
  made.addEventListener("click", doing);
  return made;
}

async function load() {
  const rules = (await attempt(() => api("GET", "/quality/rules"))) ?? [];
  find("#rules").replaceChildren(
    ...rules.map((rule) => {
      const tools = el("span", "tools");
      if (writes) tools.append(button(t("quality.edit"), () => fill(rule)), button(t("quality.remove"), () => remove(rule)));
      const campaign = rule.campaign === null ? t("quality.all") : (campaigns.get(rule.campaign) ?? "");
      return row(rule.name, told(rule), campaign, items.get(rule.item) ?? rule.item, tools);
    }),
  );
}

function fill(rule) {
  find("#name").value = rule?.name ?? "";
  find("#phrases").value = (rule?.phrases ?? []).join("\n");
  find("#side").value = rule?.side ?? "agent";
  find("#never").value = rule?.never ? "yes" : "";
  find("#within").value = rule?.within_s ?? "";
  find("#campaign").value = rule?.campaign ?? "";
  find("#item").value = rule?.item ?? "";
  find("#name").focus();
}

const written = () => ({
  name: find("#name").value,
  phrases: find("#phrases").value.split("\n").map((one) => one.trim()).filter(Boolean),
  side: find("#side").value,
  never: find("#never").value === "yes",
  within_s: find("#within").value === "" ? null : Number(find("#within").value),
  campaign: Number(find("#campaign").value) || null,
  item: find("#item").value,
});

async function remove(rule) {
  if (!window.confirm(t("quality.remove_rule", { name: rule.name }))) return;
  const done = await attempt(async () => (await api("DELETE", `/quality/rules/${encodeURIComponent(rule.name)}`)) ?? true);
  if (done) await load();
}

find("#rule").addEventListener("submit", async (event) => {
  event.preventDefault();
  const rule = written();
  const kept = await attempt(async () => (await api("POST", "/quality/rules", rule)) ?? true);
  if (!kept) return;
  setText(find("#told"), t("quality.rule_kept", { name: rule.name }));
  await load();
});
find("#fresh").addEventListener("click", () => fill());

function verdictLine(verdict) {
  const heard = verdict.heard_at_s === null ? t("quality.not_heard") : t("quality.heard_at", { at: duration(verdict.heard_at_s) });
  const line = el("li", verdict.kept ? "kept" : "bad", `${verdict.kept ? "✓" : "✗"} ${verdict.name}: ${heard}`);
  if (!verdict.kept) line.append(" ", el("span", "flag", verdict.flag));
  return line;
}

find("#trying").addEventListener("submit", async (event) => {
  event.preventDefault();
  const all = event.submitter?.value === "all";
  if (!all && !find("#rule").reportValidity()) return;
  const call = Number(find("#call").value) || null;
  const body = { rule: all ? null : written(), call, text: call ? "" : find("#text").value };
  const tried = await attempt(() => api("POST", "/quality/rules/try", body));
  find("#verdicts").replaceChildren(...(tried?.verdicts ?? []).map(verdictLine));
  if (tried && tried.verdicts.length === 0) find("#verdicts").append(el("li", "", t("quality.no_rules")));
  const heard = (tried?.verdicts ?? []).map((one) => one.heard_at_s).filter((at) => at !== null);
  find("#said").replaceChildren(
    ...(tried?.segments ?? []).map((one) => {
      const line = el("li", heard.some((at) => at >= one.start_s && at < Math.max(one.end_s, one.start_s + 0.001)) ? "heard" : "");
      line.dataset.leg = one.leg;
      line.append(`${duration(one.start_s)} ${one.text}`);
      return line;
    }),
  );
});

setHidden(find("#rule-part"), !writes);
setHidden(find("#try-one"), !writes);
const known = (await attempt(() => api("GET", "/campaigns"))) ?? [];
campaigns = new Map(known.map((one) => [one.id, one.name]));
options(find("#campaign"), known.map((one) => [one.id, one.name]), t("quality.all"));
const forms = (await attempt(() => api("GET", "/quality/forms"))) ?? [];
const choices = forms.flatMap((row) =>
  row.form.sections.flatMap((section) =>
    section.items.filter((item) => !item.scale).map((item) => [`${row.name}/${item.key}`, `${row.name}: ${item.label}`]),
  ),
);
items = new Map(choices);
options(find("#item"), choices, t("quality.no_item"));
load();
