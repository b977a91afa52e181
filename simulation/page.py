"""The report of simulated days as one page that needs nothing else: sentences, figures, pictures, days."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulation.plots import Picture, svg
from simulation.report import Day
from simulation.scenario import Scenario, write
from simulation.summary import MEASURES, Difference, Findings, Summary
from simulation.texts import Tongue, text_key
from simulation.wording import VERDICTS, cap_shown, label, percent, shown, shown_interval, signed, title

PAGES = Path(__file__).parent / "pages"
DAYS_SHOWN = 60
DAY_HEADS = (
    text_key("column.strategy"), text_key("column.seed"), text_key("column.date"), text_key("column.calls"),
    text_key("column.people"), text_key("column.talked"), text_key("column.right"), text_key("column.promised"),
    text_key("column.abandoned"), text_key("column.abandoned_share"), text_key("column.occupied"),
    text_key("column.lines_most"),
)  # fmt: skip
CAMPAIGN_HEADS = (
    text_key("column.campaign"), text_key("column.cap"), text_key("column.people"), text_key("column.abandoned_share"),
    text_key("column.above_cap"),
)  # fmt: skip
TEXTS = {
    "differences": text_key("plot.differences.text"),
    "agents": text_key("plot.agents.text"),
    "lines": text_key("plot.lines.text"),
    "ledger": text_key("plot.ledger.text"),
    "waiting": text_key("plot.waiting.text"),
    "waits": text_key("plot.waits.text"),
    "funnel": text_key("plot.funnel.text"),
}


def page(findings: Findings, pictures: Sequence[Picture], tongue: Tongue) -> str:
    """The page as HTML."""
    environment = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
    scenario, summaries = findings.scenario, findings.summaries
    days = [(one, day) for one in summaries for day in one.days]
    return environment.get_template("report.html.j2").render(
        t=tongue.t,
        tn=tongue.tn,
        language=tongue.language,
        title=title(scenario, tongue),
        what=_what(scenario, summaries, tongue),
        found=findings.sentences,
        caution=findings.caution,
        summaries=summaries,
        cards=list(_cards(summaries[0], tongue)),
        heads=[label(measure, tongue) for measure in MEASURES],
        rows=[_row(one, tongue) for one in summaries],
        campaign_heads=[tongue.t(key) for key in CAMPAIGN_HEADS],
        campaigns=list(_campaigns(summaries, tongue)),
        verdicts=[_verdict(one, tongue) for one in findings.differences],
        confidence=_confidence(findings.differences, len(summaries), tongue),
        plots=list(_plots(pictures, tongue)),
        day_heads=[tongue.t(key) for key in DAY_HEADS],
        day_rows=[_day(one, day, tongue) for one, day in days[:DAYS_SHOWN]],
        days_left_out=max(0, len(days) - DAYS_SHOWN),
        sources=scenario.sources,
        scenario=write(scenario),
        footer=findings.footer,
    )  # fmt: skip


def _confidence(found: Sequence[Difference], strategies: int, tongue: Tongue) -> str:
    """How sure the intervals of differences are, and what is not taken into account; nothing where there are none."""
    sure = [one.confidence for one in found if one.verdict != "unknown"]
    if not sure:
        return ""
    if strategies <= 2:
        return tongue.t("confidence.of_two")
    return tongue.t("confidence.of_several", share=tongue.plain(float(f"{100 * max(sure):.3g}")))


def _what(scenario: Scenario, summaries: Sequence[Summary], tongue: Tongue) -> str:
    parts = [
        tongue.tn("count.agents", scenario.staff),
        tongue.t("count.hours", hours=tongue.plain(scenario.hours)),
        tongue.tn("count.days", len(summaries[0].days)),
        tongue.tn("count.seeds", len({day.seed for day in summaries[0].days})),
    ]
    if len(summaries) > 1:
        parts.append(tongue.tn("count.strategies", len(summaries)))
    return f"{scenario.name}: {', '.join(parts)}"


def _cards(one: Summary, tongue: Tongue) -> Iterator[dict[str, str]]:
    for measure in MEASURES[:6]:
        found = one.figures[measure.key]
        span = shown_interval(found, measure, tongue)
        value = shown(found.mean if found else None, measure, tongue)
        yield {"label": label(measure, tongue), "value": value, "span": span and f"95 %: {span}"}


def _row(one: Summary, tongue: Tongue) -> dict[str, object]:
    cells = []
    for measure in MEASURES:
        found = one.figures[measure.key]
        value = shown(found.mean if found else None, measure, tongue)
        cells.append({"value": value, "span": shown_interval(found, measure, tongue)})
    return {"name": one.name, "cells": cells, "above": _days_above(one.days_above_cap, one, tongue)}


def _days_above(count: int | None, one: Summary, tongue: Tongue) -> str:
    """On how many of its days a cap was not kept; a dash where there is none."""
    if count is None:
        return "-"
    return tongue.t("page.of", part=tongue.number(count), whole=tongue.number(len(one.days)))


def _campaigns(summaries: Sequence[Summary], tongue: Tongue) -> Iterator[dict[str, object]]:
    """Each campaign of each strategy, where a day has several: a cap holds for one campaign's people alone."""
    for one in summaries:
        found = list(one.campaigns())
        for kept, above in found if len(found) > 1 else ():
            yield {
                "strategy": one.name,
                "name": kept.campaign,
                "cells": (
                    cap_shown(kept.cap, tongue), tongue.number(kept.people), percent(kept.share, tongue),
                    _days_above(above, one, tongue),
                ),
            }  # fmt: skip


def _verdict(one: Difference, tongue: Tongue) -> dict[str, str]:
    measure = one.measure
    return {
        "name": one.name,
        "label": label(measure, tongue),
        "mean": signed(one.found.mean, measure, tongue),
        "span": shown_interval(one.found, measure, tongue, signed=True),
        "verdict": one.verdict,
        "word": tongue.t(VERDICTS[one.verdict]),
    }


def _plots(pictures: Sequence[Picture], tongue: Tongue) -> Iterator[list[dict[str, str]]]:
    """Pictures in rows: narrow ones go in pairs."""
    narrow = list[dict[str, str]]()
    for name, told, figure in pictures:
        plot = {"title": told, "text": tongue.t(TEXTS[name]), "svg": svg(name, told, figure)}
        if figure.get_figwidth() > 6:
            yield [plot]
            continue
        narrow.append(plot)
        if len(narrow) == 2:
            yield narrow
            narrow = []
    if narrow:
        yield narrow


def _day(one: Summary, day: Day, tongue: Tongue) -> tuple[object, ...]:
    counts = (
        day.placed, day.answered_people, day.connected_people, day.right_parties, day.promises, day.missed,
    )  # fmt: skip
    return (
        one.name, day.seed, day.date, *map(tongue.number, counts), percent(day.abandon_ratio, tongue),
        percent(day.occupancy, tongue), tongue.number(day.lines_most),
    )  # fmt: skip
