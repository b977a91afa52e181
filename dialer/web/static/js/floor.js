// The floor: campaigns, agents, trunks and the last calls, as the server says once a second.

import { api } from "./api.js";
import { find, keyed, setData, setHidden, setShare, setText, stamp } from "./dom.js";
import { clock, count, duration, share } from "./format.js";
import { attempt, showLink } from "./frame.js";
import { live } from "./live.js";
import { t, word } from "./texts.js";

const STATES = ["talking", "holding", "dialling", "previewing", "wrapping", "ready", "connecting", "leg_lost", "break", "signed_out"];
const RUNNING_CALLS = ["reserving", "placing", "dialling", "progressing", "ringing", "waiting", "connecting", "talking", "holding", "alone", "abandoning", "transferred", "unknown"];

const runner = document.body.dataset.who === "administrator" || document.body.dataset.who === "supervisor";
const names = { campaigns: new Map(), agents: new Map() };
let ahead = 0; // the server's clock less ours, in seconds
let floor = null;

const now = () => Date.now() / 1000 + ahead;

function showCampaign(card, campaign) {
  const { parts } = card;
  setData(card, "status", campaign.status);
  setText(parts.name, campaign.name);
  setText(parts.mode, word("mode", campaign.mode));
  setText(parts.status, word("status", campaign.status));
  setText(parts.lines, `${count(campaign.lines)} / ${count(campaign.lines_max)}`);
  setShare(parts.linesBar, campaign.lines / Math.max(1, campaign.lines_max));
  for (const figure of ["placed", "answered", "connected", "abandoned"]) setText(parts[figure], count(campaign[figure]));
  setText(parts.leads, count(campaign.leads_at_hand));
  setText(parts.answerRatio, share(campaign.answer_ratio));
  setText(parts.occupancy, share(campaign.occupancy));
  setText(parts.abandonRatio, share(campaign.abandon_ratio));
  setText(parts.abandonCap, t("floor.cap", { cap: share(campaign.abandon_cap) }));
  const used = campaign.abandon_cap ? (campaign.abandon_ratio ?? 0) / campaign.abandon_cap : 0;
  setShare(parts.abandonBar, used);
  setData(parts.abandonBar, "level", used > 1 ? "over" : used > 0.8 ? "near" : "fine");
  setText(parts.reason, campaign.not_dialling || campaign.pace_reason);
  setData(parts.reason, "dialling", campaign.not_dialling ? "no" : "yes");
  const stages = RUNNING_CALLS.filter((state) => campaign.calls[state]);
  setText(parts.stages, stages.map((state) => `${word("call", state)} ${count(campaign.calls[state])}`).join(" · ") || t("floor.no_calls"));
  if (runner) setText(parts.toggle, campaign.status === "running" ? t("floor.pause") : t("floor.start"));
}

function makeCampaign(campaign) {
  const card = stamp("campaign-card");
  setHidden(card.parts.toggle, !runner);
  card.parts.toggle.addEventListener("click", () => {
    const verb = card.dataset.status === "running" ? "pause" : "start";
    attempt(() => api("POST", `/campaigns/${campaign.id}/${verb}`));
  });
  return card;
}

function showAgent(tile, agent) {
  const { parts } = tile;
  setData(tile, "state", agent.state);
  setData(tile, "since", agent.since);
  setText(parts.name, agent.name);
  setText(parts.state, word("state", agent.state));
  setText(parts.reason, agent.reason || (agent.pause_wanted !== null ? t("floor.break_wanted") : ""));
}

function showTrunk(row, trunk) {
  const { parts } = row;
  setData(row, "state", trunk.state);
  setText(parts.name, trunk.name);
  setText(parts.lines, `${count(trunk.lines)} / ${count(trunk.lines_max)}`);
  setText(parts.state, word("trunk", trunk.state));
  setText(parts.reason, trunk.reason);
}

function showCall(row, call) {
  const { parts } = row;
  setData(row, "outcome", call.outcome ?? "open");
  setText(parts.at, clock(call.placed_at));
  setText(parts.campaign, names.campaigns.get(call.campaign) ?? call.campaign);
  setText(parts.agent, call.agent === null ? "" : (names.agents.get(call.agent) ?? call.agent));
  setText(parts.outcome, call.outcome ? word("outcome", call.outcome) : word("call", call.state));
  const end = call.ended_at ?? now();
  setText(parts.talk, call.bridged_at ? duration(end - call.bridged_at) : "");
}

function showCounts(agents) {
  const counts = STATES.map((state) => [state, agents.filter((agent) => agent.state === state).length]);
  keyed(
    find("#agent-counts"),
    counts.filter(([, number]) => number > 0),
    ([state]) => state,
    () => stamp("agent-count"),
    (chip, [state, number]) => {
      setData(chip, "state", state);
      setText(chip.parts.count, count(number));
      setText(chip.parts.state, word("state", state));
    },
  );
}

function showTimers() {
  for (const tile of find("#agents").children) {
    setText(tile.parts.timer, tile.dataset.state === "signed_out" ? "" : duration(now() - Number(tile.dataset.since)));
  }
  if (floor) setText(find("#at"), clock(now()));
}

function showStop() {
  const stopped = floor.stopped_by !== "";
  setHidden(find("#stopped"), !stopped);
  setText(find("#stopped-text"), t("floor.stopped", { by: floor.stopped_by }));
  setHidden(find("#switch-down"), floor.switch_up);
  setHidden(find("#stop-all"), !runner || stopped);
  setHidden(find("#resume-all"), !runner || !stopped);
}

function showFloor(next) {
  floor = next;
  ahead = floor.at - Date.now() / 1000;
  names.campaigns = new Map(floor.campaigns.map(({ id, name }) => [id, name]));
  names.agents = new Map(floor.agents.map(({ id, name }) => [id, name]));
  const order = (agent) => STATES.indexOf(agent.state);
  const agents = [...floor.agents].sort((one, other) => order(one) - order(other) || one.since - other.since);
  keyed(find("#campaigns"), floor.campaigns, (one) => one.id, makeCampaign, showCampaign);
  keyed(find("#agents"), agents, (one) => one.id, () => stamp("agent-tile"), showAgent);
  keyed(find("#trunks"), floor.trunks, (one) => one.name, () => stamp("trunk-row"), showTrunk);
  keyed(find("#calls"), floor.last_calls, (one) => one.id, () => stamp("call-row"), showCall);
  for (const list of ["campaigns", "agents", "calls", "trunks"]) setHidden(find(`#no-${list}`), find(`#${list}`).childElementCount > 0);
  showCounts(floor.agents);
  showStop();
  showTimers();
}

find("#stop-all").addEventListener("click", () => attempt(() => api("POST", "/dialling/stop")));
find("#resume-all").addEventListener("click", () => attempt(() => api("POST", "/dialling/resume")));
setInterval(showTimers, 1000);
live(["floor"], { floor: showFloor }, showLink);
