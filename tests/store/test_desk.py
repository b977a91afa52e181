"""What agents type and what people promise, on both databases."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.core.ids import AgentId, CallId, LeadId
from dialer.core.messages import SaveCall, SaveDisposition, SaveLead
from dialer.core.promises import Promise, PromiseState
from dialer.store import WrapUp
from dialer.store.drafts import KEPT_S, NOTHING, Typed
from dialer.store.errors import NotFoundError
from dialer.store.promises import day_of
from tests.store.world import DAY, NOW, World

ROSA, CALL = AgentId(1), CallId(5)


async def test_a_draft_is_the_last_one_typed_until_it_is_saved(world: World) -> None:
    drafts = world.store.drafts
    assert await drafts.get(ROSA, CALL) is None
    await drafts.keep(ROSA, CALL, Typed(body='{"notes":"pays"}'), NOW)
    await drafts.keep(ROSA, CALL, Typed(body='{"notes":"pays on Friday"}'), NOW + 1)
    await drafts.keep(AgentId(2), CALL, Typed(body='{"notes":"another agent"}'), NOW)
    [waiting] = await drafts.waiting(ROSA)
    assert (waiting.call, waiting.typed.body, waiting.right_party) == (CALL, '{"notes":"pays on Friday"}', None)
    await drafts.keep(ROSA, CALL, NOTHING, NOW + 2)
    assert await drafts.waiting(ROSA) == ()


async def test_who_was_made_sure_of_stands_whatever_is_typed(world: World) -> None:
    drafts = world.store.drafts
    await drafts.know(ROSA, CALL, True, NOW)
    await drafts.keep(ROSA, CALL, Typed(body="{}"), NOW)
    found = await drafts.get(ROSA, CALL)
    assert found is not None
    assert found.right_party is True
    await drafts.know(ROSA, CALL, False, NOW)
    found = await drafts.get(ROSA, CALL)
    assert found is not None
    assert (found.right_party, found.typed.body) == (False, "{}")


async def test_drafts_that_nobody_came_back_for_go(world: World) -> None:
    await world.store.drafts.keep(ROSA, CALL, Typed(body="{}"), NOW)
    await world.store.drafts.remove_old(NOW + KEPT_S - 1)
    assert len(await world.store.drafts.waiting(ROSA)) == 1
    await world.store.drafts.remove_old(NOW + KEPT_S + 1)
    assert await world.store.drafts.waiting(ROSA) == ()


async def test_what_waits_for_its_agent_goes_to_nobody_and_never_by_itself(world: World) -> None:
    drafts = world.store.drafts
    typed = Typed(body="{}", waits=True, code="PTP", disposition='{"code":"PTP"}')
    await drafts.keep(ROSA, CALL, typed, NOW)
    await drafts.remove_old(NOW + 10 * KEPT_S)
    [waiting] = await drafts.waiting(ROSA)
    assert (waiting.typed, waiting.standing, waiting.talked) == (typed, WrapUp.SAVED, False)


async def test_a_wrap_up_that_ran_out_is_found_once_and_stands_until_it_is_saved(world: World) -> None:
    drafts, write_ups = world.store.drafts, world.store.write_ups
    await world.add_lead()
    lead = await world.claim_one()
    record = replace(world.record(CALL, lead), agent=ROSA, placed_at=NOW, bridged_at=NOW, ended_at=NOW + 60)
    await world.tell(SaveCall(record))
    await drafts.keep(ROSA, CALL, Typed(body="{}", waits=True), NOW + 70)
    assert await drafts.ran_out(NOW + 999) == ()  # it is being written up
    await world.tell(SaveCall(replace(record, wrapped_at=NOW + 90)))
    assert await drafts.ran_out(NOW + 90) == ()
    [draft] = await drafts.ran_out(NOW + 91)
    await drafts.stand(draft, WrapUp.OPEN)
    assert await drafts.ran_out(NOW + 999) == ()
    assert [one.call for one in await drafts.open()] == [CALL]
    assert await write_ups.standing([CALL, CallId(77)]) == {CALL: WrapUp.OPEN}
    await drafts.keep(ROSA, CALL, Typed(body='{"more":1}', waits=True), NOW + 100)
    assert [one.standing for one in await drafts.open()] == [WrapUp.OPEN]
    await drafts.keep(ROSA, CALL, NOTHING, NOW + 110)
    assert (await drafts.open(), await write_ups.standing([CALL])) == ((), {})
    await world.tell(SaveDisposition(CALL, ROSA, "RPC", "", unconfirmed=True))
    assert await write_ups.standing([CALL]) == {CALL: WrapUp.UNCONFIRMED}
    await world.tell(SaveDisposition(CALL, ROSA, "RPC", ""))
    assert await write_ups.standing([CALL]) == {}


async def test_whether_a_lead_was_called_since_is_known(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    first = replace(world.record(CALL, lead), placed_at=NOW, ended_at=NOW + 60)
    await world.tell(SaveCall(first), SaveLead(lead.id, 1, NOW + 5, "connected"))
    known = await world.store.write_ups.get(CALL)
    assert known is not None
    assert (known.record.id, known.lead.id, known.lead.attempts, known.last) == (CALL, lead.id, 1, True)
    again = replace(first, id=CallId(6), reserved_at=first.reserved_at + 10, placed_at=NOW + 10)
    await world.tell(SaveCall(again))
    known = await world.store.write_ups.get(CALL)
    assert known is not None
    assert not known.last
    assert await world.store.write_ups.get(CallId(77)) is None


def promise(call: CallId, amount: str, due: date) -> Promise:
    return Promise(call=call, agent=ROSA, amount=Decimal(amount), currency="CLP", due_on=due)


async def called(world: World, count: int) -> list[CallId]:
    """So many calls to one lead."""
    await world.add_lead()
    lead = await world.claim_one()
    calls = [CallId(n + 1) for n in range(count)]
    await world.tell(*(SaveCall(world.record(call, lead)) for call in calls))
    return calls


async def states(world: World) -> list[tuple[PromiseState, Decimal]]:
    return [(row.state, row.paid) for row in await world.store.promises.of_agent(ROSA, 0.0)]


async def pay(world: World, **told: object) -> None:
    event = AccountEvent(account="A1", kind=AccountEventKind.PAYMENT, **told)  # type: ignore[arg-type]
    await world.store.account_events.apply(world.campaign.client, [event], "a test", NOW)


async def test_payments_keep_the_earliest_promise_first(world: World) -> None:
    today = day_of(NOW)
    first, second = await called(world, 2)
    await world.store.promises.keep(promise(first, "60", today), NOW)
    await world.store.promises.keep(promise(second, "40", today), NOW + 1)
    await pay(world, amount=Decimal(70), id="p1")
    assert await states(world) == [(PromiseState.KEPT, Decimal(60)), (PromiseState.OPEN, Decimal(10))]
    assert await world.store.promises.judge(NOW + 1 * DAY) == 0
    assert await world.store.promises.judge(NOW + 4 * DAY) == 1
    assert await states(world) == [(PromiseState.KEPT, Decimal(60)), (PromiseState.PARTLY, Decimal(10))]
    assert [row.promise.call for row in await world.store.promises.of_lead(LeadId(1))] == [second, first]


async def test_a_promise_without_any_payment_is_broken_and_all_paid_keeps_it(world: World) -> None:
    broken, kept = await called(world, 2)
    await world.store.promises.keep(promise(broken, "60", day_of(NOW)), NOW)
    await world.store.promises.judge(NOW + 4 * DAY)
    await world.store.promises.keep(promise(kept, "40", day_of(NOW)), NOW + 1)
    await pay(world, balance=Decimal(0))
    assert [state for state, _ in await states(world)] == [PromiseState.BROKEN, PromiseState.KEPT]


async def test_a_promise_said_anew_replaces_the_one_of_its_call_and_may_be_taken_back(world: World) -> None:
    [call] = await called(world, 1)
    await world.store.promises.keep(promise(call, "60", day_of(NOW)), NOW)
    await world.store.promises.keep(promise(call, "50", day_of(NOW)), NOW)
    [row] = await world.store.promises.of_agent(ROSA, 0.0)
    assert row.promise.amount == Decimal(50)
    await world.store.promises.take_back(call, NOW)
    assert [state for state, _ in await states(world)] == [PromiseState.CANCELLED]


async def test_a_promise_needs_its_call(world: World) -> None:
    with pytest.raises(NotFoundError):
        await world.store.promises.keep(promise(CallId(77), "60", day_of(NOW)), NOW)
