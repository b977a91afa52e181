"""Why a campaign stands still: the first thing that must be freed, with its numbers."""

from dialer.core.ids import AgentId
from dialer.core.messages import (
    AgentPaused,
    AgentSignedOut,
    CampaignStatusSet,
    DiallingStopped,
    LeadsClaimed,
    ReserveCall,
    SwitchLost,
)
from dialer.core.model import CampaignStatus, Mode
from dialer.core.standstill import BINDINGS
from pacing.decision import Binding
from tests.core.floor import CAMPAIGN, Floor, floor, only


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
