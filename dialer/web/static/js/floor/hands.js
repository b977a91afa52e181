// Hands on: an agent's dialog, what the supervisor hears, messages.

import { api } from "../api.js";
import { el, find, setData, setHidden, setText } from "../dom.js";
import { attempt, say } from "../frame.js";
import { t, word } from "../texts.js";
import { latest } from "./feed.js";
import { closePhone, openPhone, pagePhoneTalks, showPhoneChoice } from "./monitor_phone.js";

const SEEN_WITHIN_MS = 3000;
const dialog = find("#agent-dialog");
let chosen = null;
let ringing = false; // my phone, so that I hear somebody
let unseen = null; // a timer while the floor does not show yet what I asked to hear

const HANDS = {
  listen: () => hear("listen"),
  whisper: () => hear("whisper"),
  barge: () => hear("barge"),
  ready: () => api("POST", `/floor/agents/${chosen}/ready`),
  pause: () => api("POST", `/floor/agents/${chosen}/pause`, { reason: t("agent.pause_reason") }),
  sign_out: () => api("POST", `/floor/agents/${chosen}/sign-out`),
  move: () => api("PUT", `/floor/agents/${chosen}/campaigns`, { campaigns: picked() }),
  message: () => sendTo({ agents: [chosen] }, find("#message-text")),
};

async function hear(mode) {
  const agent = chosen;
  if (talking()) throw new Error(t("monitor.busy"));
  try {
    await api("POST", "/floor/monitor", { agent, mode, endpoint: await openPhone() });
    if (!mine()) unseen ??= setTimeout(heardNobody, SEEN_WITHIN_MS);
  } catch (error) {
    closePhone();
    throw error;
  }
}

function heardNobody() {
  unseen = null;
  if (!mine()) say(t("monitor.no_answer"));
}

const picked = () => [...document.querySelectorAll("#agent-campaigns input:checked")].map((box) => Number(box.value));

async function sendTo(whom, field) {
  await api("POST", "/floor/messages", { text: field.value.trim(), ...whom });
  field.value = "";
}

export function openAgent(id) {
  const floor = latest();
  const agent = floor.agents.get(id);
  if (!agent || document.body.dataset.who === "") return;
  chosen = id;
  setText(find("#agent-name"), agent.name);
  setText(find("#agent-now"), word("state", agent.state));
  const box = find("#agent-campaigns");
  box.replaceChildren();
  for (const one of floor.campaigns.values()) {
    const label = el("label", "inline");
    const check = el("input");
    Object.assign(check, { type: "checkbox", value: one.id, checked: agent.campaigns.includes(one.id) });
    label.append(check, el("span", "", one.name));
    box.append(label);
  }
  showPhoneChoice();
  dialog.showModal();
}

function mine() {
  const who = document.querySelector(".who")?.dataset.key ?? "";
  return latest().head?.monitors.find((one) => one.by === who);
}

/** Whether this page's phone is in a call that was taken over: another call to it would end that one. */
const talking = () => (mine()?.taken ?? null) !== null && pagePhoneTalks();

export function showMonitor(floor) {
  const monitor = mine();
  setHidden(find("#monitor-bar"), !monitor);
  if (!monitor && ringing) heardNobody();
  ringing = Boolean(monitor && !monitor.up);
  if (!monitor) return;
  clearTimeout(unseen);
  unseen = null;
  const name = floor.agents.get(monitor.agent)?.name ?? "";
  const text = monitor.taken !== null ? t("monitor.taken", { name }) : monitor.up ? t("monitor.hearing", { name }) : t("monitor.ringing", { name });
  setText(find("#monitor-text"), text);
  for (const button of document.querySelectorAll("[data-monitor]")) {
    button.setAttribute("aria-pressed", String(button.dataset.monitor === monitor.mode));
    button.disabled = monitor.taken !== null;
  }
  find("#take-over").disabled = !monitor.up || monitor.taken !== null;
  setData(find("#monitor-bar"), "mode", monitor.mode);
}

for (const button of document.querySelectorAll("[data-monitor]")) {
  button.addEventListener("click", () => attempt(() => api("POST", "/floor/monitor", { agent: mine().agent, mode: button.dataset.monitor })));
}
addEventListener("beforeunload", (event) => {
  if (talking()) event.preventDefault(); // the browser asks first: the person would be cut off
});
find("#take-over").addEventListener("click", () => attempt(() => api("POST", "/floor/monitor/take-over")));
find("#end-monitor").addEventListener("click", () => {
  ringing = false;
  attempt(() => api("DELETE", "/floor/monitor"));
});
for (const button of document.querySelectorAll("[data-hand]")) {
  button.addEventListener("click", async () => {
    dialog.close();
    await attempt(HANDS[button.dataset.hand]);
  });
}

const messages = find("#message-dialog");
find("#message-all").addEventListener("click", () => {
  const choice = find("#message-campaign");
  while (choice.options.length > 1) choice.remove(1);
  for (const one of latest().campaigns.values()) choice.add(new Option(one.name, one.id));
  messages.showModal();
});
find("#message-send").addEventListener("click", async () => {
  messages.close();
  const campaign = find("#message-campaign").value;
  await attempt(() => sendTo(campaign ? { campaign: Number(campaign) } : {}, find("#message-all-text")));
});
