"""Series and costs of trunks, from the calls as they are kept."""

from dataclasses import replace

import pytest

from dialer.core.ids import CallId
from dialer.core.lines_out import LineOut
from dialer.core.messages import SaveCall, SaveLineOut
from dialer.core.outcomes import Outcome
from tests.store.world import NOW, World


async def test_a_trunks_series_counts_answers_delays_short_calls_and_causes(world: World) -> None:
    await world.add_lead()
    base = replace(world.record(CallId(1), await world.claim_one()), trunk="one", reserved_at=NOW, placed_at=NOW)
    calls = [
        replace(base, ringing_at=NOW + 2, answered_at=NOW + 9, ended_at=NOW + 69, outcome=Outcome.CONNECTED,
                cost=0.02, currency="USD"),
        replace(base, progress_at=NOW + 4, answered_at=NOW + 8, ended_at=NOW + 11, outcome=Outcome.EARLY_HANGUP,
                cost=0.01, currency="USD"),
        replace(base, ended_at=NOW + 1, outcome=Outcome.CONGESTION, tech_cause=503, cause=34),
        replace(base, ended_at=NOW + 1, outcome=Outcome.INVALID, cause=1, reserved_at=NOW + 3600, placed_at=NOW + 3600),
        replace(base, ended_at=NOW + 1, outcome=Outcome.FAILED, placed_at=None),
    ]  # fmt: skip
    for n, call in enumerate(calls, start=1):
        await world.tell(SaveCall(replace(call, id=CallId(n))))
    first, second = await world.store.trunk_reports.series(NOW, NOW + 7200)
    assert (first.calls, first.answered) == (3, 2)
    assert first.asr == pytest.approx(2 / 3)
    assert (first.pdd_p50_s, first.pdd_p95_s, first.no_sign, first.short) == (2.0, 4.0, 1, 1)
    assert first.causes == {"503": 1}
    assert first.minutes == pytest.approx(1.05)
    assert (second.since, second.causes) == (NOW + 3600, {"Q1": 1})
    by_prefix = await world.store.trunk_reports.series(NOW, NOW + 7200, digits=3)
    assert {one.prefix for one in by_prefix} == {base.number[:4]}
    assert await world.store.trunk_reports.series(NOW, NOW + 7200, trunk="other") == ()
    [cost] = [one for one in await world.store.trunk_reports.costs(NOW, NOW + 7200) if one.currency]
    assert (cost.calls, cost.currency) == (2, "USD")
    assert cost.cost == pytest.approx(0.03)
    assert cost.minutes == pytest.approx(1.05)


async def test_lines_beside_calls_count_in_the_costs_of_their_trunk_campaign_and_currency(world: World) -> None:
    await world.add_lead()
    base = replace(world.record(CallId(1), await world.claim_one()), trunk="one", reserved_at=NOW, placed_at=NOW)
    call = replace(base, answered_at=NOW, ended_at=NOW + 60, outcome=Outcome.CONNECTED, cost=0.02, currency="USD")
    came_in = replace(call, id=CallId(2), trunk="", placed_at=None, inbound=True, cost=None, currency="")
    line = LineOut(
        id=CallId(3), call=CallId(1), campaign=base.campaign, client=base.client, trunk="one", number="+5255",
        placed_at=NOW + 30, answered_at=NOW + 36, ended_at=NOW + 60, cost=0.01, currency="USD",
    )  # fmt: skip
    lines = [
        line,
        replace(line, id=CallId(4), answered_at=None, cost=0.0),
        replace(line, id=CallId(5), call=CallId(2), trunk="two", cost=3.0, currency="MXN"),
        replace(line, id=CallId(6), ended_at=None, cost=None, currency=""),  # goes on still
    ]
    await world.tell(SaveCall(call), SaveCall(came_in), *(SaveLineOut(replace(one, cost=None)) for one in lines))
    await world.tell(*(SaveLineOut(one) for one in lines))
    one, two = await world.store.trunk_reports.costs(NOW, NOW + 60)
    assert (one.trunk, one.calls, one.onward, one.onward_answered, one.currency) == ("one", 1, 2, 1, "USD")
    assert (one.cost, one.onward_cost) == (0.03, 0.01)
    assert one.minutes == pytest.approx(1.4)
    assert one.onward_minutes == pytest.approx(0.4)
    assert (two.trunk, two.calls, two.onward, two.cost, two.currency) == ("two", 0, 1, 3.0, "MXN")
    assert await world.store.trunk_reports.costs(NOW + 1, NOW + 60) == ()
    assert await world.store.trunk_reports.onward([1, 2, 99]) == {1: (*lines[:2], lines[3]), 2: (lines[2],)}


async def test_a_new_run_finds_the_lines_that_go_on_and_takes_no_number_of_theirs(world: World) -> None:
    await world.add_lead()
    record = world.record(CallId(1), await world.claim_one())
    line = LineOut(
        id=CallId(41), call=CallId(1), campaign=record.campaign, client=record.client, trunk="one", number="+5255",
        placed_at=NOW, answered_at=NOW + 6,
    )  # fmt: skip
    done = replace(line, id=CallId(42), ended_at=NOW + 60)
    await world.tell(SaveCall(record), SaveLineOut(line), SaveLineOut(done))
    restored, _ = await world.store.begin_run(NOW + 60)
    assert (restored.lines_out, restored.next_call) == ((line,), 43)
