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
from pacing.decision import sentence
from simulation.past import PastError
from simulation.replay.compare import NOTHING, Difference, Replayed, replay
from simulation.replay.journal import Journal, opened, steps
from simulation.texts import ENGLISH, Tongue

DIFFERS = 1


def tell(
    where: str, *, runs: Sequence[int], policy: Policy | None, json_file: Path | None, tongue: Tongue = ENGLISH
) -> int:
    """Replay, and tell; 1 where something differs, else 0."""
    writable(json_file)
    found = asyncio.run(_replay(where, runs, policy, tongue))
    if json_file is not None:
        write_json({"runs": [_as_json(one) for one in found]}, json_file)
    if json_file != STANDARD_OUTPUT:
        for one in found:
            _show(one, policy, tongue)
    return DIFFERS if not all(one.proved for one in found) else 0


async def _replay(where: str, wanted: Sequence[int], policy: Policy | None, tongue: Tongue) -> list[Replayed]:
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    async with opened(where) as journal:
        runs = await _runs(journal, wanted, where)
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("")
            found = []
            for run in runs:

                def say(events: int, run: int = run) -> None:
                    progress.update(task, description=tongue.t("replay.run", run=run, events=tongue.number(events)))

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


def _show(found: Replayed, policy: Policy | None, tongue: Tongue) -> None:
    say = sys.stdout.write
    if found.since is None or found.until is None:
        say(tongue.t("replay.nothing", run=found.run) + "\n")
        return
    counts = {
        "run": found.run,
        "since": told(found.since),
        "until": told(found.until),
        "events": tongue.number(found.events),
        "commands": tongue.number(found.commands),
        "differing": tongue.number(found.differing),
    }
    if found.first is None:
        say(tongue.t("replay.same", **counts) + "\n")
    else:
        say(tongue.t("replay.differs", **counts) + "\n")
        _show_difference(found.first, tongue)
        if found.first.seq == found.last and found.first.recorded == NOTHING:
            say("  " + tongue.t("replay.cut_off") + "\n")
    if found.missing:
        say(tongue.t("replay.not_whole", missing=tongue.number(found.missing)) + "\n")
    if policy is not None:
        _show_policy(found, policy, tongue)


def _show_difference(first: Difference, tongue: Tongue) -> None:
    say = sys.stdout.write
    nothing = tongue.t("replay.nothing_more")
    recorded, decided = (nothing if one == NOTHING else one for one in (first.recorded, first.decided))
    kind = json.loads(first.event)["type"]
    say(tongue.t("replay.first", row=first.seq, at=told(first.at), kind=kind) + "\n")
    lines = [
        (tongue.t("replay.event"), first.event),
        (tongue.t("replay.recorded"), recorded),
        (tongue.t("replay.decided"), decided),
        *((tongue.t("replay.in"), tongue.t("replay.field", **one._asdict())) for one in first.fields()),
    ]
    width = max(len(head) for head, _ in lines)
    for head, text in lines:
        say(f"  {head:{width}}  {text}\n")


def _show_policy(found: Replayed, policy: Policy, tongue: Tongue) -> None:
    say = sys.stdout.write
    if not found.hours:
        say(tongue.t("replay.no_pacing") + "\n")
        return
    say("\n" + tongue.t("replay.beside", policy=policy) + "\n")
    heads = (
        tongue.t("column.hour_from"), tongue.t("column.decisions"), tongue.t("column.more_calls"),
        tongue.t("column.fewer_calls"), tongue.t("column.calls_decided"), tongue.t("column.calls_by", policy=policy),
    )  # fmt: skip
    show_table(
        heads,
        [
            (told(hour.since)[:16],
             *map(tongue.number, (hour.decisions, hour.more, hour.fewer, hour.placed, hour.other_placed)))
            for hour in found.hours.values()
        ],
    )  # fmt: skip
    for pair in found.examples:
        made, other = (sentence(one, tongue.language) for one in (pair.made, pair.other))
        say(f"  {told(pair.at)}  {made}\n    {policy}: {other}\n")
    say(tongue.t("replay.fresh") + "\n")
