"""The stand-in switch: an AMI server on loopback that wires its parts together. It decides nothing of its own."""

import asyncio
import ipaddress
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Self

from simulation.standin.actions import Desk, answer, respond
from simulation.standin.agi import Scripts
from simulation.standin.bridges import Bridges
from simulation.standin.callers import CONTEXT as CALLERS
from simulation.standin.calls import NORMAL, Calls
from simulation.standin.channels import Channel, Registry, State
from simulation.standin.dialplan import Dialplan
from simulation.standin.events import Sheet
from simulation.standin.people import People, by_number
from simulation.standin.tape import Tape
from simulation.standin.wire import Action, Parser, WireError
from simulation.standin.world import Timing, World

BANNERS = {16: b"Asterisk Call Manager/5.0.5\r\n", 22: b"Asterisk Call Manager/11.0.0\r\n"}
UNREAD_BYTES_MAX = 32 << 20  # of events that a client does not read: it is cut off
VARIABLES = ("DIALER_PLACE", "DIALER_TALK", "DIALER_MUTED", "DIALER_AGENT", "DIALER_CALL")
EPOCH = 1_700_000_000  # in the unique ids that the switch makes


class StandInSwitch:
    """An Asterisk that exists on the wire alone. Use it as `async with StandInSwitch(...) as switch:`.

    `seed` decides the order of events that come from different threads on Asterisk; `people` what each dialled number
    does; `version` (16 or 22) whose causes are told; `speed` how many seconds pass in one of the event loop's.
    `agi_port` is our FastAGI's port on loopback (None: scripts are skipped), `recordings` the folder that recordings
    are written to (None: none are), `endpoints` those that can be dialled (none given: any).
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        seed: int = 0,
        people: People = by_number,
        version: int = 22,
        speed: float = 1.0,
        user: str = "dialer",
        secret: str = "secret",  # noqa: S107  the stand-in guards nothing
        agi_port: int | None = None,
        recordings: Path | None = None,
        endpoints: Collection[str] = (),
        timing: Timing | None = None,
        variables: Sequence[str] = VARIABLES,
    ) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"host {host}: the stand-in listens on loopback only, give 127.0.0.1")
        if version not in BANNERS:
            raise ValueError(f"version {version}: there is {' and '.join(map(str, BANNERS))}")
        self._address = (host, port)
        self._login = (user, secret)
        self._server: asyncio.Server | None = None
        self._links: set[Link] = set()
        self._people, self._agi_port, self._recordings = people, agi_port, recordings
        self._endpoints, self._variables, self._seed = frozenset(endpoints), tuple(variables), seed
        self._world_of = (seed, speed, version, timing or Timing())

    async def __aenter__(self) -> Self:
        seed, speed, version, timing = self._world_of
        self._world = World(seed=seed, speed=speed, version=version, timing=timing)
        registry = Registry(Random(f"{self._seed}:ids"), system="standin", epoch=EPOCH)  # noqa: S311  no secrets
        sheet = Sheet(self._variables)
        tape = Tape(self._world, self._recordings)
        self._calls = Calls(self._world, registry, sheet, Bridges(self._world, registry, sheet, tape), tape)
        self._scripts = Scripts(self._world, self._agi_port)
        self._dialplan = Dialplan(self._calls, self._people, self._scripts.run)
        self._desk = Desk(self._calls, self._dialplan, self._people, self._endpoints)
        host, port = self._address
        self._server = await asyncio.get_running_loop().create_server(self._link, host, port, backlog=1024)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut_links()
        await self._scripts.close()
        for channel in self._calls.registry:
            self.silence(channel)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every channel there is now. To look at, not to change."""
        return tuple(self._calls.registry)

    def cut_links(self) -> None:
        """Drop every AMI connection, as a broken network would. Calls go on."""
        for link in list(self._links):
            link.cut()

    def restart(self) -> None:
        """Asterisk ends and starts again: links and calls are gone, without a word about them."""
        self.cut_links()
        for channel in self.channels:
            self.silence(channel)
            self._calls.hang_up(channel, NORMAL)

    def call_in(self, phone: str, service: str, *, keys: str = "") -> Channel:
        """A phone calls a service of ours (`sign-in`, `sign-out`) and types `keys` when asked."""
        channel = self._calls.create(f"PJSIP/{phone}", context="from-agent")
        channel.caller = (phone, "")
        channel.keys.extend(keys)
        self._calls.set_state(channel, State.RING)
        self._calls.set_state(channel, State.UP)
        self._dialplan.go_to(channel, "dialer-agent", service)
        return channel

    def somebody_calls(
        self, number: str, *, caller: str = "", keys: str = "", talk_s: float = 20.0, cell: int = 0
    ) -> Channel:
        """Somebody calls a number of ours through a trunk of the cell, types `keys` when asked and stays so long."""
        channel = self._calls.create("PJSIP/carrier", context="from-trunk")
        channel.caller = (caller, "")
        channel.variables |= {"DIALER_DID": number, "DIALER_CELL": str(cell)}
        channel.keys.extend(keys.replace("w", ""))  # a pause
        self._calls.set_state(channel, State.RING)
        channel.far = self._world.after(talk_s, partial(self._calls.far_end_hangs_up, channel, NORMAL))
        self._dialplan.go_to(channel, CALLERS, "arrive")
        return channel

    def hang_up(self, channel: Channel, cause: int = NORMAL) -> None:
        """The far end of a channel hangs up now."""
        self._calls.far_end_hangs_up(channel, cause)

    def silence(self, channel: Channel) -> None:
        """Let nothing happen to the channel any more of itself."""
        for timer in (channel.far, channel.limit):
            if timer is not None:
                timer.cancel()

    def _link(self) -> "Link":
        return Link(self._world, self._desk, self._login, self._links)


class Link(asyncio.Protocol):
    """One AMI connection."""

    def __init__(self, world: World, desk: Desk, login: tuple[str, str], links: "set[Link]") -> None:
        self._world = world
        self._desk = desk
        self._login = login
        self._links = links
        self._parser = Parser()
        self._transport: asyncio.Transport | None = None
        self._known = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._links.add(self)
        transport.write(BANNERS[self._world.version])

    def connection_lost(self, exc: Exception | None) -> None:
        self._links.discard(self)
        self._transport = None
        if self in self._world.sessions:
            self._world.sessions.remove(self)

    def data_received(self, data: bytes) -> None:
        try:
            for action in self._parser.feed(data):
                self._act(action)
        except WireError:
            self.cut()

    def write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > UNREAD_BYTES_MAX:
            self.cut()

    def cut(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _act(self, action: Action) -> None:
        match action.get("Action").lower():
            case "login":
                self._log_in(action)
            case "logoff":
                given = [("ActionID", action.get("ActionID"))] if action.get("ActionID") else []
                self._world.answer(self, [("Response", "Goodbye"), *given, ("Message", "Thanks for all the fish.")])
                self._close()
            case _ if not self._known:
                respond(self._desk, self, action, ("Message", "Permission denied"), success=False)
            case _:
                answer(self._desk, self, action)

    def _log_in(self, action: Action) -> None:
        if (action.get("Username"), action.get("Secret")) != self._login:
            respond(self._desk, self, action, ("Message", "Authentication failed"), success=False)
            self._close()
            return
        respond(self._desk, self, action, ("Message", "Authentication accepted"))
        booted = [("Event", "FullyBooted"), ("Privilege", "system,all"), ("Status", "Fully Booted")]
        self._world.answer(self, booted)
        if not self._known and action.get("Events", "on").lower() != "off":
            self._world.sessions.append(self)
        self._known = True

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
