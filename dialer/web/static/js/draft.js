// What is typed about a call, kept by the browser until it is saved: a reload loses nothing.

const PREFIX = "draft.";

/** A keeper of the notes and the callback time; `open` brings back what was typed for a call. */
export function createDraft(notes, callback) {
  return {
    open(call) {
      const kept = call === null ? null : JSON.parse(sessionStorage.getItem(PREFIX + call) ?? "null");
      notes.value = kept?.notes ?? "";
      callback.value = kept?.callback ?? "";
      return kept?.code ?? null;
    },
    keep(call, code) {
      if (call === null || call === undefined) return;
      sessionStorage.setItem(PREFIX + call, JSON.stringify({ notes: notes.value, callback: callback.value, code }));
    },
    forget(call) {
      sessionStorage.removeItem(PREFIX + call);
    },
  };
}
