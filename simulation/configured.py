"""What engine and world begin with in a scenario: trunks, campaigns, agents, lists."""

from dialer.core.ids import AgentId, CampaignId
from dialer.core.model import Agent, Campaign, Trunk
from simulation.scenario import Scenario
from simulation.world.chance import Chance
from simulation.world.lists import ListPlan, Lists


def trunks_of(scenario: Scenario) -> list[Trunk]:
    """The trunks as the dialer knows them."""
    return [
        Trunk(name=plan.name, dial=f"PJSIP/{{number}}@{plan.name}", lines_max=plan.lines_max,
              calls_per_second=plan.calls_per_second)
        for plan in scenario.trunks
    ]  # fmt: skip


def campaigns_of(scenario: Scenario) -> list[Campaign]:
    """The campaigns as the dialer knows them, numbered from 1 in the scenario's order, each on every trunk."""
    trunks = tuple(trunk.name for trunk in scenario.trunks)
    return [plan.configured(CampaignId(number), trunks) for number, plan in enumerate(scenario.campaigns, start=1)]


def agents_of(scenario: Scenario, chance: Chance) -> list[Agent]:
    """The agents; which of them call in by themselves is drawn."""
    draw = chance.stream("dial-in")
    agents = []
    for number in range(1, scenario.staff + 1):
        works = [
            CampaignId(at)
            for at, plan in enumerate(scenario.campaigns, start=1)
            if plan.agents == 0 or (number + at) % scenario.staff < plan.agents
        ]
        calls_in = draw.random() < scenario.habits.dial_in_share
        endpoint = "" if calls_in else f"PJSIP/agent{number}"
        agents.append(Agent(id=AgentId(number), name=f"agent {number}", campaigns=tuple(works), endpoint=endpoint))
    return agents


def lists_of(scenario: Scenario, chance: Chance) -> Lists:
    """Every campaign's list."""
    people = scenario.people
    plans = [
        ListPlan(
            campaign=CampaignId(number),
            leads=plan.leads,
            tried=plan.tried,
            order=plan.list_order,
            overlap=plan.overlap,
            zones=plan.zones,
            country=plan.country,
            numbers=plan.numbers,
            score_quality=plan.score_quality,
            lead_sigma=people.lead_sigma,
            answer_share=min(0.999, max(0.001, people.answer_share)),
            accounts=plan.accounts,
            selection=plan.selection.configured(),
        )
        for number, plan in enumerate(scenario.campaigns, start=1)
    ]
    return Lists(plans, chance)


def factors_of(scenario: Scenario) -> dict[tuple[CampaignId, str], float]:
    """What their segment makes of people's chance of answering, by campaign and segment."""
    return {
        (CampaignId(number), segment.name): segment.answer_factor
        for number, plan in enumerate(scenario.campaigns, start=1)
        for segment in plan.accounts.segments
    }
