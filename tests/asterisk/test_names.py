"""Our ids and Asterisk's are the same thing said twice, and nothing else is taken for either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.asterisk.names import agent_of, call_channel, call_of, is_third, leg_of
from dialer.core.ids import CELL_SHIFT, AgentId, CallId, first_call, leg_id, third_id

CALLS = st.integers(1, 2**53 - 1).map(CallId)
AGENTS = st.integers(1, 10**9).map(AgentId)
TIMES = st.floats(1.7e9, 4e9)


@given(CALLS)
def test_a_call_is_found_again_by_its_channel_in_its_own_cell_alone(call: CallId) -> None:
    cell = call >> CELL_SHIFT
    assert call_of(call_channel(call), cell=cell) == call
    assert call_of(call_channel(call), cell=cell + 1) is None
    assert leg_of(call_channel(call)) is None


@given(CALLS, CALLS)
def test_no_channels_id_begins_with_anothers(one: CallId, other: CallId) -> None:
    assert one == other or not call_channel(one).startswith(call_channel(other))


@given(AGENTS, TIMES)
def test_legs_are_told_apart_from_calls_and_from_each_other(agent: AgentId, now: float) -> None:
    leg, third = leg_id(agent, now), third_id(agent, now)
    assert (leg_of(leg), leg_of(third)) == (leg, third)
    assert (agent_of(leg, None), agent_of(third, None)) == (agent, None)
    assert (is_third(leg), is_third(third)) == (False, True)
    assert call_of(leg, cell=0) is None
    assert call_of(third, cell=0) is None


def test_an_agent_who_dialled_in_is_told_by_what_the_channel_carries() -> None:
    assert agent_of("asterisk-1.2", 7) == 7
    assert agent_of("asterisk-1.2", None) is None


@pytest.mark.parametrize(
    "uniqueid",
    [
        "",
        "cadencia-",
        "cadencia-1",
        "cadencia-a7-1;2",
        "cadencia-t",
        "cadencia-a0-1",
        f"{call_channel(first_call(0))};2",
    ],
)
def test_what_is_not_ours_is_nothing(uniqueid: str) -> None:
    assert call_of(uniqueid, cell=0) is None
    assert leg_of(uniqueid) is None
