"""Laws of the score: what the calls have in them is found, no more, and it is right about new ones."""

import random

import pytest

from dialer.core.score import Asked, Attempt, Model, learn, levels_of, merit
from dialer.store.codec import from_json, to_json

MONDAY = 1_699_844_400.0  # 2023-11-13, midnight in Buenos Aires
ZONE = "America/Argentina/Buenos_Aires"


def calls(count: int, *, seed: int = 1, flat: bool = False) -> list[Attempt]:
    """Calls of which the evening, mobiles and numbers that answered before bring more right parties, unless `flat`."""
    chance = random.Random(seed)
    made = []
    for n in range(count):
        at = MONDAY + n * 60 * 86_400 / count
        hour = int(at % 86_400 // 3600)
        kind = chance.choice(["mobile", "fixed"])
        past = chance.choice([(0, 0), (4, 0), (4, 2)])
        p = 0.1 if flat else 0.05
        if not flat:
            p *= (2.5 if 17 <= hour - 3 <= 20 else 1.0) * (1.5 if kind == "mobile" else 0.5) * (1 + past[1])
        asked = Asked(type=kind, segment="", attempts=chance.randrange(3), calls=past[0], answers=past[1], zone=ZONE)
        answered = chance.random() < min(0.9, p * 1.5)
        made.append(Attempt(at, asked, answered, answered and chance.random() < 0.66))
    return made


@pytest.fixture(scope="module")
def model() -> Model:
    found = learn(calls(12_000))
    assert found is not None
    return found


def test_what_makes_answers_likelier_is_found(model: Model) -> None:
    evening, noon = MONDAY + 18.5 * 3600, MONDAY + 12.5 * 3600
    best = Asked(type="mobile", calls=4, answers=2, zone=ZONE)
    worst = Asked(type="fixed", calls=4, answers=0, zone=ZONE)
    assert model.right_party(best, evening) > 1.6 * model.right_party(best, noon)
    assert model.right_party(best, noon) > 3 * model.right_party(worst, noon)
    assert model.answers(best, noon) > model.right_party(best, noon)
    assert model.best_hour(best, [MONDAY + h * 3600 for h in range(8, 22)]) in {
        MONDAY + h * 3600 for h in (17, 18, 19, 20)
    }


def test_it_is_right_about_calls_that_it_has_not_seen(model: Model) -> None:
    held = calls(6_000, seed=2)
    foretold = sum(model.right_party(one.asked, one.at) for one in held)
    came = sum(one.right_party for one in held)
    assert 0.9 < foretold / came < 1.1


def test_its_order_brings_more_right_parties_than_chance() -> None:
    tried = merit(calls(12_000))
    assert tried is not None
    assert tried.lift_tenth > 1.8
    assert tried.lift_half > 1.3
    assert tried.off < 0.03


def test_where_nothing_is_to_be_learned_nothing_is() -> None:
    found = learn(calls(6_000, flat=True))
    assert found is not None
    asked = [Asked(type=kind, calls=4, answers=n, zone=ZONE) for kind in ("mobile", "fixed") for n in (0, 2)]
    p = [found.right_party(one, MONDAY + h * 3600) for one in asked for h in range(24)]
    assert max(p) < 3 * min(p)
    tried = merit(calls(6_000, flat=True))
    assert tried is not None
    assert 0.5 < tried.lift_tenth < 1.6


def test_too_few_calls_teach_nothing() -> None:
    assert learn(calls(300)) is None
    assert learn([Attempt(MONDAY, Asked(), answered=False, right_party=False)] * 5_000) is None


def test_it_says_why(model: Model) -> None:
    asked = Asked(type="mobile", calls=4, answers=2, zone=ZONE)
    at = MONDAY + 18.5 * 3600
    factors = dict(model.explained(asked, at))
    assert factors["past:often answers"] > 1.5
    assert factors["type:mobile"] > 1.0
    assert factors.keys() == set(levels_of(asked, at))


def test_what_was_never_seen_has_no_effect(model: Model) -> None:
    known, new = Asked(zone=ZONE), Asked(zone=ZONE, segment="a new list")
    at = MONDAY + 12 * 3600
    effect = dict(model.right.effects).get("segment:", 0.0)
    assert abs(effect) < 0.5
    assert model.right_party(new, at) == pytest.approx(model.right_party(known, at), rel=0.5)


def test_it_comes_back_from_the_database_equal(model: Model) -> None:
    assert from_json(Model, to_json(model)) == model
