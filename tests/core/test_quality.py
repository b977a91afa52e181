"""Laws of what calls teach of a number: who is wrong or gone is never called again, and carriers may err once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.model import DISPOSITIONS
from dialer.core.outcomes import Outcome
from dialer.core.quality import DEAD, MACHINES_MAX, NEXT, SUSPECT_S, Quality, Sign, learned, number_after
from tests.leads.test_next_attempt import NOW, campaign, lead


def after(*codes: str) -> Quality:
    """The number's standing after calls that ended so, one after the other."""
    one = lead()
    for code in codes:
        saved = number_after(campaign(), one, code, NOW)
        if saved is not None:
            one = replace(one, quality=saved.quality, machines=saved.machines)
    return Quality(one.quality)


@pytest.mark.parametrize(
    ("codes", "quality"),
    [
        (("RPC",), Quality.GOOD),
        (("PTP", "no_answer"), Quality.GOOD),
        (("no_answer", "busy"), Quality.UNKNOWN),
        (("invalid",), Quality.SUSPECT),
        (("invalid", "invalid"), Quality.DISCONNECTED),
        (("invalid", "no_answer", "invalid"), Quality.SUSPECT),  # it rang: the carrier had erred
        (("RPC", "invalid"), Quality.SUSPECT),
        (("WRONG",), Quality.WRONG_PERSON),
        (("machine",) * (MACHINES_MAX - 1), Quality.UNKNOWN),
        (("machine",) * MACHINES_MAX, Quality.MACHINE_ONLY),
        ((*("machine",) * MACHINES_MAX, "THIRD"), Quality.UNKNOWN),
        (("machine", "machine", "abandoned", "machine", "machine", "machine"), Quality.UNKNOWN),
        (("congestion", "failed", "cancelled", "unknown"), Quality.UNKNOWN),
    ],
)
def test_what_calls_teach(codes: tuple[str, ...], quality: Quality) -> None:
    assert after(*codes) == quality


def test_a_number_that_does_not_exist_is_left_alone_for_a_day() -> None:
    saved = number_after(campaign(), lead(), "invalid", NOW)
    assert saved is not None
    assert saved.due_at == NOW + SUSPECT_S


def test_calls_and_answers_are_counted() -> None:
    one = replace(lead(), called_before=4, answered_before=1)
    saved = [number_after(campaign(), one, code, NOW) for code in ("no_answer", "RPC")]
    assert [(s.calls, s.answers, s.tried_at) for s in saved if s] == [(5, 1, NOW), (5, 2, NOW)]


def test_every_sign_has_its_row() -> None:
    assert set(NEXT) == set(Sign)


CODES = st.lists(st.sampled_from([*Outcome, *(one.code for one in DISPOSITIONS)]), max_size=8)


@given(CODES)
def test_somebody_elses_number_is_so_until_the_right_party_is_reached_there(codes: list[str]) -> None:
    quality = after("WRONG", *codes)
    assert (quality in DEAD) or any(code in {"RPC", "PTP"} for code in codes)


@given(st.sampled_from(Quality), st.integers(0, 9), st.sampled_from(Sign))
def test_no_machine_makes_a_dead_number_live(quality: Quality, machines: int, sign: Sign) -> None:
    if quality in DEAD and sign in {Sign.MACHINE, Sign.RINGS, Sign.SOMEBODY}:
        assert learned(quality, machines, sign).quality == quality
