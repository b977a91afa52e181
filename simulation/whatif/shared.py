"""Agents who serve several campaigns: how much of them one campaign has, and who of them sits in one of its futures.

A future knows one campaign alone. Of agents who are shared it seats as many as their shares of conversations come to;
whole, since a share of an agent is either on the line or not. Pure.
"""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from random import Random

from dialer.core.agents import BUSY
from dialer.core.ids import AgentId, CampaignId
from dialer.core.model import Spell

ELSEWHERE = "elsewhere"  # the reason of a break that is another campaign's call
ENOUGH_TALKS = 10  # an agent's last hour tells a share; with fewer, the last days do
PSEUDO = 2.0  # conversations that are taken as seen, spread evenly over the campaigns served

Talks = Mapping[AgentId, Mapping[CampaignId, int]]


def shares_of(
    campaign: CampaignId, serves: Mapping[AgentId, Set[CampaignId]], lately: Talks, before: Talks
) -> dict[AgentId, float]:
    """The campaign's part of each agent's conversations. `serves`: whom each may talk for now, the campaign among them;
    what was talked for others is over.
    """
    found = dict[AgentId, float]()
    for agent, campaigns in serves.items():
        talks, earlier = (
            {one: count for one, count in of.get(agent, {}).items() if one in campaigns} for of in (lately, before)
        )
        if sum(talks.values()) < ENOUGH_TALKS:
            talks = earlier
        count, own = sum(talks.values()), talks.get(campaign, 0)
        alone = len(campaigns) == 1 or (own == count and count >= ENOUGH_TALKS)
        found[agent] = 1.0 if alone else (own + PSEUDO / len(campaigns)) / (count + PSEUDO)
    return found


def attending(
    spells: Sequence[Spell], shares: Mapping[AgentId, float], campaign: CampaignId, draw: Random
) -> tuple[Spell, ...]:
    """Who sits in a future that begins in these spells: all whom the campaign has alone, and of the others as many as
    their shares come to, those on its calls before those who are free, and these before those on others' calls. Who is
    on another campaign's call is on a break until that is over.
    """
    shared = [one for one in spells if shares.get(one.agent, 1.0) < 1.0]
    count = math.floor(math.fsum(shares[one.agent] for one in shared) + draw.random())
    count = max(count, len(shared) == len(spells))  # somebody sits there
    near = sorted(shared, key=lambda one: _far(one, campaign))
    away = {one.agent for one in near[count:] if _far(one, campaign) > 0}
    return tuple(_free(one, campaign) for one in spells if one.agent not in away)


def chosen(shares: Sequence[float], draw: Random) -> list[bool]:
    """Who is there all day: each with the chance of its share, and together as many as all come to."""
    order, found, total = draw.sample(range(len(shares)), len(shares)), [False] * len(shares), draw.random()
    for at in order:
        found[at] = math.floor(total + shares[at]) > math.floor(total)
        total += shares[at]
    return found


def _far(one: Spell, campaign: CampaignId) -> int:
    """0: on a call of the campaign. 1: on none. 2: on another campaign's."""
    return 1 if one.state not in BUSY or one.campaign is None else 0 if one.campaign == campaign else 2


def _free(one: Spell, campaign: CampaignId) -> Spell:
    return replace(one, state="break", reason=ELSEWHERE) if _far(one, campaign) == 2 else one
