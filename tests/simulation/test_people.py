"""People and carriers: what they do depends on the seed, the lead and the attempt alone, in the shares that are set."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from dialer.core.ids import CampaignId, LeadId, PersonId, PhoneId
from dialer.core.model import Lead
from simulation.scenario import Scenario
from simulation.world.agents import Habits
from simulation.world.carrier import Carrier, Spells
from simulation.world.chance import Chance, log_uniform, lognormal
from simulation.world.people import Fate, Kind, People, fate

NOON = Scenario().start() + 3 * 3600.0
FLAT = People(by_hour=False)


def lead(number: int) -> Lead:
    return Lead(
        id=LeadId(number), campaign=CampaignId(1), person=PersonId(number), phone=PhoneId(number),
        number=f"+5255{number:08d}", country="MX", zones=("America/Mexico_City",),
    )  # fmt: skip


def fates(people: People, count: int, *, now: float = NOON, seed: int = 1) -> list[Fate]:
    chance = Chance(seed)
    return [fate(people, chance, lead(number), attempt=1, now=now, delay_s=2.0) for number in range(count)]


def test_what_a_person_does_does_not_depend_on_who_was_called_before() -> None:
    in_order = fates(FLAT, 20)
    chance = Chance(1)
    backwards = [fate(FLAT, chance, lead(number), attempt=1, now=NOON, delay_s=2.0) for number in range(19, -1, -1)]
    assert in_order == backwards[::-1]
    assert in_order != fates(FLAT, 20, seed=2)


def test_shares_are_what_they_are_set_to() -> None:
    count = 4000
    kinds = Counter(one.kind for one in fates(FLAT, count))
    wanted = {
        Kind.PERSON: FLAT.answer_share, Kind.MACHINE: FLAT.machine_share, Kind.BUSY: FLAT.busy_share,
        Kind.REJECTS: FLAT.rejects_share, Kind.OFF: FLAT.off_share, Kind.INVALID: FLAT.invalid_share,
    }  # fmt: skip
    for kind, share in wanted.items():
        assert abs(kinds[kind] - share * count) < 5 * (count * share * (1 - share)) ** 0.5


def test_more_people_answer_in_the_evening_than_at_lunch() -> None:
    start = Scenario().start()
    lunch, evening = (fates(People(), 3000, now=start + hours * 3600.0) for hours in (5, 9))
    assert sum(one.kind is Kind.PERSON for one in evening) > 1.2 * sum(one.kind is Kind.PERSON for one in lunch)


@pytest.mark.parametrize("memoryless", [False, True])
def test_mean_times_are_what_they_are_set_to(memoryless: bool) -> None:
    people = replace(FLAT, answer_share=0.64, machine_share=0.0, right_party_share=1.0, memoryless=memoryless)
    answered = [one for one in fates(people, 4000) if one.kind is Kind.PERSON]
    assert sum(one.over_at_s - 2.0 for one in answered) / len(answered) == pytest.approx(people.ring_s, rel=0.1)
    assert sum(one.talk_s for one in answered) / len(answered) == pytest.approx(people.talk_s, rel=0.1)


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        People(answer_share=0.9, machine_share=0.9)
    with pytest.raises(ValueError, match="add up"):
        Habits(hold_share=0.9, consult_share=0.9)


def test_streams_are_named_and_do_not_disturb_one_another() -> None:
    one, other = Chance(5), Chance(5)
    other.stream("something else").random()
    assert one.stream("people").random() == other.stream("people").random()
    assert Chance(6).stream("people").random() != Chance(5).stream("people").random()
    draw = random.Random(1)
    assert sum(lognormal(draw, 25.0, 0.7) for _ in range(5000)) / 5000 == pytest.approx(25.0, rel=0.1)
    assert all(0.1 <= log_uniform(draw, 0.1, 10.0) <= 10.0 for _ in range(100))


def test_a_carrier_is_bad_for_about_its_share_of_time() -> None:
    spells = Spells(Carrier(bad_every_s=300.0, bad_for_s=100.0, bad_mute_share=0.5), random.Random(3), 0.0)
    seen = Counter(spells.at(float(second)) for second in range(200_000))
    assert 0.2 < 1 - seen[""] / 200_000 < 0.3
    assert seen["mute"] > 1000
    assert seen["refuses"] > 1000
    spells.heal()
    assert spells.at(200_001.0) == ""


def test_a_good_carrier_is_never_bad() -> None:
    spells = Spells(Carrier(), random.Random(3), 0.0)
    assert {spells.at(float(second)) for second in range(1000)} == {""}
