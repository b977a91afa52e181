"""How many of a campaign's people may be called at each hour of the coming week, and what forbids the others.

By hours, holidays and places alone: people alike in these are judged once for all. What was dialled before, and what
single people said, changes who is called but hardly how many may be.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dialer.core.caller_ids import Pool
from dialer.core.ids import LeadId, PersonId, PhoneId
from dialer.core.lawful import stretches, unread
from dialer.core.model import Campaign, Lead
from dialer.core.packs.lawbook import Lawbook
from dialer.core.rules import WEEK_S
from dialer.core.showing import as_shown
from dialer.leads.shown import all_of
from dialer.store import Store
from dialer.store.lead_kinds import LeadKind

HOUR_S = 3600.0
RULES_MAX = 5  # told of each hour
LOOKED_AT_MAX = 100_000  # open leads; of more, the first ones stand for all


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingHour:
    """One hour. `people` may be called in it, a part of an hour as a part of one; `shut` counts the others by rule."""

    at: float
    people: float
    shut: tuple[tuple[str, float], ...]  # most frequent first


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingHours:
    """A week from the beginning of the present hour on."""

    people: int  # looked at
    open_leads: int  # of the campaign
    hours: tuple[CallingHour, ...]


async def calling_hours(
    store: Store, campaign: Campaign, law: Lawbook, now: float, pools: Sequence[Pool] = ()
) -> CallingHours:
    """Work the week out, with any number of the pools. Raises StoreError."""
    kinds = await store.lead_kinds.of_campaign(campaign.id, LOOKED_AT_MAX)
    counts = await store.leads.counts(campaign.id, now)
    since = now // HOUR_S * HOUR_S
    steps, shown = int(WEEK_S // HOUR_S), all_of(pools)
    people = [0.0] * steps
    shut: defaultdict[int, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for kind in kinds:
        facts = replace(unread(_lead(kind, campaign), now), residence=kind.residence, region=kind.region)
        showing = as_shown(shown, campaign, facts, law, now) or campaign
        for stretch in stretches(facts, showing, law, since=since, until=since + WEEK_S):
            for step in range(int((stretch.since - since) // HOUR_S), steps):
                begin = since + step * HOUR_S
                if begin >= stretch.until:
                    break
                part = min(stretch.until, begin + HOUR_S) - max(stretch.since, begin)
                if stretch.shut is None:
                    people[step] += kind.leads * part / HOUR_S
                else:
                    shut[step][stretch.shut.rule] += kind.leads * part / HOUR_S
    return CallingHours(
        people=sum(kind.leads for kind in kinds),
        open_leads=counts.open,
        hours=tuple(
            CallingHour(
                at=since + step * HOUR_S,
                people=round(people[step], 2),
                shut=tuple(
                    (rule, round(count, 2)) for rule, count in sorted(shut[step].items(), key=_most_first)[:RULES_MAX]
                ),
            )
            for step in range(steps)
        ),
    )


def _most_first(counted: tuple[str, float]) -> tuple[float, str]:
    return -counted[1], counted[0]


def _lead(kind: LeadKind, campaign: Campaign) -> Lead:
    return Lead(
        id=LeadId(0),
        campaign=campaign.id,
        person=PersonId(0),
        phone=PhoneId(0),
        number=kind.number,
        country=kind.country,
        zones=kind.zones,
    )
