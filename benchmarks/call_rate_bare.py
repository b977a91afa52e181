"""The bare AMI client: log in, originate, count. As little as a dialer could possibly do.

    python -m benchmarks.call_rate_bare '{"host": ..., "port": ..., "user": ..., "secret": ..., "dial": ...}'

`dial` is a dial string with {n}, the number of the call. It keeps calls in flight and remembers nothing of them.
"""

import asyncio
import json
import re
import sys
from typing import cast

from benchmarks.call_rate_steps import BUSY_CAUSE, Figures, Meter, Order, measure, obey

_END = b"\r\n\r\n"
_UNIQUEID = re.compile(rb"\r\nUniqueid: bare-([0-9]+)")
_ACTION = re.compile(rb"\r\nActionID: ([0-9]+)")
_BUSY = b"\r\nCause: %d\r\n" % BUSY_CAUSE


class Client(asyncio.Protocol):
    """One connection for one step."""

    def __init__(self, meter: Meter, settings: dict[str, str], first: int) -> None:
        self.number = first  # of the next call
        self.in_flight = 0  # wanted
        self.ready = asyncio.Event()
        self._meter = meter
        self._settings = settings
        self._unread = b""
        self._told: dict[str, int] = {}  # calls of which one of the two last events came
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log in."""
        self._transport = cast("asyncio.WriteTransport", transport)
        user, secret = self._settings["user"], self._settings["secret"]
        self._write(f"Action: Login\r\nActionID: 0\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: call\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        """Read responses and the two events that end a call."""
        *blocks, self._unread = (self._unread + data).split(_END)
        for block in blocks:
            if block.startswith(b"Event: OriginateResponse\r\n"):
                self._over(block, last=False)
            elif block.startswith(b"Event: Hangup\r\n"):
                self._over(block, last=True)
            elif b"Response: " in block[:64] and (found := _ACTION.search(block)):
                self._answered(found[1].decode(), good=b"Response: Success" in block)
        self.fill()

    def keep(self, in_flight: int) -> None:
        """Keep so many calls in flight from now on."""
        self.in_flight = in_flight
        self.fill()

    def fill(self) -> None:
        """Place what is missing, in one write."""
        made = []
        while len(self._meter.placed_at) < self.in_flight:
            call, self.number = str(self.number), self.number + 1
            self._meter.place(call)
            made.append(self._originate(call))
        if made:
            self._write("".join(made))

    def close(self) -> None:
        """Leave."""
        self._transport.close()

    def _originate(self, call: str) -> str:
        dial = self._settings["dial"].replace("{n}", f"{int(call):08d}")
        return (
            f"Action: Originate\r\nActionID: {call}\r\nChannel: {dial}\r\nChannelId: bare-{int(call):012d}\r\n"
            "Context: dialer-customer\r\nExten: park\r\nPriority: 1\r\nTimeout: 20000\r\nAsync: true\r\n\r\n"
        )

    def _write(self, text: str) -> None:
        self._transport.write(text.encode())

    def _answered(self, action: str, *, good: bool) -> None:
        if action == "0":
            assert good, "the log-in was refused"
            self.ready.set()
            return
        self._meter.answer(action)
        if not good:
            self._meter.end(action, as_expected=False)

    def _over(self, block: bytes, *, last: bool) -> None:
        """A call is over with its OriginateResponse and its Hangup, in whichever order they come."""
        found = _UNIQUEID.search(block)
        if found is None:
            return
        call = str(int(found[1]))
        if not last:
            self._meter.outcome(call)
        elif _BUSY not in block + b"\r\n":
            print(f"not busy: {block.decode()!r}", file=sys.stderr)
            self._meter.lost += 1
        self._told[call] = self._told.get(call, 0) + 1
        if self._told[call] == 2:
            del self._told[call]
            self._meter.end(call, as_expected=True)


async def main(settings: dict[str, str]) -> None:
    """Obey orders, each on a connection of its own: an idle one would be sent the other client's events."""
    meter, number = Meter(), 1

    async def step(order: Order) -> Figures:
        nonlocal number
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(
            lambda: Client(meter, settings, number), settings["host"], int(settings["port"])
        )
        await client.ready.wait()
        figures = await measure(meter, order, client.keep)
        client.close()
        number = client.number
        return figures

    await obey(step)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
