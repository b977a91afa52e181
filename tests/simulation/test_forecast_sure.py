"""What a forecast says is as sure as it says: its laws may be off, looks at it are counted, lists end in calling hours."""

import asyncio
import math
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import pytest

from dialer.core.ids import CampaignId
from dialer.store import Store
from simulation.calibrate.fit import fit
from simulation.calibrate.history import history
from simulation.recorded import record
from simulation.scenario import CampaignPlan, Scenario
from simulation.whatif.ask import floor_and_laws
from simulation.whatif.forecast import Job, Proposal, day_of, pair, proposed
from simulation.whatif.present import Present
from simulation.whatif.unsure import CERTAIN, UNKNOWN, UNSEEN, Unsure, one_of_many, unsure_of

FLOOR = Scenario(agents=8, hours=0.7, campaigns=(CampaignPlan(leads=2000, lines_max=40),))
AT = FLOOR.start() + 1800.0
ONE = CampaignId(1)
Known = tuple[Present, Scenario, Unsure]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sure") / "day.db"

    async def keep() -> None:
        async with await Store.open(f"sqlite:///{path}") as store:
            await record(FLOOR, store, 4)

    asyncio.run(keep())
    return path


@pytest.fixture(scope="module")
def known(database: Path) -> Known:
    async def read() -> Known:
        async with await Store.open(f"sqlite:///{database}") as store:
            floor, laws, unsure, _ = await floor_and_laws(store, ONE, AT)
            return floor, laws, unsure

    return asyncio.run(read())


# ---------------------------------------------------------------- laws that may be off


def test_what_is_drawn_is_right_on_average_and_as_far_off_as_it_may_be() -> None:
    unsure = Unsure(answer_share=0.2, right_party_share=0.1, talk_s=0.15, short_talk_s=0.3, wrap_up_s=0.25)
    drawn = [one_of_many(FLOOR, unsure, seed) for seed in range(2000)]
    for name in ("answer_share", "right_party_share", "talk_s", "short_talk_s"):
        factors = [getattr(one.people, name) / getattr(FLOOR.people, name) for one in drawn]
        assert fmean(factors) == pytest.approx(1.0, abs=0.02)
        assert stdev(factors) == pytest.approx(getattr(unsure, name), rel=0.1)
    wraps = [one.habits.wrap_up_s / FLOOR.habits.wrap_up_s for one in drawn]
    assert (fmean(wraps), stdev(wraps)) == (pytest.approx(1.0, abs=0.02), pytest.approx(0.25, rel=0.1))


def test_laws_that_are_certain_are_drawn_as_they_are_and_equal_seeds_draw_alike() -> None:
    assert one_of_many(FLOOR, CERTAIN, 5) == FLOOR
    assert one_of_many(FLOOR, UNKNOWN, 5) == one_of_many(FLOOR, UNKNOWN, 5) != FLOOR


def test_whatever_is_drawn_is_a_scenario() -> None:
    """Shares stay shares, also where most people answer and where there is no wrap-up."""
    sure = replace(FLOOR.people, answer_share=0.52, right_party_share=1.0)
    extreme = replace(FLOOR, people=sure, habits=replace(FLOOR.habits, wrap_up_s=0.0))
    for seed in range(200):
        drawn = one_of_many(extreme, UNKNOWN, seed)
        assert 0.0 < drawn.people.answer_share <= 0.52 + 1e-9
        assert drawn.people.right_party_share <= 1.0


def test_the_more_calls_the_laws_come_from_the_less_they_may_be_off(database: Path) -> None:
    async def read() -> tuple[Unsure, Unsure, Unsure]:
        async with await Store.open(f"sqlite:///{database}") as store:
            [campaign] = await store.campaigns.list()
            few = await history(store, campaign, 0.0, AT - 1500.0)
            many = await history(store, campaign, 0.0, AT)
            untaught = replace(many, attempts=tuple(replace(one, bridged=False) for one in many.attempts))
            return unsure_of(fit(few)), unsure_of(fit(many)), unsure_of(fit(untaught))

    few, many, untaught = asyncio.run(read())
    assert few.answer_share > many.answer_share > 0.05
    assert few.talk_s > many.talk_s > 0.05
    assert untaught.talk_s == pytest.approx(math.hypot(UNSEEN, 0.05))  # nobody was spoken with: nothing is known of it


def test_a_forecast_is_as_unsure_as_the_laws_it_starts_from(known: Known) -> None:
    """How long people talk decides how many are connected, how many answer how fast the list goes."""
    present, base, unsure = known
    assert min(unsure.talk_s, unsure.answer_share) > 0.05
    wide: dict[str, dict[float, float]] = {"connected": {}, "leads": {}}
    for sigma in (0.0, 0.5):
        job = Job(base, present, Proposal(), 300.0, Unsure(answer_share=sigma, talk_s=sigma))
        found = [pair(job, seed, math.inf)[-1][0] for seed in range(1, 13)]
        for name, halves in wide.items():
            halves[sigma] = day_of([float(getattr(one, name)) for one in found]).half or 0.0
    assert wide["connected"][0.5] > 1.3 * wide["connected"][0.0]
    assert wide["leads"][0.5] > 1.3 * wide["leads"][0.0]


def test_both_of_a_pair_have_the_same_laws(known: Known) -> None:
    present, base, _ = known
    none = proposed(abandon_cap=present.campaign.pacing.abandon_cap)
    pairs = [pair(Job(base, present, none, 60.0, UNKNOWN), seed, math.inf)[-1] for seed in (1, 2)]
    assert [now == changed for now, changed in pairs] == [True, True]


def test_a_campaign_that_never_dialled_is_forecast_with_wide_laws(database: Path) -> None:
    """The same floor when the first agent has just signed in."""

    async def read() -> tuple[Unsure, int]:
        async with await Store.open(f"sqlite:///{database}") as store:
            first = min(one.since for one in await store.spells.list(0.0, AT))
            _, _, unsure, calls = await floor_and_laws(store, ONE, first + 0.01)
            return unsure, calls

    assert asyncio.run(read()) == (UNKNOWN, 0)
