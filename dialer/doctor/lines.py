"""By what campaigns call, and what people see of them: trunks, costs, the numbers shown. Nothing is changed."""

from collections.abc import Sequence

from dialer.config import Config
from dialer.core.caller_ids import Pool
from dialer.core.model import Campaign
from dialer.core.routing import comparable
from dialer.doctor.findings import Finding, Findings, failed, warning
from dialer.leads.numbers import read_number

TO_CALL_BACK = "give it one that people can call back, or a pool of them: [[caller_ids]]"


def line_findings(config: Config, campaign: Campaign, pools: Sequence[Pool]) -> Findings:
    """Of one campaign that is to dial."""
    area, known = f"campaign {campaign.name}", {trunk.name: trunk for trunk in config.trunks}
    if not campaign.trunks:
        yield failed(area, "it runs without a trunk", f"give it one: {', '.join(sorted(known))}")
    yield from _shown(area, campaign, pools)
    theirs = [(name, known[name]) for name in campaign.trunks if name in known]
    if campaign.least_cost and not comparable(theirs):
        currencies = sorted({trunk.currency for _, trunk in theirs if trunk.tariffs})
        mend = "write the tariffs of its trunks in one currency; until then they go by priority and weight"
        yield warning(area, f"the cheapest trunk is to go first, but costs are in {', '.join(currencies)}", mend)


def _shown(area: str, campaign: Campaign, pools: Sequence[Pool]) -> Findings:
    own = campaign.caller_id
    if own and not read_number(own, None).valid:
        yield warning(area, f"the number shown, {own!r}, is no valid number with + and the country first", TO_CALL_BACK)
    elif not own and not any(pool.is_for(campaign) for pool in pools):
        yield warning(area, "it shows no number: people see none, or one that the carrier puts there", TO_CALL_BACK)


def pool_findings(campaigns: Sequence[Campaign], pools: Sequence[Pool]) -> Findings:
    """Of the pools: a campaign that none is called like gets no number of theirs."""
    names = {one.name for one in campaigns}
    for pool in pools:
        missing = [name for name in pool.campaigns if name not in names]
        if missing:
            yield _missing(pool, missing[0])


def _missing(pool: Pool, name: str) -> Finding:
    mend = "write it as the campaign is called; `dialer campaign list -c FILE` has the names"
    return warning(f"caller_ids {pool.name}", f"there is no campaign {name!r}", mend)
