// Requests to /api/v1, signed by the cookie; a problem comes back as an exception with its code.

import { problem, t } from "./texts.js";

export class Problem extends Error {
  constructor(status, code, detail) {
    super(problem(code, detail));
    this.status = status;
    this.code = code;
  }
}

/** Where a browser keeps whom its cookie is of: what any page asks for is in the name of who signed in last. */
export const ME = "desk.who";

let withinMs = null;
/** Give every request of this page up that has no answer by then: on a dead network it would wait for minutes. */
export const answerWithin = (ms) => (withinMs = ms);

let leave = () => location.assign("/sign-in");
/** What this page does where nobody is signed in any more, in place of going to the page for that. */
export const onSignedOut = (act) => (leave = act);
export const signedOut = () => leave();

async function reach(address, asked) {
  try {
    return await fetch(address, { ...asked, signal: withinMs && AbortSignal.timeout(withinMs) });
  } catch {
    throw new Unreached(t("link.unreached"));
  }
}

/** The server did not answer at all. */
class Unreached extends Error {
  status = 0;
  code = "unreached";
}

export async function api(method, path, body) {
  const response = await reach(`/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
  });
  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return answer;
  if (response.status === 401 && path !== "/session") signedOut();
  const faults = (answer?.errors ?? []).map((fault) => fault.what).join("; ");
  throw new Problem(response.status, answer?.code ?? "unavailable", answer?.detail || faults);
}
