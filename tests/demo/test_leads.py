"""The demo's people: numbers that are valid and coded, and nobody who could be taken for somebody."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from dialer.leads.numbers import read_number
from simulation.carrier.numbers import ANSWERS, Behaviour, parse
from simulation.demo.leads import COUNTRIES, FIRST_NAMES, LAST_NAMES, MIX, TALK_MAX_S, Row, rows, write

PEOPLE = tuple(rows(5000, seed=1, talk_max_s=TALK_MAX_S))
SHARES = {share.behaviour: share for share in MIX}
PREFIXES = tuple(prefix for country in COUNTRIES for prefix in country.prefixes)


def test_every_number_is_valid_where_it_says_and_its_hours_are_known() -> None:
    for row in PEOPLE:
        number = read_number(row.phone, None)
        assert (number.valid, number.number, number.country) == (True, row.phone, row.country)
        assert number.zones, f"{row.phone}: nobody could say when it may be called"


def test_every_number_is_one_of_ours_and_within_its_share() -> None:
    for row in PEOPLE:
        assert row.phone[:-6] in PREFIXES
        script = parse(row.phone)
        assert script is not None
        share = SHARES[script.behaviour]
        assert share.ring_s[0] <= script.ring_s <= share.ring_s[1]
        assert share.talk_s[0] <= script.talk_s <= share.talk_s[1]


def test_nobody_is_on_the_list_twice() -> None:
    assert len({row.phone for row in PEOPLE}) == len({row.national_id for row in PEOPLE}) == len(PEOPLE)
    assert len({row.external_id for row in PEOPLE}) == len(PEOPLE)


def test_names_and_identities_are_plainly_made_up() -> None:
    for row in PEOPLE:
        first, *last = row.name.split()
        assert first in FIRST_NAMES
        assert set(last) <= set(LAST_NAMES)
        assert row.national_id.startswith("DEMO-")


def test_about_a_third_answers_and_everything_in_the_mix_comes_up() -> None:
    behaviours = Counter(script.behaviour for row in PEOPLE if (script := parse(row.phone)))
    assert set(behaviours) == set(SHARES)
    people = sum(behaviours[one] for one in ANSWERS - {Behaviour.MACHINE})
    assert 0.28 < people / len(PEOPLE) < 0.40
    assert sum(share.weight for share in MIX) == pytest.approx(100)


def test_nobody_rings_longer_than_the_campaign_lets_them_and_then_answers() -> None:
    assert all(share.ring_s[1] < 20 for share in MIX if share.behaviour in ANSWERS)


def test_nobody_talks_longer_than_asked_for() -> None:
    scripts = [script for row in rows(500, seed=1, talk_max_s=5) if (script := parse(row.phone))]
    assert max(script.talk_s for script in scripts if script.behaviour in ANSWERS) == 5


def test_the_same_seed_makes_the_same_list() -> None:
    assert (
        tuple(rows(50, seed=7, talk_max_s=40))
        == tuple(rows(50, seed=7, talk_max_s=40))
        != tuple(rows(50, seed=8, talk_max_s=40))
    )


def test_the_file_holds_the_list(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    write(path, 20, seed=3, talk_max_s=40)
    with path.open(encoding="utf-8", newline="") as file:
        read = [Row(**{**row, "days_past_due": int(row["days_past_due"])}) for row in csv.DictReader(file)]  # type: ignore[arg-type]
    assert read == list(rows(20, seed=3, talk_max_s=40))
