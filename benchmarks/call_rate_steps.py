"""What both clients of the call rate benchmark share: one measured step, and orders and figures over two pipes.

A client is a process of its own that keeps a number of calls in flight for a while and says how that went: one JSON
object a line, orders on standard input, figures on standard output. Knows neither AMI nor the dialer.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

DRAIN_S = 5.0  # a call that is not over so long after the last one was placed is lost
BUSY_CAUSE = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Keep `in_flight` calls going for `settle_s`, then for `seconds` that are measured."""

    in_flight: int
    settle_s: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One measured step. Answers are from the Originate to Asterisk's answer, outcomes to the word how it went."""

    in_flight: int
    seconds: float
    calls: int  # that ended within the measured time
    lost: int  # refused, ended in another way than the number says, or never ended
    cpu_s: float  # of the client's process
    answer_p50_ms: float
    answer_p99_ms: float
    outcome_p50_ms: float
    outcome_p99_ms: float

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Processor time per call."""
        return 1000 * self.cpu_s / max(1, self.calls)


def share(values: list[float], part: float) -> float:
    """The value below which `part` of all lie; 0 where there is none."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


@dataclass(slots=True)
class Meter:
    """Takes the facts of every call as they happen."""

    placed_at: dict[str, float] = field(default_factory=dict)  # calls in flight
    answers_ms: list[float] = field(default_factory=list)
    outcomes_ms: list[float] = field(default_factory=list)
    ended: int = 0
    lost: int = 0
    empty: asyncio.Event = field(default_factory=asyncio.Event)  # no call is in flight

    def place(self, call: str) -> None:
        """The Originate is about to be written."""
        self.placed_at[call] = time.perf_counter()
        self.empty.clear()

    def answer(self, call: str) -> None:
        """Asterisk took it."""
        if (at := self.placed_at.get(call)) is not None:
            self.answers_ms.append(1000 * (time.perf_counter() - at))

    def outcome(self, call: str) -> None:
        """It is known how the call went."""
        if (at := self.placed_at.get(call)) is not None:
            self.outcomes_ms.append(1000 * (time.perf_counter() - at))

    def end(self, call: str, *, as_expected: bool) -> None:
        """The call is over."""
        if self.placed_at.pop(call, None) is not None:
            self.ended += 1
            self.lost += not as_expected
            if not self.placed_at:
                self.empty.set()

    async def drained(self) -> None:
        """Wait until no call is in flight; what stays too long is lost."""
        while self.placed_at:
            try:
                await asyncio.wait_for(self.empty.wait(), DRAIN_S)
            except TimeoutError:
                self.lost += len(self.placed_at)
                self.placed_at.clear()


def cpu_s() -> float:
    """Processor time of this process so far."""
    times = os.times()
    return times.user + times.system


async def measure(meter: Meter, order: Order, keep: Callable[[int], None]) -> Figures:
    """Carry an order out. `keep` sets how many calls the client keeps in flight."""
    meter.lost = 0
    keep(order.in_flight)
    await asyncio.sleep(order.settle_s)
    meter.answers_ms.clear()
    meter.outcomes_ms.clear()
    ended, used_s, began_at = meter.ended, cpu_s(), time.perf_counter()
    await asyncio.sleep(order.seconds)
    calls, used_s, seconds = meter.ended - ended, cpu_s() - used_s, time.perf_counter() - began_at
    answers, outcomes = list(meter.answers_ms), list(meter.outcomes_ms)
    keep(0)
    await meter.drained()
    return Figures(
        in_flight=order.in_flight,
        seconds=seconds,
        calls=calls,
        lost=meter.lost,
        cpu_s=used_s,
        answer_p50_ms=share(answers, 0.5),
        answer_p99_ms=share(answers, 0.99),
        outcome_p50_ms=share(outcomes, 0.5),
        outcome_p99_ms=share(outcomes, 0.99),
    )


async def obey(step: Callable[[Order], Awaitable[Figures]]) -> None:
    """Say that we are there, then carry out one order after the other until standard input ends."""
    loop = asyncio.get_running_loop()
    print(json.dumps({"ready": True}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(asdict(await step(Order(**json.loads(line))))), flush=True)
