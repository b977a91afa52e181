// What an agent was told of their own calls; each score is taken note of, or disputed, once.

import { api } from "./api.js";
import { el, find, setHidden, setText, stamp } from "./dom.js";
import { moment, share } from "./format.js";
import { attempt } from "./frame.js";
import { answered } from "./quality_parts.js";
import { t, word } from "./texts.js";

const said = (answer) => (/^\d+$/.test(answer) ? answer : word("answer", answer));

function shown(one) {
  const card = stamp("score");
  const { parts } = card;
  setText(parts.head, [one.form_name, moment(one.at)].join(" · "));
  setText(parts.score, one.score === null ? "–" : share(one.score));
  parts.flags.replaceChildren(...one.critical.map((kind) => el("span", "flag", word("critical", kind))));
  setText(parts.note, [one.evaluator_name, one.note].filter(Boolean).join(": "));
  parts.answers.replaceChildren(...answered(one, said));
  const open = one.state === "given";
  setText(parts.state, open ? "" : [word("evaluation", one.state), one.reply && `“${one.reply}”`, one.ruling && `${t("quality.ruling")}: ${one.ruling}`].filter(Boolean).join(" "));
  setHidden(parts.reply, !open);
  parts.reply.addEventListener("submit", async (event) => {
    event.preventDefault();
    const dispute = event.submitter?.value === "dispute";
    const body = { dispute, words: parts.words.value };
    const done = await attempt(async () => (await api("POST", `/quality/evaluations/${one.id}/reply`, body)) ?? true);
    if (!done) return;
    setText(find("#told"), dispute ? t("scores.disputed") : t("scores.acknowledged"));
    await load();
  });
  return card;
}

async function load() {
  const found = (await attempt(() => api("GET", "/quality/mine"))) ?? [];
  find("#scores").replaceChildren(...found.map(shown));
  setHidden(find("#no-scores"), found.length > 0);
}

load();
