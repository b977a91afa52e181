// What is typed about a call, kept until it is saved: at once in this browser, a moment later at the server.

import { api } from "../api.js";
import { find } from "../dom.js";

// Another agent may sit at this browser next.
const PREFIX = `draft.${find(".who").dataset.key}.`;
const SEND_AFTER_MS = 400;

/**
 * Keeps one value for each call. `open` brings back the newest of what this browser and the server have; `onOther` is told
 * what another tab of this browser keeps for a call, as it is typed there.
 */
export function createDrafts(onOther) {
  const waiting = new Map(); // by call: what the server has not been sent yet
  const told = new Map(); // by call: what the server says of it, beside what was typed
  const saving = new Map(); // by call: what is on its way to be saved
  let timer = null;
  let known = null; // what the server had when asked

  const local = (call) => JSON.parse(localStorage.getItem(PREFIX + call) ?? "null");

  function store(call, value) {
    try {
      localStorage.setItem(PREFIX + call, JSON.stringify(value));
    } catch {
      // it is full, or may keep nothing
    }
  }

  addEventListener("storage", ({ key, newValue }) => {
    if (!key?.startsWith(PREFIX)) return;
    const call = Number(key.slice(PREFIX.length));
    const kept = JSON.parse(newValue);
    if (kept) known?.set(call, kept);
    else known?.delete(call); // it was saved there
    if (kept) onOther(call, kept);
  });

  async function load() {
    if (known) return known;
    const found = await api("GET", "/desk/drafts");
    known = new Map(found.map((draft) => [draft.call, JSON.parse(draft.body)]));
    told.clear();
    for (const { call, standing, talked, campaign, disposition } of found) told.set(call, { standing, talked, campaign, disposition });
    sendLeft();
    return known;
  }

  /** What an earlier page kept here alone is sent now. What the server let go of goes, unless more was typed while it saved. */
  function sendLeft() {
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
      const call = Number(key.slice(PREFIX.length));
      const here = local(call);
      const there = known.get(call);
      if (!here.sent && !(there?.at >= here.at)) {
        known.set(call, here);
        put(call, here);
      } else if (!there) {
        if (here.saving && here.saving !== here.now) again(call, here.saving);
        else localStorage.removeItem(key);
      }
    }
  }

  async function send() {
    let after = SEND_AFTER_MS;
    for (const [call, draft] of waiting) {
      try {
        await api("PUT", "/desk/draft", draft);
        if (!waiting.has(call)) put(call, null); // let go of meanwhile: this may have come later
        if (waiting.get(call) !== draft) continue;
        waiting.delete(call);
        const here = local(call);
        if (here) store(call, { ...here, sent: true });
      } catch (problem) {
        // What the server cannot take as a disposition is kept as it was typed.
        if (problem.status === 422 && draft.disposition && waiting.get(call) === draft) waiting.set(call, { ...draft, disposition: null });
        after = 2000; // the server is away; this browser has it meanwhile
      }
    }
    timer = waiting.size ? setTimeout(send, after) : null;
  }

  /** `kept` null: nothing waits any more. */
  function put(call, kept) {
    const draft = kept && { waits: unsaved(kept), code: kept.code ?? "", disposition: kept.complete ?? null };
    waiting.set(call, { call, body: kept ? JSON.stringify(kept) : "", ...draft });
    timer ??= setTimeout(send, SEND_AFTER_MS);
  }

  function keep(call, value) {
    const kept = { ...value, saving: saving.get(call), at: Date.now(), sent: false };
    store(call, kept);
    known?.set(call, kept);
    put(call, kept);
  }

  /** It was saved, while more was typed: the server keeps that once more. */
  function again(call, saved) {
    keep(call, { ...local(call), saved });
  }

  addEventListener("pagehide", () => {
    for (const draft of waiting.values()) {
      fetch("/api/v1/desk/draft", {
        method: "PUT",
        keepalive: true,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(draft),
      }).catch(() => {});
    }
  });

  return {
    /** What was typed for a call; null where nothing was. */
    async open(call) {
      const there = (await load().catch(() => null))?.get(call) ?? null;
      const here = local(call); // by now: something may have been chosen meanwhile
      return !here || there?.at > here.at ? there : here;
    },
    here: local,
    keep,
    again,
    saving,
    /** It was saved, and the server let go of it. */
    forget(call) {
      localStorage.removeItem(PREFIX + call);
      known?.delete(call);
      waiting.delete(call);
    },
    /** It was saved while the talk went on, which is over now. */
    settle(call) {
      this.forget(call);
      put(call, null);
    },
    /** Calls with something typed and not saved, other than the present one: { call, kept, told }. */
    async others(present) {
      const all = await load().catch(() => new Map());
      const left = [...all].filter(([call, kept]) => call !== present && unsaved(kept));
      return left.map(([call, kept]) => ({ call, kept, told: told.get(call) ?? {} }));
    },
    /** The server has news. */
    async reload() {
      const before = known;
      known = null;
      await load().catch(() => (known = before));
    },
  };
}

/** Whether notes or a disposition in it were not saved. */
function unsaved(kept) {
  return Boolean(kept.code || kept.notes?.trim()) && kept.now !== kept.saved;
}
