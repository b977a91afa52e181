"""A campaign as the API shows and changes it. Values only: nothing is read or written here."""

from dataclasses import asdict, replace
from typing import Any

from pydantic import BaseModel

from dialer.core.detection import Detection, Tuning
from dialer.core.ids import CampaignId, ClientId
from dialer.core.inbound import Inbound
from dialer.core.model import (
    Campaign,
    CampaignStatus,
    Choice,
    Contact,
    Disposition,
    Mode,
    OptOut,
    Recycling,
    ScriptStep,
)
from dialer.core.packs.schema import Purpose
from dialer.core.routing import TrunkTurn
from dialer.core.rules import Rules, Window
from dialer.core.selection import Cap, Order, Part, Selection
from dialer.web.bodies import CampaignChange, Pace, RecyclingGiven, RulesGiven, SelectionGiven
from dialer.web.line_bodies import DetectionGiven, InboundGiven
from pacing import Settings


class CampaignShown(BaseModel):
    """A campaign as configured."""

    id: CampaignId
    client: ClientId
    name: str
    mode: Mode
    purpose: Purpose
    status: CampaignStatus
    trunks: list[str]
    trunk_turns: list[dict[str, Any]]
    least_cost: bool
    caller_id: str
    lines_max: int
    ring_timeout_s: float
    wait_max_s: float
    message: str
    wrap_up_max_s: float
    preview_max_s: float
    preview_skips_max: int
    record: bool
    attempts_max: int
    opt_out: OptOut
    pacing: dict[str, Any]
    rules: dict[str, Any]
    dispositions: list[dict[str, Any]]
    recycling: list[dict[str, Any]]
    selection: dict[str, Any]
    detection: dict[str, Any]
    inbound: dict[str, Any]
    right_party_check: bool
    script: list[dict[str, Any]]
    screen_pop: dict[str, Any]
    directory: list[dict[str, Any]]
    country: str
    skills: list[str]


def as_clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def as_minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def shown(campaign: Campaign) -> CampaignShown:
    given = asdict(campaign)
    given["rules"]["windows"] = _hours(campaign.rules.windows)
    given["inbound"]["windows"] = _hours(campaign.inbound.windows)
    del given["changes"]  # `change_routes` shows them
    given["trunks"] = list(campaign.trunks)
    given["trunk_turns"] = [asdict(one) for one in campaign.trunk_turns]
    given["dispositions"] = [asdict(one) for one in campaign.dispositions]
    given["directory"] = [asdict(one) for one in campaign.directory]
    given["recycling"] = [{"code": code, **asdict(to)} for code, to in campaign.recycling]
    return CampaignShown.model_validate(given)


def _hours(windows: tuple[Window, ...]) -> list[dict[str, Any]]:
    return [
        {"days": list(window.days), "opens": as_clock(window.opens_min), "closes": as_clock(window.closes_min)}
        for window in windows
    ]


def _paced(settings: Settings, change: Pace) -> Settings:
    return replace(settings, **dict(change.changes()))  # type: ignore[arg-type]  # the model has the same fields


def _ruled(rules: Rules, change: RulesGiven) -> Rules:
    given: dict[str, Any] = {name: getattr(change, name) for name in change.model_fields_set}
    if "windows" in given:
        given["windows"] = tuple(
            Window(tuple(window.days), as_minutes(window.opens), as_minutes(window.closes)) for window in change.windows
        )
    return replace(rules, **given)


def changed(campaign: Campaign, change: CampaignChange) -> Campaign:
    """The campaign with what the change gives. Raises ValueError for values that do not go together."""
    given: dict[str, Any] = {name: getattr(change, name) for name in change.model_fields_set - {"client"}}
    if "pacing" in given:
        given["pacing"] = _paced(campaign.pacing, change.pacing)
    if "rules" in given:
        given["rules"] = _ruled(campaign.rules, change.rules)
    for name in given.keys() & {"trunks", "skills"}:
        given[name] = tuple(dict.fromkeys(given[name]))
    if "trunk_turns" in given:
        given["trunk_turns"] = tuple(TrunkTurn(**one.model_dump()) for one in change.trunk_turns)
    given |= {name: one for name, one in _lists(change).items() if name in given}
    if "screen_pop" in given:
        given["screen_pop"] = replace(campaign.screen_pop, **_of(change.screen_pop))
    if "detection" in given:
        given["detection"] = _detecting(campaign.detection, change.detection)
    if "inbound" in given:
        given["inbound"] = _called_back(campaign.inbound, change.inbound)
    if "selection" in given:
        given["selection"] = _selected(campaign.selection, change.selection)
    return replace(campaign, **given)


def _lists(change: CampaignChange) -> dict[str, tuple[object, ...]]:
    """What is given as a list takes the place of the whole list before."""
    return {
        "dispositions": tuple(
            Disposition(one.code, one.label, one.category, one.group, tuple(one.demands)) for one in change.dispositions
        ),
        "script": tuple(
            ScriptStep(step.name, step.text, tuple(Choice(one.label, one.to) for one in step.choices))
            for step in change.script
        ),
        "directory": tuple(Contact(one.name, one.number) for one in change.directory),
        "recycling": tuple((one.code, _recycling(one)) for one in change.recycling),
    }


def _of(body: BaseModel) -> dict[str, Any]:
    """What was given, by name."""
    return {name: getattr(body, name) for name in body.model_fields_set}


def _detecting(detection: Detection, change: DetectionGiven) -> Detection:
    given: dict[str, Any] = {name: getattr(change, name) for name in change.model_fields_set}
    if given.get("tuning") is not None:
        given["tuning"] = Tuning(**change.model_dump()["tuning"])
    return replace(detection, **given)


def _called_back(inbound: Inbound, change: InboundGiven) -> Inbound:
    given: dict[str, Any] = {name: getattr(change, name) for name in change.model_fields_set}
    if "windows" in given:
        given["windows"] = tuple(
            Window(tuple(window.days), as_minutes(window.opens), as_minutes(window.closes)) for window in change.windows
        )
    if "numbers" in given:
        given["numbers"] = tuple(change.numbers)
    return replace(inbound, **given)


def _recycling(one: RecyclingGiven) -> Recycling:
    to = CampaignId(one.campaign) if one.campaign is not None else None
    return Recycling(one.delay_s, one.factor, one.delay_max_s, one.same_number, to)


def _selected(selection: Selection, change: SelectionGiven) -> Selection:
    given: dict[str, Any] = {name: getattr(change, name) for name in change.model_fields_set}
    if "parts" in given:
        given["parts"] = tuple(Part(**part.model_dump()) for part in change.parts)
    if "caps" in given:
        given["caps"] = tuple(Cap(cap.scope, cap.count, cap.span_s) for cap in change.caps)
    if given.get("order", selection.order) is not Order.EXPRESSION and "expression" not in given:
        given["expression"] = ""
    return replace(selection, **given)
