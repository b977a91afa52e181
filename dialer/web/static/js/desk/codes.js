// The tree of dispositions: a branch at a time, each with its key.

import { el, find, keyed, setData, setHidden, setText } from "../dom.js";
import { t, word } from "../texts.js";

export const KEYS = "1234567890,.";

const under = (group, path) => path === "" || group === path || group.startsWith(`${path}/`);

/** What stands at one place of the tree: branches first as they come, then what has no branch below the place. */
export function branch(list, path) {
  const shown = [];
  const seen = new Set();
  for (const one of list) {
    if (!under(one.group, path)) continue;
    const rest = one.group.slice(path.length).replace(/^\//, "");
    if (rest === "") shown.push({ code: one.code, label: labelOf(one), category: one.category });
    else {
      const name = rest.split("/")[0];
      const whole = path ? `${path}/${name}` : name;
      if (!seen.has(whole)) shown.push({ path: whole, label: name, category: "" });
      seen.add(whole);
    }
  }
  return shown;
}

export const labelOf = (one) => (one.standard ? word("said", one.code) : one.label);

/** `onChoose` is told the code that was chosen. */
export function createCodes(onChoose) {
  const holder = find("#codes");
  let list = [];
  let path = "";
  let chosen = null;

  function show() {
    const here = branch(list, path);
    keyed(holder, here, (one) => one.code ?? `/${one.path}`, make, (button, one) => {
      const n = here.indexOf(one);
      button.entry = one;
      setText(button.firstElementChild, KEYS[n] ?? "");
      setText(button.lastElementChild, one.code ? one.label : `${one.label} ›`);
      setData(button, "code", one.code ?? "");
      setData(button, "category", one.category);
      button.setAttribute("role", one.code ? "radio" : "button");
      if (one.code) button.setAttribute("aria-checked", String(chosen === one.code));
      else button.removeAttribute("aria-checked");
    });
    const trail = find("#code-path");
    setHidden(trail, path === "");
    setText(trail, `${path.replaceAll("/", " › ")} · ${t("desk.back_key")}`);
  }

  function make() {
    const button = el("button", "code");
    button.type = "button";
    button.append(el("kbd"), el("span"));
    button.addEventListener("click", () => press(button.entry));
    return button;
  }

  function press(entry) {
    if (entry.code) {
      chosen = entry.code;
      onChoose(chosen);
    } else path = entry.path;
    show();
  }

  return {
    show(next, code) {
      if (next !== list) path = "";
      list = next;
      chosen = code;
      const one = list.find((other) => other.code === code);
      if (one) path = one.group;
      show();
    },
    key(sign) {
      if (sign === "Backspace" && path) {
        path = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
        show();
        return true;
      }
      const entry = branch(list, path)[KEYS.indexOf(sign)];
      if (!KEYS.includes(sign) || !entry) return false;
      press(entry);
      return true;
    },
  };
}
