"""The simulated switch does what a real one does: places with limits, bridges that fall apart, legs that are lost."""

from dataclasses import replace

import pytest
import simpy

from dialer.core.detection import Audit, OnMachine, Verdict, screening_for
from dialer.core.ids import AgentId, CallId, CampaignId, LeadId, LegId
from dialer.core.messages import (
    AbandonmentPlayed,
    CallAgent,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallQueued,
    CallRang,
    CallScreened,
    CallThird,
    CallTransferred,
    Connect,
    ConnectLegs,
    DropLeg,
    Event,
    HangUp,
    Hold,
    JoinThree,
    LegEnded,
    LegUp,
    MessageBegun,
    PlaceCall,
    ThirdAnswered,
    Transfer,
)
from dialer.core.outcomes import EndedBy
from simulation.world.bridges import SimCall
from simulation.world.carrier import Carrier
from simulation.world.chance import Chance
from simulation.world.detection import Detection
from simulation.world.people import REFUSALS, Fate, Kind
from simulation.world.switch import Switch

PATIENT = Fate(
    kind=Kind.PERSON, sign_at_s=2.0, progress=False, over_at_s=5.0, refusal=None, wait_s=900.0, talk_s=600.0,
    right_party=True, hangs_up=False, opts_out=False,
)  # fmt: skip
ORDER = PlaceCall(
    call=CallId(1), trunk="one", dial="PJSIP/1@one", caller_id="", ring_timeout_s=20.0, wait_max_s=2.0, message="",
    lead=LeadId(1), campaign=CampaignId(1),
)  # fmt: skip
AGENT, LEG, THIRD = AgentId(7), LegId("a7"), LegId("t1")


class Bench:
    """A switch on its own clock, and all that it told."""

    def __init__(
        self, fate: Fate = PATIENT, carrier: Carrier | None = None, detection: Detection | None = None
    ) -> None:
        self.env = simpy.Environment()
        self.told: list[Event] = []
        self.ears: list[CallId | None] = []
        self.fate = fate
        calm = Carrier(congestion_share=0.0) if carrier is None else carrier
        detections = {} if detection is None else {CampaignId(1): detection}
        self.switch = Switch(self.env, Chance(1), {"one": calm}, self, tell=self.told.append, detections=detections)

    def fate_of(self, order: PlaceCall, delay_s: float) -> Fate:
        return self.fate

    def phone_rings(self, agent: AgentId) -> bool:
        return True

    def hears(self, agent: AgentId, call: SimCall | None) -> None:
        self.ears.append(call.id if call is not None else None)

    def at(self, seconds: float) -> "Bench":
        self.env.run(until=seconds)
        return self

    def do(self, *commands: object) -> list[str]:
        return [self.switch.execute(command) for command in commands]  # type: ignore[arg-type]

    def talk(self) -> "Bench":
        """Call 1 talks with the agent from 6 s on."""
        self.do(CallAgent(AGENT, LEG, "PJSIP/7"), ORDER)
        self.at(6.0).do(Connect(ORDER.call, LEG, 1))
        self.told.clear()
        return self

    def consult(self) -> "Bench":
        """The person holds, the agent speaks with a third party."""
        self.talk()
        self.switch._draw.random = lambda: 0.0  # type: ignore[method-assign]  # the third party answers
        self.do(Hold(ORDER.call), CallThird(THIRD, "PJSIP/2@one", ""))
        self.at(17.0).do(ConnectLegs(LEG, THIRD))
        self.told.clear()
        return self

    def ends(self) -> list[tuple[CallId, EndedBy]]:
        return [(event.call, event.ending.by) for event in self.told if isinstance(event, CallEnded)]

    def place(self) -> str:
        return self.switch.calls[ORDER.call].place


def test_a_call_is_queued_rings_is_answered_and_meets_the_message_without_any_engine() -> None:
    bench = Bench()
    bench.do(ORDER)
    bench.at(60.0)
    kinds = [type(event) for event in bench.told]
    assert kinds == [CallQueued, CallRang, CallAnswered, AbandonmentPlayed, CallEnded]
    assert bench.ends() == [(ORDER.call, EndedBy.DIALPLAN)]
    assert bench.switch.calls == {}


def test_an_agent_in_time_means_no_message_and_the_wait_limit_is_void() -> None:
    bench = Bench().talk().at(100.0)
    assert bench.told == []
    assert bench.ears == [ORDER.call]


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_ends_the_call_with_its_cause(kind: Kind) -> None:
    bench = Bench(replace(PATIENT, kind=kind, refusal=REFUSALS[kind]))
    bench.do(ORDER)
    bench.at(60.0)
    assert bench.told[-1] == CallEnded(ORDER.call, REFUSALS[kind])


def test_our_ring_time_out_ends_what_nobody_answers() -> None:
    bench = Bench(replace(PATIENT, over_at_s=float("inf")))
    bench.do(ORDER)
    bench.at(60.0)
    assert bench.ends() == [(ORDER.call, EndedBy.TIMEOUT)]


@pytest.mark.parametrize(("mute", "by"), [(1.0, EndedBy.TIMEOUT), (0.0, EndedBy.PERSON)])
def test_a_bad_carrier_is_mute_or_refuses(mute: float, by: EndedBy) -> None:
    bench = Bench(carrier=Carrier(bad_every_s=1e-9, bad_for_s=1e9, bad_mute_share=mute))
    bench.at(1.0).do(ORDER)
    bench.at(60.0)
    assert bench.ends() == [(ORDER.call, by)]
    assert not any(isinstance(event, CallRang) for event in bench.told)


def test_beyond_the_carriers_lines_calls_are_refused() -> None:
    bench = Bench(carrier=Carrier(lines_max=1, congestion_share=0.0))
    bench.do(ORDER, replace(ORDER, call=CallId(2)))
    bench.at(1.0)
    assert bench.ends() == [(CallId(2), EndedBy.PERSON)]


def test_the_same_call_is_dialled_once() -> None:
    bench = Bench()
    bench.do(ORDER)
    bench.do(ORDER)
    assert bench.told == [CallQueued(ORDER.call)]


def test_hang_up_frees_the_agent_who_stands_idle_again() -> None:
    bench = Bench().talk()
    bench.do(HangUp(ORDER.call))
    assert bench.ends() == [(ORDER.call, EndedBy.DIALER)]
    assert LegUp(LEG) in bench.told
    assert bench.ears == [ORDER.call, None]
    assert bench.do(HangUp(ORDER.call)) == ["no such call"]


def test_connecting_what_is_gone_or_rings_is_refused() -> None:
    bench = Bench()
    bench.do(ORDER, CallAgent(AGENT, LEG, "PJSIP/7"))
    assert bench.at(3.0).do(Connect(ORDER.call, LEG, 1)) == ["no such call"]
    assert bench.at(6.0).do(Connect(ORDER.call, LegId("none"), 1)) == ["no such leg"]
    assert bench.do(Connect(ORDER.call, LEG, 1), Connect(ORDER.call, LEG, 2))[1] != ""


def test_a_second_connect_steals_the_agent_and_the_first_person_is_alone() -> None:
    bench = Bench().talk()
    other = replace(ORDER, call=CallId(2))
    bench.do(other)
    bench.at(12.0).do(Connect(other.call, LEG, 1))
    assert CallLeftAlone(ORDER.call) in bench.told
    assert bench.ears == [ORDER.call, other.call]


def test_a_lost_leg_leaves_the_person_with_a_tone_then_an_apology() -> None:
    bench = Bench().talk()
    bench.switch.lose_leg(bench.switch.legs[LEG], 44)
    assert sorted(map(repr, bench.told)) == sorted(map(repr, (CallLeftAlone(ORDER.call), LegEnded(LEG, 44))))
    bench.at(6.0 + 14.0)
    assert bench.place() == "lost"
    assert bench.at(40.0).ends() == [(ORDER.call, EndedBy.DIALPLAN)]


def test_a_new_leg_within_the_time_takes_the_person_back() -> None:
    bench = Bench().talk()
    bench.do(DropLeg(LEG), CallAgent(AGENT, LegId("a7-2"), "PJSIP/7"))
    bench.at(12.0)
    assert bench.do(Connect(ORDER.call, LegId("a7-2"), 2)) == [""]
    assert bench.at(60.0).ends() == []


def test_hold_has_a_limit_and_the_agent_is_idle_meanwhile() -> None:
    bench = Bench().talk()
    bench.do(Hold(ORDER.call))
    assert LegUp(LEG) in bench.told
    assert CallHeld(ORDER.call) in bench.told
    bench.at(6.0 + 119.0)
    assert bench.place() == "hold"
    assert bench.at(200.0).ends() == [(ORDER.call, EndedBy.DIALPLAN)]


def test_a_late_bridge_stops_the_message_and_the_end_of_that_talk_is_the_end() -> None:
    bench = Bench()
    bench.do(CallAgent(AGENT, LEG, "PJSIP/7"), ORDER)
    bench.at(8.0)
    assert bench.do(Connect(ORDER.call, LEG, 1)) == [""]
    bench.at(60.0)
    assert bench.ends() == []
    bench.do(DropLeg(LEG))
    assert bench.ends() == [(ORDER.call, EndedBy.DIALPLAN)]


@pytest.mark.parametrize(("chance", "answered"), [(0.0, True), (0.99, False)])
def test_a_blind_transfer_ends_or_comes_back_to_hold(chance: float, answered: bool) -> None:
    bench = Bench().talk()
    bench.switch._draw.random = lambda: chance  # type: ignore[method-assign]
    bench.do(Transfer(ORDER.call, "PJSIP/2@one", ""))
    assert LegUp(LEG) in bench.told
    bench.at(80.0)
    assert CallTransferred(ORDER.call, answered=answered) in bench.told
    assert bool(bench.ends()) == answered
    assert (CallHeld(ORDER.call) in bench.told) != answered


def test_a_consultation_that_is_completed_leaves_the_agent_idle() -> None:
    bench = Bench().consult()
    bench.do(Connect(ORDER.call, THIRD, 2))
    assert [event for event in bench.told if not isinstance(event, LegEnded)] == [
        LegUp(LEG),
        CallJoined(ORDER.call, THIRD),
    ]


def test_a_consultation_that_is_called_off_drops_the_third_party() -> None:
    bench = Bench().consult()
    bench.do(Connect(ORDER.call, LEG, 2))
    assert LegEnded(THIRD, 16) in bench.told
    assert CallJoined(ORDER.call, LEG) in bench.told


def test_of_three_two_go_on_whoever_leaves() -> None:
    for leaves in (HangUp(ORDER.call), DropLeg(LEG), DropLeg(THIRD)):
        bench = Bench().consult()
        bench.do(JoinThree(ORDER.call, LEG), leaves)
        assert CallLeftAlone(ORDER.call) not in bench.told
        assert len(bench.switch.legs) + len(bench.switch.calls) == 2


def test_a_third_party_that_answers_is_told_of_and_tires_of_waiting() -> None:
    bench = Bench()
    bench.switch._draw.random = lambda: 0.0  # type: ignore[method-assign]
    bench.do(CallThird(THIRD, "PJSIP/2@one", ""))
    bench.at(60.0)
    assert bench.told == [ThirdAnswered(THIRD), LegEnded(THIRD, 16)]


def test_everything_that_exists_is_listed_and_a_restart_leaves_nothing() -> None:
    bench = Bench().talk()
    bench.do(replace(ORDER, call=CallId(2)))
    by_call = {row.call: row for row in bench.switch.rows() if row.call is not None}
    assert by_call[ORDER.call].talking_with == LEG
    assert by_call[ORDER.call].talks == 1
    assert not by_call[CallId(2)].up
    assert [row.agent for row in bench.switch.rows() if row.leg is not None] == [AGENT]
    bench.switch.restart()
    assert bench.switch.rows() == ()
    assert bench.switch.lines == {"one": 0}


# ---------------------------------------------------------------- detection

SURE = Detection(
    on=True, person_s=1.0, machine_s=2.0, sigma=1e-9, person_as_machine_share=0.0, machine_as_person_share=0.0
)
MACHINE = replace(PATIENT, kind=Kind.MACHINE)


def screened(detection: Detection, fate: Fate, wait_max_s: float = 5.0) -> Bench:
    """A call that is answered after 5 s and screened as the campaign says, just before its verdict."""
    screening = screening_for(detection.configured(), "MX", wait_max_s, now=0.0, messages=0, audit="audit/1")
    bench = Bench(fate, detection=detection)
    bench.switch.execute(replace(ORDER, wait_max_s=wait_max_s, screening=screening))
    return bench.at(5.9)


def test_a_person_is_heard_of_at_once_and_waits_for_an_agent_from_the_verdict_on() -> None:
    bench = screened(SURE, PATIENT)
    assert bench.told[-1] == CallAnswered(CallId(1))
    said = bench.at(6.1).told[-1]
    assert isinstance(said, CallScreened)
    assert (said.verdict, said.age_s) == (Verdict.PERSON, 5.0)
    assert said.took_s == pytest.approx(1.0)
    assert bench.switch.calls[CallId(1)].place == "park"
    bench.at(9.9)
    assert not any(isinstance(one, AbandonmentPlayed) for one in bench.told)
    assert isinstance(bench.at(10.1).told[-1], AbandonmentPlayed)  # 5 s after the answer, the listening among them


def test_a_machine_is_hung_up_on_by_the_dialplan() -> None:
    bench = screened(SURE, MACHINE).at(7.1)
    said, ended = bench.told[-2:]
    assert isinstance(said, CallScreened)
    assert said.verdict is Verdict.MACHINE
    assert isinstance(ended, CallEnded)
    assert ended.ending.by is EndedBy.DIALPLAN
    assert bench.switch.detector.audits[CampaignId(1)] == Audit(heard=1, persons=0)


def test_a_person_taken_for_a_machine_is_cut_off_and_an_audit_finds_it() -> None:
    bench = screened(replace(SURE, person_as_machine_share=1.0), PATIENT).at(6.1)
    [call] = bench.switch.finished
    assert call.cut_off
    assert bench.switch.detector.audits[CampaignId(1)] == Audit(heard=1, persons=1)


def test_it_listens_no_longer_than_the_campaigns_limit_leaves_to_an_agent() -> None:
    bench = screened(SURE, MACHINE, wait_max_s=3.0).at(6.81)  # 1.8 s; the machine would be known after 2
    said = bench.told[-1]
    assert isinstance(said, CallScreened)
    assert (said.verdict, said.took_s) == (Verdict.UNSURE, 1.8)
    assert bench.switch.calls[CallId(1)].place == "park"


def test_a_machine_is_left_a_message_after_its_beep_or_goes_to_an_agent() -> None:
    left = screened(replace(SURE, on_machine=OnMachine.MESSAGE, beep_s=0.01, message_s=20.0), MACHINE).at(9.0)
    assert left.told[-1] == MessageBegun(CallId(1))
    assert isinstance(left.at(28.0).told[-1], CallEnded)
    passed = screened(replace(SURE, on_machine=OnMachine.AGENT), MACHINE).at(7.1)
    assert passed.switch.calls[CallId(1)].place == "park"
