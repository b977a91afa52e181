// Messages from supervisors, above the desk until each is read.

import { api } from "../api.js";
import { el, keyed, setHidden } from "../dom.js";
import { clock } from "../format.js";
import { attempt } from "../frame.js";
import { t } from "../texts.js";

const box = el("div", "messages");
box.setAttribute("role", "status");
document.querySelector("main")?.before(box);

function line(message) {
  const row = el("div", "notice message");
  const read = el("button", "quiet", t("message.read"));
  read.type = "button";
  read.addEventListener("click", async () => showMessages(await attempt(() => api("POST", `/desk/messages/${message.id}/read`))));
  const from = t("message.from", { by: message.by });
  row.append(el("small", "", `${clock(message.at)} · ${from}`), el("span", "", message.text), read);
  return row;
}

/** Show those that are not read yet. */
export function showMessages(messages) {
  if (!messages) return;
  keyed(box, messages, (one) => one.id, line, () => {}); // those that stand there keep the focus, and are not read out again
  setHidden(box, messages.length === 0);
}

attempt(() => api("GET", "/desk/messages")).then(showMessages);
