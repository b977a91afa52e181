"""Every benchmark, or those named.

    python -m benchmarks                            all of them, some minutes
    python -m benchmarks call_rate engine_rate      some
    python -m benchmarks call_rate --quick          options go to each benchmark named; --help shows a benchmark's own

Speed is told as ratios within one run: what else the machine does hits both sides.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from benchmarks.tables import machine


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module with `main(arguments)`, what it tells, and its arguments where none are given."""

    module: str
    tells: str
    arguments: tuple[str, ...] = ()

    def run(self, arguments: Sequence[str]) -> None:
        """Run it; only now is it loaded."""
        import_module(self.module).main(arguments or self.arguments)


BENCHMARKS = {
    "call_rate": Benchmark("benchmarks.call_rate", "calls per second through Asterisk, beside a bare AMI client"),
    "callers": Benchmark("benchmarks.callers", "20 people call back within a minute: who takes them, waits, caps"),
    "bridge_delay": Benchmark("benchmarks.bridge_delay", "from a person's answer to the command that bridges them"),
    "amd_alone": Benchmark("benchmarks.amd_alone", "the same by the program that listens alone, beside AMD's rules"),
    "caller_ids": Benchmark(
        "benchmarks.caller_ids",
        "numbers that people stop answering: found, and rested without fault; the whole: --runs 2000",
        ("--runs", "200"),
    ),
    "amd": Benchmark("benchmarks.amd", "persons and machines by voice: errors, seconds, silence, messages after beeps"),
    "engine_rate": Benchmark("benchmarks.engine_rate", "events per second with 30, 300 and 500 agents"),
    "rules": Benchmark("benchmarks.rules", "the verdict on one call: microseconds, beside the budget of 50"),
    "do_not_call": Benchmark(
        "benchmarks.do_not_call",
        "numbers that must not be called: a look, the next call; the whole: python -m benchmarks.do_not_call",
        ("--numbers", "200000"),
    ),
    "lawful_year": Benchmark("benchmarks.lawful_year", "200,000 attempts of a year held against an independent oracle"),
    "simulation": Benchmark("benchmarks.simulation", "simulated days: speed, memory, cores, agreement", ("--quick",)),
    "lead_import": Benchmark(
        "benchmarks.lead_import",
        "a list coming in, beside a bare executemany; the whole: --leads 1000000",
        ("--leads", "50000"),
    ),
    "lead_claim": Benchmark(
        "benchmarks.lead_claim",
        "claims beside the bare banded query; the whole: --leads 10000000",
        ("--leads", "300000", "--rounds", "120", "--only", "sqlite"),
    ),
    "lead_score": Benchmark("benchmarks.lead_score", "right parties by score, by chance and by the truth"),
    "recordings_search": Benchmark(
        "benchmarks.recordings_search",
        "recordings found by words and filters; the whole: --recordings 1000000",
        ("--recordings", "50000", "--searches", "100"),
    ),
    "recordings_day": Benchmark(
        "benchmarks.recordings_day",
        "recorded calls on a real Asterisk: each its own, legs in step; the whole: --calls 1000",
        ("--calls", "40"),
    ),
    "recordings_kills": Benchmark(
        "benchmarks.recordings_kills",
        "kill -9 of the dialer while calls are recorded: none lost, none orphaned; the whole: --kills 100",
        ("--kills", "5"),
    ),
    "recordings": Benchmark("benchmarks.recordings", "a call measured, times real time, beside the bare libraries"),
    "desk_day": Benchmark(
        "benchmarks.desk_day",
        "a working day at the desk, six agents in browsers; the whole: --minutes 120",
        ("--minutes", "4"),
    ),
    "desk_lead": Benchmark(
        "benchmarks.desk_lead", "from the bridging to the lead's being at the desk: told, and asked for"
    ),
    "floor_clients": Benchmark(
        "benchmarks.floor_clients", "300 live clients of a floor of 500 agents: the pushing, the loop's lag, the page"
    ),
    "floor_shift": Benchmark(
        "benchmarks.floor_shift",
        "a shift on the real lab with three incidents, seen and handled from the page; the whole: --minutes 120",
        ("--minutes", "10"),
    ),
    "admin_day": Benchmark("benchmarks.admin_day", "an administrator's day through the pages, on a real Asterisk"),
    "lead_updates": Benchmark(
        "benchmarks.lead_updates", "1,000 changes of leads a second beside a campaign that dials: lag and actions"
    ),
    "pacing": Benchmark(
        "benchmarks.pacing",
        "our pacing beside its rivals and the exact optimum; the whole table: python -m benchmarks.pacing",
        ("--quick", "--seeds", "1", "--floors", "r12"),
    ),
}


def main(arguments: Sequence[str]) -> None:
    """Run what is named, else everything, one after the other."""
    if arguments and arguments[0] in {"-h", "--help"}:
        print(__doc__, *(f"  {name:14}{one.tells}" for name, one in BENCHMARKS.items()), sep="\n")
        return
    names = [one for one in arguments if one in BENCHMARKS]
    options = arguments[len(names) :]
    if names != list(arguments[: len(names)]) or (options and not options[0].startswith("-")):
        raise SystemExit(f"benchmarks: {' '.join(arguments)}: names first; there are {', '.join(BENCHMARKS)}")
    ended: list[str] = []
    for name in names or BENCHMARKS:
        print(f"\n## {name}: {BENCHMARKS[name].tells}\n{machine()}\n", flush=True)
        try:
            BENCHMARKS[name].run(options)
        except SystemExit as end:
            if not isinstance(end.code, str):
                raise
            ended.append(f"{name}: {end.code}")  # it failed, or what it needs is not there; the others go on
    if ended:
        raise SystemExit("\n".join(ended))


if __name__ == "__main__":
    main(sys.argv[1:])
