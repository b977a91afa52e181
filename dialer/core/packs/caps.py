"""Caps and cool-downs: which earlier dials count, and when enough of them have passed out of the span."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from dialer.core.packs.hours import instant, local_day, month_after, month_start, week_start
from dialer.core.packs.schema import After, Cap, Cooldown, Dial, Kind, Reached, Rule, Scope, Span, Unit

DAY_S = 86_400.0

_LIVE = frozenset({Reached.ABANDONED, Reached.ANSWERED, Reached.SPOKEN, Reached.REFUSED})
_SPOKEN = frozenset({Reached.SPOKEN, Reached.REFUSED})
_OF_UNIT = {
    Unit.DIAL: frozenset(Reached),
    Unit.ANSWERED_LIVE: _LIVE,
    Unit.CONVERSATION: _SPOKEN | {Reached.ABANDONED},
    Unit.ANY_CONTACT: _LIVE | {Reached.MACHINE},
}
_AFTER = {
    After.CONVERSATION: _SPOKEN,
    After.REFUSAL: frozenset({Reached.REFUSED}),
    After.ABANDONED: frozenset({Reached.ABANDONED}),
    After.MACHINE: frozenset({Reached.MACHINE}),
}
_UNIT_WORDS = {
    Unit.DIAL: "dials",
    Unit.ANSWERED_LIVE: "calls answered by a person",
    Unit.CONVERSATION: "conversations",
    Unit.ANY_CONTACT: "contacts",
}
_SAME = {Scope.PERSON: "person", Scope.ACCOUNT: "account", Scope.NUMBER: "number", Scope.CLIENT: "client"}


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """A cap or a cool-down, ready to be held against dials on one local day of each zone."""

    name: str  # of the rule and its part
    reason: str
    count: int  # fewer than these many may count
    counted: frozenset[Reached]
    same: tuple[str, ...]  # attributes of a Dial that must be true
    by_end: bool  # the span runs from the end of the dial
    span: Span
    since: float  # earliest that a dial of a calendar span counts on this day
    unless_guaranteed: bool

    def until(self, dials: Sequence[Dial], zones: Sequence[tzinfo], now: float) -> float | None:
        """When this limit frees, in every zone; None where it does not bind at `now`."""
        rolling_s = self.span.days * DAY_S if self.span.kind is Kind.ROLLING else None
        found = []
        for dial in dials:
            at = dial.over_at if self.by_end else dial.at
            counts = at + rolling_s > now if rolling_s is not None else at >= self.since
            if counts and dial.reached in self.counted and all(getattr(dial, one) for one in self.same):
                found.append(at)
        if len(found) < self.count:
            return None
        # The one whose passing leaves one fewer than the count.
        last = sorted(found)[len(found) - self.count]
        return last + rolling_s if rolling_s is not None else max(passes(self.span, zone, last) for zone in zones)


def passes(span: Span, zone: tzinfo, at: float) -> float:
    """When a dial at `at` no longer counts in a calendar span."""
    day = local_day(zone, at)
    match span.kind:
        case Kind.CALENDAR:
            return instant(zone, day + int(span.days))
        case Kind.WEEK_ISO:
            return instant(zone, week_start(day) + 7)
        case Kind.MONTH:
            return instant(zone, month_after(day))
        case Kind.ROLLING:
            return at + span.days * DAY_S


def _since(span: Span, zones: Sequence[tzinfo], now: float) -> float:
    """From when on a dial counts at `now`, in any of the zones."""
    days = ((zone, local_day(zone, now)) for zone in zones)
    match span.kind:
        case Kind.CALENDAR:
            return min(instant(zone, day - int(span.days) + 1, closing=True) for zone, day in days)
        case Kind.WEEK_ISO:
            return min(instant(zone, week_start(day), closing=True) for zone, day in days)
        case Kind.MONTH:
            return min(instant(zone, month_start(day), closing=True) for zone, day in days)
        case Kind.ROLLING:
            return 0.0


def limits_of(rule: Rule, zones: Sequence[tzinfo], now: float) -> list[Limit]:
    """Every cap and cool-down of the rule, as it stands on the local days of `now`."""
    return [_cap(rule, cap, zones, now) for cap in rule.caps] + [
        _cooldown(rule, cooldown, zones, now) for cooldown in rule.cooldowns
    ]


def _cap(rule: Rule, cap: Cap, zones: Sequence[tzinfo], now: float) -> Limit:
    counted = _OF_UNIT[cap.unit]
    return Limit(
        name=f"{rule.name}.{cap.name}",
        reason=f"{_UNIT_WORDS[cap.unit]} {_words(cap.span)}: at most {cap.count}",
        count=cap.count,
        counted=counted if cap.counts_abandoned else counted - {Reached.ABANDONED},
        same=tuple(_SAME[one] for one in cap.scope if one in _SAME),
        by_end=False,
        span=cap.span,
        since=_since(cap.span, zones, now),
        unless_guaranteed=False,
    )


def _cooldown(rule: Rule, cooldown: Cooldown, zones: Sequence[tzinfo], now: float) -> Limit:
    return Limit(
        name=f"{rule.name}.{cooldown.name}",
        reason=f"too short a time after: {cooldown.after}",
        count=1,
        counted=_AFTER[cooldown.after],
        same=tuple(_SAME[one] for one in cooldown.scope if one in _SAME),
        by_end=True,
        span=cooldown.span,
        since=_since(cooldown.span, zones, now),
        unless_guaranteed=cooldown.unless_guaranteed,
    )


def _words(span: Span) -> str:
    match span.kind:
        case Kind.WEEK_ISO:
            return "in a week from Monday"
        case Kind.MONTH:
            return "in a month"
        case _:
            return f"in {span.days:g} {'calendar ' if span.kind is Kind.CALENDAR else ''}days"
