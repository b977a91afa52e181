"""Skills: a campaign that asks for some reaches agents who have all of them, and nobody else."""

from dialer.core.ids import AgentId
from dialer.core.messages import AgentSet, CampaignSet, NumberDialled, Refused, ReserveCall
from dialer.core.model import Agent, Mode
from tests.core.floor import CAMPAIGN, Floor, campaign, floor, only, those


def agent(number: int, *skills: str) -> AgentSet:
    made = Agent(id=AgentId(number), name="x", campaigns=(CAMPAIGN,), endpoint=f"PJSIP/{number}", skills=skills)
    return AgentSet(made)


def calls(made: Floor) -> int:
    """How many calls the engine wishes for, with plenty of leads at hand."""
    return len(those(made.give_leads(10), ReserveCall)) + len(those(made.tick(1.0), ReserveCall))


def test_who_lacks_a_skill_gets_no_call_and_the_campaign_says_why() -> None:
    made = floor(agents=2, skills=("english", "legal"))
    assert calls(made) == 0
    still = made.work().standstill
    assert still.code == "unskilled"
    assert dict(still.figures) == {"agents": 2.0, "skills": "english, legal"}


def test_a_call_goes_to_the_agent_who_has_every_skill() -> None:
    made = floor(agents=3, skills=("english", "legal"))
    made.tell(agent(1, "english"), agent(2, "legal", "english", "cards"))
    assert calls(made) == 1  # progressive: never more lines than agents who may take them
    assert made.agent(2).campaigns == (CAMPAIGN,)
    assert made.agent(1).campaigns == made.agent(3).campaigns == ()


def test_skills_asked_for_later_and_skills_learned_count_from_then_on() -> None:
    made = floor(agents=1)
    made.tell(CampaignSet(campaign(skills=("english",))))
    assert calls(made) == 0
    made.tell(agent(1, "legal"))
    assert calls(made) == 0
    assert len(those(made.tell(agent(1, "legal", "english")), ReserveCall)) == 1


def test_skills_no_longer_asked_for_hold_nobody_up() -> None:
    made = floor(agents=1, skills=("english",))
    assert calls(made) == 0
    assert len(those(made.tell(CampaignSet(campaign(skills=()))), ReserveCall)) == 1


def test_by_hand_too_an_agent_dials_for_no_campaign_that_asks_for_more() -> None:
    made = floor(agents=1, mode=Mode.MANUAL, skills=("english",))
    dialled = NumberDialled(AgentId(1), CAMPAIGN, number="+56911111111", lead=None)
    assert only(made.tell(dialled), Refused).code == "not_your_campaign"
    made.tell(agent(1, "english"))
    assert len(those(made.tell(dialled), ReserveCall)) == 1


def test_an_agent_known_before_the_campaign_is_held_to_its_skills() -> None:
    made = Floor()
    made.tell(agent(1))
    made.tell(CampaignSet(campaign(skills=("english",))))
    assert made.agent(1).campaigns == ()
