"""How many calls per second the whole dialer carries, beside the least that any AMI client could do.

Two Asterisks on loopback, ours as `asterisk_config` renders it and one that plays the carrier; every number is busy at
once. Both clients, each a process of its own, keep 8, 16, 24, ... calls in flight in turns, step by step, so that what
else the machine does hits both. What counts is the highest rate of a step without a lost call in which 99 of 100
outcomes (OriginateResponse, or the call's end) came within 100 ms of the Originate.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from asterisk_config.lab import HOME_VARIABLE, Lab
from asterisk_config.settings import Settings
from benchmarks.call_rate_steps import Figures, Order
from benchmarks.tables import table
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor, start_floor

P99_MAX_MS = 100.0
RATIO_MIN = 0.6
PROJECT = Path(__file__).parent.parent
LEADS = 40_000
PATIENCE_S = 60.0  # for a client's next line
TICK_HZ = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is tried, and for how long."""

    levels: tuple[int, ...] = (8, 16, 24, 32, 48)
    rounds: int = 3
    settle_s: float = 0.7
    seconds: float = 1.8


QUICK = Plan(levels=(16, 24, 32), rounds=1, seconds=1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One client's step, with the processor time that the two Asterisks took for it."""

    client: str
    round: int
    figures: Figures
    asterisk_cpu_ms: float

    @property
    def carried(self) -> bool:
        """Whether its rate counts."""
        return self.figures.lost == 0 and self.figures.calls > 0 and self.figures.outcome_p99_ms <= P99_MAX_MS


class Client:
    """A client's process."""

    def __init__(self, module: str, settings: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(settings)],
            cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._line()

    def step(self, order: Order) -> Figures:
        """Let it carry out one order."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return Figures(**json.loads(self._line()))

    def close(self) -> None:
        """Let it end."""
        try:
            self._process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"a client ended with status {self._process.wait(PATIENCE_S)}; its words stand above")
        return line


def roomier(settings: Settings) -> Settings:
    """Lines for every call that is ever in flight."""
    return replace(settings, trunks=tuple(replace(one, lines=500, calls_per_second=500) for one in settings.trunks))


@contextmanager
def stage(agents: int) -> Iterator[tuple[Floor, dict[str, Client]]]:
    """Both Asterisks and both clients."""
    lab = Lab.of(None if HOME_VARIABLE in os.environ else PROJECT / ".lab")
    lab.install()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        floor = start_floor(folder / "floor", lab, held, roomier)
        host, port = floor.ami
        user, secret = floor.user
        door = {"host": host, "port": str(port), "user": user, "secret": secret}
        phones = ",".join(str(1001 + n) for n in range(agents))
        whole = {"folder": str(folder), "phones": phones, "leads": str(LEADS), "number": number("+569{n}", BUSY)}
        bare = {"dial": floor.dial(number("569{n}", BUSY))}
        clients = {
            "whole": Client("benchmarks.call_rate_whole", door | whole),
            "bare": Client("benchmarks.call_rate_bare", door | bare),
        }
        for client in clients.values():
            held.callback(client.close)
        yield floor, clients


BUSY = Behaviour.BUSY


def asterisk_cpu_s(floor: Floor) -> float:
    """Processor time of both Asterisks so far."""
    ticks = 0
    for pid in (floor.dialer.pid, floor.carrier.pid):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK_HZ


def climb(plan: Plan, floor: Floor, clients: dict[str, Client]) -> Iterator[Step]:
    """Every step of every round; a client that was too slow twice running goes no higher in that round."""
    for round_ in range(1, plan.rounds + 1):
        slow = dict.fromkeys(clients, 0)
        for level in plan.levels:
            for name, client in clients.items():
                if slow[name] >= 2:
                    continue
                used_s = asterisk_cpu_s(floor)
                figures = client.step(Order(in_flight=level, settle_s=plan.settle_s, seconds=plan.seconds))
                used_s = asterisk_cpu_s(floor) - used_s
                calls = figures.rate * (plan.settle_s + plan.seconds)
                step = Step(client=name, round=round_, figures=figures, asterisk_cpu_ms=1000 * used_s / max(1.0, calls))
                slow[name] = 0 if step.carried else slow[name] + 1
                yield step


def best(steps: Sequence[Step], client: str, round_: int) -> Step | None:
    """The client's fastest step of the round that counts."""
    counted = [step for step in steps if step.client == client and step.round == round_ and step.carried]
    return max(counted, key=lambda step: step.figures.rate, default=None)


HEAD = (
    "round", "client", "in flight", "calls/s", "lost", "answer p50 ms", "p99", "outcome p50 ms", "p99",
    "client CPU ms/call", "Asterisks CPU ms/call",
)  # fmt: skip


def row(step: Step) -> tuple[object, ...]:
    """A step as the table shows it."""
    one = step.figures
    return (
        step.round, step.client, one.in_flight, one.rate, one.lost, one.answer_p50_ms, one.answer_p99_ms,
        one.outcome_p50_ms, one.outcome_p99_ms, one.cpu_ms, step.asterisk_cpu_ms,
    )  # fmt: skip


def verdict(steps: Sequence[Step]) -> Iterator[str]:
    """The highest rates carried, their ratio, and what each call cost."""
    pairs = [(best(steps, "whole", n), best(steps, "bare", n)) for n in sorted({step.round for step in steps})]
    both = [(whole, bare) for whole, bare in pairs if whole is not None and bare is not None]
    if not both:
        yield f"no step of both clients was carried without loss within {P99_MAX_MS:g} ms: the machine is too busy"
        return
    for name, found in (("whole", [one for one, _ in both]), ("bare", [one for _, one in both])):
        rate = median(step.figures.rate for step in found)
        cpu = median(step.figures.cpu_ms for step in found)
        p99 = median(step.figures.outcome_p99_ms for step in found)
        yield f"{name}: {rate:.0f} calls/s carried, p99 {p99:.0f} ms, {cpu:.2f} ms of processor time per call"
    ratios = sorted(whole.figures.rate / bare.figures.rate for whole, bare in both)
    said = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    yield f"whole / bare: {median(ratios):.2f} (rounds: {said}); wanted: at least {RATIO_MIN:g}"


def main(arguments: Sequence[str]) -> None:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks call_rate", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--agents", type=int, default=20, help="agents' phones in waiting, 1 to 20")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args(arguments)
    steps: list[Step] = []
    with stage(options.agents) as (floor, clients):
        for step in climb(QUICK if options.quick else Plan(), floor, clients):
            steps.append(step)
            one = step.figures
            print(f"  {step.client} {one.in_flight}: {one.rate:.0f}/s", file=sys.stderr, flush=True)
    print(table(HEAD, map(row, steps)), *verdict(steps), sep="\n")
    if options.json:
        options.json.write_text(json.dumps([asdict(step) for step in steps], indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
