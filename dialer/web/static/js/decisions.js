// The log of pacing decisions: of a campaign, by time, with reason and inputs.

import { api } from "./api.js";
import { el, find, setHidden, setText } from "./dom.js";
import { clock, count, regional, share } from "./format.js";
import { attempt } from "./frame.js";
import { sentence, t, word } from "./texts.js";
import { shown } from "./floor/figures.js";

const campaign = find("#campaign");
const bound = find("#bound");
const asked = new URLSearchParams(location.search);
const runner = ["administrator", "supervisor"].includes(document.body.dataset.who);
for (const minutes of [10, 60, 480]) find("#minutes").add(new Option(count(minutes), minutes));
const language = (document.documentElement.lang || "en").slice(0, 2);
let rows = [];

const local = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

const reasonOf = (one) => regional(one.reasons[language] ?? one.reason);

function whyText(why) {
  const { code, figures } = why.standstill ?? {};
  if (code) return sentence("standstill", code, shown(figures));
  return t("decisions.dials", { why: regional(why.pace_reasons[language] ?? "–") });
}

function line(one) {
  const row = el("tr");
  const given = one.inputs;
  const inputs = Object.entries(given).map(([name, value]) => `${name} ${count(Math.round(value * 1000) / 1000)}`).join(", ");
  row.title = inputs;
  row.append(
    el("td", "", clock(one.at)),
    el("td", "figure", count(one.calls)),
    el("td", "", reasonOf(one)),
    el("td", "figure", count(given.agents)),
    el("td", "figure", count(given.free)),
    el("td", "figure", count(given.in_flight)),
    el("td", "figure", share(given.risk)),
    el("td", "figure", t("decisions.of", { abandoned: count(given.abandoned), answered: count(given.answered) })),
  );
  return row;
}

function show() {
  const text = find("#text").value.trim().toLowerCase();
  const wanted = rows.filter((one) => (!bound.value || one.binding === bound.value) && (!text || reasonOf(one).toLowerCase().includes(text)));
  find("#rows").replaceChildren(...wanted.map(line));
  setHidden(find("#no-rows"), wanted.length > 0);
}

async function load() {
  if (!campaign.value) return;
  const end = find("#until").value ? new Date(find("#until").value).getTime() / 1000 + 60 : Date.now() / 1000 + 1;
  const since = end - 60 * Number(find("#minutes").value);
  const found = await attempt(() => api("GET", `/campaigns/${campaign.value}/decisions?since=${since.toFixed(0)}&until=${end.toFixed(0)}&limit=1000`));
  if (!found) return;
  rows = found.reverse();
  const kinds = [...new Set(rows.map((one) => one.binding))].sort();
  const before = bound.value;
  bound.replaceChildren(new Option(t("decisions.any"), ""), ...kinds.map((one) => new Option(word("binding", one), one)));
  bound.value = kinds.includes(before) ? before : "";
  show();
  if (!runner) return;
  const why = await attempt(() => api("GET", `/campaigns/${campaign.value}/why`));
  if (why) setText(find("#why"), whyText(why));
}

async function begin() {
  const campaigns = (await attempt(() => api("GET", "/campaigns"))) ?? [];
  for (const one of campaigns) campaign.add(new Option(one.name, one.id));
  if (asked.get("campaign")) campaign.value = asked.get("campaign");
  find("#until").max = local(new Date());
  load();
}

setHidden(find("#why"), !runner);
find("#ask").addEventListener("submit", (event) => {
  event.preventDefault();
  load();
});
campaign.addEventListener("change", load);
bound.addEventListener("change", show);
find("#text").addEventListener("input", show);
begin();
