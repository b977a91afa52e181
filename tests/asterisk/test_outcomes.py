"""How calls that no agent took are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.outcomes import EndedBy, Ending, Outcome, classify

ENDINGS = st.builds(
    Ending,
    cause=st.integers(0, 127),
    tech_cause=st.none() | st.integers(300, 699),
    by=st.sampled_from(EndedBy),
)


@pytest.mark.parametrize(
    ("rang", "progressed", "ending", "outcome"),
    [
        # the same end on Asterisk 22 (with SIP code) and on 16 (without)
        (True, False, Ending(cause=17, tech_cause=486, by=EndedBy.PERSON), Outcome.BUSY),
        (True, False, Ending(cause=17, by=EndedBy.PERSON), Outcome.BUSY),
        (False, False, Ending(cause=1, tech_cause=404, by=EndedBy.PERSON), Outcome.INVALID),
        (False, False, Ending(cause=1, by=EndedBy.PERSON), Outcome.INVALID),
        (False, False, Ending(cause=34, tech_cause=503, by=EndedBy.PERSON), Outcome.CONGESTION),
        (False, False, Ending(cause=34, by=EndedBy.PERSON), Outcome.CONGESTION),
        (False, False, Ending(cause=21, tech_cause=603, by=EndedBy.PERSON), Outcome.REJECTED),
        (True, False, Ending(cause=21, by=EndedBy.PERSON), Outcome.REJECTED),
        # our ring time-out: cause 19 with 480 on 22, cause 0 on 16
        (True, False, Ending(cause=19, tech_cause=480, by=EndedBy.TIMEOUT), Outcome.NO_ANSWER),
        (True, False, Ending(cause=0, by=EndedBy.TIMEOUT), Outcome.NO_ANSWER),
        (False, True, Ending(cause=0, by=EndedBy.TIMEOUT), Outcome.NO_ANSWER),
        # nobody even said that it rang: nothing shows that the carrier reached anybody
        (False, False, Ending(cause=19, tech_cause=480, by=EndedBy.TIMEOUT), Outcome.FAILED),
        # 480 from the far end: unreachable, unless it rang first, which is the carrier's own time-out
        (False, False, Ending(cause=19, tech_cause=480, by=EndedBy.PERSON), Outcome.UNREACHABLE),
        (False, True, Ending(cause=19, tech_cause=480, by=EndedBy.PERSON), Outcome.UNREACHABLE),
        (True, False, Ending(cause=19, tech_cause=480, by=EndedBy.PERSON), Outcome.NO_ANSWER),
        (True, False, Ending(cause=18, tech_cause=408, by=EndedBy.PERSON), Outcome.NO_ANSWER),
        # we hung up while it rang: 16 where our Hangup said so, else 0
        (True, False, Ending(cause=16, by=EndedBy.DIALER), Outcome.CANCELLED),
        (True, False, Ending(cause=0, by=EndedBy.AGENT), Outcome.CANCELLED),
        # our credentials, a redirect, a code that nobody knows: the carrier could not carry it
        (False, False, Ending(cause=21, tech_cause=407, by=EndedBy.PERSON), Outcome.FAILED),
        (False, False, Ending(cause=23, tech_cause=302, by=EndedBy.PERSON), Outcome.FAILED),
        (False, False, Ending(cause=17, tech_cause=699, by=EndedBy.PERSON), Outcome.FAILED),
        (False, False, Ending(cause=0), Outcome.FAILED),
    ],
)
def test_unanswered_calls(rang: bool, progressed: bool, ending: Ending, outcome: Outcome) -> None:
    assert classify(rang=rang, progressed=progressed, answered=False, ending=ending) is outcome


@given(st.booleans(), st.booleans(), ENDINGS)
def test_an_answered_call_that_no_agent_took_is_abandoned_unless_the_person_left(
    rang: bool, progressed: bool, ending: Ending
) -> None:
    outcome = classify(rang=rang, progressed=progressed, answered=True, ending=ending)
    assert outcome is (Outcome.EARLY_HANGUP if ending.by is EndedBy.PERSON else Outcome.ABANDONED)


@given(st.booleans(), st.booleans(), ENDINGS)
def test_an_unanswered_call_never_counts_as_a_contact(rang: bool, progressed: bool, ending: Ending) -> None:
    outcome = classify(rang=rang, progressed=progressed, answered=False, ending=ending)
    assert outcome not in {Outcome.CONNECTED, Outcome.ABANDONED, Outcome.EARLY_HANGUP, Outcome.MACHINE, Outcome.UNKNOWN}


@given(st.booleans(), st.booleans(), st.integers(0, 127), st.sampled_from(EndedBy))
def test_cause_0_and_16_mean_the_same(rang: bool, progressed: bool, cause: int, by: EndedBy) -> None:
    def named(cause: int) -> Outcome:
        return classify(rang=rang, progressed=progressed, answered=False, ending=Ending(cause=cause, by=by))

    assert named(0) is named(16)
