"""Numbers of ours that people are shown: pools, caps, nearness, and the health of each number against its pool. Pure.

A number's health is three shares among its calls, each held against the same share of the pool's other numbers by a
cumulative sum of log-likelihood ratios (Page 1954): calls that a person answered (halved: people see a label), talks
that the person ends at once, and calls that the far side's network declines. A sum that is safe from chance takes too
long for a rare answer to become half as rare, so the answers among the last WINDOW calls are counted too: one test in
place of one for each possible beginning needs less evidence. Who is shown which number is kept with the call.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from math import log, sqrt

from dialer.core.ids import ClientId, PersonId
from dialer.core.model import CallRecord, Campaign
from dialer.core.outcomes import EndedBy, Outcome
from dialer.core.packs.hours import local_day, zone_of
from pacing.stats import interval

ALARM = 9.0  # of the cumulative sum
WINDOW = 400  # calls
# In standard deviations: fewer answers than usual by this, and no more than this above what a bad number would have.
BELOW_USUAL, ABOVE_BAD = 2.7, 1.9
# Calls that a pool's usual share is learned from: a new list changes it for all numbers at once, and is none's fault.
MEMORY = 600.0
OWN_MEMORY = 3000.0  # those that a number's own share is told by
PRIOR = (20.0, 0.2)  # calls and share to begin with
SHARE_MIN, SHARE_MAX = 0.02, 0.9
FAST_S = 6.0  # a talk that the person ends sooner
DAY_S = 86_400.0
QUARTER_S = 900.0

ANSWERED = frozenset({Outcome.CONNECTED, Outcome.ABANDONED, Outcome.EARLY_HANGUP})
RANG = ANSWERED | {Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REJECTED, Outcome.UNREACHABLE, Outcome.MACHINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Numbers that may be shown by the same campaigns. Empty selections mean all."""

    name: str
    numbers: tuple[str, ...]  # E.164 with +, ours and callable
    campaigns: tuple[str, ...] = ()  # by name
    clients: tuple[ClientId, ...] = ()
    countries: tuple[str, ...] = ()  # of the person's number, ISO 3166 alpha-2
    day_max: int = 300  # calls of each number and day
    warm_from: int = 50  # calls of a new number on its first day; twice as many each further day
    rest_days: float = 7.0
    zone: str = "UTC"  # by whose clock days begin

    def serves(self, campaign: Campaign, country: str) -> bool:
        """Whether the campaign may show these numbers to people of this country."""
        return self.is_for(campaign) and (not self.countries or country in self.countries)

    def is_for(self, campaign: Campaign) -> bool:
        """Whether the campaign may show these numbers to some people."""
        return (not self.campaigns or campaign.name in self.campaigns) and (
            not self.clients or campaign.client in self.clients
        )


class Complaint(StrEnum):
    """What is watched of a number."""

    UNANSWERED = "unanswered"  # too few answer
    ENDED_AT_ONCE = "ended_at_once"  # too many end the talk within FAST_S
    DECLINED = "declined"  # too many calls are declined by the network


@dataclass(frozen=True, slots=True)
class Against:
    """The evidence that sent a number to rest: `hits` of the last `calls`, and the share of its pool's others."""

    complaint: Complaint
    hits: int
    calls: int
    usual: float


@dataclass(slots=True)
class Tally:
    """A share with fading memory."""

    calls: float = 0.0
    hits: float = 0.0
    added: int = 0  # calls, without any fading,
    counted: int = 0  # and hits
    memory: float = MEMORY

    @property
    def fade(self) -> float:
        """What is left of a call when the next one is counted."""
        return 1 - 1 / self.memory

    def add(self, *, hit: bool) -> None:
        """Count one."""
        self.added += 1
        self.counted += hit
        self.calls = self.calls * self.fade + 1
        self.hits = self.hits * self.fade + hit


@dataclass(slots=True)
class Part:
    """One number's calls within its pool's share, faded as they are there."""

    calls: float = 0.0
    hits: float = 0.0
    at: int = 0  # calls of the pool when the last one was counted

    def faded(self, pool: Tally) -> tuple[float, float]:
        """Calls and hits, faded to where the pool is."""
        fade = pool.fade ** (pool.added - self.at)
        return self.calls * fade, self.hits * fade

    def add(self, pool: Tally, *, hit: bool) -> None:
        """Count one that the pool has counted already."""
        calls, hits = self.faded(pool)
        self.calls, self.hits, self.at = calls + 1, hits + hit, pool.added


@dataclass(slots=True)
class Watch:
    """One share of one number against the pool's. `factor`: what a bad number makes of it."""

    complaint: Complaint
    what: str
    factor: float
    evidence: float = 0.0
    own: Tally = field(default_factory=lambda: Tally(memory=OWN_MEMORY))
    part: Part = field(default_factory=Part)  # of the pool's share
    since: list[int] = field(default_factory=lambda: [0, 0])  # calls and hits since the evidence was last 0
    made: list[int] = field(default_factory=lambda: [0, 0])  # calls and hits of its own, without any fading
    last: deque[tuple[int, int, bool]] = field(default_factory=deque)  # of WINDOW calls: the others so far, and the hit
    hits: int = 0  # among `last`

    def add(self, pool: Tally, *, hit: bool) -> None:
        """Count one call; `pool` holds those of all its numbers, this one's included."""
        self.part.add(pool, hit=hit)
        usual = self.usual(pool)
        if self.factor < 1.0:
            self._keep(pool, hit=hit)
        bad = min(max(usual * self.factor, SHARE_MIN / 2), 0.95)
        self.evidence += log(bad / usual) if hit else log((1 - bad) / (1 - usual))
        self.since[0] += 1
        self.since[1] += hit
        if self.evidence <= 0.0:
            self.evidence, self.since = 0.0, [0, 0]
        self.own.add(hit=hit)

    def _keep(self, pool: Tally, *, hit: bool) -> None:
        self.made[0] += 1
        self.made[1] += hit
        self.last.append((pool.added - self.made[0], pool.counted - self.made[1], hit))
        self.hits += hit
        if len(self.last) > WINDOW:
            self.hits -= self.last.popleft()[2]

    def is_bad(self, pool: Tally) -> bool:
        """Whether the evidence is at its limit; `since` then has the calls and hits that are it."""
        if self.evidence >= ALARM:
            return True
        if len(self.last) < WINDOW:
            return False
        (calls, hits, _), (calls_now, hits_now, _) = self.last[0], self.last[-1]
        others = calls_now - calls
        if others < WINDOW:
            return False
        share = min(max((hits_now - hits) / others, SHARE_MIN), SHARE_MAX)  # of the same hours: lists change for all
        expected = WINDOW * share
        unsure = WINDOW**2 * share * (1 - share) / others  # what the others' share is known by
        bad = self.factor * expected
        bad_variance = bad * (1 - self.factor * share) + self.factor**2 * unsure
        below = BELOW_USUAL * sqrt(expected * (1 - share) + unsure)
        limit = min(bad + ABOVE_BAD * sqrt(bad_variance), expected - below)
        if self.hits > limit:
            return False
        self.since = [WINDOW, self.hits]
        return True

    def usual(self, pool: Tally) -> float:
        """The share of the pool's other numbers; a lone number is held against its own past."""
        mine, answered = self.part.faded(pool)
        calls, hits = pool.calls - mine, pool.hits - answered
        if calls < PRIOR[0] * 5:
            calls, hits = self.own.calls, self.own.hits
        share = (hits + PRIOR[0] * PRIOR[1]) / (calls + PRIOR[0])
        return min(max(share, SHARE_MIN), SHARE_MAX)

    def told(self, pool: Tally) -> str:
        """The evidence in a sentence."""
        calls, hits = self.since
        low, high = interval(hits, calls)
        return (
            f"{hits} of the last {calls} calls {self.what} ({100 * hits / max(calls, 1):.1f} %, 95 %: {100 * low:.1f} "
            f"to {100 * high:.1f} %); {100 * self.usual(pool):.1f} % of its pool's"
        )


def watches() -> tuple[Watch, Watch, Watch]:
    """What is watched of a number, in the order of `PoolTally`."""
    return (
        Watch(Complaint.UNANSWERED, "were answered by a person", 0.5),
        Watch(Complaint.ENDED_AT_ONCE, "were ended by the person at once", 2.5),
        Watch(Complaint.DECLINED, "were declined by the network", 3.0),
    )


@dataclass(slots=True)
class Number:
    """One number of ours at work."""

    number: str
    pool: Pool
    day: int = 0  # the ordinal of the pool's local date
    today: int = 0  # calls
    days_used: int = 0
    rests_until: float = 0.0
    reason: str = ""
    against: Against | None = None  # None: not sent to rest by its calls
    by: str = ""  # who sent it to rest
    watched: tuple[Watch, Watch, Watch] = field(default_factory=watches)

    def cap(self) -> int:
        """Calls that it may make today."""
        return min(self.pool.day_max, self.pool.warm_from << min(max(self.days_used - 1, 0), 20))

    def turn(self, now: float) -> None:
        """A new day."""
        day = _day(self.pool.zone, int(now // QUARTER_S))
        if day != self.day:
            self.day, self.today = day, 0

    def free(self, now: float) -> bool:
        """Whether it may be shown once more today."""
        self.turn(now)
        return now >= self.rests_until and self.today < max(self.cap(), min(self.pool.warm_from, self.pool.day_max))

    def shown(self, now: float) -> None:
        """It is shown on a call that leaves now."""
        self.turn(now)
        self.days_used += self.today == 0
        self.today += 1

    def rest(
        self, now: float, reason: str, days: float | None = None, *, against: Against | None = None, by: str = ""
    ) -> None:
        """Let it rest; afterwards it is warmed again, and judged anew."""
        self.rests_until = now + (self.pool.rest_days if days is None else days) * DAY_S
        self.reason, self.against, self.by = reason, against, by
        self.days_used = 0
        self.watched = watches()

    def wake(self) -> None:
        """Back to work."""
        self.rests_until, self.reason, self.against, self.by = 0.0, "", None, ""


@dataclass(slots=True)
class Shown:
    """All numbers at work, their pools' shares, and what each person saw last."""

    numbers: dict[str, Number] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()
    shares: dict[str, tuple[Tally, Tally, Tally]] = field(default_factory=dict)
    last: dict[tuple[PersonId, str], str] = field(default_factory=dict)  # by person and pool

    def configure(self, pools: tuple[Pool, ...]) -> None:
        """Take changed pools; numbers that stay keep their health."""
        self.pools = pools
        kept: dict[str, Number] = {}
        for pool in pools:
            self.shares.setdefault(pool.name, (Tally(), Tally(), Tally()))
            for number in pool.numbers:
                one = kept[number] = self.numbers.get(number) or Number(number, pool)
                one.pool = pool
        self.numbers = kept

    def candidates(
        self,
        campaign: Campaign,
        country: str,
        number: str,
        person: PersonId,
        now: float,
        *,
        before: Sequence[str] = (),
    ) -> list[str]:
        """What may be shown to this person, best first: what they saw before, then the nearest, then the least used.

        `before`: what the store knows that they were shown, the latest first; of several pools, each has its own.
        """
        pools = [pool for pool in self.pools if pool.serves(campaign, country)]
        free = [one for pool in pools for one in map(self.numbers.__getitem__, pool.numbers) if one.free(now)]
        seen = {self.last.get((person, pool.name)) or _latest(before, pool.numbers) for pool in pools}
        free.sort(
            key=lambda one: (one.number not in seen, -_common(one.number, number), one.today / one.cap(), one.number)
        )
        return [one.number for one in free]

    def is_own_free(self, campaign: Campaign, now: float) -> bool:
        """Whether the campaign's own number may be shown: one of a pool rests too, and is its clients' alone."""
        one = self.numbers.get(campaign.caller_id)
        return one is None or (one.free(now) and (not one.pool.clients or campaign.client in one.pool.clients))

    def serves(self, campaign: Campaign) -> bool:
        """Whether the campaign shows numbers of pools at all."""
        return bool(self.pools) and any(pool.is_for(campaign) for pool in self.pools)

    def placed(self, number: str, person: PersonId, now: float) -> None:
        """The person is shown this number now."""
        if (one := self.numbers.get(number)) is not None:
            one.shown(now)
            self.last.pop((person, one.pool.name), None)
            self.last[person, one.pool.name] = number
            if len(self.last) > 100_000:
                del self.last[next(iter(self.last))]

    def ended(self, record: CallRecord, now: float) -> Number | None:
        """Learn from a call that is over; the number, where that sends it to rest."""
        one = self.numbers.get(record.caller_id)
        if one is None or record.inbound or record.outcome not in RANG or now < one.rests_until:
            return None
        shares = self.shares[one.pool.name]
        for watch, share, hit in zip(one.watched, shares, _signs(record), strict=True):
            if hit is not None:
                share.add(hit=hit)
                watch.add(share, hit=hit)
                if watch.is_bad(share):
                    day = datetime.fromtimestamp(now + one.pool.rest_days * DAY_S, zone_of(one.pool.zone))
                    against = Against(watch.complaint, watch.since[1], watch.since[0], watch.usual(share))
                    one.rest(now, f"{watch.told(share)}; rests until {day:%Y-%m-%d}", against=against)
                    return one
        return None

    def replay(self, records: Iterable[CallRecord]) -> None:
        """Learn from the calls of a former run; which numbers rest, and how warm they are, is the store's to say."""
        told = [(one, one.rests_until, one.reason, one.against, one.by, one.days_used) for one in self.numbers.values()]
        for record in records:
            if record.ended_at is not None:
                self.ended(record, record.ended_at)
        for one, rests_until, reason, against, by, days_used in told:
            one.rests_until, one.reason, one.against, one.by = rests_until, reason, against, by
            one.days_used = days_used


def _signs(record: CallRecord) -> Iterable[bool | None]:
    """Answered by a person; ended by them at once (of talks alone); declined by the network."""
    talked = record.bridged_at is not None and record.ended_at is not None
    fast = None
    if talked:
        assert record.bridged_at is not None
        assert record.ended_at is not None
        fast = record.ended_by is EndedBy.PERSON and record.ended_at - record.bridged_at < FAST_S
    return record.outcome in ANSWERED, fast, record.outcome is Outcome.REJECTED


@lru_cache(maxsize=256)
def _day(zone: str, quarter: int) -> int:
    """The ordinal of the local date; clocks differ by whole quarters of an hour."""
    return local_day(zone_of(zone), quarter * QUARTER_S)


def _latest(before: Sequence[str], numbers: Sequence[str]) -> str:
    return next((one for one in before if one in numbers), "")


def _common(one: str, other: str) -> int:
    """How many first digits two numbers have in common: the country's, then the area's."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count
