// Recordings found by a search, newest first; those made meanwhile come in on top. What is typed is completed by the
// server, which knows the language.

import { api } from "./api.js";
import { el, find, setHidden, setText, stamp } from "./dom.js";
import { duration, moment, share } from "./format.js";
import { attempt } from "./frame.js";
import { t, word } from "./texts.js";
import { followWrapUps } from "./wrap_ups.js";

const list = find("#recordings");
const more = find("#more");
const query = find("#query");
const offers = find("#offers");
const saved = find("#saved");
const asked = (path, text) => `/api/v1/recordings/${path}?q=${encodeURIComponent(text)}`;
const RENEWED_EVERY_MS = 5000; // a recording is indexed some seconds after its call, by a process of its own
const rows = new Map(); // by call
let next = null;
let chosen = -1;
let asking = 0;
let searches = 0;

function rowOf(recording) {
  const row = stamp("recording-row");
  const { parts } = row;
  setText(parts.at, moment(recording.at));
  setText(parts.campaign, recording.campaign_name || recording.origin);
  setText(parts.agent, recording.agent_name);
  setText(parts.length, duration(recording.seconds));
  setText(parts.state, word("recording", recording.state));
  setText(parts.outcome, recording.outcome ? word("outcome", recording.outcome) : "");
  setText(parts.disposition, recording.disposition);
  setText(parts.silence, share(recording.measures.silence_share));
  setText(parts.over, share(recording.measures.talk_over_share));
  setText(parts.score, recording.score === null ? "" : share(recording.score));
  if (recording.wrap_up) parts.flags.append(el("span", "flag", word("wrap_up", recording.wrap_up)));
  for (const flag of recording.flags) parts.flags.append(el("span", "flag", word("flag", flag)));
  parts.play.href = `/recordings/${recording.call}`;
  if (recording.notes) row.title = recording.notes;
  rows.get(recording.call)?.replaceWith(row);
  rows.set(recording.call, row);
  return row;
}

async function load() {
  const from = next ? `&cursor=${encodeURIComponent(next)}` : "";
  const page = await attempt(() => api("GET", `/recordings?limit=50&q=${encodeURIComponent(query.value)}${from}`));
  if (!page) return;
  list.append(...page.items.map(rowOf));
  next = page.next;
  setHidden(more, next === null);
  setHidden(find("#no-recordings"), list.childElementCount > 0);
}

async function renew() {
  const turn = searches;
  if (document.hidden || list.contains(document.activeElement)) return; // nothing moves under a reader's hands
  const page = await api("GET", `/recordings?limit=50&q=${encodeURIComponent(query.value)}`).catch(() => null);
  if (!page || turn !== searches) return;
  const known = page.items.filter((one) => rows.has(one.call));
  const fresh = page.items.filter((one) => !rows.has(one.call));
  known.forEach(rowOf);
  list.prepend(...fresh.map(rowOf));
  setHidden(find("#no-recordings"), list.childElementCount > 0);
}

async function search() {
  searches += 1;
  close();
  list.replaceChildren();
  rows.clear();
  next = null;
  const address = query.value ? `?q=${encodeURIComponent(query.value)}` : location.pathname;
  history.replaceState(null, "", address);
  find("#table").href = asked("table", query.value);
  find("#playlist").href = asked("playlist", query.value);
  await load();
}

function close() {
  setHidden(offers, true);
  query.setAttribute("aria-expanded", "false");
  chosen = -1;
}

function take(offer) {
  query.value = query.value.slice(0, offer.start) + offer.text;
  query.focus();
  if (/[:>]$/.test(offer.text)) suggest();
  else close();
}

async function suggest() {
  const turn = ++asking;
  const found = await api("GET", `/recordings/complete?q=${encodeURIComponent(query.value)}`).catch(() => []);
  if (turn !== asking || document.activeElement !== query) return;
  offers.replaceChildren(
    ...found.map((offer) => {
      const item = el("li", "", offer.text);
      item.setAttribute("role", "option");
      if (offer.tells) item.append(el("small", "", ` ${offer.tells}`));
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(offer);
      });
      item.offer = offer;
      return item;
    }),
  );
  chosen = -1;
  setHidden(offers, found.length === 0);
  query.setAttribute("aria-expanded", String(found.length > 0));
}

query.addEventListener("input", suggest);
query.addEventListener("blur", close);
query.addEventListener("keydown", (event) => {
  const items = [...offers.children];
  if (event.key === "Escape") close();
  if (offers.hidden || !["ArrowDown", "ArrowUp", "Enter", "Tab"].includes(event.key)) return;
  if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
    items.forEach((item, n) => item.setAttribute("aria-selected", String(n === chosen)));
  } else if (chosen >= 0) {
    event.preventDefault();
    take(items[chosen].offer);
  }
});
find("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});

async function loadSaved() {
  const kept = (await attempt(() => api("GET", "/recordings/searches"))) ?? [];
  saved.replaceChildren(
    saved.firstElementChild,
    ...kept.map((one) => {
      const option = el("option", "", one.name);
      option.value = one.query;
      return option;
    }),
  );
  setHidden(find("#forget"), true);
}

saved.addEventListener("change", () => {
  setHidden(find("#forget"), !saved.value);
  if (!saved.value) return;
  query.value = saved.value;
  search();
});
find("#save").addEventListener("click", async () => {
  const name = query.value && window.prompt(t("recordings.save_name"), query.value.slice(0, 60));
  if (!name) return;
  const body = { query: query.value };
  await attempt(() => api("PUT", `/recordings/searches?name=${encodeURIComponent(name)}`, body));
  await loadSaved();
});
find("#forget").addEventListener("click", async () => {
  const { text: name } = saved.selectedOptions[0];
  if (!window.confirm(t("recordings.forget_sure", { name }))) return;
  const path = `/recordings/searches?name=${encodeURIComponent(name)}`;
  if ((await attempt(async () => (await api("DELETE", path)) ?? true)) === undefined) return;
  await loadSaved();
});
more.addEventListener("click", load);
query.value = new URLSearchParams(location.search).get("q") ?? "";
loadSaved();
search();
window.setInterval(renew, RENEWED_EVERY_MS);
followWrapUps();
