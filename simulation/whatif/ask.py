"""A forecast from a database, in one go: read the present and the recent past, fit, simulate, answer plainly."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from dialer.core.control import CAMPAIGN, PACING
from dialer.core.ids import CampaignId
from dialer.core.model import Campaign, Mode
from dialer.errors import ConfigError
from dialer.store import Store
from dialer.store.errors import NotFoundError
from pacing import Policy
from simulation.calibrate.fit import fit
from simulation.calibrate.history import history, zone_of
from simulation.calibrate.write import scenario_of
from simulation.scenario import CampaignPlan, Scenario
from simulation.whatif.forecast import BUDGET_S, Forecast, Proposal, forecast, proposed
from simulation.whatif.present import Present, present
from simulation.whatif.unsure import UNKNOWN, Unsure, unsure_of

DAY_S = 86_400.0
ENOUGH_CALLS = 500
KINDS_OF = 500  # leads that tell where the people of a campaign are that has not dialled yet
FUTURES_S = 2.0  # are left for futures, however long it took to read
CALLS_MAX = 8_000  # to read more of them takes the time that the futures need, and teaches little
KINDS = {"policy": Policy, "mode": Mode}


def proposal_of(given: Mapping[str, object]) -> Proposal:
    """A proposal from plain values. Raises ConfigError, which names what is wrong."""
    known = {"agents", "leads", *PACING, *CAMPAIGN}
    made: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise ConfigError(f"a forecast knows no {name!r}; there are {', '.join(sorted(known))}")
        if value is not None:
            try:
                made[name] = KINDS[name](str(value)) if name in KINDS else value
            except ValueError as error:
                raise ConfigError(f"{name}: {error}") from error
    return proposed(**made)


async def ask(
    store: Store,
    campaign: CampaignId,
    proposal: Proposal,
    *,
    minutes: float,
    at: float,
    budget_s: float = BUDGET_S,
    jobs: int | None = None,
) -> Forecast:
    """The forecast at an instant, now or past, within `budget_s` seconds all told.

    Raises PastError, NotFoundError, TooSlowError, StoreError.
    """
    began = time.monotonic()
    floor, base, unsure, calls = await floor_and_laws(store, campaign, at)
    left_s = max(FUTURES_S, budget_s - (time.monotonic() - began))
    found = forecast(base, floor, proposal, unsure, minutes=minutes, budget_s=left_s, jobs=jobs)
    return replace(found, calls=calls, thin=calls < ENOUGH_CALLS)


async def floor_and_laws(store: Store, campaign: CampaignId, at: float) -> tuple[Present, Scenario, Unsure, int]:
    """The floor at an instant, the laws fitted to the day before it (or the week, where that was too little), by how
    much they may be off, and the number of calls that they were fitted to. Without any, the laws are what is usual."""
    found = await store.campaigns.get(campaign)
    if found is None:
        raise NotFoundError(f"there is no campaign with the id {campaign}")
    floor = await present(store, _known(found, at), at)
    past = await history(store, found, at - DAY_S, at, empty=True, calls_max=CALLS_MAX)
    if len(past.attempts) < ENOUGH_CALLS:
        past = await history(store, found, at - 7 * DAY_S, at, empty=True, calls_max=CALLS_MAX)
    if not past.attempts:
        zone = await _zone(store, found, floor)
        return floor, Scenario(name=found.name, zone=zone, campaigns=(CampaignPlan(zones=(zone,)),)), UNKNOWN, 0
    fitted = fit(past)
    return floor, scenario_of(fitted), unsure_of(fitted), len(past.attempts)


async def _zone(store: Store, campaign: Campaign, floor: Present) -> str:
    """Where most of the people are whom the campaign is to call first; where its first calls went, without any."""
    zones = Counter[str]()
    for kind in await store.lead_kinds.of_campaign(campaign.id, KINDS_OF):
        zones[kind.zones[0] if kind.zones else ""] += kind.leads
    zones.pop("", None)
    return zones.most_common(1)[0][0] if zones else zone_of(floor.in_progress)


def as_plain(found: Forecast) -> dict[str, object]:
    """For JSON."""
    return asdict(found)


def _known(campaign: Campaign, at: float) -> Campaign:
    """The campaign with the changes that had been made by then; when each ends was known, too."""
    return replace(campaign, changes=tuple(change for change in campaign.changes if change.at <= at))
