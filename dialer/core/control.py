"""Live control: what was changed of a campaign while it dials, by whom, until when, and taking it back.

A campaign as configured carries its changes; the campaign in force is the same with those that stand at an instant. So
a restart keeps them, an end needs no memory, and one can be taken back alone. Pure.
"""

import math
from dataclasses import replace

from dialer.core.model import Campaign, Change

KEPT_MAX = 50  # changes that are over and are still shown
PACING = ("policy", "abandon_cap", "target", "intensity", "ratio", "occupancy_max")
CAMPAIGN = ("mode", "lines_max")


def in_force(campaign: Campaign, now: float) -> Campaign:
    """The campaign with the changes that stand, later ones over earlier ones."""
    for change in campaign.changes:
        if change.stands(now):
            campaign = _with(campaign, change)
    return campaign


def turns_at(campaign: Campaign, now: float) -> float:
    """When a change ends next; infinity where none does."""
    return min((change.ends_at for change in campaign.changes if change.ends_at is not None and change.stands(now)),
               default=math.inf)  # fmt: skip


def changed(campaign: Campaign, change: Change) -> Campaign:
    """The campaign as configured with one change more. Raises ValueError, and nothing changes, where it makes no sense.

    The configured cap is the law's or stricter, set by an administrator: a change may go below it, never beyond.
    """
    if all(getattr(change, name) is None for name in (*PACING, *CAMPAIGN)):
        raise ValueError("a change must name at least one setting")
    if change.ends_at is not None and change.ends_at <= change.at:
        raise ValueError("a change must end after it begins")
    cap = campaign.pacing.abandon_cap
    if change.abandon_cap is not None and change.abandon_cap > cap:
        raise ValueError(f"abandon_cap is {change.abandon_cap:g}; the campaign's own allows {cap:g} at most")
    _with(in_force(campaign, change.at), change)
    over = [one for one in campaign.changes if not one.stands(change.at)]
    dropped = {one.number for one in over[: max(0, len(over) + 1 - KEPT_MAX)]}
    kept = tuple(one for one in campaign.changes if one.number not in dropped)
    return replace(campaign, changes=(*kept, change))


def rolled_back(campaign: Campaign, number: int) -> Campaign:
    """The campaign without that change; later ones stand. Raises ValueError where there is no such change."""
    left = tuple(change for change in campaign.changes if change.number != number)
    if len(left) == len(campaign.changes):
        raise ValueError(f"there is no change {number} to roll back")
    return replace(campaign, changes=left)


def next_number(campaign: Campaign) -> int:
    """The number of the next change; never one that was given before and is still known."""
    return max((change.number for change in campaign.changes), default=0) + 1


def _with(campaign: Campaign, change: Change) -> Campaign:
    pace = {name: value for name in PACING if (value := getattr(change, name)) is not None}
    given = {name: value for name in CAMPAIGN if (value := getattr(change, name)) is not None}
    return replace(campaign, pacing=replace(campaign.pacing, **pace), **given)
