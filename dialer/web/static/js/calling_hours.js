// Who can be called when: a week as a field of hours, each as dark as the share of people who may be called in it.

import { api } from "./api.js";
import { el, find, setHidden, setText } from "./dom.js";
import { count, share } from "./format.js";
import { attempt } from "./frame.js";
import { reason, t } from "./texts.js";

const locale = document.documentElement.lang || "es";
const dayName = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" });
const dayAndHour = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
const choice = find("#campaign");
const rows = find("#hours");
const days = find("#days");
let week = null;

const two = (part) => String(part).padStart(2, "0");
const dayOf = (at) => new Date(at * 1000).toDateString();
const shareOf = (hour) => (week.people ? hour.people / week.people : 0);

function showHour(hour) {
  for (const other of rows.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  rows.querySelector(`[data-at="${hour.at}"]`)?.setAttribute("aria-current", "true");
  setText(find("#hour-title"), dayAndHour.format(new Date(hour.at * 1000)));
  setText(find("#hour-people"), t("calling_hours.people", { people: count(Math.round(hour.people)), all: count(week.people), share: share(shareOf(hour)) }));
  const list = find("#hour-shut");
  list.replaceChildren();
  for (const [rule, people] of Object.entries(hour.shut)) list.append(el("dt", "", [...new Set([reason(rule), rule])].join(" · ")), el("dd", "", count(Math.round(people))));
}

function cell(hour) {
  const made = el("td");
  if (!hour) return made;
  const button = el("button", "hour");
  button.type = "button";
  button.dataset.at = hour.at;
  button.style.setProperty("--share", shareOf(hour).toFixed(3));
  const said = `${dayAndHour.format(new Date(hour.at * 1000))}: ${share(shareOf(hour))}`;
  button.setAttribute("aria-label", said);
  button.title = said;
  button.addEventListener("click", () => showHour(hour));
  button.addEventListener("focus", () => showHour(hour));
  made.append(button);
  return made;
}

function show() {
  const names = [...new Set(week.hours.map((hour) => dayOf(hour.at)))];
  const places = new Map(week.hours.map((hour) => [`${dayOf(hour.at)}/${new Date(hour.at * 1000).getHours()}`, hour]));
  days.replaceChildren(el("th"), ...names.map((name) => el("th", "", dayName.format(new Date(name)))));
  rows.replaceChildren(
    ...Array.from({ length: 24 }, (_, n) => {
      const row = el("tr");
      row.append(el("th", "", `${two(n)}:00`), ...names.map((name) => cell(places.get(`${name}/${n}`))));
      return row;
    }),
  );
  setHidden(find("#no-hours"), week.people > 0);
  setHidden(find("#week"), week.people === 0);
  const first = week.hours[0];
  setText(find("#hours-now"), t("calling_hours.now", { people: count(Math.round(first.people)), all: count(week.people) }));
  setText(find("#hours-zone"), t("calling_hours.zone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone }));
  showHour(first);
}

async function load() {
  if (!choice.value) return;
  const found = await attempt(() => api("GET", `/campaigns/${choice.value}/calling-hours`));
  if (!found) return;
  week = found;
  show();
}

async function begin() {
  const campaigns = (await attempt(() => api("GET", "/campaigns"))) ?? [];
  for (const one of campaigns) {
    const option = el("option", "", one.name);
    option.value = one.id;
    choice.append(option);
  }
  setHidden(find("#no-hours"), campaigns.length > 0);
  load();
}

setText(find("#none-may"), share(0));
setText(find("#all-may"), share(1));
choice.addEventListener("change", load);
begin();
