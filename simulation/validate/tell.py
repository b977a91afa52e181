"""What `dialer validate` does: read, simulate, compare, print, draw, write JSON."""

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path

from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from asterisk_config.lab import LabError
from dialer.cli.language import spoken
from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.cli.reach import Reach
from dialer.cli.times import meant, told
from dialer.errors import ConfigError
from simulation.demo.children import ChildError
from simulation.demo.folder import FolderError
from simulation.intervals import Interval
from simulation.past import looking_back
from simulation.replications import cores
from simulation.scenario import find
from simulation.texts import Tongue, text_key
from simulation.validate.lab import MEASURES as OF_LAB
from simulation.validate.lab import TARGETS, Compared, Target, compare, play
from simulation.validate.past_day import MEASURES, Covered, Held, PastDay, Trained, Verdict, judge, past_day
from simulation.validate.script import checked

DAY_S = 86_400.0
LAWS_OF = {
    Trained.BEFORE: text_key("validate.of_before"),
    Trained.ITSELF: text_key("validate.of_itself"),
    Trained.OVERLAPPING: text_key("validate.of_overlapping"),
    Trained.AFTER: text_key("validate.of_after"),
}
OF_PAST_DAY = (
    text_key("column.whole_day"), text_key("column.forecast"), text_key("column.came"), text_key("column.off_by"), "",
    text_key("column.hours_inside"),
)  # fmt: skip
IN_REAL_TIME = (
    "", text_key("column.real_time"), text_key("column.simulated"), text_key("column.inside"),
    text_key("column.less_real"),
)  # fmt: skip
LABELS = {
    "occupancy": (text_key("forecast.occupancy"), 100.0, 1),
    "connected": (text_key("forecast.connected"), 1.0, 0),
    "abandoned": (text_key("forecast.abandoned"), 1.0, 0),
    "abandon_ratio": (text_key("forecast.abandon_ratio"), 100.0, 2),
    "talk_min": (text_key("forecast.talk_min"), 1.0, 0),
    "placed": (text_key("step.placed"), 1.0, 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked about a past day."""

    campaign: str
    day: str
    between: tuple[str, str] | None
    simulations: int
    jobs: int
    png: Path | None
    language: str = "en"  # empty: as the terminal or the console has it


def of_day(asked: Asked, *, config: Path | None, database: str | None, file: Path | None) -> None:
    """Forecast a past day and tell how it compares. Raises PastError, NotFoundError, StoreError."""
    writable(asked.png, file)
    reach = Reach.of(config, database)
    tongue = Tongue(spoken(asked.language, reach.config.web.locale if reach.config is not None else ""))
    day = asyncio.run(_read(asked, reach.database))
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(tongue.t("validate.once_more"), total=asked.simulations)
        verdict = judge(
            day, simulations=asked.simulations, jobs=asked.jobs or cores(), progress=lambda: bar.advance(task)
        )
    if asked.png is not None:
        draw(day, verdict, asked.png, tongue)
    if file is not None:
        write_json(_day_as_json(day, verdict), file)
    if file != STANDARD_OUTPUT:
        _show_day(day, verdict, asked.simulations, tongue)


async def _read(asked: Asked, url: str) -> PastDay:
    since = meant(asked.day)
    training = (meant(asked.between[0]), meant(asked.between[1])) if asked.between is not None else None
    async with looking_back(url) as store:
        campaign = await store.campaigns.find(asked.campaign)
        return await past_day(store, campaign, (since, since + DAY_S), training)


def _day_as_json(day: PastDay, verdict: Verdict) -> dict[str, object]:
    return {
        "campaign": day.campaign.name,
        "since": day.since,
        "until": day.until,
        "trained_on_calls": day.trained_on,
        "trained": day.trained,
        "in_sample": day.in_sample,
        "agents": day.scenario.staff,
        "day": [{**asdict(one), "inside": one.inside} for one in verdict.day],
        "hours": [{**asdict(one), "inside": one.inside} for one in verdict.hours],
        "coverage": verdict.coverage,
        "covered": [
            {"measure": one.measure, "hours": len(one.hours), "inside": one.inside, "doubtful": one.doubtful}
            for one in verdict.covered
        ],
    }


def _show_day(day: PastDay, verdict: Verdict, simulations: int, tongue: Tongue) -> None:
    say = Console(soft_wrap=True, highlight=False, markup=False).print
    head = {
        "campaign": day.campaign.name, "since": told(day.since)[:16], "until": told(day.until)[11:16],
        "agents": tongue.number(day.scenario.staff), "calls": tongue.number(day.trained_on),
    }  # fmt: skip
    say(tongue.t(LAWS_OF[day.trained], **head))
    columns = [tongue.t(key) if key else "" for key in OF_PAST_DAY]
    show_table(
        columns,
        [
            (tongue.t(LABELS[one.measure][0]), _interval(one.forecast, one.measure, tongue),
             _number(one.fact, one.measure, tongue), _off(one, tongue), _inside(one, tongue), _covered(hours, tongue))
            for one, hours in zip(verdict.day, verdict.covered, strict=True)
        ],
    )  # fmt: skip
    say(
        tongue.t(
            "validate.inside",
            inside=tongue.number(sum(one.inside for one in verdict.hours)),
            count=tongue.number(len(verdict.hours)),
            share=tongue.number(100 * verdict.coverage),
            simulations=tongue.number(simulations),
        )
    )
    if any(one.doubtful for one in verdict.covered):
        say(tongue.t("validate.too_few"))


def _inside(one: Held, tongue: Tongue) -> str:
    return tongue.t("validate.is_inside") if one.inside else tongue.t("validate.is_outside")


def _covered(one: Covered, tongue: Tongue) -> str:
    count = {"part": tongue.number(one.inside), "whole": tongue.number(len(one.hours))}
    return tongue.t("validate.covered_too_few", **count) if one.doubtful else tongue.t("page.of", **count)


def _off(one: Held, tongue: Tongue) -> str:
    off = one.forecast.mean - one.fact
    if one.measure == "occupancy":
        return tongue.t("points", number=tongue.number(100 * off, 1, signed=True))
    if one.measure == "abandoned" or not one.fact:
        return tongue.number(off, signed=True)
    return f"{tongue.number(100 * off / one.fact, 1, signed=True)} %"


def _number(value: float, measure: str, tongue: Tongue) -> str:
    _, factor, digits = LABELS[measure]
    return tongue.number(factor * value, digits)


def _interval(one: Interval, measure: str, tongue: Tongue) -> str:
    if one.low is None or one.high is None:
        return _number(one.mean, measure, tongue)
    low, high = (_number(end, measure, tongue) for end in (one.low, one.high))
    span = tongue.t("interval", low=low, high=high)
    return f"{_number(one.mean, measure, tongue)} ({span})"


def draw(day: PastDay, verdict: Verdict, path: Path, tongue: Tongue) -> None:
    """Hour by hour: the forecast as a band, what came as dots. Raises ConfigError where it cannot be written."""
    figure = Figure(figsize=(12, 7), layout="constrained")
    for axis, measure in zip(figure.subplots(2, 2).flat, MEASURES, strict=True):
        held = [one for one in verdict.hours if one.measure == measure]
        label, factor, _ = LABELS[measure]
        at = list(range(len(held)))
        for name, colour, width in (("low", "#c44e52", 0.0), ("high", "#c44e52", 0.0)):
            axis.plot(
                at, [factor * (getattr(one.forecast, name) or 0.0) for one in held], color=colour, linewidth=width
            )
        axis.fill_between(
            at,
            [factor * (one.forecast.low or 0.0) for one in held],
            [factor * (one.forecast.high or 0.0) for one in held],
            color="#c44e52", alpha=0.18, label=tongue.t("validate.futures"),
        )  # fmt: skip
        axis.plot(
            at, [factor * one.forecast.mean for one in held], color="#c44e52", label=tongue.t("validate.forecast")
        )
        axis.plot(at, [factor * one.fact for one in held], "o", color="#4878a8", label=tongue.t("column.came"))
        axis.set_title(tongue.t(label))
        axis.set_xticks(at, [told(one.since)[11:16] for one in held])
        axis.set_ylim(bottom=0)
    figure.axes[0].legend()
    inside = tongue.t("validate.share_inside", share=tongue.number(100 * verdict.coverage))
    figure.suptitle(f"{day.campaign.name}, {told(day.since)[:10]}: {inside}")
    try:
        figure.savefig(path, dpi=90)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error


# ---------------------------------------------------------------- the lab


def of_lab(
    name: str,
    *,
    seed: int,
    minutes: float,
    simulations: int,
    standin: bool,
    jobs: int,
    file: Path | None,
    tongue: Tongue,
) -> None:
    """Play a scenario in real time, simulate it, and tell the difference. Raises ConfigError."""
    writable(file)
    scenario = checked(find(name))
    try:
        lab = play(scenario, seed, minutes, Console(stderr=True), standin=standin)
    except (LabError, ChildError, FolderError) as error:
        raise ConfigError(str(error)) from error
    with Console(stderr=True).status(tongue.t("simulating")):
        found = compare(scenario, lab, seed=seed, minutes=minutes, simulations=simulations, jobs=jobs or cores())
    if file is not None:
        write_json(_lab_as_json(name, found, standin=standin), file)
    if file != STANDARD_OUTPUT:
        _show_lab(name, found, tongue, standin=standin)


def _lab_as_json(name: str, found: Compared, *, standin: bool) -> dict[str, object]:
    return {
        "scenario": name,
        "switch": "stand-in" if standin else "asterisk",
        "minutes": found.minutes,
        "simulations": found.simulations,
        "lab": {one: getattr(found.lab, one) for one in OF_LAB},
        "simulated": {one: asdict(found.simulated[one]) for one in OF_LAB},
        "targets": [
            {"measure": one.measure, "within": one.within, "difference": found.difference(one), "met": found.met(one)}
            for one in TARGETS
        ],
    }


def _show_lab(name: str, found: Compared, tongue: Tongue, *, standin: bool) -> None:
    head = {"name": name, "minutes": tongue.plain(found.minutes), "simulations": tongue.number(found.simulations)}
    said = tongue.t("validate.on_standin", **head) if standin else tongue.t("validate.on_asterisk", **head)
    Console(soft_wrap=True, highlight=False, markup=False).print(said)
    targets = {one.measure: one for one in TARGETS}
    rows = []
    for key in OF_LAB:
        one, target = found.simulated[key], targets.get(key)
        fact = getattr(found.lab, key)
        inside = one.low is not None and one.high is not None and one.low <= fact <= one.high
        rows.append(
            (tongue.t(LABELS[key][0]), _number(fact, key, tongue), _interval(one, key, tongue),
             tongue.t("yes") if inside else tongue.t("no"), "" if target is None else _goal(found, target, tongue))
        )  # fmt: skip
    columns = [tongue.t(key) if key else "" for key in IN_REAL_TIME]
    show_table(columns, rows)


def _goal(found: Compared, target: Target, tongue: Tongue) -> str:
    """How far the simulation lies from the lab, and whether that is near enough."""
    off = tongue.number(100 * found.difference(target), 1, signed=True)
    told_off = f"{off} %" if target.relative else tongue.t("points", number=off)
    within = tongue.plain(100 * target.within)
    if found.met(target):
        return tongue.t("validate.met", off=told_off, within=within)
    return tongue.t("validate.not_met", off=told_off, within=within)
