"""Series and costs of trunks, from the calls as they are kept."""

from dataclasses import replace

import pytest

from dialer.core.ids import CallId
from dialer.core.messages import SaveCall
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
