// Small means to keep the page in step with what the server says, without building it anew.

/** A new element with a class and a text. */
export function el(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function find(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Set a text only where it differs: the browser then lays nothing out again. */
export function setText(element, text) {
  const next = String(text);
  if (element.textContent !== next) element.textContent = next;
}

export function setData(element, name, value) {
  const next = String(value ?? "");
  if (element.dataset[name] !== next) element.dataset[name] = next;
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** A bar filled to a share of 0 to 1. */
export function setShare(element, share) {
  element.style.setProperty("--share", String(Math.max(0, Math.min(1, share || 0))));
}

/** Let the container hold one child for each item, in order: made once by `make`, brought up to date by `update`. */
export function keyed(container, items, keyOf, make, update) {
  const before = new Map([...container.children].map((child) => [child.dataset.key, child]));
  let place = container.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = before.get(key);
    before.delete(key);
    if (!child) {
      child = make(item);
      child.dataset.key = key;
    }
    if (child === place) place = place.nextElementSibling;
    else container.insertBefore(child, place);
    update(child, item);
  }
  for (const gone of before.values()) gone.remove();
}

/** The parts of a template element, by their data-part. */
export function stamp(id) {
  const root = find(`#${id}`).content.firstElementChild.cloneNode(true);
  root.parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  return root;
}
