"""What the command `soak` does: run many seeds, say which law was broken and how to see it again."""

import math
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path

from rich.console import Console
from rich.progress import track

from dialer.cli.output import STANDARD_OUTPUT, writable, write_json
from simulation.pools import pool
from simulation.soak import Verdict, run_seed
from simulation.world.watching import Trace

LEAST = 50  # seeds, however slow the machine is
FRESH_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """How long to go on: until the seeds are used up, or so many seconds, but never with fewer seeds than `least`."""

    seconds: float = math.inf
    least: int = LEAST

    def reached(self, seeds: int, began: float) -> bool:
        """Whether no further seed is to be begun."""
        return seeds >= self.least and time.perf_counter() - began >= self.seconds


ENDLESS = Limit()


def fresh_seeds(text: str) -> range:
    """Seeds that belong to the text, as a commit's id: other ones for every commit, the same for the same."""
    first = int.from_bytes(blake2b(text.encode(), digest_size=5).digest(), "big")
    return range(first, first + FRESH_MAX)


def soak(
    seeds: range,
    *,
    jobs: int,
    limit: Limit = ENDLESS,
    trace_file: Path | None = None,
    json_file: Path | None = None,
    callers: bool = False,
) -> int:
    """Run the seeds within the limit, in worlds with people who call back or without; 1 where a law was broken."""
    writable(trace_file, json_file)
    run = partial(run_seed, callers=True) if callers else run_seed
    say = (sys.stderr if json_file == STANDARD_OUTPUT else sys.stdout).write
    began = time.perf_counter()
    broken, total, events = list[Verdict](), 0, 0
    every = len(seeds) if math.isinf(limit.seconds) else None
    for verdict in track(
        _verdicts(seeds, jobs, limit, run), total=every, description="soak", console=Console(stderr=True)
    ):
        total += 1
        events += verdict.events
        if verdict.check:
            broken.append(verdict)
            say(f"SEED={verdict.seed} {verdict.check}: {verdict.text}\n  repeat: {_again(verdict, callers=callers)}\n")
    if trace_file is not None:
        kept = Trace(keep=True)
        run(seeds[total - 1], trace=kept)
        trace_file.write_text("\n".join(kept.lines) + "\n", encoding="utf-8")
    seconds = time.perf_counter() - began
    first, last = seeds.start, seeds.start + total
    say(f"seeds {first}:{last}: {total} seeds, {events} events, {len(broken)} violations in {seconds:.1f} s\n")
    if json_file is not None:
        write_json(
            {
                "seeds": [first, last],
                "events": events,
                "seconds": round(seconds, 3),
                "violations": [asdict(verdict) for verdict in broken],
                "by_check": dict(Counter(verdict.check for verdict in broken)),
            },
            json_file,
        )
    if broken:
        say(f"SEED={broken[0].seed} {broken[0].check}\n  repeat: {_again(broken[0], callers=callers)}\n")
    return 1 if broken else 0


def _verdicts(seeds: range, jobs: int, limit: Limit, run: Callable[[int], Verdict]) -> Iterator[Verdict]:
    """In the order of the seeds, wherever they are run."""
    began = time.perf_counter()
    if jobs == 1:
        for number, seed in enumerate(seeds):
            if limit.reached(number, began):
                return
            yield run(seed)
        return
    with pool(jobs, nice=0) as executor:
        running, begun = deque[Future[Verdict]](), 0
        while True:
            while len(running) < 2 * jobs and begun < len(seeds) and not limit.reached(begun, began):
                running.append(executor.submit(run, seeds[begun]))
                begun += 1
            if not running:
                return
            yield running.popleft().result()


def _again(verdict: Verdict, *, callers: bool) -> str:
    more = "--callers " if callers else ""
    return f"dialer soak {more}--seeds {verdict.seed}:{verdict.seed + 1} --trace seed-{verdict.seed}.txt"
