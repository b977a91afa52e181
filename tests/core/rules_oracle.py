"""The calling rules once more, as a plain table and the simplest reading of it: nothing here comes from the dialer.

A call is judged by the wall clock and the calendar where the person is, minute by minute; earlier calls are counted
one by one. Only the public holidays come from the same library as the dialer's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
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


# place, purposes, from which day on, none without a consent of at most so many days (0: of any age)
CONSENT: tuple[tuple[str, str, str, int], ...] = (
    ("ES", "t", "", 731),
    ("FR", "t", "2026-08-11", 0),
    ("DE", "t", "", 0),
    ("PE", "t", "", 0),
)
# place, purposes: never to a number that is somebody else's
NO_THIRD_PARTIES = (("US", "c"), ("MX", "c"), ("CO", "ct"), ("CL", "c"), ("PE", "c"))
# place, purposes, the number shown begins with one of, or with none of
NPV = (
    "+33162 +33163 +33270 +33271 +33377 +33378 +33424 +33425 +33568 +33569 +33948 +33949 "
    "+339475 +339476 +339477 +339478 +339479"
)
SHOWN: tuple[tuple[str, str, str, str], ...] = (
    ("CL", "csv", "600 +56600", ""),
    ("CL", "t", "809 +56809", ""),
    ("ES", "t", "", "+346 +347"),
    ("FR", "t", NPV, ""),
)
# place, purposes: a number must be shown at all
VISIBLE = (
    ("US", "t"), ("GB", "ctsv"), ("DE", "t"), ("CA", "t"), ("AU", "ts"), ("MX", "c"), ("PE", "t"), ("BR", "ctsv"),
    ("AR", "cv"), ("EC", "c"), ("ES", "t"), ("CL", "ctsv"), ("FR", "t"),
)  # fmt: skip


@dataclass(frozen=True)
class Past:
    at: float
    over_at: float
    reached: str
    same: frozenset[str]  # of person, account, number, client


@dataclass(frozen=True)
class Known:
    """What is kept of the person and the number."""

    stops: tuple[float | None, ...] = ()  # until when, None for good
    consent: bool | None = None
    consent_at: float | None = None
    third_party: bool = False
    voice: bool = True  # among the channels chosen
    told: tuple[tuple[tuple[int, ...], str, str], ...] = ()  # hours in which the person does not want to be called


@dataclass(frozen=True)
class Asked:
    """A kind of call: `places` are countries and regions, `purpose` c, t, s or v."""

    places: tuple[str, ...]
    zones: tuple[str, ...]
    purpose: str
    shown: str
    agent_ready: bool = False  # before the number is dialled
    known: Known = field(default_factory=Known)

    def rows(self, table: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The rows of a table that are about such a call; a place that is empty means everywhere."""
        return [row for row in table if (not row[0] or row[0] in self.places) and self.purpose in row[1]]


@cache
def closed_days(place: str, year: int) -> frozenset[date]:
    country, _, region = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


class Oracle:
    """The rows that hold for one kind of call, looked at anew for each instant."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.zones = [ZoneInfo(name) for name in asked.zones]
        self.hours, self.caps, self.after = asked.rows(HOURS), asked.rows(CAPS), asked.rows(AFTER)
        self.consent = asked.rows(CONSENT)
        self.always = self._always()

    def _always(self) -> list[str]:
        """What is broken at any hour."""
        asked, known, found = self.asked, self.asked.known, []
        if known.third_party:
            found += [f"third party {place}" for place, _ in asked.rows(NO_THIRD_PARTIES)]
        if not known.voice:
            found.append("channel")
        if known.consent is False:
            found.append("no consent")
        if not asked.shown:
            found += [f"nothing shown {place}" for place, _ in asked.rows(VISIBLE)]
        for place, _, wanted, barred in asked.rows(SHOWN):
            if wanted and not asked.shown.startswith(tuple(str(wanted).split())):
                found.append(f"shown {place}")
            if barred and asked.shown.startswith(tuple(str(barred).split())):
                found.append(f"shown {place}")
        return found

    def broken(self, past: list[Past], now: float) -> list[str]:
        """Every rule that a call at `now` breaks."""
        found = list(self.always)
        known, ready = self.asked.known, self.asked.agent_ready
        found += ["stop" for until in known.stops if until is None or now < until]
        for zone in self.zones:
            wall = datetime.fromtimestamp(now, UTC).astimezone(zone)
            found += [f"hours {row[0]}" for row in self.hours if not _open(wall, row[2], row[3] and self.asked.places)]
            found += [f"consent {row[0]}" for row in self.consent if not self._consents(row, wall, now)]
            if known.told and any(_inside(wall, known.told)):
                found.append("told")
            for place, _, most, reached, same, within in self.caps:
                counted = [one for one in past if one.reached in reached and one.same >= set(same)]
                if sum(_within(one.at, now, within, zone) for one in counted) >= most:
                    found.append(f"cap {place}")
            for place, _, reached, same, within in self.after:
                if ready and reached == ("abandoned",):
                    continue
                ended = [one.over_at for one in past if one.reached in reached and one.same >= set(same)]
                if any(_within(at, now, within, zone) for at in ended):
                    found.append(f"after {place}")
        return found

    def _consents(self, row: tuple[Any, ...], wall: datetime, now: float) -> bool:
        _, _, since, days = row
        known = self.asked.known
        if since and wall.date() < date.fromisoformat(str(since)):
            return True
        if not known.consent:
            return False
        return not days or (known.consent_at is not None and now < known.consent_at + int(str(days)) * 86_400)


def _open(wall: datetime, spans: object, business: object) -> bool:
    if any(wall.date() in closed_days(str(place), wall.year) for place in business or ()):  # type: ignore[attr-defined]
        return False
    return any(_inside(wall, spans))


def _inside(wall: datetime, spans: object) -> list[bool]:
    shown = f"{wall:%H:%M}"
    return [wall.weekday() in days and begins <= shown < ends for days, begins, ends in spans]  # type: ignore[attr-defined]


def _within(at: float, now: float, span: object, zone: ZoneInfo) -> bool:
    """Whether something at `at` still counts at `now`."""
    if span in {"week", "month"}:
        then, today = (datetime.fromtimestamp(one, UTC).astimezone(zone).date() for one in (at, now))
        if span == "week":
            return then.isocalendar()[:2] == today.isocalendar()[:2]
        return (then.year, then.month) == (today.year, today.month)
    number, unit = str(span).split()
    if unit == "hours":
        return now - at < int(number) * 3600
    then, today = (datetime.fromtimestamp(one, UTC).astimezone(zone).date() for one in (at, now))
    return today < then + timedelta(days=int(number))
