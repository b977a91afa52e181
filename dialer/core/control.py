"""Live control: what was changed of a campaign while it dials, by whom, until when, and taking it back.

A campaign as configured carries its changes; the campaign in force is the same with those that stand at an instant. So
a restart keeps them, an end needs no memory, and one can be taken back alone. Pure.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from dialer.core.model import Campaign, Change
from dialer.core.selection import Selection
from dialer.core.turns import next_turn
from pacing.stats import evidence_against

KEPT_MAX = 50  # changes that are over and are still shown
PACING = ("policy", "abandon_cap", "target", "intensity", "ratio", "occupancy_max")
CAMPAIGN = ("mode", "lines_max", "ring_timeout_s")
SLOT_MIN_S = 60.0
EVIDENCE = 20.0  # an e-value: a guard breaks by chance in at most one of 20 trials, however often it is looked at
IDLE_SEEN_S = 600.0  # agents' time at work before their idle share says anything


def in_force(campaign: Campaign, now: float) -> Campaign:
    """The campaign with the changes that stand, later ones over earlier ones."""
    for change in campaign.changes:
        if change.stands(now):
            campaign = _with(campaign, change)
    return campaign


def turns_at(campaign: Campaign, now: float) -> float:
    """When a change ends, or takes its turn, next; infinity where none does."""
    turns = (at for change in campaign.changes if change.lasts(now) for at in _turns(change, now))
    return min(turns, default=math.inf)


def _turns(change: Change, now: float) -> Iterator[float]:
    if change.ends_at is not None:
        yield change.ends_at
    if change.hours is not None:
        yield next_turn(change.hours, change.zone, now)
    if change.slot_s is not None:
        yield change.at + change.slot_s * (math.floor((now - change.at) / change.slot_s) + 1)


def changed(campaign: Campaign, change: Change) -> Campaign:
    """The campaign as configured with one change more. Raises ValueError, and nothing changes, where it makes no sense.

    The configured cap is the law's or stricter, set by an administrator: a change may go below it, never beyond.
    """
    if all(getattr(change, name) is None for name in (*PACING, *CAMPAIGN)) and not change.mix:
        raise ValueError("a change must name at least one setting")
    if change.ends_at is not None and change.ends_at <= change.at:
        raise ValueError("a change must end after it begins")
    _check_turns(campaign, change)
    cap = campaign.pacing.abandon_cap
    if change.abandon_cap is not None and change.abandon_cap > cap:
        raise ValueError(f"abandon_cap is {change.abandon_cap:g}; the campaign's own allows {cap:g} at most")
    _with(in_force(campaign, change.at), change)
    over = [one for one in campaign.changes if not one.lasts(change.at)]
    dropped = {one.number for one in over[: max(0, len(over) + 1 - KEPT_MAX)]}
    kept = tuple(one for one in campaign.changes if one.number not in dropped)
    return replace(campaign, changes=(*kept, change))


def _check_turns(campaign: Campaign, change: Change) -> None:
    if change.slot_s is not None and change.slot_s < SLOT_MIN_S:
        raise ValueError(f"slot_s is {change.slot_s:g}; a slot lasts {SLOT_MIN_S:g} s at least")
    if change.slot_s is not None and any(one.slot_s is not None and one.lasts(change.at) for one in campaign.changes):
        raise ValueError("a trial is going on already; end it first: two at once would tell nothing of either")
    try:
        ZoneInfo(change.zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"zone {change.zone!r} is no IANA time zone") from None


def rolled_back(campaign: Campaign, number: int) -> Campaign:
    """The campaign without that change; later ones stand. Raises ValueError where there is no such change."""
    left = tuple(change for change in campaign.changes if change.number != number)
    if len(left) == len(campaign.changes):
        raise ValueError(f"there is no change {number} to roll back")
    return replace(campaign, changes=left)


def next_number(campaign: Campaign) -> int:
    """The number of the next change; never one that was given before and is still known."""
    return max((change.number for change in campaign.changes), default=0) + 1


def guard_broken(change: Change, *, answered: int, abandoned: int, idle_s: float, work_s: float) -> str:
    """Which guard the change has broken by what came since it was made, as a sentence; empty where none.

    Counts are of people who answered and who met no agent in time; seconds are of the agents, idle and at work in all.
    """
    guard = change.abandon_guard
    over = guard is not None and answered and abandoned / answered > guard
    if guard is not None and over and evidence_against(guard, abandoned, answered) >= EVIDENCE:
        return f"{abandoned} of {answered} who answered met no agent in time: more than {guard:.1%}"
    idle = change.idle_guard
    if idle is not None and work_s >= IDLE_SEEN_S and idle_s / work_s > idle:
        return f"agents were idle for {idle_s / work_s:.0%} of their time: more than {idle:.0%}"
    return ""


def _with(campaign: Campaign, change: Change) -> Campaign:
    pace = {name: value for name in PACING if (value := getattr(change, name)) is not None}
    given = {name: value for name in CAMPAIGN if (value := getattr(change, name)) is not None}
    if change.mix:
        given["selection"] = _mixed(campaign.selection, dict(change.mix))
    return replace(campaign, pacing=replace(campaign.pacing, **pace), **given)


def _mixed(selection: Selection, shares: dict[str, float]) -> Selection:
    unknown = shares.keys() - {part.name for part in selection.parts}
    if unknown:
        known = ", ".join(part.name for part in selection.parts) or "none"
        raise ValueError(f"the list has no part {', '.join(sorted(unknown))}; its parts: {known}")
    parts = tuple(replace(part, share=shares.get(part.name, part.share)) for part in selection.parts)
    return replace(selection, parts=parts)
