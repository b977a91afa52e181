"""Numbers that lead nowhere are taken out with a reason; those that may reach somebody never are."""

from dataclasses import replace

import pytest

from dialer.core.messages import CallAnswered, CallQueued, PlaceCall, ReleaseCall, ReserveCall, RestPhone, SavePhone
from dialer.core.nature import SILENT_CALLS, never_connects, rang
from dialer.core.outcomes import EndedBy, Outcome
from dialer.core.packs.schema import Dial
from dialer.core.quality import Quality
from tests.core.floor import NOON, floor, hangup, only, those

DAY_S = 86_400.0
SILENT = tuple(Dial(NOON - DAY_S * (n / 2 + 1), NOON, rang=False) for n in range(SILENT_CALLS))


def test_a_number_dialled_on_several_days_that_never_rang_is_taken_out_with_the_reason() -> None:
    found = never_connects(SILENT, NOON)
    assert found is not None
    assert (found.rule, found.of_number) == ("never_connects", True)
    assert found.reason == "8 calls on 4 days, and it never rang"


@pytest.mark.parametrize(
    "dials",
    [
        SILENT[:-1],
        (*SILENT[:-1], replace(SILENT[-1], rang=True)),
        (*SILENT[:-1], replace(SILENT[-1], rang=None)),  # its carrier had no room: that tells nothing of the number
        tuple(replace(one, at=NOON - 3600.0) for one in SILENT),  # one bad day of a carrier
        tuple(replace(one, number=False) for one in SILENT),  # another number of the person
    ],
)
def test_a_number_that_may_reach_somebody_stays(dials: tuple[Dial, ...]) -> None:
    assert never_connects(dials, NOON) is None


@pytest.mark.parametrize(
    ("outcome", "ended_by", "found"),
    [
        (Outcome.NO_ANSWER, EndedBy.TIMEOUT, True),  # of early media alone: the carrier told nothing else
        (Outcome.BUSY, EndedBy.SWITCH, True),
        (Outcome.REJECTED, EndedBy.SWITCH, True),
        (Outcome.INVALID, EndedBy.SWITCH, False),
        (Outcome.UNREACHABLE, EndedBy.SWITCH, False),
        (Outcome.FAILED, EndedBy.TIMEOUT, False),  # nothing was heard until we gave up
        (Outcome.FAILED, EndedBy.SWITCH, None),  # the carrier's own fault
        (Outcome.CONGESTION, EndedBy.SWITCH, None),
        (Outcome.CANCELLED, EndedBy.DIALER, None),
        (Outcome.UNKNOWN, None, None),
        (None, None, True),  # on its way
    ],
)
def test_only_what_a_call_tells_of_the_number_is_held_against_it(
    outcome: Outcome | None, ended_by: EndedBy | None, found: bool | None
) -> None:
    assert rang(outcome, heard=False, ended_by=ended_by) is found
    assert rang(outcome, heard=True, ended_by=ended_by) is True


def test_the_persons_other_numbers_take_their_turn() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    said = made.reserve(wish, dials=SILENT)
    assert only(said, ReleaseCall).reason == "never_connects"
    assert only(said, RestPhone).until == made.now + 30 * DAY_S


@pytest.mark.parametrize(("cause", "quality"), [(1, Quality.SUSPECT), (16, Quality.UNKNOWN)])
def test_an_announcement_in_an_answers_place_counts_against_the_number(cause: int, quality: Quality) -> None:
    made = floor(agents=1)
    wish = only(made.give_leads(1), ReserveCall)
    call = only(made.reserve(wish), PlaceCall).call
    made.tell(CallQueued(call))
    made.engine._state.ready.clear()  # nobody meets it
    made.tell(CallAnswered(call), after_s=2.0)
    said = made.tell(hangup(call, cause=cause, by=EndedBy.PERSON), after_s=1.0)
    assert [one.quality for one in those(said, SavePhone)] == [quality]
