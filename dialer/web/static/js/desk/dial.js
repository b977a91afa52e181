// The dial pad: a number, or what a lead is known by; whether a rule allows the call is said before it is made.

import { api } from "../api.js";
import { el, find, keyed, setData, setHidden, setText } from "../dom.js";
import { moment } from "../format.js";
import { reason, t } from "../texts.js";

const LOOK_AFTER_MS = 250;
const SHORTEST = 3;

const isNumber = (text) => /^\+[\d\s().-]{7,}$/.test(text);

export function createDial() {
  const field = find("#number");
  const choice = find("#campaign-choice");
  const found = find("#found");
  const verdict = find("#may-dial");
  let lead = null; // the one picked from what was found
  let timer = null;
  let asked = 0;

  function clear() {
    clearTimeout(timer);
    asked += 1; // what is on its way is about what stood here before
    lead = null;
    setText(verdict, "");
    setHidden(found, true);
  }

  async function ask(query) {
    const mine = ++asked;
    try {
      const answer = await api("GET", `/desk/${query}`);
      return mine === asked ? answer : null;
    } catch {
      return null; // what is half typed is not a number yet
    }
  }

  async function judge(what) {
    const said = await ask(`may-dial?campaign=${choice.value}&${what}`);
    if (!said) return;
    setData(verdict, "allowed", said.allowed ? "yes" : "no");
    const until = said.until ? t("desk.from", { time: moment(said.until) }) : "";
    setText(verdict, said.allowed ? t("desk.may_dial") : [t("desk.may_not_dial"), reason(said.rule, said.reason), until].filter(Boolean).join(" · "));
  }

  async function look() {
    const text = field.value.trim();
    if (isNumber(text)) {
      await judge(`number=${encodeURIComponent(text.replace(/[\s().-]/g, ""))}`);
      return;
    }
    if (text.length < SHORTEST) return;
    const leads = await ask(`leads?campaign=${choice.value}&text=${encodeURIComponent(text)}`);
    if (!leads) return;
    keyed(found, leads, (one) => one.id, () => made(), (item, one) => {
      setText(item.firstElementChild, [one.name || t("lead.unnamed"), one.external_id].filter(Boolean).join(" · "));
      item.lead = one;
    });
    setHidden(found, leads.length === 0);
    setText(verdict, leads.length ? "" : t("desk.none_found"));
    setData(verdict, "allowed", "");
  }

  function made() {
    const item = el("li");
    const button = el("button", "quiet");
    button.type = "button";
    button.addEventListener("click", () => pick(item.lead));
    item.append(button);
    return item;
  }

  function pick(one) {
    clear();
    lead = one;
    field.value = one.name || one.external_id || String(one.id);
    judge(`lead=${one.id}`);
    find("[data-verb=dial]").focus();
  }

  field.addEventListener("input", () => {
    clear();
    timer = setTimeout(look, LOOK_AFTER_MS);
  });
  choice.addEventListener("change", () => {
    clear();
    look();
  });

  return {
    /** What is to be dialled; null where nothing that can be is there. */
    target() {
      const text = field.value.trim();
      if (lead) return { campaign: Number(choice.value), lead: lead.id };
      return isNumber(text) ? { campaign: Number(choice.value), number: text } : null;
    },
    /** A number to transfer to. */
    number: () => (isNumber(field.value.trim()) ? field.value.trim() : null),
    focus: () => field.focus(),
    done() {
      field.value = "";
      clear();
    },
  };
}
