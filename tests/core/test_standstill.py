"""Why a campaign stands still: the first thing that must be freed, with its numbers."""

from dialer.core.ids import AgentId
from dialer.core.messages import (
    AgentPaused,
    AgentSignedOut,
    CallQueued,
    CampaignStatusSet,
    DiallingStopped,
    LeadsClaimed,
    LeavesPlanned,
    PlaceCall,
    ReserveCall,
    SwitchLost,
    TrunkSet,
)
from dialer.core.model import CampaignStatus, Mode, Trunk
from dialer.core.rules import EVERY_DAY, Rules, Window
from dialer.core.standstill import BINDINGS
from dialer.core.trunks import Health
from pacing.decision import Binding
from tests.core.floor import CAMPAIGN, Floor, floor, hangup, only


def test_whatever_binds_pacing_has_its_word() -> None:
    assert set(BINDINGS) == set(Binding)


def code(made: Floor) -> str | None:
    return made.work().standstill.code


def test_it_dials_and_says_nothing() -> None:
    made = floor()
    made.place()
    assert code(made) is None


def test_the_first_thing_that_must_be_freed_is_named() -> None:
    made = floor()
    made.tell(LeadsClaimed(CAMPAIGN, ()))
    assert code(made) == "list_ended"
    made.tell(AgentPaused(AgentId(1), "lunch"))
    assert code(made) == "agents_away"
    assert dict(made.work().standstill.figures) == {"agents": 1.0, "on_break": 1.0}
    made.tell(AgentSignedOut(AgentId(1)))
    assert code(made) == "no_agents"
    made.tell(SwitchLost())
    assert code(made) == "switch_down"
    made.tell(CampaignStatusSet(CAMPAIGN, CampaignStatus.PAUSED))
    assert code(made) == "paused"
    made.tell(DiallingStopped("ana"))
    assert (code(made), dict(made.work().standstill.figures)) == ("stopped", {"by": "ana"})


def test_agents_who_are_here_and_about_to_leave_are_no_agents_who_are_not_there() -> None:
    made = floor(agents=2)
    made.give_leads(0)
    made.tell(LeavesPlanned(tuple((AgentId(n), made.now + 5.0) for n in (1, 2))))
    made.give_leads(20)
    made.tick(10.0)
    assert (code(made), dict(made.work().agents_by_state)["ready"]) == ("agents_leaving", 2)


def test_leads_that_may_not_be_called_now_are_told_with_the_rule_and_the_time() -> None:
    closed = floor(rules=Rules(windows=(Window(EVERY_DAY, 0, 60),)))
    for _ in range(3):  # of a long list: the store has more each time
        closed.give_leads(20)
        assert code(closed) == "put_off"
    figures = dict(closed.work().standstill.figures)
    assert figures["rule"] == "default.hours"
    assert 0 < float(figures["due_at"]) - closed.now <= 86_400.0  # midnight where they live
    capped = floor(agents=9, rules=Rules(number_dials_24h_max=1))
    wishes = [one for one in capped.give_leads(20) if isinstance(one, ReserveCall)]
    told: list[str | None] = []
    sentences: list[str] = []
    while wishes and len(told) < 8:
        made = capped.reserve(wishes.pop(0), dials_of_number_24h=1)
        told.append(code(capped))
        sentences.append(capped.work().not_dialling)
        wishes += [one for one in (*made, *capped.tick(1.0)) if isinstance(one, ReserveCall)]
    assert (told[0], told[5]) == (None, "put_off")  # one of many tells nothing yet
    assert (sentences[0], sentences[5]) == ("", "leads may not be called now: default.number_24h (6 in a row)")
    placed = only(capped.reserve(wishes[0]), PlaceCall)
    capped.tell(CallQueued(placed.call), hangup(placed.call))
    assert code(capped) != "put_off"  # one could be called: that is not why


def test_a_trunk_that_rests_beside_a_full_one_leaves_no_line_free() -> None:
    made = floor(agents=3, trunks=("carrier", "spare"))
    made.tell(TrunkSet(Trunk(name="spare", dial="PJSIP/{number}@spare", lines_max=0)))
    made.give_leads(20)
    made.engine._state.trunks["carrier"].state = Health.RESTING
    assert code(made) == "trunks_full"
    made.engine._state.trunks["spare"].state = Health.RESTING
    assert code(made) == "trunks_rest"


def test_leads_that_come_later_lines_and_agents_who_dial_by_hand() -> None:
    made = floor()
    made.tell(LeadsClaimed(CAMPAIGN, (), due_at=made.now + 60.0))
    assert code(made) == "leads_later"
    assert code(floor(mode=Mode.MANUAL)) == "manual"
    full = floor(agents=2, lines_max=1)
    only(full.give_leads(1), ReserveCall)
    full.give_leads(4)
    full.tick(1.0)
    assert code(full) in {None, "lines_full"}
