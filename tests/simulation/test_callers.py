"""People who call back in the simulated world: where they stand, what becomes of them, what the figures say of them."""

from dataclasses import replace

import pytest

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId, LegId
from dialer.core.inbound import Place
from dialer.core.messages import (
    AdoptCaller,
    CallAgent,
    CallbackAsked,
    CallEnded,
    CallerArrived,
    CallerQueued,
    CallJoined,
    Connect,
    Guide,
    OptedOut,
)
from dialer.core.outcomes import EndedBy
from dialer.core.view import FloorView
from simulation.replications import live
from simulation.scenario import find
from simulation.world.callers import LOOK_UP_S, Callers, Ringing
from simulation.world.checks import Violation
from tests.simulation.test_checks import Idler, campaign
from tests.simulation.test_checks import live as live_through
from tests.simulation.test_switch import PATIENT, Bench

CALL, CHANNEL, NUMBER, OURS = CallId(5), "in-1", "+525500000010", "+525511112222"
TO_QUEUE = Guide(call=CALL, place=Place.QUEUE, queue_s=100)


def rings(*, wait_s: float = 900.0, key: str = "") -> Bench:
    """A switch that a caller rings from its first moment on."""
    bench = Bench()
    fate = replace(PATIENT, wait_s=wait_s)
    bench.switch.lobby.rings(Ringing(CHANNEL, LeadId(1), CampaignId(1), NUMBER, fate, key, bench.env.now), OURS)
    assert bench.told == [CallerArrived(CHANNEL, NUMBER, OURS)]
    return bench


def queued(*, wait_s: float = 900.0, key: str = "", to: Guide = TO_QUEUE) -> Bench:
    """The caller is ours after a second, and where they were sent."""
    bench = rings(wait_s=wait_s, key=key).at(1.0)
    assert bench.do(AdoptCaller(CALL, CHANNEL), to) == ["", ""]
    return bench


def test_a_caller_who_is_gone_is_not_taken_over() -> None:
    assert rings(wait_s=3.0).at(4.0).do(AdoptCaller(CALL, CHANNEL)) == ["there is no such caller"]


def test_a_caller_to_whom_nobody_says_anything_hears_that_nobody_is_there() -> None:
    bench = rings().at(1.0)
    bench.do(AdoptCaller(CALL, CHANNEL))
    assert not bench.switch.calls[CALL].up
    bench.at(LOOK_UP_S + 0.1)
    assert (bench.switch.calls[CALL].up, bench.switch.calls[CALL].place) == (True, "closed")
    ended = bench.at(LOOK_UP_S + 10.0).told[-1]
    assert isinstance(ended, CallEnded)
    assert ended.ending.by is EndedBy.DIALPLAN


def test_a_caller_waits_until_an_agent_comes_or_the_queue_ends_or_patience_does() -> None:
    bench = queued()
    assert CallerQueued(CALL) in bench.told
    bench.do(CallAgent(AgentId(7), LegId("a7"), "PJSIP/7"))
    assert bench.at(6.0).do(Connect(CALL, LegId("a7"), 1)) == [""]
    assert CallJoined(CALL, LegId("a7")) in bench.told
    [row] = [one for one in queued().switch.rows() if one.call == CALL]
    assert (row.place, row.up, row.talking_with) == ("queue", True, None)
    assert queued().at(101.1).switch.calls[CALL].place == "closed"
    left = queued(wait_s=30.0).at(30.1).told[-1]
    assert isinstance(left, CallEnded)
    assert left.ending.by is EndedBy.PERSON


@pytest.mark.parametrize(
    ("key", "said"), [("opt out", OptedOut(CALL)), ("callback", CallbackAsked(CALL, "")), ("", CallerQueued(CALL))]
)
def test_the_menu_takes_wishes_and_leads_to_the_queue(key: str, said: object) -> None:
    assert queued(key=key, to=replace(TO_QUEUE, place=Place.MENU)).at(10.0).told[1] == said


def test_callers_are_counted_apart_from_the_calls_that_we_place() -> None:
    scenario = replace(find("collections_10"), hours=0.3)
    plan = replace(scenario.campaigns[0], callers=Callers(per_hour=100.0))
    [day] = [one for one in live(replace(scenario, campaigns=(plan,)), 1) if one is not None]
    assert 10 < day.callers.taken <= day.callers.count
    assert day.connected_people + day.abandoned + day.hung_up_waiting == day.answered_people
    assert day.callers.wait_p50_s is not None
    assert day.callers.count <= sum(day.outcomes.values()) - day.placed + 3  # a few still wait


class LetsCallersWait(Idler):
    def view(self, now: float) -> FloorView:
        floor = super().view(now)
        queues = tuple(replace(one, calls_by_state=(("queued", 1),)) for one in floor.campaigns)
        return replace(floor, campaigns=queues, last_calls=())


def test_an_engine_that_lets_callers_wait_beside_ready_agents_is_caught() -> None:
    with pytest.raises(Violation, match="served"):
        live_through(LetsCallersWait, campaign(leads=5, callers=Callers(per_hour=300.0)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"per_hour": -1.0}, "per_hour is 0 or more"),
        ({"opts_out_share": 0.9, "asks_share": 0.2}, "together 1 at most"),
        ({"queue_max_s": 5}, "queue_max_s is 5"),
    ],
)
def test_what_nobody_can_mean_is_refused(changes: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Callers(**changes)  # type: ignore[arg-type]
