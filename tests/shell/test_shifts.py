"""Shifts as text, and what the engine is told of them."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from dialer.core.ids import AgentId
from dialer.core.leaving import LATE_S
from dialer.core.messages import LeavesPlanned
from dialer.core.model import Agent
from dialer.shifts import SHIFT, leaves_at, planned, tell_shifts
from dialer.store import AgentLogin, Store
from dialer.store.schedules import Profile
from tests.new_database import new_database
from tests.store.world import World


def at(text: str) -> float:
    """A local time in the week of Monday 2026-11-23, as "wed 13:00"."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(text[:3])
    return datetime(2026, 11, 23 + day, int(text[4:6]), int(text[7:])).astimezone().timestamp()


OFFICE, BROKEN, NIGHT = "mon-fri 09:00-18:00", "mon-sat 09:00-13:00 14:00-18:00", "fri-mon 22:00-06:00"


@pytest.mark.parametrize(
    ("shift", "now", "leaves"),
    [
        (OFFICE, "wed 08:59", None),
        (OFFICE, "wed 09:00", "wed 18:00"),
        (OFFICE, "fri 17:59", "fri 18:00"),
        (OFFICE, "fri 18:10", "fri 18:00"),  # still on a call
        (OFFICE, "fri 18:15", None),
        (OFFICE, "sat 12:00", None),
        (BROKEN, "sat 10:00", "sat 13:00"),
        (BROKEN, "sat 13:20", None),
        (BROKEN, "sat 14:00", "sat 18:00"),
        ("tue 09:00-10:00 10:05-11:00", "tue 10:06", "tue 11:00"),
        (NIGHT, "fri 21:59", None),
        (NIGHT, "fri 23:00", "sat 06:00"),
        (NIGHT, "sat 05:59", "sat 06:00"),
        ("sun 14:00-24:00", "sun 23:00", "sun 24:00"),
        ("", "wed 10:00", None),
    ],
)
def test_who_is_at_work_by_plan_leaves_at_the_end_of_the_stretch(shift: str, now: str, leaves: str | None) -> None:
    wanted = None if leaves is None else at("sun 23:00") + 3600.0 if leaves == "sun 24:00" else at(leaves)
    assert leaves_at(shift, at(now)) == wanted


@given(st.from_regex(SHIFT, fullmatch=True), st.floats(at("mon 00:00"), at("sun 23:59")))
def test_every_shift_that_may_be_written_can_be_read(shift: str, now: float) -> None:
    leaves = leaves_at(shift, now)
    assert leaves is None or now - LATE_S < leaves <= now + 25 * 3600.0


@pytest.mark.parametrize("shift", ["mon-fri", "mon-fri 9:00-18:00", "monday 09:00-18:00", "mon 25:00-26:00", "x"])
def test_what_is_no_shift_is_refused(shift: str) -> None:
    assert re.fullmatch(SHIFT, shift) is None
    with pytest.raises(ValueError, match="no shift"):
        leaves_at(shift, at("mon 10:00"))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with await Store.open(new_database(tmp_path / "dialer.db")) as store:
        yield await World.made(store)


async def test_the_engine_is_told_of_plans_as_they_are_kept_and_of_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialer.shifts.LOOK_EVERY_S", 0.0)
    told: asyncio.Queue[object] = asyncio.Queue()
    for name in ("Ana", "Bea"):
        agent = Agent(id=AgentId(0), name=name, campaigns=())
        await world.store.agents.save(AgentLogin(agent=agent, login=name))
    await world.store.profiles.save([Profile(agent=1, shift=OFFICE), Profile(agent=2, shift="nonsense")])
    with capture_logs() as logs:
        telling = asyncio.create_task(tell_shifts(world.store, told.put_nowait, lambda: at("wed 17:59")))
        first = await told.get()
        await world.store.profiles.save([Profile(agent=1, shift="")])
        second = await told.get()
    telling.cancel()
    assert [one["event"] for one in logs] == ["a shift is passed over"]  # of two looks and more
    assert [first, second] == [LeavesPlanned(((AgentId(1), at("wed 18:00")),)), LeavesPlanned(())]
    assert told.empty()


async def test_nothing_is_told_of_an_end_that_is_far_away(world: World) -> None:
    agent = Agent(id=AgentId(0), name="Ana", campaigns=())
    await world.store.agents.save(AgentLogin(agent=agent, login="ana"))
    await world.store.profiles.save([Profile(agent=1, shift=OFFICE)])
    assert await planned(world.store, at("wed 17:50")) == (LeavesPlanned(()), {})
    assert (await planned(world.store, at("wed 18:10")))[0].at == ((AgentId(1), at("wed 18:00")),)
