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
