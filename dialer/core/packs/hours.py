"""Local days and hours as instants, right across clock changes. Pure: only zone data is looked up."""

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dialer.core.packs.schema import Hours

DAY_MIN = 1440

Open = tuple[tuple[float, float], ...]  # from and until, in order of time


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    return ZoneInfo(name)


def local_day(zone: tzinfo, now: float) -> int:
    """The ordinal of the local date."""
    return datetime.fromtimestamp(now, zone).toordinal()


def instant(zone: tzinfo, day: int, minute: int = 0, *, closing: bool = False) -> float:
    """When the local clock reaches that minute of the day.

    A minute that the clock skips begins at the leap; of one that comes twice, an opening is the second, a closing the
    first: less is open, never more.
    """
    wall = datetime.combine(date.fromordinal(day), datetime.min.time()) + timedelta(minutes=minute)
    first = wall.replace(tzinfo=zone).timestamp()
    second = wall.replace(tzinfo=zone, fold=1).timestamp()
    if first <= second:
        return first if closing else second
    return _leap(zone, wall, second, first)


def _leap(zone: tzinfo, wall: datetime, before: float, after: float) -> float:
    """The first whole second at which the local clock shows `wall` or later."""
    low, high = int(before), int(after)
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle
    return float(high)


def open_spans(zone: tzinfo, day: int, hours: tuple[Hours, ...]) -> Open:
    """When the hours are open on a local day."""
    weekday = date.fromordinal(day).weekday()
    spans = [
        (instant(zone, day, one.opens_min), instant(zone, day, one.closes_min, closing=True))
        for one in hours
        if weekday in one.days
    ]
    return tuple(sorted(span for span in spans if span[0] < span[1]))


def spans_around(zone: str, hours: tuple[Hours, ...], now: float) -> Open:
    """When the hours are open on the local day of `now` and on the days beside it.

    Of times told to be closed rather than open: a minute that comes twice is closed both times.
    """
    there = zone_of(zone)
    day = local_day(there, now)
    spans: list[tuple[float, float]] = []
    for one in hours:
        for beside in (day - 1, day, day + 1):
            if date.fromordinal(beside).weekday() in one.days:
                begin = instant(there, beside, one.opens_min, closing=True)
                spans.append((begin, instant(there, beside, one.closes_min)))
    return tuple(sorted(spans))


def month_after(day: int) -> int:
    """The first day of the next month."""
    return (date.fromordinal(day).replace(day=1) + timedelta(days=32)).replace(day=1).toordinal()


def month_start(day: int) -> int:
    return date.fromordinal(day).replace(day=1).toordinal()


def week_start(day: int) -> int:
    """The Monday of the day's ISO week."""
    return day - date.fromordinal(day).weekday()
