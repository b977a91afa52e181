// The campaigns' cards: figures, the gauge of each rule on abandoned calls, and why one is not dialling.

import { api } from "../api.js";
import { find, keyed, setData, setHidden, setShare, setText, stamp } from "../dom.js";
import { count, regional, share } from "../format.js";
import { attempt } from "../frame.js";
import { sentence, t, word } from "../texts.js";
import { openChange } from "./change.js";
import { openDetail, shownCampaign } from "./detail.js";
import { shown } from "./figures.js";

const language = (document.documentElement.lang || "en").slice(0, 2);
const GAUGE_CAPS = 2; // the bar reaches to twice the cap

function verbs(campaign) {
  const change = { text: t("floor.change"), do: () => openChange(campaign.id) };
  const list = { text: t("standstill.see_list"), do: () => location.assign(`/calling-hours?campaign=${campaign.id}`) };
  const trunks = { text: t("standstill.see_trunks"), do: () => location.assign("/admin/trunks") };
  const agents = { text: t("standstill.see_agents"), do: () => filterAgents(campaign.id, "") };
  const decisions = { text: t("standstill.see"), do: () => see(campaign.id) };
  const start = { text: t("floor.start"), do: () => api("POST", `/campaigns/${campaign.id}/start`) };
  return {
    stopped: "limited" in document.body.dataset ? undefined : { text: t("floor.resume_all"), do: () => api("POST", "/dialling/resume") },
    paused: start,
    manual: change,
    lines_full: change,
    occupancy: change,
    budget: decisions,
    agents_busy: decisions,
    law: decisions,
    list_ended: list,
    put_off: list,
    leads_later: list,
    no_trunk: trunks,
    trunks_rest: trunks,
    trunks_full: trunks,
    frozen: trunks,
    no_agents: agents,
    unskilled: agents,
    agents_leaving: agents,
    agents_away: { text: t("standstill.see_agents"), do: () => filterAgents(campaign.id, "break") },
  };
}

const see = (id) => location.assign(`/decisions?campaign=${id}`);

function filterAgents(campaign, state) {
  find("#agent-campaign").value = String(campaign);
  find("#agent-state").value = state;
  find("#agent-state").dispatchEvent(new Event("change", { bubbles: true }));
  find("#agents-title").scrollIntoView();
}

function showReason(card, campaign, runner) {
  const { parts } = card;
  const { code, figures } = campaign.standstill;
  setText(parts.reason, code ? sentence("standstill", code, shown(figures)) : regional(campaign.pace_reasons[language] ?? ""));
  setData(parts.reason, "dialling", code ? "no" : "yes");
  const verb = runner && code ? verbs(campaign)[code] : undefined;
  setHidden(parts.act, !verb);
  setText(parts.act, verb?.text ?? "");
  card.act = verb?.do;
}

function showGauge(row, rule) {
  const { parts } = row;
  const at = (value) => `${Math.min(100, (100 * value) / (rule.cap * GAUGE_CAPS || 1))}%`;
  const [low, high] = rule.interval;
  parts.bar.style.setProperty("--low", at(low));
  parts.bar.style.setProperty("--high", at(high));
  parts.bar.style.setProperty("--now", at(rule.ratio));
  setData(parts.bar, "level", rule.ratio > rule.cap ? "over" : rule.ratio > 0.8 * rule.cap ? "near" : "fine");
  setText(parts.name, t("gauge.name", { window: word("window", rule.window), cap: share(rule.cap) }));
  setText(parts.figures, rule.answered ? t("gauge.figures", { ratio: share(rule.ratio), abandoned: count(rule.abandoned), answered: count(rule.answered) }) : t("gauge.none"));
  parts.bar.title = t("gauge.title", { low: share(low), high: share(high), left: count(Math.floor(rule.budget_left)) });
}

function showCampaign(card, campaign, runner) {
  const { parts } = card;
  setData(card, "status", campaign.status);
  setData(card, "chosen", String(shownCampaign() === campaign.id));
  setText(parts.name, campaign.name);
  setText(parts.mode, word("mode", campaign.mode));
  setText(parts.status, word("status", campaign.status));
  setText(parts.lines, `${count(campaign.lines)} / ${count(campaign.lines_max)}`);
  setShare(parts.linesBar, campaign.lines / Math.max(1, campaign.lines_max));
  for (const figure of ["placed", "connected", "abandoned"]) setText(parts[figure], count(campaign[figure]));
  setText(parts.leads, count(campaign.leads_at_hand));
  setText(parts.answerRatio, share(campaign.answer_ratio));
  setText(parts.occupancy, share(campaign.occupancy));
  keyed(parts.gauges, campaign.standings, (rule) => `${rule.window}/${rule.cap}`, () => stamp("gauge"), showGauge);
  showReason(card, campaign, runner);
  if (runner) setText(parts.toggle, campaign.status === "running" ? t("floor.pause") : t("floor.start"));
  setHidden(parts.stop, !runner || campaign.status !== "running");
}

function makeCampaign(campaign, runner) {
  const card = stamp("campaign-card");
  const { parts } = card;
  setHidden(parts.toggle, !runner);
  setHidden(parts.change, !runner);
  parts.toggle.addEventListener("click", () => {
    const verb = card.dataset.status === "running" ? "pause" : "start";
    attempt(() => api("POST", `/campaigns/${campaign.id}/${verb}`));
  });
  parts.stop.addEventListener("click", () => attempt(() => api("POST", `/campaigns/${campaign.id}/stop`)));
  parts.change.addEventListener("click", () => openChange(campaign.id));
  parts.name.addEventListener("click", () => openDetail(campaign.id));
  parts.act.addEventListener("click", () => attempt(async () => card.act?.()));
  return card;
}

export function showCampaigns(floor, runner) {
  const campaigns = [...floor.campaigns.values()];
  keyed(find("#campaigns"), campaigns, (one) => one.id, (one) => makeCampaign(one, runner), (card, one) => showCampaign(card, one, runner));
  setHidden(find("#no-campaigns"), campaigns.length > 0);
}
