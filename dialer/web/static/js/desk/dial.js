// The dial pad: a number as it is dialled in the country, or what a lead is known by; what will be dialled, and whether a
// rule allows it, is said before.

import { api } from "../api.js";
import { el, find, keyed, setData, setHidden, setText } from "../dom.js";
import { moment } from "../format.js";
import { reason, t } from "../texts.js";

const LOOK_AFTER_MS = 250;
const SHORTEST = 3;
const DIGITS_MIN = 6; // fewer are no number that leads outwards
const INSIDE = /^[\d\s.-]+$/; // of these few digits are one inside the house, for whom somebody is handed on to
const INSIDE_MIN = 2;
const TOLD = new Set(["number_ambiguous", "number_needs_country", "number_unreadable"]);

const digits = (text) => text.replace(/\D/g, "").length;
/** What may be a number outside: digits and what is written between them, an extension behind. */
const isOutside = (text) => /^\+?[\d\s().\/-]+(\s*(ext|x|ramal|interno)\.?\s*\d{1,6})?$/i.test(text) && digits(text) >= DIGITS_MIN;
const places = new Intl.DisplayNames([document.documentElement.lang || "es"], { type: "region" });
const worded = (number, country) => [number, country && places.of(country)].filter(Boolean).join(" · ");

/** `talk` tells the campaign of the present talk, into which a number would be brought; null where there is none. */
export function createDial(talk) {
  const field = find("#number");
  const choice = find("#campaign-choice");
  const found = find("#found");
  const verdict = find("#may-dial");
  let lead = null; // the one picked from what was found
  let meant = null; // the number that the text is taken for
  let timer = null;
  let asked = 0;
  let looking = Promise.resolve();

  function clear() {
    clearTimeout(timer);
    timer = null;
    asked += 1; // what is on its way is about what stood here before
    lead = null;
    meant = null;
    setText(verdict, "");
    setHidden(found, true);
  }

  /** The answer, or the problem; null where something else stands here by now. */
  async function ask(query) {
    const mine = asked;
    try {
      const answer = await api("GET", `/desk/${query}`);
      return mine === asked ? answer : null;
    } catch (problem) {
      return mine === asked ? { problem } : null; // what is half typed is not a number yet
    }
  }

  function judge(what) {
    const campaign = talk();
    return ask(campaign === null ? `may-dial?campaign=${choice.value}&${what}` : `may-dial?campaign=${campaign}&third=true&${what}`);
  }

  function tell(said) {
    if (!said || (said.problem && !TOLD.has(said.problem.code))) return;
    setData(verdict, "allowed", said.allowed ? "yes" : "no");
    if (said.problem) {
      setText(verdict, said.problem.message);
      return;
    }
    const until = said.until ? t("desk.from", { time: moment(said.until) }) : "";
    const what = said.number ? t("desk.dials", { number: worded(said.number, said.country) }) : "";
    const behind = said.extension ? t("desk.extension", { extension: said.extension }) : "";
    const allowed = said.allowed ? [t("desk.may_dial")] : [t("desk.may_not_dial"), reason(said.rule, said.reason), until];
    setText(verdict, [what, behind, ...allowed].filter(Boolean).join(" · "));
  }

  async function look() {
    timer = null;
    const text = field.value.trim();
    const isInside = talk() !== null && INSIDE.test(text) && digits(text) >= INSIDE_MIN;
    if (text.length < SHORTEST && !isInside) return;
    const written = isInside || isOutside(text) ? judge(`number=${encodeURIComponent(text)}`) : null;
    const known = text.startsWith("+") || talk() !== null ? [] : await ask(`leads?campaign=${choice.value}&text=${encodeURIComponent(text)}`);
    const said = await written;
    if (known === null || (written && said === null)) return;
    if (said?.number) meant = said.number;
    const leads = known.problem ? [] : known;
    keyed(found, leads, (one) => one.id, () => made(), (item, one) => {
      setText(item.firstElementChild, [one.name || t("lead.unnamed"), one.external_id].filter(Boolean).join(" · "));
      item.lead = one;
    });
    setHidden(found, leads.length === 0);
    setText(verdict, leads.length || written ? "" : t("desk.none_found"));
    setData(verdict, "allowed", "");
    tell(said?.problem?.code === "number_unreadable" && leads.length ? null : said);
  }

  function made() {
    const item = el("li");
    const button = el("button", "quiet");
    button.type = "button";
    button.addEventListener("click", () => pick(item.lead));
    item.append(button);
    return item;
  }

  async function pick(one) {
    clear();
    lead = one;
    field.value = one.name || one.external_id || String(one.id);
    find("[data-verb=dial]").focus();
    tell(await judge(`lead=${one.id}`));
  }

  /** With + and the country a number needs no reading: it is dialled though nobody has judged it yet. */
  const plain = () => (/^\+[\d\s().-]{7,}$/.test(field.value.trim()) ? field.value.replace(/[\s().-]/g, "") : null);

  /** Look at what stands here now, if that has not been done. */
  function settled() {
    if (timer === null) return looking;
    clearTimeout(timer);
    return (looking = look());
  }

  function again() {
    clear();
    looking = look();
  }

  field.addEventListener("input", () => {
    clear();
    timer = setTimeout(() => (looking = look()), LOOK_AFTER_MS);
  });
  choice.addEventListener("change", again);

  return {
    /** What is to be dialled; null where nothing that can be is there. */
    async target() {
      const campaign = Number(choice.value);
      if (lead) return { campaign, lead: lead.id };
      const outside = await this.towards();
      return outside && { campaign, ...outside };
    },
    /** A number to bring into the talk; null where none that can be is there. */
    async towards() {
      if (!plain()) await settled();
      const number = plain() ?? meant;
      return number ? { number } : null;
    },
    /** Whether something is said of what stands here: then no more need be said of why it is not dialled. */
    get told() {
      return verdict.textContent !== "";
    },
    /** The talk began or ended, or its campaign is another: other rules hold for what stands here. */
    follow(directory) {
      const list = find("#directory");
      setHidden(list, directory.length === 0);
      keyed(list, directory, (one) => one.number, () => el("button", "quiet small"), (button, one) => {
        button.type = "button";
        setText(button, one.name);
        button.title = one.number;
        button.onclick = () => {
          field.value = one.number;
          again();
        };
      });
      if (field.value) again();
    },
    focus: () => field.focus(),
    done() {
      field.value = "";
      clear();
    },
  };
}
