"""Every checker is seen to catch what it is there for: engines and worlds that are wrong on purpose."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, LeadId, LegId
from dialer.core.messages import (
    AbandonmentPlayed,
    AgentPaused,
    CallEnded,
    CallRang,
    CallReserved,
    CampaignSet,
    Command,
    Connect,
    DiallingStopped,
    Event,
    PlaceCall,
    SaveCall,
    SaveDisposition,
    SaveSpell,
    StoreCommand,
    SwitchSeen,
    Ticked,
    TrunkSet,
)
from dialer.core.model import Lead, Mode
from dialer.core.outcomes import Outcome
from dialer.core.rules import EVERY_DAY, Window
from dialer.core.view import FloorView
from pacing import Policy, Settings
from simulation.scenario import CampaignPlan, Scenario, TrunkPlan
from simulation.world import rest
from simulation.world.bridges import SimCall, SimLeg
from simulation.world.checks import Checks, Violation
from simulation.world.habits import Habits
from simulation.world.keeping import Reservation
from simulation.world.people import Crowd, People
from simulation.world.store import Store
from simulation.world.world import World

EAGER = People(
    answer_share=0.8, machine_share=0.0, busy_share=0.0, rejects_share=0.0, off_share=0.0, invalid_share=0.0,
    by_hour=False, ring_s=3.0, talk_s=30.0, short_talk_s=20.0,
)  # fmt: skip
SMALL = Scenario(
    name="small",
    hours=0.1,
    agents=4,
    campaigns=(CampaignPlan(leads=200, lines_max=20),),
    trunks=(TrunkPlan(calls_per_second=10.0),),
    people=EAGER,
    habits=Habits(arrive_within_s=5.0, break_every_s=0.0, wrap_up_s=5.0),
)


class Wrong(Engine):
    """The real engine, of which a part is spoilt: what it is told, or what it answers."""

    legs: tuple[LegId, ...] = ()

    def hear(self, event: Event) -> Event | None:
        """The event as this engine takes it; None where it is deaf to it."""
        return event

    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        """The commands as this engine gives them."""
        return commands

    def handle(self, event: Event, now: float) -> list[Command]:
        heard = self.hear(event)
        return self.wish(event, super().handle(heard, now) if heard is not None else [])


class PlacesTwice(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        return commands + [command for command in commands if isinstance(command, PlaceCall)]


class PlacesUnreserved(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        orders = [command for command in commands if isinstance(command, PlaceCall)]
        return commands + [replace(order, call=CallId(order.call + 1000)) for order in orders]


class PlacesAnotherNumber(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        return [replace(one, dial="PJSIP/1@carrier") if isinstance(one, PlaceCall) else one for one in commands]


class BlindToFacts(Wrong):
    def hear(self, event: Event) -> Event:
        if isinstance(event, CallReserved):
            facts = replace(
                event.facts, do_not_call=(), dials_of_number_24h=0, number_dialled_at=None, person_contacted_at=None
            )
            return CallReserved(event.call, facts)
        return event


class BlindToHours(Wrong):
    def hear(self, event: Event) -> Event:
        if isinstance(event, CampaignSet):
            always = replace(event.campaign.rules, windows=(Window(EVERY_DAY, 0, 1440),))
            return CampaignSet(replace(event.campaign, rules=always))
        return event


class BlindToLines(Wrong):
    def hear(self, event: Event) -> Event:
        match event:
            case CampaignSet(campaign):
                return CampaignSet(replace(campaign, lines_max=1000))
            case TrunkSet(trunk):
                return TrunkSet(replace(trunk, lines_max=1000))
        return event


class DeafToStop(Wrong):
    def hear(self, event: Event) -> Event | None:
        return None if isinstance(event, DiallingStopped) else event


class Overdials(Wrong):
    def hear(self, event: Event) -> Event:
        if isinstance(event, CampaignSet):
            bold = Settings(policy=Policy.RATIO, ratio=4.0, abandon_cap=0.5)
            return CampaignSet(replace(event.campaign, mode=Mode.PREDICTIVE, pacing=bold))
        return event


class OneLegForAll(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        self.legs = self.legs or tuple(command.leg for command in commands if isinstance(command, Connect))[:1]
        return [replace(one, leg=self.legs[0]) if isinstance(one, Connect) else one for one in commands]


class ConnectsRinging(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        return [*commands, Connect(event.call, LegId("any"), 1)] if isinstance(event, CallRang) else commands


class ConnectsAfterMessage(Wrong):
    """Serves nobody in time, everybody too late."""

    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        others: list[Command] = [command for command in commands if not isinstance(command, Connect)]
        return [*others, Connect(event.call, LegId("any"), 1)] if isinstance(event, AbandonmentPlayed) else others


class ChangesItsMind(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        ended = [one for one in commands if isinstance(one, SaveCall) and one.record.outcome is not None]
        return commands + [SaveCall(replace(one.record, outcome=Outcome.FAILED)) for one in ended]


class EndsWithoutOutcome(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        return [SaveCall(replace(one.record, outcome=None)) if isinstance(one, SaveCall) else one for one in commands]


class DeafToEnds(Wrong):
    def hear(self, event: Event) -> Event | None:
        return None if isinstance(event, CallEnded | SwitchSeen) and self.calls_in_progress else event


class Impatient(Wrong):
    """Never looks at the time."""

    def hear(self, event: Event) -> Event | None:
        return None if isinstance(event, Ticked) and self.calls_in_progress else event


class Idler(Wrong):  # leaves people waiting beside agents who are ready
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        return [command for command in commands if not isinstance(command, Connect)]

    def view(self, now: float) -> FloorView:
        floor = super().view(now)
        campaigns = tuple(replace(one, calls_by_state=(("waiting", 1),)) for one in floor.campaigns)
        agents = tuple(replace(one, state="ready") if one.state == "talking" else one for one in floor.agents)
        calls = tuple(replace(one, state="waiting") if one.state == "connecting" else one for one in floor.last_calls)
        return replace(floor, campaigns=campaigns, agents=agents, last_calls=calls)


class PutsWordsInMouths(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        return [replace(one, code="DNC") if isinstance(one, SaveDisposition) else one for one in commands]


class WritesSheetsTwice(Wrong):
    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        early = [replace(one.spell, since=one.spell.since - 5.0) for one in commands if isinstance(one, SaveSpell)]
        return commands + [SaveSpell(spell) for spell in early]


class Forgetful(Store):
    """A store that remembers no dial and no talk."""

    def execute(self, command: StoreCommand, now: float) -> Event | None:
        self._dials.clear()
        self._contacted_at.clear()
        return super().execute(command, now)


class Lockless(Forgetful):
    """A store that moreover lets two calls hold one person."""

    def execute(self, command: StoreCommand, now: float) -> Event | None:
        self._persons.clear()
        self._numbers.clear()
        return super().execute(command, now)


Spoil = Callable[[World], None]


def live(engine: Callable[[], Engine], scenario: Scenario = SMALL, *, spoil: Spoil | None = None) -> None:
    world = World(engine, scenario, seed=3)
    Checks(world)
    if spoil is not None:
        spoil(world)
    world.begin()
    world.run(scenario.hours * 3600.0)


def campaign(**changes: object) -> Scenario:
    return replace(SMALL, campaigns=(replace(SMALL.campaigns[0], **changes),))  # type: ignore[arg-type]


def stop_soon(world: World) -> None:
    world.after(60.0, lambda: world.tell(DiallingStopped("supervisor")))


def everybody(world: World) -> list[Lead]:
    return [world.lists.lead(LeadId(number)) for number in range(1, len(world.lists) + 1)]


def forbid_everybody(world: World) -> None:
    world.store.do_not_call.update((lead.number, "own list") for lead in everybody(world))


def without_locks(world: World) -> None:
    world.store.__class__ = Lockless


def without_memory(world: World) -> None:
    world.store.__class__ = Forgetful


def dial_again(world: World) -> None:
    """People who were spoken with a minute ago."""
    for lead in everybody(world):
        world.store._contacted_at[lead.person] = world.time() - 60.0


SHARED = replace(SMALL, campaigns=(CampaignPlan(leads=3), CampaignPlan(leads=50, overlap=1.0)), agents=8)
LATE_WRAP_UP = replace(campaign(wrap_up_max_s=5.0), habits=replace(SMALL.habits, wrap_up_s=200.0, wrap_up_sigma=0.1))

CASES: dict[str, tuple[str, Callable[[], Engine], Scenario, Spoil | None]] = {
    "places twice": ("placed_once", PlacesTwice, SMALL, None),
    "places unreserved": ("reserved_first", PlacesUnreserved, SMALL, None),
    "places another number": ("reserved_first", PlacesAnotherNumber, SMALL, None),
    "dials the forbidden": ("lawful", BlindToFacts, SMALL, forbid_everybody),
    "dials the spoken with": ("lawful", BlindToFacts, SMALL, dial_again),
    "dials at night": ("lawful", BlindToHours, replace(SMALL, starts="2026-03-02T06:00"), None),
    "exceeds the campaign's lines": ("lines", BlindToLines, campaign(lines_max=2), None),
    "exceeds the trunk's lines": ("lines", BlindToLines, replace(SMALL, trunks=(TrunkPlan(lines_max=2),)), None),
    "calls a person twice at a time": ("one_call_per_person", Engine, SHARED, without_locks),
    "forgets what was dialled": ("caps", Engine, SHARED, without_memory),
    "lets people wait": ("served", Idler, campaign(wait_max_s=5.0), None),
    "keeps what nobody said": ("said", PutsWordsInMouths, SMALL, None),
    "writes time sheets twice": ("time_sheet", WritesSheetsTwice, SMALL, None),
    "does not stop": ("stopped", DeafToStop, SMALL, stop_soon),
    "overdials": ("progressive", Overdials, campaign(mode=Mode.PROGRESSIVE), None),
    "gives everybody one agent": ("agent_on_one_call", OneLegForAll, SMALL, None),
    "connects who has not answered": ("answered_first", ConnectsRinging, SMALL, None),
    "connects into the message": ("no_agent_after_message", ConnectsAfterMessage, SMALL, None),
    "changes an outcome": ("one_outcome", ChangesItsMind, SMALL, None),
    "ends without an outcome": ("one_outcome", EndsWithoutOutcome, SMALL, None),
    "never hears of ends": ("patience", DeafToEnds, SMALL, None),
    "never looks at the clock": ("patience", Impatient, LATE_WRAP_UP, None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_engine_or_world_is_caught(case: str) -> None:
    check, engine, scenario, spoil = CASES[case]
    with pytest.raises(Violation) as caught:
        live(engine, scenario, spoil=spoil)
    assert caught.value.check == check


@pytest.mark.parametrize("scenario", [SMALL, SHARED, campaign(lines_max=2), campaign(mode=Mode.PROGRESSIVE)])
def test_the_real_engine_passes_where_the_wrong_ones_fail(scenario: Scenario) -> None:
    live(Engine, scenario)


# ---------------------------------------------------------------- at rest


class TellTale(Engine):
    """An engine whose floor can be falsified."""

    falsify: Callable[[FloorView], FloorView] | None = None

    def view(self, now: float) -> FloorView:
        floor = super().view(now)
        return self.falsify(floor) if self.falsify is not None else floor


def resting() -> tuple[World, Checks]:
    world = World(TellTale, replace(SMALL, hours=0.05), seed=3)
    checks = Checks(world)
    world.begin()
    world.run(180.0)
    world.heal()
    world.pause()
    world.run(400.0)
    return world, checks


def test_a_quiet_world_is_at_rest() -> None:
    _, checks = resting()
    rest.at_rest(checks)


def _an_order(checks: Checks) -> PlaceCall:
    return next(iter(checks.dialled.values()))


def _call_remains(world: World, checks: Checks) -> None:
    order = replace(_an_order(checks), call=CallId(9999))
    lead = world.store.lead(order.lead)
    what = Crowd(EAGER, world.chance, 0.0).fate(lead, attempt=1, now=world.time(), delay_s=1.0)
    world.switch.calls[order.call] = SimCall(order.call, order, what, world.env.now)


def _lock_remains(world: World, checks: Checks) -> None:
    order = _an_order(checks)
    lead = world.store.lead(order.lead)
    world.store.open[CallId(9999)] = Reservation(CallId(9999), order.campaign, lead, world.time(), None)


def _lead_remains(world: World, _: Checks) -> None:
    next(iter(world.store.leads.values())).claimed = True


def _third_remains(world: World, _: Checks) -> None:
    world.switch.legs[LegId("third")] = SimLeg(LegId("third"), None, up=True)


def _second_leg(world: World, _: Checks) -> None:
    world.switch.legs[LegId("second")] = SimLeg(LegId("second"), AgentId(1), up=True)


def _agent_on_break(world: World, _: Checks) -> None:
    world.tell(AgentPaused(AgentId(1), "rest"))


def _no_record(_: World, checks: Checks) -> None:
    checks.dialled[CallId(9999)] = replace(_an_order(checks), call=CallId(9999))


def _not_counted(world: World, checks: Checks) -> None:
    order = _an_order(checks)
    world.store.ended[order.call] = replace(world.store.ended[order.call], placed_at=None)


def _not_true(world: World, _: Checks) -> None:
    talked = next(one for one in world.store.ended.values() if one.bridged_at is not None)
    world.store.ended[talked.id] = replace(talked, outcome=Outcome.BUSY)


def _disposition_lost(world: World, _: Checks) -> None:
    world.store.dispositions.popitem()


def _opt_out_forgotten(_: World, checks: Checks) -> None:
    checks.opted_out["+5255000"] = None


def _outcome_missing(world: World, _: Checks) -> None:
    _falsify(world, lambda floor: replace(floor, campaigns=(replace(floor.campaigns[0], outcomes=()),)))


def _call_in_engine(world: World, _: Checks) -> None:
    state = (("talking", 1),)
    _falsify(world, lambda floor: replace(floor, campaigns=(replace(floor.campaigns[0], calls_by_state=state),)))


def _line_in_engine(world: World, _: Checks) -> None:
    _falsify(world, lambda floor: replace(floor, trunks=(replace(floor.trunks[0], lines=1),)))


def _falsify(world: World, how: Callable[[FloorView], FloorView]) -> None:
    engine = world.shell.engine
    assert isinstance(engine, TellTale)
    engine.falsify = how


UNREST: dict[str, tuple[str, Callable[[World, Checks], None]]] = {
    "a call on the switch": ("rest.switch", _call_remains),
    "a lock in the store": ("rest.locks", _lock_remains),
    "a claimed lead": ("rest.leads", _lead_remains),
    "a third party": ("rest.legs", _third_remains),
    "a second leg": ("rest.legs", _second_leg),
    "an agent on a break": ("rest.agents", _agent_on_break),
    "a call without a record": ("rest.outcomes", _no_record),
    "a dial that does not count": ("rest.counted", _not_counted),
    "a record that is not true": ("rest.truth", _not_true),
    "a disposition that was lost": ("rest.said", _disposition_lost),
    "a forgotten opt-out": ("rest.said", _opt_out_forgotten),
    "placed without an outcome": ("rest.outcomes", _outcome_missing),
    "a call in the engine alone": ("rest.calls", _call_in_engine),
    "a line in the engine alone": ("rest.lines", _line_in_engine),
}


@pytest.mark.parametrize("case", UNREST)
def test_unrest_is_caught(case: str) -> None:
    check, disturb = UNREST[case]
    world, checks = resting()
    disturb(world, checks)
    with pytest.raises(Violation) as caught:
        rest.at_rest(checks)
    assert caught.value.check == check


def test_silence_without_a_reason_is_caught() -> None:
    world = World(TellTale, SMALL, seed=3)
    checks = Checks(world)
    world.begin()
    world.run(100.0)
    rest.dialling(checks)

    def idle(floor: FloorView) -> FloorView:
        ready = (("ready", 4),)
        mute = replace(
            floor.campaigns[0], calls_by_state=(), agents_by_state=ready, not_dialling="", pace_calls=0
        )  # fmt: skip
        return replace(floor, campaigns=(mute,))

    _falsify(world, idle)
    with pytest.raises(Violation, match=r"rest\.silent"):
        rest.dialling(checks)
