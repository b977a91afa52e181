// After the call: the disposition with what it demands, promise, callback and notes; nothing typed is lost.

import { api } from "../api.js";
import { el, find, keyed, setHidden, setText } from "../dom.js";
import { day, moment, money, serverNow } from "../format.js";
import { attempt, say } from "../frame.js";
import { t } from "../texts.js";
import { createCodes, labelOf } from "./codes.js";
import { createDrafts } from "./drafts.js";
import { amountOf, clockIn, dayIn } from "./typed.js";

const PLAN_AFTER_MS = 250;
const INSTALMENTS_MAX = 60;
const DUE_AFTER_S = 7 * 86_400;
const WORD_MS = 1500; // between two keys of one who types on

/** `ask` puts a request to the desk and tells whether it was taken. */
export function createAfter(ask, script) {
  const fields = {
    notes: find("#notes"),
    callback: find("#callback-at"),
    mine: find("#callback-mine"),
    amount: find("#promise-amount"),
    due: find("#promise-due"),
    instalments: find("#promise-instalments"),
    every: find("#promise-every"),
    by: find("#promise-by"),
  };
  const drafts = createDrafts();
  const codes = createCodes(choose);
  let desk = null;
  let call = null;
  let before = null; // whom the script speaks to: a call, or a lead that is looked at
  let campaign = null;
  let lead = null;
  let chosen = null;
  let saved = null; // what was said while the talk goes on
  let savedNotes = null; // and the notes that went with it
  let timer = null;
  let typedAt = 0;
  let over = false; // nothing was typed since it was saved

  const said = () => campaign?.dispositions.find((one) => one.code === chosen) ?? null;
  const wants = (demand, category) => said()?.demands.includes(demand) || said()?.category === category;

  function values() {
    const kept = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.type === "checkbox" ? field.checked : field.value]));
    const label = said() && labelOf(said());
    return { ...kept, code: chosen, label, currency: lead?.account?.currency, saved, savedNotes, step: script.step };
  }

  function fill(kept) {
    chosen = kept?.code ?? null;
    saved = kept?.saved ?? null;
    savedNotes = kept?.savedNotes ?? null;
    for (const [name, field] of Object.entries(fields)) {
      if (field.type === "checkbox") field.checked = kept?.[name] ?? false;
      else if (field.tagName === "SELECT") field.value = kept?.[name] ?? field.querySelector("[selected]")?.value ?? field.options[0].value;
      else field.value = kept?.[name] ?? (name === "instalments" ? "1" : "");
    }
  }

  function keep() {
    if (call !== null) drafts.keep(call, values());
  }

  function choose(code) {
    chosen = code;
    if (wants("promise", "promise") && !fields.amount.value && lead?.account?.balance) {
      fields.amount.value = lead.account.balance.toFixed(2);
      fields.due.value = dayIn(lead.zone, serverNow() + DUE_AFTER_S);
    }
    keep();
    show();
  }

  function promise() {
    return {
      amount: amountOf(fields.amount.value, lead?.account?.currency),
      due_on: fields.due.value,
      instalments: Number(fields.instalments.value) || 1,
      every: fields.every.value,
      pay_by: fields.by.value,
    };
  }

  async function plan() {
    const list = find("#promise-plan");
    const asked = promise();
    if (find("#promise").hidden || !asked.amount || !asked.due_on) {
      list.replaceChildren();
      return;
    }
    const parts = await api("POST", "/desk/instalments", asked).catch(() => []);
    keyed(list, parts, (one) => one.due_on, () => el("li"), (item, one) =>
      setText(item, `${day(one.due_on)} · ${money(one.amount, lead?.account?.currency)}`),
    );
  }

  function show() {
    const list = call !== null && campaign ? campaign.dispositions : [];
    codes.show(list, chosen);
    setHidden(find("#disposition"), list.length === 0);
    setHidden(find("#promise"), !wants("promise", "promise"));
    setHidden(find("#callback"), !wants("callback", "callback"));
    showTheirClock();
    find("#save").disabled = !chosen || !desk?.can.includes("disposition");
    plan();
  }

  function showTheirClock() {
    if (find("#callback").hidden || !lead) return;
    const place = lead.zone.split("/").pop().replaceAll("_", " ");
    setText(find("#callback-there"), t("desk.callback_there", { place, time: clockIn(lead.zone, serverNow()) }));
  }

  function need(text) {
    setText(find("#needs"), text);
    setHidden(find("#needs"), !text);
  }

  function missing() {
    if (!find("#promise").hidden && fields.amount.value.trim() && !promise().amount) return [t("needs.amount"), fields.amount];
    if (wants("promise") && (!promise().amount || !fields.due.value)) return [t("needs.promise"), promise().amount ? fields.due : fields.amount];
    const parts = Number(fields.instalments.value || 1);
    if (!find("#promise").hidden && !(Number.isInteger(parts) && parts >= 1 && parts <= INSTALMENTS_MAX)) return [t("problem.promise_instalments"), fields.instalments];
    if (wants("callback") && !fields.callback.value) return [t("needs.callback"), fields.callback];
    if (wants("notes") && !fields.notes.value.trim()) return [t("needs.notes"), fields.notes];
    if (wants("right_party") && lead?.private) return [t("needs.right_party"), find("#right-party-yes")];
    return null;
  }

  async function save() {
    if (find("#save").disabled) return;
    const lacking = missing();
    need(lacking?.[0] ?? "");
    if (lacking) {
      say("");
      lacking[1].focus();
      return;
    }
    const body = { call, code: chosen, notes: fields.notes.value };
    if (!find("#promise").hidden && promise().amount && fields.due.value) body.promise = promise();
    if (!find("#callback").hidden && fields.callback.value) {
      body.callback_local = fields.callback.value;
      body.callback_mine = fields.mine.checked;
    }
    const of = call;
    over = true;
    if (!(await ask("disposition", "/disposition", body))) return;
    saved = body.code;
    savedNotes = body.notes;
    if (call !== of && typedMore(of, body.notes)) {
      drafts.again(of, { saved: body.code, savedNotes: body.notes });
      showUnsaved();
      return;
    }
    if (call === of) keep(); // the talk goes on: what was said is kept beside the engine until it is over
    else drafts.forget(of);
  }

  /** Whether notes were typed after those that were sent: a slow answer must not take them away. */
  function typedMore(of, sent) {
    const notes = drafts.here(of)?.notes ?? "";
    return notes.trim() !== "" && notes !== sent;
  }

  async function follow(next, nextCampaign) {
    desk = next;
    campaign = nextCampaign;
    const speaksTo = `${next.call}/${next.lead}`;
    if (speaksTo !== before && next.call === null) script.begin(campaign, next.name);
    before = speaksTo;
    if (next.call !== call) {
      if (call !== null && saved && !typedMore(call, savedNotes)) drafts.settle(call);
      call = next.call;
      need("");
      fill(call === null ? null : drafts.here(call));
      script.begin(campaign, next.name, drafts.here(call)?.step);
      const kept = call === null ? null : await drafts.open(call);
      if (kept && call === next.call && !typedSince(kept)) {
        fill(kept);
        script.begin(campaign, next.name, kept.step);
      }
      showUnsaved();
    }
    show();
  }

  const typedSince = (kept) => typedAt > kept.at;

  async function showUnsaved() {
    const others = await drafts.others(call);
    setHidden(find("#unsaved"), others.length === 0);
    keyed(find("#unsaved-list"), others, ([other]) => other, makeUnsaved, (item, [other, kept]) => {
      item.call = other;
      item.kept = kept;
      setText(item.firstElementChild, `${moment(kept.at / 1000)} — ${worded(kept)}`);
    });
  }

  /** All that was typed and not saved, as a note: the disposition with what goes with it cannot be given any more. */
  function worded(kept) {
    const said = kept.code && kept.code !== kept.saved ? [kept.label ?? kept.code, ...promisedIn(kept)] : [];
    return [said.filter(Boolean).join(" · "), kept.notes?.trim()].filter(Boolean).join(" — ");
  }

  function promisedIn(kept) {
    const amount = amountOf(kept.amount ?? "", kept.currency);
    const parts = Number(kept.instalments) > 1 ? `${t("promise.instalments")}: ${kept.instalments}` : "";
    return [amount && money(Number(amount), kept.currency), kept.due && day(kept.due), parts, kept.callback?.replace("T", " ")];
  }

  function makeUnsaved() {
    const item = el("li");
    const save = el("button", "", t("desk.save_note"));
    const drop = el("button", "quiet", t("desk.drop_note"));
    for (const button of [save, drop]) button.type = "button";
    save.addEventListener("click", () => settle(item, worded(item.kept).slice(0, fields.notes.maxLength)));
    drop.addEventListener("click", () => settle(item, ""));
    item.append(el("p"), save, drop);
    return item;
  }

  async function settle(item, notes) {
    const done = await attempt(async () => {
      await api("POST", "/desk/notes", { call: item.call, notes });
      return true;
    });
    if (!done) return;
    drafts.forget(item.call);
    showUnsaved();
  }

  for (const field of Object.values(fields)) {
    field.addEventListener("input", () => {
      typedAt = Date.now();
      over = false;
      need("");
      keep();
      clearTimeout(timer);
      timer = setTimeout(plan, PLAN_AFTER_MS);
    });
  }
  find("#save").addEventListener("click", save);
  showUnsaved();

  return {
    follow,
    save,
    keep,
    key: (sign) => call !== null && codes.key(sign),
    lead(next) {
      lead = next;
      script.show(next);
    },
    /** Whether the agent is writing up, and whether in the middle of a word. */
    get busy() {
      return Date.now() - typedAt < 5000;
    },
    get typing() {
      return !over && Date.now() - typedAt < WORD_MS;
    },
    get ready() {
      return chosen !== null;
    },
  };
}
