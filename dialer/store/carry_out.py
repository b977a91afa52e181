"""Which function carries out which command of the engine."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from dialer.core.messages import (
    AddDoNotCall,
    ClaimCallbacks,
    ClaimLeads,
    DeferLead,
    Event,
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
from dialer.store import writes
from dialer.store.batch import Moment
from dialer.store.caller_ids import save_rests
from dialer.store.callers import find_callers
from dialer.store.claim import claim, claim_callbacks
from dialer.store.compliance import save_receipts
from dialer.store.database import Session
from dialer.store.lines_out import save_lines
from dialer.store.reserve import reserve
from dialer.store.restrictions import restrict

QUESTIONS: dict[type[StoreCommand], Callable[[Session, Sequence[Any], Moment], Awaitable[Sequence[Event]]]] = {
    ClaimLeads: claim,
    ClaimCallbacks: claim_callbacks,
    ReserveCall: reserve,
    FindCaller: find_callers,
}
WRITES: dict[type[StoreCommand], Callable[[Session, Sequence[Any], Moment], Awaitable[None]]] = {
    ReturnLeads: writes.return_leads,
    ReleaseCall: writes.release_calls,
    SaveCall: writes.save_calls,
    SaveLead: writes.save_leads,
    SavePhone: writes.save_phones,
    DeferLead: writes.defer_leads,
    SaveDisposition: writes.save_dispositions,
    SaveDecision: writes.save_decisions,
    SaveSpell: writes.save_spells,
    AddDoNotCall: writes.add_do_not_call,
    SaveReceipt: save_receipts,
    RestPhone: writes.rest_phones,
    Restrict: restrict,
    SaveCallerIdRest: save_rests,
    SaveLineOut: save_lines,
}


async def carry_out(session: Session, run: Sequence[StoreCommand], moment: Moment) -> Sequence[Event]:
    """Carry out commands of one type; the answers, where the type is a question."""
    kind = type(run[0])
    if kind in QUESTIONS:
        return await QUESTIONS[kind](session, run, moment)
    await WRITES[kind](session, run, moment)
    return ()
