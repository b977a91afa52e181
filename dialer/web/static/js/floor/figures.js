// The numbers behind a sentence, as the page's language writes them.

import { reason, word } from "../texts.js";
import { count, share, when } from "../format.js";

const SHARES = new Set(["share", "ratio", "cap"]);
const TIMES = new Set(["due_at"]);

/** Figures by name as texts. */
export function shown(figures) {
  const write = (name, value) => {
    if (name === "fault") return word("fault", value);
    if (name === "rule") return reason(value);
    if (typeof value !== "number") return value;
    if (SHARES.has(name)) return share(value);
    if (TIMES.has(name)) return when(value);
    return count(Math.round(value * 10) / 10);
  };
  return Object.fromEntries(Object.entries(figures ?? {}).map(([name, value]) => [name, write(name, value)]));
}
