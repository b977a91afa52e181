"""What the command `soak` does: run many seeds, say which law was broken and how to see it again."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import track

from dialer.cli.output import STANDARD_OUTPUT, write_json
from simulation.soak import Verdict, run_seed
from simulation.world.watching import Trace


def soak(seeds: range, *, jobs: int, trace_file: Path | None, json_file: Path | None) -> int:
    """Run all seeds; 1 where a law was broken, else 0."""
    say = (sys.stderr if json_file == STANDARD_OUTPUT else sys.stdout).write
    began = time.perf_counter()
    broken, total, events = list[Verdict](), 0, 0
    for verdict in track(_verdicts(seeds, jobs), total=len(seeds), description="soak", console=Console(stderr=True)):
        total += 1
        events += verdict.events
        if verdict.check:
            broken.append(verdict)
            say(f"SEED={verdict.seed} {verdict.check}: {verdict.text}\n  repeat: {_again(verdict)}\n")
    if trace_file is not None:
        kept = Trace(keep=True)
        run_seed(seeds[-1], trace=kept)
        trace_file.write_text("\n".join(kept.lines) + "\n", encoding="utf-8")
    seconds = time.perf_counter() - began
    say(f"{total} seeds, {events} events, {len(broken)} violations in {seconds:.1f} s\n")
    if json_file is not None:
        write_json(
            {
                "seeds": [seeds.start, seeds.stop],
                "events": events,
                "seconds": round(seconds, 3),
                "violations": [asdict(verdict) for verdict in broken],
                "by_check": dict(Counter(verdict.check for verdict in broken)),
            },
            json_file,
        )
    if broken:
        say(f"SEED={broken[0].seed} {broken[0].check}\n  repeat: {_again(broken[0])}\n")
    return 1 if broken else 0


def _verdicts(seeds: Iterable[int], jobs: int) -> Iterator[Verdict]:
    if jobs == 1:
        yield from map(run_seed, seeds)
        return
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(run_seed, seeds)


def _again(verdict: Verdict) -> str:
    return f"dialer soak --seeds {verdict.seed}:{verdict.seed + 1} --trace seed-{verdict.seed}.txt"
