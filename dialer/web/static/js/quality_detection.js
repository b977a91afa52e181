// Answering machine detection: its figures as the page's language writes them.

import { count, share, tenths } from "./format.js";

for (const [name, write] of Object.entries({ count, share, tenths }))
  for (const one of document.querySelectorAll(`[data-${name}]`)) {
    const told = one.dataset[name];
    one.textContent = write(told === "" ? null : Number(told));
  }
