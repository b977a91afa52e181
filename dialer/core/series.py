"""The floor minute by minute, or closer: what a curve shows. Fed with the floor each second, it answers whole steps.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dialer.core.ids import CampaignId
from dialer.core.model import CallRecord
from dialer.core.view import CampaignView, FloorView

MINUTE_S = 60.0
CLOSE_S = 5.0  # a step of the closest look: the effect of a change is seen at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """One campaign in the minute (or the shorter step) from `at` on, in seconds since 1970.

    Seconds are summed over agents; agents and lines are means.
    """

    campaign: CampaignId
    at: float
    placed: int = 0
    answered: int = 0
    connected: int = 0
    abandoned: int = 0
    waits: int = 0  # people who met an agent, and how long they had waited in all
    wait_s: float = 0.0
    idle_s: float = 0.0
    busy_s: float = 0.0
    agents: float = 0.0  # at work, in the mean
    lines: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkMinute:
    """The lines of one trunk: the most that were in use in the minute."""

    trunk: str
    at: float
    lines: int
    lines_max: int
    state: str


@dataclass(slots=True)
class _Sums:
    first: CampaignView
    last: CampaignView
    looks: int = 0
    lines: int = 0
    agents: int = 0
    waits: int = 0
    wait_s: float = 0.0


@dataclass(slots=True)
class Meter:
    """Adds the looks of a minute (or of a step of another length) up. The first is a part of one and is left out."""

    step_s: float = MINUTE_S
    _minute: float | None = None
    _whole: bool = False
    _sums: dict[CampaignId, _Sums] = field(default_factory=dict)
    _trunks: dict[str, TrunkMinute] = field(default_factory=dict)

    def ended(self, record: CallRecord) -> None:
        """A call is over: how long the person had waited for the agent."""
        if record.ended_at is not None and self._minute is not None and record.ended_at < self._minute:
            return  # told again with what the agent said of it: its wait was counted when it ended
        sums = self._sums.get(record.campaign)
        if sums is not None and record.bridged_at is not None and record.answered_at is not None:
            sums.waits += 1
            sums.wait_s += record.bridged_at - record.answered_at

    def look(self, view: FloorView) -> tuple[tuple[Minute, ...], tuple[TrunkMinute, ...]]:
        """Take the floor in; the minute that is over with it, empty in its middle."""
        minute = view.at // self.step_s * self.step_s
        found: tuple[tuple[Minute, ...], tuple[TrunkMinute, ...]] = ((), ())
        if minute != self._minute:
            if self._minute is not None and self._whole:
                found = self._ended(self._minute, view.campaigns)
            self._whole = self._minute is not None
            self._minute, self._trunks = minute, {}
            self._sums = {one.id: _Sums(one, one) for one in view.campaigns}
        for campaign in view.campaigns:
            sums = self._sums.setdefault(campaign.id, _Sums(campaign, campaign))
            sums.last = campaign
            sums.looks += 1
            sums.lines += campaign.lines
            sums.agents += sum(count for state, count in campaign.agents_by_state if state not in AWAY)
        for trunk in view.trunks:
            before = self._trunks.get(trunk.name)
            lines = max(trunk.lines, before.lines if before is not None else 0)
            self._trunks[trunk.name] = TrunkMinute(
                trunk=trunk.name, at=minute, lines=lines, lines_max=trunk.lines_max, state=trunk.state
            )
        return found

    def _ended(self, at: float, now: Iterable[CampaignView]) -> tuple[tuple[Minute, ...], tuple[TrunkMinute, ...]]:
        present = {one.id: one for one in now}
        minutes = tuple(
            _minute(at, sums, present.get(campaign, sums.last)) for campaign, sums in self._sums.items() if sums.looks
        )
        return minutes, tuple(self._trunks.values())


AWAY = frozenset({"signed_out", "break", "connecting", "leg_lost"})


def _minute(at: float, sums: _Sums, last: CampaignView) -> Minute:
    first = sums.first
    return Minute(
        campaign=last.id,
        at=at,
        placed=last.placed - first.placed,
        answered=max(0, last.answered - first.answered),  # one found to be a machine is taken back
        connected=last.connected - first.connected,
        abandoned=last.abandoned - first.abandoned,
        waits=sums.waits,
        wait_s=sums.wait_s,
        idle_s=max(0.0, last.idle_s - first.idle_s),
        busy_s=max(0.0, last.busy_s - first.busy_s),
        agents=sums.agents / sums.looks,
        lines=sums.lines / sums.looks,
    )
