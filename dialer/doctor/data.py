"""What the database holds, and whether campaigns could dial with it. Nothing is changed."""

import time
from collections.abc import AsyncIterator, Sequence

from dialer.config import Config
from dialer.core.caller_ids import Pool
from dialer.core.model import Campaign, CampaignStatus, Mode
from dialer.doctor.findings import Finding, failed, ok, warning
from dialer.doctor.lines import line_findings, pool_findings
from dialer.errors import ConfigError, StoreError
from dialer.rereading import known_pools
from dialer.store import Role, Store


async def data_findings(config: Config, store: Store | None = None) -> AsyncIterator[Finding]:
    """Of the configured database; of an open store where one is given."""
    if store is not None:
        async for finding in _looked_at(config, store):
            yield finding
        return
    try:
        opened = await Store.open(config.database_url)
    except StoreError as error:
        yield failed("database", str(error), "start the database, or mend `database` in the configuration")
        return
    async with opened:
        async for finding in _looked_at(config, opened):
            yield finding


async def _looked_at(config: Config, store: Store) -> AsyncIterator[Finding]:
    began = time.monotonic()
    try:
        await store.ping()
    except StoreError as error:
        yield failed("database", str(error), "look at the database's own log")
        return
    took = time.monotonic() - began
    text = f"{store.url} answers within {1000 * took:.0f} ms"
    yield ok("database", text) if took < 0.5 else warning("database", text, "bring it nearer: each call waits for it")
    async for finding in _people(store):
        yield finding
    campaigns = await store.campaigns.list()
    if not campaigns:
        yield warning("campaigns", "there is none yet", "add one: `dialer campaign add`, or on the page Campaigns")
    away = await store.schedules.archived()
    try:
        pools = await known_pools(config, store)
    except ConfigError as error:
        pools = ()
        yield failed("caller_ids", str(error), "name a client that there is: `dialer campaign list -c FILE` has them")
    for finding in pool_findings(campaigns, pools):
        yield finding
    for campaign in campaigns:
        if campaign.id not in away:
            async for finding in _campaign(config, store, campaign, pools):
                yield finding
    dead = sum(one.get("dead", 0) for one in (await store.webhooks.counts()).values())
    if dead:
        mend = "see GET /webhooks/{webhook}/dead; when the receiver is well: POST .../dead/retry"
        yield warning("webhooks", f"{dead} things could not be told for a day", mend)


async def _people(store: Store) -> AsyncIterator[Finding]:
    admins = [one for one in await store.users.list() if one.role is Role.ADMINISTRATOR and one.active]
    if not admins:
        yield failed("users", "there is no administrator", "dialer user add NAME --role administrator -c FILE")
    bare = [one.login for one in admins if not one.totp_secret]
    if bare:
        mend = f"dialer user totp {bare[0]} -c FILE, or on the page Account"
        yield warning("users", f"administrators without a one-time code: {', '.join(bare)}", mend)
    elif admins:
        yield ok("users", f"{len(admins)} administrators, all with a one-time code")


async def _campaign(config: Config, store: Store, campaign: Campaign, pools: Sequence[Pool]) -> AsyncIterator[Finding]:
    area, known = f"campaign {campaign.name}", {trunk.name for trunk in config.trunks}
    unknown = [name for name in campaign.trunks if name not in known]
    if unknown:
        mend = f"add [[trunk]] name = {unknown[0]!r}, or give the campaign another: {', '.join(sorted(known))}"
        yield failed(area, f"its trunk {', '.join(unknown)} is not in the configuration", mend)
    if campaign.status is not CampaignStatus.RUNNING:
        return
    for finding in line_findings(config, campaign, pools):
        yield finding
    agents = [one for one in await store.agents.list() if one.active and campaign.id in one.agent.campaigns]
    if not agents:
        yield failed(area, "no agent works on it", "dialer agent add NAME --campaign ...")
    counts = await store.leads.counts(campaign.id, time.time())
    if campaign.mode is not Mode.MANUAL and not counts.open + counts.claimed:
        mend = "load a list: `dialer leads import FILE --campaign ...`, or on the page Lists"
        yield warning(area, f"none of its {counts.total} leads is open", mend)
    else:
        yield ok(area, f"{len(agents)} agents, {counts.open} open leads, {counts.due} of them due")
