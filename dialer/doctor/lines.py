"""By what campaigns call, and what people see of them: trunks, costs, the numbers shown. Nothing is changed."""

from collections.abc import Sequence

from dialer.config import Config
from dialer.core.caller_ids import Pool
from dialer.core.model import Campaign
from dialer.core.routing import comparable
from dialer.doctor.findings import Area, Code, Findings, found
from dialer.leads.numbers import read_number


def line_findings(config: Config, campaign: Campaign, pools: Sequence[Pool]) -> Findings:
    """Of one campaign that is to dial."""
    known = {trunk.name: trunk for trunk in config.trunks}
    if not campaign.trunks:
        yield found(Area.CAMPAIGN, Code.CAMPAIGN_TRUNKS_NONE, campaign.name, known=", ".join(sorted(known)))
    yield from _shown(campaign, pools)
    theirs = [(name, known[name]) for name in campaign.trunks if name in known]
    if campaign.least_cost and not comparable(theirs):
        currencies = ", ".join(sorted({trunk.currency for _, trunk in theirs if trunk.tariffs}))
        yield found(Area.CAMPAIGN, Code.CAMPAIGN_CURRENCIES, campaign.name, currencies=currencies)


def _shown(campaign: Campaign, pools: Sequence[Pool]) -> Findings:
    own = campaign.caller_id
    if own and not read_number(own, None).valid:
        yield found(Area.CAMPAIGN, Code.CAMPAIGN_NUMBER_INVALID, campaign.name, number=own)
    elif not own and not any(pool.is_for(campaign) for pool in pools):
        yield found(Area.CAMPAIGN, Code.CAMPAIGN_NUMBER_NONE, campaign.name)


def pool_findings(campaigns: Sequence[Campaign], pools: Sequence[Pool]) -> Findings:
    """Of the pools: a campaign that none is called like gets no number of theirs."""
    names = {one.name for one in campaigns}
    for pool in pools:
        missing = [name for name in pool.campaigns if name not in names]
        if missing:
            yield found(Area.CALLER_IDS, Code.POOL_CAMPAIGN_UNKNOWN, pool.name, campaign=missing[0])
