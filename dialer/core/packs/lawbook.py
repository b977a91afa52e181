"""The verdict of all rules that hold for a call: their intersection, with the first instant at which all allow it.

Where it is not known in which country, region or zone a person is, the rules of every candidate hold. What is worked
out for one local day is kept, so that the common question is a comparison. A pure function of what it is given: the
same questions get the same answers whatever was kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from math import inf
from typing import TYPE_CHECKING

from dialer.core.packs.caps import DAY_S, Limit, limits_of
from dialer.core.packs.hours import instant, local_day, open_spans, zone_of
from dialer.core.packs.schema import (
    EVERYWHERE,
    MEMORY_DAYS,
    Abandonment,
    CallerId,
    ConsentDemand,
    Purpose,
    Region,
    Rule,
    Rulebook,
)
from dialer.core.rules import STOP_WORDS, Allowed, Forbidden, Verdict
from pacing.fixed import fixed

if TYPE_CHECKING:
    from dialer.core.model import DialFacts

KEPT_MAX = 4096  # combinations of zones kept for one set of rules
PERIODS_KEPT = 8  # for each: now, and the closed days up to the next opening
REPEATED_S = 60.0  # a step through the stretch of a day that a clock change repeats
ANY_NUMBER = CallerId()
_ACCENTS = str.maketrans("áàâãäéèêëíìîïóòôõöúùûüñç", "aaaaaeeeeiiiiooooouuuunc")
HORIZON_S = (MEMORY_DAYS + 5) * DAY_S  # no rule is looked at further ahead


@fixed
class Terms:
    """What of a campaign the rules ask about."""

    purpose: Purpose
    caller_id: str = ""
    guaranteed: bool = False  # an agent stands ready before the number is dialled


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """A stretch of time within which the hours of a set of rules are all open, or closed by one of them."""

    since: float
    until: float
    shut: Forbidden | None
    limits: tuple[Limit, ...] = ()
    zones: tuple[tzinfo, ...] = ()
    names: str = ""  # of the rules in force
    callers: tuple[Rule, ...] = ()  # of them, those with something to say of the number shown
    persons: tuple[Rule, ...] = ()  # and those that hold whatever the hour: consent, stops, third parties, lists


@dataclass(slots=True, eq=False)
class Body:
    """The rules that hold for one kind of call, with the days worked out so far."""

    rules: tuple[Rule, ...]
    holidays: frozenset[int]
    periods: dict[tuple[str, ...], list[Period]] = field(default_factory=dict)  # by zones, newest first


class Lawbook:
    """A rulebook, ready to be asked."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self._holidays = {one.place: frozenset(one.days) for one in book.holidays}
        self._regions = _by_prefix(book.regions)
        self._lengths = sorted({len(prefix) for prefix in self._regions})
        self._named = {
            (one.code[:2], plain(name)): one.code for one in book.regions for name in (one.code[3:], *one.names)
        }
        self._bodies: dict[tuple[object, ...], Body] = {}

    def verdict(self, facts: "DialFacts", terms: Terms, now: float) -> Verdict:
        """The verdict on dialling the lead's number at `now`.

        The first rule that forbids is named; `until` is the first instant at which all allow it, should nothing else
        happen meanwhile.
        """
        body = self._body(facts, terms.purpose)
        if not body.rules:
            return Allowed("")
        first = self._at(body, facts, terms, now)
        if isinstance(first, Allowed) or first.until is None:
            return first
        later: Verdict = first
        while isinstance(later, Forbidden) and later.until is not None and later.until < now + HORIZON_S:
            first = replace(first, until=later.until)
            later = self._at(body, facts, terms, later.until)
        return first if isinstance(later, Allowed) else replace(first, until=None)

    def open_until(self, facts: "DialFacts", terms: Terms, now: float) -> float:
        """Until when, at the latest, what was said of the hours at `now` holds."""
        body = self._body(facts, terms.purpose)
        if not body.rules:
            return inf
        ends = [self._period(body, facts.lead.zones, now).until]
        if facts.consent_at is not None:
            old = [facts.consent_at + rule.consent.days * DAY_S for rule in body.rules if rule.consent is not None]
            ends += [end for end in old if end > now]
        return min(ends)

    def may_show(self, facts: "DialFacts", purpose: Purpose, number: str, now: float) -> bool:
        """Whether every rule that holds at `now` lets this number of ours be shown to the person."""
        body = self._body(facts, purpose)
        if not body.rules:
            return True
        callers = self._period(body, facts.lead.zones, now).callers
        return all(_caller_id(rule, number) is None for rule in callers)

    def ring_min_s(self, facts: "DialFacts", purpose: Purpose) -> float:
        """How long a call must be let ring, by every rule that holds."""
        return max((rule.ring_min_s for rule in self._body(facts, purpose).rules), default=0.0)

    def rules_for(self, facts: "DialFacts", purpose: Purpose) -> tuple[Rule, ...]:
        """Every rule that holds for such a call, whenever it is in force."""
        return self._body(facts, purpose).rules

    def abandonment(self, countries: Iterable[str], purpose: Purpose, now: float) -> tuple[Abandonment, ...]:
        """The caps on abandoned calls that hold for calls to these countries on the day of `now` (UTC)."""
        day = local_day(UTC, now)
        rules = self._gather(set(countries), (), purpose).rules
        return tuple(rule.abandonment for rule in rules if rule.abandonment is not None and _holds(rule, day))

    # ------------------------------------------------------------ one instant

    def _at(self, body: Body, facts: "DialFacts", terms: Terms, now: float) -> Verdict:
        period = self._period(body, facts.lead.zones, now)
        for rule in period.persons:
            if (wrong := _person(rule, facts, now)) is not None:
                return wrong
        if period.shut is not None:
            return period.shut
        for rule in period.callers:
            if (wrong := _caller_id(rule, terms.caller_id)) is not None:
                return wrong
        if facts.dials:
            for limit in period.limits:
                if limit.unless_guaranteed and terms.guaranteed:
                    continue
                until = limit.until(facts.dials, period.zones, now)
                if until is not None:
                    return Forbidden(limit.name, limit.reason, until)
        return Allowed(period.names)

    def _period(self, body: Body, zones: tuple[str, ...], now: float) -> Period:
        known = body.periods.get(zones)
        if known is None:
            if len(body.periods) >= KEPT_MAX:
                body.periods.clear()
            known = body.periods[zones] = []
        for period in known:
            if period.since <= now < period.until:
                return period
        known.insert(0, _worked_out(body, zones, now))
        del known[PERIODS_KEPT:]
        return known[0]

    # ------------------------------------------------------------ which rules

    def _body(self, facts: "DialFacts", purpose: Purpose) -> Body:
        lead = facts.lead
        regions = self.regions_of(lead.number)
        if facts.region:
            lives = self._named.get((facts.residence, plain(facts.region)))
            regions = regions if lives is None or lives in regions else (*regions, lives)
        key = (lead.country, facts.residence, regions, purpose)
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = self._gather({lead.country, facts.residence}, regions, purpose)
        return body

    def regions_of(self, number: str) -> tuple[str, ...]:
        """Where the number's beginning says that it is; every candidate."""
        found: tuple[str, ...] = ()
        for length in self._lengths:
            found += self._regions.get(number[:length], ())
        return found

    def _gather(self, countries: set[str], regions: tuple[str, ...], purpose: Purpose) -> Body:
        rules = tuple(
            rule
            for rule in self.book.rules
            if purpose in rule.purposes
            and (rule.country == EVERYWHERE or rule.country in countries)
            and (not rule.region or rule.region in regions)
        )
        places = [*countries, *(one for one in regions if one.partition("-")[0] in countries)]
        holidays = frozenset[int]().union(*(self._holidays.get(place, frozenset()) for place in places))
        return Body(rules, holidays)


def plain(name: str) -> str:
    """A region's name in small letters without accents, so that São Paulo and SAO PAULO are one."""
    return name.strip().casefold().translate(_ACCENTS)


def _by_prefix(regions: tuple[Region, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for region in regions:
        for prefix in region.prefixes:
            found[prefix] = (*found.get(prefix, ()), region.code)
    return found


def _caller_id(rule: Rule, shown: str) -> Forbidden | None:
    wanted, name = rule.caller_id, f"{rule.name}.caller_id"
    if wanted.visible and not shown:
        return Forbidden(name, "the campaign shows no number", None)
    if wanted.prefixes and not shown.startswith(wanted.prefixes):
        return Forbidden(name, f"the number shown must begin with {' or '.join(wanted.prefixes)}", None)
    if wanted.barred and shown.startswith(wanted.barred):
        return Forbidden(name, f"the number shown must not begin with {' or '.join(wanted.barred)}", None)
    return None


def _person(rule: Rule, facts: "DialFacts", now: float) -> Forbidden | None:
    """What the rule says of this person and number, whatever the hour."""
    for stop in facts.stops:
        if stop.kind in rule.stop_on and (stop.until is None or stop.until > now):
            return Forbidden(f"{rule.name}.{stop.kind}", STOP_WORDS[stop.kind], stop.until)
    if rule.lists and facts.lists is not None and (wrong := _lists(rule, dict(facts.lists), now)):
        return Forbidden(f"{rule.name}.lists", wrong, None, mends=True)
    if rule.third_parties_closed and facts.third_party:
        return Forbidden(f"{rule.name}.third_party", "the number is known to be somebody else's", None, of_number=True)
    return None if rule.consent is None else _consent(rule, rule.consent, facts, now)


def _consent(rule: Rule, wanted: ConsentDemand, facts: "DialFacts", now: float) -> Forbidden | None:
    if not facts.consent:
        return Forbidden(f"{rule.name}.consent", "the person has not agreed to be called", None)
    if wanted.days and (facts.consent_at is None or facts.consent_at + wanted.days * DAY_S <= now):
        return Forbidden(f"{rule.name}.consent", f"the consent is older than {wanted.days} days", None)
    return None


def _lists(rule: Rule, loaded: Mapping[str, float], now: float) -> str:
    """What is amiss with the do-not-call lists that the rule wants to be asked: without them nobody knows."""
    for name in rule.lists:
        if name not in loaded:
            return f"the do-not-call list {name} is not loaded: `dialer dnc import FILE --list {name} --whole`"
        if rule.lists_days and loaded[name] + rule.lists_days * DAY_S <= now:
            return f"the do-not-call list {name} was loaded more than {rule.lists_days} days ago: load it anew"
    return ""


# ---------------------------------------------------------------- one day


def _worked_out(body: Body, names: tuple[str, ...], now: float) -> Period:
    """The period around `now`; at most to the next local midnight of any zone."""
    if not names:
        return Period(now, inf, Forbidden(f"{body.rules[0].name}.hours", "the person's time zone is not known", None))
    zones = tuple(zone_of(name) for name in names)
    days = tuple(local_day(zone, now) for zone in zones)
    until = min(instant(zone, day + 1, closing=True) for zone, day in zip(zones, days, strict=True))
    until = until if until > now else now + REPEATED_S
    in_force = tuple(rule for rule in body.rules if any(_holds(rule, day) for day in days))
    persons = tuple(
        one for one in in_force if one.consent is not None or one.third_parties_closed or one.stop_on or one.lists
    )
    for zone, day in zip(zones, days, strict=True):
        for rule in in_force:
            if not (rule.hours and _holds(rule, day)):
                continue
            answer = _hours(rule, zone, day, body.holidays, now)
            if isinstance(answer, Period):
                return replace(answer, persons=persons)
            until = min(until, answer)
    return Period(
        since=now,
        until=until,
        shut=None,
        limits=tuple(limit for rule in in_force for limit in limits_of(rule, zones, now)),
        zones=zones,
        names=" ".join(rule.name for rule in in_force),
        callers=tuple(rule for rule in in_force if rule.caller_id != ANY_NUMBER),
        persons=persons,
    )


def _hours(rule: Rule, zone: tzinfo, day: int, holidays: frozenset[int], now: float) -> float | Period:
    """When the open stretch around `now` closes on that day; the closed stretch where it is closed."""
    closed = rule.holidays_closed and day in holidays
    spans = () if closed else open_spans(zone, day, rule.hours)
    inside = next((end for begin, end in spans if begin <= now < end), None)
    if inside is not None:
        return inside
    opens = min((begin for begin, _ in spans if begin > now), default=instant(zone, day + 1))
    opens = opens if opens > now else now + REPEATED_S
    why = "a public holiday where the person is" if closed else "outside the hours where the person is"
    return Period(now, opens, Forbidden(f"{rule.name}.hours", why, opens))


def _holds(rule: Rule, day: int) -> bool:
    return (rule.since is None or rule.since <= day) and (rule.until is None or day <= rule.until)
