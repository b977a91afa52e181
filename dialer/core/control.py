"""Live control: what was changed of a campaign while it dials, by whom, until when, and taking it back.

A campaign as configured carries its changes; the campaign in force is the same with those that stand at an instant. So
a restart keeps them, an end needs no memory, and one can be taken back alone. What was configured anew since a change
was made goes first: no change leads beyond the campaign's cap of today, or to a part of the list that is gone. Pure.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from dialer.core.model import Campaign, Change
from dialer.core.selection import Part, Selection
from dialer.core.trials import PAIRS_MIN
from dialer.core.turns import next_turn, opens, slot_ends
from pacing.stats import evidence_against

KEPT_MAX = 50  # changes that are over and are still shown
PACING = ("policy", "abandon_cap", "target", "intensity", "ratio", "occupancy_max")
CAMPAIGN = ("mode", "lines_max", "ring_timeout_s")
SLOT_MIN_S = 60.0
EVIDENCE = 20.0  # an e-value: a guard breaks by chance in at most one of 20 trials, however often it is looked at
IDLE_SEEN_S = 600.0  # agents' time at work before their idle share says anything


class ChangeError(ValueError):
    """A change that cannot be made, or taken back, as things are; consoles say it in their own words by its `code`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def in_force(campaign: Campaign, now: float) -> Campaign:
    """The campaign with the changes that stand, later ones over earlier ones. Never fails."""
    cap = campaign.pacing.abandon_cap
    for change in campaign.changes:
        if change.stands(now):
            campaign = _with(campaign, change)
    if campaign.pacing.abandon_cap > cap:  # it was lowered since
        campaign = replace(campaign, pacing=replace(campaign.pacing, abandon_cap=cap))
    return campaign


def turns_at(campaign: Campaign, now: float) -> float:
    """When a change ends, or takes its turn, next; infinity where none does."""
    turns = (at for change in campaign.changes if change.lasts(now) for at in _turns(change, now))
    return min(turns, default=math.inf)


def _turns(change: Change, now: float) -> Iterator[float]:
    if change.ends_at is not None:
        yield change.ends_at
    if change.hours:
        yield next_turn(change.hours, change.zone, now)
    if change.slot_s is not None:
        yield slot_ends(change.at, change.slot_s, now)


def changed(campaign: Campaign, change: Change) -> Campaign:
    """The campaign as configured with one change more. Raises ValueError, and nothing changes, where it makes no sense;
    ChangeError where it would with other times, or at another time.

    The configured cap is the law's or stricter, set by an administrator: a change may go below it, never beyond.
    """
    if all(getattr(change, name) is None for name in (*PACING, *CAMPAIGN)) and not change.mix:
        raise ValueError("a change must name at least one setting")
    if change.ends_at is not None and change.ends_at <= change.at:
        raise ValueError("a change must end after it begins")
    _check_turns(campaign, change)
    cap = campaign.pacing.abandon_cap
    if change.abandon_cap is not None and change.abandon_cap > cap:
        text = f"abandon_cap is {change.abandon_cap:g}; the campaign's own allows {cap:g} at most"
        raise ChangeError("beyond_cap", text)
    present = in_force(campaign, change.at)
    _check_mix(present.selection, dict(change.mix))
    _with(present, change)
    over = [one for one in campaign.changes if not one.lasts(change.at)]
    dropped = {one.number for one in over[: max(0, len(over) + 1 - KEPT_MAX)]}
    kept = tuple(one for one in campaign.changes if one.number not in dropped)
    return replace(campaign, changes=(*kept, change))


def _check_turns(campaign: Campaign, change: Change) -> None:
    try:
        ZoneInfo(change.zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"zone {change.zone!r} is no IANA time zone") from None
    late = change.hours and not opens(change.hours, change.zone, change.at)
    if late and change.ends_at is not None and next_turn(change.hours, change.zone, change.at) >= change.ends_at:
        raise ChangeError("hours_too_late", "it would end before its hours begin: give it more minutes, or none")
    _check_trial(campaign, change)


def _check_trial(campaign: Campaign, change: Change) -> None:
    lasting = [one for one in campaign.changes if one.slot_s is not None and one.lasts(change.at)]
    if change.slot_s is None:
        for one in lasting:
            if same := sorted(_sets(one) & _sets(change)):
                text = f"change {one.number} is on trial with {', '.join(same)}: take it back first"
                raise ChangeError("on_trial", f"{text}, its verdict would tell nothing")
        return
    if change.slot_s < SLOT_MIN_S:
        raise ValueError(f"slot_s is {change.slot_s:g}; a slot lasts {SLOT_MIN_S:g} s at least")
    if lasting:
        text = "a trial is going on already; end it first: two at once would tell nothing of either"
        raise ChangeError("trial_goes_on", text)
    needed_s = 2 * PAIRS_MIN * change.slot_s
    if change.ends_at is not None and change.ends_at - change.at < needed_s:
        text = f"a verdict needs {PAIRS_MIN} pairs of slots: {needed_s / 60:g} minutes of these, or shorter slots"
        raise ChangeError("trial_too_short", text)


def _sets(change: Change) -> frozenset[str]:
    """The settings that it changes, by name."""
    named = (*PACING, *CAMPAIGN, *(("mix",) if change.mix else ()))
    return frozenset(name for name in named if getattr(change, name) is not None)


def rolled_back(campaign: Campaign, number: int, *, by: str, at: float) -> Campaign:
    """The campaign with that change over; later ones stand. Raises ChangeError where it was over, or there is none."""
    found = next((change for change in campaign.changes if change.number == number), None)
    if found is None:
        raise ChangeError("no_change", f"there is no change {number} to roll back")
    if found.over_at <= at:
        how = f"{found.rolled_back_by} rolled it back" if found.rolled_back_by else "it had come to its end"
        raise ChangeError("change_over", f"change {number} is over already: {how}")
    over = replace(found, rolled_back_at=at, rolled_back_by=by)
    return replace(campaign, changes=tuple(over if one is found else one for one in campaign.changes))


def next_number(campaign: Campaign) -> int:
    """The number of the next change; never one that was given before and is still known."""
    return max((change.number for change in campaign.changes), default=0) + 1


@dataclass(frozen=True, slots=True)
class Broken:
    """A guard that broke: that of idle agents, or of abandoned calls; `figures` by name, for the words of consoles."""

    idle: bool
    figures: tuple[tuple[str, float], ...]


def guard_broken(change: Change, *, answered: int, abandoned: int, idle_s: float, work_s: float) -> Broken | None:
    """Which guard the change has broken by what came since it was made; None of none.

    Counts are of people who answered and who met no agent in time; seconds are of the agents, idle and at work in all.
    """
    guard = change.abandon_guard
    over = guard is not None and answered and abandoned / answered > guard
    if guard is not None and over and evidence_against(guard, abandoned, answered) >= EVIDENCE:
        return Broken(False, (("abandoned", float(abandoned)), ("answered", float(answered)), ("cap", guard)))
    idle = change.idle_guard
    if idle is not None and work_s >= IDLE_SEEN_S and idle_s / work_s > idle:
        return Broken(True, (("share", idle_s / work_s), ("cap", idle)))
    return None


def _with(campaign: Campaign, change: Change) -> Campaign:
    pace = {name: value for name in PACING if (value := getattr(change, name)) is not None}
    given = {name: value for name in CAMPAIGN if (value := getattr(change, name)) is not None}
    if change.mix:
        given["selection"] = _mixed(campaign.selection, dict(change.mix))
    return replace(campaign, pacing=replace(campaign.pacing, **pace), **given)


def _check_mix(selection: Selection, shares: dict[str, float]) -> None:
    unknown = shares.keys() - {part.name for part in selection.parts}
    if unknown:
        known = ", ".join(part.name for part in selection.parts) or "none"
        raise ValueError(f"the list has no part {', '.join(sorted(unknown))}; its parts: {known}")
    replace(selection, parts=_shared(selection, shares))


def _mixed(selection: Selection, shares: dict[str, float]) -> Selection:
    """The shares of the parts that there still are, less where they come to more than the whole by now."""
    parts = _shared(selection, shares)
    whole = max(1.0, math.fsum(part.share for part in parts))
    return replace(selection, parts=tuple(replace(part, share=part.share / whole) for part in parts))


def _shared(selection: Selection, shares: dict[str, float]) -> tuple[Part, ...]:
    return tuple(replace(part, share=shares.get(part.name, part.share)) for part in selection.parts)
