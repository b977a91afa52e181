"""Calling rules: those in force, what they say of a number at an hour, and of a lead in the coming week."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dialer.core.ids import LeadId
from dialer.core.model import DialFacts, Lead
from dialer.core.packs.schema import Confidence, Kept, Kind, Purpose, Rule, Status
from dialer.core.rules import Forbidden
from dialer.core.showing import lawful_as_shown
from dialer.leads.dialable import unsaved
from dialer.leads.numbers import read_number
from dialer.leads.week import week_of
from dialer.leads.why import facts_of
from dialer.store import NotFoundError
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Body, Id, Number
from dialer.web.campaigns import as_clock
from dialer.web.console import Console
from dialer.web.permissions import Permission
from dialer.web.problems import ProblemError, responses
from dialer.web.views import masked

router = APIRouter(tags=["rules"], responses=responses(401, 403, 404))


class SpanShown(BaseModel):
    """Hours by the callee's own clock in which calls may begin; `days` from 0 (Monday)."""

    days: list[int]
    opens: str
    closes: str


class LimitShown(BaseModel):
    """At most `count` calls in the span; `count` 0: none for the span after something happened (a cool-down)."""

    name: str
    count: int
    kind: Kind
    days: float


class RuleShown(BaseModel):
    """One dated rule; see docs/rules.md. `verify`: have counsel check it before it is relied on."""

    name: str
    country: str
    region: str
    since: date | None
    until: date | None
    purposes: list[Purpose]
    status: Status
    confidence: Confidence
    verify: bool
    hours: list[SpanShown]
    holidays_closed: bool
    limits: list[LimitShown]
    consent_days: int | None = Field(description="null: no consent is asked for; 0: of any age")
    third_parties_closed: bool
    stop_on: list[Kept]
    ring_min_s: float
    numbers_shown: list[str] = Field(description="beginnings of which the number shown must have one; empty: any")
    lists: list[str]
    abandon_cap: float | None
    retain_days: int
    source: str
    note: str
    notes: dict[str, str] = Field(description="the note in other languages, by language", examples=[{"es": "…"}])


class TryGiven(Body):
    """A number, and the time on the clock where the person is; without a time, now."""

    campaign: Id
    number: Number
    local: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$", examples=["2026-11-27T21:30"])] | None = None


class Tried(BaseModel):
    """Whether a call would be allowed, by which rules or why not, and from when on. `known`: a lead's number."""

    allowed: bool
    rule: str
    reason: str
    until: float | None
    country: str
    zones: list[str]
    known: bool
    at: float
    rules: list[str]


class StretchShown(BaseModel):
    """A time in which the lead may be called; with a `rule`, one in which it may not."""

    since: float
    until: float
    rule: str
    reason: str


class WeekShown(BaseModel):
    """The coming week of a lead, should no call be made meanwhile; `zone` is the person's."""

    number: str
    zone: str
    stretches: list[StretchShown]


@router.get("/rules", operation_id="listRules")
async def list_rules(session: Caller, console: TheConsole) -> list[RuleShown]:
    """Every calling rule that the configuration puts in force, by country; campaigns have hours and caps of theirs."""
    return [_rule(one) for one in sorted(console.law.book.rules, key=lambda one: (one.country, one.region, one.name))]


@router.post("/rules/try", operation_id="tryRules")
async def try_rules(body: TryGiven, session: Caller, console: TheConsole) -> Tried:
    """What every rule says of a call to a number at an hour. Nothing is dialled, nothing is changed."""
    campaign = await console.campaign(body.campaign, session)
    read = read_number(body.number, None)
    if not read.valid or not read.country:
        raise ProblemError("invalid", "number: there is no such number in any country's plan")
    zones = read.zones or ("UTC",)
    now = console.now()
    if body.local is not None:
        now = _instant(body.local, zones[0])
    lead = unsaved(campaign, read.number, read.country, zones)
    known, facts = await _facts(console, lead, now)
    tried = Tried(
        allowed=True,
        rule="",
        reason="",
        until=None,
        country=read.country,
        zones=list(facts.lead.zones),
        known=known,
        at=now,
        rules=[one.name for one in console.law.rules_for(facts, campaign.purpose)],
    )
    if facts.do_not_call:
        reason = f"the number is on the list {', '.join(facts.do_not_call)}"
        return tried.model_copy(update={"allowed": False, "rule": "do_not_call", "reason": reason})
    verdict = lawful_as_shown(facts, campaign, console.law, await console.shown(), now)
    if isinstance(verdict, Forbidden):
        told = {"allowed": False, "rule": verdict.rule, "reason": verdict.reason, "until": verdict.until}
        return tried.model_copy(update=told)
    return tried.model_copy(update={"rule": verdict.rule})


def _instant(local: str, zone: str) -> float:
    try:
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp()
    except (ValueError, OverflowError) as error:
        raise ProblemError("invalid", f"local: {error}") from error


async def _facts(console: Console, lead: Lead, now: float) -> tuple[bool, DialFacts]:
    """What is known of the number: all that a reservation reads where it is a lead's, else the number alone."""
    lists = await console.store.do_not_call.lists_of(lead.number, campaign=lead.campaign, now=now)
    for view in await console.store.leads.find(lead.campaign, lead.number, limit=1):
        phone = next((one for one in view.phones if one.number == lead.number), None)
        if phone is not None:
            facts = await facts_of(console.store, view, phone, now)
            return True, replace(facts, do_not_call=lists)
    loaded = await console.store.do_not_call.loaded(lead.campaign, now)
    return False, DialFacts(lead=lead, lists=loaded, do_not_call=lists)


@router.get("/leads/{lead}/week", operation_id="leadWeek")
async def lead_week(lead: Id, session: Caller, console: TheConsole) -> WeekShown:
    """When the lead may be called in the coming week, and which rule forbids it between."""
    await console.check_lead(lead, session)
    try:
        week = await week_of(console.store, LeadId(lead), console.law, console.now(), console.floor.view().pools)
    except NotFoundError as error:
        raise ProblemError("not_found", str(error)) from error
    number = week.number if session.may(Permission.NUMBERS_READ) else masked(week.number)
    spans = [
        StretchShown(
            since=one.since,
            until=one.until,
            rule=one.shut.rule if one.shut is not None else "",
            reason=one.shut.reason if one.shut is not None else "",
        )
        for one in week.stretches
    ]
    return WeekShown(number=number, zone=week.zone, stretches=spans)


def _rule(rule: Rule) -> RuleShown:
    since, until = (date.fromordinal(day) if day else None for day in (rule.since, rule.until))
    limits = [
        *(LimitShown(name=one.name, count=one.count, kind=one.span.kind, days=one.span.days) for one in rule.caps),
        *(LimitShown(name=one.name, count=0, kind=one.span.kind, days=one.span.days) for one in rule.cooldowns),
    ]
    return RuleShown(
        name=rule.name,
        country=rule.country,
        region=rule.region,
        since=since,
        until=until,
        purposes=list(rule.purposes),
        status=rule.status,
        confidence=rule.confidence,
        verify=rule.verify,
        hours=[
            SpanShown(days=list(one.days), opens=as_clock(one.opens_min), closes=as_clock(one.closes_min))
            for one in rule.hours
        ],
        holidays_closed=rule.holidays_closed,
        limits=limits,
        consent_days=rule.consent.days if rule.consent is not None else None,
        third_parties_closed=rule.third_parties_closed,
        stop_on=list(rule.stop_on),
        ring_min_s=rule.ring_min_s,
        numbers_shown=list(rule.caller_id.prefixes),
        lists=list(rule.lists),
        abandon_cap=rule.abandonment.cap if rule.abandonment is not None else None,
        retain_days=rule.retain_days,
        source=rule.source,
        note=rule.note,
        notes=dict(rule.notes),
    )
