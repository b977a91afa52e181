"""A new run paces as the one before it would have: former calls teach it what they taught the other."""

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId
from dialer.core.messages import CampaignSet, Restored
from dialer.core.model import CallRecord, Mode
from dialer.core.outcomes import Outcome
from pacing import Pacer, Settings
from tests.core.floor import CAMPAIGN, NOON, Floor, campaign, lead


def test_after_a_restart_pacing_knows_what_it_knew_of_machines_talks_and_wrap_ups() -> None:
    """The same calls, lived through or told by a former run: the same ledger, the same law of busy agents."""
    finished = []
    for n in range(60):
        at, machine = NOON + 10.0 * n, n % 2 == 0
        finished.append(
            CallRecord(
                id=CallId(n + 1), campaign=CAMPAIGN, client=campaign().client, mode=Mode.PREDICTIVE, lead=lead(n).id,
                person=lead(n).person, phone=lead(n).phone, number=lead(n).number, trunk="carrier", caller_id="",
                reserved_at=at, placed_at=at, answered_at=at + 5, bridged_at=at + 5, agent=AgentId(n % 7),
                ended_at=at + (12 if machine else 65), wrapped_at=at + (15 if machine else 95),
                outcome=Outcome.CONNECTED, disposition="MACHINE" if machine else "RPC",
            )
        )  # fmt: skip
    made = Floor(Engine())
    made.tell(CampaignSet(campaign()))
    made.tell(Restored((), tuple(finished), CallId(100), 1))
    pacer = made.engine._state.campaigns[CAMPAIGN].pacer
    assert pacer.ledger.answered == 30
    floor = pacer._floor
    floor.refresh(NOON + 1000)
    assert len(floor.agents) == 0
    assert 45 < floor.busy.handle_s < 66  # (10 + 90) / 2, and what is assumed at a start


def test_a_talk_that_goes_on_over_a_restart_is_not_taken_for_a_fresh_one() -> None:
    """Of 100 talks half last 5 s and half 300 s: who has talked for 60 s will not be free soon."""
    soon = []
    for since in (None, 4940.0):
        pacer = Pacer(Settings())
        for n in range(100):
            pacer.agent_talking(n, n)
            pacer.agent_ready(n + (5 if n % 2 else 300), n)
            pacer.agent_left(n + (5 if n % 2 else 300), n)
        pacer.agent_talking(5000.0, "one", since=since)
        pacer._floor.refresh(5000.0)
        releases, _ = pacer._floor.agents.releases(5000.0)
        soon.append(float(releases[0, 0, 5]))
    fresh, old = soon
    assert fresh > 0.3
    assert old < 0.1
