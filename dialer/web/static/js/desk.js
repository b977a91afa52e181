// The agent's desk: the state as the server tells it, and the buttons and keys that mean something in it.

import { answerWithin, api, ME, onSignedOut } from "./api.js";
import { createAfter } from "./desk/after.js";
import { labelOf } from "./desk/codes.js";
import { createDial } from "./desk/dial.js";
import { createKeypad } from "./desk/keypad.js";
import { createLead } from "./desk/lead.js";
import { showMessages } from "./desk/messages.js";
import { createPhonePanel } from "./desk/phone_panel.js";
import { createScript } from "./desk/script.js";
import { createTold } from "./desk/told.js";
import { el, find, keyed, setData, setHidden, setText } from "./dom.js";
import { clock, count, duration, money, when } from "./format.js";
import { attempt, say, showLink } from "./frame.js";
import { live } from "./live.js";
import { reason as reasonOf, t, word } from "./texts.js";

const SERVER_LOST_MS = 1500; // a link that blinks is no news
const DAY_EVERY_MS = 30_000;
const EXTEND_BEFORE_S = 4;
const ANSWER_WITHIN_MS = 10_000;
const WORD_MS = 2000; // who types on into a field that is gone gives no orders
const FIELDS = "input:not([type=checkbox]), textarea, select"; // nobody types into a box
const SPEAKING = new Set(["dialling", "talking", "holding", "leg_lost"]);

const campaignChoice = find("#campaign-choice");
const breakReason = find("#break-reason");
const letters = find("#letters"); // keys of one sign; who speaks to the machine, or has tremor, does without

let desk = null;
let ahead = 0;
let campaigns = new Map();
let serverLost = null;
let talkOf = null; // the campaign of the talk that the pad was last told of
let networkAway = false; // the link did not end: it fell silent
let handedOn = null; // the call in which what stands in the pad was sent, while no answer to that has come
let anew = false; // the link is a new one: what it tells first is true, though a clock was put back meanwhile
const asked = new Set(); // requests on their way, so that none is made twice

let cutAt = 0; // when a key was last typed for a field that went away with its call

const me = find(".who").dataset.key;
const LETTERS = "desk.letters";

answerWithin(ANSWER_WITHIN_MS);
const now = () => Date.now() / 1000 + ahead;
const can = (verb) => desk !== null && !asked.has(verb) && desk.can.includes(verb);

const phone = createPhonePanel(() => showPhone());
const dial = createDial(() => talksIn());
const script = createScript(() => after.keep());
const after = createAfter(send, script, (id) => campaigns.get(id));
const lead = createLead((shown) => after.lead(shown), (right) => script.sure(right), labelled);
const keypad = createKeypad(phone);
const wishes = createTold(() => desk?.lead);

// What each button asks; `with` gives the body where there is one, null where something is missing.
const VERBS = {
  sign_in: { path: "/sign-in", key: "s", with: async () => ({ endpoint: await phone.endpoint() }) },
  sign_out: { path: "/sign-out" },
  ready: { path: "/ready", key: "r" },
  pause: { path: "/pause", key: "b", with: () => ({ reason: breakReason.value }) },
  accept: { path: "/preview/accept", key: "a" },
  skip: { path: "/preview/skip", key: "x" },
  dial: { path: "/dial", key: "d", with: () => dial.target() },
  hangup: { path: "/hangup", key: "h" },
  hold: { path: "/hold", key: "w" },
  resume: { path: "/resume", key: "w" },
  transfer: { path: "/transfer", key: "t", with: () => dial.towards() },
  consult: { path: "/consult", key: "c", with: () => dial.towards() },
  consult_complete: { path: "/consult/complete", key: "o" },
  consult_cancel: { path: "/consult/cancel", key: "l" },
  conference: { path: "/conference", key: "i" },
  extend: { path: "/wrap-up/extend", key: "e" },
};
const FROM_PAD = new Set(["dial", "transfer", "consult"]);
const ANY_TIME = new Set(["sign_in", "sign_out", "ready", "pause", "dial"]); // the others are about what is there now
const OF_LEAD = new Set(["accept", "skip"]);
const inTalk = () => desk !== null && desk.can.includes("transfer");
const talksIn = () => (inTalk() ? desk.campaign : null);

async function ask(verb) {
  if (!can(verb)) return;
  const { path, with: body } = VERBS[verb];
  const meant = meantBy(verb); // as the agent saw it: the next call must not be hung up for this one
  const own = await body?.();
  if (!can(verb)) return;
  if (own === null) {
    dial.focus();
    if (!dial.told) say(t("desk.number_first"));
    return;
  }
  if (FROM_PAD.has(verb)) handedOn = desk.call;
  if (!(await send(verb, path, { ...own, ...meant })) || !FROM_PAD.has(verb)) return;
  handedOn = null;
  dial.done();
}

/** What a request is about; where another call or lead is there when it comes, the server does nothing. */
const meantBy = (verb) => (ANY_TIME.has(verb) ? {} : OF_LEAD.has(verb) ? { lead: desk.lead } : { call: desk.call });

async function send(verb, path, body) {
  if (asked.has(verb)) return false;
  asked.add(verb);
  showButtons();
  const next = await attempt(() => api("POST", `/desk${path}`, body && Object.keys(body).length ? body : undefined));
  asked.delete(verb);
  if (next) {
    setHidden(find("#signed-out"), true);
    showDesk(next);
  } else showButtons();
  return next !== undefined;
}

function showButtons() {
  for (const button of document.querySelectorAll("[data-verb]")) {
    const { verb } = button.dataset;
    button.disabled = !can(verb) || (verb === "extend" && desk.extensions_left === 0);
  }
  const third = desk?.third ?? "";
  if (third !== "answered") find("[data-verb=conference]").disabled = true;
  if (third !== "answered" && third !== "joined") find("[data-verb=consult_complete]").disabled = true;
  if (desk) offerVerbs();
  for (const verb of ["resume", "hold"]) setHidden(find(`[data-verb=${verb}]`), (verb === "resume") !== (desk?.state === "holding"));
  setHidden(find(".preview"), desk?.state !== "previewing");
  setHidden(find(".consulting"), !third);
  const pause = find("#pause-recording");
  pause.disabled = !can("pause_recording");
  pause.setAttribute("aria-pressed", String(desk?.recording_paused ?? false));
  setHidden(find("#recording-paused"), !desk?.recording_paused);
}

/** What means nothing now and stands in the way of what does is not shown. */
function offerVerbs() {
  const signsIn = desk.can.includes("sign_in") && !(desk.state === "break" && desk.leg_up);
  const offered = { sign_in: signsIn, dial: !inTalk(), transfer: inTalk(), consult: inTalk() };
  for (const [verb, is] of Object.entries(offered)) setHidden(find(`[data-verb=${verb}]`), !is);
  setText(find("[data-verb=sign_in]").firstChild, desk.state === "signed_out" ? t("desk.sign_in") : t("desk.call_phone"));
}

function showState() {
  setData(find("#state"), "state", desk.state);
  setText(find("#state-name"), word("state", desk.state));
  setData(document.body, "at", desk.state);
  const held = desk.state === "leg_lost" && desk.call !== null;
  const call = desk.call_state && desk.call_state !== desk.state && !held ? word("call", desk.call_state) : "";
  const reason = { signed_in: t("desk.signed_in"), previews_skipped: t("desk.previews_skipped") }[desk.reason] ?? reasonOf(desk.reason);
  setText(find("#state-reason"), [held ? t("desk.held_for_you") : reason, call].filter(Boolean).join(" · "));
  setText(find("#callbacks-due"), desk.callbacks_due ? t("desk.callbacks_due") : "");
  setText(find("#break-wanted"), desk.pause_wanted === null ? "" : t("desk.break_wanted", { reason: desk.pause_wanted }));
  setHidden(find("#stopped"), !desk.stopped);
  setHidden(find("#switch-down"), desk.switch_up);
  const third = { called: t("third.called"), answered: t("third.answered"), joined: t("third.joined") }[desk.third] ?? "";
  setText(find("#third"), third);
  setHidden(find("#third"), !third);
  showTimers();
}

function showPhone() {
  const up = desk?.leg_up ?? false;
  const here = phone.here && !phone.registered ? t("phone.off") : up ? t("desk.phone_up") : phone.here ? t("phone.on") : t("desk.phone_down");
  setText(find("#phone"), here);
  setData(find("#phone"), "state", up ? "up" : phone.here && phone.registered ? "ready" : "down");
  const mute = find("#mute");
  mute.disabled = !phone.talking;
  mute.setAttribute("aria-pressed", String(phone.muted));
  keypad.allow(phone.talking && desk?.state === "talking");
}

function showTimers() {
  if (!desk) return;
  setText(find("#timer"), desk.state === "signed_out" ? "" : duration(now() - desk.since));
  if (desk.recording_paused) setText(find("#recording-back"), t("desk.recording_back", { time: duration(Math.max(0, desk.recording_back_at - now())) }));
  const left = desk.deadline === null ? null : desk.deadline - now();
  setHidden(find("#deadline"), left === null);
  if (left === null) return;
  setText(find("#deadline"), t("desk.ends_in", { time: duration(left) }));
  setData(find("#deadline"), "near", left < 10 ? "yes" : "no");
  // Nobody is cut off in the middle of a word.
  if (desk.state === "wrapping" && left < EXTEND_BEFORE_S && after.busy && desk.extensions_left > 0) ask("extend");
}

function showCampaigns() {
  keyed(campaignChoice, desk.campaigns, (one) => one.id, () => el("option"), (option, one) => {
    option.value = one.id;
    setText(option, `${one.name} (${word("mode", one.mode)})`);
  });
}

async function showDay() {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const figures = await api("GET", `/desk/day?since=${midnight.getTime() / 1000}`).catch(() => null);
  if (!figures) return;
  const promised = Object.entries(figures.promised).map(([currency, sum]) => money(sum, currency));
  const values = { calls: count(figures.calls), contacts: count(figures.contacts), promises: count(figures.promises) };
  const leaves = figures.leaves_at ? [t("desk.leaves", { time: when(figures.leaves_at) })] : [];
  setText(find("#day"), [t("desk.day", values), ...promised, t("desk.day_talk", { time: duration(figures.talk_s) }), ...leaves].join(" · "));
}

/** What a disposition is called, in the present campaign or another one of the agent's. */
function labelled(code) {
  const lists = [campaigns.get(desk.campaign), ...campaigns.values()].filter(Boolean).map((one) => one.dispositions);
  const known = lists.flat().find((one) => one.code === code);
  return known ? labelOf(known) : word("said", code);
}

async function loadCampaigns() {
  const list = await api("GET", "/desk/campaigns").catch(() => null);
  if (list) campaigns = new Map(list.map((campaign) => [campaign.id, campaign]));
}

async function followCampaign() {
  // Loaded before the first call, so that its keys work at once; between calls again, for what was changed meanwhile.
  const known = desk.campaign === null ? campaigns.size > 0 || desk.campaigns.length === 0 : campaigns.has(desk.campaign);
  if (!known) await loadCampaigns();
  return campaigns.get(desk.campaign);
}

async function showDesk(next) {
  if (desk && !anew && next.at < desk.at) return; // an answer that was overtaken by the live view
  anew = false;
  const another = desk?.call !== next.call;
  if (desk?.lead !== next.lead) wishes.clear(); // what somebody asked for is nobody else's wish
  const typing = document.activeElement?.closest("#disposition textarea, #disposition input, #lead input");
  if (desk && another && typing) {
    typing.blur(); // what is typed on is not about the next person
    if (after.typing || typing.id === "right-party-answer") cutAt = Date.now();
  }
  desk = next;
  ahead = desk.at - Date.now() / 1000;
  setText(find("#desk-number"), desk.number ?? "");
  if (another) phone.mute(false);
  if (another && handedOn !== null) dial.done(); // what was meant for that call alone
  if (another) handedOn = null;
  phone.show(desk);
  showState();
  showPhone();
  showCampaigns();
  showButtons();
  lead.follow(desk);
  if (another && desk.call === null) {
    showDay();
    loadCampaigns();
  }
  const campaign = await followCampaign();
  after.follow(desk, campaign ?? null);
  const into = talksIn();
  if (into !== talkOf) dial.follow(into === null ? [] : (campaign?.directory ?? []));
  talkOf = into;
}

function showServer(up, silent = false) {
  showLink(up);
  anew = up;
  if (!up) {
    networkAway ||= silent;
    serverLost ??= setTimeout(() => setHidden(find("#server-down"), false), SERVER_LOST_MS); // told at each try
    return;
  }
  setHidden(find("#signed-out"), true);
  if (find("#notice-text").textContent === t("link.unreached")) say(""); // what became of it, the desk shows now
  if (networkAway) phone.renew();
  if (serverLost !== null) after.ranOut(); // what was told meanwhile was not heard
  networkAway = false;
  clearTimeout(serverLost);
  serverLost = null;
  setHidden(find("#server-down"), true);
}

function toggleMute() {
  phone.mute(!phone.muted);
  showPhone();
}

const pauseRecording = () => can("pause_recording") && send("pause_recording", "/recording", { paused: !desk.recording_paused, call: desk.call });

const OTHER_KEYS = {
  m: () => !find("#mute").disabled && toggleMute(),
  g: () => pauseRecording(),
  k: () => keypad.toggle(),
  p: () => phone.toggle(),
  y: () => lead.check(true),
  j: () => lead.check(false),
  n: () => (after.open ? find("#notes").focus() : dial.focus()),
  u: () => after.openFirst(),
  f: () => dial.focus(),
  Enter: () => after.ready && after.save(),
};

/** Whether a key is the rest of a word whose field went away: it is no order. */
function isRestOfWord(event) {
  if (Date.now() - cutAt > WORD_MS || event.target.closest(FIELDS)) return false;
  cutAt = event.key === "Escape" ? 0 : Date.now();
  return true;
}

function onKey(event) {
  if (isRestOfWord(event)) return;
  if (event.ctrlKey && event.key === "Enter") {
    event.preventDefault();
    after.save();
    return;
  }
  if (event.key === "Escape") document.activeElement?.blur();
  if (event.target.closest(FIELDS) || event.ctrlKey || event.altKey || event.metaKey || event.repeat || !desk) return;
  if (event.target.closest("a, button, summary, input") && (event.key === "Enter" || event.key === " ")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // Caps Lock is no other key
  if (key.length === 1 && !letters.checked) return;
  if ((keypad.open && keypad.key(key)) || after.key(key)) {
    event.preventDefault();
    return;
  }
  const verb = Object.keys(VERBS).find((name) => VERBS[name].key === key && can(name));
  const does = verb ? () => ask(verb) : OTHER_KEYS[key];
  if (!does) return;
  event.preventDefault();
  does();
}

/** Nobody leaves this page by a slip: the person on the line would hear a tone. */
function onLeaving(event) {
  if (desk?.call != null && SPEAKING.has(desk.state) && phone.talking) event.preventDefault();
}

/** The frame's links and its way out are not for the middle of a call; out of it, work ends with the session. */
async function onTop(event) {
  if (event.target.closest("a:not([target])")?.getAttribute("href") === location.pathname) event.preventDefault();
  if (!event.target.closest("#sign-out") || !desk || desk.state === "signed_out") return;
  event.stopPropagation();
  event.preventDefault();
  if (desk.call !== null) say(t("desk.call_first"));
  else if ((await send("sign_out", "/sign-out")) && desk.state === "signed_out") find("#sign-out").click();
}

/** Who is in a talk goes on: signing in elsewhere brings the page back. Else it is asked for anew: it may be another's by now. */
function onOut() {
  if (phone.talking && desk?.call != null) setHidden(find("#signed-out"), false);
  else location.reload();
}

for (const button of document.querySelectorAll("[data-verb]")) {
  const { key } = VERBS[button.dataset.verb];
  if (key) button.append(el("kbd", "", key.toUpperCase()));
  button.addEventListener("click", () => ask(button.dataset.verb));
}
for (const told of document.querySelectorAll("[data-kbd]")) told.append(el("kbd", "", told.dataset.kbd));

function showLetters() {
  const mode = letters.checked ? "on" : "off";
  localStorage.setItem(LETTERS, mode);
  setData(document.body, "letters", mode);
}

letters.checked = localStorage.getItem(LETTERS) !== "off";
letters.addEventListener("change", showLetters);
showLetters();
find("#mute").addEventListener("click", toggleMute);
find("#pause-recording").addEventListener("click", pauseRecording);
document.addEventListener("keydown", onKey);
addEventListener("beforeunload", onLeaving);
addEventListener("storage", ({ key, newValue }) => key === ME && newValue !== me && location.reload());
localStorage.setItem(ME, me);
find(".top").addEventListener("click", onTop, true);
onSignedOut(onOut);
setInterval(showTimers, 500);
setInterval(() => setText(find("#at"), clock(now())), 1000);
setInterval(showDay, DAY_EVERY_MS);
showDay();
live(["desk", "lead", "wrap_up"], { desk: showDesk, lead: lead.pushed, message: showMessages, phone: phone.moved, wrap_up: () => after.ranOut() }, showServer);
