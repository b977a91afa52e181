"""Puts the commands of one transaction into runs of one kind, so that each run costs one statement.

A command may only move ahead of commands that touch none of its tables, or nobody it is about; the effect is that of
doing one by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dialer.core.ids import CampaignId
from dialer.core.messages import (
    AddDoNotCall,
    ClaimCallbacks,
    ClaimLeads,
    DeferLead,
    FindCaller,
    ReleaseCall,
    ReserveCall,
    RestPhone,
    Restrict,
    ReturnLeads,
    SaveCall,
    SaveCallerIdRest,
    SaveDecision,
    SaveDisposition,
    SaveLead,
    SaveLineOut,
    SavePhone,
    SaveReceipt,
    SaveSpell,
    StoreCommand,
)
from dialer.core.model import Lead
from dialer.store.quotas import Quotas


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when a batch is carried out."""

    cell: int
    now: float
    quotas: Quotas = field(default_factory=Quotas)
    # Campaigns that were seen to go by time alone, with the version of their settings. The claim's own statement looks
    # whether these still hold, so a change by anybody only costs the quick way.
    plain: dict[CampaignId, int] = field(default_factory=dict)


TOUCHES: dict[type[StoreCommand], frozenset[str]] = {
    ClaimLeads: frozenset({"leads", "phones", "do_not_call"}),
    ClaimCallbacks: frozenset({"leads", "phones", "do_not_call"}),
    ReturnLeads: frozenset({"leads"}),
    SaveCallerIdRest: frozenset({"caller_id_rests"}),
    SaveLineOut: frozenset({"lines_out"}),
    FindCaller: frozenset({"leads", "phones", "reservations", "calls"}),
    ReserveCall: frozenset({"leads", "phones", "do_not_call", "restrictions", "reservations", "calls"}),
    ReleaseCall: frozenset({"leads", "reservations"}),
    SaveCall: frozenset({"reservations", "calls"}),
    SaveLead: frozenset({"leads"}),
    SavePhone: frozenset({"phones"}),
    DeferLead: frozenset({"leads"}),
    SaveDisposition: frozenset({"dispositions"}),
    SaveDecision: frozenset({"decisions"}),
    SaveSpell: frozenset({"spells"}),
    AddDoNotCall: frozenset({"do_not_call", "calls", "compliance"}),
    SaveReceipt: frozenset({"compliance"}),
    RestPhone: frozenset({"phones"}),
    Restrict: frozenset({"leads", "restrictions", "compliance"}),
}


About = frozenset[tuple[str, object]]


@dataclass(slots=True)
class _Run:
    """Commands of one kind, and all that they are about; None: anybody may be meant."""

    kind: type[StoreCommand]
    commands: list[StoreCommand] = field(default_factory=list)
    about: set[tuple[str, object]] | None = field(default_factory=set)

    def add(self, command: StoreCommand, about: About | None) -> None:
        self.commands.append(command)
        if about is None:
            self.about = None
        elif self.about is not None:
            self.about |= about

    def sees(self, kind: type[StoreCommand], about: About | None) -> bool:
        """Whether a command of this kind and about these must not change places with the run."""
        if not TOUCHES[self.kind] & TOUCHES[kind]:
            return False
        return about is None or self.about is None or not self.about.isdisjoint(about)


def about(command: StoreCommand) -> About | None:
    """Whom and what a command is about; None where it does not say.

    Reservations and the calls' records share tables, but a lock, a count and a due time are one person's, number's,
    lead's and call's: while some calls end, others begin, and each would be a statement of its own.
    """
    match command:
        case SaveCall(record=one):
            return frozenset((("call", one.id), ("lead", one.lead), ("person", one.person), ("number", one.number)))
        case ReserveCall(call=call, lead=Lead() as lead):
            return frozenset((("call", call), ("lead", lead.id), ("person", lead.person), ("number", lead.number)))
        case SavePhone(phone=one):
            return frozenset((("phone", one),))
        case SaveLead(lead=one) | DeferLead(lead=one):
            return frozenset((("lead", one),))
        case _:
            return None


def runs(commands: Iterable[StoreCommand]) -> list[Sequence[StoreCommand]]:
    """The same commands in runs of one type each, to be carried out one run after the other."""
    made: list[_Run] = []
    for command in commands:
        kind, those = type(command), about(command)
        run = _home(made, kind, those)
        if run is None:
            made.append(run := _Run(kind))
        run.add(command, those)
    return [run.commands for run in made]


def _home(made: list[_Run], kind: type[StoreCommand], those: About | None) -> _Run | None:
    for run in reversed(made):
        if run.kind is kind:
            return run
        if run.sees(kind, those):
            return None
    return None
