// What agents dispute: a score stands with a ruling, or the call is scored again in its place.

import { api } from "./api.js";
import { find, setHidden, setText, stamp } from "./dom.js";
import { moment, share } from "./format.js";
import { attempt } from "./frame.js";
import { answered, writes } from "./quality_parts.js";
import { t, word } from "./texts.js";

const said = (answer) => (/^\d+$/.test(answer) ? answer : word("answer", answer));

function shown(one) {
  const card = stamp("dispute");
  const { parts } = card;
  setText(parts.head, [one.agent_name, one.form_name, moment(one.at)].filter(Boolean).join(" · "));
  setText(parts.score, one.score === null ? "–" : share(one.score));
  setText(parts.reply, one.reply);
  setText(parts.note, [one.evaluator_name, one.note].filter(Boolean).join(": "));
  parts.answers.replaceChildren(...answered(one, said));
  parts.again.href = `/recordings/${one.call}?replaces=${one.id}&form=${one.form}`;
  setHidden(parts.ruling, !writes);
  parts.ruling.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = parts.words.value;
    const done = await attempt(async () => (await api("POST", `/quality/evaluations/${one.id}/uphold`, { words })) ?? true);
    if (!done) return;
    setText(find("#told"), t("quality.upheld"));
    await load();
  });
  return card;
}

async function load() {
  const found = (await attempt(() => api("GET", "/quality/evaluations?state=disputed"))) ?? [];
  find("#disputes").replaceChildren(...found.map(shown));
  setHidden(find("#no-disputes"), found.length > 0);
}

load();
