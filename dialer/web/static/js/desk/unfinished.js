// What was typed of calls and not saved in time: finished, said to be right, kept as a note, or dropped.

import { api } from "../api.js";
import { el, find, keyed, setData, setHidden, setText } from "../dom.js";
import { day, moment, money } from "../format.js";
import { attempt } from "../frame.js";
import { t, tn } from "../texts.js";
import { amountOf } from "./typed.js";

const NOTES_MAX = find("#notes").maxLength;

/** `present` tells the call that is written up now; `open` lets the agent finish one of these; `ask` puts it to the desk. */
export function createUnfinished(drafts, present, open, ask) {
  const list = find("#unsaved-list");

  async function show() {
    const left = await drafts.others(present());
    setHidden(find("#unsaved"), left.length === 0);
    setText(find("#unfinished"), left.length ? tn("unfinished.count", left.length, { n: left.length }) : "");
    keyed(list, left, ({ call }) => call, make, update);
  }

  function make() {
    const item = el("li");
    const act = (name, text, className, doing) => {
      const button = el("button", className, text);
      button.type = "button";
      button.addEventListener("click", () => doing(item.left));
      setData(button, "act", name);
      return button;
    };
    item.append(el("p"), el("p", "soft"), el("div", "buttons"));
    item.lastElementChild.append(
      act("right", t("unfinished.right"), "main", ({ told }) => confirm(told.disposition)),
      act("finish", t("unfinished.finish"), "main", open),
      act("change", t("unfinished.change"), "", open),
      act("note", t("desk.save_note"), "", ({ call, kept }) => settle(call, worded(kept).slice(0, NOTES_MAX))),
      act("drop", t("desk.drop_note"), "quiet", ({ call }) => settle(call, "")),
    );
    return item;
  }

  function update(item, left) {
    item.left = left;
    const { kept, told } = left;
    const taken = told.standing === "unconfirmed";
    setData(item, "standing", told.standing);
    setText(item.children[0], [moment(kept.at / 1000), kept.person, worded(kept)].filter(Boolean).join(" — "));
    setText(item.children[1], taken ? t("unfinished.taken") : told.standing === "open" ? t("unfinished.open") : "");
    const offered = { right: taken && told.disposition, finish: !taken && told.talked, change: taken, note: !taken, drop: !taken };
    for (const button of item.querySelectorAll("[data-act]")) {
      setHidden(button, !offered[button.dataset.act]);
      if (["finish", "change"].includes(button.dataset.act)) button.disabled = present() !== null;
    }
  }

  /** All that was typed and not saved, in words. */
  function worded(kept) {
    const saved = kept.saved ? JSON.parse(kept.saved)[0] : null;
    const more = [...(kept.promising === false ? [] : promisedIn(kept)), kept.callingBack && kept.callback ? moment(Date.parse(kept.callback) / 1000) : ""];
    const said = kept.code && kept.code !== saved ? [kept.label ?? kept.code, ...more] : [];
    return [said.filter(Boolean).join(" · "), kept.notes?.trim()].filter(Boolean).join(" — ");
  }

  /** What the agent entered: figures that the page proposed are nobody's word. */
  function promisedIn(kept) {
    const own = (name) => (kept.proposed?.includes(name) ? "" : (kept[name] ?? ""));
    const amount = amountOf(own("amount"), kept.currency);
    const parts = Number(kept.instalments) > 1 ? `${t("promise.instalments")}: ${kept.instalments}` : "";
    return [amount && money(Number(amount), kept.currency), own("due") && day(kept.due), parts];
  }

  async function settle(call, notes) {
    const done = await attempt(async () => {
      await api("POST", "/desk/notes", { call, notes });
      return true;
    });
    if (done) gone(call);
  }

  async function confirm(said) {
    if (await ask("disposition", "/disposition", said)) gone(said.call);
  }

  function gone(call) {
    drafts.forget(call);
    show();
  }

  return {
    show,
    /** The oldest one that can be finished. */
    openFirst() {
      const first = [...list.children].find(({ left }) => left.told.talked);
      if (first && present() === null) open(first.left);
    },
  };
}
