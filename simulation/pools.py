"""Processes that simulate beside this one: they yield to whoever dials, say nothing on Ctrl-C, and never outlive it."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

LOOK_EVERY_S = 1.0


@contextmanager
def pool(
    jobs: int,
    *,
    method: str = "spawn",
    nice: int = 5,
    prepare: Callable[..., None] | None = None,
    args: tuple[object, ...] = (),
) -> Iterator[ProcessPoolExecutor]:
    """So many processes, begun by `method` ("spawn", "fork"); `prepare` is called with `args` in each of them.

    Where the block is left by an exception (Ctrl-C is one), they are ended at once. Where this process is killed they
    end by themselves within a second or so.
    """
    others = {one.pid for one in multiprocessing.active_children()}
    begun = (os.getpid(), nice, prepare, args)
    with ProcessPoolExecutor(jobs, multiprocessing.get_context(method), _begin, begun) as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            for one in multiprocessing.active_children():
                if one.pid not in others:
                    one.kill()
            raise


def _begin(parent: int, nice: int, prepare: Callable[..., None] | None, args: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word: the parent has the last one
    os.nice(nice)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if prepare is not None:
        prepare(*args)


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: what it works on is wanted by nobody."""
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os._exit(1)
