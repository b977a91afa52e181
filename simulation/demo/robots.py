"""The demo's agents: a process of their own that works at the desks over HTTP and WebSocket, as people would.

    python -m simulation.demo.robots             what `Shift` holds comes on standard input, as JSON

They know what an agent knows: code, PIN, the desk, and what they hear, which the dialled number tells.
"""

import asyncio
import csv
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from dialer.core.model import Mode
from dialer.web.client import ApiError, Client, Json, ServerUnreachableError
from simulation.demo.habits import Deed, Moment, Ways, deed, moment

AGAIN_S = 1.0  # after a refusal, or when the server is away
PAYS_AFTER_S = 7 * 86_400.0
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How an agent signs in."""

    code: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Who works where. In manual mode the agents dial the accounts of the list `leads`, each a part of them."""

    url: str
    campaign: int
    mode: Mode
    agents: tuple[Login, ...]
    leads: Path
    seed: int
    ways: Ways | None = None  # None: as people of all kinds
    gone_s: float = 20.0  # a server that stays away so long has ended

    def as_json(self) -> str:
        """The shift as `of_json` reads it."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def of_json(cls, text: str) -> "Shift":
        given = json.loads(text)
        given["agents"] = tuple(Login(**agent) for agent in given["agents"])
        ways = Ways(**given["ways"]) if given["ways"] is not None else None
        return cls(**{**given, "mode": Mode(given["mode"]), "leads": Path(given["leads"]), "ways": ways})


class Robot:
    """One agent at work: looks at the desk, and does what is to be done after the time a person would take."""

    def __init__(self, shift: Shift, login: Login, accounts: Iterator[str]) -> None:
        self._shift = shift
        self._login = login
        self._accounts = accounts
        self._chance = Random(f"{shift.seed}:agent:{login.code}")  # noqa: S311 - no secrets
        self._client = Client(shift.url)
        self._desk: Json = {}
        self._changed = asyncio.Event()

    async def work(self) -> None:
        """Work until sent home, or until the server has ended."""
        async with self._client:
            await self._insist(self._sign_in)
            watching, acting = asyncio.create_task(self._watch()), asyncio.create_task(self._act())
            done, rest = await asyncio.wait({watching, acting}, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            for task in done:
                task.result()

    async def _sign_in(self) -> None:
        await self._client.sign_in_agent(self._login.code, self._login.pin)

    async def _watch(self) -> None:
        """Follow the desk until the server stays away."""
        loop = asyncio.get_running_loop()
        seen_at = loop.time()
        while loop.time() - seen_at < self._shift.gone_s:
            try:
                async for _, desk in self._client.live("desk"):
                    seen_at = loop.time()
                    self._desk = desk
                    self._changed.set()
            except (ApiError, ServerUnreachableError) as error:
                _say(self._login, str(error))
            await asyncio.sleep(AGAIN_S)

    async def _insist(self, what: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await what()
            except (ApiError, ServerUnreachableError) as error:
                _say(self._login, str(error))
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def _act(self) -> None:
        """Press the buttons; ends when the agent, once at work, is signed out."""
        done: Moment | None = None
        at_work = False
        while True:
            now = moment(self._desk)
            if now is not None and at_work and now.state == "signed_out":
                return
            at_work = at_work or (now is not None and now.state not in {"signed_out", "connecting"})
            if now is None or now == done:
                await self._next_desk()
                continue
            next_deed = deed(self._desk, self._shift.mode, self._chance, self._shift.ways)
            if next_deed is None:
                done = now
            elif await self._lasts(now, next_deed.after_s):
                done = now if await self._do(next_deed) else None
                if done is None:
                    await self._lasts(now, AGAIN_S)

    async def _next_desk(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def _lasts(self, now: Moment, seconds: float) -> bool:
        """Wait; whether the desk was the same all the time."""
        try:
            async with asyncio.timeout(seconds):
                while moment(self._desk) == now:
                    await self._next_desk()
        except TimeoutError:
            return True
        return False

    async def _do(self, next_deed: Deed) -> bool:
        try:
            await self._press(next_deed)
        except (ApiError, ServerUnreachableError) as error:
            _say(self._login, f"{next_deed.verb}: {error}")
            return False
        return True

    async def _press(self, next_deed: Deed) -> None:
        client = self._client
        match next_deed.verb:
            case "disposition":
                if next_deed.reason:
                    await client.pause(next_deed.reason)
                await self._say_what_it_was(next_deed)
            case "dial":
                await self._dial_next()
            case verb:
                await PLAIN[verb](client)

    async def _say_what_it_was(self, said: Deed) -> None:
        """The disposition with what it demands; what a rule or the account does not allow was just a conversation."""
        call, at = self._desk["call"], self._desk["at"]
        promise = {"amount": "10.00", "due_on": f"{datetime.fromtimestamp(at + PAYS_AFTER_S, UTC):%Y-%m-%d}"}
        try:
            await self._client.disposition(
                call,
                said.code,
                callback_at=at + said.callback_in_s if said.callback_in_s else None,
                promise=promise if said.code == "PTP" else None,
            )
        except ApiError as error:
            if error.status != UNPROCESSABLE:
                raise
            await self._client.disposition(call, "RPC")

    async def _dial_next(self) -> None:
        """Look the next account up and dial it. An account that is done with is passed over."""
        for account in self._accounts:
            for lead in await self._client.desk_find(self._shift.campaign, account):
                if lead["state"] == "open":
                    await self._client.dial(self._shift.campaign, lead=lead["id"])
                    return


PLAIN: dict[str, Callable[[Client], Awaitable[object]]] = {
    "sign_in": Client.desk_sign_in,
    "ready": Client.ready,
    "accept": Client.accept,
    "skip": Client.skip,
    "hangup": Client.hangup,
    "hold": Client.hold,
    "resume": Client.resume,
}


def _say(login: Login, text: str) -> None:
    sys.stderr.write(f"agent {login.code}: {text}\n")


def _accounts(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["external_id"] for row in csv.DictReader(file)]


async def work(shift: Shift) -> None:
    """Let all agents of the shift work until the server has ended."""
    accounts, count = _accounts(shift.leads), len(shift.agents)
    async with asyncio.TaskGroup() as tasks:
        for index, login in enumerate(shift.agents):
            tasks.create_task(Robot(shift, login, iter(accounts[index::count])).work(), name=f"agent {login.code}")


async def _main(shift: Shift) -> None:
    working = asyncio.ensure_future(work(shift))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    await asyncio.wait({working})
    if not working.cancelled():
        working.result()


if __name__ == "__main__":
    given = sys.stdin.read()
    if given:  # else the demo has ended before the agents were to come
        asyncio.run(_main(Shift.of_json(given)))
