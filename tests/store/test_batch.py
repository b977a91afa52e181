"""Laws of batches: runs keep every command, and only swap those that cannot see each other."""

from collections.abc import Sequence
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from dialer.core.ids import CallId, LeadId
from dialer.core.messages import AddDoNotCall, ReleaseCall, SaveLead, StoreCommand
from dialer.store.batch import TOUCHES, runs
from dialer.store.carry_out import QUESTIONS, WRITES

# Commands that are told apart by their object: what they say does not matter here.
COMMANDS = st.lists(st.sampled_from(sorted(TOUCHES, key=lambda kind: kind.__name__)).map(object.__new__), max_size=30)


def test_every_command_is_known() -> None:
    assert set(TOUCHES) == set(get_args(StoreCommand)) == QUESTIONS.keys() | WRITES.keys()


@given(COMMANDS)
def test_each_run_is_of_one_kind_and_nothing_is_lost(commands: Sequence[StoreCommand]) -> None:
    made = runs(commands)
    assert all(len({type(command) for command in run}) == 1 for run in made)
    assert sorted(map(id, commands)) == sorted(id(command) for run in made for command in run)


@given(COMMANDS)
def test_commands_that_touch_the_same_keep_their_order(commands: Sequence[StoreCommand]) -> None:
    place = {id(command): n for n, command in enumerate(command for run in runs(commands) for command in run)}
    for n, earlier in enumerate(commands):
        for later in commands[n + 1 :]:
            if TOUCHES[type(earlier)] & TOUCHES[type(later)]:
                assert place[id(earlier)] < place[id(later)]


def test_commands_of_one_kind_share_a_run() -> None:
    lead, add = SaveLead(LeadId(1), 1, None, "busy"), AddDoNotCall("+525550000001", "asked")
    assert runs([lead, add, lead, add]) == [[lead, lead], [add, add]]


def test_a_command_does_not_pass_one_that_touches_the_same() -> None:
    lead, release = SaveLead(LeadId(1), 1, None, "busy"), ReleaseCall(CallId(1), "late", None)
    assert runs([lead, release, lead]) == [[lead], [release], [lead]]
