"""Learning who answers when, once a night, while the engine dials on: in a process of its own, behind all others.

What is learned stands in the database; the engine takes it up from there.
"""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import structlog

from dialer.clock import next_time
from dialer.errors import StoreError
from dialer.leads.scoring import learn_from_calls
from dialer.store import Store

log = structlog.get_logger()

NICE = 15
FRESH_S = 12 * 3600.0  # another cell, or a person, learned meanwhile: no need to do it once more


async def learn_nightly(database: str, at: str, now: Callable[[], float]) -> None:
    """Learn for every campaign at that time of each day, until cancelled. `at`: as 03:30 by the machine's own clock."""
    while True:
        await asyncio.sleep(next_time(at, now()) - now())
        begun = now()
        try:
            learned = await learn_beside(database)
        except StoreError as error:
            log.warning("not learned who answers when; the former models hold", error=str(error))
            continue
        log.info("learned who answers when", campaigns=learned, seconds=round(now() - begun, 1))


async def learn_beside(database: str) -> int:
    """Learn in another process; for how many campaigns there was enough to learn from. Raises StoreError."""
    context = multiprocessing.get_context("spawn")  # the database's address goes by pipe, not by the command line
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_learn_there, args=(database, there), name="learn who answers", daemon=True)
    process.start()
    there.close()
    try:
        answer: int | str = await asyncio.to_thread(_answer, here)
    finally:
        process.terminate()  # the server ends, or there is nothing left to do
        process.join()
        here.close()
    if isinstance(answer, str):
        raise StoreError(answer)
    return answer


def _answer(pipe: Connection) -> int | str:
    try:
        answer: int | str = pipe.recv()
    except EOFError:
        return "the process that learns ended before it was done"
    return answer


def _learn_there(database: str, pipe: Connection) -> None:
    os.nice(NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when to stop
    try:
        pipe.send(asyncio.run(_learn(database)))
    except StoreError as error:
        pipe.send(str(error))


async def _learn(database: str) -> int:
    learned = 0
    async with await Store.open(database) as store:
        fresh = {campaign for campaign, at, _ in await store.scores.others({}) if at > time.time() - FRESH_S}
        for campaign in await store.campaigns.list():
            if campaign.id not in fresh:
                learned += (await learn_from_calls(store, campaign, time.time())).model is not None
    return learned
