"""Turns keep the order in which they were asked for; waits end with what they wait for, or with patience."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from dialer.asterisk.waiting import Turns, Waits

PARTIES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)


@given(st.lists(st.tuples(PARTIES, st.integers(0, 3)), max_size=12))
def test_those_who_share_a_party_go_in_the_order_asked(asked: list[tuple[list[str], int]]) -> None:
    async def all_of_them() -> list[tuple[int, str]]:
        turns, steps = Turns(), list[tuple[int, str]]()

        async def one(n: int, parties: list[str], pauses: int) -> None:
            async with turns.of(*parties):
                steps.append((n, "begins"))
                for _ in range(pauses):
                    await asyncio.sleep(0)
                steps.append((n, "ends"))

        await asyncio.gather(*(one(n, parties, pauses) for n, (parties, pauses) in enumerate(asked)))
        assert not turns._last
        return steps

    steps = asyncio.run(all_of_them())
    for a, (parties, _) in enumerate(asked):
        for b in range(a + 1, len(asked)):
            if set(parties) & set(asked[b][0]):
                assert steps.index((a, "ends")) < steps.index((b, "begins"))


async def test_one_who_gives_up_waiting_lets_the_next_one_on_no_sooner_than_its_turn() -> None:
    turns, order = Turns(), list[str]()
    first_may_end = asyncio.Event()

    async def one(name: str, until: asyncio.Event | None = None) -> None:
        async with turns.of("a"):
            order.append(name)
            if until is not None:
                await until.wait()
            order.append(f"{name} ends")

    first = asyncio.create_task(one("first", first_may_end))
    second, third = asyncio.create_task(one("second")), asyncio.create_task(one("third"))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait({second})
    assert order == ["first"]
    first_may_end.set()
    await asyncio.gather(first, third)
    assert order == ["first", "first ends", "third", "third ends"]


async def test_a_wait_ends_when_its_condition_holds_or_its_patience_is_over() -> None:
    waits, seen = Waits(), list[int]()
    waiting = asyncio.create_task(waits.until(lambda: len(seen) == 2, patience_s=5))
    await asyncio.sleep(0)
    for n in range(2):
        assert not waiting.done()
        seen.append(n)
        waits.look()
    assert await waiting
    assert await waits.until(lambda: True, patience_s=0)
    assert not await waits.until(lambda: False, patience_s=0.01)
    ended = asyncio.create_task(waits.until(lambda: False, patience_s=5))
    await asyncio.sleep(0)
    waits.end()
    assert not await ended
    assert not waits._waiting
