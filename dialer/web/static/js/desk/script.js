// The script: one step at a time with the lead's data filled in; what the person answers leads on.

import { el, find, setHidden, setText } from "../dom.js";
import { day, money } from "../format.js";
import { t } from "../texts.js";

// Blanks of the lead are filled in when it is there.
const LATER = Object.fromEntries(["name", "agent", "account", "balance", "days_past_due"].map((name) => [name, `{${name}}`]));

/** What is said where a campaign brings no script of its own. */
export const OWN = [
  { name: "hello", text: t("script.hello", LATER), choices: [{ label: t("script.is_person"), to: "verify" }, { label: t("script.is_other"), to: "other" }] },
  { name: "verify", text: t("script.verify", LATER), choices: [{ label: t("script.fits"), to: "reason" }, { label: t("script.fits_not"), to: "other" }] },
  { name: "reason", text: t("script.reason", LATER), choices: [{ label: t("script.pays"), to: "promise" }, { label: t("script.cannot"), to: "instalments" }, { label: t("script.disputes"), to: "dispute" }] },
  { name: "promise", text: t("script.promise", LATER), choices: [] },
  { name: "instalments", text: t("script.instalments", LATER), choices: [{ label: t("script.pays"), to: "promise" }, { label: t("script.later"), to: "later" }] },
  { name: "later", text: t("script.later_text", LATER), choices: [] },
  { name: "dispute", text: t("script.dispute", LATER), choices: [] },
  { name: "other", text: t("script.other", LATER), choices: [] },
];

function filled(text, lead, agent) {
  const account = lead.account;
  const values = {
    name: lead.person.name,
    account: account?.external_id,
    balance: account && account.balance !== null ? money(account.balance, account.currency) : null,
    days_past_due: account?.days_past_due,
    agent: agent || null,
    today: day(new Date().toISOString().slice(0, 10)),
  };
  // A list's own column is called as its header is: with spaces and accents.
  return text.replace(/\{(field\.[^{}]+|\w+)\}/g, (_, name) => {
    const [from, key] = name.startsWith("field.") ? [account?.fields ?? {}, name.slice(6)] : [values, name];
    return (Object.hasOwn(from, key) ? from[key] : null) ?? "…"; // not known, or not to be said yet
  });
}

// Where the own script goes on once the agent has made sure who speaks: the questions for that give way.
const ASKS_WHO = new Set(["hello", "verify", "other"]);

/** `onStep` is told the step's name whenever the agent goes on. */
export function createScript(onStep) {
  let steps = OWN;
  let at = OWN[0].name;
  let lead = null;
  let agent = "";

  function show() {
    const step = steps.find((one) => one.name === at) ?? steps[0];
    setHidden(find("#script"), lead === null);
    if (lead === null) return;
    setText(find("#script-text"), filled(step.text, lead, agent));
    const buttons = step.choices.map((choice) => {
      const button = el("button", "", choice.label);
      button.type = "button";
      button.addEventListener("click", () => go(choice.to));
      return button;
    });
    if (step !== steps[0]) {
      const back = el("button", "quiet", t("script.again"));
      back.type = "button";
      back.addEventListener("click", () => go(steps[0].name));
      buttons.push(back);
    }
    find("#script-choices").replaceChildren(...buttons);
  }

  function go(name) {
    const inside = find("#script").contains(document.activeElement);
    at = name;
    show();
    if (inside) find("#script-choices").querySelector("button")?.focus();
    onStep(at);
  }

  return {
    begin(campaign, name, step) {
      steps = campaign?.script?.length ? campaign.script : OWN;
      agent = name;
      at = step ?? steps[0].name;
      show();
    },
    show(next) {
      lead = next;
      show();
    },
    /** It is known whether the person speaks. A campaign's script goes on from its opening by the first answer to it. */
    sure(right) {
      if (steps === OWN && ASKS_WHO.has(at)) go(right ? "reason" : "other");
      else if (right && at === steps[0].name && steps[0].choices.length) go(steps[0].choices[0].to);
    },
    get step() {
      return at;
    },
  };
}
