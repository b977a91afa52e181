"""When a change takes its turn: in some hours of the day, or in the slots of a trial. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dialer.core.rules import Window

DAY_MIN = 1440
_DAYS_AHEAD = 8
_WORD = (1 << 64) - 1


def hours_of(days: tuple[int, ...], opens_min: int, closes_min: int) -> tuple[Window, ...]:
    """These hours of these days (0 = Monday), as windows of one day each.

    Where they open later than they close they pass midnight, into the day after; where both are one, they are all day.
    """
    if opens_min < closes_min:
        return (Window(days, opens_min, closes_min),)
    late = (Window(days, opens_min, DAY_MIN),) if opens_min < DAY_MIN else ()
    after = tuple(sorted((day + 1) % 7 for day in days))
    return late + ((Window(after, 0, closes_min),) if closes_min else ())


def opens(hours: Sequence[Window], zone: str, now: float) -> bool:
    """Whether it is one of these hours where the clock shows the time of `zone`."""
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return any(local.weekday() in one.days and one.opens_min <= minute < one.closes_min for one in hours)


def next_turn(hours: Sequence[Window], zone: str, now: float) -> float:
    """When one of the hours opens or closes next."""
    return min(at for one in hours for at in _turns(one, zone, now) if at > now)


def _turns(hours: Window, zone: str, now: float) -> Iterator[float]:
    place = ZoneInfo(zone)
    midnight = datetime.fromtimestamp(now, UTC).astimezone(place).replace(hour=0, minute=0, second=0, microsecond=0)
    for ahead in range(_DAYS_AHEAD):
        day = (midnight + timedelta(days=ahead)).replace(tzinfo=None)
        if day.weekday() in hours.days:
            for minute in (hours.opens_min, hours.closes_min):
                yield (day + timedelta(minutes=minute)).replace(tzinfo=place).timestamp()


def slot_of(began: float, slot_s: float, now: float) -> int:
    """Which slot of a trial it is, counted from 0.

    Slots begin with whole minutes, as what is counted of the floor does; the first is shorter by what its minute had
    spent.
    """
    return int((now - began // 60.0 * 60.0) // slot_s)


def slot_ends(began: float, slot_s: float, now: float) -> float:
    """When the slot of a trial ends that it is in."""
    return began // 60.0 * 60.0 + slot_s * (slot_of(began, slot_s, now) + 1)


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
