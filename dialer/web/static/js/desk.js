// The agent's desk: the state as the server tells it, the buttons that mean something in it, the lead, the disposition.

import { api } from "./api.js";
import { el, find, keyed, setData, setHidden, setText } from "./dom.js";
import { clock, count, duration, moment, money } from "./format.js";
import { attempt, say, showLink } from "./frame.js";
import { createDraft } from "./draft.js";
import { showMessages } from "./desk/messages.js";
import { live } from "./live.js";
import { t, word } from "./texts.js";

const number = find("#number");
const campaignChoice = find("#campaign-choice");
const breakReason = find("#break-reason");
const disposition = { codes: find("#codes"), notes: find("#notes"), callback: find("#callback-at"), save: find("#save") };
const draft = createDraft(disposition.notes, disposition.callback);

let desk = null;
let ahead = 0;
let campaigns = new Map();
let leadShown = null;
let chosen = null; // the disposition picked for the present call
const asked = new Set(); // requests on their way, so that none is made twice

const now = () => Date.now() / 1000 + ahead;

// What each button asks; `with` gives the body where there is one.
const VERBS = {
  sign_in: { path: "/sign-in", key: "s" },
  sign_out: { path: "/sign-out" },
  ready: { path: "/ready", key: "r" },
  pause: { path: "/pause", key: "b", with: () => ({ reason: breakReason.value }) },
  accept: { path: "/preview/accept", key: "a" },
  skip: { path: "/preview/skip", key: "x" },
  dial: { path: "/dial", key: "d", with: () => ({ campaign: Number(campaignChoice.value), number: number.value }) },
  hangup: { path: "/hangup", key: "h" },
  hold: { path: "/hold", key: "w" },
  resume: { path: "/resume", key: "w" },
  transfer: { path: "/transfer", key: "t", with: () => ({ number: number.value }) },
  consult: { path: "/consult", key: "c", with: () => ({ number: number.value }) },
  consult_complete: { path: "/consult/complete" },
  consult_cancel: { path: "/consult/cancel" },
  conference: { path: "/conference" },
};
const NEEDS_NUMBER = new Set(["dial", "transfer", "consult"]);

const can = (verb) => desk !== null && !asked.has(verb) && desk.can.includes(verb);

async function ask(verb) {
  if (!can(verb)) return;
  if (NEEDS_NUMBER.has(verb) && !number.value.trim()) {
    number.focus();
    say(t("desk.number_first"));
    return;
  }
  const { path, with: body } = VERBS[verb];
  await send(verb, path, body?.());
  if (NEEDS_NUMBER.has(verb)) number.value = "";
}

async function send(verb, path, body) {
  asked.add(verb);
  showButtons();
  const after = await attempt(() => api("POST", `/desk${path}`, body));
  asked.delete(verb);
  if (after) showDesk(after);
  else showButtons();
  return after !== undefined;
}

function showButtons() {
  for (const button of document.querySelectorAll("[data-verb]")) button.disabled = !can(button.dataset.verb);
  disposition.save.disabled = !(can("disposition") && desk.call !== null && chosen);
}

function showState() {
  setData(find("#state"), "state", desk.state);
  setText(find("#state-name"), word("state", desk.state));
  setData(document.body, "at", desk.state);
  const call = desk.call_state && desk.call_state !== desk.state ? word("call", desk.call_state) : "";
  setText(find("#state-reason"), [desk.reason, call].filter(Boolean).join(" · "));
  setText(find("#callbacks-due"), desk.callbacks_due ? t("desk.callbacks_due") : "");
  setText(find("#break-wanted"), desk.pause_wanted === null ? "" : t("desk.break_wanted", { reason: desk.pause_wanted }));
  setText(find("#phone"), desk.leg_up ? t("desk.phone_up") : t("desk.phone_down"));
  setData(find("#phone"), "state", desk.leg_up ? "up" : "down");
  setHidden(find("#stopped"), !desk.stopped);
  setHidden(find("#switch-down"), desk.switch_up);
  showTimers();
}

function showTimers() {
  if (!desk) return;
  setText(find("#timer"), duration(now() - desk.since));
  const left = desk.deadline === null ? null : desk.deadline - now();
  setHidden(find("#deadline"), left === null);
  if (left !== null) setText(find("#deadline"), t("desk.ends_in", { time: duration(left) }));
}

function showCampaigns() {
  keyed(campaignChoice, desk.campaigns, (one) => one.id, () => el("option"), (option, one) => {
    option.value = one.id;
    setText(option, `${one.name} (${word("mode", one.mode)})`);
  });
}

function showCodes() {
  const campaign = campaigns.get(desk.campaign);
  const list = desk.call !== null && campaign ? campaign.dispositions : [];
  keyed(disposition.codes, list, (one) => one.code, makeCode, (button, one) => {
    const index = list.indexOf(one);
    setText(button.firstElementChild, index < 9 ? String(index + 1) : "");
    setText(button.lastElementChild, one.label);
    setData(button, "code", one.code);
    setData(button, "category", one.category);
    button.setAttribute("aria-checked", String(chosen === one.code));
  });
  const category = list.find((one) => one.code === chosen)?.category;
  setHidden(find("#callback"), category !== "callback");
  setHidden(find("#disposition"), list.length === 0);
}

function makeCode() {
  const button = el("button", "code");
  button.type = "button";
  button.setAttribute("role", "radio");
  button.append(el("kbd"), el("span"));
  button.addEventListener("click", () => choose(button.dataset.code));
  return button;
}

function choose(code) {
  chosen = code;
  draft.keep(desk.call, chosen);
  showCodes();
  showButtons();
}

async function save() {
  if (disposition.save.disabled) return;
  const body = { call: desk.call, code: chosen, notes: disposition.notes.value };
  if (!find("#callback").hidden && disposition.callback.value) {
    body.callback_local = disposition.callback.value;
    body.callback_mine = find("#callback-mine").checked;
  }
  const call = desk.call;
  if (await send("disposition", "/disposition", body)) {
    find("#callback-mine").checked = false;
    draft.forget(call);
    say("");
  }
}

function facts(list, pairs) {
  list.replaceChildren();
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === "") continue;
    list.append(el("dt", "", name), el("dd", "", String(value)));
  }
}

function showLead(lead) {
  setHidden(find("#lead"), lead === null);
  setHidden(find("#no-lead"), lead !== null);
  if (lead === null) return;
  const { person, account } = lead;
  setText(find("#lead-name"), person.name || t("lead.unnamed"));
  const stops = lead.restrictions.map((one) => [word("kept", one.kind), one.value].filter(Boolean).join(": "));
  setHidden(find("#lead-restrictions"), stops.length === 0);
  setText(find("#lead-restrictions"), stops.join(" · "));
  facts(find("#lead-facts"), [
    [t("lead.account"), account?.external_id],
    [t("lead.balance"), account && account.balance !== null ? money(account.balance, account.currency) : null],
    [t("lead.days_past_due"), account?.days_past_due],
    [t("lead.national_id"), person.national_id],
    [t("lead.phones"), lead.phones.map((phone) => phone.number).join(", ")],
    [t("lead.attempts"), count(lead.attempts)],
    ...Object.entries(account?.fields ?? {}),
  ]);
  const before = lead.calls.filter((call) => call.id !== desk.call);
  keyed(find("#lead-calls"), before, (call) => call.id, () => el("li"), (item, call) => {
    const what = [call.outcome && word("outcome", call.outcome), call.disposition].filter(Boolean).join(" · ");
    setText(item, [moment(call.at), what, call.notes].filter(Boolean).join(" — "));
  });
  setHidden(find("#no-lead-calls"), before.length > 0);
}

async function followLead() {
  const wanted = desk.lead === null ? null : `${desk.lead}/${desk.lead_news}`;
  if (wanted === leadShown) return;
  leadShown = wanted;
  if (wanted === null) {
    showLead(null);
    return;
  }
  const lead = await attempt(() => api("GET", "/desk/lead"));
  if (lead && leadShown === wanted && lead.id === desk.lead) showLead(lead);
  else if (!lead) leadShown = null;
}

async function followCampaign() {
  if (desk.campaign === null || campaigns.has(desk.campaign)) return;
  const list = await attempt(() => api("GET", "/desk/campaigns"));
  campaigns = new Map((list ?? []).map((campaign) => [campaign.id, campaign]));
  showCodes();
}

function showDesk(next) {
  if (desk && next.at < desk.at) return; // an answer that was overtaken by the live view
  const anotherCall = !desk || desk.call !== next.call;
  desk = next;
  ahead = desk.at - Date.now() / 1000;
  if (anotherCall) chosen = draft.open(desk.call);
  setText(find("#desk-number"), desk.number ?? "");
  showState();
  showCampaigns();
  showCodes();
  showButtons();
  followLead();
  followCampaign();
}

function onKey(event) {
  if (event.ctrlKey && event.key === "Enter") {
    event.preventDefault();
    save();
    return;
  }
  if (event.key === "Escape") document.activeElement?.blur();
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat || !desk) return;
  if (/^[1-9]$/.test(event.key)) disposition.codes.children[Number(event.key) - 1]?.click();
  else if (event.key === "n") find(desk.call === null ? "#number" : "#notes").focus();
  else if (event.key === "Enter" && chosen && event.target.tagName !== "BUTTON") save();
  else {
    const verb = Object.keys(VERBS).find((name) => VERBS[name].key === event.key && can(name));
    if (!verb) return;
    ask(verb);
  }
  event.preventDefault();
}

for (const button of document.querySelectorAll("[data-verb]")) {
  const { key } = VERBS[button.dataset.verb];
  if (key) button.append(el("kbd", "", key.toUpperCase()));
  button.addEventListener("click", () => ask(button.dataset.verb));
}
disposition.notes.addEventListener("input", () => draft.keep(desk?.call, chosen));
disposition.callback.addEventListener("input", () => draft.keep(desk?.call, chosen));
disposition.save.addEventListener("click", save);
document.addEventListener("keydown", onKey);
setInterval(showTimers, 500);
setInterval(() => setText(find("#at"), clock(now())), 1000);
live(["desk"], { desk: showDesk, message: showMessages }, showLink);
