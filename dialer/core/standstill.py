"""Why a campaign is not dialling: one code with the numbers behind it, for consoles to say in their words. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from dialer.core.agents import AgentState
from dialer.core.calls import UNANSWERED
from dialer.core.campaigns import Work
from dialer.core.model import Mode
from dialer.core.state import State
from dialer.core.trunks import Health, Trunk
from dialer.core.ways_out import outwards
from pacing.decision import Binding


class Hindrance(StrEnum):
    """What keeps a campaign from dialling."""

    STOPPED = "stopped"
    DRAINING = "draining"
    CLOCK = "clock"
    PAUSED = "paused"
    SWITCH_DOWN = "switch_down"
    NO_TRUNK = "no_trunk"
    TRUNKS_REST = "trunks_rest"
    TRUNKS_FULL = "trunks_full"
    MANUAL = "manual"
    NO_AGENTS = "no_agents"
    UNSKILLED = "unskilled"
    AGENTS_AWAY = "agents_away"
    AGENTS_LEAVING = "agents_leaving"
    LIST_ENDED = "list_ended"
    PUT_OFF = "put_off"
    LEADS_LATER = "leads_later"
    AGENTS_BUSY = "agents_busy"
    BUDGET = "budget"
    LAW = "law"
    LEARNING = "learning"
    LINES_FULL = "lines_full"
    LEADS_COMING = "leads_coming"
    CLOSING = "closing"
    FROZEN = "frozen"
    OCCUPANCY = "occupancy"
    RATE = "rate"


# What kept the last decision from a call, in our codes.
BINDINGS: dict[Binding, Hindrance] = {
    Binding.NO_AGENTS: Hindrance.AGENTS_LEAVING,  # some are here, as was looked at before
    Binding.RISK: Hindrance.AGENTS_BUSY,
    Binding.BUDGET: Hindrance.BUDGET,
    Binding.LAW: Hindrance.LAW,
    Binding.LEARNING: Hindrance.LEARNING,
    Binding.LINES: Hindrance.LINES_FULL,
    Binding.LEADS: Hindrance.LEADS_COMING,
    Binding.CLOSING: Hindrance.CLOSING,
    Binding.FROZEN: Hindrance.FROZEN,
    Binding.OCCUPANCY: Hindrance.OCCUPANCY,
    Binding.FREE_AGENTS: Hindrance.AGENTS_BUSY,
    Binding.RATE: Hindrance.RATE,
    Binding.MOST: Hindrance.RATE,
}


@dataclass(frozen=True, slots=True)
class Standstill:
    """`code` is None while it dials; `figures` by name, with texts where they are names."""

    code: Hindrance | None = None
    figures: tuple[tuple[str, float | str], ...] = ()


DIALS = Standstill()
IN_A_ROW = 5  # leads that could not be called, before it is said while others are at hand


def standstill(state: State, work: Work) -> Standstill:
    """The first thing that must be freed before the campaign dials again."""
    held = _of_house(state, work) or _of_agents(state, work)
    if held is not None or _rings(state, work):
        return held or DIALS
    return _of_leads(state, work) or _of_pacing(work) or DIALS


def sentence(work: Work, found: Standstill) -> str:
    """Why it does not dial, as a sentence; empty while it does. `found` as `standstill` told it."""
    if work.blocked or work.put_off is None or found.code is not Hindrance.PUT_OFF:
        return work.blocked
    return f"leads may not be called now: {work.put_off.rule} ({work.put_off.count} in a row)"


def _rings(state: State, work: Work) -> bool:
    """Whether calls are on their way: then it dials, whatever the next one waits for."""
    calls = (state.calls[call] for call in work.calls)
    return any(one.state in UNANSWERED and (one.placed_at is not None or not _refused(work)) for one in calls)


def _refused(work: Work) -> bool:
    """Whether lead after lead was put off, and no call was placed since."""
    return work.put_off is not None and (work.put_off.count >= IN_A_ROW or not work.leads)


def _of_house(state: State, work: Work) -> Standstill | None:
    trunks = outwards(state, work.campaign)
    taking = [one for one in trunks if not _rests(one, state.now)]
    names = ", ".join(work.campaign.trunks)
    lines = float(sum(trunk.lines for trunk in taking))
    reasons = (
        (state.stopped_by, Standstill(Hindrance.STOPPED, (("by", state.stopped_by),))),
        (state.draining, Standstill(Hindrance.DRAINING)),
        (state.clock_behind_s, Standstill(Hindrance.CLOCK, (("seconds", state.clock_behind_s),))),
        (not work.running, Standstill(Hindrance.PAUSED)),
        (not state.switch_up, Standstill(Hindrance.SWITCH_DOWN)),
        (not trunks, Standstill(Hindrance.NO_TRUNK, (("trunks", names),))),
        (not taking, Standstill(Hindrance.TRUNKS_REST, (("trunks", names),))),
        (
            all(one.lines >= one.config.lines_max for one in taking),
            Standstill(Hindrance.TRUNKS_FULL, (("lines", lines),)),
        ),
    )
    return next((found for holds, found in reasons if holds), None)


def _rests(trunk: Trunk, now: float) -> bool:
    """Whether it takes no call for its health: it rests, or another call tries it."""
    return trunk.state is Health.RESTING or (trunk.state is Health.PROBING and trunk.room(now) == 0)


def _of_agents(state: State, work: Work) -> Standstill | None:
    if work.campaign.mode is Mode.MANUAL:
        return Standstill(Hindrance.MANUAL)
    seats = [seat for seat in state.seats.values() if work.campaign.id in seat.agent.campaigns]
    assigned = sum(work.campaign.id in seat.assigned for seat in state.seats.values())
    if assigned and not seats:
        skills = ", ".join(work.campaign.skills)
        return Standstill(Hindrance.UNSKILLED, (("agents", float(assigned)), ("skills", skills)))
    present = [seat for seat in seats if seat.state is not AgentState.SIGNED_OUT]
    if not present:
        return Standstill(Hindrance.NO_AGENTS, (("agents", float(len(seats))),))
    away = {AgentState.BREAK, AgentState.CONNECTING, AgentState.LEG_LOST}
    if all(seat.state in away for seat in present):
        on_break = sum(seat.state is AgentState.BREAK for seat in present)
        return Standstill(Hindrance.AGENTS_AWAY, (("agents", float(len(present))), ("on_break", float(on_break))))
    return None


def _of_leads(state: State, work: Work) -> Standstill | None:
    over = work.exhausted and not work.leads
    if over and work.told_due_at is None:
        return Standstill(Hindrance.LIST_ENDED, (("placed", float(work.placed)),))
    if work.put_off is not None and work.put_off.due_at > state.now and _refused(work):
        due_at = work.told_due_at if over and work.told_due_at is not None else work.put_off.due_at
        return Standstill(Hindrance.PUT_OFF, (("rule", work.put_off.rule), ("due_at", due_at)))
    if not over or work.told_due_at is None:
        return None
    return Standstill(Hindrance.LEADS_LATER, (("due_at", work.told_due_at),))


def _of_pacing(work: Work) -> Standstill | None:
    decision = work.decision
    if not work.automatic or decision is None or decision.calls > 0 or decision.why.in_flight > 0:
        return None
    why = decision.why
    figures = (
        ("agents", float(why.agents)),
        ("free", float(why.free)),
        ("lines", float(len(work.calls) + len(work.lines_out))),
        ("lines_max", float(work.campaign.lines_max)),
        ("answered", float(why.answered)),
        ("abandoned", float(why.abandoned)),
        ("cap", float(why.cap)),
    )
    return Standstill(BINDINGS[why.binding], figures)
