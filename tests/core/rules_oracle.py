"""The calling rules once more, as a plain table and the simplest reading of it: nothing here comes from the dialer.

A call is judged by the wall clock and the calendar where the person is, minute by minute; earlier calls are counted
one by one. Only the public holidays come from the same library as the dialer's.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

MON_FRI, MON_SAT, EVERY = range(5), range(6), range(7)
SAT, SAT_SUN = (5,), (5, 6)
BUSINESS = "public holidays closed"

# place, purposes (c, t, s, v for service), hours (days, from, to), holidays
HOURS: tuple[tuple[str, str, tuple[tuple[object, str, str], ...], str], ...] = (
    ("US", "t", ((EVERY, "08:00", "21:00"),), ""),
    ("US", "c", ((EVERY, "08:00", "21:00"),), ""),
    ("US-FL", "t", ((EVERY, "08:00", "20:00"),), ""),
    ("FR", "t", ((MON_FRI, "10:00", "13:00"), (MON_FRI, "14:00", "20:00")), BUSINESS),
    ("ES", "t", ((MON_FRI, "09:00", "21:00"),), BUSINESS),
    ("DE", "ct", ((MON_FRI, "09:00", "20:00"),), ""),
    ("CA", "t", ((MON_FRI, "09:00", "21:30"), (SAT_SUN, "10:00", "18:00")), ""),
    ("AU", "t", ((MON_FRI, "09:00", "20:00"), (SAT, "09:00", "17:00")), BUSINESS),
    ("AU", "s", ((MON_FRI, "09:00", "20:30"), (SAT_SUN, "09:00", "17:00")), ""),
    ("AU", "c", ((MON_FRI, "07:30", "21:00"), (SAT_SUN, "09:00", "21:00")), ""),
    ("MX", "c", ((EVERY, "07:00", "22:00"),), ""),
    ("CL", "c", ((MON_SAT, "08:00", "20:00"),), BUSINESS),
    ("CO", "ct", ((MON_FRI, "07:00", "19:00"), (SAT, "08:00", "15:00")), BUSINESS),
    ("PE", "c", ((MON_FRI, "07:00", "20:00"),), BUSINESS),
    ("BR-SP", "ct", ((MON_FRI, "08:00", "20:00"), (SAT, "08:00", "14:00")), BUSINESS),
    ("BR-RJ", "ct", ((MON_FRI, "09:00", "19:00"),), BUSINESS),
    ("BR-ES", "ct", ((MON_SAT, "08:00", "19:00"),), BUSINESS),
    ("BR-AM", "ct", ((MON_SAT, "00:00", "19:00"),), BUSINESS),
    ("BR-AL", "ct", ((MON_FRI, "08:00", "20:00"), (SAT, "08:00", "14:00")), BUSINESS),
    ("BR-CE", "ct", ((MON_FRI, "08:00", "18:00"),), BUSINESS),
    ("BR-DF", "t", ((MON_FRI, "09:00", "20:00"), (SAT, "09:00", "13:00")), BUSINESS),
    ("AR", "cv", ((MON_FRI, "09:00", "21:00"), (SAT, "09:00", "13:00")), BUSINESS),
    ("EC", "c", ((MON_FRI, "07:00", "20:00"),), BUSINESS),
)
ANY = ("nobody", "machine", "abandoned", "answered", "spoken", "refused")
LIVE = ANY[2:]
# place, purposes, at most, of these, with the same, within
CAPS: tuple[tuple[str, str, int, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("US", "c", 7, ANY, ("person", "account"), "168 hours"),
    ("US-FL", "t", 3, ANY, ("person",), "24 hours"),
    ("FR", "t", 4, ANY, ("person", "client"), "30 days"),
    ("DE", "ct", 3, ANY, ("number",), "1 days"),
    ("AU", "c", 3, ANY[1:], ("person",), "week"),
    ("AU", "c", 10, ANY[1:], ("person",), "month"),
    ("CL", "c", 1, LIVE, ("person", "client"), "week"),
    ("CO", "ct", 1, LIVE, ("person", "client"), "1 days"),
    ("EC", "c", 1, ANY, ("person", "client"), "1 days"),
)
# place, purposes, none after these, with the same, for
AFTER: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("US", "c", ("spoken", "refused"), ("person", "account"), "168 hours"),
    ("FR", "t", ("refused",), ("person", "client"), "61 days"),
    ("", "ctsv", ("abandoned",), ("person",), "72 hours"),
    ("GB", "ctsv", ("abandoned",), ("number",), "72 hours"),
)


@dataclass(frozen=True)
class Past:
    at: float
    over_at: float
    reached: str
    same: frozenset[str]  # of person, account, number, client


@cache
def closed_days(place: str, year: int) -> frozenset[date]:
    country, _, region = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def broken(places: tuple[str, ...], zones: tuple[str, ...], purpose: str, past: list[Past], now: float) -> list[str]:
    """Every rule that a call at `now` breaks; `places` are countries and regions, `purpose` c, t, s or v."""
    found = []
    for zone in zones:
        wall = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
        for place, purposes, spans, business in HOURS:
            if place in places and purpose in purposes and not _open(wall, spans, places if business else ()):
                found.append(f"hours {place}")
        for place, purposes, most, reached, same, within in CAPS:
            if place in places and purpose in purposes:
                counted = [one for one in past if one.reached in reached and one.same >= set(same)]
                if sum(_within(one.at, now, within, ZoneInfo(zone)) for one in counted) >= most:
                    found.append(f"cap {place}")
        for place, purposes, reached, same, within in AFTER:
            if (not place or place in places) and purpose in purposes:
                ended = [one.over_at for one in past if one.reached in reached and one.same >= set(same)]
                if any(_within(at, now, within, ZoneInfo(zone)) for at in ended):
                    found.append(f"after {place}")
    return found


def _open(wall: datetime, spans: tuple[tuple[object, str, str], ...], business: tuple[str, ...]) -> bool:
    if any(wall.date() in closed_days(place, wall.year) for place in business):
        return False
    shown = f"{wall:%H:%M}"
    return any(wall.weekday() in days and begins <= shown < ends for days, begins, ends in spans)  # type: ignore[operator]


def _within(at: float, now: float, span: str, zone: ZoneInfo) -> bool:
    """Whether something at `at` still counts at `now`."""
    then, today = (datetime.fromtimestamp(one, UTC).astimezone(zone).date() for one in (at, now))
    if span == "week":
        return then.isocalendar()[:2] == today.isocalendar()[:2]
    if span == "month":
        return (then.year, then.month) == (today.year, today.month)
    number, unit = span.split()
    if unit == "hours":
        return now - at < int(number) * 3600
    return today < then + timedelta(days=int(number))
