"""`dialer campaign selection`: shown as a file, set by it, and every mistake named at its line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dialer.cli import build
from dialer.errors import ConfigError

GOOD = """order = "expression"
expression = "balance * score"
filter = "balance > 1000 and not segment = \\"litigation\\""
expires_after_s = 864000.0
best_hour = true
attempts_max = 6

[[part]]
name = "old"
filter = "days_past_due > 90"
share = 0.4
calls_24h_max = 500

[[cap]]
scope = "account"
count = 3
span_s = 86400.0

[[recycling]]
code = "busy"
delay_s = 900.0
same_number = true

[[recycling]]
code = "PTP"
campaign = "Later"
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/dialer.db"
    for name in ("Spring", "Later"):
        assert campaign("add", name, "--client", "bank", "--database", url).exit_code == 0
    return url


def campaign(*words: str) -> Result:
    return CliRunner().invoke(build("campaign"), ["campaign", *words])


def test_what_is_shown_sets_the_same_again(database: str, tmp_path: Path) -> None:
    given, shown = tmp_path / "given.toml", tmp_path / "shown.toml"
    given.write_text(GOOD)
    assert campaign("selection", "Spring", str(given), "--check", "--database", database).exit_code == 0
    assert 'order = "due"' in campaign("selection", "Spring", "--database", database).stdout  # nothing was set
    assert campaign("selection", "Spring", str(given), "--database", database).exit_code == 0
    shown.write_text(campaign("selection", "Spring", "--database", database).stdout)
    first = campaign("selection", "Spring", "--database", database, "--json=-").stdout
    assert campaign("selection", "Spring", str(shown), "--database", database).exit_code == 0
    assert campaign("selection", "Spring", "--database", database, "--json=-").stdout == first
    told = json.loads(first)
    assert (told["order"], told["attempts_max"], told["best_hour"]) == ("expression", 6, True)
    assert [one["campaign"] for one in told["recycling"]] == ["", "Later"]
    assert (told["caps"][0]["count"], told["parts"][0]["calls_24h_max"]) == (3, 500)


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("balance > 1000 and", "balance >> 1000 and"), 3, "a value is wanted"),
        (('"expression"', '"balanse"'), 1, "is none of: due, balance"),
        (("share = 0.4", "share = 1.4"), 11, "less than or equal to 1"),
        (("share = 0.4", "shares = 0.4"), 11, "is share meant"),
        (('"account"', '"acount"'), 15, "is none of: number, lead, account, person"),
        (("Later", "Latest"), 26, "there are: Later"),
        (("expression =", "# expression ="), 1, "an expression goes with the order"),
        (("[[cap]]", "[[cap"), 14, "TOML"),
    ],
)
def test_a_mistake_is_named_at_its_line(
    database: str, tmp_path: Path, change: tuple[str, str], line: int, says: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(GOOD.replace(*change))
    found = campaign("selection", "Spring", str(file), "--database", database)
    assert isinstance(found.exception, ConfigError)  # the command's end shows it
    assert f"{file}:{line}: " in str(found.exception)
    assert says in str(found.exception)
    assert 'order = "due"' in campaign("selection", "Spring", "--database", database).stdout
