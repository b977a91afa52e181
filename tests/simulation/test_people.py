"""People and carriers: what they do depends on the seed, the lead and the attempt alone, in the shares that are set."""

import itertools
import random
from collections import Counter
from dataclasses import replace

import pytest

from dialer.core.ids import CampaignId, LeadId, PersonId, PhoneId
from dialer.core.model import Lead
from simulation.scenario import Scenario
from simulation.world.carrier import Carrier, Spells
from simulation.world.chance import Chance, log_uniform, lognormal
from simulation.world.habits import Habits
from simulation.world.lists import NUMBERS_MAX, number_of
from simulation.world.people import Crowd, Fate, Kind, People

NOON = Scenario().start() + 3 * 3600.0
FLAT = People(by_hour=False)


def lead(number: int) -> Lead:
    return Lead(
        id=LeadId(number), campaign=CampaignId(1), person=PersonId(number), phone=PhoneId(number * NUMBERS_MAX),
        number=number_of(number, 0), country="MX", zones=("America/Mexico_City",),
    )  # fmt: skip


def fates(people: People, count: int, *, now: float = NOON, seed: int = 1) -> list[Fate]:
    crowd = Crowd(people, Chance(seed), 0.0)
    return [crowd.fate(lead(number), attempt=1, now=now, delay_s=2.0) for number in range(count)]


def test_what_a_person_does_does_not_depend_on_who_was_called_before() -> None:
    in_order = fates(FLAT, 20)
    crowd = Crowd(FLAT, Chance(1), 0.0)
    backwards = [crowd.fate(lead(number), attempt=1, now=NOON, delay_s=2.0) for number in range(19, -1, -1)]
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


def people_who_answer(people: People, *, attempt: int = 1, now: float = NOON, place: int = 0) -> float:
    crowd = Crowd(people, Chance(1), 0.0)
    leads = [replace(lead(number), phone=PhoneId(number * NUMBERS_MAX + place)) for number in range(4000)]
    kinds = [crowd.fate(one, attempt=attempt, now=now, delay_s=1.0).kind for one in leads]
    return kinds.count(Kind.PERSON) / len(kinds)


def test_weekday_repetition_and_number_move_the_share_that_answers_as_they_say() -> None:
    flat = replace(FLAT, answer_share=0.4, by_hour=True, hour_factors=(1.0,) * 24)
    sunday = people_who_answer(replace(flat, weekday_factors=(1, 1, 1, 1, 1, 1, 0.5)), now=NOON + 6 * 86_400.0)
    third = people_who_answer(replace(flat, repeat_factor=0.5, repeat_floor=0.3), attempt=3)
    second = people_who_answer(replace(flat, repeat_factor=0.5, repeat_floor=0.3), attempt=2)
    second_number = people_who_answer(replace(flat, number_factors=(1.0, 0.25)), place=1)
    assert people_who_answer(flat) == pytest.approx(0.4, abs=0.04)
    assert sunday == pytest.approx(0.2, abs=0.04)
    assert second == pytest.approx(0.2, abs=0.03)
    assert third == pytest.approx(0.12, abs=0.03)  # no lower than the floor
    assert second_number == pytest.approx(0.1, abs=0.03)


def test_an_invalid_number_is_invalid_on_every_attempt() -> None:
    crowd = Crowd(replace(FLAT, machine_share=0.0, invalid_share=0.5), Chance(1), 0.0)
    for number in range(50):
        kinds = [crowd.fate(lead(number), attempt=one, now=NOON, delay_s=1.0).kind for one in range(1, 6)]
        assert kinds.count(Kind.INVALID) in {0, 5}


def test_drift_is_shared_slow_and_leaves_the_mean_where_it_is() -> None:
    crowd = Crowd(replace(FLAT, drift=0.3, drift_period_s=3600.0), Chance(1), NOON)
    factors = [crowd.factor(NOON + 60.0 * minute, "America/Lima") for minute in range(6000)]
    assert sum(factors) / len(factors) == pytest.approx(1.0, abs=0.05)
    assert max(abs(one - other) for one, other in itertools.pairwise(factors)) < 0.15
    assert max(factors) > 1.3


def test_some_hang_up_on_the_first_words_and_patience_is_what_it_is_set_to() -> None:
    people = replace(FLAT, answer_share=0.64, machine_share=0.0, hangs_up_at_once_share=0.5, patience_hazard=0.0)
    answered = [one for one in fates(people, 3000) if one.kind is Kind.PERSON]
    at_once = [one for one in answered if one.at_once]
    assert len(at_once) / len(answered) == pytest.approx(0.5, abs=0.05)
    assert all(one.hangs_up and not one.right_party and one.talk_s <= 1.5 * people.at_once_s for one in at_once)
    assert min(one.wait_s for one in answered) >= people.patience_s


def test_a_carrier_takes_so_many_calls_a_second() -> None:
    spells = Spells(Carrier(calls_per_second=2.0), random.Random(3), 0.0)
    assert [spells.takes(at) for at in (0.0, 0.1, 0.2, 1.05, 1.06, 1.5)] == [True, True, False, True, False, True]
    assert all(Spells(Carrier(), random.Random(3), 0.0).takes(0.0) for _ in range(100))
