// The wallboard: a few figures, large, for a screen on the wall.

import { find, keyed, setData, setText, stamp } from "./dom.js";
import { clock, count, share } from "./format.js";
import { showLink } from "./frame.js";
import { live } from "./live.js";
import { sentence, word } from "./texts.js";
import { alarmText } from "./floor/alarms.js";
import { merged, now } from "./floor/feed.js";
import { shown } from "./floor/figures.js";

const PRIVATE = new Set(["long_talk", "long_wrap", "told"]); // they name people, or what is for supervisors alone
const STATES = ["talking", "ready", "wrapping", "holding", "dialling", "break"];

function showCard(card, campaign) {
  const { parts } = card;
  const { code, figures } = campaign.standstill;
  setData(card, "status", campaign.status);
  setText(parts.name, campaign.name);
  setText(parts.status, word("status", campaign.status));
  setText(parts.connected, count(campaign.connected));
  setText(parts.occupancy, share(campaign.occupancy));
  setText(parts.abandon, share(campaign.abandon_ratio));
  setData(parts.abandon, "level", (campaign.abandon_ratio ?? 0) > campaign.abandon_cap ? "over" : "fine");
  setText(parts.lines, count(campaign.lines));
  setText(parts.reason, code ? sentence("standstill", code, shown(figures)) : "");
}

function show(change) {
  const floor = merged(change);
  const agents = [...floor.agents.values()];
  const states = STATES.map((state) => [state, agents.filter((one) => one.state === state).length]);
  keyed(find("#wall-campaigns"), [...floor.campaigns.values()], (one) => one.id, () => stamp("wall-card"), showCard);
  keyed(find("#wall-agents"), states, ([state]) => state, () => stamp("wall-state"), (box, [state, number]) => {
    setData(box, "state", state);
    setText(box.parts.name, word("state", state));
    setText(box.parts.count, count(number));
  });
  keyed(find("#wall-alarms"), floor.head.alarms.filter((one) => !PRIVATE.has(one.code)), (one) => one.number, () => stamp("wall-alarm"), (row, alarm) => {
    setData(row, "level", alarm.level);
    setText(row.parts.text, alarmText(alarm, floor.campaigns));
  });
}

find("#whole-screen").addEventListener("click", () => document.documentElement.requestFullscreen());
setInterval(() => setText(find("#at"), clock(now())), 1000);
live(["floor_changes"], { floor_changes: show }, showLink);
