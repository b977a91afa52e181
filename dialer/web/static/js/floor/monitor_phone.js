// The supervisor's phone: this page's own, which is loaded when it is first asked for, or any other that is typed.

import { api } from "../api.js";
import { find, setHidden, setText } from "../dom.js";

const READY_WITHIN_MS = 10_000;
const typed = find("#monitor-phone");
const use = find("#monitor-use");
const state = find("#monitor-phone-state"); // has the words for each state of a phone
const mute = find("#monitor-mute");
const PHONE = "monitor.phone";
const USE = "monitor.use";
let account; // what GET /floor/phone told: null where this supervisor has none in the page
let phone = null;
let ready = null; // who waits for the phone to be registered

typed.value = localStorage.getItem(PHONE) ?? "";

/** Show what can be chosen: the page's phone where there is one. */
export async function showPhoneChoice() {
  account ??= await api("GET", "/floor/phone").catch(() => null);
  setHidden(use.parentElement, !account);
  use.value = account ? (localStorage.getItem(USE) ?? "page") : "other";
  setHidden(typed.parentElement, use.value === "page");
}

/** What the dialer shall ring; the page's phone is registered first. Raises Error with what is wrong with it. */
export async function openPhone() {
  await showPhoneChoice();
  const name = typed.value.trim();
  localStorage.setItem(PHONE, name);
  if (use.value !== "page") return name && !name.includes("/") ? `PJSIP/${name}` : name;
  if (phone?.state !== "registered") await register();
  return account.endpoint;
}

/** Whether a call is on the page's phone. */
export const pagePhoneTalks = () => Boolean(phone?.session);

/** Let go of a phone that no call came to. */
export function closePhone() {
  if (phone && !phone.session) leave();
}

async function register() {
  const { Phone } = await import("../phone.js");
  phone ??= new Phone(account, find("#monitor-audio"), { state: told, began: showMute, ended: leave });
  await new Promise((resolve, reject) => {
    ready = { resolve, reject };
    setTimeout(() => reject(new Error(state.dataset[phone?.state] ?? state.dataset.lost)), READY_WITHIN_MS);
    phone.start();
  }).catch((error) => {
    leave();
    throw error;
  });
}

function told(name) {
  setText(state, state.dataset[name] ?? "");
  if (name === "registered") ready?.resolve();
  if (name === "refused" || name === "no_microphone") ready?.reject(new Error(state.dataset[name]));
}

function leave() {
  phone?.leave();
  phone?.mute(false);
  setText(state, "");
  showMute();
}

function showMute() {
  setHidden(mute, !phone?.session);
  mute.setAttribute("aria-pressed", String(phone?.muted ?? false));
}

use.addEventListener("change", () => {
  localStorage.setItem(USE, use.value);
  setHidden(typed.parentElement, use.value === "page");
});
mute.addEventListener("click", () => {
  phone.mute(!phone.muted);
  showMute();
});
