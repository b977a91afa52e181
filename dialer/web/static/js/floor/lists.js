// Calls by stage, trunks, and the last calls.

import { find, keyed, setData, setHidden, setShare, setText, stamp } from "../dom.js";
import { clock, count, duration } from "../format.js";
import { t, word } from "../texts.js";
import { now } from "./feed.js";
import { shown } from "./figures.js";

const STAGES = ["reserving", "placing", "dialling", "progressing", "ringing", "waiting", "connecting", "talking", "holding", "alone", "abandoning", "transferred", "unknown"];

function showTrunk(row, trunk) {
  const { parts } = row;
  setData(row, "state", trunk.state);
  setText(parts.name, trunk.name);
  setText(parts.lines, `${count(trunk.lines)} / ${count(trunk.lines_max)}`);
  setShare(parts.bar, trunk.lines / Math.max(1, trunk.lines_max));
  setText(parts.state, word("trunk", trunk.state));
  setText(parts.reason, trunk.failing ? t("floor.failing", shown(trunk.failing)) : "");
}

function showCall(floor, row, call) {
  const { parts } = row;
  setData(row, "outcome", call.outcome ?? "open");
  setText(parts.at, clock(call.placed_at));
  setText(parts.campaign, floor.campaigns.get(call.campaign)?.name ?? call.campaign);
  setText(parts.agent, call.agent === null ? "" : (floor.agents.get(call.agent)?.name ?? call.agent));
  setText(parts.outcome, call.outcome ? word("outcome", call.outcome) : word("call", call.state));
  const end = call.ended_at ?? now();
  setText(parts.talk, call.bridged_at ? duration(end - call.bridged_at) : "");
}

export function showLists(floor) {
  const totals = new Map();
  for (const campaign of floor.campaigns.values()) {
    for (const [stage, number] of Object.entries(campaign.calls)) totals.set(stage, (totals.get(stage) ?? 0) + number);
  }
  const stages = STAGES.filter((stage) => totals.get(stage));
  const most = Math.max(1, ...totals.values());
  keyed(find("#stages"), stages, (stage) => stage, () => stamp("stage-row"), (row, stage) => {
    setText(row.parts.name, word("call", stage));
    setText(row.parts.count, count(totals.get(stage)));
    setShare(row.parts.bar, totals.get(stage) / most);
  });
  setHidden(find("#no-stages"), stages.length > 0);
  const calls = [...floor.calls.values()].sort((one, other) => other.id - one.id);
  keyed(find("#trunks"), [...floor.trunks.values()], (one) => one.name, () => stamp("trunk-row"), showTrunk);
  keyed(find("#calls"), calls, (one) => one.id, () => stamp("call-row"), (row, call) => showCall(floor, row, call));
  for (const list of ["calls", "trunks"]) setHidden(find(`#no-${list}`), find(`#${list}`).childElementCount > 0);
}
