"""Does what is planned for campaigns at its time: through the store first, then the engine, as a person would."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from dialer.core.messages import CampaignSet
from dialer.core.model import CampaignStatus
from dialer.errors import StoreError
from dialer.ports import Tell
from dialer.store import AuditEntry, Store
from dialer.store.schedules import Schedule

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
_STATUS = {
    "start": CampaignStatus.RUNNING,
    "pause": CampaignStatus.PAUSED,
    "archive": CampaignStatus.PAUSED,
}


async def run_schedules(store: Store, tell: Tell, now: Callable[[], float], changing: asyncio.Lock) -> None:
    """Look for what is due until cancelled. What came due while no dialer ran is done at the start.

    `changing` is held from reading a campaign until the engine is told: what a supervisor changes meanwhile stays.
    """
    while True:
        try:
            for plan in await store.schedules.due(now()):
                async with changing:
                    await carry_out(store, tell, plan, now())
        except StoreError as error:
            log.warning("plans not looked at", error=str(error))
        await asyncio.sleep(LOOK_EVERY_S)


async def carry_out(store: Store, tell: Tell, plan: Schedule, now: float) -> None:
    """Do one plan and note that it is done. Raises StoreError: then it is tried again."""
    campaign = await store.campaigns.get(plan.campaign)
    if campaign is None:
        await store.schedules.done(plan.id, now, "there is no such campaign")
        return
    status = _STATUS[plan.action]
    await store.campaigns.set_status(campaign.id, status)
    if plan.action == "archive":
        await store.schedules.archive(campaign.id, now)
    tell(CampaignSet(replace(campaign, status=status)))
    await store.schedules.done(plan.id, now)
    detail = f'{{"campaign": {campaign.id}, "plan": {plan.id}}}'
    action = "campaign.archive" if plan.action == "archive" else f"campaign.{status}"  # as where a person does it
    await store.audit.add(AuditEntry(at=now, by_whom=plan.by_whom, action=action, detail=detail))
    log.info("a plan is carried out", campaign=campaign.id, action=plan.action)
