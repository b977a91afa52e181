"""The report of simulated days as one page that needs nothing else: sentences, figures, pictures, days."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulation.plots import Picture, svg
from simulation.report import Day
from simulation.scenario import Scenario, write
from simulation.summary import MEASURES, Difference, Findings, Measure, Summary, shown, shown_interval

PAGES = Path(__file__).parent / "pages"
DAYS_SHOWN = 60
DAY_HEADS = (
    "strategy", "seed", "date", "calls", "people answered", "connected", "right parties", "promises", "abandoned",
    "abandoned %", "occupancy %", "lines, most",
)  # fmt: skip
TEXTS = {
    "differences": "Dots are means, bars the intervals: a bar across the line shows no difference.",
    "agents": "How many agents were in each state, mean of all days. Orange is time without anybody to talk to.",
    "lines": "Mean of all days; the band holds four days in five.",
    "ledger": "People who answered and met nobody in time, those hung up on by detection with them.",
    "waiting": "Answered, and not yet with an agent.",
    "waits": "From the answer to the first word; those who met nobody are in the ledger.",
    "funnel": "Each step is a part of the one before; machines are among the answered.",
}
WORDS = {"none": "no difference shown", "better": "better", "worse": "worse", "more": "more", "less": "less"}


def page(findings: Findings, pictures: Sequence[Picture]) -> str:
    """The page as HTML."""
    environment = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
    scenario, summaries = findings.scenario, findings.summaries
    days = [(one, day) for one in summaries for day in one.days]
    return environment.get_template("report.html.j2").render(
        title=scenario.title or scenario.name,
        what=_what(scenario, summaries),
        found=findings.sentences,
        caution=findings.caution,
        summaries=summaries,
        cards=list(_cards(summaries[0])),
        heads=[measure.label for measure in MEASURES],
        rows=[_row(one) for one in summaries],
        verdicts=[_verdict(one) for one in findings.differences],
        confidence=_confidence({one.confidence for one in findings.differences}, len(summaries)),
        plots=list(_plots(pictures)),
        day_heads=DAY_HEADS,
        day_rows=[_day(one, day) for one, day in days[:DAYS_SHOWN]],
        days_left_out=max(0, len(days) - DAYS_SHOWN),
        sources=scenario.sources,
        scenario=write(scenario),
        footer=findings.footer,
    )  # fmt: skip


def _confidence(found: set[float], strategies: int) -> str:
    """How sure the intervals of differences are, and what is not taken into account."""
    alone = "Each figure stands alone: of twenty that do not differ, one seems to."
    if not found or strategies <= 2:
        return f"Intervals hold with 95 %. {alone}"
    each = (
        f"Each interval holds with {100 * max(found):.3g} %, so that those of all strategies hold together with 95 %."
    )
    return f"{each} {alone}"


def _what(scenario: Scenario, summaries: Sequence[Summary]) -> str:
    days = len(summaries[0].days)
    seeds = len({day.seed for day in summaries[0].days})
    strategies = f", {len(summaries)} strategies" if len(summaries) > 1 else ""
    return (
        f"{scenario.name}: {scenario.staff} agents, {scenario.hours:g} hours a day, {days} simulated "
        f"{'day' if days == 1 else 'days'} ({seeds} {'seed' if seeds == 1 else 'seeds'}){strategies}"
    )


def _cards(one: Summary) -> Iterator[dict[str, str]]:
    for measure in MEASURES[:6]:
        found = one.figures[measure.key]
        span = shown_interval(found, measure)
        value = shown(found.mean if found else None, measure)
        yield {"label": measure.label, "value": value, "span": span and f"95 %: {span}"}


def _row(one: Summary) -> dict[str, object]:
    cells = []
    for measure in MEASURES:
        found = one.figures[measure.key]
        cells.append({"value": shown(found.mean if found else None, measure), "span": shown_interval(found, measure)})
    above = "-" if one.days_above_cap is None else f"{one.days_above_cap} of {len(one.days)}"
    return {"name": one.name, "cells": cells, "above": above}


def _verdict(one: Difference) -> dict[str, str]:
    measure = one.measure
    return {
        "name": one.name,
        "label": measure.label,
        "mean": signed(one.found.mean, measure),
        "span": shown_interval(one.found, measure, signed=True),
        "verdict": one.verdict,
        "word": WORDS[one.verdict],
    }


def signed(value: float, measure: Measure) -> str:
    """A difference as people read it."""
    return f"{measure.factor * value:+,.{measure.places}f}{' points' if measure.unit == '%' else ''}"


def _plots(pictures: Sequence[Picture]) -> Iterator[list[dict[str, str]]]:
    """Pictures in rows: narrow ones go in pairs."""
    narrow = list[dict[str, str]]()
    for name, title, figure in pictures:
        plot = {"title": title, "text": TEXTS[name], "svg": svg(name, title, figure)}
        if figure.get_figwidth() > 6:
            yield [plot]
            continue
        narrow.append(plot)
        if len(narrow) == 2:
            yield narrow
            narrow = []
    if narrow:
        yield narrow


def _day(one: Summary, day: Day) -> tuple[object, ...]:
    return (
        one.name, day.seed, day.date, f"{day.placed:,}", f"{day.answered_people:,}", f"{day.connected_people:,}",
        f"{day.right_parties:,}", f"{day.promises:,}", day.abandoned + day.cut_off, percent(day.abandon_ratio),
        percent(day.occupancy), day.lines_most,
    )  # fmt: skip


def percent(share: float | None) -> str:
    """A share with two places, a dash where there is none."""
    return "-" if share is None else f"{100 * share:.2f}"
