"""The disk that recordings go to: when it is full, each campaign does what its policy says, and does it aloud.

`stop`: a campaign that records is paused, in the engine alone, and goes on by itself when there is room again.
`unrecorded`: it dials on without recording.
"""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from dialer.core.ids import CampaignId
from dialer.core.messages import Alarm, CampaignSet
from dialer.core.model import Campaign, CampaignStatus
from dialer.errors import StoreError
from dialer.ports import Tell
from dialer.store import Store
from recordings.archive import ArchiveSettings

log = structlog.get_logger()

LOOK_S = 5.0
ALARM_LOOKS = 100  # a word to supervisors stands for ten minutes
_MB = 1 << 20


class DiskGuard:
    """Looks at the folders again and again."""

    def __init__(
        self,
        folders: tuple[Path, ...],
        settings: ArchiveSettings,
        store: Store,
        tell: Tell,
        *,
        alarm: Callable[[Alarm], None] | None = None,
        free: Callable[[Path], int] | None = None,
    ) -> None:
        """`alarm` lets supervisors know; `free` tells the bytes that are free where a folder lies."""
        self._folders = folders
        self._settings = settings
        self._store = store
        self._tell = tell
        self._alarm = alarm
        self._free = free or free_bytes
        self._looks = 0  # since the disk was found full
        self._held: set[CampaignId] = set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except (StoreError, OSError) as error:
                log.warning("the room for recordings is not known", error=str(error))
            await asyncio.sleep(LOOK_S)

    async def look(self) -> bool:
        """One look; whether the disk is full. Said again while it is, so that nobody undoes it unawares."""
        least = min(await asyncio.gather(*(asyncio.to_thread(self._free, folder) for folder in self._folders)))
        full = least < self._settings.free_min_mb * _MB
        self._looks = self._looks + 1 if full else 0
        if not full and not self._held:
            return False
        campaigns = {one.id: one for one in await self._store.campaigns.list()}
        if full:
            for campaign in campaigns.values():
                if campaign.record and campaign.status is CampaignStatus.RUNNING:
                    self._hold(campaign, least)
        else:
            log.warning("there is room for recordings again", free_mb=least // _MB)
            for held in sorted(self._held):
                if held in campaigns:
                    self._tell(CampaignSet(campaigns[held]))
            self._held.clear()
        return full

    def _hold(self, campaign: Campaign, least: int) -> None:
        policy = self._settings.policy(campaign.name)
        does = "stops dialling" if policy == "stop" else "goes on unrecorded"
        new = campaign.id not in self._held
        if new:
            log.critical(f"no room for recordings: the campaign {does}", campaign=campaign.id, free_mb=least // _MB)
            self._held.add(campaign.id)
        if self._alarm is not None and (new or self._looks % ALARM_LOOKS == 0):  # it stands as long as it is so
            text = f"{campaign.name} {does}: {least // _MB} MB are free, {self._settings.free_min_mb} MB are needed"
            self._alarm(Alarm(f"recordings_full_{policy}", text, campaign.id))
        stopped = replace(campaign, status=CampaignStatus.PAUSED)
        self._tell(CampaignSet(stopped if policy == "stop" else replace(campaign, record=False)))


def free_bytes(folder: Path) -> int:
    """What is free where the folder lies, or will lie."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
