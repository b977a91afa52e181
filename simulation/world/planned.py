"""Something that is to be done after a while of simulated time."""

from collections.abc import Callable

import simpy


class Planned(simpy.Event):
    """Do `act` after `delay_s`. It is a `simpy.Timeout` without what nobody here asks of one: value, state, delay.

    A world makes some twenty of them for each call.
    """

    _ok = True

    def __init__(self, env: simpy.Environment, delay_s: float, act: Callable[[simpy.Event], None]) -> None:
        assert delay_s >= 0.0, "nothing is done in the past"
        self.callbacks = [act]
        env.schedule(self, delay=delay_s)
