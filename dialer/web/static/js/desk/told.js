// What the person asks for while on the line: not at these hours, only this way, no more calls.

import { api } from "../api.js";
import { el, find, setHidden } from "../dom.js";
import { attempt, say } from "../frame.js";
import { t } from "../texts.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const waysOf = { voice: t("channel.voice"), sms: t("channel.sms"), email: t("channel.email"), whatsapp: t("channel.whatsapp"), letter: t("channel.letter") };
const WAYS = Object.keys(waysOf);
const locale = document.documentElement.lang || "es";
const dayName = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });

// 5 January 1970 was a Monday.
const nameOfDay = (day) => dayName.format(new Date((4 + DAYS.indexOf(day)) * 86_400_000));

/** The value of what was said, "mon-fri 08:00-12:00" or "voice,sms", in the page's language. */
export function toldValue(value) {
  const words = value.replace(/[a-z]+/g, (name) => (DAYS.includes(name) ? nameOfDay(name) : (waysOf[name] ?? name)));
  return words.replaceAll(",", ", ");
}

function boxes(holder, values, label) {
  for (const value of values) {
    const box = el("input");
    box.type = "checkbox";
    box.value = value;
    const named = el("label", "inline");
    named.append(box, document.createTextNode(label(value)));
    holder.append(named);
  }
}

const checked = (holder) => [...holder.querySelectorAll("input:checked")].map((box) => box.value);

/** `leadOf` tells who is before the agent. */
export function createTold(leadOf) {
  const kind = find("#told-kind");
  const days = find("#told-days");
  const ways = find("#told-ways");
  boxes(days, DAYS, nameOfDay);
  boxes(ways, WAYS, (value) => waysOf[value]);

  function value() {
    if (kind.value === "inconvenient") return `${checked(days).join(",")} ${find("#told-from").value}-${find("#told-to").value}`;
    return kind.value === "channels" ? checked(ways).join(",") : "";
  }

  async function save() {
    const empty = (kind.value === "inconvenient" && !checked(days).length) || (kind.value === "channels" && !checked(ways).length);
    if (empty) {
      say(t("told.choose"));
      return;
    }
    if (kind.value === "inconvenient" && find("#told-from").value >= find("#told-to").value) {
      say(t("told.hours"));
      return;
    }
    const kept = await attempt(() => api("POST", "/desk/restrictions", { lead: leadOf(), kind: kind.value, value: value() }));
    if (kept) clear();
  }

  function clear() {
    for (const box of find("#told").querySelectorAll("input:checked")) box.checked = false;
    find("#told").open = false;
  }

  kind.addEventListener("change", () => {
    setHidden(find("#told-hours"), kind.value !== "inconvenient");
    setHidden(find("#told-channels"), kind.value !== "channels");
  });
  find("#told-save").addEventListener("click", save);
  return { clear };
}
