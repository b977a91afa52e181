"""Simulated time, and something that is to be done after a while of it.

Both are SimPy's own, made lighter: a world asks for the time a hundred times for each call, and plans twenty things.
"""

from collections.abc import Callable
from operator import attrgetter

import simpy


class Timeline(simpy.Environment):
    """A `simpy.Environment` that tells the time without a call of a function in Python."""

    now = property(attrgetter("_now"))


class Planned(simpy.Event):
    """Do `act` after `delay_s`: a `simpy.Timeout` without what nobody here asks of one, as its value and its delay."""

    _ok = True

    def __init__(self, env: simpy.Environment, delay_s: float, act: Callable[[simpy.Event], None]) -> None:
        assert delay_s >= 0.0, "nothing is done in the past"
        self.callbacks = [act]
        env.schedule(self, delay=delay_s)
