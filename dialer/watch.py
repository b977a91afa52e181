"""Looks at the floor once a second for those who cannot: counts its minutes, raises alarms, keeps guards, judges
forecasts. What is an alarm and when a guard breaks is decided in the core.
"""

import asyncio
import json
import shutil
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from dialer.core.alarms import WARNING, AlarmCode, Board, Finding, House, Outgoing, Raised, look
from dialer.core.control import Broken, guard_broken, rolled_back
from dialer.core.ids import CampaignId
from dialer.core.messages import Alarm, CampaignSet, Event, Refused
from dialer.core.model import CallRecord, Campaign, CampaignStatus, Change
from dialer.core.series import CLOSE_S, Meter, Minute
from dialer.core.view import CampaignView, FloorView
from dialer.errors import DialerError
from dialer.notify import Notifier, words
from dialer.store import AuditEntry, Store
from dialer.store.floor_log import ForecastRow
from dialer.watch_settings import AlarmSettings

log = structlog.get_logger()

LOOK_S = 1.0
ALARMS_EVERY_S = 5.0
LIST_EVERY_S = 60.0
CLOSE_STEPS = 180  # kept of each campaign: a quarter of an hour
BURN_S = 900.0
TOLD_S = 600.0  # for how long a word of the engine stands as an alarm
KEPT_S = 90 * 86_400.0  # minutes
MADE_WITHIN_S = 300.0  # a change made later than that met another floor than its forecast saw
AT_ONCE_S = 5.0  # what is done so soon after a forecast, or its change, is a part of it
DISTURBED_KEPT = 1_000
HERSELF = "cadencia"  # who takes a change back whose guard broke


class Watched(Protocol):
    """What is looked at. The runtime is it."""

    lag_s: float
    alarms: deque[tuple[float, Alarm]]

    def view(self) -> FloorView: ...

    async def ask(self, event: Event) -> Refused | None: ...


@dataclass(slots=True)
class _Since:
    """What came while a change was in force."""

    answered: int = 0
    abandoned: int = 0
    idle_s: float = 0.0
    busy_s: float = 0.0


@dataclass(slots=True)
class _Seen:
    """What was last known beside the view."""

    campaigns: dict[CampaignId, Campaign] = field(default_factory=dict)
    leads_left: dict[CampaignId, int] = field(default_factory=dict)
    lists_at: float = 0.0
    alarms_at: float = 0.0
    lag_s: float = 0.0  # the worst since the last look for alarms
    told: float = 0.0  # up to when the engine's words were read


class Watchman:
    """`changing` is held while a campaign is read, changed and kept; the console holds the same one."""

    def __init__(
        self,
        floor: Watched,
        store: Store,
        settings: AlarmSettings,
        *,
        now: Callable[[], float],
        behind: Callable[[], float] = lambda: 0.0,
        folder: Path | None = None,
        notifier: Notifier | None = None,
    ) -> None:
        self._floor, self._store, self._settings = floor, store, settings
        self._now, self._behind, self._folder = now, behind, folder
        self._notifier = notifier or Notifier(None)
        self._meter, self._close_meter = Meter(), Meter(step_s=CLOSE_S)
        self._close: dict[CampaignId, deque[Minute]] = {}
        self._board = Board(settings.limits)
        self._outgoing = Outgoing(settings.quiet_hours, settings.zone)
        self._seen = _Seen()
        self._before: dict[CampaignId, CampaignView] = {}
        self._since: dict[tuple[CampaignId, int], _Since] = {}
        self._broken: deque[tuple[float, Finding]] = deque(maxlen=100)  # guards of late
        self._recent: deque[Minute] = deque(maxlen=4_000)
        self._disturbed: dict[CampaignId, deque[float]] = {}
        self._began = 0.0
        self.changing = asyncio.Lock()

    @property
    def standing(self) -> tuple[Raised, ...]:
        """The alarms that stand, newest first."""
        return self._board.standing

    def ended(self, record: CallRecord) -> None:
        """A call is over."""
        self._meter.ended(record)
        self._close_meter.ended(record)

    def closely(self, campaign: CampaignId, since: float, until: float) -> list[Minute]:
        """The steps of `CLOSE_S` seconds of since <= t < until, oldest first; a quarter of an hour is known at most."""
        return [one for one in self._close.get(campaign, ()) if since <= one.at < until]

    def disturbed(self, campaign: CampaignId) -> None:
        """Somebody changed the campaign's course: a forecast begun before cannot be judged by what comes."""
        self._disturbed.setdefault(campaign, deque(maxlen=DISTURBED_KEPT)).append(self._now())

    async def acknowledge(self, number: int, by: str) -> Raised | None:
        """Note who has seen the alarm; None where it does not stand (any more)."""
        seen = self._board.acknowledge(number, by, self._now())
        if seen is not None:
            await self._store.floor_log.save_alarm(seen)
        return seen

    async def run(self) -> None:
        """Look until cancelled."""
        self._began = self._seen.told = self._now()
        await self._tried(self._begin())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._notifier.run(), name="notify")
            while True:
                await self._tried(self._look())
                await asyncio.sleep(LOOK_S)

    async def _begin(self) -> None:
        self._board = Board(self._settings.limits, await self._store.floor_log.begin_alarms(self._now()))
        for campaign in await self._store.campaigns.list():
            for change in campaign.changes:
                if change.lasts(self._now()) and _guarded(change):
                    self._since[campaign.id, change.number] = await self._so_far(campaign.id, change)

    async def _so_far(self, campaign: CampaignId, change: Change) -> _Since:
        """What came under a change before this process: of the whole minutes in which it stood."""
        since = _Since()
        for one in await self._store.floor_log.minutes(campaign, change.at, self._now()):
            if change.stands(one.at):
                since.answered += one.answered
                since.abandoned += one.abandoned
                since.idle_s += one.idle_s
                since.busy_s += one.busy_s
        return since

    async def _tried(self, doing: Awaitable[None]) -> None:
        """Whatever the store refuses now is looked at again in a second."""
        try:
            await doing
        except DialerError as error:
            log.warning("the floor's history is not kept", error=str(error))

    async def _look(self) -> None:
        view, now = self._floor.view(), self._now()
        self._seen.lag_s = max(self._seen.lag_s, self._floor.lag_s)
        minutes, trunks = self._meter.look(view)
        for one in self._close_meter.look(view)[0]:
            self._close.setdefault(one.campaign, deque(maxlen=CLOSE_STEPS)).append(one)
        self._count(view, now)
        if minutes or trunks:
            self._recent.extend(minutes)
            await self._store.floor_log.add_minutes(minutes, trunks)
            await self._judge(now)
        if now - self._seen.alarms_at >= ALARMS_EVERY_S:
            self._seen.alarms_at = now
            self._seen.campaigns = {one.id: one for one in await self._store.campaigns.list()}
            await self._look_for_alarms(view, now)
            await self._keep_guards(now)

    # ---------------------------------------------------------------- alarms

    async def _look_for_alarms(self, view: FloorView, now: float) -> None:
        if now - self._seen.lists_at >= LIST_EVERY_S:
            self._seen.lists_at = now
            await self._tried(self._count_leads(view, now))
        found = [*look(view, self._house(now), self._settings.limits), *self._told(now)]
        self._seen.lag_s = 0.0
        turned = self._board.update(found, now)
        for raised in self._outgoing.due(turned, self._board.standing, now):
            campaign = self._seen.campaigns.get(raised.finding.campaign or CampaignId(0))
            self._notifier.put(*words(raised, self._settings.language, campaign.name if campaign else ""))
        for raised in turned:
            log.warning("alarm over" if raised.cleared_at else "alarm raised", code=str(raised.finding.code))
            await self._store.floor_log.save_alarm(raised)

    def _told(self, now: float) -> list[Finding]:
        """What the engine and the store said of late, and guards that broke, as findings."""
        said = [_said(alarm) for at, alarm in self._floor.alarms if now - at < TOLD_S]
        return [*said, *(one for at, one in self._broken if now - at < TOLD_S)]

    def _house(self, now: float) -> House:
        recent = [one for one in self._recent if one.at >= now - BURN_S]
        placed: dict[CampaignId, list[int]] = {}
        lost: dict[CampaignId, tuple[int, int]] = {}
        for one in recent:
            placed.setdefault(one.campaign, []).append(one.placed)
            answered, abandoned = lost.get(one.campaign, (0, 0))
            lost[one.campaign] = (answered + one.answered, abandoned + one.abandoned)
        burnt = {}
        for campaign, (answered, abandoned) in lost.items():
            configured = self._seen.campaigns.get(campaign)
            cap = configured.pacing.abandon_cap if configured is not None else 0.0
            minutes = len(placed[campaign])
            burnt[campaign] = abandoned / answered / cap * (60.0 / minutes) if answered and cap else 0.0
        return House(
            disk_free_share=_free_share(self._folder),
            clock_behind_s=self._behind(),
            loop_lag_s=self._seen.lag_s,
            leads_left=self._seen.leads_left,
            placed_per_minute={campaign: sum(counts) / len(counts) for campaign, counts in placed.items()},
            burnt_per_hour=burnt,
        )

    async def _count_leads(self, view: FloorView, now: float) -> None:
        for campaign in view.campaigns:
            if campaign.status is CampaignStatus.RUNNING:
                counts = await self._store.leads.counts(campaign.id, now)
                self._seen.leads_left[campaign.id] = counts.open + counts.claimed
            else:
                self._seen.leads_left.pop(campaign.id, None)

    # ---------------------------------------------------------------- guards

    def _count(self, view: FloorView, now: float) -> None:
        """Add what came since the last look to each change that is in force."""
        for campaign in view.campaigns:
            before, self._before[campaign.id] = self._before.get(campaign.id), campaign
            configured = self._seen.campaigns.get(campaign.id)
            if before is None or configured is None:
                continue
            for change in configured.changes:
                if change.stands(now) and _guarded(change):
                    since = self._since.setdefault((campaign.id, change.number), _Since())
                    since.answered += max(0, campaign.answered - before.answered)
                    since.abandoned += max(0, campaign.abandoned - before.abandoned)
                    since.idle_s += max(0.0, campaign.idle_s - before.idle_s)
                    since.busy_s += max(0.0, campaign.busy_s - before.busy_s)

    async def _keep_guards(self, now: float) -> None:
        for campaign in self._seen.campaigns.values():
            for change in campaign.changes:
                since = self._since.get((campaign.id, change.number))
                if since is None or not change.lasts(now):
                    continue
                broken = guard_broken(
                    change,
                    answered=since.answered,
                    abandoned=since.abandoned,
                    idle_s=since.idle_s,
                    work_s=since.idle_s + since.busy_s,
                )
                if broken is not None:
                    await self._roll_back(campaign.id, change, broken, now)

    async def _roll_back(self, campaign: CampaignId, change: Change, broken: Broken, now: float) -> None:
        async with self.changing:
            found = await self._store.campaigns.get(campaign)
            standing = {one.number for one in found.changes if one.lasts(now)} if found is not None else set()
            if found is None or change.number not in standing:  # somebody was sooner
                return
            kept = await self._store.campaigns.save(rolled_back(found, change.number, by=HERSELF, at=now))
            await self._floor.ask(CampaignSet(kept))
        self._since.pop((campaign, change.number), None)
        self.disturbed(campaign)
        figures = (("number", float(change.number)), *broken.figures)
        code = AlarmCode.GUARD_IDLE if broken.idle else AlarmCode.GUARD
        finding = Finding(code=code, subject=str(change.number), level=WARNING, figures=figures, campaign=campaign)
        self._broken.append((now, finding))
        told = {"campaign": campaign, "number": change.number, "guard": True, **dict(broken.figures)}
        entry = AuditEntry(at=now, by_whom=HERSELF, action="campaign.roll_back", detail=json.dumps(told))
        await self._store.audit.add(entry)
        log.warning("a guard broke", **(told | {"guard": str(code)}))

    # ---------------------------------------------------------------- forecasts

    async def _judge(self, now: float) -> None:
        """Put what came beside each forecast whose time is over."""
        for row in await self._store.floor_log.forecasts_due(now - 60.0):
            came = await self._came(row) if row.at >= self._began and self._went_as_forecast(row) else None
            await self._store.floor_log.judge_forecast(row.id, came, now)

    def _went_as_forecast(self, row: ForecastRow) -> bool:
        """Whether nobody changed the course from the forecast to its end, but for the change that it spoke of."""
        ends_at = row.begins_at + row.minutes * 60.0
        for at in self._disturbed.get(row.campaign, ()):
            own = row.made_at is not None and row.made_at <= at <= row.made_at + AT_ONCE_S
            if row.at + AT_ONCE_S < at < ends_at and not own:
                return False
        campaign = self._seen.campaigns.get(row.campaign)
        made = next((one for one in campaign.changes if one.number == row.made), None) if campaign else None
        stood = made is None or made.over_at >= ends_at
        return stood and row.begins_at - row.at <= MADE_WITHIN_S

    async def _came(self, row: ForecastRow) -> Mapping[str, float] | None:
        since = row.begins_at // 60.0 * 60.0 + 60.0
        minutes = await self._store.floor_log.minutes(row.campaign, since, since + row.minutes * 60.0)
        if not minutes:
            return None
        answered = sum(one.answered for one in minutes)
        abandoned = sum(one.abandoned for one in minutes)
        busy_s, idle_s = sum(one.busy_s for one in minutes), sum(one.idle_s for one in minutes)
        return {
            "connected": float(sum(one.connected for one in minutes)),
            "abandoned": float(abandoned),
            "abandon_ratio": abandoned / answered if answered else 0.0,
            "occupancy": busy_s / (busy_s + idle_s) if busy_s + idle_s else 0.0,
        }


def _said(alarm: Alarm) -> Finding:
    figures = (("text", alarm.text),)
    return Finding(code=AlarmCode.TOLD, subject=alarm.code, level=WARNING, figures=figures, campaign=alarm.campaign)


def _guarded(change: Change) -> bool:
    return change.abandon_guard is not None or change.idle_guard is not None


def _free_share(folder: Path | None) -> float | None:
    if folder is None:
        return None
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free / usage.total
