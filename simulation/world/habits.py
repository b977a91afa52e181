"""How agents work: figures only, as a scenario sets them."""

import math
from dataclasses import dataclass

from simulation.world.bounds import bounded

COLLEAGUE = "+525500000000"  # whom agents consult and hand people on to: of every campaign's directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How agents work. Times in seconds; shares are of talks unless said otherwise.

    Each agent has a factor on talk and wrap-up: skill (`skill_sigma`), and for those who are new
    `1 + learning_extra * exp(-hours of talk so far / learning_h)`.
    """

    wrap_up_s: float = 25.0  # mean; 0 = none
    wrap_up_sigma: float = 0.7
    machine_wrap_up_s: float = 3.0
    arrive_within_s: float = 300.0
    late_share: float = 0.0  # of agents, each day
    late_s: float = 600.0  # mean
    break_every_s: float = 3600.0  # mean, besides the breaks of the shift; 0 = none
    break_s: float = 480.0  # mean
    overrun_share: float = 0.0  # of breaks: they take longer than they should
    overrun_s: float = 180.0  # mean
    skill_sigma: float = 0.0  # between agents: standard deviation of the logarithm of talk and wrap-up
    new_share: float = 0.0  # of agents
    learning_extra: float = 0.4
    learning_h: float = 30.0
    promise_share: float = 0.35  # of talks with the right party
    promise_sigma: float = 0.0  # between agents: standard deviation of its log-odds
    reaction_s: float = 1.5
    preview_s: float = 8.0
    preview_skip_share: float = 0.1  # of previews
    manual_s: float = 10.0  # from ready to the next number dialled
    hold_share: float = 0.03
    transfer_share: float = 0.02
    consult_share: float = 0.03
    code_early_share: float = 0.1  # the disposition is given while the talk goes on
    leave_early_share: float = 0.0  # signs out in the middle of a talk, and comes back
    callback_share: float = 0.05
    dial_in_share: float = 0.0  # of agents: they call in from a phone, by code and PIN
    off_phone_share: float = 0.0  # of calls to an agent's own phone: not taken

    def __post_init__(self) -> None:
        bounded(self)
        if self.hold_share + self.transfer_share + self.consult_share + self.leave_early_share > 1:
            raise ValueError("the shares of holds, transfers, consultations and early leaves add up to more than 1")
        if min(self.late_s, self.break_s, self.overrun_s, self.learning_h) <= 0:
            raise ValueError("late_s, break_s, overrun_s and learning_h are above 0")
        if not 0 < self.promise_share < 1:
            raise ValueError("promise_share lies between 0 and 1")

    def factor(self, inclination: float, hours: float, *, new: bool) -> float:
        """An agent's factor on talk and wrap-up; `inclination` in standard deviations."""
        skill = math.exp(self.skill_sigma * inclination - self.skill_sigma**2 / 2)
        return skill * (1 + self.learning_extra * math.exp(-hours / self.learning_h) if new else 1.0)

    def promises(self, inclination: float) -> float:
        """An agent's share of promises; `inclination` in standard deviations."""
        odds = self.promise_share / (1 - self.promise_share) * math.exp(self.promise_sigma * inclination)
        return odds / (1 + odds)
