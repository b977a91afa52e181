"""Live control: who changed what about pacing, until when, and what it goes back to. Never beyond the legal cap.

A log of changes and the settings in force that follow from it. Pure: times are given, nothing is carried out here.
"""

from dataclasses import dataclass, replace
from typing import Any

from pacing.settings import PacingError, Settings, require

CHANGEABLE = (
    "policy", "abandon_cap", "target", "intensity", "ratio", "vicidial", "occupancy_max", "connect_within_s", "rules",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the author, when, the fields with their new values, and when it ends (None: it stays)."""

    author: str
    at: float
    fields: tuple[tuple[str, Any], ...]
    expires_at: float | None = None
    number: int = 0


class Control:
    """The settings of one campaign over time, from its first ones and the changes to them."""

    def __init__(self, settings: Settings, *, legal_cap: float) -> None:
        self._first = settings
        self._legal_cap = legal_cap
        self._changes: list[Change] = []
        self._made = 0
        self._check(settings)

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes that still stand, in order."""
        return tuple(self._changes)

    def change(self, t: float, author: str, *, expires_at: float | None = None, **fields: object) -> Change:
        """Change some fields; PacingError where a value is senseless or beyond the legal cap, and nothing changes."""
        unknown = sorted(fields.keys() - set(CHANGEABLE))
        require(not unknown, f"{', '.join(unknown)} cannot be changed live; these can: {', '.join(CHANGEABLE)}")
        require(bool(fields), "a change must name at least one field")
        require(bool(author), "a change must name its author")
        require(expires_at is None or expires_at > t, f"expires_at is {expires_at}; it must lie after {t}")
        self._made += 1
        made = Change(author, t, tuple(fields.items()), expires_at, self._made)
        self._check(self._with(self.settings(t), made))
        self._changes.append(made)
        return made

    def roll_back(self, number: int) -> None:
        """Take one change back; later ones stand. PacingError where there is no such change."""
        left = [each for each in self._changes if each.number != number]
        require(len(left) < len(self._changes), f"there is no change {number} to roll back")
        self._changes = left

    def settings(self, t: float) -> Settings:
        """The settings in force at t. Changes that have expired are forgotten in their own time order."""
        settings = self._first
        for change in self._changes:
            if change.at <= t and (change.expires_at is None or t < change.expires_at):
                settings = self._with(settings, change)
        return settings

    @staticmethod
    def _with(settings: Settings, change: Change) -> Settings:
        try:
            return replace(settings, **dict(change.fields))
        except (TypeError, ValueError) as error:
            raise PacingError(str(error)) from error

    def _check(self, settings: Settings) -> None:
        cap = settings.abandon_cap
        require(cap <= self._legal_cap, f"abandon_cap is {cap:g}; the rules allow {self._legal_cap:g} at most")
