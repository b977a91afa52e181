"""Simulated time, and something that is to be done after a while of it, once or again and again.

All of it is SimPy's own, made lighter: a world asks for the time a hundred times for each call, and plans twenty
things.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from operator import attrgetter

import simpy
from simpy.events import NORMAL, URGENT

# ruff: noqa: SLF001 - what is made lighter is what stands inside


class Timeline(simpy.Environment):
    """A `simpy.Environment` that tells the time without a call of a function in Python, and goes on without one too."""

    now = property(attrgetter("_now"))

    def go_on(self, seconds: float) -> None:
        """`run(until=now + seconds)`, with the events of that very instant left for the next time, as there."""
        queue, until = self._queue, self._now + seconds
        while queue and queue[0][0] < until:
            self._now, _, _, event = heappop(queue)
            if type(event) is Planned:  # nearly always: one thing to do, and nobody waits for it
                event.callbacks[0](event)
                continue
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value
        self._now = until


class Planned(simpy.Event):
    """Do `act` after `delay_s`: a `simpy.Timeout` without what nobody here asks of one, as its value and its delay."""

    _ok = True

    def __init__(self, env: simpy.Environment, delay_s: float, act: Callable[[simpy.Event], None]) -> None:
        assert delay_s >= 0.0, "nothing is done in the past"
        self.callbacks = [act]
        heappush(env._queue, (env._now + delay_s, NORMAL, next(env._eid), self))


class Every(simpy.Event):
    """Do `act` every so many seconds, at first after as many: a `simpy.Process` of timeouts, without its generator."""

    _ok = True

    def __init__(self, env: simpy.Environment, every_s: float, act: Callable[[], None]) -> None:
        assert every_s > 0.0, "time passes between two"
        self.env, self._every_s, self._act = env, every_s, act
        self.callbacks = [self._plan]
        env.schedule(self, URGENT)

    def _ring(self, _: simpy.Event) -> None:
        self._act()
        self._plan(self)

    def _plan(self, _: simpy.Event) -> None:
        env = self.env
        self.callbacks = [self._ring]
        heappush(env._queue, (env._now + self._every_s, NORMAL, next(env._eid), self))
