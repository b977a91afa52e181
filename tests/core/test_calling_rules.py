"""The edges of calling rules: minutes, clock changes, weeks, months, candidates; and what the engine makes of them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialer.core.lawful import NO_LAW, lawful, stretches
from dialer.core.messages import (
    DeferLead,
    LeadsClaimed,
    PlaceCall,
    ReleaseCall,
    ReserveCall,
    RulesSet,
    SaveCall,
)
from dialer.core.model import DialFacts
from dialer.core.packs.hours import instant
from dialer.core.packs.lawbook import Lawbook, Terms
from dialer.core.packs.schema import (
    EVERYWHERE,
    After,
    CallerId,
    Cap,
    Confidence,
    Cooldown,
    Dial,
    Holidays,
    Hours,
    Kind,
    Purpose,
    Reached,
    Region,
    Rule,
    Rulebook,
    Scope,
    Span,
    Status,
    Unit,
)
from dialer.core.rules import EVERY_DAY, Allowed, Forbidden, Rules, Window
from tests.core.floor import CAMPAIGN, NOON, campaign, floor, lead, only, those

HOUR, DAY = 3600.0, 86_400.0
TERMS = Terms(Purpose.COLLECTIONS, "600")
PERSON = (Scope.PERSON,)


def rule(**given: object) -> Rule:
    base = Rule(
        id="cl.test",
        version="1",
        country="CL",
        purposes=(Purpose.COLLECTIONS,),
        status=Status.STATUTE,
        source="a test",
        confidence=Confidence.A,
    )
    return replace(base, **given)  # type: ignore[arg-type]


def cap(count: int, span: Span, unit: Unit = Unit.DIAL, **given: object) -> Rule:
    return rule(caps=(Cap(name="cap", count=count, span=span, unit=unit, scope=PERSON, **given),))  # type: ignore[arg-type]


def law(*rules: Rule, **given: object) -> Lawbook:
    return Lawbook(Rulebook(rules, **given))  # type: ignore[arg-type]


def at(text: str, zone: str = "America/Santiago") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def facts(*dials: Dial, **changes: object) -> DialFacts:
    return DialFacts(lead=lead(1, **changes), dials=dials)


def dial(when: float, reached: Reached = Reached.NOBODY, **same: Any) -> Dial:
    return Dial(when, when + 60, reached, **same)


def until(verdict: object) -> float | None:
    assert isinstance(verdict, Forbidden), verdict
    return verdict.until


# ---------------------------------------------------------------- hours

WEEKDAYS = rule(hours=(Hours((0, 1, 2, 3, 4), 8 * 60, 20 * 60),), holidays_closed=True)


def test_open_from_the_first_second_to_before_the_last() -> None:
    book = law(WEEKDAYS)
    opens, closes = at("2026-11-24T08:00"), at("2026-11-24T20:00")
    assert until(book.verdict(facts(), TERMS, opens - 0.001)) == opens
    assert book.verdict(facts(), TERMS, opens) == Allowed("cl.test@1")
    assert isinstance(book.verdict(facts(), TERMS, closes - 0.001), Allowed)
    assert until(book.verdict(facts(), TERMS, closes)) == at("2026-11-25T08:00")


def test_a_weekend_and_a_holiday_are_passed_over() -> None:
    book = law(WEEKDAYS, holidays=(Holidays("CL", (datetime(2026, 12, 8, tzinfo=UTC).toordinal(),)),))
    assert until(book.verdict(facts(), TERMS, at("2026-12-04T20:00"))) == at("2026-12-07T08:00")
    closed = book.verdict(facts(), TERMS, at("2026-12-08T12:00"))
    assert until(closed) == at("2026-12-09T08:00")
    assert isinstance(closed, Forbidden)
    assert (closed.rule, closed.reason) == ("cl.test@1.hours", "a public holiday where the person is")


def test_every_zone_must_be_open() -> None:
    zones = ("America/Santiago", "Pacific/Easter")  # two hours apart
    book = law(WEEKDAYS)
    early = at("2026-11-24T08:30")
    assert until(book.verdict(facts(zones=zones), TERMS, early)) == at("2026-11-24T08:00", "Pacific/Easter")
    assert until(book.verdict(facts(zones=zones), TERMS, at("2026-11-24T20:00"))) == at(
        "2026-11-25T08:00", "Pacific/Easter"
    )
    assert until(book.verdict(facts(zones=()), TERMS, early)) is None


def test_rules_that_never_meet_leave_no_time() -> None:
    book = law(rule(hours=(Hours((0,), 0, 600),)), rule(id="other", hours=(Hours((1,), 0, 600),)))
    assert until(book.verdict(facts(), TERMS, at("2026-11-24T08:00"))) is None


@pytest.mark.parametrize(
    ("zone", "day", "minute", "closing", "expected"),
    [
        # The clock leaps from 02:00 to 03:00: what begins or ends between does so at the leap.
        ("America/New_York", "2026-03-08", 150, False, "2026-03-08T07:00:00+00:00"),
        ("America/New_York", "2026-03-08", 150, True, "2026-03-08T07:00:00+00:00"),
        # From 02:00 back to 01:00: an opening is the second 01:30, a closing the first.
        ("America/New_York", "2026-11-01", 90, False, "2026-11-01T06:30:00+00:00"),
        ("America/New_York", "2026-11-01", 90, True, "2026-11-01T05:30:00+00:00"),
        # In Chile the clock leaps over midnight, and half an hour on Lord Howe.
        ("America/Santiago", "2026-09-06", 0, False, "2026-09-06T04:00:00+00:00"),
        ("America/Santiago", "2026-09-05", 1440, True, "2026-09-06T04:00:00+00:00"),
        ("Australia/Lord_Howe", "2026-10-04", 135, False, "2026-10-03T15:30:00+00:00"),
    ],
)
def test_hours_on_days_when_the_clock_changes(zone: str, day: str, minute: int, closing: bool, expected: str) -> None:
    ordinal = datetime.fromisoformat(day).toordinal()
    assert instant(ZoneInfo(zone), ordinal, minute, closing=closing) == datetime.fromisoformat(expected).timestamp()


def test_a_dated_rule_holds_from_its_first_day_to_its_last() -> None:
    first, last = (datetime(2026, 11, day, tzinfo=UTC).toordinal() for day in (24, 25))
    book = law(rule(since=first, until=last, hours=(Hours(EVERY_DAY, 600, 601),)))
    noons = [isinstance(book.verdict(facts(), TERMS, at(f"2026-11-{day}T12:00")), Allowed) for day in (23, 24, 25, 26)]
    assert noons == [True, False, False, True]


# ---------------------------------------------------------------- caps and cool-downs


def test_a_rolling_cap_frees_when_the_oldest_that_matters_has_passed() -> None:
    book = law(cap(2, Span(Kind.ROLLING, 1)))
    dials = (dial(NOON - 20 * HOUR), dial(NOON - 10 * HOUR), dial(NOON - 5 * HOUR))
    assert until(book.verdict(facts(*dials), TERMS, NOON)) == NOON + 14 * HOUR
    assert isinstance(book.verdict(facts(*dials[1:2]), TERMS, NOON), Allowed)
    assert isinstance(book.verdict(facts(dial(NOON - DAY), dials[2]), TERMS, NOON), Allowed)  # a day ago, to the second


@pytest.mark.parametrize(
    ("span", "last", "frees"),
    [
        (Span(Kind.WEEK_ISO), "2026-12-29T23:59", "2027-01-04T00:00"),  # week 53
        (Span(Kind.WEEK_ISO), "2026-11-22T23:59", "2026-11-23T00:00"),
        (Span(Kind.MONTH), "2026-12-31T23:59", "2027-01-01T00:00"),
        (Span(Kind.MONTH), "2026-02-01T00:00", "2026-03-01T00:00"),
        (Span(Kind.CALENDAR, 1), "2026-11-24T00:00", "2026-11-25T00:00"),
        (Span(Kind.CALENDAR, 30), "2026-11-24T23:59", "2026-12-24T00:00"),
        (Span(Kind.CALENDAR, 2), "2026-09-05T12:00", "2026-09-07T00:00"),  # over a day of 23 hours
    ],
)
def test_calendar_spans_end_at_local_midnight(span: Span, last: str, frees: str) -> None:
    book = law(cap(1, span))
    past = facts(dial(at(last)))
    assert until(book.verdict(past, TERMS, at(last) + 30)) == at(frees)
    assert isinstance(book.verdict(past, TERMS, at(frees) - 0.001), Forbidden)
    assert isinstance(book.verdict(past, TERMS, at(frees)), Allowed)


@pytest.mark.parametrize(
    ("unit", "counts"),
    [
        (Unit.DIAL, set(Reached)),
        (Unit.ANY_CONTACT, set(Reached) - {Reached.NOBODY}),
        (Unit.ANSWERED_LIVE, set(Reached) - {Reached.NOBODY, Reached.MACHINE}),
        (Unit.CONVERSATION, {Reached.SPOKEN, Reached.REFUSED, Reached.ABANDONED}),
    ],
)
def test_what_each_unit_counts(unit: Unit, counts: set[Reached]) -> None:
    book = law(cap(1, Span(Kind.ROLLING, 1), unit))
    other = law(cap(1, Span(Kind.ROLLING, 1), unit, counts_abandoned=False))
    for reached in Reached:
        past = facts(dial(NOON - HOUR, reached))
        assert isinstance(book.verdict(past, TERMS, NOON), Forbidden) == (reached in counts)
        without = counts - {Reached.ABANDONED}
        assert isinstance(other.verdict(past, TERMS, NOON), Forbidden) == (reached in without)


def test_a_scope_of_several_wants_all_the_same() -> None:
    both = Cap(
        name="c",
        count=1,
        span=Span(Kind.ROLLING, 1),
        unit=Unit.DIAL,
        scope=(Scope.PERSON, Scope.ACCOUNT, Scope.CHANNEL),
    )
    book = law(rule(caps=(both,)))
    for person, account in ((True, True), (True, False), (False, True)):
        past = facts(dial(NOON - HOUR, person=person, account=account))
        assert isinstance(book.verdict(past, TERMS, NOON), Forbidden) == (person and account)


def test_a_cool_down_runs_from_the_end_and_spares_a_call_with_its_agent() -> None:
    cooldown = Cooldown(
        name="after", after=After.ABANDONED, span=Span(Kind.ROLLING, 3), scope=PERSON, unless_guaranteed=True
    )
    book = law(rule(cooldowns=(cooldown,)))
    past = facts(dial(NOON - HOUR, Reached.ABANDONED))
    refusal = book.verdict(past, TERMS, NOON)
    assert until(refusal) == NOON - HOUR + 60 + 3 * DAY
    assert isinstance(book.verdict(past, replace(TERMS, guaranteed=True), NOON), Allowed)
    assert isinstance(book.verdict(facts(dial(NOON - HOUR, Reached.SPOKEN)), TERMS, NOON), Allowed)


def test_until_is_the_first_instant_at_which_all_rules_allow_it() -> None:
    book = law(WEEKDAYS, cap(1, Span(Kind.ROLLING, 1)))
    late = at("2026-11-27T19:00")  # a Friday; the cap frees on Saturday, the hours open on Monday
    assert until(book.verdict(facts(dial(late)), TERMS, late + 60)) == at("2026-11-30T08:00")


# ---------------------------------------------------------------- which rules hold


def test_purpose_country_region_and_residence_choose() -> None:
    shut = (Hours(EVERY_DAY, 0, 1),)
    book = law(rule(hours=shut, country="BR", region="BR-SP"), regions=(Region("BR-SP", ("+5511", "+5512")),))
    zone = ("America/Sao_Paulo",)
    in_sp = facts(country="BR", number="+5511987654321", zones=zone)
    assert isinstance(book.verdict(in_sp, TERMS, NOON), Forbidden)
    assert book.verdict(in_sp, replace(TERMS, purpose=Purpose.SURVEY), NOON) == Allowed("")
    assert book.verdict(facts(country="BR", number="+5521987654321", zones=zone), TERMS, NOON) == Allowed("")
    at_home = replace(facts(country="US", number="+12125550100"), residence="CL")
    assert isinstance(law(rule(hours=shut)).verdict(at_home, TERMS, NOON), Forbidden)
    assert isinstance(law(rule(hours=shut, country=EVERYWHERE)).verdict(facts(country=""), TERMS, NOON), Forbidden)


@pytest.mark.parametrize(
    ("demand", "shown", "good"),
    [
        (CallerId(visible=True), "", False),
        (CallerId(visible=True), "+1", True),
        (CallerId(prefixes=("600", "+56600")), "+566001", True),
        (CallerId(prefixes=("600", "+56600")), "+56229", False),
        (CallerId(barred=("+346",)), "+34612", False),
        (CallerId(barred=("+346",)), "+34910", True),
    ],
)
def test_the_number_shown(demand: CallerId, shown: str, good: bool) -> None:
    verdict = law(rule(caller_id=demand)).verdict(facts(), replace(TERMS, caller_id=shown), NOON)
    assert isinstance(verdict, Allowed) == good
    if not good:
        assert until(verdict) is None


# ---------------------------------------------------------------- beside the house's own


def test_both_must_allow_it_and_both_are_named() -> None:
    book = law(WEEKDAYS)
    ours = campaign(rules=Rules(windows=(Window(EVERY_DAY, 600, 1320),)))
    assert lawful(facts(), ours, book, at("2026-11-24T12:00")) == Allowed("default cl.test@1")
    assert lawful(facts(), ours, NO_LAW, at("2026-11-29T12:00")) == Allowed("default")
    early = lawful(facts(), ours, book, at("2026-11-24T07:00"))
    assert early == Forbidden("default.hours", "outside the hours where the person is", at("2026-11-24T10:00"))
    sunday = lawful(facts(), ours, book, at("2026-11-29T12:00"))
    assert (until(sunday), sunday.rule) == (at("2026-11-30T10:00"), "cl.test@1.hours")


def test_a_week_in_stretches() -> None:
    book = law(WEEKDAYS, cap(1, Span(Kind.ROLLING, 1)))
    since = at("2026-11-24T12:00")
    ours = campaign(rules=Rules(windows=(Window(EVERY_DAY, 540, 1080),), number_gap_min_s=0))
    found = stretches(facts(dial(since - HOUR)), ours, book, since=since, until=at("2026-11-28T00:00"))
    told = [(one.shut.rule if one.shut else "", one.until) for one in found]
    assert told == [
        ("cl.test@1.cap", at("2026-11-25T11:00")),
        ("", at("2026-11-25T18:00")),
        ("default.hours", at("2026-11-26T09:00")),
        ("", at("2026-11-26T18:00")),
        ("default.hours", at("2026-11-27T09:00")),
        ("", at("2026-11-27T18:00")),
        ("default.hours", at("2026-11-28T00:00")),
    ]
    assert [one.since for one in found] == [since, *(one.until for one in found[:-1])]


# ---------------------------------------------------------------- in the engine


def test_a_call_keeps_the_rules_that_allowed_it_and_rings_as_long_as_they_ask() -> None:
    made = floor(ring_timeout_s=10.0)
    made.tell(RulesSet(Rulebook((replace(WEEKDAYS, ring_min_s=15.0),))))
    wish = only(made.give_leads(1), ReserveCall)
    said = made.reserve(wish)
    assert only(said, SaveCall).record.rule == "default cl.test@1"
    assert only(said, PlaceCall).ring_timeout_s == 15.0


def test_a_cap_holds_at_the_instant_of_dialling_and_is_counted() -> None:
    made = floor()
    made.tell(RulesSet(Rulebook((cap(1, Span(Kind.ROLLING, 1)),))))
    wish = only(made.give_leads(1), ReserveCall)
    released = only(made.reserve(wish, dials=(dial(made.now - 5 * HOUR),)), ReleaseCall)
    assert (released.reason, released.retry_at) == ("cl.test@1.cap", made.now + 19 * HOUR)
    assert made.work().refused == (("cl.test@1.cap", 1),)


def test_closed_hours_hold_when_leads_are_chosen() -> None:
    made = floor()
    made.tell(RulesSet(Rulebook((rule(hours=(Hours(EVERY_DAY, 0, 1),)),))))
    said = made.tell(LeadsClaimed(CAMPAIGN, (lead(1),)))
    assert those(said, ReserveCall) == []
    assert only(said, DeferLead).reason == "cl.test@1.hours"
    assert made.work().refused == (("cl.test@1.hours", 1),)
    made.tell(RulesSet(Rulebook()))
    assert only(made.give_leads(1), ReserveCall)
