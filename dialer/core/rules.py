"""Whether a call may be placed now. Evaluated when a lead is chosen and again at the instant of dialling.

A pure function of facts, rules and time; where the person may be in several zones, all must allow it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from dialer.core.model import DialFacts

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the callee's own local time in which a call may begin."""

    days: tuple[int, ...]  # 0 = Monday
    opens_min: int  # minutes since local midnight
    closes_min: int  # exclusive; 1440 = midnight

    def __post_init__(self) -> None:
        if not 0 <= self.opens_min < self.closes_min <= 1440:
            raise ValueError(f"window {self.opens_min}-{self.closes_min}: minutes of one day, opening before closing")
        if not self.days or not all(0 <= day <= 6 for day in self.days):
            raise ValueError(f"window days {self.days}: at least one of 0 (Monday) to 6 (Sunday)")


EVERY_DAY = tuple(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a campaign must keep. None = no such limit."""

    name: str = "default"
    windows: tuple[Window, ...] = (Window(EVERY_DAY, 8 * 60, 20 * 60),)
    number_dials_24h_max: int | None = 3
    person_dials_24h_max: int | None = 5
    person_dials_7d_max: int | None = 15
    number_gap_min_s: float = 3600.0  # between two dials of one number
    contact_gap_min_s: float = DAY_S  # after a conversation with the person


@dataclass(frozen=True, slots=True)
class Allowed:
    rule: str  # the rules that were held against it, by name


@dataclass(frozen=True, slots=True)
class Forbidden:
    rule: str  # the one that forbids, by name
    reason: str  # in plain words
    until: float | None  # when it may be tried again; None = not of itself


Verdict = Allowed | Forbidden


def may_dial(facts: "DialFacts", rules: Rules, now: float) -> Verdict:
    """The verdict on dialling this lead's number at `now`. The first rule that forbids is the one named."""
    lead = facts.lead
    if facts.do_not_call:
        return Forbidden("do_not_call", f"the number is on {', '.join(facts.do_not_call)}", None)
    if not facts.lead_open:
        return Forbidden("lead_closed", "the lead is finished or withdrawn", None)
    opening = opens_at(lead.zones, rules, now)
    if opening is None:
        return Forbidden(f"{rules.name}.hours", "no hours are open in the person's zones", None)
    if opening > now:
        return Forbidden(f"{rules.name}.hours", "outside the hours where the person is", opening)
    return _caps(facts, rules, now) or Allowed(rules.name)


def _caps(facts: "DialFacts", rules: Rules, now: float) -> Forbidden | None:
    last = facts.number_dialled_at
    if last is not None and now - last < rules.number_gap_min_s:
        return Forbidden(
            f"{rules.name}.number_gap", "the number was dialled too short a time ago", last + rules.number_gap_min_s
        )
    contact = facts.person_contacted_at
    if contact is not None and now - contact < rules.contact_gap_min_s:
        until = contact + rules.contact_gap_min_s
        return Forbidden(f"{rules.name}.contact_gap", "the person was spoken with too short a time ago", until)
    limits = (
        ("number_24h", "dials of the number in 24 hours", facts.dials_of_number_24h, rules.number_dials_24h_max, DAY_S),
        ("person_24h", "dials of the person in 24 hours", facts.dials_of_person_24h, rules.person_dials_24h_max, DAY_S),
        ("person_7d", "dials of the person in 7 days", facts.dials_of_person_7d, rules.person_dials_7d_max, WEEK_S),
    )
    for name, what, count, limit, length_s in limits:
        if limit is not None and count >= limit:
            times = [dial.at for dial in facts.dials if (dial.number if name == "number_24h" else dial.person)]
            until = _frees(times, limit, length_s, now)
            return Forbidden(f"{rules.name}.{name}", f"{count} {what}, at most {limit}", until)
    return None


def _frees(times: list[float], limit: int, length_s: float, now: float) -> float:
    """When fewer than `limit` of the dials lie within the span; a span from now where their times are not known."""
    counted = sorted(at for at in times if at > now - length_s)
    return counted[-limit] + length_s if 0 < limit <= len(counted) else now + length_s


def opens_at(zones: tuple[str, ...], rules: Rules, now: float) -> float | None:
    """The first instant from `now` on at which the windows are open in every zone; None within ten days."""
    if not zones:
        return None
    moment = now
    for _ in range(10 * 2 * len(zones)):
        opening = [_opens_in(zone, rules.windows, moment) for zone in zones]
        if None in opening:
            return None
        latest = max(one for one in opening if one is not None)
        if latest <= moment:
            return moment
        moment = latest
    return None


def _opens_in(zone: str, windows: tuple[Window, ...], now: float) -> float | None:
    minute = int(now // 60)
    opening = _opens_by_minute(zone, windows, minute)
    return max(now, opening) if opening is not None else None


@lru_cache(maxsize=256)
def _opens_by_minute(zone: str, windows: tuple[Window, ...], minute: int) -> float | None:
    """The opening as seen from the first instant of this minute since 1970: windows begin and end on minutes."""
    now = 60.0 * minute
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    best: float | None = None
    for ahead in range(9):
        day = local.date() + timedelta(days=ahead)
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
        for window in windows:
            if day.weekday() not in window.days:
                continue
            opens = (midnight + timedelta(minutes=window.opens_min)).timestamp()
            closes = (midnight + timedelta(minutes=window.closes_min)).timestamp()
            if now < closes:
                best = min(best, max(now, opens)) if best is not None else max(now, opens)
        if best is not None:
            return best
    return None
