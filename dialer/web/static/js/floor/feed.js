// The floor as it is: the whole as first told, with every change since.

const PARTS = { campaigns: "id", agents: "id", calls: "id", trunks: "name" };
const floor = { at: 0, head: null, campaigns: new Map(), agents: new Map(), calls: new Map(), trunks: new Map() };
let ahead = 0; // the server's clock less ours, in seconds
let wakes = [];

export const now = () => Date.now() / 1000 + ahead;
export const latest = () => floor;

/** Take a message in; the floor as it is with it. */
export function merged(change) {
  floor.at = change.at;
  floor.head = change.head;
  ahead = change.at - Date.now() / 1000;
  for (const [part, key] of Object.entries(PARTS)) {
    if (change.whole) floor[part].clear();
    for (const gone of change.gone[part] ?? []) floor[part].delete(gone);
    for (const one of change[part]) floor[part].set(one[key], one);
  }
  for (const wake of wakes) wake();
  wakes = [];
  return floor;
}

/** Let a test, or somebody at the console, look at what is known. */
export function followFloor() {
  window.cadenciaFloor = floor;
}

/** Wait for the next message. */
export const nextChange = () => new Promise((resolve) => wakes.push(resolve));
