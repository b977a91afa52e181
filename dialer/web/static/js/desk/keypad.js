// The keypad: tones to whoever is on the line, by mouse or by the keys themselves.

import { el, find, setHidden } from "../dom.js";

const SIGNS = "123456789*0#";

export function createKeypad(phone) {
  const holder = find("#keypad");
  const opener = find("#keypad-open");
  for (const sign of SIGNS) {
    const button = el("button", "", sign);
    button.type = "button";
    button.addEventListener("click", () => phone.tone(sign));
    holder.append(button);
  }

  function toggle() {
    if (opener.disabled) return;
    setHidden(holder, !holder.hidden);
    opener.setAttribute("aria-expanded", String(!holder.hidden));
  }

  opener.addEventListener("click", toggle);
  return {
    toggle,
    get open() {
      return !holder.hidden;
    },
    allow(allowed) {
      opener.disabled = !allowed;
      if (!allowed) {
        setHidden(holder, true);
        opener.setAttribute("aria-expanded", "false");
      }
    },
    key(sign) {
      if (!SIGNS.includes(sign)) return false;
      phone.tone(sign);
      return true;
    },
  };
}
