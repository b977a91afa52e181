"""Lets an indexer work and kills it, again and again: `killed_indexer.py DATABASE FOLDER TIMES`.

Each life is a fork of this process, which has everything imported, so that a kill costs milliseconds. Prints how many
were killed at work.
"""

import asyncio
import os
import random
import select
import signal
import sys
from pathlib import Path

from dialer.store import Store
from recordings.archive import ArchiveSettings
from recordings.worker import Indexer, alone
from tests.recordings.floor import LATER


async def _index(url: str, folder: Path, begun: int) -> None:
    settings = ArchiveSettings(folder=folder / "tree")
    with alone(settings.folder):
        async with await Store.open(url) as store:
            indexer = Indexer(store, folder / "spool", settings, now=lambda: LATER)
            os.write(begun, b".")
            while await indexer.step():
                pass
            os.write(begun, b"!")
            await asyncio.Event().wait()


def _life(url: str, folder: Path, after_s: float) -> bool:
    """One life; whether it was still at work when it was killed."""
    heard, begun = os.pipe()
    child = os.fork()
    if child == 0:
        asyncio.run(_index(url, folder, begun))
    os.close(begun)
    os.read(heard, 1)
    finished, _, _ = select.select([heard], [], [], after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(heard)
    return not finished


if __name__ == "__main__":
    address, place, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(8)
    sys.stdout.write(str(sum(_life(address, place, chance.uniform(0.0, 0.06)) for _ in range(times))))
