"""The outside check, over real HTTP on loopback: without a clear and timely yes nothing is dialled."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId
from dialer.core.messages import AgentReady, AgentSignedIn, CallReserved, PlaceCall, ReleaseCall, Restored
from dialer.core.model import Agent, DialFacts
from dialer.runtime import Runtime
from dialer.scrub import Scrub, ScrubSettings
from dialer.store import Store
from tests.core.floor import CAMPAIGN, NOON, campaign, lead
from tests.new_database import new_database
from tests.shell.test_runtime import TRUNK, Line, Paper

NUMBER = lead(1).number


@dataclass
class Service:
    """A server that answers as told, and keeps what it was asked."""

    answer: str = '{"forbidden": false}'
    status: int = 200
    silent: bool = False
    asked: list[dict[str, object]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [line.partition(":")[2] for line in head.lower().split("\r\n") if line.startswith("content-length")]
        self.asked.append(json.loads(await reader.readexactly(int(lengths[0]))))
        self.tokens += [line for line in head.split("\r\n") if line.lower().startswith("authorization")]
        if self.silent:
            await asyncio.Event().wait()
        writer.write(
            f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(self.answer)}\r\n"
            f"Connection: close\r\n\r\n{self.answer}".encode()
        )
        await writer.drain()


@asynccontextmanager
async def service(**given: object) -> AsyncIterator[Service]:
    made = Service(**given)  # type: ignore[arg-type]
    running: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(made.serve(reader, writer))
        running.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/check"
    yield made
    server.close()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def scrub(url: str, now: Callable[[], float] = lambda: NOON, **given: object) -> Scrub:
    return Scrub(ScrubSettings(url=url, **given), now)  # type: ignore[arg-type]


def patience_s(given: dict[str, object]) -> float:
    """Short for a service that will never answer alone: on a busy machine one that does may take a second."""
    return 0.3 if "silent" in given else 10.0


async def test_a_yes_lets_the_call_be_made_and_holds_for_a_while() -> None:
    now = NOON
    async with service() as asked:
        check = scrub(asked.url, lambda: now, valid_s=60.0)
        reserved = CallReserved(CallId(1), DialFacts(lead=lead(1)))
        assert await check(reserved) == reserved
        assert await check(reserved) == reserved
        assert asked.asked == [{"number": NUMBER, "campaign": lead(1).campaign}]
        now += 60
        await check(reserved)
        assert len(asked.asked) == 2
        await check.close()


@pytest.mark.parametrize("broken", [False, True])
async def test_a_number_that_is_listed_while_the_answer_is_waited_for_is_not_dialled(
    tmp_path: Path, *, broken: bool
) -> None:
    async with service() as asked, await Store.open(new_database(tmp_path / "dialer.db")) as store:
        check = Scrub(ScrubSettings(url=asked.url), lambda: NOON, lists=store.do_not_call)
        read = CallReserved(CallId(1), DialFacts(lead=lead(1)))  # before anything was listed
        assert await check(read) == read
        await store.do_not_call.add([NUMBER], "asked", NOON)
        if broken:
            with sqlite3.connect(tmp_path / "dialer.db") as file:
                file.execute("DROP TABLE do_not_call")
        facts = (await check(read)).facts
        assert (facts.do_not_call, bool(facts.scrub)) == (() if broken else ("asked",), broken)
        await check.close()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"answer": '{"forbidden": true, "reason": "on the register"}'}, "on the register"),
        ({"answer": '{"forbidden": true}'}, "no reason given"),
        ({"answer": '{"forbidden": "no"}'}, "no clear answer"),
        ({"answer": "[]"}, "no clear answer"),
        ({"answer": "yes"}, "did not answer"),
        ({"status": 500}, "no clear answer"),
        ({"status": 302}, "no clear answer"),
        ({"silent": True}, "did not answer"),
    ],
)
async def test_whatever_is_no_clear_yes_forbids_and_is_asked_again(given: dict[str, object], told: str) -> None:
    async with service(**given) as asked:
        check = scrub(asked.url, timeout_s=patience_s(given))
        for _ in range(2):
            found = await check(CallReserved(CallId(1), DialFacts(lead=lead(1))))
            assert told in found.facts.scrub
        assert len(asked.asked) == 2
        await check.close()


async def test_a_service_that_is_gone_forbids() -> None:
    async with service() as asked:
        url = asked.url
    check = scrub(url)
    assert "did not answer" in await check.refusal(NUMBER, 1)
    await check.close()


async def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRUB_TOKEN", "not a secret")
    async with service() as asked:
        check = scrub(asked.url, token_env="SCRUB_TOKEN")
        await check.refusal(NUMBER, 1)
        assert asked.tokens == ["Authorization: Bearer not a secret"]
        await check.close()


@pytest.mark.parametrize(("given", "placed"), [({}, True), ({"status": 500}, False), ({"silent": True}, False)])
async def test_the_engine_dials_after_a_yes_alone(given: dict[str, object], *, placed: bool) -> None:
    """The whole way through the runtime: claimed, reserved, checked, placed or released."""
    async with service(**given) as asked:
        loop, paper = asyncio.get_running_loop(), Paper()
        began = loop.time()
        check = scrub(asked.url, timeout_s=patience_s(given))
        runtime = Runtime(Engine(), paper, lambda: NOON + loop.time() - began, scrub=check)
        line = Line(runtime)
        agent = Agent(id=AgentId(1), name="Agent 1", campaigns=(CAMPAIGN,), endpoint="PJSIP/1")
        runtime.begin((TRUNK,), (campaign(),), (agent,), Restored((), (), CallId(1), 1))
        running = asyncio.create_task(runtime.run(line))
        await runtime.ask(AgentSignedIn(agent.id))
        await runtime.ask(AgentReady(agent.id))
        async with asyncio.timeout(10):
            wanted = PlaceCall if placed else ReleaseCall
            arrived = asyncio.Event()
            runtime.subscribe(lambda _: arrived.set())
            while not any(isinstance(one, wanted) for one in [*line.done, *paper.kept]):
                arrived.clear()
                await arrived.wait()
        assert any(isinstance(one, PlaceCall) for one in line.done) == placed
        if not placed:
            released = next(one for one in paper.kept if isinstance(one, ReleaseCall))
            assert released.reason == "scrub"
        running.cancel()
        await asyncio.wait([running])
        await check.close()
