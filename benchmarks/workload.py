"""A campaign that may always dial, and a list for it, for benchmarks that run the real store."""

import asyncio
import time
from collections.abc import Callable

from dialer.core.ids import CampaignId, ClientId
from dialer.core.model import Campaign, CampaignStatus, Mode, Trunk
from dialer.core.rules import EVERY_DAY, Rules, Window
from dialer.core.view import FloorView
from dialer.runtime import Runtime
from dialer.store import Store
from dialer.store.imports import CHUNK
from dialer.store.loading import NewLead, NewPhone
from pacing import Settings

PATIENCE_S = 10.0


def campaign_of(client: ClientId, trunk: Trunk, mode: Mode, pacing: Settings) -> Campaign:
    """Running, with hours that never close and lines enough."""
    return Campaign(
        id=CampaignId(0),
        client=client,
        name="benchmark",
        mode=mode,
        status=CampaignStatus.RUNNING,
        trunks=(trunk.name,),
        caller_id="+56220000000",
        lines_max=1000,
        rules=Rules(windows=(Window(EVERY_DAY, 0, 1440),)),
        pacing=pacing,
    )


async def import_leads(store: Store, campaign: Campaign, count: int, number: str) -> None:
    """`count` leads of different people; {n} in `number` is each one's own."""
    began = await store.imports.begin(campaign.id, "benchmark.csv", time.time())
    for first in range(0, count, CHUNK):
        rows = [_lead(n, number.replace("{n}", f"{n:06d}")) for n in range(first, min(count, first + CHUNK))]
        await store.imports.add(began, campaign, rows, time.time())


def _lead(n: int, number: str) -> NewLead:
    phone = NewPhone(number=number, valid=True, country="CL", zones=("America/Santiago",))
    return NewLead(external_id=f"x{n}", national_id=None, country="CL", name=f"Person {n}", phones=(phone,))


async def until(runtime: Runtime, condition: Callable[[FloorView], bool], what: str) -> None:
    """Wait until the floor looks as it must soon; end the benchmark where it does not."""
    changed = asyncio.Event()
    end = runtime.subscribe(lambda _: changed.set())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition(runtime.view()):
                changed.clear()
                await changed.wait()
    except TimeoutError:
        raise SystemExit(f"{what}: not within {PATIENCE_S:g} s") from None
    finally:
        end()
