"""Who works when: shifts with their days and breaks, people who come late, and the time of day as a number."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from simulation.world.habits import Habits

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def seconds_of(clock: str, key: str = "") -> float:
    """ "13:30" as seconds since midnight; hours from 24 on are of the next day, "26:00" is two in the morning.

    Raises ValueError, which names the key that the time stands at.
    """
    hours, colon, minutes = clock.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(hours) <= 48 and int(minutes) < 60):
        raise ValueError(f"{key and key + ': '}{clock!r} is no time of day as 13:30")
    return int(hours) * 3600.0 + int(minutes) * 60.0


def clock_of(seconds: float) -> str:
    """Seconds since midnight as `seconds_of` reads them, whole minutes."""
    return f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakPlan:
    """A break that everybody in the shift takes: from `at` on they go one after the other, over `spread_minutes`."""

    at: str = "13:00"
    minutes: float = 30.0
    spread_minutes: float = 60.0

    def __post_init__(self) -> None:
        seconds_of(self.at, "at")
        if self.minutes <= 0 or self.spread_minutes < 0:
            raise ValueError("minutes of a break are above 0, spread_minutes 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftPlan:
    """So many agents from `starts` to `ends`, beginning on these days of the week."""

    name: str = "day"
    starts: str = "09:00"
    ends: str = "17:00"
    agents: int = 10
    days: tuple[str, ...] = WEEK
    breaks: tuple[BreakPlan, ...] = ()

    def __post_init__(self) -> None:
        starts, ends = seconds_of(self.starts, "starts"), seconds_of(self.ends, "ends")
        if ends <= starts:
            raise ValueError("a shift ends after it starts; one that ends at 2:00 in the night ends at 26:00")
        if self.agents < 0 or not set(self.days) <= set(WEEK):
            raise ValueError(f"agents is 0 or more; days are some of {', '.join(WEEK)}")


class Attendance(NamedTuple):
    """One agent's day, in seconds after its beginning."""

    agent: int  # from 1
    comes: float
    goes: float | None  # None: when the day ends
    breaks: tuple[tuple[float, float], ...]  # from, length

    def stretches(self) -> list[tuple[float, float]]:
        """From when until when the agent is at the desk by plan; a day without an end plans nothing."""
        if self.goes is None:
            return []
        ends = [*(at for at, _ in self.breaks), self.goes]
        starts = [self.comes, *(at + lasts for at, lasts in self.breaks)]
        return list(zip(starts, ends, strict=True))


@dataclass(frozen=True, slots=True)
class Roster:
    """All shifts; without any, everybody works all day."""

    agents: int
    shifts: tuple[ShiftPlan, ...]
    habits: Habits

    def of_day(self, weekday: int, opens: float, draw: random.Random) -> Iterator[Attendance]:
        """Who comes on this day of the week (0 = Monday) that begins `opens` seconds after midnight, and when."""
        if not self.shifts:
            for agent in range(1, self.agents + 1):
                yield Attendance(agent, self._comes(0.0, draw), None, ())
            return
        agent = 0
        for shift in self.shifts:
            for place in range(shift.agents):
                agent += 1
                comes = self._comes(max(0.0, seconds_of(shift.starts) - opens), draw)
                if WEEK[weekday] in shift.days:
                    goes = seconds_of(shift.ends) - opens
                    yield Attendance(agent, comes, goes, _breaks(shift, place, opens))

    def _comes(self, starts: float, draw: random.Random) -> float:
        late = draw.random() < self.habits.late_share
        lateness_s = draw.expovariate(1 / self.habits.late_s)  # drawn in any case: the others' times stay as they are
        return starts + draw.uniform(0, self.habits.arrive_within_s) + (lateness_s if late else 0.0)


def _breaks(shift: ShiftPlan, place: int, opens: float) -> tuple[tuple[float, float], ...]:
    return tuple(
        (seconds_of(one.at) - opens + 60.0 * one.spread_minutes * place / max(1, shift.agents), 60.0 * one.minutes)
        for one in shift.breaks
    )
