// The alarms that stand, as sentences, with a button to say that they were seen.

import { api } from "../api.js";
import { find, keyed, setData, setHidden, setText, stamp } from "../dom.js";
import { when } from "../format.js";
import { attempt } from "../frame.js";
import { sentence, t, word } from "../texts.js";
import { shown } from "./figures.js";

function make(alarm) {
  const row = stamp("alarm-row");
  row.parts.ack.addEventListener("click", () => attempt(() => api("POST", `/floor/alarms/${alarm.number}/seen`)));
  return row;
}

export function alarmText(alarm, campaigns) {
  const campaign = campaigns.get(alarm.campaign)?.name ?? "";
  const text = sentence("alarm", alarm.code, { ...shown(alarm.figures), subject: alarm.subject, campaign, what: word("told", alarm.subject), window: word("window", alarm.subject) });
  return campaign ? `${campaign}: ${text}` : text;
}

export function showAlarms(floor, runner) {
  const box = find("#alarms");
  const alarms = [...floor.head.alarms].sort((one, other) => (one.seen_by !== "") - (other.seen_by !== "") || other.number - one.number);
  setHidden(box, alarms.length === 0);
  keyed(box, alarms, (one) => one.number, make, (row, alarm) => {
    setData(row, "level", alarm.level);
    setData(row, "seen", alarm.seen_by ? "yes" : "no");
    setText(row.parts.level, alarm.level === "urgent" ? t("alarms.level.urgent") : t("alarms.level.warning"));
    setText(row.parts.text, alarmText(alarm, floor.campaigns));
    setText(row.parts.at, when(alarm.at));
    setText(row.parts.seen, alarm.seen_by ? t("alarms.seen_by", { by: alarm.seen_by }) : "");
    setHidden(row.parts.ack, !runner || alarm.seen_by !== "");
  });
}
