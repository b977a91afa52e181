// Calling rules: a number tried at an hour, and the coming week of a lead.

import { api } from "./api.js";
import { el, find, setData, setHidden, setText } from "./dom.js";
import { attempt } from "./frame.js";
import { frees, why } from "./held_up.js";
import { reason, t } from "./texts.js";

const locale = document.documentElement.lang || "es";
const inZone = (at, zone) => new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(at * 1000));
const because = (rule, said) => [reason(rule, said), rule].join(" · ");

find("#try-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { campaign, number, local } = event.target.elements;
  const body = { campaign: Number(campaign.value), number: number.value };
  if (local.value) body.local = local.value;
  const found = await attempt(() => api("POST", "/rules/try", body));
  if (!found) return;
  const zone = found.zones[0] ?? "UTC";
  const when = inZone(found.at, zone);
  const shut = t("rules.forbidden", { when, why: because(found.rule, found.reason) });
  const later = found.until ? t("rules.from", { when: inZone(found.until, zone) }) : "";
  setText(find("#verdict"), found.allowed ? t("rules.allowed", { when }) : [shut, later].filter(Boolean).join(" "));
  setData(find("#verdict"), "allowed", found.allowed ? "yes" : "no");
  const who = found.known ? t("rules.known") : t("rules.unknown");
  setText(find("#tried-where"), t("rules.where", { country: found.country, zones: found.zones.join(", "), who }));
  setText(find("#tried-rules"), found.rules.length ? t("rules.held", { rules: found.rules.join(", ") }) : t("rules.none_held"));
  setHidden(find("#tried"), false);
});

find("#week-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const lead = Number(event.target.elements.lead.value);
  setHidden(find("#week-table"), true);
  setText(find("#week-of"), "");
  setText(find("#why-of"), "");
  const held = await attempt(() => api("GET", `/leads/${lead}/why`));
  if (!held) return;
  setText(find("#why-of"), held.reason ? t("rules.held_up", { why: why(held.reason, held.text), frees: frees(held.reason) }) : why(""));
  setData(find("#why-of"), "reason", held.reason);
  const week = await attempt(() => api("GET", `/leads/${lead}/week`));
  if (!week) return;
  const rows = week.stretches.map((one) => {
    const row = el("tr", one.rule ? "shut" : "open");
    row.append(el("td", "", inZone(one.since, week.zone)), el("td", "", inZone(one.until, week.zone)), el("td", "", one.rule ? t("rules.shut") : t("rules.open")), el("td", "", one.rule ? because(one.rule, one.reason) : ""));
    return row;
  });
  find("#week-table tbody").replaceChildren(...rows);
  setText(find("#week-of"), t("rules.times_of", { number: week.number, zone: week.zone }));
  setHidden(find("#week-table"), false);
});
