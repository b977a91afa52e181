"""What is planned for campaigns is done at its time, once, and what came due while nothing ran is done at the start."""

from pathlib import Path

import pytest

from dialer.core.ids import CampaignId, ClientId
from dialer.core.messages import CampaignSet, Event
from dialer.core.model import Campaign, CampaignStatus, Mode
from dialer.scheduler import carry_out
from dialer.store import Store
from tests.new_database import new_database

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("action", "status", "noted"),
    [
        ("start", CampaignStatus.RUNNING, "campaign.running"),
        ("pause", CampaignStatus.PAUSED, "campaign.paused"),
        ("archive", CampaignStatus.PAUSED, "campaign.archive"),
    ],
)
async def test_a_plan_is_carried_out_once_and_the_engine_is_told(
    tmp_path: Path, action: str, status: CampaignStatus, noted: str
) -> None:
    told: list[Event] = []
    async with await Store.open(new_database(tmp_path / "day.db")) as store:
        client = await store.clients.add("Bank")
        bare = Campaign(id=CampaignId(0), client=ClientId(client.id), name="Spring", mode=Mode.MANUAL)
        campaign = await store.campaigns.save(bare)
        plan = await store.schedules.add(campaign.id, NOW + 10, action, "Ana")
        assert await store.schedules.due(NOW + 9) == ()
        [due] = await store.schedules.due(NOW + 3600)
        assert due == plan
        await carry_out(store, told.append, due, NOW + 3600)
        assert await store.schedules.due(NOW + 3600) == ()
        kept = await store.campaigns.get(campaign.id)
        assert kept is not None
        assert kept.status is status
        assert (campaign.id in await store.schedules.archived()) == (action == "archive")
        [event] = told
        assert isinstance(event, CampaignSet)
        assert event.campaign.status is status
        [entry] = await store.audit.page()
        assert (entry.by_whom, entry.action) == ("Ana", noted)
