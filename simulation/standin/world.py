"""Time, chance and the way out, shared by all parts of the stand-in.

Time is the event loop's own clock, made faster by `speed`, so that a loop of virtual time serves as well.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Protocol

from simulation.standin.wire import Fields, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The dialplan's limits and the lengths of its sounds, in seconds before `speed`."""

    park_s: float = 2.0  # where the call does not bring its own
    lost_s: float = 15.0
    hold_s: float = 120.0
    third_s: float = 30.0
    dial_s: float = 20.0  # ring time of a transfer
    message_s: float = 3.0  # abandonment message and apology
    opt_out_s: float = 4.0  # for a key behind the abandonment message
    prompt_s: float = 1.0  # any sound an AGI script plays, or a caller hears
    look_up_s: float = 4.0  # that somebody who calls rings
    queue_s: float = 180.0
    key_wait_s: float = 4.0  # for a caller's key


class Timer(Protocol):
    def cancel(self) -> None: ...


class Session(Protocol):
    """Whoever logged in and hears events."""

    def write(self, data: bytes) -> None: ...


class World:
    """Clock, chance and the stream of events."""

    def __init__(self, *, seed: int, speed: float, version: int, timing: Timing) -> None:
        self.version = version
        self.timing = timing
        self.rng = Random(f"{seed}:order")  # noqa: S311  no secrets
        self.sessions: list[Session] = []
        self._speed = speed
        self._jitter = Random(f"{seed}:jitter")  # noqa: S311  no secrets
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._kept: list[tuple[Session | None, bytes]] | None = None

    def now(self) -> float:
        """Seconds since the start, before `speed`."""
        return (self._loop.time() - self._began) * self._speed

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s / self._speed)

    def after(self, delay_s: float, deed: Callable[[], None]) -> Timer:
        return self._loop.call_later(delay_s / self._speed, deed)

    def soon(self, deed: Callable[[], None]) -> Timer:
        """A millisecond or so later, as when another of Asterisk's threads does it."""
        return self.after(self._jitter.uniform(0.0002, 0.002), deed)

    def emit(self, event: str, fields: Fields, *, privilege: str = "call,all") -> None:
        """Tell every session."""
        self._send(None, encode([("Event", event), ("Privilege", privilege), *fields]))

    def answer(self, session: Session, fields: Fields) -> None:
        """Tell one session alone."""
        self._send(session, encode(fields))

    def shuffle(self, *deeds: Callable[[], None]) -> None:
        """Do the deeds now, in order, but let what they tell arrive as from threads of their own.

        The order within each is kept; that between them is drawn.
        """
        streams = [stream for deed in deeds if (stream := self._told_by(deed))]
        while streams:
            stream = self.rng.choice(streams)
            self._send(*stream.pop(0))
            if not stream:
                streams.remove(stream)

    def _told_by(self, deed: Callable[[], None]) -> list[tuple[Session | None, bytes]]:
        with self._keeping() as kept:
            deed()
        return kept

    @contextmanager
    def _keeping(self) -> Iterator[list[tuple[Session | None, bytes]]]:
        outer, self._kept = self._kept, []
        try:
            yield self._kept
        finally:
            self._kept = outer

    def _send(self, session: Session | None, data: bytes) -> None:
        if self._kept is not None:
            self._kept.append((session, data))
            return
        for one in self.sessions if session is None else [session]:
            one.write(data)
