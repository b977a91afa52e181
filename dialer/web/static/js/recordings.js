// The recordings, newest first, with a player.

import { api } from "./api.js";
import { find, setHidden, setText, stamp } from "./dom.js";
import { duration, moment } from "./format.js";
import { attempt, say } from "./frame.js";
import { t, word } from "./texts.js";

const list = find("#recordings");
const player = find("#player");
const more = find("#more");
const track = find("#track");
let next = null;
let playing = null; // the call that is being heard

function play() {
  if (playing === null) return;
  player.src = `/api/v1/recordings/${playing}/audio?track=${track.value}`;
  player.play().catch(() => {}); // what cannot be played is told by the player's own error event
}

function choose(recording, row) {
  for (const other of list.children) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  setHidden(find("#playing"), false);
  setText(find("#playing-name"), [recording.campaign_name, recording.agent_name, moment(recording.at)].join(" · "));
  playing = recording.call;
  play();
}

function add(recording) {
  const row = stamp("recording-row");
  const { parts } = row;
  setText(parts.at, moment(recording.at));
  setText(parts.campaign, recording.campaign_name);
  setText(parts.agent, recording.agent_name);
  setText(parts.length, duration(recording.seconds));
  setText(parts.state, word("recording", recording.state));
  setText(parts.outcome, recording.outcome ? word("outcome", recording.outcome) : "");
  setText(parts.disposition, recording.disposition);
  parts.play.disabled = recording.state === "missing";
  parts.play.addEventListener("click", () => choose(recording, row));
  list.append(row);
}

async function load() {
  const from = next ? `&cursor=${encodeURIComponent(next)}` : "";
  const page = await attempt(() => api("GET", `/recordings?limit=50${from}`));
  if (!page) return;
  page.items.forEach(add);
  next = page.next;
  setHidden(more, next === null);
  setHidden(find("#no-recordings"), list.childElementCount > 0);
}

track.addEventListener("change", play);
player.addEventListener("error", () => say(t("recordings.cannot_play")));
more.addEventListener("click", load);
load();
