// One recording: two lanes to see and hear, comments at their places, and the form that it is scored on.

import { api } from "./api.js";
import { el, find, setHidden, setText } from "./dom.js";
import { count, duration, moment, plain, share, tenths } from "./format.js";
import { attempt, say } from "./frame.js";
import { keeping } from "./recording_keeping.js";
import { scoring } from "./scoring.js";
import { t, word } from "./texts.js";

const call = Number(location.pathname.split("/").pop());
const player = find("#player");
const canvas = find("#wave");
const FIGURES = ["agent_share", "customer_share", "silence_share", "talk_over_share", "clipping_share", "music_share"];
const SECONDS = ["longest_monologue_s", "response_s", "first_word_s", "dead_air_s", "hold_s"];
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
let shown = null; // what the server told of it
let lanes = [];
let marked = null; // the part that was drawn over, in seconds

const seconds = () => shown?.shown.seconds || player.duration || 0;

// ---------------------------------------------------------------- hearing

function hear() {
  const at = player.currentTime;
  const going = !player.paused;
  player.src = `/api/v1/recordings/${call}/audio?track=${find("#track").value}`;
  player.currentTime = at;
  player.playbackRate = Number(find("#speed").value);
  if (going) player.play().catch(() => {}); // what cannot be played is told by the player's own error event
}

function toggle() {
  if (player.paused) player.play().catch(() => {});
  else player.pause();
}

function jump(to) {
  player.currentTime = Math.max(0, Math.min(seconds(), to));
  draw();
}

function following(starts) {
  const next = starts.find((start) => start > player.currentTime + 0.5);
  if (next !== undefined) jump(Math.max(0, next - 0.3));
}

const talkOvers = () => (shown?.audio.talk_overs ?? []).map((part) => part.at_s);
const commentTimes = () => shown?.comments.map((one) => one.from_s) ?? [];

function skipSilence() {
  if (!find("#skip").checked || player.paused) return;
  const at = player.currentTime;
  const part = (shown?.audio.silences ?? []).find((one) => at >= one.at_s + 0.3 && at < one.at_s + one.seconds - 0.3);
  if (part) player.currentTime = part.at_s + part.seconds - 0.2;
}

player.addEventListener("timeupdate", () => {
  skipSilence();
  draw();
});
player.addEventListener("play", () => setText(find("#play"), t("recording.pause")));
player.addEventListener("pause", () => setText(find("#play"), t("recordings.play")));
player.addEventListener("error", () => say(t("recordings.cannot_play")));
for (const speed of SPEEDS) find("#speed").append(new Option(plain(speed), speed, speed === 1, speed === 1));
find("#play").addEventListener("click", toggle);
find("#track").addEventListener("change", hear);
find("#speed").addEventListener("change", () => {
  player.playbackRate = Number(find("#speed").value);
});
find("#next-over").addEventListener("click", () => following(talkOvers()));
find("#next-comment").addEventListener("click", () => following(commentTimes()));

const KEYS = {
  " ": toggle,
  ArrowLeft: () => jump(player.currentTime - 5),
  ArrowRight: () => jump(player.currentTime + 5),
  j: () => following(talkOvers()),
  k: () => following(commentTimes()),
  s: () => find("#skip").click(),
  c: () => find("#comment-text").focus(),
};
document.addEventListener("keydown", (event) => {
  if (event.target.matches("textarea, select, input:not([type=checkbox])")) return;
  if (event.key === " " && event.target.matches("button, a, input")) return; // its own; the other keys go on from there
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

// ---------------------------------------------------------------- seeing

function draw() {
  const width = canvas.clientWidth;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(160 * ratio);
  }
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const whole = seconds() || 1;
  const x = (at) => (at / whole) * canvas.width;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const band = (from, long, name, alpha) => {
    pen.globalAlpha = alpha;
    pen.fillStyle = color(name);
    pen.fillRect(x(from), 0, Math.max(1, x(long)), canvas.height);
    pen.globalAlpha = 1;
  };
  for (const part of shown?.audio.talk_overs ?? []) band(part.at_s, part.seconds, "--warn", 0.35);
  for (const [from, until] of shown?.muted ?? []) band(from, until - from, "--bad", 0.25);
  if (marked) band(marked[0], marked[1] - marked[0], "--accent", 0.25);
  lanes.forEach((peaks, side) => {
    pen.fillStyle = color(side ? "--wrapping" : "--accent");
    const half = canvas.height / 4;
    const middle = half + side * 2 * half;
    const step = canvas.width / Math.max(1, peaks.length);
    peaks.forEach((peak, n) => {
      const high = Math.max(0.5, (peak / 255) * (half - 2));
      pen.fillRect(n * step, middle - high, Math.max(0.8, step * 0.8), 2 * high);
    });
  });
  for (const one of shown?.comments ?? []) band(one.from_s, whole / 400, "--dialling", 1);
  pen.fillStyle = color("--ink");
  pen.fillRect(x(player.currentTime), 0, 2 * ratio, canvas.height);
  setText(find("#clock"), `${duration(player.currentTime)} / ${duration(seconds())}`);
  canvas.setAttribute("aria-valuemax", String(Math.round(seconds())));
  canvas.setAttribute("aria-valuenow", String(Math.round(player.currentTime)));
  canvas.setAttribute("aria-valuetext", duration(player.currentTime));
}

const placeOf = (event) => (event.offsetX / canvas.clientWidth) * seconds();
let began = null;
canvas.addEventListener("pointerdown", (event) => {
  began = placeOf(event);
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (began === null) return;
  const at = placeOf(event);
  marked = Math.abs(at - began) > 0.2 ? [Math.max(0, Math.min(began, at)), Math.min(seconds(), Math.max(began, at))] : null;
  draw();
});
canvas.addEventListener("pointerup", (event) => {
  jump(marked ? marked[0] : placeOf(event));
  began = null;
  setHidden(find("#mute"), !(marked && shown?.may.mute));
});
window.addEventListener("resize", draw);

// ---------------------------------------------------------------- what is known

function time(at) {
  const button = el("button", "time", duration(at));
  button.type = "button";
  button.addEventListener("click", () => jump(at));
  return button;
}

function small(text, tells, doing) {
  const button = el("button", "quiet small", text);
  button.type = "button";
  button.title = tells;
  button.addEventListener("click", doing);
  return button;
}

/** A link to the part of the call that a comment is about, and to nothing else of it. */
async function clip(comment) {
  const link = await attempt(() => api("POST", `/recordings/${call}/comments/${comment.id}/clip`));
  if (link) window.prompt(t("recording.link_told"), new URL(link.url, location.href).href);
}

async function removeComment(comment) {
  const done = await attempt(async () => (await api("DELETE", `/recordings/${call}/comments/${comment.id}`)) ?? true);
  if (done) await load();
}

function showMeasures() {
  const rows = [
    ...FIGURES.map((name) => [name, share(shown.shown.measures[name])]),
    ...SECONDS.map((name) => [name, tenths(shown.shown.measures[name])]),
    ["turns", count(shown.shown.measures.turns)],
  ];
  find("#measures").replaceChildren(
    ...rows.flatMap(([name, text]) => [el("dt", "", word("measure", name)), el("dd", "", text)]),
  );
  const flags = shown.shown.flags.map((flag) => word("flag", flag));
  if (shown.shown.wrap_up) flags.unshift(word("wrap_up", shown.shown.wrap_up));
  find("#flags").replaceChildren(...flags.map((text) => el("span", "flag", text)));
}

function showComments() {
  find("#comments").replaceChildren(
    ...shown.comments.map((one) => {
      const item = el("li");
      item.append(time(one.from_s), one.until_s ? `–${duration(one.until_s)} ` : " ", one.body, el("small", "", ` ${one.by_whom} `));
      item.append(small(t("recording.clip"), t("recording.clip_of", { at: duration(one.from_s) }), () => clip(one)));
      if (one.mine && shown.may.comment) item.append(small(t("recording.remove"), t("recording.remove_comment"), () => removeComment(one)));
      return item;
    }),
  );
  setHidden(find("#transcript-part"), shown.transcript.length === 0);
  find("#transcript").replaceChildren(
    ...shown.transcript.map((one) => {
      const item = el("li");
      item.dataset.leg = one.leg;
      item.append(time(one.start_s), ` ${one.text}`);
      return item;
    }),
  );
}

async function load() {
  shown = await attempt(() => api("GET", `/recordings/${call}`));
  if (!shown) return;
  lanes = shown.waveform.filter(Boolean).map((lane) => Array.from(atob(lane), (sign) => sign.charCodeAt(0)));
  const { campaign_name: campaign, agent_name: agent, at, person_name: person } = shown.shown;
  setText(find("#name"), [campaign, agent, person, moment(at)].filter(Boolean).join(" · "));
  const { state, problem, hold } = shown.shown;
  const audible = state === "indexed" || state === "stored";
  const gone = shown.deleted_at && `${moment(shown.deleted_at)}: ${shown.deleted_by}`;
  const standing = [audible ? "" : word("recording", state), gone, problem, hold && t("recording.held", { reason: hold })].filter(Boolean);
  setText(find("#standing"), standing.join(" · "));
  setHidden(find("#standing"), standing.length === 0);
  for (const name of ["#play", "#link-to"]) setHidden(find(name), !audible);
  setHidden(find("#comment"), !shown.may.comment);
  for (const name of ["#comments-title", "#scoring"]) setHidden(find(name), !shown.may.judge);
  showMeasures();
  showComments();
  keeping(shown, load);
  draw();
}

find("#comment").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = find("#comment-text");
  const [from, until] = marked ?? [player.currentTime, null];
  const body = { from_s: from, until_s: until, body: text.value };
  if ((await attempt(() => api("POST", `/recordings/${call}/comments`, body))) === undefined) return;
  text.value = "";
  marked = null;
  await load();
});

/** Silence a part beside those that are; where others are by now than were shown here, beside those. */
async function silence(part) {
  for (;;) {
    try {
      return await api("PUT", `/recordings/${call}/muted`, { parts: [...shown.muted, part], before: shown.muted });
    } catch (error) {
      if (error.code !== "changed") throw error;
      shown = await api("GET", `/recordings/${call}`);
    }
  }
}

find("#mute").addEventListener("click", async () => {
  if (!marked || !window.confirm(t("recording.mute_sure"))) return;
  const part = marked;
  if ((await attempt(() => silence(part))) === undefined) return;
  marked = null;
  setHidden(find("#mute"), true);
  await load();
  hear();
});
find("#link-to").addEventListener("click", async () => {
  const link = await attempt(() => api("POST", `/recordings/${call}/link`));
  if (link) window.prompt(t("recording.link_told"), new URL(link.url, location.href).href);
});

await load();
if (shown) {
  if (["indexed", "stored"].includes(shown.shown.state)) hear();
  if (shown.may.judge) scoring(call, shown.may.score);
}
