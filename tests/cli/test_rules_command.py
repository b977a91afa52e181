"""Laws of `dialer rules`: what holds, what is wrong in a file, and when a lead may be called."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dialer.cli import build
from dialer.config import load
from dialer.core.ids import LeadId
from dialer.core.model import CampaignStatus
from dialer.core.rules import EVERY_DAY, Rules, Window
from dialer.errors import ConfigError, DialerError
from dialer.rules.packs import BUILT_IN
from dialer.store import Store
from tests.store.world import World

CONFIG = """\
database = "sqlite:///day.db"
built_in_rules = true
rules_dir = "rules"

[asterisk]
host = "127.0.0.1"
username = "dialer"
secret = "a secret of some length"

[[trunk]]
name = "carrier"
dial = "PJSIP/{number}@carrier"
"""
OWN = """\
country = "MX"

[[rule]]
id = "house.mornings"
version = "3"
purposes = ["collections"]
status = "house"
source = "our own"
confidence = "A"
verify = true

[[rule.hours]]
days = "mon-sun"
opens = "09:00"
closes = "12:00"
"""


def rules(*words: str) -> Result:
    return CliRunner().invoke(build("rules"), ["rules", *words])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.toml").write_text(OWN)
    path = tmp_path / "cadencia.toml"
    path.write_text(CONFIG)
    return path


def add_lead(config: Path) -> LeadId:
    async def run() -> LeadId:
        async with await Store.open(load(config).database_url) as store:
            world = await World.made(store)
            always = Rules(windows=(Window(EVERY_DAY, 0, 1440),))
            await store.campaigns.save(
                replace(world.campaign, rules=always, caller_id="+525500000000", status=CampaignStatus.RUNNING)
            )
            return await world.add_lead("+525512345678")

    return asyncio.run(run())


def test_what_ships_is_listed_with_a_warning_for_counsel() -> None:
    listed = rules("list")
    assert listed.exit_code == 0, listed.output
    assert "co.ley-2300@2023-10-10  CO" in listed.stdout
    assert "Mon-Fri 07:00-19:00, Sat 08:00-15:00, no holidays" in listed.stdout
    assert "have counsel check" in listed.stderr


def test_ones_own_are_listed_beside_what_ships(config: Path) -> None:
    listed = json.loads(rules("list", "-c", str(config), "--json=-").stdout)
    [own] = [one for one in listed if one["rule"] == "house.mornings@3"]
    assert (own["where"], own["hours"], own["sure"]) == ("MX", "Mon-Sun 09:00-12:00", "A verify")
    assert len(listed) > 30


def test_a_file_is_checked(config: Path) -> None:
    own = config.parent / "rules" / "own.toml"
    good = rules("check", str(own))
    assert "1 rules, no errors" in good.stdout
    assert "house.mornings@3" in good.stderr
    own.write_text(OWN.replace('"12:00"', '"08:00"'))
    bad = rules("check", str(own))
    assert bad.exit_code != 0
    assert isinstance(bad.exception, ConfigError)
    assert str(bad.exception).startswith(f"{own}:15: ")
    for path in BUILT_IN.glob("*.toml"):
        assert rules("check", str(path)).exit_code == 0


def test_a_file_is_held_against_its_own_examples(config: Path) -> None:
    own = config.parent / "rules" / "own.toml"
    example = """
[[example]]
says = "noon is over"
at = "2026-03-04 {at}"
zone = "America/Mexico_City"
number = "+525512345678"
verdict = "{verdict}"
"""
    right = [("11:59", "allowed"), ("12:00", "house.mornings"), ("08:59", "house.mornings@3.hours")]
    own.write_text(OWN + "".join(example.format(at=at, verdict=verdict) for at, verdict in right))
    assert "3 of 3 examples hold" in rules("check", str(own)).stdout
    wrong = [
        ("11:59", "house"),
        ("12:00", "allowed"),
        ("12:00", "house.morning"),
        ("12:00", "house.mornings@2"),
    ]
    own.write_text(OWN + "".join(example.format(at=at, verdict=verdict) for at, verdict in wrong))
    for words in (("check", str(own)), ("check", "-c", str(config))):
        broken = rules(*words).exception
        assert isinstance(broken, ConfigError)
        assert [line.split(": ")[:2] for line in str(broken).splitlines()] == [
            [f"{own}:{17 + 7 * n}", f"example[{n + 1}]"] for n in range(4)
        ]
        assert "expected allowed, the rules say house.mornings@3.hours (noon is over)" in str(broken)


def test_what_is_in_force_is_checked_as_a_whole(config: Path) -> None:
    good = rules("check", "-c", str(config))
    assert good.exit_code == 0, good.output
    assert "co.toml: 2 rules, no errors, 8 of 8 examples hold" in good.stdout
    assert f"{config.parent}/rules/own.toml: 1 rules, no errors, no examples" in good.stdout
    (config.parent / "rules" / "copy.toml").write_text(OWN)
    for file in ((), (str(config.parent / "rules" / "own.toml"),)):
        assert "house.mornings@3" in str(rules("check", *file, "-c", str(config)).exception)


def test_when_a_lead_may_be_called(config: Path) -> None:
    lead = add_lead(config)
    found = json.loads(rules("when", str(lead), "-c", str(config), "--json=-").stdout)
    assert found[-1]["until"] - found[0]["since"] == pytest.approx(7 * 86_400)
    assert {one["rule"] for one in found} <= {"", "house.mornings@3.hours", "mx.condusef@2014.hours"}
    open_s = sum(one["until"] - one["since"] for one in found if one["open"])
    assert open_s == pytest.approx(7 * 3 * 3600)  # three hours each day; Mexico City's clock does not change
    shown = rules("when", str(lead), "-c", str(config)).stdout
    assert "times of America/Mexico_City" in shown
    assert "09:00" in shown


def test_a_lead_that_is_none_is_said_so(config: Path) -> None:
    add_lead(config)
    done = rules("when", "999", "-c", str(config))
    assert isinstance(done.exception, DialerError)
    assert "there is no lead 999" in str(done.exception)


def test_every_country_of_ours_has_examples_that_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no configuration stands there
    told = rules("check").stdout.splitlines()
    assert len(told) >= 15
    assert [line for line in told if "no errors" not in line or "no examples" in line] == []
