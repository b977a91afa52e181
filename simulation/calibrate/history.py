"""What the dialer recorded of one campaign between two instants, read into rows that can be counted."""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dialer.core.ids import LeadId
from dialer.core.model import CallRecord, Campaign, Category, Spell
from dialer.core.outcomes import Outcome
from dialer.leads.numbers import read_number
from dialer.store import CallFilter, Store
from simulation.calibrate import laws
from simulation.calibrate.standing import attempts_before
from simulation.past import PastError, own_agents
from simulation.world.lists import NUMBERS_MAX

LEADS_AT_ONCE = 5_000
LISTED_MAX = 20_000  # leads whose numbers are counted: more of them take their time and teach little
UNCOUNTED = frozenset({Outcome.CONGESTION, Outcome.FAILED, Outcome.CANCELLED})  # the same number is tried again
FORGOTTEN_S = 4 * 3600.0  # nobody talks or rests so long: signed in over the night


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call that was placed and is over. Times in seconds; None where it did not come to that."""

    at: float
    hour: int  # local
    weekday: int  # Monday is 0
    day: int  # of the local calendar, counted
    lead: int
    number: str
    try_: int  # the lead's so-manieth attempt, from 1
    place: int  # which of the lead's numbers, from 0, by first use in all that is kept
    outcome: Outcome
    lasted_s: float  # from placing to the end
    sign_s: float | None  # from placing to the first 18x
    progress_only: bool
    answer_s: float | None  # from placing to the answer
    wait_s: float | None  # from the answer to the bridge, or to the end
    talk_s: float | None
    wrap_s: float | None
    agent: int | None
    bridged: bool
    ended_by: str
    category: Category | None  # what the agent said


class _Before(NamedTuple):
    """What had been tried of a lead: how often, and which numbers, by first use."""

    tries: int = 0
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that a calibration looks at. `since` and `until` are those of the calls, within what was asked for;
    `spells`, those of the campaign's own agents, are cut at the edges of that.
    """

    campaign: Campaign
    zone: str
    since: float
    until: float
    attempts: tuple[Attempt, ...]
    spells: tuple[Spell, ...]
    leads: int  # on the list
    numbers: tuple[float, ...] = (1.0,)  # shares of leads with one number that may be dialled, two, ...

    def local(self, at: float) -> datetime:
        """The instant as the clock on the wall showed it."""
        return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(self.zone))


async def history(
    store: Store,
    campaign: Campaign,
    since: float,
    until: float,
    *,
    zone: str | None = None,
    empty: bool = False,
    calls_max: int | None = None,
) -> History:
    """Read it. `zone` None: the one in which most of the numbers dialled are.

    Where there were more calls than `calls_max`, those of every second lead, every third, ... stand for all.

    Raises PastError where nothing was dialled (unless it may be `empty`), StoreError.
    """
    where = CallFilter(campaign=campaign.id, since=since, until=until, placed=True, ended=True)
    if calls_max is not None:
        where = replace(where, lead_every=max(1, math.ceil(await store.calls.count(where) / calls_max)))
    streamed = [row.record async for row in store.calls.stream(where)]
    records = [one for one in streamed if one.ended_at is not None and one.ended_at <= until]  # as was known then
    if not records and not empty:
        raise PastError(f"campaign {campaign.name!r} dialled nothing in that time; look with `dialer report --hourly`")
    zone = zone or zone_of(records)
    attempts = _attempts(records, campaign, ZoneInfo(zone), await _tried_before(store, campaign, since, records))
    leads = await store.leads.count(campaign.id)
    every = max(1, math.ceil(leads / LISTED_MAX))
    return History(
        campaign=campaign,
        zone=zone,
        since=max(since, min((record.reserved_at for record in records), default=since)),
        until=min(until, max((record.ended_at or 0.0 for record in records), default=until)),
        attempts=attempts,
        spells=await own_spells(store, campaign, since, until, records),
        leads=leads or len({record.lead for record in records}),
        numbers=_shares(await store.leads.numbers(campaign.id, lead_every=every)) or numbers_seen(attempts),
    )


def _shares(leads: Mapping[int, int]) -> tuple[float, ...]:
    """Of leads with one number, two, ..., up to as many as a scenario knows; empty without any."""
    total = sum(leads.values())
    most = min(NUMBERS_MAX, max(leads, default=0))
    known = Counter[int]()
    for count, n in leads.items():
        known[min(count, most)] += n
    return tuple(known[count] / total for count in range(1, most + 1))


def numbers_seen(attempts: Iterable[Attempt]) -> tuple[float, ...]:
    """Shares of leads with one number, two, ..., where no list tells: numbers take turns, so that one dialled again
    shows that there are no more. Leads that were not called often enough tell as far as they were called (the
    product-limit estimate).
    """
    went_on, came_round = Counter[int](), Counter[int]()
    calls: defaultdict[int, list[Attempt]] = defaultdict(list)
    for one in attempts:
        calls[one.lead].append(one)
    for own in calls.values():
        known = {own[0].number}
        for before, one in pairwise(own):
            if before.outcome is Outcome.INVALID or before.category is Category.WRONG_PERSON:
                break  # that number's turns are over, and a lead without another is called no more
            if one.number not in known:
                went_on[len(known)] += 1
                known.add(one.number)
            elif before.outcome not in UNCOUNTED:
                came_round[len(known)] += 1
                break
    shares, left = list[float](), 1.0
    while went_on[len(shares) + 1] and len(shares) + 1 < NUMBERS_MAX:
        on, round_ = went_on[len(shares) + 1], came_round[len(shares) + 1]
        ends = laws.shrunk(round_ / (on + round_), on + round_, 1.0)
        shares.append(left * ends)
        left *= 1 - ends
    return (*shares, left)


async def own_spells(
    store: Store, campaign: Campaign, since: float, until: float, records: Iterable[CallRecord]
) -> tuple[Spell, ...]:
    """The stretch's spells of the campaign's own agents; no more of them than is known.

    `records` are the campaign's calls in the stretch. Raises StoreError.
    """
    own = await own_agents(store, campaign.id, await store.spells.talks(since, until))
    spells = [one for one in await store.spells.list(since, until) if one.agent in own]
    known = within_days(spells, [one.ended_at or 0.0 for one in records])
    return tuple(_cut(one, since, until) for one in known if one.since < until and one.until > since)


def _cut(one: Spell, since: float, until: float) -> Spell:
    """As much of it as lies in the stretch: at midnight some are at work."""
    ended = one.ended and one.until <= until
    return replace(one, since=max(one.since, since), until=min(one.until, until), ended=ended)


def within_days(spells: Iterable[Spell], ends: Iterable[float]) -> tuple[Spell, ...]:
    """Spells, those that outlast the night cut where the day's last call ended (`ends`): more of them is not known."""
    known = sorted(ends)
    made = []
    for spell in spells:
        if spell.until - spell.since >= FORGOTTEN_S:
            at = bisect_right(known, spell.since + FORGOTTEN_S)
            last = known[at - 1] if at else spell.since
            if last > spell.since:
                made.append(replace(spell, until=last, ended=False))
        else:
            made.append(spell)
    return tuple(made)


def zone_of(records: Sequence[CallRecord]) -> str:
    """The zone in which most of the numbers are; UTC where none tells."""
    zones = Counter(read_number(record.number, None).zones[:1] for record in records[:500])
    zones.pop((), None)
    return zones.most_common(1)[0][0][0] if zones else "UTC"


async def _tried_before(
    store: Store, campaign: Campaign, since: float, records: Sequence[CallRecord]
) -> dict[LeadId, _Before]:
    """What had been tried before of each lead that was called; where nothing is kept of it, nothing."""
    leads = sorted({record.lead for record in records})
    found = dict[LeadId, _Before]()
    for at in range(0, len(leads), LEADS_AT_ONCE):
        for one in await store.standing.of_leads(campaign.id, leads[at : at + LEADS_AT_ONCE], math.inf):
            numbers = dict.fromkeys(call.number for call in one.calls if call.reserved_at < since)
            found[one.lead] = _Before(attempts_before(campaign, one, since), tuple(numbers))
    return found


def _attempts(
    records: list[CallRecord], campaign: Campaign, zone: ZoneInfo, before: Mapping[LeadId, _Before]
) -> tuple[Attempt, ...]:
    categories = {one.code: one.category for one in campaign.dispositions}
    tries = defaultdict[LeadId, int](int, {lead: one.tries for lead, one in before.items()})
    numbers = defaultdict[LeadId, list[str]](list, {lead: list(one.numbers) for lead, one in before.items()})
    made = []
    for record in sorted(records, key=lambda one: (one.placed_at or 0.0, one.id)):
        tries[record.lead] += 1
        known = numbers[record.lead]
        if record.number not in known:
            known.append(record.number)
        made.append(_attempt(record, tries[record.lead], known.index(record.number), zone, categories))
    return tuple(made)


def _between(since: float | None, until: float | None) -> float | None:
    """How long it took; 0 where the clock was set back meanwhile."""
    return None if since is None or until is None else max(0.0, until - since)


def _attempt(record: CallRecord, try_: int, place: int, zone: ZoneInfo, categories: dict[str, Category]) -> Attempt:
    placed, ended = record.placed_at, record.ended_at
    assert placed is not None
    assert ended is not None
    assert record.outcome is not None
    local = datetime.fromtimestamp(placed, UTC).astimezone(zone)
    ended = max(placed, ended)  # the clock may have been set back in between
    signs = [at for at in (record.ringing_at, record.progress_at) if at is not None]
    answered, bridged = record.answered_at, record.bridged_at
    return Attempt(
        at=placed,
        hour=local.hour,
        weekday=local.weekday(),
        day=local.toordinal(),
        lead=record.lead,
        number=record.number,
        try_=try_,
        place=place,
        outcome=record.outcome,
        lasted_s=ended - placed,
        sign_s=max(0.0, min(signs) - placed) if signs else None,
        progress_only=record.ringing_at is None and record.progress_at is not None,
        answer_s=_between(placed, answered),
        wait_s=_between(answered, bridged if bridged is not None else ended),
        talk_s=_between(bridged, ended),
        wrap_s=_between(ended, record.wrapped_at) if bridged is not None else None,
        agent=record.agent,
        bridged=bridged is not None,
        ended_by=str(record.ended_by or ""),
        category=categories.get(record.disposition),
    )
