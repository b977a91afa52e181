"""A strategy as a file that a campaign loads unchanged: `dialer campaign load NAME FILE`. Pure: text out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields

from pacing import Settings
from simulation.scenario import CampaignPlan, Scenario
from simulation.summary import MEASURES, Measure
from simulation.texts import ENGLISH, Tongue
from simulation.tune.proof import Recommended
from simulation.tune.space import Value
from simulation.wording import in_text, label, shown, shown_interval

OF_CAMPAIGN = ("mode", "lines_max", "ring_timeout_s", "wait_max_s", "wrap_up_max_s", "preview_max_s", "attempts_max")
WHOLE = frozenset({"wait_max_s"})
ELSEWHERE = frozenset({"connect_within_s", "ring_timeout_s", "rules", "vicidial", "utc_offset_s", "window"})


def strategy_text(found: Recommended, *, name: str, searched: str, aim: Measure, tongue: Tongue = ENGLISH) -> str:
    """The whole file; what is told beside its settings, in the language."""
    [plan, *_] = found.scenario.campaigns
    return (
        "\n".join(
            [*_head(found, name, searched, aim, tongue), "", *_campaign(plan, found.values), *_people(found, tongue)]
        )
        + "\n"
    )


def no_difference(aim: Measure, tongue: Tongue) -> str:
    """What is said where the proof shows nothing."""
    return tongue.t("tune.no_difference", aim=in_text(aim, tongue))


def _head(found: Recommended, name: str, searched: str, aim: Measure, tongue: Tongue) -> Iterator[str]:
    yield "# " + tongue.t("strategy.found", name=name, searched=searched)
    yield "# " + tongue.t("strategy.load")
    yield "# " + tongue.t("strategy.proved", days=tongue.number(found.days))
    for measure in MEASURES:
        one, change = found.figures.get(measure.key), found.differences.get(measure.key)
        if one is not None and change is not None:
            span = shown_interval(one, measure, tongue)
            other = shown_interval(change, measure, tongue, signed=True)
            told = {"mean": shown(one.mean, measure, tongue), "span": span, "difference": other}
            yield "#   " + ": ".join((label(measure, tongue), tongue.t("strategy.figure", **told)))
    if not found.shown(aim.key):
        yield f"# {no_difference(aim, tongue)}"
    if not found.keeps:
        yield "# " + tongue.t("strategy.caution")


def _searched(plan: CampaignPlan, values: Mapping[str, Value]) -> Iterator[str]:
    """What a campaign keeps as it has it unless the search varied it."""
    heads = {key.partition(".")[0] for key in values}
    if "number_dials_24h_max" in heads:
        yield from ("", "[campaign.rules]", f"number_dials_24h_max = {plan.number_dials_24h_max}")
    if "detection" in heads:
        yield from ("", "[campaign.detection]")
        yield from (f"{key} = {_plain(getattr(plan.detection, key))}" for key in ("on", "on_machine", "audit_share"))
    if "selection" in heads:
        yield from ("", "[campaign.selection]")
        yield from (f"{key} = {_plain(getattr(plan.selection, key))}" for key in ("order", "expression", "filter"))
    if delays := {key.removeprefix("recycling."): value for key, value in values.items() if "recycling." in key}:
        yield from ("", "[recycling_delays_s]  # seconds by outcome; all else of the campaign's rules stays as it is")
        yield from (f"{code} = {_plain(value)}" for code, value in delays.items())


def _campaign(plan: CampaignPlan, values: Mapping[str, Value]) -> Iterator[str]:
    yield "[campaign]"
    for key in OF_CAMPAIGN:
        value = getattr(plan, key)
        yield f"{key} = {_plain(int(value) if key in WHOLE else value)}"
    yield ""
    yield "[campaign.pacing]"
    settings = plan.settings()
    for one in fields(Settings):
        value = getattr(settings, one.name)
        if one.name not in ELSEWHERE and value is not None:
            yield f"{one.name} = {_plain(value)}"
    yield from _searched(plan, values)


def _people(found: Recommended, tongue: Tongue) -> Iterator[str]:
    """What a campaign's settings do not hold: for people to act upon."""
    told = dict(_beyond(found.scenario, found.values))
    if told:
        yield ""
        yield "[staffing]  # " + tongue.t("strategy.staffing")
        yield from (f"{json.dumps(key)} = {_plain(value)}" for key, value in told.items())


def _beyond(scenario: Scenario, values: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    for key, value in values.items():
        if key in {"agents", "list_order"} or key.startswith("shifts."):
            yield key, value
    if "lines_max" in values:
        yield "trunk_lines", scenario.trunks[0].lines_max


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value))
