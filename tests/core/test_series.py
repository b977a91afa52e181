"""Minutes of the floor: whole ones alone, and together they are what happened."""

import itertools

import pytest

from dialer.core.messages import CallAnswered, CallJoined, Connect, SaveCall
from dialer.core.series import Meter, Minute, TrunkMinute
from tests.core.floor import Floor, floor, hangup, only, those


def minute_by_minute(made: Floor, meter: Meter, seconds: int) -> list[Minute]:
    found: list[Minute] = []
    for _ in range(seconds):
        made.tick(1.0)
        minutes, _ = meter.look(made.engine.view(made.now))
        found += minutes
    return found


def test_the_first_part_of_a_minute_is_left_out_and_the_next_ones_are_whole() -> None:
    made, meter = floor(agents=2), Meter()
    made.now += 20.0
    found = minute_by_minute(made, meter, 170)
    assert [one.at % 60 for one in found] == [0.0, 0.0]
    assert found[1].at - found[0].at == 60.0
    for one in found:
        assert 118.0 <= one.idle_s + one.busy_s <= 122.0  # two agents at work, for a minute each
        assert one.agents == 2.0


def test_calls_waits_and_lines_of_a_minute_are_counted() -> None:
    made, meter = floor(), Meter()
    minute_by_minute(made, meter, 61)
    call = made.place()
    made.tick(20.0)
    meter.look(made.engine.view(made.now))
    connect = only(made.tell(CallAnswered(call)), Connect)
    made.tell(CallJoined(call, connect.leg), after_s=0.5)
    minute_by_minute(made, meter, 5)
    made.tell(hangup(call))
    record = next(one.record for one in those(made.said, SaveCall) if one.record.ended_at)
    meter.ended(record)
    found = minute_by_minute(made, meter, 60)
    [one] = [one for one in found if one.placed]
    assert (one.placed, one.answered, one.connected, one.abandoned) == (1, 1, 1, 0)
    assert (one.waits, round(one.wait_s, 3)) == (1, 0.5)
    assert one.busy_s > 4.0
    assert 0.0 < one.lines < 1.0


def test_a_closer_look_answers_steps_of_five_seconds_that_add_up_to_the_minute() -> None:
    made, meter, close = floor(agents=2), Meter(), Meter(step_s=5.0)
    minutes: list[Minute] = []
    steps: list[Minute] = []
    for second in range(130):
        made.tick(1.0)
        if second == 70:
            made.place()
        view = made.engine.view(made.now)
        minutes += meter.look(view)[0]
        steps += close.look(view)[0]
    assert {b.at - a.at for a, b in itertools.pairwise(steps)} == {5.0}
    [whole] = [one for one in minutes if one.placed]
    parts = [one for one in steps if whole.at <= one.at < whole.at + 60]
    assert len(parts) == 12
    assert sum(one.placed for one in parts) == whole.placed == 1
    assert sum(one.idle_s for one in parts) == pytest.approx(whole.idle_s)


def test_trunks_show_the_most_lines_of_the_minute() -> None:
    made, meter = floor(), Meter()
    minute_by_minute(made, meter, 61)
    call = made.place()
    minute_by_minute(made, meter, 3)
    made.tell(hangup(call, cause=17))
    trunks: list[TrunkMinute] = []
    for _ in range(60):
        made.tick(1.0)
        trunks += meter.look(made.engine.view(made.now))[1]
    assert [(one.trunk, one.lines, one.lines_max) for one in trunks] == [("carrier", 1, 50)]
