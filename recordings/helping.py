"""A process that helps this one: it gives way to everything else, and is gone when this one is, however it ended."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from threading import Thread


def helper(niceness: int) -> ProcessPoolExecutor:
    """A pool of one such process, begun with its first job."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=spawn, initializer=_begin, initargs=(niceness,))


def _begin(niceness: int) -> None:
    os.nice(niceness)
    Thread(target=_end_with_the_other, daemon=True).start()


def _end_with_the_other() -> None:
    """A pool waits for its next job on a pipe that it holds open itself: of a kill it would never hear."""
    if (other := multiprocessing.parent_process()) is not None:
        other.join()
        os._exit(1)
