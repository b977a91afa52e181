// The person and the account beside the call, what came before, and the check before anything private is shown.

import { api } from "../api.js";
import { el, find, keyed, setData, setHidden, setText } from "../dom.js";
import { count, day, moment, money } from "../format.js";
import { attempt } from "../frame.js";
import { t, word } from "../texts.js";
import { toldValue } from "./told.js";

const PUSHED_WITHIN_MS = 400; // the live view brings the lead unasked; after this it is asked for
const POPPED = "cadencia-popped"; // the lead and call whose page was opened last: a reload opens none again

function facts(list, pairs) {
  list.replaceChildren();
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === "") continue;
    list.append(el("dt", "", name), el("dd", "", String(value)));
  }
}

/**
 * `onLead` is told the lead whenever another one, or more of it, is shown; null for nobody; `onSure` whether it is the person;
 * `labelled` gives the words of a disposition's code.
 */
export function createLead(onLead, onSure, labelled) {
  let desk = null;
  let shown = null; // which lead, and which state of what is kept of it
  let lead = null;
  let asking = null; // the lead is waited for, and will be asked for
  let early = null; // a lead that was told before the desk
  let asksAgain = false; // somebody else spoke, and the person came to the phone

  function showFacts() {
    const { person, account } = lead;
    facts(find("#lead-facts"), [
      [t("lead.account"), account?.external_id],
      [t("lead.balance"), account && account.balance !== null ? money(account.balance, account.currency) : null],
      [t("lead.days_past_due"), account?.days_past_due],
      [t("lead.national_id"), person.national_id],
      [t("lead.phones"), lead.phones.map((phone) => phone.number + (phone.extension && ` ext. ${phone.extension}`)).join(", ")],
      [t("lead.attempts"), count(lead.attempts)],
      ...Object.entries(account?.fields ?? {}).map(([name, value]) => [name.replaceAll("_", " "), value]),
    ]);
  }

  function showBefore() {
    const before = lead.calls.filter((call) => call.id !== desk.call);
    keyed(find("#lead-calls"), before, (call) => call.id, () => el("li"), (item, call) => {
      const what = [call.outcome && word("outcome", call.outcome), call.disposition && labelled(call.disposition)].filter(Boolean).join(" · ");
      setText(item, [moment(call.at), what, call.wrap_up && word("wrap_up", call.wrap_up), call.notes].filter(Boolean).join(" — "));
    });
    setHidden(find("#no-lead-calls"), before.length > 0);
    setHidden(find("#promises-box"), lead.promises.length === 0);
    keyed(find("#lead-promises"), lead.promises, (one) => one.at, () => el("li"), (item, one) => {
      setData(item, "state", one.state);
      const paid = one.paid ? t("promise.paid", { paid: money(one.paid, one.currency) }) : "";
      const parts = [money(one.amount, one.currency), day(one.due_on), word("promise_state", one.state), paid, one.unconfirmed && word("wrap_up", "unconfirmed")];
      setText(item, parts.filter(Boolean).join(" · "));
    });
  }

  function showCheck() {
    const other = lead.private && lead.right_party === false && !asksAgain;
    setHidden(find("#other-party"), !other);
    setHidden(find("#right-party"), !lead.private || other);
    setText(find("#right-party-ask"), lead.id_known ? t("check.ask_id") : t("check.ask"));
    setHidden(find("#right-party-answer"), !lead.id_known);
  }

  // The lead's page in another system: a link, and where the campaign wants it, once for each call a tab of its own.
  function showPop() {
    const pop = lead.screen_pop;
    setHidden(find("#screen-pop"), pop === null);
    if (pop === null) return;
    const link = find("#screen-pop-link");
    link.href = pop.address;
    setText(link, t("lead.screen_pop", { host: link.host }));
    const which = `${lead.id}/${desk.call}`;
    if (pop.opens !== "tab" || desk.call === null || sessionStorage.getItem(POPPED) === which) return;
    sessionStorage.setItem(POPPED, which);
    const tab = window.open("", "_blank");
    setHidden(find("#screen-pop-blocked"), tab !== null);
    if (tab === null) return; // the browser wants to be asked first: the link is there
    tab.opener = null;
    tab.location.replace(pop.address);
  }

  function show() {
    setHidden(find("#lead"), lead === null);
    setData(find("#lead"), "call", lead === null ? "" : desk.call);
    setHidden(find("#no-lead"), desk.lead !== null); // who is on the line is shown as soon as it is read
    onLead(lead);
    if (lead === null) return;
    setText(find("#lead-name"), lead.person.name || t("lead.unnamed"));
    const stops = lead.restrictions.map((one) => [word("kept", one.kind), toldValue(one.value)].filter(Boolean).join(": "));
    setHidden(find("#lead-restrictions"), stops.length === 0);
    setText(find("#lead-restrictions"), stops.join(" · "));
    showFacts();
    showPop();
    showBefore();
    showCheck();
  }

  function follow(next) {
    desk = next;
    // The state counts: what is private in a talk is not while the lead is only looked at. The server's key is the same.
    const wanted = desk.lead === null ? null : `${desk.lead}/${desk.call}/${desk.lead_news}/${desk.state === "previewing"}`;
    if (wanted === shown) return;
    if (shown?.split("/")[1] !== String(desk.call)) asksAgain = false;
    shown = wanted;
    if (wanted === null) {
      lead = null;
      find("#right-party-answer").value = "";
      show();
      return;
    }
    setHidden(find("#no-lead"), true); // somebody is there, read or not
    clearTimeout(asking);
    if (early?.of === wanted) take(early.lead);
    else asking = setTimeout(ask, PUSHED_WITHIN_MS, wanted);
  }

  function take(found) {
    clearTimeout(asking);
    asking = early = null;
    lead = found;
    show();
  }

  async function ask(wanted) {
    asking = null;
    const found = await attempt(() => api("GET", "/desk/lead"));
    if (found && shown === wanted && found.id === desk.lead) take(found);
    else if (!found) shown = null;
  }

  /** The server told of a lead: it is the one that is waited for, or one that the desk is told of in a moment. */
  function pushed(told) {
    if (told.of !== shown) early = told;
    // As it is by now; not one that was read before the agent made sure who speaks.
    else if (asking !== null || [null, undefined, told.lead.right_party].includes(lead?.right_party)) take(told.lead);
  }

  function askAgain() {
    asksAgain = true;
    showCheck();
    find(lead.id_known ? "#right-party-answer" : "#right-party-yes").focus();
  }

  async function check(right) {
    if (right && lead && !find("#other-party").hidden) askAgain();
    else await answer(right);
  }

  async function answer(right) {
    if (!desk?.call || find("#right-party").hidden) return;
    const body = { call: desk.call, right, answer: right ? find("#right-party-answer").value.trim() : "" };
    const found = await attempt(() => api("POST", "/desk/right-party", body));
    if (!found) {
      find("#right-party-answer").select();
      return;
    }
    lead = found;
    asksAgain = false;
    show();
    onSure(right);
  }

  find("#right-party-yes").addEventListener("click", () => check(true));
  find("#right-party-no").addEventListener("click", () => check(false));
  find("#other-party-back").addEventListener("click", askAgain);
  find("#right-party-answer").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey) check(true);
  });

  return { follow, pushed, check };
}
