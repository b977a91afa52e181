"""Who has the word, told by tables: `a` the agent speaks, `c` the customer, `b` both, `.` nobody; ten a second."""

import numpy as np
import pytest

from recordings.legs import Leg
from recordings.runs import Runs, runs_of
from recordings.settings import Settings
from recordings.turns import responses_s, stretches, turns

FRAMES_A_SIGN = 5


def speech(drawn: str) -> dict[Leg, Runs]:
    signs = np.repeat(np.array(list(drawn)), FRAMES_A_SIGN)
    return {Leg.AGENT: runs_of(np.isin(signs, ["a", "b"])), Leg.CUSTOMER: runs_of(np.isin(signs, ["c", "b"]))}


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("", []),
        ("aaaa", [("agent", 0.4)]),
        ("aaaa....aaaa", [("agent", 1.2)]),  # a pause of one's own
        ("aaaa...........aaaa", [("agent", 0.4), ("agent", 0.4)]),  # too long a pause
        ("aaaa..cc..aaaa", [("agent", 0.4), ("customer", 0.2), ("agent", 0.4)]),  # the other used it
        ("aabbccbbaa", [("agent", 0.4), ("customer", 0.6), ("agent", 0.4)]),
        ("aabbaa", [("agent", 0.6), ("customer", 0.2)]),  # talked over
    ],
)
def test_stretches(drawn: str, expected: list[tuple[str, float]]) -> None:
    found = stretches(speech(drawn), Settings())
    assert [(one.leg, one.frames / 50) for one in found] == expected


@pytest.mark.parametrize(
    ("drawn", "order", "agent_s", "customer_s"),
    [
        ("aaaa..cccc...aaaa", "aca", [0.3], [0.2]),
        ("aaaaaaaaabbbaaaaaaaaaccccc", "ac", [], [0.0]),  # a sign of listening takes no turn
        ("aaaaabbbcccc", "ac", [], [-0.3]),  # spoke before the other had ended
        ("aaaa..............aaaa..cc", "ac", [], [0.2]),  # two in a row are one turn
    ],
)
def test_turns_and_responses(drawn: str, order: str, agent_s: list[float], customer_s: list[float]) -> None:
    taken = turns(stretches(speech(drawn), Settings()), Settings())
    assert "".join(turn.leg[0] for turn in taken) == order
    waits = responses_s(taken)
    assert waits[Leg.AGENT] == pytest.approx(agent_s)
    assert waits[Leg.CUSTOMER] == pytest.approx(customer_s)
