"""Answers that cease, and what is still reckoned with then."""

import random

import pytest

from pacing.silence import CERTAINLY, Silence


def lived(share: float, calls: int, *, silence: Silence | None = None, seed: int = 1) -> tuple[Silence, float]:
    """So many calls one after the other; how many answers seemed to be missing at most."""
    silence = silence or Silence()
    chance, most, answered = random.Random(seed), 0.0, silence._heard
    for _ in range(calls):
        answered += chance.random() < share
        silence.pass_by(1.0)
        silence.hear(answered, share)
        most = max(most, silence.missing)
    return silence, most


@pytest.mark.parametrize("share", [0.03, 0.1, 0.3, 0.7])
def test_the_usual_share_is_found_and_seldom_is_an_answer_missing(share: float) -> None:
    silence, _ = lived(share, round(60 / share))
    assert silence.usual_share == pytest.approx(share, rel=0.6)
    _, most = lived(share, round(150 / share), silence=silence, seed=2)
    assert most < 12


def test_in_a_silence_the_usual_share_stands_and_the_first_answers_after_it_do_not_call_it_off() -> None:
    silence, _ = lived(0.2, 1000)
    usual = silence.usual_share
    silence, _ = lived(0.0, 5000, silence=silence)
    assert silence.missing == CERTAINLY
    assert silence.share == pytest.approx(usual)
    lived(1.0, 1, silence=silence)
    assert silence.share > 0.6 * usual
    lived(0.2, 400, silence=silence)
    assert silence.share == 0


def test_a_rate_that_fell_for_good_is_believed_in_after_some_answers() -> None:
    silence, _ = lived(0.3, 1000)
    lived(0.02, 2500, silence=silence, seed=3)
    assert silence.usual_share < 0.035


def test_what_is_told_of_the_past_goes_by_what_was_learned() -> None:
    silence = Silence()
    silence.hear(500, 0.05)
    assert silence.usual_share == pytest.approx(0.05)
    silence.pass_by(1.0)
    silence.hear(1000, 0.05)
    assert silence.usual_share == 1.0
    assert silence.share == 0.0
