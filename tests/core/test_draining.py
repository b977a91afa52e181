"""Before the hours end the floor drains; over every campaign stands the law's cap on abandoned calls."""

from dataclasses import replace

import pytest

from dialer.core.messages import LeadsClaimed, ReserveCall, RulesSet
from dialer.core.model import Mode
from dialer.core.packs.schema import Abandonment, Confidence, Purpose, Rule, Rulebook, Status
from dialer.core.rules import EVERY_DAY, Rules, Window
from pacing import Policy, Settings, sentence
from pacing.decision import Binding
from tests.core.floor import CAMPAIGN, NOON, Floor, floor, lead, those

CLOSE = NOON + 7 * 3600.0  # 20:00 in Santiago
FREE = Rules(number_dials_24h_max=None, person_dials_24h_max=None, person_dials_7d_max=None)
CAP = Abandonment(cap=0.02, window_days=1, within_s=1.0, clock="answer")


def reserved_at(made: Floor, now: float) -> list[int]:
    """The leads that the floor wishes to call at that time, with plenty at hand."""
    made.now = now
    return [wish.lead.id for wish in those(made.give_leads(10), ReserveCall) if wish.lead]


@pytest.mark.parametrize("mode", [Mode.PROGRESSIVE, Mode.PREDICTIVE])
def test_no_call_is_placed_that_could_be_answered_after_the_hours_alone(mode: Mode) -> None:
    assert len(reserved_at(floor(agents=3, mode=mode), CLOSE - 60)) == 3
    made = floor(agents=3, mode=mode)
    assert reserved_at(made, CLOSE - 3) == []
    assert "closes before an answer" in made.work().not_dialling


def test_hours_that_go_on_at_midnight_do_not_end_there() -> None:
    made = floor(agents=3, rules=replace(FREE, windows=(Window(EVERY_DAY, 0, 1440),)))
    assert len(reserved_at(made, CLOSE + 4 * 3600.0 - 3)) == 3


def test_leads_that_may_be_called_for_longer_come_first_at_the_end() -> None:
    made = floor(agents=2)
    made.now = CLOSE - 3
    given = [lead(n, zones=("America/Santiago" if n % 2 else "Pacific/Easter",)) for n in range(1, 9)]
    wishes = those(made.tell(LeadsClaimed(CAMPAIGN, tuple(given))), ReserveCall)
    assert [wish.lead.id for wish in wishes if wish.lead] == [2, 4]


# ---------------------------------------------------------------- the law's cap


def law(cap: Abandonment = CAP, country: str = "CL", *, until: int | None = None) -> RulesSet:
    rule = Rule(id="cap", version="1", country=country, purposes=(Purpose.COLLECTIONS,), status=Status.HOUSE,
                abandonment=cap, until=until, source="", confidence=Confidence.A)  # fmt: skip
    return RulesSet(Rulebook((rule,)))


def test_the_cap_of_the_law_holds_from_the_first_lead_of_its_country_on() -> None:
    made = floor(agents=1, mode=Mode.PREDICTIVE, pacing=Settings(abandon_cap=0.05))
    made.tell(law())
    assert made.work().abandon_cap == 0.05
    made.give_leads(1)
    assert made.work().abandon_cap == 0.02
    made.tell(law(country="PE"))
    assert made.work().abandon_cap == 0.05
    made.tell(law(country="*"))
    assert made.work().abandon_cap == 0.02


def test_a_cap_of_the_law_ends_with_its_last_day() -> None:
    made = floor(agents=1, pacing=Settings(abandon_cap=0.05))
    made.tell(law(country="*", until=int(NOON // 86_400) + 719_163))  # days of 1970 to ordinals
    assert made.work().abandon_cap == 0.02
    made.now += 86_400.0
    made.tick()
    assert made.work().abandon_cap == 0.05


def test_a_stricter_campaign_keeps_its_own_cap() -> None:
    made = floor(agents=1, pacing=Settings(abandon_cap=0.01))
    made.tell(law(country="*"))
    assert made.work().abandon_cap == 0.01


def test_a_fixed_ratio_falls_back_to_one_call_for_each_agent_where_the_law_leaves_nothing() -> None:
    pacing = Settings(policy=Policy.RATIO, ratio=3.0, abandon_cap=0.2)
    made = floor(agents=2, mode=Mode.PREDICTIVE, pacing=pacing, rules=FREE)
    made.tell(law(country="*"))
    work = made.engine._state.campaigns[CAMPAIGN]
    work.pacer.ledger.add(made.now, answered=100, abandoned=3)
    assert len(reserved_at(made, made.now)) == 2
    assert work.decision is not None
    assert work.decision.why.binding is Binding.LAW
    assert "tope legal" in sentence(work.decision, "es")
    work.pacer.ledger.add(made.now, answered=1000)
    assert len(reserved_at(made, made.now)) == 4  # six for two agents, less two in flight
