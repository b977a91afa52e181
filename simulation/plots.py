"""A simulated day as pictures, for the report as SVG and for files as PNG. Needs the extra `tuning`."""

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from simulation.report import COURSE_S, FUNNEL, GROUPS, WAITS_S, Day
from simulation.summary import MEASURES, Difference, Summary
from simulation.texts import Tongue, text_key
from simulation.wording import label

STATE_COLOURS = {
    "talking": "#2a7f79", "wrap-up": "#e3b448", "ready": "#d9603b", "break": "#b9bdc9", "connecting": "#e4e6ec",
}  # fmt: skip
STRATEGY_COLOURS = ("#2a5d9f", "#d9603b", "#2a7f79", "#8a5aa8", "#b8860b", "#5b6270")
FUNNEL_COLOURS = ("#d5dbe6", "#a9bad6", "#6f92c4", "#2a5d9f", "#14305c")
FUNNEL_LABELS = {
    "placed": text_key("step.placed"), "answered": text_key("step.answered"), "people": text_key("step.people"),
    "right_parties": text_key("step.right_parties"), "promises": text_key("step.promises"),
}  # fmt: skip
GROUP_LABELS = {
    "talking": text_key("group.talking"), "wrap-up": text_key("group.wrap_up"), "ready": text_key("group.ready"),
    "break": text_key("group.break"), "connecting": text_key("group.connecting"),
}  # fmt: skip
INK, GRID, LIMIT = "#2b3140", "#e3e6ed", "#b3261e"
WIDE, HALF = (11.0, 3.5), (5.4, 3.3)
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "font.family": ["DejaVu Sans"], "font.size": 9.5, "axes.edgecolor": "#aab0bd",
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "axes.grid.axis": "y", "grid.color": GRID, "axes.axisbelow": True,
    "legend.frameon": False, "axes.titlelocation": "left", "axes.titlesize": 11, "axes.titleweight": "bold",
}  # fmt: skip
Picture = tuple[str, str, Figure]  # file name without ending, what it shows, and the picture


def pictures(summaries: Sequence[Summary], found: Sequence[Difference], tongue: Tongue) -> Iterator[Picture]:
    """Every picture of the days, in the order in which they are read."""
    if found:
        title = tongue.t("plot.differences", first=summaries[0].name)
        yield "differences", title, _styled(_differences, found, tongue)
    yield "agents", tongue.t("plot.agents"), _styled(_agents, summaries, tongue)
    yield "lines", tongue.t("plot.lines"), _styled(_lines, summaries, tongue)
    yield "ledger", tongue.t("plot.ledger"), _styled(_ledger, summaries, tongue)
    yield "waiting", tongue.t("plot.waiting"), _styled(_waiting, summaries, tongue)
    yield "waits", tongue.t("plot.waits"), _styled(_waits, summaries, tongue)
    if len(summaries) == 1:
        yield "funnel", tongue.t("plot.funnel_by_hour"), _styled(_funnel, summaries[0], tongue)
    else:
        yield "funnel", tongue.t("plot.funnel"), _styled(_funnels, summaries, tongue)


def svg(name: str, title: str, figure: Figure) -> str:
    """The picture for a page, without the prologue of a file; the same input gives the same text.

    Whoever has it read aloud hears the title, not every number on an axis.
    """
    out = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = out.getvalue()
    return text[text.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label={quoteattr(title)} ', 1)


def save_pngs(found: Sequence[Picture], folder: Path) -> list[Path]:
    """Write every picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, title, figure in found:
        with mpl.rc_context(STYLE):
            figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
            figure.savefig(file := folder / f"{name}.png", dpi=130)
        files.append(file)
    return files


def _styled(draw: Callable[..., Figure], *arguments: object) -> Figure:
    with mpl.rc_context(STYLE):
        return draw(*arguments)


def _figure(size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots()


def _hours(days: Sequence[Day], points: int) -> np.ndarray:
    return days[0].course.opens_h + (np.arange(points) + 0.5) * COURSE_S / 3600.0


def _clock(axes: Axes, tongue: Tongue) -> None:
    """A figure in the course of a day."""
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10], integer=True, min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{int(at):02d}:{round(at % 1 * 60):02d}"))
    axes.yaxis.set_major_formatter(_numbers(tongue))
    axes.margins(x=0.01)


def _numbers(tongue: Tongue) -> FuncFormatter:
    return FuncFormatter(lambda value, _: tongue.plain(value))


def _table(days: Sequence[Day], rows: Sequence[Sequence[float]]) -> np.ndarray:
    """One row for each day, as long as the shortest."""
    points = min(map(len, rows))
    assert len(rows) == len(days)
    return np.array([row[:points] for row in rows], dtype=float)


def _course(axes: Axes, summary: Summary, rows: Sequence[Sequence[float]], colour: str) -> None:
    """The mean over all days, and where four days in five lie."""
    table = _table(summary.days, rows)
    if table.size == 0:
        return
    at = _hours(summary.days, table.shape[1])
    if len(table) > 2:
        low, high = np.quantile(table, [0.1, 0.9], axis=0)
        axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.plot(at, table.mean(axis=0), color=colour, linewidth=1.8, label=summary.name)


def _colours(summaries: Sequence[Summary]) -> Iterator[tuple[Summary, str]]:
    for number, one in enumerate(summaries):
        yield one, STRATEGY_COLOURS[number % len(STRATEGY_COLOURS)]


def _legend(axes: Axes, summaries: Sequence[Summary]) -> None:
    if len(summaries) > 1:
        axes.legend(loc="best", fontsize=8.5)


def _agents(summaries: Sequence[Summary], tongue: Tongue) -> Figure:
    columns = 1 if len(summaries) == 1 else 2
    rows = math.ceil(len(summaries) / columns)
    figure = Figure(figsize=(11.0, 3.5 if columns == 1 else 0.4 + 2.5 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes, one in zip(grid.flat, summaries, strict=False):
        _states(axes, one, tongue)
        if columns > 1:
            axes.set_title(one.name, fontsize=10)
    for axes in grid.flat[len(summaries) :]:
        axes.set_axis_off()
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(GROUPS), fontsize=9)
    return figure


def _states(axes: Axes, summary: Summary, tongue: Tongue) -> None:
    layers = [_table(summary.days, [day.course.agents[group] for day in summary.days]).mean(axis=0) for group in GROUPS]
    at = _hours(summary.days, len(layers[0]))
    labels = [tongue.t(GROUP_LABELS[group]) for group in GROUPS]
    axes.stackplot(at, *layers, labels=labels, colors=[STATE_COLOURS[group] for group in GROUPS], linewidth=0)
    axes.set_ylabel(tongue.t("axis.agents"))
    axes.set_ylim(0, max(1.0, float(np.sum(layers, axis=0).max(initial=1.0))) * 1.02)
    _clock(axes, tongue)


def _lines(summaries: Sequence[Summary], tongue: Tongue) -> Figure:
    figure, axes = _figure(WIDE)
    for one, colour in _colours(summaries):
        _course(axes, one, [day.course.lines for day in one.days], colour)
    axes.set_ylabel(tongue.t("axis.lines"))
    axes.set_ylim(bottom=0)
    _clock(axes, tongue)
    _legend(axes, summaries)
    return figure


def _ledger(summaries: Sequence[Summary], tongue: Tongue) -> Figure:
    figure, axes = _figure(WIDE)
    caps = {one.cap for one in summaries if one.cap is not None}
    highest = 100 * max(caps, default=0.01) * 1.7
    for one, colour in _colours(summaries):
        rows = [
            [100 * gone / max(1, met) for gone, met in zip(day.course.abandoned, day.course.answered, strict=True)]
            for day in one.days
        ]
        _course(axes, one, rows, colour)
        ends = [row[-1] for row in rows if row]
        highest = max(highest, 1.25 * max(ends, default=0.0))
    for cap in sorted(caps):
        axes.axhline(100 * cap, color=LIMIT, linewidth=1.2, linestyle="--")
        said = tongue.t("axis.cap", cap=tongue.plain(100 * cap))
        axes.annotate(said, (1.0, 100 * cap), xytext=(-4, 3), textcoords="offset points", ha="right",
                      xycoords=("axes fraction", "data"), color=LIMIT, fontsize=9)  # fmt: skip
    axes.set_ylabel("%")
    axes.set_ylim(0, highest)
    _clock(axes, tongue)
    _legend(axes, summaries)
    return figure


def _waiting(summaries: Sequence[Summary], tongue: Tongue) -> Figure:
    figure, axes = _figure(HALF)
    for one, colour in _colours(summaries):
        _course(axes, one, [day.course.waiting for day in one.days], colour)
    axes.set_ylabel(tongue.t("axis.people"))
    axes.set_ylim(bottom=0)
    _clock(axes, tongue)
    _legend(axes, summaries)
    return figure


def _waits(summaries: Sequence[Summary], tongue: Tongue) -> Figure:
    figure, axes = _figure(HALF)
    lowest = 100.0
    for one, colour in _colours(summaries):
        connected = max(1, sum(day.connected for day in one.days))
        shares = [100 * sum(day.waits[at] for day in one.days) / connected for at in range(len(WAITS_S))]
        axes.plot(WAITS_S, shares, color=colour, marker="o", markersize=3.5, linewidth=1.8, label=one.name)
        lowest = min(lowest, *shares)
    axes.set_xscale("log")
    ticks = [0.05, 0.1, 0.2, 0.5, 1, 2, 5]
    axes.set_xticks(ticks, [tongue.plain(one) for one in ticks])
    axes.minorticks_off()
    axes.set_xlabel(tongue.t("axis.waited"))
    axes.set_ylabel(tongue.t("axis.connected"))
    axes.yaxis.set_major_formatter(_numbers(tongue))
    axes.set_ylim(math.floor(min(lowest - 1, 95.0)), 100.3)  # never a scale of tenths
    _legend(axes, summaries)
    return figure


def _funnel(summary: Summary, tongue: Tongue) -> Figure:
    figure = Figure(figsize=(11.0, 3.7), layout="constrained")
    bars, rates = figure.subplots(1, 2, width_ratios=[3, 2])
    hourly: Mapping[str, np.ndarray] = {
        step: _table(summary.days, [day.course.hourly[step] for day in summary.days]).mean(axis=0) for step in FUNNEL
    }
    at = summary.days[0].course.opens_h + np.arange(len(hourly["placed"])) + 0.5
    for number, (step, colour) in enumerate(zip(FUNNEL, FUNNEL_COLOURS, strict=True)):
        width = 0.9 - 0.12 * number
        bars.bar(at, hourly[step], width=width, color=colour, label=tongue.t(FUNNEL_LABELS[step]), linewidth=0)
    bars.set_ylabel(tongue.t("axis.an_hour"))
    bars.legend(
        loc="upper center", bbox_to_anchor=(0.5, 1.15), ncols=5, fontsize=8.2, columnspacing=0.9, handlelength=1
    )
    bars.margins(y=0.05)
    for one, whole, colour in zip(FUNNEL[1:], FUNNEL[:-1], FUNNEL_COLOURS[1:], strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 100 * np.where(hourly[whole] > 0, hourly[one] / hourly[whole], np.nan)
        part_of = tongue.t("axis.part_of", part=tongue.t(FUNNEL_LABELS[one]), whole=tongue.t(FUNNEL_LABELS[whole]))
        rates.plot(at, share, color=colour, marker="o", markersize=3.5, linewidth=1.6, label=part_of)
    rates.set_ylabel("%")
    rates.set_ylim(0, 100)
    rates.legend(loc="upper center", bbox_to_anchor=(0.5, 1.22), ncols=2, fontsize=7.8, columnspacing=0.9)
    for axes in (bars, rates):
        _clock(axes, tongue)
        # whole hours around them, however few: each has its tick
        axes.set_xlim(math.floor(at[0] - 0.5) - 0.05, math.ceil(at[-1] + 0.5) + 0.05)
    return figure


def _funnels(summaries: Sequence[Summary], tongue: Tongue) -> Figure:
    """Each step of each strategy, a day, on a scale of its own: what is to be compared is one step."""
    figure = Figure(figsize=(11.0, 0.9 + 0.32 * len(summaries)), layout="constrained")
    for axes, step in zip(figure.subplots(1, len(FUNNEL)), FUNNEL, strict=True):
        for row, (one, colour) in enumerate(_colours(summaries)):
            counts = [sum(day.course.hourly[step]) for day in one.days]
            mean = math.fsum(counts) / len(counts)
            axes.barh(row, mean, color=colour, height=0.62)
            axes.annotate(tongue.number(mean), (0, row), xytext=(4, 0), textcoords="offset points", va="center",
                          color="white", fontsize=8.5, fontweight="bold")  # fmt: skip
        axes.set_title(tongue.t(FUNNEL_LABELS[step]), fontsize=9)
        names = [one.name if step == FUNNEL[0] else "" for one in summaries]
        axes.set_yticks(range(len(summaries)), names, fontsize=8.5)
        axes.set_ylim(len(summaries) - 0.5, -0.5)
        axes.set_xticks([])
        axes.grid(visible=False)
        axes.spines[["bottom", "left"]].set_visible(False)
        axes.tick_params(length=0)
    return figure


def _differences(found: Sequence[Difference], tongue: Tongue) -> Figure:
    names = list(dict.fromkeys(one.name for one in found))
    measures = [measure for measure in MEASURES if any(one.measure is measure for one in found)][:6]
    figure = Figure(figsize=(11.0, 1.1 + 0.34 * len(names) * 2), layout="constrained")
    grid = figure.subplots(2, 3).flat
    for number, (axes, measure) in enumerate(zip(grid, measures, strict=False)):
        axes.axvline(0, color="#8a90a0", linewidth=1)
        for row, name in enumerate(names):
            one = next(one for one in found if one.name == name and one.measure is measure)
            colour = {"better": "#2a7f79", "worse": LIMIT}.get(one.verdict, "#8a90a0")
            mean = measure.factor * one.found.mean
            if one.found.low is not None and one.found.high is not None:
                span = [measure.factor * one.found.low, measure.factor * one.found.high]
                axes.plot(span, [row, row], color=colour, linewidth=3, solid_capstyle="round")
            axes.plot(mean, row, "o", color=colour, markersize=6)
        axes.set_yticks(range(len(names)), names if number % 3 == 0 else [""] * len(names), fontsize=8)
        axes.set_ylim(len(names) - 0.4, -0.6)
        unit = tongue.t("axis.points") if measure.unit == "%" else measure.unit
        axes.set_title(", ".join(filter(None, (label(measure, tongue), unit))), fontsize=9)
        axes.grid(visible=False)
        low, high = axes.get_xlim()
        if high - low < measure.step / 10:  # nothing but rounding: its own scale would make much of it
            axes.set_xlim(-measure.step, measure.step)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(_numbers(tongue))
    return figure
