"""A simulated world that begins in the middle of things: calls ring and are talked on, agents are at their desks.

It is begun as the dialer begins after a crash: the engine is told what a former process left, then sees what stands on
the switch. What cannot be known of the present (how long a talk will still last, whether a ringing phone is answered)
is drawn from the laws of the scenario, given what has passed already.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, CampaignId, LeadId, LegId, PersonId, PhoneId
from dialer.core.messages import CallAnswered, PlaceCall, Restored
from dialer.core.model import CallRecord, Lead, Spell
from dialer.core.outcomes import Ending
from simulation.scenario import Scenario
from simulation.whatif.present import Present
from simulation.whatif.shared import ELSEWHERE
from simulation.world.bridges import SimCall, SimLeg
from simulation.world.people import Fate
from simulation.world.store import Store
from simulation.world.switch import Switch
from simulation.world.world import World

ONE = CampaignId(1)  # in a simulated world the campaign is the first one
STRANGERS = 100_000_000  # leads that are on the line now have ids from here on, beyond any list
LEAVE = {"ready": 0, "break": 1, "connecting": 1, "previewing": 2, "wrapping": 3}  # others last
SEEN_S = 2.2  # by then the dialer has seen what stands on the switch, and agents their screens
SOON_S = 3.0
TRIES = 60  # to draw a fate that agrees with what has passed


class OngoingSwitch(Switch):
    """A switch on which calls stand already."""

    def rings(self, call: SimCall) -> None:
        """The call is out and not answered."""
        self._take(call)
        self._ring(call)

    def talks(self, call: SimCall, leg: SimLeg) -> None:
        """The person and the agent hear each other."""
        self._take(call)
        call.up, call.place, call.talks = True, "park", 1
        self._bridges.join(call, leg)
        self._talk(call, leg)

    def waits(self, call: SimCall) -> None:
        """The person has answered and waits."""
        self._take(call)
        call.up = True
        self._let_wait(call, call.order.wait_max_s)
        self._tell(CallAnswered(call.id))

    def _take(self, call: SimCall) -> None:
        self.calls[call.id] = call
        self.lines[call.order.trunk] += 1


class OngoingStore(Store):
    """A store that a former process of the real dialer left."""

    former: Restored | None = None

    def begin_run(self, now: float) -> Restored:
        """What the former process left, at the first asking."""
        if self.former is None:
            return super().begin_run(now)
        former, self.former = self.former, None
        return former


@dataclass(frozen=True, slots=True)
class Places:
    """The present's agents and calls under the ids of the simulated world."""

    present: Present
    agents: dict[AgentId, AgentId]

    @classmethod
    def of(cls, present: Present) -> "Places":
        return cls(present, {one.agent: AgentId(at) for at, one in enumerate(present.spells, start=1)})

    def record(self, record: CallRecord) -> CallRecord:
        agent = self.agents.get(record.agent) if record.agent is not None else None
        trunk = record.trunk if any(one.name == record.trunk for one in self.present.trunks) else ""
        return replace(
            record, campaign=ONE, agent=agent, lead=lead_id(record), trunk=trunk or self.present.trunks[0].name
        )


def lead_id(record: CallRecord) -> LeadId:
    return LeadId(STRANGERS + record.lead)


def lead_of(record: CallRecord, zone: str) -> Lead:
    """The lead of a call that is on the line now; its person is on no list of the simulated world."""
    return Lead(
        id=lead_id(record),
        campaign=ONE,
        person=PersonId(STRANGERS + record.person),
        phone=PhoneId(STRANGERS + record.phone),
        number=record.number,
        country="",
        zones=(zone,),
        attempts=1,
    )


class OngoingWorld(World):
    """The scenario's world from the present on. The scenario has the present's agents, in their order."""

    switch_kind = OngoingSwitch
    store_kind = OngoingStore

    def __init__(self, scenario: Scenario, present: Present, seed: int, *, leaving: int = 0) -> None:
        """`leaving` agents go home at the end of what they are doing: those who are free first, then others."""
        super().__init__(Engine, scenario, seed, keep_all=False)
        own = present.campaign  # what a scenario does not tell of it
        self.campaigns[ONE] = replace(
            self.campaigns[ONE], changes=own.changes, selection=own.selection, rules=own.rules, recycling=own.recycling,
            attempts_max=own.attempts_max,
        )  # fmt: skip
        self._leaving = leaving
        self._places = Places.of(present)
        self._present = present
        self._past = self.chance.stream("past")

    def begin(self) -> None:
        """Set the floor up as it is, then let the dialer begin on it."""
        present, places = self._present, self._places
        assert isinstance(self.store, OngoingStore)
        self.store.former = self._former()
        self.store.add([lead_of(one, self.scenario.zone) for one in (*present.in_progress, *present.unwrapped)], inf)
        for one in present.spells:
            agent = places.agents[one.agent]
            leg = LegId(f"leg-{agent}-1")
            self.switch.legs[leg] = SimLeg(leg, agent, up=True)
        for record in present.in_progress:
            self._stand(places.record(record))
        super().begin()
        for one in sorted(present.spells, key=lambda one: LEAVE.get(one.state, 9))[: self._leaving]:
            self.after(SOON_S, self.people[places.agents[one.agent]].leave)
        for one in present.spells:
            self._seat(one)

    def open_day(self) -> None:
        """Who is here is seated; the others, who are to come, come soon. An empty floor opens as any does."""
        if not self._present.spells:
            super().open_day()
            return
        for agent, person in self.people.items():
            if agent > len(self._present.spells):
                self.after(self._past.uniform(0.0, self.scenario.habits.arrive_within_s), person.arrive)

    def _seat(self, spell: Spell) -> None:
        """The agent is here and goes on with what he or she was at, once the dialer has seen the floor."""
        person = self.people[self._places.agents[spell.agent]]
        person.arrive()
        person.away_until = SEEN_S
        if spell.state == "break" and spell.reason not in {"", "signed_in"}:
            lasts_s = self.scenario.people.talk_s if spell.reason == ELSEWHERE else self.scenario.habits.break_s
            person.on_break_until = SEEN_S + self._past.expovariate(1 / lasts_s)
        record = next((one for one in self._present.unwrapped if one.agent == spell.agent), None)
        if record is not None:  # what was heard last decides how it is written up
            person.ear(self._call(self._places.record(record), self._talking_on(record, 0.0)))
            person.ear(None)

    def _former(self) -> Restored:
        present, places = self._present, self._places
        known = [*present.in_progress, *present.finished]
        return Restored(
            open_calls=tuple(places.record(one) for one in present.in_progress),
            finished=tuple(places.record(one) for one in present.finished),
            next_call=CallId(max((one.id for one in known), default=0) + 1),
            next_decision=1,
            leads=tuple(lead_of(one, self.scenario.zone) for one in (*present.in_progress, *present.unwrapped)),
            signed_in=tuple((places.agents[one.agent], one.state, one.reason) for one in present.spells),
            ledger=tuple(replace(one, campaign=ONE) for one in present.ledger),
            unwrapped=tuple(places.record(one) for one in present.unwrapped),
        )

    # ------------------------------------------------------------ calls

    def _stand(self, record: CallRecord) -> None:
        """Put a call where it is on the switch."""
        assert isinstance(self.switch, OngoingSwitch)
        at = self._present.at
        if record.answered_at is None:
            self.switch.rings(self._call(record, self._ringing_on(record, self._age_s(record))))
            return
        heard_s = at - (record.bridged_at if record.bridged_at is not None else record.answered_at)
        fate = self._talking_on(record, heard_s)
        call = self._call(record, replace(fate, talk_s=max(0.5, fate.talk_s - heard_s)))
        call.answered_at, call.taken_by = record.answered_at - at, record.agent
        leg = self.switch.leg_of(record.agent) if record.agent is not None else None
        if record.bridged_at is not None and leg is not None:
            call.joined_at = record.bridged_at - at
            self.switch.talks(call, leg)
        else:
            self.switch.waits(call)

    def _age_s(self, record: CallRecord) -> float:
        return max(0.0, self._present.at - (record.placed_at if record.placed_at is not None else self._present.at))

    def _call(self, record: CallRecord, fate: Fate) -> SimCall:
        """The call, with a fate that is told from now on."""
        campaign, age_s = self.campaigns[ONE], self._age_s(record)
        order = PlaceCall(
            call=record.id, trunk=record.trunk, dial="", caller_id="",
            ring_timeout_s=max(0.1, campaign.ring_timeout_s - age_s), wait_max_s=campaign.wait_max_s, message="",
            lead=record.lead, campaign=ONE,
        )  # fmt: skip
        return SimCall(record.id, order, fate, -age_s, talk_left_s=fate.talk_s)

    def _fates(self, record: CallRecord) -> Iterable[Fate]:
        """Fates of the lead, drawn one after the other."""
        lead = lead_of(record, self.scenario.zone)
        delay_s = self.scenario.trunks[0].carrier.delay_s
        for _ in range(TRIES):
            another = replace(lead, number=f"+{self._past.randrange(10**12)}")
            yield self.crowd.fate(another, attempt=1, now=self.time(), delay_s=delay_s)

    def _drawn(self, record: CallRecord, agrees: Callable[[Fate], bool]) -> Fate:
        fate = None
        for fate in self._fates(record):
            if agrees(fate):
                return fate
        assert fate is not None
        return fate

    def _ringing_on(self, record: CallRecord, age_s: float) -> Fate:
        """A fate whose call is still out after so long, told from now on."""
        fate = self._drawn(record, lambda one: one.over_at_s > age_s)
        signed = record.ringing_at is not None or record.progress_at is not None
        sign = None if signed or fate.sign_at_s is None else max(0.01, fate.sign_at_s - age_s)
        return replace(fate, sign_at_s=sign, over_at_s=max(0.05, fate.over_at_s - age_s))

    def _talking_on(self, record: CallRecord, heard_s: float) -> Fate:
        """A fate of somebody who answered and has not gone after so long."""
        refusal: Ending | None = None
        fate = self._drawn(record, lambda one: one.refusal is None and one.over_at_s < inf and one.talk_s > heard_s)
        # Beyond all that was learned, a talk goes on for as long as one lasts: nothing better is known.
        lasts_s = fate.talk_s if fate.talk_s > heard_s else heard_s + fate.talk_s
        return replace(fate, refusal=refusal, talk_s=max(lasts_s, heard_s + 0.5))
