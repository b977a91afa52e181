"""Many simulated days: every strategy with every seed, on as many cores as there are, in an order that does not matter.

A replication is one strategy and one seed: a world that lives through its days one after the other.
"""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from typing import NamedTuple

from dialer.core.engine import Engine
from simulation.pools import pool
from simulation.report import COURSE_S, Day, Tally
from simulation.scenario import Scenario
from simulation.variants import Strategy
from simulation.world.watching import Trace
from simulation.world.world import World

SAMPLE_S = 15.0
_SAMPLES = round(COURSE_S / SAMPLE_S)
GC_EVERY = 100_000  # objects: a world makes few cycles, and looking for them often costs a sixth of the time


class Task(NamedTuple):
    """One replication to run. `number` counts the strategies."""

    number: int
    strategy: Strategy
    seed: int
    days: int


def live(scenario: Scenario, seed: int, days: int = 1, trace: Trace | None = None) -> Iterator[Day | None]:
    """Live through the days: None after every five simulated minutes, each day's figures at its end."""
    world = World(Engine, scenario, seed, trace=trace, keep_all=False)
    tally = Tally(world, seed)
    world.begin()
    for number in range(days):
        if number:
            world.next_day()
            tally.next_day()
        for sample in range(1, max(1, round(scenario.hours * 3600.0 / SAMPLE_S)) + 1):
            world.run(SAMPLE_S)
            tally.sample()
            if sample % _SAMPLES == 0:
                tally.point()
                yield None
        if days > 1:
            world.close_day()
        yield tally.day()


def steps_of(scenario: Scenario, days: int) -> int:
    """How often `live` yields None."""
    return days * (round(scenario.hours * 3600.0 / SAMPLE_S) // _SAMPLES)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0))


def run_all(tasks: Sequence[Task], jobs: int, advance: Callable[[int], None]) -> dict[tuple[int, int], list[Day]]:
    """Days by strategy and seed. `advance` is told of every step, wherever it was made."""
    if jobs == 1 or len(tasks) == 1:
        return {(task.number, task.seed): _run(task, lambda: advance(1)) for task in tasks}
    steps: SimpleQueue[int] = get_context("spawn").SimpleQueue()
    found = dict[tuple[int, int], list[Day]]()
    with pool(min(jobs, len(tasks)), prepare=_begin, args=(steps,)) as executor:
        running: dict[Future[list[Day]], Task] = {executor.submit(_run_there, task): task for task in tasks}
        while running:
            done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            while not steps.empty():
                advance(steps.get())
            for future in done:
                task = running.pop(future)
                found[task.number, task.seed] = future.result()
    return found


_steps: "SimpleQueue[int] | None" = None


def _begin(steps: "SimpleQueue[int]") -> None:
    """A process of the pool begins."""
    global _steps  # noqa: PLW0603 - the one thing that a process of the pool knows beside its task
    _steps = steps


def _run_there(task: Task) -> list[Day]:
    assert _steps is not None
    steps = _steps
    return _run(task, lambda: steps.put(1))


def _run(task: Task, step: Callable[[], None]) -> list[Day]:
    usual, days = gc.get_threshold(), list[Day]()
    gc.set_threshold(GC_EVERY, *usual[1:])
    try:
        for day in live(task.strategy.scenario, task.seed, task.days):
            if day is None:
                step()
            else:
                days.append(day)
    except Exception as error:
        error.add_note(f"in {task.strategy.name}, seed {task.seed}, on day {len(days) + 1} of its run")
        raise
    finally:
        gc.set_threshold(*usual)
    return days
