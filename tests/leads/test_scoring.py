"""Laws of learning from the store: every finished call once, with what was known before it and what came of it."""

import time
from dataclasses import replace
from datetime import datetime

import pytest

from dialer.clock import next_time
from dialer.core.messages import SaveCall
from dialer.core.model import CallRecord, Lead
from dialer.core.outcomes import Outcome
from dialer.core.score import Asked, Model, Side
from dialer.errors import StoreError
from dialer.leads.scoring import attempts_of, learn_from_calls
from dialer.nightly import learn_beside
from tests.store.world import DAY, HOUR, NOW, ZONES, World


async def call(world: World, lead: Lead, at: float, outcome: Outcome, disposition: str = "") -> CallRecord:
    record = world.record(world.ask(lead).call, lead, at=at)
    ended = replace(record, ended_at=at + 60, outcome=outcome, disposition=disposition)
    await world.tell(SaveCall(ended), now=at)
    return ended


async def test_what_was_known_before_each_call_and_what_came_of_it(world: World) -> None:
    await world.add_lead("+525550000001")
    lead = await world.claim_one()
    await call(world, lead, NOW - 5 * HOUR, Outcome.NO_ANSWER)
    await call(world, lead, NOW - 4 * HOUR, Outcome.CONNECTED, "RPC")
    await call(world, lead, NOW - 3 * HOUR, Outcome.CONNECTED, "THIRD")
    await call(world, lead, NOW - 2 * HOUR, Outcome.CONNECTED, "MACHINE")
    await call(world, lead, NOW - 200 * DAY, Outcome.CONNECTED, "RPC")  # too long ago
    found = await attempts_of(world.store, world.campaign, NOW - DAY)
    assert [(one.asked.calls, one.asked.answers, one.asked.attempts) for one in found] == [
        (0, 0, 0), (1, 0, 1), (2, 1, 2), (3, 2, 3)
    ]  # fmt: skip
    assert [(one.answered, one.right_party) for one in found] == [
        (False, False), (True, True), (True, False), (False, False)
    ]  # fmt: skip
    assert {one.asked.zone for one in found} == set(ZONES)


async def called(world: World, now: float) -> None:
    """A past of 600 calls to 40 leads, a third of them answered."""
    for n in range(40):
        await world.add_lead(f"+52555000{n:04d}", due_at=now)
    leads = (await world.claim(40, now=now)).leads
    records = [
        replace(
            world.record(world.ask(lead).call, lead, at=now - DAY + n * 60),
            ended_at=now,
            outcome=Outcome.CONNECTED if (n + turn) % 3 == 0 else Outcome.NO_ANSWER,
            disposition="RPC" if (n + turn) % 6 == 0 else "",
        )
        for turn in range(15)
        for n, lead in enumerate(leads)
    ]
    await world.tell(*map(SaveCall, records))


async def test_what_was_learned_is_kept_and_found_again(world: World) -> None:
    await called(world, NOW)
    assert await world.store.scores.get(world.campaign.id) is None
    lesson = await learn_from_calls(world.store, world.campaign, NOW)
    assert (lesson.calls, lesson.model is not None) == (600, True)
    kept = await world.store.scores.get(world.campaign.id)
    assert kept == lesson.model
    assert kept is not None
    assert 0.2 < kept.answers(Asked(zone=ZONES[0]), NOW) < 0.5
    assert await world.store.scores.others({}) == ((world.campaign.id, NOW, kept),)
    assert await world.store.scores.others({world.campaign.id: NOW}) == ()
    assert await world.store.scores.others({world.campaign.id: NOW - 1}) == ((world.campaign.id, NOW, kept),)


async def test_a_lesson_begun_before_another_and_kept_after_it_is_found(world: World) -> None:
    other = await world.second_campaign()
    model = Model(answer=Side(0.1, ()), right=Side(0.1, ()), calls=9, since=NOW - DAY, until=NOW)
    await world.store.scores.save(other.id, model, NOW)
    known = {campaign: at for campaign, at, _ in await world.store.scores.others({})}
    await world.store.scores.save(world.campaign.id, model, NOW - 60)
    assert await world.store.scores.others(known) == ((world.campaign.id, NOW - 60, model),)


async def test_a_night_learns_in_a_process_of_its_own_what_is_not_fresh(world: World) -> None:
    await called(world, time.time())
    await world.second_campaign()
    assert await learn_beside(world.store.url) == 2  # of the same client's calls, for each of its campaigns
    [(_, first, _), (_, second, _)] = await world.store.scores.others({})
    assert await learn_beside(world.store.url) == 0
    assert [at for _, at, _ in await world.store.scores.others({})] == [first, second]
    with pytest.raises(StoreError, match="nowhere"):
        await learn_beside("sqlite:////nowhere/at/all.db")


@pytest.mark.parametrize(("at", "hours"), [("03:30", 3.5), ("00:00", 24), ("23:59", 24 - 1 / 60)])
def test_the_night_comes_once_a_day(at: str, hours: float) -> None:
    midnight = datetime(2026, 3, 4).astimezone().timestamp()
    assert next_time(at, midnight) == midnight + hours * HOUR
    assert next_time(at, next_time(at, midnight)) == midnight + (hours + 24) * HOUR
