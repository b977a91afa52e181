"""When a change takes its turn: in some hours of the day, or in the slots of a trial. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dialer.core.rules import Window

_DAYS_AHEAD = 8
_WORD = (1 << 64) - 1


def opens(hours: Window, zone: str, now: float) -> bool:
    """Whether it is one of these hours where the clock shows the time of `zone`."""
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    return local.weekday() in hours.days and hours.opens_min <= local.hour * 60 + local.minute < hours.closes_min


def next_turn(hours: Window, zone: str, now: float) -> float:
    """When the hours open or close next."""
    return min(at for at in _turns(hours, zone, now) if at > now)


def _turns(hours: Window, zone: str, now: float) -> Iterator[float]:
    place = ZoneInfo(zone)
    midnight = datetime.fromtimestamp(now, UTC).astimezone(place).replace(hour=0, minute=0, second=0, microsecond=0)
    for ahead in range(_DAYS_AHEAD):
        day = (midnight + timedelta(days=ahead)).replace(tzinfo=None)
        if day.weekday() in hours.days:
            for minute in (hours.opens_min, hours.closes_min):
                yield (day + timedelta(minutes=minute)).replace(tzinfo=place).timestamp()


def tried(seed: int, slot: int) -> bool:
    """Whether the change of a trial is in force in its slot, counted from 0.

    One of every two slots, so that both strategies see the same hours; which of the two, chance decides.
    """
    return bool(slot % 2) ^ bool(_mixed(seed, slot // 2) & 1)


def _mixed(seed: int, pair: int) -> int:
    """A number that looks like chance and is always the same (splitmix64, by Steele, Lea and Flood)."""
    word = (seed * 0x9E3779B97F4A7C15 + (pair + 1) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
    return word ^ (word >> 31)
