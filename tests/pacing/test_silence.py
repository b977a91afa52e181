"""Answers that cease, and what is still reckoned with then."""

import random

import pytest

from pacing.silence import Silence


def lived(share: float, calls: int, *, silence: Silence | None = None, seed: int = 1) -> Silence:
    """So many calls one after the other."""
    silence = silence or Silence()
    chance, answered = random.Random(seed), silence._heard
    for _ in range(calls):
        answered += chance.random() < share
        silence.pass_by(1.0)
        silence.hear(answered, share)
    return silence


@pytest.mark.parametrize("share", [0.03, 0.1, 0.3, 0.7])
def test_the_usual_share_is_found_and_binds_nobody_while_as_much_is_learned(share: float) -> None:
    silence = lived(share, round(60 / share))
    for seed in range(20):
        lived(share, round(20 / share), silence=silence, seed=seed)
        assert silence.usual_share == pytest.approx(share, rel=0.75)
        assert silence.share(share) < 0.85 * share  # more calls than there are agents to answer


def test_in_a_silence_and_after_it_the_usual_share_stands() -> None:
    silence = lived(0.2, 1000)
    usual = silence.usual_share
    lived(0.0, 5000, silence=silence)
    assert silence.share(0.001) == usual
    lived(1.0, 1, silence=silence)
    assert silence.share(0.001) > 0.6 * usual
    lived(0.4, 100, silence=silence)
    assert silence.share(0.001) == pytest.approx(0.4, rel=0.4)
    assert silence.share(1.0) == 0


def test_a_rate_that_fell_for_good_is_believed_in_after_some_answers() -> None:
    silence = lived(0.3, 1000)
    lived(0.02, 2500, silence=silence, seed=3)
    assert silence.usual_share < 0.035


def test_what_is_told_of_the_past_goes_by_what_was_learned() -> None:
    silence = Silence()
    silence.hear(500, 0.05)
    assert silence.usual_share == pytest.approx(0.05)
    silence.pass_by(1.0)
    silence.hear(1000, 0.05)
    assert silence.usual_share == 1.0
