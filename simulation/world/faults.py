"""What goes wrong, how often and how badly. A run draws which faults it suffers from and their strength.

Most faults are off in most runs, so that each has its turn alone. Mean times of 0 and shares of 0 mean: never.
"""

import random
from dataclasses import dataclass, fields

from simulation.world.chance import log_uniform


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares are of messages; `_every_s` are mean times between occurrences."""

    event_lost_share: float = 0.0
    event_repeated_share: float = 0.0
    event_late_share: float = 0.0  # it is overtaken by others
    event_late_s: float = 2.0  # mean
    command_lost_share: float = 0.0  # it never arrives, and nobody is told
    command_refused_share: float = 0.0
    command_unsure_share: float = 0.0  # the answer is lost; half of them were carried out
    command_slow_share: float = 0.0
    command_slow_s: float = 1.0  # mean
    link_down_every_s: float = 0.0
    link_down_s: float = 10.0  # mean
    switch_restart_every_s: float = 0.0
    press_lost_share: float = 0.0
    console_gone_every_s: float = 0.0
    console_gone_s: float = 60.0  # mean
    leg_lost_every_s: float = 0.0
    store_refuses_share: float = 0.0
    store_silent_share: float = 0.0  # of reservations: no answer, though it has happened
    store_slow_share: float = 0.0
    store_slow_s: float = 3.0  # mean
    killed_every_s: float = 0.0  # the process, between the journal and a command
    clock_step_every_s: float = 0.0
    clock_step_s: float = 600.0  # the most
    clock_back_every_s: float = 0.0  # the clock is set back, and not trusted until it has caught up
    clock_back_s: float = 60.0  # the most
    all_leave_every_s: float = 0.0
    supervisor_every_s: float = 0.0  # somebody changes settings, stops and resumes

    @property
    def messages_arrive(self) -> bool:
        """Whether the dialer hears of everything at once, and everything it wishes is done."""
        return all(getattr(self, name) == 0 for name in _OF_MESSAGES)


_OF_MESSAGES = (
    "event_lost_share", "event_repeated_share", "event_late_share", "command_lost_share", "command_refused_share",
    "command_unsure_share", "command_slow_share", "link_down_every_s", "switch_restart_every_s", "store_refuses_share",
    "store_silent_share", "store_slow_share", "killed_every_s", "clock_step_every_s",
)  # fmt: skip
NO_FAULTS = Faults()

_RANGES = {
    "event_lost_share": (0.001, 0.05),
    "event_repeated_share": (0.001, 0.2),
    "event_late_share": (0.001, 0.2),
    "event_late_s": (0.05, 5.0),
    "command_lost_share": (0.001, 0.05),
    "command_refused_share": (0.001, 0.1),
    "command_unsure_share": (0.001, 0.1),
    "command_slow_share": (0.001, 0.2),
    "command_slow_s": (0.05, 3.0),
    "link_down_every_s": (60.0, 900.0),
    "link_down_s": (0.5, 60.0),
    "switch_restart_every_s": (200.0, 1500.0),
    "press_lost_share": (0.005, 0.3),
    "console_gone_every_s": (30.0, 600.0),
    "console_gone_s": (5.0, 200.0),
    "leg_lost_every_s": (20.0, 600.0),
    "store_refuses_share": (0.005, 0.3),
    "store_silent_share": (0.001, 0.05),
    "store_slow_share": (0.005, 0.3),
    "store_slow_s": (0.1, 15.0),
    "killed_every_s": (100.0, 1500.0),
    "clock_step_every_s": (200.0, 1500.0),
    "clock_step_s": (1.0, 3600.0),
    "clock_back_every_s": (200.0, 1500.0),
    "clock_back_s": (5.0, 300.0),
    "all_leave_every_s": (200.0, 1500.0),
    "supervisor_every_s": (20.0, 600.0),
}
assert set(_RANGES) == {field.name for field in fields(Faults)}


def swarm(draw: random.Random) -> Faults:
    """Draw the faults of one run: first how many, then which, then how strong. In a quarter all messages arrive."""
    on_share, arrive = draw.choice((0.0, 0.1, 0.3, 0.3, 0.6)), draw.random() < 0.25
    drawn = {}
    for name, (low, high) in _RANGES.items():
        on, strength = draw.random() < on_share, log_uniform(draw, low, high)
        if (on and not (arrive and name in _OF_MESSAGES)) or not name.endswith(("_share", "_every_s")):
            drawn[name] = strength
    return Faults(**drawn) if on_share > 0 else NO_FAULTS
