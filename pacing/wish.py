"""What a policy answers: calls wished, what bound them, and the figures it went by."""

from dataclasses import field

from pacing.decision import Binding
from pacing.fixed import fixed


@fixed
class Wish:
    """`figures` may hold frees, answers, within_s, risk, price, answered, abandoned and cap, as in decision.Why."""

    calls: int
    binding: Binding
    figures: dict[str, float] = field(default_factory=dict)
    detail: str = ""
