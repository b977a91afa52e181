"""Over a year, in all countries and zones, no call is placed that a rule forbids: held against a second reading."""

import pytest

from tests.core.year_of_attempts import CASES, Where, judge

ATTEMPTS = 200_000


@pytest.mark.parametrize(("where", "letter"), CASES, ids=[f"{w[0] or 'none'}-{w[1]}-{p}-{len(w[3])}" for w, p in CASES])
def test_no_call_outside_a_rule(where: Where, letter: str) -> None:
    count = judge(where, letter, ATTEMPTS // len(CASES) + 1)
    assert count["Allowed"] > 0, count
    assert count["Forbidden"] > 0, count
