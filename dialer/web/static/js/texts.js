// The page's texts in its language, as the server put them into it. Every word that a person sees comes from here.

const element = document.getElementById("texts");
const texts = element ? JSON.parse(element.textContent) : {};

/** The text of a key with {name} filled in from values. */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The text of a group's member, or the member itself where it is new to us. */
export function word(group, name) {
  return texts[`${group}.${name}`] ?? String(name ?? "").replaceAll("_", " ");
}
