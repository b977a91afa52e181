// The form beside the player: what it asks comes from the server, and so does what the answers come to.

import { api } from "./api.js";
import { el, find, setHidden } from "./dom.js";
import { moment, share } from "./format.js";
import { attempt } from "./frame.js";
import { word } from "./texts.js";

let forms = [];
let form = null; // the version that is being answered
let task = null;
let replaces = null; // the disputed evaluation in whose place this one comes

function choice(item, answer) {
  const select = el("select");
  select.name = item.key;
  select.required = true;
  const values = item.scale ? Array.from({ length: item.scale + 1 }, (_, n) => String(n)) : ["yes", "no"];
  for (const value of ["", ...values, ...(item.na ? ["na"] : [])]) {
    const option = el("option", "", value && (item.scale && value !== "na" ? value : word("answer", value)));
    option.value = value;
    option.selected = value === (answer ?? "");
    select.append(option);
  }
  return select;
}

function show(row, answers = {}) {
  form = row;
  find("#sections").replaceChildren(
    ...row.form.sections.map((section) => {
      const box = el("fieldset");
      box.append(el("legend", "", section.name));
      for (const item of section.items) {
        const line = el("label", "item");
        line.dataset.critical = item.critical ?? "";
        if (item.help || item.critical) line.title = [item.critical && word("critical", item.critical), item.help].filter(Boolean).join(": ");
        line.append(el("span", "", item.label), choice(item, answers[item.key]));
        box.append(line);
      }
      return box;
    }),
  );
  setHidden(find("#begin"), true);
  setHidden(find("#answers"), false);
}

async function showGiven(call) {
  const given = (await attempt(() => api("GET", `/quality/evaluations?call=${call}`))) ?? [];
  find("#evaluations").replaceChildren(
    ...given.map((one) => {
      const told = [one.score === null ? "–" : share(one.score), word("evaluation", one.state), one.evaluator_name, moment(one.at)];
      const item = el("li", one.passed ? "" : "bad", told.join(" · "));
      for (const kind of one.critical) item.append(" ", el("span", "flag", word("critical", kind)));
      for (const said of [one.note, one.reply, one.ruling].filter(Boolean)) item.append(el("small", "", ` “${said}”`));
      return item;
    }),
  );
  return given;
}

/** Where a dispute led here: the form as it was answered, to be answered again. */
async function again(given) {
  const asked = new URLSearchParams(location.search);
  const disputed = given.find((one) => String(one.id) === asked.get("replaces"));
  if (!disputed) return;
  const versions = (await attempt(() => api("GET", "/quality/forms?versions=true"))) ?? [];
  const version = versions.find((one) => one.id === disputed.form);
  if (!version) return;
  replaces = disputed.id;
  show(version, disputed.answers);
}

/** What its buttons do: before any of them can be seen. */
function listen(call) {
  find("#begin-scoring").addEventListener("click", () => {
    show(forms.find((one) => String(one.id) === find("#form-choice").value));
  });
  find("#give-back").addEventListener("click", async () => {
    const done = await attempt(async () => (await api("DELETE", `/quality/queue/${task}/claim`)) ?? true);
    sessionStorage.removeItem("claim"); // another may have it by now: then there is nothing to go on with either
    if (done) location.assign("/quality");
  });
  find("#answers").addEventListener("submit", async (event) => {
    event.preventDefault();
    const answers = Object.fromEntries([...find("#sections").querySelectorAll("select")].map((one) => [one.name, one.value]));
    const target = task === null ? { call, form: form.id, replaces } : { task };
    const body = { ...target, answers, note: find("#note").value };
    if ((await attempt(() => api("POST", "/quality/evaluations", body))) === undefined) return;
    sessionStorage.removeItem("claim");
    if (task !== null || replaces !== null) {
      location.assign(task === null ? "/quality/disputes" : "/quality");
      return;
    }
    setHidden(find("#answers"), true);
    setHidden(find("#begin"), false);
    await showGiven(call);
  });
}

/** Set the part of the page up for a call, for who may score it. */
export async function scoring(call, may) {
  listen(call);
  const kept = JSON.parse(sessionStorage.getItem("claim") ?? "null");
  if (may) {
    forms = (await attempt(() => api("GET", "/quality/forms"))) ?? [];
    find("#form-choice").replaceChildren(
      ...forms.map((one) => {
        const option = el("option", "", `${one.name} (${one.version})`);
        option.value = String(one.id);
        return option;
      }),
    );
    setHidden(find("#begin"), forms.length === 0);
    setHidden(find("#no-forms"), forms.length > 0);
    if (kept?.task.call === call) {
      task = kept.task.id;
      show(kept.form, kept.answers);
      setHidden(find("#give-back"), false);
    }
  }
  const given = await showGiven(call);
  if (may && task === null) await again(given);
}
