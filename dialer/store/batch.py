"""Puts the commands of one transaction into runs of one kind, so that each run costs one statement.

A command may only move ahead of commands that touch none of its tables; the effect is that of doing one by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dialer.core.messages import (
    AddDoNotCall,
    ClaimLeads,
    ReleaseCall,
    ReserveCall,
    ReturnLeads,
    SaveCall,
    SaveDecision,
    SaveDisposition,
    SaveLead,
    SaveSpell,
    StoreCommand,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when a batch is carried out."""

    cell: int
    now: float


TOUCHES: dict[type[StoreCommand], frozenset[str]] = {
    ClaimLeads: frozenset({"leads", "phones", "do_not_call"}),
    ReturnLeads: frozenset({"leads"}),
    ReserveCall: frozenset({"leads", "phones", "do_not_call", "reservations", "calls"}),
    ReleaseCall: frozenset({"leads", "reservations"}),
    SaveCall: frozenset({"reservations", "calls"}),
    SaveLead: frozenset({"leads"}),
    SaveDisposition: frozenset({"dispositions"}),
    SaveDecision: frozenset({"decisions"}),
    SaveSpell: frozenset({"spells"}),
    AddDoNotCall: frozenset({"do_not_call"}),
}


def runs(commands: Iterable[StoreCommand]) -> list[Sequence[StoreCommand]]:
    """The same commands in runs of one type each, to be carried out one run after the other."""
    made: list[list[StoreCommand]] = []
    for command in commands:
        run = _home(made, type(command))
        if run is None:
            made.append([command])
        else:
            run.append(command)
    return list(made)


def _home(made: list[list[StoreCommand]], kind: type[StoreCommand]) -> list[StoreCommand] | None:
    for run in reversed(made):
        other = type(run[0])
        if other is kind:
            return run
        if TOUCHES[other] & TOUCHES[kind]:
            return None
    return None
