"""A stretch of work in the few figures that forecasts are about, by the definitions of `dialer report`.

The same code counts what was recorded of a real day and what the engine wanted kept of a simulated one, so that the two
may be held against each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dialer.core.agents import AT_WORK, BUSY
from dialer.core.ids import CallId
from dialer.core.messages import Command, Event, SaveCall, SaveSpell, SwitchCommand
from dialer.core.model import CallRecord, Campaign, Category, Spell
from dialer.core.outcomes import Outcome

RIGHT = frozenset({Category.RIGHT_PARTY, Category.PROMISE, Category.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of calls, seconds of agents' time."""

    placed: int = 0
    answered: int = 0  # by people
    connected: int = 0
    people: int = 0  # connected, and no machine
    right_parties: int = 0
    promises: int = 0
    abandoned: int = 0
    talk_s: float = 0.0
    busy_s: float = 0.0
    at_work_s: float = 0.0
    leads: int = 0  # dialled for the first time in the stretch, as far as it is known
    list_out_s: float | None = None  # into the stretch, when a future's list had no lead left that was not dialled

    @property
    def occupancy(self) -> float:
        """Talk, hold and wrap-up as a share of the time at work."""
        return self.busy_s / self.at_work_s if self.at_work_s else 0.0

    @property
    def abandon_ratio(self) -> float:
        """Abandoned calls as a share of the people who answered."""
        return self.abandoned / self.answered if self.answered else 0.0

    @property
    def talk_min(self) -> float:
        return self.talk_s / 60.0

    def per_agent_hour(self, count: float) -> float:
        """A count for each hour of an agent at work."""
        return count / (self.at_work_s / 3600.0) if self.at_work_s else 0.0


def figures(
    records: Iterable[CallRecord], spells: Iterable[Spell], campaign: Campaign, since: float, until: float
) -> Figures:
    """Count what happened with since <= t < until: calls by when they were placed, answered, bridged; time as it ran.

    So a stretch is counted alike whether it is over for long or its last calls still go on.
    """
    categories = {one.code: one.category for one in campaign.dispositions}
    busy_s = at_work_s = 0.0
    for spell in spells:
        length_s = min(spell.until, until) - max(spell.since, since)
        if length_s > 0:
            busy_s += length_s if spell.state in BUSY else 0.0
            at_work_s += length_s if spell.state in AT_WORK else 0.0
    return replace(_calls(list(records), categories, since, until), busy_s=busy_s, at_work_s=at_work_s)


def _calls(records: Sequence[CallRecord], categories: dict[str, Category], since: float, until: float) -> Figures:
    def within(at: float | None) -> bool:
        return at is not None and since <= at < until

    placed = [one for one in records if within(one.placed_at)]
    bridged = [one for one in records if within(one.bridged_at)]
    said = [categories.get(one.disposition) for one in bridged]
    machines = sum(one is Category.MACHINE for one in said)
    abandoned = sum(one.outcome is Outcome.ABANDONED for one in records if within(one.answered_at))
    gone = sum(one.outcome is Outcome.EARLY_HANGUP for one in records if within(one.answered_at))
    return Figures(
        placed=len(placed),
        answered=len(bridged) - machines + abandoned + gone,
        connected=len(bridged),
        people=len(bridged) - machines,
        right_parties=sum(one in RIGHT for one in said),
        promises=sum(one is Category.PROMISE for one in said),
        abandoned=abandoned,
        talk_s=sum(_overlap(one, since, until) for one in records),
        leads=len({one.lead for one in placed}),
    )


def _overlap(one: CallRecord, since: float, until: float) -> float:
    """Seconds of the talk within the stretch."""
    if one.bridged_at is None:
        return 0.0
    return max(0.0, min(one.ended_at if one.ended_at is not None else until, until) - max(one.bridged_at, since))


class Book:
    """Looks on at a world and keeps what the engine wants kept: calls and agents' time."""

    def __init__(self) -> None:
        self.records: dict[CallId, CallRecord] = {}
        self.spells: dict[tuple[int, float], Spell] = {}

    def handled(self, _event: Event, commands: list[Command], _now: float) -> None:
        """Take in what the engine wants saved."""
        for command in commands:
            if isinstance(command, SaveCall):
                self.records[command.record.id] = command.record
            elif isinstance(command, SaveSpell):
                self.spells[command.spell.agent, command.spell.since] = command.spell

    def executing(self, command: SwitchCommand) -> None:
        """Nothing is kept of what the switch does."""

    def restarted(self) -> None:
        """A new process begins: nothing is to be done about it here."""

    def figures(self, campaign: Campaign, since: float, until: float) -> Figures:
        """Of a stretch. What an agent is still at counts up to its end."""
        spells = [one if one.ended else replace(one, until=max(one.until, until)) for one in self.spells.values()]
        return figures(self.records.values(), spells, campaign, since, until)
