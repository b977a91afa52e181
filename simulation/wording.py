"""What simulated days came to, in words of each language: figures as people write them, verdicts, cautions."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from simulation.intervals import Interval
from simulation.scenario import Scenario
from simulation.summary import MEASURES, Difference, Measure, Summary
from simulation.texts import CATALOGUES, ENGLISH, Tongue, text_key

SPOKEN_OF = ("occupancy", "people", "abandoned")  # figures whose differences are told as sentences
VERDICTS = {
    "none": text_key("verdict.none"),
    "better": text_key("verdict.better"),
    "worse": text_key("verdict.worse"),
    "more": text_key("verdict.more"),
    "less": text_key("verdict.less"),
    "unknown": text_key("verdict.unknown"),
}
_TOLD = {measure.key: measure for measure in MEASURES}


def title(scenario: Scenario, tongue: Tongue) -> str:
    """What the scenario is; one of the library in the language, one of the user's as it is written there."""
    known = f"scenario.{scenario.name}"
    own = CATALOGUES[ENGLISH.language].get(known)
    return tongue.t(known) if own == scenario.title else scenario.title or scenario.name


# ---------------------------------------------------------------- figures


def shown(value: float | None, measure: Measure, tongue: Tongue = ENGLISH) -> str:
    """A figure as people read it."""
    if value is None:
        return "-"
    text = tongue.number(measure.factor * value, measure.places)
    return f"{text} {measure.unit}" if measure.unit else text


def signed(value: float, measure: Measure, tongue: Tongue = ENGLISH) -> str:
    """A difference as people read it."""
    text = tongue.number(measure.factor * value, measure.places, signed=True)
    if measure.unit == "%":
        return tongue.t("points", number=text)
    return f"{text} {measure.unit}" if measure.unit else text


def shown_interval(found: Interval | None, measure: Measure, tongue: Tongue = ENGLISH, *, signed: bool = False) -> str:
    """The interval of a figure, or of a difference (`signed`); empty where there is none."""
    if found is None or found.low is None or found.high is None:
        return ""
    low, high = found.low, found.high
    if not signed:  # no figure of a day is below 0, and no share above 1
        low, high = max(0.0, low), min(high, 1.0) if measure.unit == "%" else high
    ends = [tongue.number(measure.factor * one, measure.places, signed=signed) for one in (low, high)]
    return tongue.t("interval", low=ends[0], high=ends[1])


def label(measure: Measure, tongue: Tongue = ENGLISH) -> str:
    """What the figure is called, as a head."""
    return tongue.t(measure.label)


def in_text(measure: Measure, tongue: Tongue = ENGLISH) -> str:
    """The same within a sentence."""
    text = label(measure, tongue)
    return text[0].lower() + text[1:]


def percent(share: float | None, tongue: Tongue, places: int = 2) -> str:
    """A share with its sign, a dash where there is none."""
    return "-" if share is None else f"{tongue.number(100 * share, places)} %"


def cap_shown(cap: float | None, tongue: Tongue) -> str:
    """A cap with as many decimals as it has, a dash where there is none."""
    return "-" if cap is None else f"{tongue.plain(100 * cap)} %"


# ---------------------------------------------------------------- sentences


def sentences(summaries: Sequence[Summary], found: Sequence[Difference], tongue: Tongue) -> list[str]:
    """What was found."""
    compared = [f"{difference(one, tongue)}." for one in found if one.measure.key in SPOKEN_OF]
    return [_day(summaries[0], tongue), *compared, *_callers(summaries, tongue)]


def _day(one: Summary, tongue: Tongue) -> str:
    def figure(key: str) -> str:
        measure, found = _TOLD[key], one.figures[key]
        text, span = shown(found.mean if found else None, measure, tongue), shown_interval(found, measure, tongue)
        return f"{text} ({span})" if span else text

    figures = {key: figure(key) for key in SPOKEN_OF}
    told, worst = {"name": one.name, **figures}, one.worst
    if one.days_above_cap is None:
        return tongue.t("told", **told)
    above = tongue.number(one.days_above_cap)
    if worst is not None:  # each campaign has its own cap: none is that of the share of all
        kept = {"campaign": worst.campaign, "share": percent(worst.share, tongue), "cap": cap_shown(worst.cap, tongue)}
        return tongue.tn("told.capped.several", len(one.days), above=above, **told, **kept)
    return tongue.tn("told.capped", len(one.days), cap=cap_shown(one.cap, tongue), above=above, **told)


def difference(one: Difference, tongue: Tongue = ENGLISH) -> str:
    """One strategy against the first, in one figure; or that no difference was shown."""
    measure, found = one.measure, one.found
    told = {
        "name": one.name,
        "first": one.first,
        "what": in_text(measure, tongue),
        "mean": signed(found.mean, measure, tongue),
        "span": shown_interval(found, measure, tongue, signed=True),
    }
    if one.verdict == "unknown":
        return tongue.t("difference.of_one", verdict=tongue.t(VERDICTS[one.verdict]), **told)
    if one.verdict == "none":
        return tongue.t("difference.none", **told)
    if measure.factor * abs(found.mean) < measure.step:
        return tongue.t("difference.small", **told)
    return tongue.t("difference.shown", **told)


def _callers(summaries: Sequence[Summary], tongue: Tongue) -> Iterator[str]:
    """People who called back, by themselves: they are in no other figure but the agents' time."""
    for one in summaries:
        count, taken = (sum(getattr(day.callers, key) for day in one.days) for key in ("count", "taken"))
        if not count:
            continue
        waits = [day.callers.wait_p50_s for day in one.days if day.callers.wait_p50_s is not None]
        told = {
            "name": one.name,
            "count": tongue.number(count / len(one.days)),
            "share": percent(taken / count, tongue, 1),
        }
        if waits:
            yield tongue.t("callers.waited", seconds=tongue.number(fmean(waits)), **told)
        else:
            yield tongue.t("callers", **told)


def caution(one: Summary, tongue: Tongue) -> str:
    """What must be known of the intervals."""
    if one.replications == 1:
        return tongue.t("caution.one_day")
    if not one.by_seed:
        return tongue.t("caution.one_list", n=one.replications)
    return tongue.t("caution.seeds", n=one.replications)
