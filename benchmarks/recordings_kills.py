"""kill -9 of the whole dialer, again and again, while calls are recorded on a real Asterisk: is any recording lost?

    python -m benchmarks.recordings_kills [--kills 100] [--minutes M] [--agents 8] [--folder DIR]

Each life of the dialer is ended at a random moment of its first seconds at work; Asterisk and the talks live on, and so
do the agents' pages. Afterwards every file that Asterisk wrote is held against the index, and the index against the
calls: what was written and belongs to no recording, a talk without its recording, a recording that is not sample for
sample what was written, or in which anybody else is heard, would each be one lost or orphaned.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.recordings_day import ALWAYS, Judged, at_work, judged_talks, lab_of, set_up, sounding
from benchmarks.tables import machine, table
from dialer.config import load
from recordings.legs import Leg
from tests.lab_fixtures import start_floor
from tests.shell.served import dialer, serving

LIFE_MAX_S = 6.0
CALLS_EACH = 12  # people for each life, more than it can call
ENDS_S = 12.0  # the longest talk, and its disposition


def main(arguments: Sequence[str]) -> None:
    """Kill, look, print; exit code 1 where anything is lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=600.0, help="no further kill after that; tells of those done")
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="keep everything there; it must not exist")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as held:
        folder = options.folder or Path(temporary) / "kills"
        folder.mkdir()
        floor = start_floor(folder / "floor", lab_of(), held, lambda given: sounding(given, options.agents))
        config = set_up(folder, floor, options.agents, min(1_800, CALLS_EACH * options.kills + 20))
        until = time.monotonic() + 60 * options.minutes
        kills = asyncio.run(_play(config, options.agents, options.kills, random.Random(options.seed), until))
        dialer("recordings", "index", "-c", str(config))
        if not asyncio.run(_judge(config, kills)):
            raise SystemExit(1)


async def _play(config: Path, agents: int, kills: int, chance: random.Random, until: float) -> list[float]:
    """Let the dialer live and die; when it was killed."""
    killed: list[float] = []
    tokens: dict[int, str] = {}
    for life in range(kills):
        if time.monotonic() > until:
            break
        async with serving(config) as served:
            if not life:
                async with served.client() as client:
                    await client.change_campaign(1, rules=ALWAYS)
                    await client.start_campaign(1)
            async with at_work(served, agents, tokens=tokens):
                # In the first life the agents have to come in; later ones find talks going on from the start.
                await asyncio.sleep(chance.uniform(0.0, LIFE_MAX_S) + (0.0 if life else LIFE_MAX_S))
                killed.append(time.time())
                served.process.kill()
                await served.ended()
        if not (life + 1) % 10:
            print(f"{life + 1} kills", flush=True)
    async with serving(config) as served:
        async with served.client() as client:
            await client.pause_campaign(1)
        async with at_work(served, agents, tokens=tokens):
            await asyncio.sleep(ENDS_S)
        served.signal(signal.SIGINT)
        await served.ended()
    return killed


async def _judge(config: Path, kills: Sequence[float]) -> bool:
    day = await judged_talks(config)
    spool = Path(load(config).asterisk.recordings_dir)
    orphans = _written(spool) - {str(call["recording"]) for call in day.calls}
    lost = sorted(day.talks.keys() - day.judged.keys())
    wrong = [one for one in day.judged.values() if not one.same or one.strangers]
    print(table(["", ""], _figures(kills, day.talks, day.judged, orphans)))
    print("disk and index agree" if day.found.clean else f"disk and index disagree: {day.found}")
    for name in sorted(orphans):
        print("written, and of no call:", name)
    for call in lost:
        print("a talk without its recording:", day.talks[call], day.states.get(call))
    for one in wrong:
        print("not what was written, or somebody else's:", one)
    return not (orphans or lost or wrong) and day.found.clean


def _figures(
    kills: Sequence[float], talks: Mapping[int, Mapping[str, Any]], judged: Mapping[int, Judged], orphans: set[str]
) -> list[list[object]]:
    during = [sum(one["bridged_at"] < at < (one["ended_at"] or at) for one in talks.values()) for at in kills]
    return [
        ["kills", len(kills)],
        ["of them while calls were being recorded", sum(count > 0 for count in during)],
        ["calls that were being recorded at a kill, together", sum(during)],
        ["talks", len(talks)],
        ["with exactly one playable recording", len(judged)],
        ["recordings of Asterisk's that belong to no call", len(orphans)],
        ["not sample for sample what Asterisk wrote for that call", sum(not one.same for one in judged.values())],
        ["in which anybody else is heard", sum(bool(one.strangers) for one in judged.values())],
    ]


def _written(spool: Path) -> set[str]:
    """The base names of all recordings that Asterisk wrote any side of."""
    return {
        str(path.relative_to(spool)).removesuffix(f"-{leg}.wav") for leg in Leg for path in spool.rglob(f"*-{leg}.wav")
    }


if __name__ == "__main__":
    print(machine())
    main(sys.argv[1:])
