"""What is learned of calls and of busy agents."""

import heapq
import math
import random

import numpy as np
import pytest

from pacing.answers import LEVEL_ONE, AnswerLaw, Cause, Flight, Frailty, Phase, level_of
from pacing.busy import TALK, WRAP, BusyLaw, Durations, phase_base_of, wrap_after
from pacing.horizons import HORIZONS_S

NONE = np.zeros((0, 3))


def teach(law: AnswerLaw, share: float, calls: int, *, ringing: bool = False, p_answer: float | None = None,
          segment: str = "", seed: int = 1) -> None:  # fmt: skip
    """Calls that are answered after 6 to 14 s, or ring out after 28."""
    chance = random.Random(f"{seed}:{share}")
    for _ in range(calls):
        flight = law.place(0.0, segment, p_answer)
        if ringing:
            law.leave(flight, 3.0, Cause.TO_RINGING)
        if chance.random() < share:
            law.leave(flight, chance.uniform(6, 14), Cause.ANSWER)
        else:
            law.leave(flight, 28.0, Cause.OTHER)
    law.rebuild(NONE)


@pytest.mark.parametrize("ringing", [False, True])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.7])
def test_the_answer_share_is_learned(share: float, ringing: bool) -> None:
    law = AnswerLaw(28.0)
    teach(law, share, 3000, ringing=ringing)
    assert law.answer_share == pytest.approx(share, rel=0.15, abs=0.02)
    by_5_s, by_25_s = law.new_answers[LEVEL_ONE, [2, 9]]
    assert by_5_s < 0.1 * by_25_s  # nobody answers within 5 s


@pytest.mark.parametrize("told", [0.02, 0.08, 0.6])
def test_the_share_is_that_of_the_calls_placed_whatever_their_scores_are(told: float) -> None:
    law = AnswerLaw(28.0)
    teach(law, told, 3000, p_answer=told)
    assert law.answer_share == pytest.approx(told, rel=0.15, abs=0.01)


def test_a_start_does_not_bias_the_share_although_answers_come_first() -> None:
    law = AnswerLaw(28.0)
    flights = [law.place(0.0, "", None) for _ in range(400)]
    for number, flight in enumerate(flights[:60]):  # 60 of 100 answers have come by 10 s, no other end yet
        law.leave(flight, 6 + 4 * number / 60, Cause.ANSWER)
    law.rebuild(np.array([(Phase.DIALLED, 10.0, 1.0)] * 340))
    assert law.answer_share < 0.4  # counting ended calls alone it would be 1


def test_ringing_and_silence_tell() -> None:
    """Half of the calls fail at once without ringing; of those that ring, more than half are answered."""
    law = AnswerLaw(28.0)
    chance = random.Random(3)
    for _ in range(2000):
        flight = law.place(0.0, "", None)
        if chance.random() < 0.5:
            law.leave(flight, chance.uniform(1, 8), Cause.OTHER)
            continue
        law.leave(flight, 3.0, Cause.TO_RINGING)
        answered = chance.random() < 0.6
        law.leave(flight, chance.uniform(8, 14) if answered else 28.0, Cause.ANSWER if answered else Cause.OTHER)
    law.rebuild(NONE)
    ringing, silent = law.place(0.0, "", None), law.place(0.0, "", None)
    law.leave(ringing, 3.0, Cause.TO_RINGING)
    last = len(HORIZONS_S) - 1
    assert law.table[law.row_base(ringing), last] == pytest.approx(0.6, abs=0.06)
    assert law.table[law.row_base(silent) + 6, last] < 0.15  # no 18x after 6 s


def test_scores_are_used_and_corrected() -> None:
    law = AnswerLaw(28.0)
    for turn in range(30):
        teach(law, 0.5, 30, p_answer=0.5, seed=turn)
        teach(law, 0.05, 30, p_answer=0.05, seed=turn)
    _, likely = law.multiplier("", 0.5)
    _, unlikely = law.multiplier("", 0.05)
    assert law.new_answers[level_of(likely), -1] == pytest.approx(0.5, abs=0.1)
    assert law.new_answers[level_of(unlikely), -1] == pytest.approx(0.05, abs=0.03)


def test_worthless_scores_are_found_out() -> None:
    law = AnswerLaw(28.0)
    for turn in range(60):
        teach(law, 0.25, 30, p_answer=0.5 if turn % 2 else 0.1, seed=turn)
    for score in (0.1, 0.5):
        _, multiplier = law.multiplier("", score)
        assert law.new_answers[level_of(multiplier), -1] == pytest.approx(0.25, abs=0.09)


def test_lists_differ_and_unknown_ones_count_as_the_whole() -> None:
    law = AnswerLaw(28.0)
    for turn in range(20):
        teach(law, 0.5, 40, segment="good", seed=turn)
        teach(law, 0.1, 40, segment="bad", seed=turn)
    good, bad, new = (law.multiplier(segment, None)[1] for segment in ("good", "bad", "new"))
    assert bad < new < good
    assert new == 1.0


def test_a_frailty_forgets_the_least_known_key() -> None:
    frailty = Frailty(4.0)
    frailty.learn("well known", 30, 10)
    for number in range(400):
        frailty.learn(str(number), 0, 0.1)
    assert frailty["well known"] > 2
    assert len(frailty._seen) <= 256


def test_steady_rates_set_off_no_reset() -> None:
    for share in (0.1, 0.4):
        law = AnswerLaw(28.0)
        for turn in range(60):
            teach(law, share, 50, seed=turn)
        assert law.resets == 0


def test_a_sudden_change_is_noticed() -> None:
    law = AnswerLaw(28.0)
    teach(law, 0.1, 2000)
    teach(law, 0.6, 150)
    assert law.resets >= 1
    assert law.answer_share > 0.3


def test_a_crowd_in_flight_is_no_change_though_its_answers_come_before_its_silences() -> None:
    law, chance = AnswerLaw(28.0), random.Random(3)
    due: list[tuple[float, int, Flight, Cause]] = []
    for second in range(120):  # a thousand calls at once, every ten seconds, as decisions of a large floor place them
        for number in range(1000 * (second % 10 == 0)):
            answered = chance.random() < 0.06
            at = second + (chance.uniform(6, 14) if answered else 28.0)
            cause = Cause.ANSWER if answered else Cause.OTHER
            heapq.heappush(due, (at, 1000 * second + number, law.place(second, "", None), cause))
        while due and due[0][0] < second + 1:
            at, _, flight, cause = heapq.heappop(due)
            law.leave(flight, at, cause)
        law.rebuild(np.array([(flight.phase, second + 1 - flight.since, 1.0) for _, _, flight, _ in due]))
    assert law.resets <= 3  # the first crowd alone, before anything is known
    assert 0.04 < law.answer_share < 0.08


def test_kaplan_and_meier_count_what_lasts() -> None:
    durations = Durations((10.0, 20.0))
    alone = durations.survival(np.zeros(0))(np.array([5.0, 15.0, 25.0]))
    assert alone == pytest.approx([1.0, 0.5, 0.0])
    with_one_that_lasts = durations.survival(np.array([15.0]))(np.array([5.0, 15.0, 25.0]))
    assert with_one_that_lasts == pytest.approx([1.0, 2 / 3, 0.0])


def test_releases_follow_the_wrap_up_law() -> None:
    law = BusyLaw(grace_s=2.0)
    for _ in range(800):
        law.talks.add(300.0)
        law.wrapped(20.0, WRAP)
    law.rebuild(np.zeros(0), {})
    rows = law.rows(np.array([phase_base_of(WRAP)] * 2 + [phase_base_of(TALK)] * 2), np.array([3.0, 17.0, 10.0, 270.0]))
    by_11_s, with_grace = law.table[rows, 5], law.table[rows, 15]
    assert by_11_s == pytest.approx([0.0, 1.0, 0.0, 0.0], abs=0.05)
    assert with_grace == pytest.approx([0.0, 1.0, 0.0, 0.0], abs=0.05)
    assert law.rows(np.array([0.0]), np.array([5.0]))[0] == 0  # the free are not released


def test_answer_tables_are_chances() -> None:
    law = AnswerLaw(60.0)
    teach(law, 0.3, 500, ringing=True)
    assert np.isfinite(law.table).all()
    assert ((law.table[:, : len(HORIZONS_S)] >= 0) & (law.table[:, : len(HORIZONS_S)] <= 1)).all()
    assert (np.diff(law.new_answers, axis=1) >= -1e-12).all()
    assert math.isclose(law.new_people[LEVEL_ONE, -1], law.new_answers[LEVEL_ONE, -1])  # no machine was met


@pytest.mark.parametrize("told", [True, False])
def test_whether_a_dropped_machine_counts_as_abandoned_is_learned(told: bool) -> None:
    """Half of the answers are machines; a switch that cannot tell calls every unserved answer abandoned."""
    law = AnswerLaw(28.0)
    for number in range(600):
        flight = law.place(0.0, "", None)
        law.leave(flight, 10.0, Cause.ANSWER)
        machine = number % 2 == 0
        if number % 3:
            law.served(flight, 10.0, person=not machine)
        else:
            law.unserved(flight, 10.0, abandoned=not (machine and told))
        if number % 50 == 0:
            law.rebuild(NONE)
    law.rebuild(NONE)
    counted = law.new_people[LEVEL_ONE, -1] / law.new_answers[LEVEL_ONE, -1]
    assert counted == pytest.approx(0.5 if told else 1.0, abs=0.12)


def test_a_wrap_up_goes_by_the_talk_before_it() -> None:
    """Half of the talks are short with two seconds of wrap-up, half are long with forty."""
    law = BusyLaw(grace_s=2.0)
    for _ in range(200):
        for talk_s, wrap_s in ((8.0, 2.0), (120.0, 40.0)):
            law.talks.add(talk_s)
            law.wrapped(wrap_s, wrap_after(talk_s))
    law.rebuild(np.zeros(0), {})
    ages = np.zeros(3)
    short, long, unknown = law.table[
        law.rows(np.array([phase_base_of(phase) for phase in (wrap_after(8.0), wrap_after(120.0), WRAP)]), ages), 3
    ]
    assert short > 0.9
    assert long < 0.1
    assert unknown == pytest.approx(0.5, abs=0.05)
    talking = law.table[law.rows(np.array([phase_base_of(TALK)] * 2), np.array([6.0, 118.0])), 4]
    assert talking[0] == pytest.approx(0.5, abs=0.06)  # the short half: 2 s of talk, 2 of wrap-up
    assert talking[1] < 0.1  # 2 of talk, 40 of wrap-up
