"""Another policy beside the one that ran: asked at the same instants, about the same floor, and never obeyed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pacing import Decision, Limits, Pacer, Policy, Settings
from pacing.policies import POLICIES
from pacing.settings import UNLIMITED


@dataclass(frozen=True, slots=True)
class Pair:
    """One instant: what was decided, and what the other policy would have."""

    at: float
    made: Decision
    other: Decision


class PacerBeside(Pacer):
    """Decides as any pacer does, and tells `seen` what the other policy would have done with the same floor."""

    def __init__(self, settings: Settings, other: Policy, seen: Callable[[Pair], None]) -> None:
        super().__init__(settings)
        self._name, self._seen = other, seen
        self._other = POLICIES[other](replace(settings, policy=other))

    def change(self, t: float, settings: Settings) -> None:
        """Both go by other settings from now on."""
        super().change(t, settings)
        self._other = POLICIES[self._name](replace(settings, policy=self._name))

    def decide(self, t: float, limits: Limits = UNLIMITED) -> Decision:
        """The decision of the policy in force."""
        made = super().decide(t, limits)
        at = self._now(t)
        wish = self._other.wish(self._floor, at, limits)
        calls, binding, detail = self._within(at, wish, limits)
        why = replace(made.why, binding=binding, policy=self._name.value, wanted=wish.calls, detail=detail)
        figures: dict[str, Any] = wish.figures
        self._seen(Pair(at, made, Decision(calls, replace(why, **figures))))
        return made
