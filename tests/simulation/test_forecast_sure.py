"""What a forecast says is as sure as it says: laws may be off, looks are counted, lists end in calling hours."""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from statistics import fmean, stdev
from zoneinfo import ZoneInfo

import pytest

from dialer.core.ids import CampaignId
from dialer.core.rules import Rules, Window
from dialer.store import Store
from pacing import Policy
from simulation.calibrate.fit import fit
from simulation.calibrate.history import history
from simulation.calibrate.standing import ListThen
from simulation.figures import Figures
from simulation.intervals import Interval
from simulation.recorded import record
from simulation.scenario import CampaignPlan, Scenario
from simulation.whatif.ask import floor_and_laws
from simulation.whatif.clear import A_LOOK, CLEAR_BY, LOOKS, MEASURES, Looks, Pair, day_of, differences, measured
from simulation.whatif.forecast import Forecast, Future, Job, Proposal, _list_end, forecast, pair, proposed
from simulation.whatif.list_end import WEEK_S, DiallingHours, list_end
from simulation.whatif.present import Present
from simulation.whatif.tell import show
from simulation.whatif.unsure import CERTAIN, UNKNOWN, UNSEEN, Unsure, one_of_many, unsure_of
from simulation.world.lists import TriedPlan

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
    assert fmean(wraps) == pytest.approx(1.0, abs=0.02)
    assert stdev(wraps) == pytest.approx(0.25, rel=0.1)


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


# ---------------------------------------------------------------- looks that are counted


def figures(connected: float, abandoned: int, occupancy: float) -> Figures:
    return Figures(
        connected=round(connected), abandoned=abandoned, answered=100, busy_s=1000 * occupancy, at_work_s=1000.0
    )


def told(pairs: Sequence[Pair], jobs: int = 2) -> tuple[int, dict[str, Interval]]:
    """At how many pairs one stops who has so many more of them at each turn, and what is told then."""
    looks, count = Looks(), 0
    for count in range(jobs, len(pairs) + 1, jobs):
        if looks.enough(pairs[:count]):
            break
    now, changed = [one for one, _ in pairs[:count]], [one for _, one in pairs[:count] if one is not None]
    return count, differences(now, changed, looks.confidence)


def claims(found: dict[str, Interval]) -> set[str]:
    return {name for name in CLEAR_BY if (found[name].low or 0.0) > 0 or (found[name].high or 0.0) < 0}


@pytest.mark.parametrize("abandoned", [(5,), (3, 4, 4, 5, 5, 5, 6, 6, 7)])
@pytest.mark.parametrize("most", [10, 60])
def test_chance_is_seldom_taken_for_an_effect_however_often_one_looks(most: int, abandoned: tuple[int, ...]) -> None:
    draw, runs, found = random.Random(1), 2000, Counter[str]()
    for _ in range(runs):
        pairs = [(figures(100, 5, 0.8), figures(draw.gauss(100, 8), draw.choice(abandoned), 0.8)) for _ in range(most)]
        found.update(claims(told(pairs)[1]))
    assert all(found[name] <= 0.06 * runs for name in CLEAR_BY), found


def test_of_rare_calls_none_is_taken_for_an_effect_either() -> None:
    draw, runs, rare, false = random.Random(2), 2000, (0, 0, 0, 0, 0, 0, 1, 1, 1, 2), 0
    for _ in range(runs):
        pairs = [(figures(100, draw.choice(rare), 0.8), figures(100, draw.choice(rare), 0.8)) for _ in range(60)]
        false += bool(claims(told(pairs)[1]))
    assert false <= 0.06 * runs


def test_a_large_effect_ends_it_at_the_first_or_second_look() -> None:
    draw = random.Random(3)
    for _ in range(200):
        large = [(figures(100, 6, 0.8), figures(draw.gauss(60, 6), 2, draw.gauss(0.6, 0.02))) for _ in range(60)]
        count, found = told(large)
        assert count in LOOKS[:2]
        assert claims(found) == set(CLEAR_BY)


def test_between_two_looks_nothing_is_clear() -> None:
    sure = [(figures(100, 6, 0.8), figures(60, 2, 0.6))] * 40
    looks, slow = Looks(), Looks()
    assert [count for count in range(1, 8) if looks.enough(sure[:count])] == [4]
    unsure = [(figures(100, 6, 0.8), figures(100 + 30 * (-1) ** at, 2, 0.6)) for at in range(7)]
    assert not slow.enough(unsure[:4])
    assert not any(slow.enough(sure[:count]) for count in (5, 6, 7))
    assert slow.enough(sure[:8])


def test_every_look_and_the_end_together_are_wrong_in_five_of_a_hundred() -> None:
    """What the looks leave is for the end."""
    looks = Looks()
    noise = [(figures(100, 6, 0.8), figures(100 + 30 * (-1) ** at, 2, 0.6)) for at in range(400)]
    spent = []
    for count in LOOKS:
        assert not looks.enough(noise[:count])
        spent.append(A_LOOK)
        assert sum(spent) + 1 - looks.confidence == pytest.approx(0.05)
    whole = Looks()
    assert not whole.enough(noise[:64])  # many at once: one look
    assert whole.confidence == pytest.approx(0.95 + A_LOOK)


def test_a_clear_change_ends_real_futures_early(known: Known) -> None:
    present, base, unsure = known
    bold = proposed(policy=Policy.RATIO, ratio=6.0, agents=-6)
    found = forecast(base, present, bold, unsure, minutes=4, budget_s=100.0, jobs=1)
    assert found.clear
    assert found.futures <= 2 * LOOKS[2]
    assert found.differences is not None
    assert claims(found.differences) == set(CLEAR_BY)


def test_the_mean_lies_within_its_interval() -> None:
    now = [figures(100, 6, 0.8)] * 4
    found = differences(now, [figures(100 + more, 6, 0.8) for more in (1, 2, 3, 4)], 0.95)["connected"]
    assert (found.mean, round(found.high or 0.0, 2)) == (2.5, 4.55)
    assert differences(now[:1], now[:1], 0.95)["connected"].high is None


def test_no_share_lies_beyond_one() -> None:
    found = day_of([0.9, 1.0, 0.95], most=1.0)
    assert found.high == 1.0
    assert 0.0 < (found.low or 0.0) < 0.9


# ---------------------------------------------------------------- what none of the futures had


@pytest.mark.parametrize("count", [2, 4, 8, 18, 30, 200])
def test_that_no_future_abandoned_anybody_does_not_say_that_nobody_will_be(count: int) -> None:
    """One more future lies above what is told in 5 of 100 at most, by the rule of succession."""
    found = measured([figures(100, 0, 0.8)] * count)
    most, ratio = found["abandoned"].high or 0.0, found["abandon_ratio"].high or 0.0
    assert most >= 3 / count - 0.01
    assert ratio == pytest.approx(most / 100)
    assert (found["abandoned"].low, found["abandoned"].mean) == (0.0, 0.0)
    above = (1 / (count + 1)) ** (math.floor(most) + 1)  # the chance that the next has more
    assert above <= 0.05


def test_that_no_pair_differed_does_not_say_that_none_will() -> None:
    now = [figures(100, 0, 0.8)] * 8
    found = differences(now, now, 0.95)
    assert found["abandoned"].mean == 0.0
    assert (found["abandoned"].high or 0.0) == -(found["abandoned"].low or 0.0) == pytest.approx(math.log(40) / 8)
    assert found["abandon_ratio"].high == pytest.approx(math.log(40) / 800)
    assert claims(found) == set()


def test_one_future_says_nothing_of_the_next() -> None:
    assert measured([figures(100, 0, 0.8)])["abandoned"].high is None


# ---------------------------------------------------------------- when the list ends

EVERY = tuple(range(7))
MORNING = Rules(windows=(Window(EVERY, 9 * 60, 11 * 60), Window(EVERY, 10 * 60, 13 * 60)))
WORKDAYS = Rules(windows=(Window(tuple(range(5)), 9 * 60, 17 * 60),))
HOUR = 3600.0


def at_local(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Lima")).timestamp()


def hours(rules: Rules, at: str) -> DiallingHours:
    return DiallingHours(rules, "America/Lima", at_local(at))


def test_hours_are_counted_while_they_are_open() -> None:
    monday = hours(MORNING, "2026-03-02T12:30")
    assert monday.open_s(HOUR) == HOUR / 2
    assert monday.after_s(HOUR / 2) == HOUR / 2
    assert monday.after_s(HOUR / 2 + 60.0) == 20.5 * HOUR + 60.0  # overlapping windows are no more hours
    assert monday.open_s(86_400.0) == 4 * HOUR
    friday = hours(WORKDAYS, "2026-03-06T16:00")
    assert friday.after_s(2 * HOUR) == 3 * 86_400.0 - 6 * HOUR  # Monday, ten o'clock
    assert friday.after_s(0.0) == 0.0
    assert math.isfinite(hours(Rules(windows=()), "2026-03-02T12:00").after_s(1.0))


def dialled(leads: Sequence[int], out_s: float | None = None) -> list[Figures]:
    return [Figures(leads=one, list_out_s=out_s) for one in leads]


def test_a_list_ends_in_the_hours_in_which_the_campaign_dials() -> None:
    """A hundred leads an hour: 250 of them last two and a half hours of work."""
    afternoon = list_end(dialled([98, 100, 102]), hours(WORKDAYS, "2026-03-03T16:00"), 250, HOUR)
    assert afternoon is not None
    assert afternoon.mean == pytest.approx(18.5 * HOUR, abs=60)  # half past ten, the day after
    assert 18 * HOUR < (afternoon.low or 0.0) < afternoon.mean < (afternoon.high or 0.0) < 19 * HOUR
    over_the_end = list_end(dialled([50, 50, 50]), hours(WORKDAYS, "2026-03-03T16:30"), 100, HOUR)
    assert over_the_end is not None
    assert over_the_end.mean == pytest.approx(16.5 * HOUR + HOUR / 2)  # of the futures' hour half was open
    assert list_end(dialled([100, 100]), hours(WORKDAYS, "2026-03-02T09:00"), 100_000, HOUR) is None  # weeks
    assert list_end(dialled([100, 0]), hours(WORKDAYS, "2026-03-02T09:00"), 200, HOUR) is None
    assert list_end(dialled([100, 90]), hours(Rules(windows=()), "2026-03-02T09:00"), 200, HOUR) is None


def test_a_list_that_futures_saw_the_end_of_ends_when_they_saw_it() -> None:
    nine = hours(WORKDAYS, "2026-03-02T09:00")
    seen = [Figures(leads=100, list_out_s=one) for one in (1500.0, 1800.0, 2100.0)]
    found = list_end(seen, nine, 100, HOUR)
    assert found is not None
    assert found.mean == pytest.approx(1800.0)
    assert (found.high or 0.0) - (found.low or 0.0) > 600.0
    some = list_end([*seen, Figures(leads=80)], nine, 100, HOUR)
    assert some is not None
    assert some.mean == pytest.approx((5400.0 + HOUR * 100 / 80) / 4)
    assert list_end(dialled([0, 0]), nine, 0, HOUR) == Interval(0.0, 0.0, 0.0, 2)


def test_a_short_list_ends_within_the_futures_and_proposed_leads_make_it_last(known: Known) -> None:
    present, base, _ = known
    short = replace(present, list_=ListThen(fresh=24, tried=(TriedPlan(attempts=1, leads=6),)))

    def ends(leads: int) -> Interval:
        job = Job(base, short, proposed(leads=leads), 300.0)
        futures = [Future(job, job.proposal, seed) for seed in (1, 2, 3)]
        for one in futures:
            one.run(300.0)
        found = _list_end([one.figures(300.0) for one in futures], job, 300.0)
        assert found is not None
        return found

    as_it_is, fewer, more = ends(0), ends(-15), ends(1000)
    assert 0.0 < fewer.mean < as_it_is.mean < 300.0
    assert (as_it_is.high or 0.0) > (as_it_is.low or 0.0)
    assert 5 * 300.0 < more.mean < WEEK_S
    assert ends(-30) == Interval(0.0, 0.0, 0.0, 3)


def test_of_a_list_that_nobody_knows_no_end_is_told(known: Known) -> None:
    present, base, _ = known
    unknown = replace(present, list_=None)
    job = Job(base, unknown, proposed(leads=50), 300.0)
    assert _list_end(dialled([100, 100]), job, 300.0) is None


def test_when_a_list_ends_is_told_with_the_day_where_that_is_another_one(capsys: pytest.CaptureFixture[str]) -> None:
    figure = dict.fromkeys(MEASURES, Interval(1.0, 0.0, 2.0, 4))
    at = datetime.fromisoformat("2026-03-02T17:00").timestamp()
    asked = Forecast(
        at=at, minutes=30, asked_minutes=30, futures=4, seconds=1.0, clear=False, present=figure, changed=None,
        differences=None, list_ends_in_s=Interval(HOUR, 0.5 * HOUR, 17 * HOUR, 4),
    )  # fmt: skip
    show(asked)
    assert "by 2026-03-02T18:00 (between 17:30 and 2026-03-03T10:00)" in capsys.readouterr().out
    show(replace(asked, list_ends_in_s=Interval(0.0, 0.0, 0.0, 4)))
    assert "by 2026-03-02T17:00\n" in capsys.readouterr().out
