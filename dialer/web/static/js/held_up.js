// What stands in a lead's way, and what would free it, in words.

import { reason, word } from "./texts.js";

const plain = (name) => name.replaceAll("_", " "); // what a word is where it is new to us

/** The reason in words; of a rule's own, or one that is new, as it was said. */
export function why(name, said = name) {
  const code = name || "dialable";
  const told = word("why", code);
  return told === plain(code) ? reason(name, said) : told;
}

/** What would let a lead be dialled that waits for this. */
export function frees(name) {
  const code = name.endsWith(".lists") ? "lists" : name || "dialable";
  const told = word("frees", code);
  return told === plain(code) ? word("frees", "time") : told;
}
