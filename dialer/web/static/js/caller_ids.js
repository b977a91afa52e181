// Numbers that people are shown: shares with their intervals, sending to rest, who was shown a number.

import { api } from "./api.js";
import { el, find, setData, setHidden, setShare, setText } from "./dom.js";
import { count, moment, serverNow, share } from "./format.js";
import { attempt } from "./frame.js";
import { t, word } from "./texts.js";

const dialog = document.getElementById("rest-dialog");
const BACK_S = 30 * 86_400;
let next = null;

for (const cell of document.querySelectorAll("td.share")) {
  const { rate, low, high, usual, calls } = cell.dataset;
  if (rate === "") {
    cell.textContent = share(null);
    continue;
  }
  const interval = t("caller_ids.interval", { low: share(Number(low)), high: share(Number(high)), calls: count(Number(calls)) });
  cell.append(el("b", "", share(Number(rate))), " ", el("small", "", interval), el("br"), el("small", "", t("caller_ids.pool", { share: share(Number(usual)) })));
}
for (const bar of document.querySelectorAll(".bar[data-share]")) {
  const evidence = Number(bar.dataset.share);
  setShare(bar, evidence);
  setData(bar, "level", evidence > 0.5 ? "near" : "");
  bar.setAttribute("aria-label", share(evidence));
}
for (const one of document.querySelectorAll(".against")) {
  const { hits, calls, low, high, usual } = one.dataset;
  const figures = { hits: count(Number(hits)), calls: count(Number(calls)), share: share(hits / calls), low: share(Number(low)), high: share(Number(high)), usual: share(Number(usual)) };
  one.textContent += `: ${t("caller_ids.against", figures)}`;
}

async function who(number) {
  const asked = new URLSearchParams({ caller_id: number, since: Math.floor(serverNow()) - BACK_S });
  if (next) asked.set("cursor", next);
  const page = await attempt(() => api("GET", `/calls?${asked}`));
  if (!page) return;
  next = page.next;
  const rows = find("#who-rows");
  for (const call of page.items) {
    const row = el("tr");
    row.append(...[moment(call.reserved_at), call.person_name, call.number, call.campaign_name, word("outcome", call.outcome)].map((text) => el("td", "", text)));
    rows.append(row);
  }
  setText(find("#who-number"), number);
  setHidden(find("#who-none"), rows.children.length > 0);
  setHidden(find("#who-more"), !next);
  setHidden(find("#who"), false);
}

document.addEventListener("click", (event) => {
  const rests = event.target.closest("[data-rests]");
  if (rests) {
    find("[name=number]", dialog).value = rests.dataset.rests;
    dialog.showModal();
  }
  const asked = event.target.closest("[data-shown]");
  if (asked) {
    next = null;
    find("#who-rows").replaceChildren();
    who(asked.dataset.shown).then(() => find("#who").scrollIntoView({ block: "nearest" }));
  }
});
document.getElementById("rest-cancel")?.addEventListener("click", () => dialog.close());
find("#who-more").addEventListener("click", () => who(find("#who-number").textContent));
