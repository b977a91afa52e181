// After the call: the disposition with what it demands, promise, callback and notes; nothing typed is lost.

import { api } from "../api.js";
import { el, find, keyed, setHidden, setText } from "../dom.js";
import { day, moment, money, serverNow } from "../format.js";
import { say } from "../frame.js";
import { t } from "../texts.js";
import { createCodes, labelOf } from "./codes.js";
import { createDrafts } from "./drafts.js";
import { amountOf, clockIn, dayIn } from "./typed.js";
import { createUnfinished } from "./unfinished.js";

const PLAN_AFTER_MS = 250;
const INSTALMENTS_MAX = 60;
const DUE_AFTER_S = 7 * 86_400;
const WORD_MS = 1500; // between two keys of one who types on
const DAY = /^\d{4}-\d\d-\d\d$/;
const MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;

/** `ask` puts a request to the desk and tells whether it was taken; `campaignOf` knows the agent's campaigns. */
export function createAfter(ask, script, campaignOf) {
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
  const drafts = createDrafts(typedElsewhere);
  const codes = createCodes(choose);
  const unfinished = createUnfinished(drafts, () => desk?.call ?? null, finish, ask);
  let desk = null;
  let call = null; // that is written up: the present one, or one that is finished later
  let finishing = null; // the latter, as it was left
  let before = null; // whom the script speaks to: a call, or a lead that is looked at
  let campaign = null;
  let lead = null;
  let chosen = null;
  let saved = null; // all that stood here when it was saved while the talk goes on
  let proposed = []; // fields that the page filled in, which the agent has not taken for the person's word
  let touched = null; // the field that is being typed in
  let timer = null;
  let typedAt = 0;
  let over = false; // nothing was typed since it was saved

  const said = () => campaign?.dispositions.find((one) => one.code === chosen) ?? null;
  const wants = (demand, category) => said()?.demands.includes(demand) || said()?.category === category;

  const promising = () => wants("promise", "promise");
  const callingBack = () => wants("callback", "callback");
  /** Whom it is about; of a call that is finished later, what is left of that. */
  const them = () => (finishing ? { zone: finishing.kept.zone, account: { currency: finishing.kept.currency } } : lead);

  /** All that stands here, to be held against what was saved. */
  function now() {
    const { notes, callback, mine, amount, due, instalments, every, by } = fields;
    const promised = promising() ? [amount, due, instalments, every, by].map((field) => field.value) : [];
    return JSON.stringify([chosen, notes.value.trim(), ...promised, ...(callingBack() ? [callback.value, mine.checked] : [])]);
  }

  function values() {
    const kept = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.type === "checkbox" ? field.checked : field.value]));
    const label = said() && labelOf(said());
    const whom = { currency: them()?.account?.currency, zone: them()?.zone, person: finishing ? finishing.kept.person : lead?.person.name };
    const forms = { promising: promising(), callingBack: callingBack() };
    return { ...kept, code: chosen, label, ...whom, ...forms, proposed, saved, now: now(), complete: complete(), step: script.step };
  }

  function fill(kept) {
    chosen = kept?.code ?? null;
    saved = kept?.saved ?? null;
    proposed = kept?.proposed ?? [];
    touched = null;
    for (const [name, field] of Object.entries(fields)) {
      if (field.type === "checkbox") field.checked = kept?.[name] ?? false;
      else if (field.tagName === "SELECT") field.value = kept?.[name] ?? field.querySelector("[selected]")?.value ?? field.options[0].value;
      else field.value = kept?.[name] ?? (name === "instalments" ? "1" : "");
    }
  }

  /** The same call stands in another tab, and is written up there: what is saved here must not leave that out. */
  function typedElsewhere(of, kept) {
    if (of !== call || kept.at < typedAt || kept.now === now()) return;
    fill(kept);
    show();
  }

  function keep() {
    if (call !== null) drafts.keep(call, values());
  }

  function choose(code) {
    chosen = code;
    need("");
    if (promising() && !fields.amount.value && lead?.account?.balance && !finishing) {
      fields.amount.value = lead.account.balance.toFixed(2);
      fields.due.value = dayIn(lead.zone, serverNow() + DUE_AFTER_S);
      proposed = ["amount", "due"];
    }
    keep();
    show();
  }

  function promise() {
    return {
      amount: amountOf(fields.amount.value, them()?.account?.currency),
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
      setText(item, `${day(one.due_on)} · ${money(one.amount, them()?.account?.currency)}`),
    );
  }

  function show() {
    const list = call !== null && campaign ? campaign.dispositions : [];
    codes.show(list, chosen);
    setHidden(find("#disposition"), list.length === 0);
    setHidden(find("#promise"), !promising());
    setHidden(find("#callback"), !callingBack());
    setHidden(find("#finishing"), finishing === null);
    if (finishing) setText(find("#finishing-call"), t("unfinished.of", { call: [moment(finishing.kept.at / 1000), finishing.kept.person].filter(Boolean).join(" — ") }));
    showTheirClock();
    find("#save").disabled = !chosen || !(finishing || desk?.can.includes("disposition"));
    plan();
  }

  function showTheirClock() {
    const zone = them()?.zone;
    if (!callingBack() || !zone) return;
    const place = zone.split("/").pop().replaceAll("_", " ");
    setText(find("#callback-there"), t("desk.callback_there", { place, time: clockIn(zone, serverNow()) }));
  }

  function need(text) {
    setText(find("#needs"), text);
    setHidden(find("#needs"), !text);
  }

  function missing() {
    const { amount, due, callback, notes } = fields;
    if (promising() && amount.value.trim() && !promise().amount) return [t("needs.amount"), amount];
    const begun = promising() && (amount.value.trim() || due.value);
    if ((wants("promise") || begun) && (!promise().amount || !due.value)) return [t("needs.promise"), promise().amount ? due : amount];
    const parts = Number(fields.instalments.value || 1);
    if (promising() && !(Number.isInteger(parts) && parts >= 1 && parts <= INSTALMENTS_MAX)) return [t("problem.promise_instalments"), fields.instalments];
    if (wants("callback") && !callback.value) return [t("needs.callback"), callback];
    if (wants("notes") && !notes.value.trim()) return [t("needs.notes"), notes];
    if (wants("right_party") && lead?.private) return [t("needs.right_party"), find("#right-party-yes")];
    return null;
  }

  /** What is saved. */
  function body() {
    const asked = { call, code: chosen, notes: fields.notes.value };
    if (promising() && promise().amount && fields.due.value) asked.promise = promise();
    if (callingBack() && fields.callback.value) {
      asked.callback_local = fields.callback.value;
      asked.callback_mine = fields.mine.checked;
    }
    return asked;
  }

  /** What the agent could save as it stands, all of it entered and left behind by the agent's own hand; else null. */
  function complete() {
    if (chosen === null || missing()) return null;
    const asked = body();
    const own = [...(asked.promise ? ["amount", "due", "instalments"] : []), ...(asked.callback_local ? ["callback"] : [])];
    const half = own.some((name) => proposed.includes(name) || touched === fields[name]);
    const readable = DAY.test(asked.promise?.due_on ?? "2000-01-01") && MINUTE.test(asked.callback_local ?? "2000-01-01T00:00");
    return half || !readable ? null : asked;
  }

  async function save() {
    if (call !== null && !chosen) need(t("needs.code"));
    if (find("#save").disabled) return;
    const lacking = missing();
    need(lacking?.[0] ?? "");
    if (lacking) {
      say("");
      lacking[1].focus();
      return;
    }
    const of = call;
    const sent = now();
    over = true;
    drafts.saving.set(of, sent);
    if (!(await ask("disposition", "/disposition", body()))) return;
    drafts.saving.delete(of);
    if (call === of) saved = sent;
    if ((drafts.here(of)?.now ?? sent) !== sent) drafts.again(of, sent); // a slow answer must not take that away
    else if (desk.call === of) keep(); // the talk goes on: what was said is kept beside the engine until it is over
    else drafts.forget(of);
    if (finishing?.call === of) later();
    else unfinished.show();
  }

  /** Let the agent finish a call whose time ran out. */
  function finish(left) {
    if (desk?.call !== null) return;
    finishing = left;
    call = left.call;
    campaign = campaignOf(left.told.campaign) ?? null;
    need("");
    fill(left.kept);
    show();
    find("#finishing").scrollIntoView({ block: "nearest" });
    find("#finishing-later").focus();
  }

  /** The call that was being finished can wait: what was typed of it is kept. */
  function later() {
    finishing = null;
    call = desk?.call ?? null;
    need("");
    fill(null);
    show();
    unfinished.show();
  }

  async function follow(next, nextCampaign) {
    desk = next;
    if (next.call !== null) finishing = null;
    if (!finishing) campaign = nextCampaign;
    const speaksTo = `${next.call}/${next.lead}`;
    if (speaksTo !== before && next.call === null) script.begin(campaign, next.name);
    before = speaksTo;
    if ((next.call ?? finishing?.call ?? null) !== call) {
      if (call !== null && saved !== null && (drafts.here(call)?.now ?? saved) === saved) drafts.settle(call);
      call = next.call;
      need("");
      fill(call === null ? null : drafts.here(call));
      script.begin(campaign, next.name, drafts.here(call)?.step);
      const kept = call === null ? null : await drafts.open(call);
      if (kept && call === next.call && !typedSince(kept)) {
        fill(kept);
        script.begin(campaign, next.name, kept.step);
      }
      unfinished.show();
    }
    show();
  }

  const typedSince = (kept) => typedAt > kept.at;

  for (const [name, field] of Object.entries(fields)) {
    field.addEventListener("input", () => {
      typedAt = Date.now();
      over = false;
      touched = field;
      proposed = proposed.filter((one) => one !== name);
      need("");
      keep();
      clearTimeout(timer);
      timer = setTimeout(plan, PLAN_AFTER_MS);
    });
    field.addEventListener("blur", () => {
      if (touched !== field || document.activeElement === field) return; // it is the window that was left
      touched = null;
      keep();
    });
  }
  find("#save").addEventListener("click", save);
  find("#finishing-later").addEventListener("click", later);
  unfinished.show();

  return {
    follow,
    save,
    keep,
    key: (sign) => call !== null && codes.key(sign),
    lead(next) {
      lead = next;
      script.show(next);
    },
    /** The server has news of what was not saved in time. */
    async ranOut() {
      await drafts.reload();
      unfinished.show();
    },
    openFirst: unfinished.openFirst,
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
    /** Whether there is a call to write up, the present one or another. */
    get open() {
      return call !== null;
    },
  };
}
