// The page's texts in its language, as the server put them into it. Every word that a person sees comes from here.

const element = document.getElementById("texts");
const texts = element ? JSON.parse(element.textContent) : {};
const plural = new Intl.PluralRules(document.documentElement.lang || "es");

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** The text of a key with {name} filled in from values. The key is written out, so that the catalogues find it. */
export function t(key, values = {}) {
  return fill(texts[key] ?? key, values);
}

/** The same for a text with plural forms: that of the number n. */
export function tn(key, n, values = {}) {
  const forms = texts[key] ?? [key];
  return fill(plural.select(n) === "one" ? forms[0] : forms[forms.length - 1], values);
}

/** The text of a group's member, or the member itself where it is new to us. */
export function word(group, name) {
  return texts[`${group}.${name}`] ?? String(name ?? "").replaceAll("_", " ");
}

/** The sentence of a group's member, filled in from values; the member itself where it is new to us. */
export function sentence(group, name, values = {}) {
  return fill(texts[`${group}.${name}`] ?? String(name ?? "").replaceAll("_", " "), values);
}

/** Why somebody is not called or is where they are: a rule's name (house.hours, stop.paid) in words, or as it was said. */
export function reason(name, said = name) {
  const last = String(name ?? "").split(".").pop();
  return texts[`${String(name).startsWith("stop.") ? "kept" : "reason"}.${last}`] ?? texts[`kept.${last}`] ?? said;
}

const OF_A_RULE = new Set(["callback_forbidden", "number_forbidden"]); // what was said begins with the rule's name
const ITS_OWN = new Set(["number_unreadable", "number_needs_country", "number_ambiguous"]); // says it all
const IN_ENGLISH = new Set(["not_found", "exists", "forbidden", "changed", "unavailable", "too_many_tries", "in_progress"]);
const foreign = !document.documentElement.lang.startsWith("en"); // what was said would stand there in English

/** What the API answered when it could not do something: in words by its code; as it was said where the code is new. */
export function problem(code, said = "") {
  const words = texts[`refusal.${code}`] ?? texts[`problem.${code}`];
  if (OF_A_RULE.has(code)) return [words, reason(said.split(":")[0], said)].join(": ");
  if (texts[`refusal.${code}`] || ITS_OWN.has(code) || (words && foreign && IN_ENGLISH.has(code))) return words;
  return words ? [words, said].filter(Boolean).join(": ") : said || code;
}
