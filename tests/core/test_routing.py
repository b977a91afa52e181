"""Which trunk takes a call, how the number is written there, and what the call costs."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.config import load
from dialer.core.ids import CallId
from dialer.core.messages import (
    CallAnswered,
    CallQueued,
    CampaignSet,
    PlaceCall,
    ReleaseCall,
    ReserveCall,
    SaveCall,
    TrunkSet,
)
from dialer.core.model import Trunk
from dialer.core.outcomes import Ending, Outcome
from dialer.core.routing import NumberFormat, Tariff, TrunkHours, TrunkTurn, Way, deal, in_turn, is_inside
from dialer.core.ways_out import NO_ROOM_S, no_trunk, trunk_for
from dialer.errors import ConfigError
from tests.core.floor import CAMPAIGN, NOON, Floor, floor, hangup, only, those

CHILE = Way(format="national", country_code="56", national_prefix="0", international_prefix="00")


@pytest.mark.parametrize(
    ("way", "written"),
    [
        (Way(), "56912345678"),
        (Way(format=NumberFormat.PLUS), "+56912345678"),
        (CHILE, "0912345678"),
        (replace(CHILE, country_code="52"), "0056912345678"),
        (Way(tech_prefix="9901#"), "9901#56912345678"),
    ],
)
def test_a_number_is_written_as_the_trunk_wants_it(way: Way, written: str) -> None:
    assert way.written("+56912345678") == written


@pytest.mark.parametrize(
    ("way", "carries"),
    [
        (Way(), True),
        (Way(countries=("CL", "PE")), True),
        (Way(countries=("PE",)), False),
        (Way(prefixes=("+569",)), True),
        (Way(prefixes=("+562",)), False),
        (Way(types=("fixed",)), False),
        (Way(hours=(TrunkHours((0,), "08:00", "20:00"),), zone="America/Santiago"), True),
        (Way(hours=(TrunkHours((0,), "08:00", "12:00"),), zone="America/Santiago"), False),
    ],
)
def test_a_trunk_carries_what_it_says(way: Way, carries: bool) -> None:
    assert way.carries("+56912345678", "CL", "mobile", NOON) is carries  # a Monday, 13:00 in Santiago


def test_a_number_whose_type_is_not_known_may_go_anywhere() -> None:
    assert Way(types=("mobile",)).carries("+56912345678", "CL", "", NOON)
    assert Way(types=("mobile",)).carries("+56912345678", "CL", "fixed_or_mobile", NOON)


@given(digits=st.from_regex(r"[0-9]{2,6}", fullmatch=True), world=st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_trunk_leads_inside_the_house_or_to_the_world_and_never_to_both(digits: str, world: str) -> None:
    for number, inside in ((digits, True), (world, False)):
        assert is_inside(number) is inside
        assert [Way(inside=leads).carries(number, "", "", NOON) for leads in (True, False)] == [inside, not inside]
    assert Way(inside=True, tech_prefix="9").written(digits) == f"9{digits}"


@given(weights=st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_trunks_of_one_priority_take_turns_by_their_weights(weights: list[int]) -> None:
    ways = [(f"t{n}", Way(weight=float(weight))) for n, weight in enumerate(weights)]
    dealt: dict[str, float] = {}
    taken = Counter[str]()
    for _ in range(sum(weights)):
        first = in_turn(ways, dealt, "+56912345678", least_cost=False)[0]
        deal(ways, dealt, first, "+56912345678", least_cost=False)
        taken[first] += 1
    assert [taken[name] for name, _ in ways] == weights


def test_priorities_go_before_weights_and_without_either_the_campaigns_order_holds() -> None:
    ways = [("late", Way(priority=2, weight=9.0)), ("a", Way(priority=1)), ("b", Way(priority=1))]
    assert in_turn(ways, {}, "+569", least_cost=False) == ["a", "b", "late"]


def test_the_cheapest_goes_first_and_one_without_a_tariff_last() -> None:
    dear = Way(currency="USD", tariffs=(Tariff("", 0.05), Tariff("+569", 0.02)))
    cheap = Way(currency="USD", tariffs=(Tariff("+56", 0.03),))
    ways = [("none", Way()), ("dear", dear), ("cheap", cheap)]
    assert in_turn(ways, {}, "+56912345678", least_cost=True) == ["dear", "cheap", "none"]
    assert in_turn(ways, {}, "+56212345678", least_cost=True) == ["cheap", "dear", "none"]


def test_what_costs_the_same_goes_by_priority_and_turns() -> None:
    one = Way(weight=1.0, currency="USD", tariffs=(Tariff("", 0.02),))
    ways = [("spare", replace(one, priority=2, weight=9.0)), ("a", replace(one, weight=2.0)), ("b", one)]
    dealt: dict[str, float] = {}
    taken = Counter[str]()
    for _ in range(9):
        first = in_turn(ways, dealt, "+569", least_cost=True)[0]
        deal(ways, dealt, first, "+569", least_cost=True)
        taken[first] += 1
    assert taken == {"a": 6, "b": 3}


def test_a_trunk_that_had_no_room_has_no_missed_turns_to_make_up_for() -> None:
    both = [("back", Way(weight=1.0)), ("other", Way(weight=1.0))]
    dealt: dict[str, float] = {}
    for _ in range(500):  # while one of them rests
        deal(both[1:], dealt, "other", "+569", least_cost=False)
    taken = Counter[str]()
    for _ in range(10):
        first = in_turn(both, dealt, "+569", least_cost=False)[0]
        deal(both, dealt, first, "+569", least_cost=False)
        taken[first] += 1
    assert taken == {"back": 5, "other": 5}


@pytest.mark.parametrize(
    ("tariff", "seconds", "cost"),
    [
        (Tariff(per_minute=0.06), 30.0, 0.03),
        (Tariff(per_minute=0.06, step_s=60), 61.0, 0.12),
        (Tariff(per_minute=0.06, first_s=30, step_s=6), 2.0, 0.03),
        (Tariff(per_minute=0.06, first_s=30, step_s=6), 37.0, 0.042),
        (Tariff(per_minute=0.0, per_call=0.01), 500.0, 0.01),
    ],
)
def test_a_call_costs_what_its_tariff_says(tariff: Tariff, seconds: float, cost: float) -> None:
    assert tariff.cost(seconds) == pytest.approx(cost)


def two_trunks(**first: object) -> Floor:
    made = floor(agents=3, trunks=("carrier", "other"))
    base = Trunk(name="carrier", dial="PJSIP/{number}@carrier", lines_max=50, calls_per_second=1000.0)
    made.tell(TrunkSet(replace(base, **first)))  # type: ignore[arg-type]
    made.tell(TrunkSet(replace(base, name="other", dial="PJSIP/{number}@other")))
    return made


@pytest.mark.parametrize(
    ("turns", "order"),
    [
        ((), ["carrier", "carrier", "other"]),
        ((TrunkTurn(trunk="carrier", priority=5),), ["other"] * 3),
        ((TrunkTurn(trunk="other", weight=6.0),), ["other", "other", "carrier"]),
        ((TrunkTurn(trunk="carrier", weight=0.0),), ["other"] * 3),
    ],
)
def test_a_campaign_sets_its_own_priority_and_weight_of_a_trunk(turns: tuple[TrunkTurn, ...], order: list[str]) -> None:
    made = two_trunks(weight=3.0)
    base = made.engine._state.trunks["carrier"].config
    made.tell(TrunkSet(replace(base, name="other", dial="PJSIP/{number}@other", weight=1.5)))
    work = next(iter(made.engine._state.campaigns.values()))
    made.tell(CampaignSet(replace(work.campaign, trunk_turns=turns)))
    assert sorted(placed(made)) == sorted(order)


def placed(made: Floor) -> list[str]:
    wishes = those(made.give_leads(3), ReserveCall)
    return [only(made.reserve(wish), PlaceCall).trunk for wish in wishes]


def test_a_trunk_that_was_full_then_gets_its_share_and_no_more() -> None:
    made = two_trunks(weight=1.0, lines_max=1)
    state, work = made.engine._state, made.engine._state.campaigns[CAMPAIGN]
    full = state.trunks["carrier"].config
    made.tell(TrunkSet(replace(full, name="other", lines_max=90)))

    def taken(calls: range) -> Counter[str]:
        names = Counter[str]()
        for call in calls:
            trunk = trunk_for(state, work, "+56912345678", "CL")
            assert trunk is not None
            trunk.placed(state.now, CallId(call))
            names[trunk.config.name] += 1
        return names

    assert taken(range(40)) == {"carrier": 1, "other": 39}
    made.tell(TrunkSet(replace(full, lines_max=90)))
    assert taken(range(40, 60)) == {"carrier": 10, "other": 10}


def test_what_one_trunk_has_no_room_for_goes_to_the_next() -> None:
    assert placed(two_trunks(lines_max=2)) == ["carrier", "carrier", "other"]


def test_costs_in_several_currencies_are_not_held_against_each_other() -> None:
    pesos = {"currency": "CLP", "tariffs": (Tariff("", per_minute=9.0),)}
    made = two_trunks(priority=0, **pesos)
    base = made.engine._state.trunks["carrier"].config
    fare = (Tariff("", per_minute=0.5),)
    made.tell(TrunkSet(replace(base, name="other", dial="PJSIP/{number}@other", priority=1, tariffs=fare)))
    state, work = made.engine._state, made.engine._state.campaigns[CAMPAIGN]
    made.tell(CampaignSet(replace(work.campaign, least_cost=True)))

    def taken() -> str:
        trunk = trunk_for(state, work, "+56912345678", "CL")
        assert trunk is not None
        return trunk.config.name

    assert taken() == "other"  # half a peso
    made.tell(TrunkSet(replace(state.trunks["other"].config, currency="USD")))
    assert taken() == "carrier"  # 9 pesos are less than half a dollar: by priority, as if no cost were named


def test_a_number_that_no_trunk_carries_is_let_go_of_for_a_while() -> None:
    made = two_trunks(countries=("PE",))
    assert placed(made) == ["other"] * 3
    made = floor()
    made.tell(TrunkSet(Trunk(name="carrier", dial="PJSIP/{number}@carrier", countries=("PE",))))
    released = only(made.reserve(only(made.give_leads(1), ReserveCall)), ReleaseCall)
    assert released.reason == "no trunk carries the number"
    assert released.retry_at is not None
    assert released.retry_at > made.now + 600


def test_while_the_trunks_of_one_country_rest_its_leads_wait_and_the_others_are_called() -> None:
    made = two_trunks(countries=("CL",))
    state, work = made.engine._state, made.engine._state.campaigns[CAMPAIGN]
    made.tell(TrunkSet(replace(state.trunks["other"].config, countries=("PE",))))
    failing = state.trunks["carrier"]
    for call in range(900, 930):
        failing.placed(made.now, CallId(call))
        failing.ended(made.now, CallId(call), Outcome.CONGESTION, Ending(cause=34, tech_cause=503))
    assert failing.opens_at == made.now + 30.0
    made.give_leads(8)
    asked = [wish for wish in those(made.said, ReserveCall) if wish.call in state.calls]
    released = [only(made.reserve(wish), ReleaseCall) for wish in asked]
    assert {(one.reason, one.retry_at) for one in released} == {("no trunk has room", failing.opens_at)}
    assert work.put_off is not None
    assert (work.put_off.rule, work.put_off.due_at) == ("no_room", failing.opens_at)
    assert no_trunk(state, work, "+54912345678", "AR")[0] == "no_way"
    made.tell(TrunkSet(replace(failing.config, lines_max=0)))
    made.tick(31.0)
    assert no_trunk(state, work, "+56912345678", "CL")[2] == made.now + NO_ROOM_S


def test_the_cost_of_a_call_is_kept_with_it() -> None:
    made = two_trunks(currency="USD", tariffs=(Tariff("+569", per_minute=0.06),))
    call = only(made.reserve(those(made.give_leads(1), ReserveCall)[0]), PlaceCall).call
    made.tell(CallQueued(call), CallAnswered(call))
    made.tell(hangup(call), after_s=30.0)
    record = [one.record for one in those(made.said, SaveCall) if one.record.id == call][-1]
    assert record.cost == pytest.approx(0.03)
    assert record.currency == "USD"


BAD = """
[asterisk]
username = "x"
secret = "x"

[[trunk]]
name = "one"
dial = "PJSIP/{number}@one"
format = "foreign"
prefixes = ["569"]
hours = [{days = [0], opens = "20:00", closes = "08:00"}]
zone = "Nowhere/Town"
tariffs = [
    {prefix = "+56", per_minute = 0.1},
    {prefix = "56", per_minute = 0.1},
]
"""


def test_bad_formats_and_tariffs_are_refused_with_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "cadencia.toml"
    path.write_text(BAD)
    with pytest.raises(ConfigError) as refused:
        load(path)
    said = str(refused.value).replace(str(path), "FILE").split("\n")
    assert said == [
        "FILE:6: trunk[1].currency: tariffs need one, as USD",
        "FILE:9: trunk[1].format: must be one of e164, plus, national",
        "FILE:10: trunk[1].prefixes[1]: '569' must begin with + and go on in digits",
        "FILE:11: trunk[1].hours[1]: closes must be later than opens; write a night as two, to 24:00 and from 00:00",
        "FILE:12: trunk[1].zone: 'Nowhere/Town' is no time zone; write one as America/Santiago",
        "FILE:15: trunk[1].tariffs[2]: prefix '56' must begin with + and go on in digits",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("calls_per_second = inf", "calls_per_second: must be a number, neither nan nor inf"),
        ("weight = nan", "weight: must be a number, neither nan nor inf"),
        ("calls_per_second = 1e308", "calls_per_second: must be above 0 and at most 10,000"),
        ("tariffs = [{ per_minute = nan }]", "tariffs[1].per_minute: must be a number, neither nan nor inf"),
        ('types = ["mobile", "movil"]', "types[2]: 'movil' must be one of mobile, fixed, fixed_or_mobile, other"),
        ('currency = "dollars"', "currency: 'dollars' must be three capital letters, as USD"),
        ('countries = ["UK"]', "countries[1]: 'UK' is no country's code (ISO 3166), as CL"),
        ('country_code = "560"', "country_code: '560' is no country's calling code, as 56"),
        ('tech_prefix = "99 1"', "tech_prefix: must be of digits, *, # and +"),
    ],
)  # fmt: skip
def test_what_would_silently_carry_or_cost_nothing_is_refused(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "cadencia.toml"
    path.write_text(POOLS.partition("[[caller_ids]]")[0] + line + "\n")
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert str(refused.value) == f"{path}:10: trunk[1].{said}"


def test_a_dial_string_that_asterisk_would_read_otherwise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cadencia.toml"
    path.write_text(POOLS.partition("[[caller_ids]]")[0].replace("@one", "@one,60,g"))
    with pytest.raises(ConfigError, match=r":8: trunk\[1\].dial: must not hold ',', which Asterisk gives"):
        load(path)


POOLS = """
[asterisk]
username = "x"
secret = "x"

[[trunk]]
name = "one"
dial = "PJSIP/{number}@one"

[[caller_ids]]
name = "chile"
numbers = ["+56222000001", "56222000002", "+5612"]

[[caller_ids]]
name = "again"
numbers = ["+56222000001"]
day_max = 0
countries = ["cl"]
zone = "Santiago"
"""


def test_bad_pools_are_refused_with_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "cadencia.toml"
    path.write_text(POOLS)
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert str(refused.value).replace(str(path), "FILE").split("\n") == [
        "FILE:12: caller_ids[1].numbers[2]: '56222000002' must be E.164: + and the country first",
        "FILE:12: caller_ids[1].numbers[3]: '+5612' is no valid number",
        "FILE:16: caller_ids[2].numbers[1]: +56222000001 is in pool 'chile' already",
        "FILE:17: caller_ids[2].day_max: must be 1 or more",
        "FILE:18: caller_ids[2].countries[1]: 'cl' must be two capital letters, as CL",
        "FILE:19: caller_ids[2].zone: 'Santiago' is no time zone; write one as America/Santiago",
    ]
