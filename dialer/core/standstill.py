"""Why a campaign is not dialling: one code with the numbers behind it, for consoles to say in their words. Pure."""

from dataclasses import dataclass

from dialer.core.agents import AgentState
from dialer.core.campaigns import Work
from dialer.core.model import Mode
from dialer.core.state import State
from dialer.core.trunks import Health
from pacing.decision import Binding

# What kept the last decision from a call, in our codes.
BINDINGS: dict[Binding, str] = {
    Binding.NO_AGENTS: "no_agents",
    Binding.RISK: "agents_busy",
    Binding.BUDGET: "budget",
    Binding.LEARNING: "learning",
    Binding.LINES: "lines_full",
    Binding.LEADS: "leads_coming",
    Binding.CLOSING: "closing",
    Binding.FROZEN: "frozen",
    Binding.OCCUPANCY: "occupancy",
    Binding.FREE_AGENTS: "agents_busy",
    Binding.RATE: "rate",
    Binding.MOST: "rate",
}


@dataclass(frozen=True, slots=True)
class Standstill:
    """`code` is empty while it dials; `figures` by name, with texts where they are names."""

    code: str = ""
    figures: tuple[tuple[str, float | str], ...] = ()


DIALS = Standstill()


def standstill(state: State, work: Work) -> Standstill:
    """The first thing that must be freed before the campaign dials again."""
    return _of_house(state, work) or _of_agents(state, work) or _of_leads(work) or _of_pacing(work) or DIALS


def _of_house(state: State, work: Work) -> Standstill | None:
    trunks = [state.trunks[name] for name in work.campaign.trunks if name in state.trunks]
    names = ", ".join(work.campaign.trunks)
    lines = float(sum(trunk.lines for trunk in trunks))
    reasons = (
        (state.stopped_by, Standstill("stopped", (("by", state.stopped_by),))),
        (state.draining, Standstill("draining")),
        (state.clock_behind_s, Standstill("clock", (("seconds", state.clock_behind_s),))),
        (not work.running, Standstill("paused")),
        (not state.switch_up, Standstill("switch_down")),
        (not trunks, Standstill("no_trunk", (("trunks", names),))),
        (all(one.state is Health.RESTING for one in trunks), Standstill("trunks_rest", (("trunks", names),))),
        (all(one.lines >= one.config.lines_max for one in trunks), Standstill("trunks_full", (("lines", lines),))),
    )
    return next((found for holds, found in reasons if holds), None)


def _of_agents(state: State, work: Work) -> Standstill | None:
    if work.campaign.mode is Mode.MANUAL:
        return Standstill("manual")
    seats = [seat for seat in state.seats.values() if work.campaign.id in seat.agent.campaigns]
    present = [seat for seat in seats if seat.state is not AgentState.SIGNED_OUT]
    if not present:
        return Standstill("no_agents", (("agents", float(len(seats))),))
    away = {AgentState.BREAK, AgentState.CONNECTING, AgentState.LEG_LOST}
    if all(seat.state in away for seat in present):
        on_break = sum(seat.state is AgentState.BREAK for seat in present)
        return Standstill("agents_away", (("agents", float(len(present))), ("on_break", float(on_break))))
    return None


def _of_leads(work: Work) -> Standstill | None:
    if work.leads or not work.exhausted:
        return None
    if work.due_at is None:
        return Standstill("list_ended", (("placed", float(work.placed)),))
    return Standstill("leads_later", (("due_at", work.due_at),))


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
