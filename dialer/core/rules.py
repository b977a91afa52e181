"""Whether a call may be placed now. Evaluated when a lead is chosen and again at the instant of dialling.

A pure function of facts, rules and time; where the person may be in several zones, all must allow it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dialer.core.packs.hours import spans_around
from dialer.core.packs.schema import VOICE, Kept
from pacing.fixed import fixed

if TYPE_CHECKING:
    from dialer.core.model import DialFacts

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
HORIZON_S = 400 * DAY_S  # nothing is looked at further ahead
SCRUB_RETRY_S = 900.0  # a check outside of the house that forbade, or did not answer, is asked again after this

STOP_WORDS = {
    Kept.DECEASED: "the person has died",
    Kept.CEASE_REQUEST: "the person asked that calls end",
    Kept.LAWSUIT: "the matter is before a court",
    Kept.INSOLVENCY: "the person is insolvent by law",
    Kept.DISPUTE: "the debt is disputed",
    Kept.PAYMENT: "a payment was told and is being booked",
    Kept.PAID: "the account is paid",
    Kept.REPRESENTED: "a lawyer speaks for the person",
    Kept.MINOR: "the person is a minor",
    Kept.VULNERABLE: "the person must be spared calls",
    Kept.WRONG_PERSON: "the number is not the person's",
}


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


@fixed
class Allowed:
    rule: str  # the rules that were held against it, by name


@fixed
class Forbidden:
    rule: str  # the one that forbids, by name
    reason: str  # in plain words
    until: float | None  # when it may be tried again; None = not of itself
    of_number: bool = False  # another number of the person may be tried
    mends: bool = False  # what is amiss is no person's: it is mended, and asked again soon


Verdict = Allowed | Forbidden


def may_dial(facts: "DialFacts", rules: Rules, now: float) -> Verdict:
    """The verdict on dialling this lead's number at `now`. The first rule that forbids is the one named."""
    if facts.scrub:
        return Forbidden("scrub", facts.scrub, now + SCRUB_RETRY_S, of_number=True)
    if (standing := _standing(facts, now)) is not None:
        return standing
    opening = opens_at(facts.lead.zones, rules, now)
    if opening is None:
        return Forbidden(f"{rules.name}.hours", "no hours are open in the person's zones", None)
    if opening > now:
        return Forbidden(f"{rules.name}.hours", "outside the hours where the person is", opening)
    if facts.inconvenient and (ends := convenient_at(facts, now)) > now:
        return Forbidden("inconvenient_time", "the person asked not to be called at this time", ends)
    return _caps(facts, rules, now) or Allowed(rules.name)


def _standing(facts: "DialFacts", now: float) -> Forbidden | None:
    """What no waiting for an hour mends: lists, stops, what the person chose."""
    if facts.do_not_call:
        return Forbidden("do_not_call", f"the number is on {', '.join(facts.do_not_call)}", None, of_number=True)
    if not facts.lead_open:
        return Forbidden("lead_closed", "the lead is finished or withdrawn", None)
    standing = [stop for stop in facts.stops if stop.until is None or stop.until > now]
    if standing:
        lasting = next((stop for stop in standing if stop.until is None), None)
        last = lasting or max(standing, key=lambda stop: stop.until or 0.0)
        own = all(stop.kind is Kept.WRONG_PERSON for stop in standing)
        return Forbidden(f"stop.{last.kind}", STOP_WORDS[last.kind], last.until, of_number=own)
    if facts.channels and VOICE not in facts.channels:
        return Forbidden("channel", f"the person chose {', '.join(facts.channels)}, not calls", None)
    if facts.consent is False:
        return Forbidden("no_consent", "the person does not agree to be called", None)
    return None


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
        latest = moment
        for zone in zones:
            opening = _opens_by_minute(zone, rules.windows, int(moment // 60))
            if opening is None:
                return None
            latest = max(latest, opening)
        if latest <= moment:
            return moment
        moment = latest
    return None


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


def convenient_at(facts: "DialFacts", now: float) -> float:
    """The first instant from `now` on that lies in none of the hours the person told, in any zone.

    `now` + WEEK_S where they leave none.
    """
    moment = now
    while moment < now + WEEK_S:
        ends = [
            end for zone in facts.lead.zones for begin, end in spans_around(zone, facts.inconvenient, moment)
            if begin <= moment < end
        ]  # fmt: skip
        if not ends:
            return moment
        moment = max(ends)
    return now + WEEK_S


def allows_from(facts: "DialFacts", rules: Rules, now: float) -> float | None:
    """The first instant from `now` on that nothing but the counts of the house forbids; None where there is none."""
    moment = now
    while moment <= now + HORIZON_S:
        standing = _standing(facts, moment)
        if standing is not None:
            if standing.until is None:
                return None
            moment = standing.until
            continue
        opening = opens_at(facts.lead.zones, rules, moment)
        if opening is None:
            return None
        begins = convenient_at(facts, opening) if facts.inconvenient else opening
        if begins == moment:
            return moment
        moment = begins
    return None
