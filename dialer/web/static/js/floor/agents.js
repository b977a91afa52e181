// The agents' grid: by state, time or name, searched and filtered. Hundreds of them: only what changed is touched.

import { find, keyed, setData, setHidden, setText, stamp } from "../dom.js";
import { count, duration } from "../format.js";
import { reason, t, word } from "../texts.js";
import { latest, now } from "./feed.js";
import { openAgent } from "./hands.js";

const STATES = ["talking", "holding", "dialling", "previewing", "wrapping", "ready", "connecting", "leg_lost", "break", "signed_out"];
const search = find("#agent-search");
const state = find("#agent-state");
const campaign = find("#agent-campaign");
const order = find("#agent-order");
const grid = find("#agents");
const tiles = new Map();

const place = (agent) => STATES.indexOf(agent.state);
const ORDERS = {
  state: (one, other) => place(one) - place(other) || one.since - other.since,
  longest: (one, other) => one.since - other.since,
  name: (one, other) => one.name.localeCompare(other.name),
};

function wanted(agent) {
  const text = search.value.trim().toLowerCase();
  return (
    (!text || agent.name.toLowerCase().includes(text)) &&
    (!state.value || agent.state === state.value) &&
    (!campaign.value || agent.campaigns.includes(Number(campaign.value)))
  );
}

function make(agent) {
  const tile = stamp("agent-tile");
  tile.addEventListener("click", () => openAgent(agent.id));
  tiles.set(agent.id, tile);
  return tile;
}

function show(tile, agent) {
  if (tile.agent === agent) return;
  tile.agent = agent;
  const { parts } = tile;
  setData(tile, "state", agent.state);
  setText(parts.name, agent.name);
  setText(parts.state, word("state", agent.state));
  const monitors = latest().head.monitors.filter((one) => one.agent === agent.id);
  const heard = monitors.length > 0 ? t("monitor.heard_by", { by: monitors.map((one) => one.name).join(", ") }) : "";
  setText(parts.reason, heard || reason(agent.reason) || (agent.pause_wanted !== null ? t("floor.break_wanted") : ""));
  tick(tile);
}

function tick(tile) {
  setText(tile.parts.timer, tile.agent.state === "signed_out" ? "" : duration(now() - tile.agent.since));
}

export function tickAgents() {
  for (const tile of grid.children) tick(tile);
}

function showCounts(agents) {
  const counts = STATES.map((one) => [one, agents.filter((agent) => agent.state === one).length]);
  keyed(
    find("#agent-counts"),
    counts.filter(([, number]) => number > 0),
    ([one]) => one,
    () => stamp("agent-count"),
    (chip, [one, number]) => {
      setData(chip, "state", one);
      setText(chip.parts.count, count(number));
      setText(chip.parts.state, word("state", one));
    },
  );
}

function showFilters(floor) {
  if (state.options.length === 1) for (const one of STATES) state.add(new Option(word("state", one), one));
  const known = new Set([...campaign.options].map((option) => option.value));
  for (const one of floor.campaigns.values()) if (!known.has(String(one.id))) campaign.add(new Option(one.name, one.id));
}

let heard = "";

export function showAgents(floor, change) {
  const monitors = JSON.stringify(floor.head.monitors);
  if (!change?.whole && change && !change.agents.length && !(change.gone.agents ?? []).length && monitors === heard) return;
  if (monitors !== heard) for (const tile of tiles.values()) tile.agent = undefined;
  heard = monitors;
  const agents = [...floor.agents.values()];
  const shown = agents.filter(wanted).sort(ORDERS[order.value]);
  keyed(grid, shown, (one) => one.id, make, show);
  setHidden(find("#no-agents"), agents.length > 0);
  showCounts(agents);
  showFilters(floor);
}

for (const filter of [search, state, campaign, order]) filter.addEventListener("input", () => showAgents(latest()));
for (const filter of [state, campaign, order]) filter.addEventListener("change", () => showAgents(latest()));
