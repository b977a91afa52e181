// Answers that were taken for machines, put before a listener one after the other: was it a person after all?

import { api } from "./api.js";
import { el, find, setHidden, setText } from "./dom.js";
import { count, moment, share, tenths } from "./format.js";
import { attempt, say } from "./frame.js";
import { figure, options, row, writes } from "./quality_parts.js";
import { t } from "./texts.js";

const DAY_S = 86_400;
const player = find("#player");
const campaign = find("#campaign");
let waiting = [];
let heard = null; // the one that is listened to

function listen(one) {
  heard = one ?? null;
  setHidden(find("#listening"), heard === null);
  for (const line of find("#waiting").children) {
    if (line.dataset.call === String(heard?.call)) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
  if (heard === null) {
    player.removeAttribute("src");
    player.load(); // what was heard last is let go of
    return;
  }
  setText(find("#which"), [heard.call, moment(heard.answered_at), heard.hold].filter(Boolean).join(" · "));
  player.src = `/api/v1/detection/audits/${heard.call}/audio`;
  player.play().catch(() => {}); // what cannot be played is told by the player's own error event
}

function line(one) {
  const button = el("button", "quiet small", t("quality.machines_listen"));
  button.type = "button";
  button.addEventListener("click", () => listen(one));
  const made = row(moment(one.answered_at), String(one.call), figure(tenths(one.detection_s)), one.reason, button);
  made.dataset.call = one.call;
  return made;
}

function soFar(report) {
  if (!report) return "";
  if (!report.heard) return t("quality.machines_unheard");
  const [low, high] = report.interval;
  const [few, many] = report.cut_off;
  const told = { heard: count(report.heard), persons: count(report.persons), low: share(low), high: share(high) };
  const cut = { few: tenths(few), many: tenths(many) };
  return `${t("quality.machines_heard", told)} ${t("quality.machines_cut", cut)}`;
}

async function load() {
  const chosen = campaign.value;
  if (!chosen) return;
  waiting = (await attempt(() => api("GET", `/detection/${chosen}/audits?limit=100`))) ?? [];
  find("#waiting").replaceChildren(...waiting.map(line));
  setHidden(find("#none-waits"), waiting.length > 0);
  const now = Date.now() / 1000;
  setText(find("#so-far"), soFar(await attempt(() => api("GET", `/detection/${chosen}?since=${now - DAY_S}&until=${now}`))));
}

async function judge(person) {
  if (heard === null || !writes) return;
  const judged = heard;
  const following = waiting[waiting.findIndex((one) => one.call === judged.call) + 1];
  const done = await attempt(async () => (await api("POST", `/detection/audits/${judged.call}`, { person })) ?? true);
  if (!done) return;
  await load();
  setText(find("#told"), t("quality.machines_judged", { call: judged.call, what: person ? t("quality.machines_person") : t("quality.machines_machine") }));
  listen(waiting.find((one) => one.call === following?.call) ?? waiting[0]);
}

const KEYS = {
  p: () => judge(true),
  m: () => judge(false),
  r: () => listen(heard ?? waiting[0]),
};
document.addEventListener("keydown", (event) => {
  if (event.target.matches("select, input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  KEYS[event.key]?.();
});
player.addEventListener("error", () => {
  if (player.getAttribute("src")) say(t("recordings.cannot_play"));
});
find("#person").addEventListener("click", () => judge(true));
find("#machine").addEventListener("click", () => judge(false));
for (const button of ["#person", "#machine"]) setHidden(find(button), !writes);
campaign.addEventListener("change", async () => {
  await load();
  listen(null);
});
const campaigns = (await attempt(() => api("GET", "/campaigns"))) ?? [];
options(campaign, campaigns.map((one) => [one.id, one.name]));
await load();
