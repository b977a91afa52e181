// The floor: what the server tells once a second, put together and shown part by part.

import { api } from "./api.js";
import { find, setHidden, setText } from "./dom.js";
import { clock } from "./format.js";
import { attempt, showLink } from "./frame.js";
import { live } from "./live.js";
import { t } from "./texts.js";
import { showAgents, tickAgents } from "./floor/agents.js";
import { showAlarms } from "./floor/alarms.js";
import { showCampaigns } from "./floor/campaigns.js";
import { showDetail } from "./floor/detail.js";
import { followFloor, merged, now } from "./floor/feed.js";
import { showMonitor } from "./floor/hands.js";
import { showLists } from "./floor/lists.js";

const runner = document.body.dataset.who === "administrator" || document.body.dataset.who === "supervisor";
const house = runner && !("limited" in document.body.dataset); // who sees some campaigns alone stops those alone

function showStop(floor) {
  const stopped = floor.head.stopped_by !== "";
  setHidden(find("#stopped"), !stopped);
  setText(find("#stopped-text"), t("floor.stopped", { by: floor.head.stopped_by }));
  setHidden(find("#switch-down"), floor.head.switch_up);
  setHidden(find("#stop-all"), !house || stopped);
  setHidden(find("#resume-all"), !house || !stopped);
  setHidden(find("#message-all"), !runner);
}

function show(change) {
  const floor = merged(change);
  showStop(floor);
  showAlarms(floor, runner);
  showCampaigns(floor, runner);
  showAgents(floor, change);
  showLists(floor);
  if (runner) {
    showDetail(floor);
    showMonitor(floor);
  }
}

find("#stop-all").addEventListener("click", () => attempt(() => api("POST", "/dialling/stop")));
find("#resume-all").addEventListener("click", () => attempt(() => api("POST", "/dialling/resume")));
setInterval(() => {
  tickAgents();
  setText(find("#at"), clock(now()));
}, 1000);
followFloor();
live(["floor_changes"], { floor_changes: show }, showLink);
