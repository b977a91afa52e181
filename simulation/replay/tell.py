"""What `dialer replay` does: read, decide again, print, write JSON."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.cli.times import told
from pacing import Policy
from simulation.past import PastError
from simulation.replay.compare import NOTHING, Difference, Replayed, replay
from simulation.replay.journal import Journal, opened, steps

DIFFERS = 1


def tell(where: str, *, runs: Sequence[int], policy: Policy | None, json_file: Path | None) -> int:
    """Replay, and tell; 1 where something differs, else 0."""
    writable(json_file)
    found = asyncio.run(_replay(where, runs, policy))
    if json_file is not None:
        write_json({"runs": [_as_json(one) for one in found]}, json_file)
    if json_file != STANDARD_OUTPUT:
        for one in found:
            _show(one, policy)
    return DIFFERS if not all(one.proved for one in found) else 0


async def _replay(where: str, wanted: Sequence[int], policy: Policy | None) -> list[Replayed]:
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    async with opened(where) as journal:
        runs = await _runs(journal, wanted, where)
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("")
            found = []
            for run in runs:
                say = lambda events, run=run: progress.update(task, description=f"run {run}: {events:,} events")  # noqa: E731
                found.append(await replay(run, steps(journal, run), beside=policy, progress=say))
    return found


async def _runs(journal: Journal, wanted: Sequence[int], where: str) -> Sequence[int]:
    there = await journal.runs()
    if not there:
        raise PastError(f"{where}: no run of the dialer is recorded there")
    for run in wanted:
        if run not in there:
            raise PastError(f"there is no run {run}; there are {', '.join(map(str, there))}")
    return wanted or there


def _as_json(found: Replayed) -> dict[str, object]:
    return {
        "run": found.run,
        "since": found.since,
        "until": found.until,
        "events": found.events,
        "commands": found.commands,
        "differing": found.differing,
        "missing": found.missing,
        "first": asdict(found.first) if found.first else None,
        "hours": [asdict(hour) for hour in found.hours.values()],
    }


def _show(found: Replayed, policy: Policy | None) -> None:
    say = sys.stdout.write
    if found.since is None or found.until is None:
        say(f"run {found.run}: nothing was recorded of it\n")
        return
    head = f"run {found.run}, {told(found.since)} to {told(found.until)}: {found.events:,} events"
    if found.first is None:
        say(f"{head}, {found.commands:,} commands, each decided again as it was recorded\n")
    else:
        say(f"{head}; {found.differing:,} of them are answered otherwise than recorded\n")
        _show_difference(found.first)
        if found.first.seq == found.last and found.first.recorded == NOTHING:
            say("  the journal ends in the middle of this answer: it was cut off\n")
    if found.missing:
        say(f"NOT WHOLE: {found.missing:,} rows are missing or out of their order, so nothing is proved\n")
    if policy is not None:
        _show_policy(found, policy)


def _show_difference(first: Difference) -> None:
    say = sys.stdout.write
    kind = json.loads(first.event)["type"]
    say(f"the first: row {first.seq}, {told(first.at)}, {kind}\n")
    say(f"  event     {first.event}\n  recorded  {first.recorded}\n  decided   {first.decided}\n")
    for text in first.fields():
        say(f"  differs   {text}\n")


def _show_policy(found: Replayed, policy: Policy) -> None:
    say = sys.stdout.write
    if not found.hours:
        say("no pacing was decided in this run\n")
        return
    say(f"\nwhere {policy} would have decided otherwise, asked at the same instants about the same floor:\n")
    show_table(
        ("hour from", "decisions", "more calls", "fewer calls", "calls decided", f"calls by {policy}"),
        [
            (told(hour.since)[:16], hour.decisions, hour.more, hour.fewer, hour.placed, hour.other_placed)
            for hour in found.hours.values()
        ],
    )
    for pair in found.examples:
        say(f"  {told(pair.at)}  decided {pair.made.reason}\n    {policy}: {pair.other} ({pair.other_binding})\n")
    say("each line is a fresh question: what the other calls would have led to is shown by `dialer simulate`\n")
