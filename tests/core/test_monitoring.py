"""A supervisor at an agent's side, as the engine knows it; and the emergency stop of one campaign."""

from dataclasses import replace

from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages import (
    AgentSet,
    CallTakenOver,
    CampaignStopped,
    CommandFailed,
    Connect,
    DropLeg,
    HangUp,
    LegEnded,
    Monitor,
    MonitorEnded,
    MonitorMode,
    MonitorOther,
    MonitorRequested,
    MonitorUp,
    PlaceCall,
    Refused,
    SetMonitorMode,
    SwitchSeen,
)
from dialer.core.model import Agent
from tests.core.floor import CAMPAIGN, Floor, floor, hangup, only, those

LISTEN, WHISPER, BARGE = MonitorMode.LISTEN, MonitorMode.WHISPER, MonitorMode.BARGE


def wish(mode: MonitorMode = LISTEN, agent: int = 1, by: str = "sofia", endpoint: str = "PJSIP/9") -> MonitorRequested:
    return MonitorRequested(by, AgentId(agent), mode, endpoint, by.title())


def hearing(made: Floor, mode: MonitorMode = LISTEN) -> Monitor:
    asked = only(made.tell(wish(mode)), Monitor)
    made.tell(MonitorUp(asked.leg), after_s=2.0)
    return asked


def test_the_mode_wished_first_is_set_as_soon_as_the_supervisor_hears() -> None:
    made = floor()
    asked = only(made.tell(wish(BARGE)), Monitor)
    assert asked.endpoint == "PJSIP/9"
    assert made.engine.view(made.now).monitors[0].up is False
    assert made.tell(MonitorUp(asked.leg)) == [SetMonitorMode(asked.leg, BARGE)]
    assert made.engine.view(made.now).monitors[0].up is True


def test_a_mode_is_changed_on_the_same_leg_and_once() -> None:
    made = floor()
    asked = hearing(made)
    assert made.tell(wish(WHISPER)) == [SetMonitorMode(asked.leg, WHISPER)]
    assert made.tell(wish(WHISPER)) == []
    assert made.tell(wish(LISTEN)) == [SetMonitorMode(asked.leg, LISTEN)]


def test_another_agent_is_heard_without_a_new_call() -> None:
    made = floor(agents=2)
    asked = hearing(made, WHISPER)
    other = only(made.tell(wish(WHISPER, agent=2)), MonitorOther)
    assert other.leg == asked.leg
    assert made.tell(MonitorUp(asked.leg)) == [SetMonitorMode(asked.leg, WHISPER)]  # listening is what it begins with


def test_two_supervisors_are_at_one_agents_side() -> None:
    made = floor()
    hearing(made)
    only(made.tell(wish(by="ana")), Monitor)
    assert {one.by for one in made.engine.view(made.now).monitors} == {"sofia", "ana"}


def test_ending_drops_the_leg_and_what_means_nothing_is_refused() -> None:
    made = floor()
    asked = hearing(made)
    assert made.tell(MonitorEnded("sofia")) == [DropLeg(asked.leg)]
    for nonsense in (MonitorEnded("sofia"), CallTakenOver("sofia"), wish(agent=9), wish(endpoint="")):
        only(made.tell(nonsense), Refused)


def test_a_phone_that_nobody_answers_is_given_up_and_a_refused_one_forgotten() -> None:
    made = floor()
    asked = only(made.tell(wish()), Monitor)
    assert asked.leg in [drop.leg for drop in those(made.tick(50.0), DropLeg)]
    again = only(made.tell(wish()), Monitor)
    made.tell(CommandFailed(again, "no such endpoint", lost=False))
    assert made.engine.view(made.now).monitors == ()


def test_a_leg_that_ends_or_is_not_on_the_switch_is_forgotten() -> None:
    made = floor()
    asked = hearing(made)
    made.tell(LegEnded(asked.leg, 16))
    assert made.engine.view(made.now).monitors == ()
    hearing(made)
    made.tell(SwitchSeen((), made.now + 10.0, reconnected=False), after_s=10.0)
    assert made.engine.view(made.now).monitors == ()


def test_a_call_is_taken_over_and_the_agent_writes_up() -> None:
    made = floor()
    call = made.talk()
    asked = hearing(made)
    connect = only(made.tell(CallTakenOver("sofia")), Connect)
    assert (connect.call, connect.leg) == (call, asked.leg)
    assert made.agent(1).state == "wrapping"
    only(made.tell(CallTakenOver("sofia")), Refused)
    made.tell(hangup(call))
    made.tell(LegEnded(asked.leg, 16))
    assert dict(made.work().outcomes) == {"connected": 1}
    assert made.engine.view(made.now).monitors == ()


def test_who_may_not_hear_of_an_agents_new_campaign_hears_the_agent_no_longer() -> None:
    made = floor()
    one, all_ = wish(), replace(wish(by="ana"), campaigns=None)
    heard = only(made.tell(replace(one, campaigns=(CAMPAIGN,))), Monitor)
    only(made.tell(all_), Monitor)
    agent = Agent(id=AgentId(1), name="Agent 1", campaigns=(CAMPAIGN,))
    assert those(made.tell(AgentSet(agent)), DropLeg) == []
    other = replace(agent, campaigns=(CAMPAIGN, CampaignId(77)))
    assert those(made.tell(AgentSet(other)), DropLeg) == [DropLeg(heard.leg)]
    assert [watch.by for watch in made.engine.view(made.now).monitors] == ["ana"]


def test_a_call_that_was_taken_over_goes_on_when_its_agent_moves() -> None:
    made = floor()
    made.talk()
    asked = only(made.tell(replace(wish(), campaigns=(CAMPAIGN,))), Monitor)
    made.tell(MonitorUp(asked.leg), after_s=2.0)
    made.tell(CallTakenOver("sofia"))
    moved = Agent(id=AgentId(1), name="Agent 1", campaigns=(CampaignId(77),))
    assert those(made.tell(AgentSet(moved)), DropLeg) == []


def test_one_campaign_is_stopped_at_once_and_talks_go_on() -> None:
    made = floor(agents=2)
    talking = made.talk()
    ringing = made.place()
    stopped = made.tell(CampaignStopped(CAMPAIGN, "sofia"))
    assert [one.call for one in those(stopped, HangUp)] == [ringing]
    assert talking not in [one.call for one in those(stopped, HangUp)]
    assert made.work().status == "paused"
    made.tell(hangup(ringing))
    assert those(made.tick(5.0), PlaceCall) == []
