"""Planned shifts, and what a campaign will have reached when the last one ends. Pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(DAYS)
_SHIFT = re.compile(rf"({_DAY})(?:-({_DAY}))? ([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)")
LATE_S = 900.0  # who is not here so long after the shift began is not counted on
Z90 = 1.645


@dataclass(frozen=True, slots=True)
class Shift:
    """Weekly hours of one agent. Minutes are counted from midnight; an end beyond 24 h lies in the next day."""

    days: frozenset[int]  # Monday is 0
    opens_min: int
    closes_min: int

    def spans(self, midnight: datetime) -> list[tuple[float, float]]:
        """Where it begins and ends, in seconds since 1970, of the day of that local midnight and of the day before."""
        return [
            (_instant(day, self.opens_min, midnight), _instant(day, self.closes_min, midnight))
            for day in (midnight.date() - timedelta(days=1), midnight.date())
            if day.weekday() in self.days
        ]


def read_shift(text: str) -> Shift | None:
    """The shift that `mon-fri 09:00-18:00` says; None where it says none."""
    found = _SHIFT.fullmatch(text)
    if found is None:
        return None
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
    opens, closes = 60 * int(found[3]) + int(found[4]), 60 * int(found[5]) + int(found[6])
    return Shift(days, opens, closes if closes > opens else closes + 24 * 60)


def _instant(day: date, minutes: int, midnight: datetime) -> float:
    """By the clock on the wall, whatever it does in the night."""
    at = datetime.combine(day + timedelta(days=minutes // 1440), datetime.min.time(), midnight.tzinfo)
    return at.replace(hour=minutes % 1440 // 60, minute=minutes % 60).timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the agents at work brought of late: in `seconds`, by so many of them."""

    seconds: float
    agents: int
    placed: int
    connected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftEnd:
    """What is expected when the last shift ends: talks of the day with their 90 % interval, and leads that are left."""

    at: float
    connected: float
    low: float
    high: float
    leads_open: int


def planned_s(
    now: float, midnight: datetime, shifts: Mapping[int, Shift], here: frozenset[int]
) -> tuple[float, float | None]:
    """Seconds that agents will still work by their shifts, and when the last one ends; None: none is left.

    Who is `here` without a shift that is on stays until the last one ends; who is late beyond `LATE_S` is not expected.
    """
    own: dict[int, tuple[float, float]] = {}
    for agent, shift in shifts.items():
        for begins, ends in shift.spans(midnight):
            if ends > now and (agent in here or begins + LATE_S > now):
                own[agent] = (max(now, begins), ends)
                break
    if not own:
        return 0.0, None
    last = max(ends for _, ends in own.values())
    others = len(here - own.keys())
    return sum(ends - begins for begins, ends in own.values()) + others * (last - now), last


def shift_end(*, left_s: float, at: float, pace: Pace, connected: int, leads_open: int) -> ShiftEnd | None:
    """The day's end at the pace of late, told for each agent; None where nobody was at work of late.

    Calls come to an end with the list, each lead dialled once more. The interval has two parts: the pace is known from
    few calls, and what comes is chance again.
    """
    worked_s = pace.seconds * pace.agents
    if not worked_s or not pace.placed:
        return None
    placed = left_s * pace.placed / worked_s
    lasts = min(1.0, leads_open / placed) if placed else 1.0
    more = left_s * pace.connected / worked_s * lasts
    known = more * more / pace.connected if pace.connected else 0.0
    half = Z90 * math.sqrt(more + known)
    return ShiftEnd(
        at=at,
        connected=connected + more,
        low=connected + max(0.0, more - half),
        high=connected + more + half,
        leads_open=max(0, round(leads_open - placed)),
    )
