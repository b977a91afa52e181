"""When agents are planned to leave their places: the ends of their shifts, and breaks in them, told to the engine.

A shift is written as `mon-fri 09:00-18:00`; with breaks between its stretches, as `mon-fri 09:00-13:00 14:00-18:00`.
A stretch that ends before it starts goes on after midnight. Times are those of the machine's own clock.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import structlog

from dialer.core.ids import AgentId
from dialer.core.leaving import end_of, soon
from dialer.core.messages import LeavesPlanned
from dialer.errors import StoreError
from dialer.ports import Tell
from dialer.store import Store

log = structlog.get_logger()

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"({'|'.join(_DAYS)})"
_CLOCK = r"(([01]\d|2[0-3]):[0-5]\d|24:00)"
_STRETCH = f"{_CLOCK}-{_CLOCK}"
SHIFT = f"^({_DAY}(-{_DAY})?( {_STRETCH}){{1,6}})?$"  # empty: nothing is planned

LOOK_EVERY_S = 30.0


def leaves_at(shift: str, now: float) -> float | None:
    """When the stretch of the shift ends in which `now` lies, or which has just ended; None outside of all.

    Raises ValueError where `shift` is not of the form SHIFT.
    """
    if re.fullmatch(SHIFT, shift) is None:
        raise ValueError(f"{shift!r} is no shift; write one as mon-fri 09:00-18:00")
    today = datetime.fromtimestamp(now).astimezone().date()
    return end_of([one for day in (today - timedelta(days=1), today) for one in _stretches(shift, day)], now)


def _stretches(shift: str, day: date) -> Iterator[tuple[float, float]]:
    """Beginnings and ends of the stretches that begin on the day."""
    days, *stretches = shift.split() or [""]
    if not days or day.weekday() not in _weekdays(days):
        return
    for stretch in stretches:
        starts, ends = (_on(day, clock) for clock in stretch.split("-"))
        yield starts, ends if ends > starts else _on(day + timedelta(days=1), stretch.split("-")[1])


def _weekdays(days: str) -> frozenset[int]:
    first, _, last = days.partition("-")
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return frozenset((begin + passed) % 7 for passed in range((end - begin) % 7 + 1))


def _on(day: date, clock: str) -> float:
    hours, minutes = int(clock[:2]), int(clock[3:])
    at = datetime.combine(day + timedelta(days=hours // 24), time(hours % 24, minutes))
    return at.astimezone().timestamp()


async def tell_shifts(store: Store, tell: Tell, now: Callable[[], float]) -> None:
    """Keep the engine told of who leaves when by plan, until cancelled."""
    told: LeavesPlanned | None = None
    unread: dict[AgentId, str] = {}
    while True:
        try:
            plan, faults = await planned(store, now())
            if plan != told:
                tell(plan)
                told = plan
            for agent, error in faults.items():
                if unread.get(agent) != error:  # once, not at every look
                    log.warning("a shift is passed over", agent=agent, error=error)
            unread = faults
        except StoreError as error:
            log.warning("the agents' shifts are not looked at", error=str(error))
        await asyncio.sleep(LOOK_EVERY_S)


async def planned(store: Store, now: float) -> tuple[LeavesPlanned, dict[AgentId, str]]:
    """Who leaves soon by plan, and when; and what is wrong with shifts that cannot be read: they plan nothing.

    Raises StoreError.
    """
    found, faults = [], {}
    for agent, profile in sorted((await store.profiles.all()).items()):
        try:
            found.append((AgentId(agent), leaves_at(profile.shift, now)))
        except ValueError as error:
            faults[AgentId(agent)] = str(error)
    return soon(found, now), faults
