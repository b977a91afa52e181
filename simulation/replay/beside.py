"""Another policy beside the one that ran: asked at the same instants, about the same floor, and never obeyed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pacing import Decision, Limits, Pacer, Policy, Settings
from pacing.policies import POLICIES
from pacing.settings import UNLIMITED


@dataclass(frozen=True, slots=True)
class Pair:
    """One instant: what was decided, and how many calls the other policy would have placed."""

    at: float
    made: Decision
    other: int
    other_binding: str


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
        calls, binding, _ = self._within(at, self._other.wish(self._floor, at, limits), limits)
        self._seen(Pair(at, made, calls, str(binding)))
        return made
