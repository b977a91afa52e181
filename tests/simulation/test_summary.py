"""What is said of many days: intervals hold what they promise, pairs are paired, and no difference is called none."""

import html
import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest

from pacing.stats import interval as exact
from simulation.intervals import Interval, interval, rate_interval, share_interval, t_quantile
from simulation.page import page
from simulation.report import Day, Kept
from simulation.scenario import find
from simulation.summary import MEASURES, Difference, Findings, differences, summary
from simulation.texts import Tongue
from simulation.wording import difference, sentences, shown_interval

OCCUPANCY = MEASURES[0]


def day(seed: int, occupancy: float, *, number: int = 0, abandoned: int = 3, cap: float | None = 0.03) -> Day:
    return Day(
        scenario="test", seed=seed, day=number, modes=("predictive",), hours=8.0, agents=10, placed=1000,
        answered_people=200, answered_machines=100, connected=290, connected_people=195, abandoned=abandoned,
        hung_up_waiting=0, at_work_s=36_000.0, busy_s=occupancy * 36_000.0, talk_s=20_000.0, wait_p50_s=0.01,
        wait_p99_s=0.1, outcomes={}, events=1,
        campaigns=(Kept("campaign", cap, 200, abandoned),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("share", "freedom", "table"),
    [(0.9975, 3, 7.4533), (0.9995, 3, 12.9240), (0.9995, 4, 8.6103), (0.9975, 40, 2.9712)],
)
def test_several_strategies_on_few_seeds_have_the_tables_quantiles_too(
    share: float, freedom: int, table: float
) -> None:
    assert t_quantile(share, freedom) == pytest.approx(table, rel=2e-5)
    assert t_quantile(1 - share, freedom) == -t_quantile(share, freedom)


@pytest.mark.parametrize(
    ("share", "freedom", "table"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 3, 3.182),
        (0.975, 5, 2.571),
        (0.995, 4, 4.604),
        (0.975, 30, 2.042),
    ],
)
def test_students_quantiles_are_those_of_the_tables(share: float, freedom: int, table: float) -> None:
    assert t_quantile(share, freedom) == pytest.approx(table, rel=0.01)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    draw = random.Random(5)
    hits = 0
    for _ in range(2000):
        found = interval([draw.gauss(10.0, 3.0) for _ in range(5)])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 10.0 <= found.high
    assert hits / 2000 == pytest.approx(0.95, abs=0.015)


def test_one_replication_has_no_interval_and_none_no_mean() -> None:
    one = interval([3.0])
    assert one is not None
    assert (one.mean, one.low, one.high) == (3.0, None, None)
    assert interval([]) is None
    assert share_interval(0, 300)[1] == pytest.approx(0.0126, abs=0.001)


def test_seeds_are_the_replications_and_days_only_where_there_is_one_seed() -> None:
    two_seeds = summary("x", [day(seed, 0.8, number=number) for seed in (1, 2) for number in range(5)])
    one_seed = summary("x", [day(1, 0.8, number=number) for number in range(5)])
    assert (two_seeds.replications, two_seeds.by_seed) == (2, True)
    assert (one_seed.replications, one_seed.by_seed) == (5, False)


def test_days_of_a_seed_are_pooled_by_their_people_and_their_hours() -> None:
    busy, quiet = day(1, 0.9, abandoned=2), replace(day(1, 0.5, number=1, abandoned=2), answered_people=10)
    quiet = replace(quiet, connected_people=8, right_parties=4, promises=2, at_work_s=3_600.0, busy_s=1_800.0)
    pooled = {
        "abandoned": 4 / 210, "occupancy": 34_200 / 39_600, "people": 203 / 11, "right": 4 / 11, "promises": 2 / 11,
    }  # fmt: skip
    found = summary("x", [busy, quiet, replace(busy, seed=2), replace(quiet, seed=2)])
    told = cast("dict[str, dict[str, float]]", found.as_dict()["figures"])
    for key, expected in pooled.items():
        one = found.figures[key]
        assert one is not None
        assert one.mean == told[key]["mean"] == pytest.approx(expected), key


def test_what_is_no_ratio_is_a_mean_over_days_that_have_it() -> None:
    days = [replace(day(1, 0.8, number=number), placed=100 * number, wait_p99_s=wait_s)
            for number, wait_s in enumerate((0.1, None, 0.3))]  # fmt: skip
    other = replace(day(2, 0.8), placed=100, wait_p99_s=None)
    figures = summary("x", [*days, other]).figures
    assert (figures["calls"], figures["wait"]) == (Interval(100.0, 100.0, 100.0, 2), Interval(0.2, None, None, 1))


def test_nobody_abandoned_on_any_day_has_the_exact_bound_of_all_who_answered() -> None:
    found = summary("as it is", [day(seed, 0.8, abandoned=0) for seed in range(3)])
    one = found.figures["abandoned"]
    assert one is not None
    assert one.high is not None
    assert (1 - one.high) ** 600 == pytest.approx(0.025)  # of 600 people so rare a day would show nobody
    assert (one.mean, one.low) == (0.0, 0.0)
    assert cast("dict[str, object]", found.as_dict()["figures"])["abandoned"] == {
        "mean": 0.0, "low": 0.0, "high": one.high,
    }  # fmt: skip
    assert "0.00 % (0.00 to 0.61) of the people" in sentences([found], [], Tongue("en"))[0]


def test_the_same_share_on_every_day_has_an_interval_too() -> None:
    one = summary("x", [day(seed, 0.8, abandoned=4) for seed in range(5)]).figures["abandoned"]
    assert one is not None
    assert (one.mean, (one.low, one.high)) == (0.02, exact(20, 1000))
    assert summary("x", [day(1, 0.8, abandoned=0)]).figures["abandoned"] == Interval(0.0, None, None, 1)


def test_nothing_promised_in_so_many_hours_may_still_be_chance() -> None:
    one = summary("x", [day(seed, 0.8) for seed in range(4)]).figures["promises"]
    assert one is not None
    assert (one.low, one.high) == rate_interval(0, 40.0)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (100, 81.364, 121.627)]
)
def test_the_exact_interval_of_a_rate_is_that_of_the_tables(count: int, low: float, high: float) -> None:
    assert rate_interval(count, 2.0) == pytest.approx((low / 2, high / 2), rel=2e-3)


def test_two_strategies_that_abandoned_nobody_may_still_differ() -> None:
    def found(abandoned: int) -> Difference:
        first, other = (
            summary(name, [day(seed, 0.8, abandoned=lost) for seed in range(3)])
            for name, lost in (("as it is", 0), ("other", abandoned))
        )
        return next(one for one in differences(first, [other]) if one.measure.key == "abandoned")

    _, high = exact(0, 600)
    assert (found(0).found, found(0).verdict) == (Interval(0.0, -high, high, 3), "none")
    assert found(1).verdict == "none"  # three of six hundred
    assert found(10).verdict == "worse"


def test_days_above_the_cap_are_counted() -> None:
    days = [day(seed, 0.8, abandoned=abandoned) for seed, abandoned in enumerate((5, 6, 7, 20))]
    found = summary("x", days)
    assert (found.days_above_cap, found.cap, found.worst) == (2, 0.03, None)
    assert summary("x", [day(1, 0.8, abandoned=20, cap=None)]).days_above_cap is None


def shared(*campaigns: Kept, seed: int = 1) -> Day:
    people, missed = sum(one.people for one in campaigns), sum(one.missed for one in campaigns)
    whole = replace(day(seed, 0.8, abandoned=missed), answered_people=people)
    return replace(whole, campaigns=campaigns)


EARLY, CARDS, DUE = Kept("early stage", 0.03, 1900, 10), Kept("cards", 0.01, 100, 10), Kept("promises due", None, 50, 9)


def test_a_small_campaign_above_its_cap_does_not_hide_behind_a_large_one() -> None:
    found = summary("x", [shared(EARLY, CARDS), shared(EARLY, replace(CARDS, missed=1), seed=2)])
    assert all((one.abandon_ratio or 0) <= 0.01 for one in found.days)  # together all look well
    assert (found.days_above_cap, found.worst) == (1, CARDS)
    assert [above for _, above in found.campaigns()] == [0, 1]


def test_a_campaign_is_not_held_to_the_cap_of_another_nor_to_any_where_it_abandons_nobody() -> None:
    found = summary("x", [shared(replace(EARLY, missed=50), replace(CARDS, missed=0), DUE)])
    assert (found.days_above_cap, found.worst) == (0, replace(EARLY, missed=50))
    assert (found.as_dict()["abandon_cap"], summary("x", [shared(DUE, DUE)]).days_above_cap) == (None, None)


@pytest.mark.parametrize(("language", "cap", "of_all"), [
    ("en", "cards, 10.00 % of 1 % allowed", "in time."),
    ("es", "cards: 10,00 % de un 1 % permitido", "a tiempo."),
    ("pt", "cards: 10,00 % de 1 % permitidos", "a tempo."),
])  # fmt: skip
def test_the_share_of_several_campaigns_is_held_to_no_cap_but_the_worst_one_is(
    language: str, cap: str, of_all: str
) -> None:
    for count in (1, 3):
        found = summary("x", [shared(EARLY, CARDS, seed=seed) for seed in range(count)])
        told = sentences([found], [], Tongue(language))
        assert cap in told[0]
        assert of_all in told[0]
        assert f"{count} " in told[0].split(of_all)[1]
        assert "{" not in told[0]


def test_a_cap_of_nothing_is_used_up_by_one() -> None:
    none, one = Kept("a", 0.0, 100, 0), Kept("a", 0.0, 100, 1)
    assert (none.above, none.used, one.above, one.used) == (False, 0.0, True, math.inf)


def against(change: Callable[[int], float]) -> Difference:
    draw = random.Random(1)
    bases = {seed: draw.gauss(0.8, 0.05) for seed in range(8)}
    first = summary("as it is", [day(seed, base) for seed, base in bases.items()])
    other = summary("other", [day(seed, base + change(seed)) for seed, base in bases.items()])
    return next(one for one in differences(first, [other]) if one.measure is OCCUPANCY)


def test_pairs_of_the_same_people_show_what_means_alone_would_not() -> None:
    found = against(lambda seed: 0.01 + 0.001 * (seed % 2))
    assert found.verdict == "better"
    assert "+1.1 points" in difference(found) or "+1.0 points" in difference(found)
    assert found.found.mean == pytest.approx(0.0105)


def test_what_goes_up_and_down_alike_is_no_difference() -> None:
    found = against(lambda seed: 0.02 if seed % 2 else -0.02)
    assert found.verdict == "none"
    assert "no difference shown" in difference(found)


@pytest.mark.parametrize(("language", "words"), [
    ("en", "one day only: nothing can be told of chance; use --seeds"),
    ("es", "un solo día: nada puede decirse del azar; use --seeds"),
    ("pt", "um único dia: nada se pode dizer do acaso; use --seeds"),
])  # fmt: skip
def test_of_one_day_alone_no_verdict_is_given_and_it_is_said_how_to_get_one(language: str, words: str) -> None:
    first, other = summary("as it is", [day(1, 0.8)]), summary("other", [day(1, 0.9)])
    found = differences(first, [other])
    tongue = Tongue(language)
    assert {one.verdict for one in found} == {one.as_dict()["verdict"] for one in found} == {"unknown"}
    assert all(words in difference(one, tongue) for one in found)
    findings = Findings(
        scenario=find("collections_5"), summaries=(first, other), differences=tuple(found), sentences=("x",),
        caution="", footer="",
    )  # fmt: skip
    cells = re.findall(r'<td class="unknown">(.*?)</td>', page(findings, [], tongue))
    assert [html.unescape(cell) for cell in cells] == [words] * len(found)


def test_a_sure_but_tiny_difference_is_called_too_little_to_matter() -> None:
    assert "too little to matter" in difference(against(lambda seed: 0.001 + 0.0001 * (seed % 2)))


def test_more_strategies_ask_for_more_confidence() -> None:
    first = summary("a", [day(seed, 0.8) for seed in (1, 2, 3)])
    others = [summary(name, [day(seed, 0.8) for seed in (1, 2, 3)]) for name in ("b", "c")]
    assert {one.confidence for one in differences(first, others)} == {0.975}


def test_no_interval_of_a_share_is_shown_beyond_all() -> None:
    wide = Interval(0.6, -0.4, 1.6, 2)
    assert shown_interval(wide, OCCUPANCY) == "0.0 to 100.0"
    assert shown_interval(wide, OCCUPANCY, signed=True) == "-40.0 to +160.0"
