"""The laws of a trunk: lines, calls per second, and a judgement by rates that no single call can tip."""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core import model
from dialer.core.ids import CallId
from dialer.core.messages import CampaignSet, Restored, SaveCall, SwitchSeen, Ticked, TrunkSet
from dialer.core.model import ChannelRow
from dialer.core.outcomes import EndedBy, Ending, Outcome
from dialer.core.trunks import REST_MAX_S, Health, Sign, Trunk
from tests.core.floor import Floor, campaign, floor, those

CONFIG = model.Trunk(name="one", dial="PJSIP/{number}@one", lines_max=1000, calls_per_second=50)

Fate = tuple[tuple[tuple[float, Sign], ...], float, Outcome, Ending]  # signs with their delays, end, how

RANG: Fate = (((3.0, Sign.RING),), 28.0, Outcome.NO_ANSWER, Ending(cause=19, tech_cause=480, by=EndedBy.TIMEOUT))
TALKED: Fate = (((3.0, Sign.RING), (11.0, Sign.ANSWER)), 90.0, Outcome.CONNECTED, Ending(cause=16, by=EndedBy.PERSON))
OFF: Fate = ((), 2.5, Outcome.UNREACHABLE, Ending(cause=19, tech_cause=480, by=EndedBy.PERSON))
OFF_LATE: Fate = ((), 14.0, Outcome.UNREACHABLE, Ending(cause=18, tech_cause=408, by=EndedBy.PERSON))
MEDIA_ONLY: Fate = (
    ((2.0, Sign.PROGRESS), (9.0, Sign.ANSWER)), 40.0, Outcome.CONNECTED, Ending(cause=16, by=EndedBy.PERSON)
)  # fmt: skip
ENGAGED: Fate = ((), 0.8, Outcome.BUSY, Ending(cause=17, tech_cause=486, by=EndedBy.PERSON))
NO_ROOM: Fate = ((), 0.3, Outcome.CONGESTION, Ending(cause=34, tech_cause=503, by=EndedBy.PERSON))
MUTE: Fate = ((), 28.0, Outcome.NO_ANSWER, Ending(cause=19, tech_cause=480, by=EndedBy.TIMEOUT))
DEAD: Fate = ((), 32.0, Outcome.UNREACHABLE, Ending(cause=18, tech_cause=408, by=EndedBy.PERSON))
LATE: Fate = (((14.0, Sign.RING),), 28.0, Outcome.NO_ANSWER, Ending(cause=19, tech_cause=480, by=EndedBy.TIMEOUT))


class Line:
    """Places calls on a trunk as soon as it has room, at most one each `every_s`, and gives each call its fate."""

    def __init__(self, trunk: Trunk, every_s: float = 1.0) -> None:
        self.trunk = trunk
        self.every_s = every_s
        self.now = 1_000_000.0
        self.placed = 0
        self._due: list[tuple[float, int, Callable[[float], None]]] = []

    def run(self, calls: int, fate: Callable[[int], Fate], *, stop: Health | None = None) -> None:
        """Until `calls` more were placed, or the trunk is in state `stop`, at most some hours."""
        goal, end = self.placed + calls, self.now + 20_000.0
        while self.placed < goal and self.now < end:
            self._tell()
            room = self.trunk.room(self.now)
            if stop is not None and self.trunk.state is stop:
                return
            if room:
                self._place(fate(self.placed))
            self.now += self.every_s

    def _place(self, fate: Fate) -> None:
        call = CallId(self.placed)
        self.placed += 1
        self.trunk.placed(self.now, call)
        signs, end_s, outcome, ending = fate
        for delay_s, sign in signs:
            self._at(delay_s, partial(self._told, call, sign))
        self._at(end_s, lambda at: self.trunk.ended(at, call, outcome, ending))

    def _told(self, call: CallId, sign: Sign, at: float) -> None:
        self.trunk.told(at, call, sign)

    def _at(self, delay_s: float, act: Callable[[float], None]) -> None:
        self._due.append((self.now + delay_s, len(self._due), act))

    def _tell(self) -> None:
        due = sorted((item for item in self._due if item[0] <= self.now), key=lambda item: item[:2])
        self._due = [item for item in self._due if item[0] > self.now]
        for at, _, act in due:
            act(at)


def mix(seed: int, *fates: tuple[Fate, float]) -> Callable[[int], Fate]:
    chance = random.Random(f"{seed}:fates")
    kinds, weights = zip(*fates, strict=True)
    return lambda _: chance.choices(kinds, weights)[0]


HEALTHY_LISTS = {
    "ordinary": ((RANG, 50), (TALKED, 20), (OFF, 25), (NO_ROOM, 5)),
    "switched off": ((OFF, 95), (RANG, 5)),
    "all switched off": ((OFF, 100),),
    "out of reach, said late": ((OFF_LATE, 90), (RANG, 10)),
    "183 only": ((MEDIA_ONLY, 60), (OFF, 40)),
    "often engaged": ((RANG, 55), (TALKED, 25), (ENGAGED, 20)),
    "a carrier that is often full": ((RANG, 55), (TALKED, 25), (NO_ROOM, 20)),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", HEALTHY_LISTS)
def test_a_healthy_trunk_is_never_rested_whatever_the_list(kind: str, seed: int) -> None:
    trunk = Trunk(CONFIG)
    line = Line(trunk, every_s=(0.1, 1.0, 5.0)[seed % 3])

    line.run(2000, mix(seed, *HEALTHY_LISTS[kind]), stop=Health.RESTING)

    assert (trunk.state, line.placed) == (Health.HEALTHY, 2000), trunk.reason


BAD = {
    "all refused": ((NO_ROOM, 100),),
    "two in three refused": ((NO_ROOM, 67), (RANG, 33)),
    "dead": ((MUTE, 100),),
    "no reply at all": ((DEAD, 100),),
    "slow": ((LATE, 100),),
    "all busy": ((ENGAGED, 100),),
    "nearly all busy": ((ENGAGED, 85), (RANG, 15)),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("every_s", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("kind", BAD)
def test_a_trunk_that_turns_bad_is_rested_within_20_calls_or_30_s(kind: str, every_s: float, seed: int) -> None:
    trunk = Trunk(CONFIG)
    line = Line(trunk, every_s)
    line.run(300, mix(seed, *HEALTHY_LISTS["ordinary"]))
    line.now += 120.0  # what was placed before has ended

    placed, turned = line.placed, line.now
    line.run(500, mix(seed, *BAD[kind]), stop=Health.RESTING)

    assert trunk.state is Health.RESTING
    assert line.placed - placed <= 20 or line.now - turned <= 30.0
    assert trunk.reason


@pytest.mark.parametrize("fate", [NO_ROOM, MUTE, LATE, DEAD])
def test_no_single_call_rests_a_trunk(fate: Fate) -> None:
    trunk = Trunk(CONFIG)
    line = Line(trunk)
    line.run(1, lambda _: fate)
    line.run(60, lambda _: RANG)
    assert trunk.state is Health.HEALTHY


def rested(fate: Fate = NO_ROOM) -> Line:
    line = Line(Trunk(CONFIG))
    line.run(100, lambda _: fate, stop=Health.RESTING)
    return line


def test_a_rested_trunk_takes_nothing_then_one_call_at_a_time_then_all() -> None:
    line = rested()
    trunk = line.trunk
    assert trunk.opens_at is not None
    assert trunk.room(trunk.opens_at - 0.01) == 0
    assert trunk.room(trunk.opens_at) == 1

    now = 2e6
    for call in range(5000, 5003):
        assert trunk.room(now) == 1
        trunk.placed(now, CallId(call))
        assert trunk.room(now + 2) == 0
        trunk.told(now + 3, CallId(call), Sign.RING)
        now += 5

    assert trunk.state.value == "healthy"
    assert trunk.room(now) == 50


def test_early_media_alone_does_not_pass_a_probe() -> None:
    trunk = rested().trunk
    now = 2e6
    assert trunk.room(now) == 1
    trunk.placed(now, CallId(5000))
    trunk.told(now + 1, CallId(5000), Sign.PROGRESS)
    assert trunk.room(now + 1) == 0


@pytest.mark.parametrize("fate", [NO_ROOM, MUTE, ENGAGED])
def test_rests_grow_up_to_a_cap_while_the_trunk_stays_bad(fate: Fate) -> None:
    line = rested(fate)
    rests = []
    for _ in range(8):
        opens_at = line.trunk.opens_at
        assert opens_at is not None
        rests.append(opens_at - line.now)
        line.now = opens_at
        line.run(100, lambda _: fate, stop=Health.RESTING)
    assert rests == sorted(rests)
    assert rests[1] > rests[0]
    assert rests[-1] == pytest.approx(REST_MAX_S, abs=30)


def test_what_ended_unseen_or_by_our_own_early_hangup_says_nothing() -> None:
    trunk = Trunk(CONFIG)
    for call in range(200):
        now = float(call)
        trunk.placed(now, CallId(call))
        ending = None if call % 2 else Ending(cause=16, by=EndedBy.DIALER)
        trunk.ended(now + 1, CallId(call), Outcome.UNKNOWN if call % 2 else Outcome.CANCELLED, ending)
        assert trunk.room(now + 1) > 0
    assert trunk.lines == 0


def test_lines_whose_signs_are_not_told_say_nothing_of_the_trunk() -> None:
    """Handed-on persons and calls from before a restart: the trunk is quiet meanwhile."""
    made = floor(agents=0)
    trunk = made.engine._state.trunks["carrier"]
    for n in range(40):
        trunk.placed(made.now, CallId(900 + n), watched=False)
    made.tick(120.0)
    assert trunk.room(made.now) == 10  # of 50 lines
    assert (trunk.state, trunk.lines) == (Health.HEALTHY, 40)
    for n in range(40):
        trunk.ended(made.now, CallId(900 + n), Outcome.UNKNOWN, None)
    assert (trunk.room(made.now), trunk.lines) == (50, 0)


def test_talks_that_outlive_a_restart_are_not_taken_for_silence() -> None:
    before = floor(agents=20)
    calls = [before.talk(agent) for agent in range(1, 21)]
    records = {one.record.id: one.record for one in those(before.said, SaveCall)}
    rows = tuple(ChannelRow(call=call, place="park", up=True, talking_with=before.leg(n + 1), talks=1)
                 for n, call in enumerate(calls))  # fmt: skip
    after = Floor(now=before.now + 5.0)
    after.tell(TrunkSet(before.engine._state.trunks["carrier"].config), CampaignSet(campaign()))
    after.tell(Restored(tuple(records[call] for call in calls), (), CallId(max(calls) + 1), 1))
    after.tell(SwitchSeen(rows, after.now, reconnected=True))
    trunk = after.engine._state.trunks["carrier"]
    assert trunk.lines == 20
    for _ in range(30):
        after.tell(SwitchSeen(rows, after.now, reconnected=False), Ticked(), after_s=1.0)
        trunk.room(after.now)
    assert (trunk.state, trunk.lines) == (Health.HEALTHY, 20)


def test_a_relapse_is_found_sooner_and_rested_longer() -> None:
    line = rested()
    first = line.placed
    line.run(3, lambda _: RANG)  # the probes
    line.now += 30
    line.run(1, lambda _: RANG)
    assert line.trunk.state.value == "healthy"
    placed = line.placed
    line.run(100, lambda _: NO_ROOM, stop=Health.RESTING)
    assert line.placed - placed < first
    assert line.trunk.opens_at is not None
    assert line.trunk.opens_at - line.now > 50


@given(
    rate=st.floats(0.2, 30),
    lines=st.integers(1, 20),
    steps=st.lists(st.tuples(st.floats(0, 2), st.booleans()), max_size=120),
)
def test_neither_lines_nor_calls_per_second_are_ever_exceeded(
    rate: float, lines: int, steps: list[tuple[float, bool]]
) -> None:
    trunk = Trunk(replace(CONFIG, lines_max=lines, calls_per_second=rate))
    now, placed, open_calls = 100.0, list[float](), list[CallId]()
    for gap_s, ends in steps:
        now += gap_s
        if ends and open_calls:
            trunk.ended(now, open_calls.pop(0), Outcome.BUSY, Ending(cause=17, tech_cause=486))
        for _ in range(trunk.room(now)):
            open_calls.append(CallId(len(placed)))
            placed.append(now)
            trunk.placed(now, open_calls[-1])
        assert trunk.lines == len(open_calls) <= lines
        assert trunk.room(now) == 0
        assert sum(now - at < 1.0 - 1e-9 for at in placed) <= ceil(rate)
        assert sum(now - at < 5.0 - 1e-9 for at in placed) <= 5 * rate + ceil(rate)


def test_a_changed_configuration_keeps_the_calls() -> None:
    trunk = Trunk(CONFIG)
    trunk.placed(1.0, CallId(1))
    trunk.configure(replace(CONFIG, lines_max=2))
    assert (trunk.lines, trunk.room(10.0)) == (1, 1)


def test_memory_is_flat_and_equal_histories_give_equal_trunks() -> None:
    one, other = Trunk(CONFIG), Trunk(CONFIG)
    for trunk in (one, other):
        Line(trunk, 0.1).run(3000, mix(7, *HEALTHY_LISTS["ordinary"]))
    assert one.lines == other.lines < 1000
    assert repr(one._refused) == repr(other._refused)
    assert len(one._refused.recent) <= 20
