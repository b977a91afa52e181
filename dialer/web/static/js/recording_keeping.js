// What becomes of a recording beside being heard: held for a court, handed over for a dispute, and who did what with it.

import { api } from "./api.js";
import { el, find, setHidden } from "./dom.js";
import { duration, moment } from "./format.js";
import { attempt } from "./frame.js";
import { word } from "./texts.js";

let shown = null;
let again = null; // loads the page's recording anew

async function hold(reason) {
  const path = `/recordings/${shown.shown.call}/hold`;
  if ((await attempt(() => api("PUT", path, { reason }))) === undefined) return;
  find("#hold-reason").value = "";
  await again();
}

find("#hold").addEventListener("submit", (event) => {
  event.preventDefault();
  hold(find("#hold-reason").value);
});
find("#hold-lift").addEventListener("click", () => hold(""));

/** What was silenced, or why it was held or deleted; of the rest the kind says all. */
function detail(entry) {
  if (entry.what === "mute") return JSON.parse(entry.detail).map((part) => part.map(duration).join("–")).join(", ");
  return entry.what === "hold" || entry.what === "delete" ? entry.detail : "";
}

function line(entry) {
  const item = el("li", "", `${moment(entry.at)} · ${entry.by_whom} · ${word("access", entry.what)}`);
  item.append(el("small", "", ` ${detail(entry)}`));
  return item;
}

/** Show what may be done with it; `load` is called after something was. */
export async function keeping(recording, load) {
  [shown, again] = [recording, load];
  const { may } = shown;
  setHidden(find("#keeping"), !(may.hold || may.export || may.trail));
  setHidden(find("#hold"), !may.hold || Boolean(shown.shown.hold));
  setHidden(find("#hold-lift"), !may.hold || !shown.shown.hold);
  setHidden(find("#export"), !may.export);
  find("#export").href = `/api/v1/recordings/${shown.shown.call}/bundle`;
  setHidden(find("#trail-part"), !may.trail);
  if (!may.trail) return;
  const entries = (await attempt(() => api("GET", `/recordings/${shown.shown.call}/access`))) ?? [];
  find("#trail").replaceChildren(...entries.map(line));
  setHidden(find("#no-trail"), entries.length > 0);
}
