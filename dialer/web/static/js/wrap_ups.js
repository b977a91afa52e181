// Wrap-ups that ran out before their agents saved them: shown while there are any.

import { api } from "./api.js";
import { find, keyed, setData, setHidden, setText, stamp } from "./dom.js";
import { moment } from "./format.js";
import { word } from "./texts.js";

const EVERY_MS = 15_000;
const box = find("#wrap-ups");

function show(row, one) {
  const { parts } = row;
  setData(row, "standing", one.standing);
  setText(parts.at, moment(one.ended_at));
  parts.at.href = `/recordings/${one.call}`;
  setText(parts.agent, one.agent_name);
  setText(parts.campaign, one.campaign_name);
  setText(parts.code, one.code && word("said", one.code));
  setText(parts.standing, word("wrap_up", one.standing));
}

async function look() {
  const left = await api("GET", "/wrap-ups").catch(() => null);
  if (!left) return;
  setHidden(box, left.length === 0);
  keyed(find("#wrap-up-rows"), left, (one) => one.call, () => stamp("wrap-up-row"), show);
}

/** Look now, and every some seconds. */
export function followWrapUps() {
  look();
  setInterval(look, EVERY_MS);
}
