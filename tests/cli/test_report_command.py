"""Laws of `dialer report`: the same day in every form."""

import asyncio
import csv
import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dialer.cli import build
from dialer.cli.times import meant, told
from dialer.core.ids import AgentId, CallId
from dialer.core.messages import CallRang, SaveCall, SaveSpell
from dialer.core.model import Agent, CallRecord, Spell
from dialer.core.outcomes import Outcome
from dialer.leads.safe_csv import safe
from dialer.store import AgentLogin, JournalEntry, Store
from dialer.store.codec import encode
from tests.new_database import new_database
from tests.store.world import HOUR, NOW, World

SINCE, UNTIL = told(NOW), told(NOW + 2 * HOUR)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A day of one talk and one call without an answer."""
    url = new_database(tmp_path / "dialer.db")
    asyncio.run(_day(url))
    return url


async def _day(url: str, said: str = "PTP") -> None:
    async with await Store.open(url) as store:
        world = await World.made(store)
        await store.begin_run(NOW)
        login = AgentLogin(agent=Agent(id=AgentId(0), name="=Ana", campaigns=(world.campaign.id,)), login="ana")
        ana = (await store.agents.save(login)).agent
        await world.add_lead()
        lead = await world.claim_one()
        talk = replace(
            world.record(CallId(1), lead),
            agent=ana.id,
            answered_at=NOW + 10,
            agent_ready_at=NOW,
            bridged_at=NOW + 10.25,
            ended_at=NOW + 100,
            outcome=Outcome.CONNECTED,
            disposition=said,
        )
        missed = replace(
            world.record(CallId(2), lead, at=NOW + HOUR), ended_at=NOW + HOUR + 28, outcome=Outcome.NO_ANSWER
        )
        spell = Spell(agent=ana.id, state="talking", since=NOW + 10, until=NOW + 100)
        rang = JournalEntry(NOW + 5, "event", encode(CallRang(CallId(1))))
        await store.apply([SaveCall(talk), SaveCall(missed), SaveSpell(spell)], [rang], NOW)


def report(url: str, *words: str) -> Result:
    day = ("--since", SINCE, "--until", UNTIL, "--database", url)
    done = CliRunner().invoke(build("report"), ["report", *words, *day])
    assert done.exit_code == 0, done.output
    return done


def test_the_day_as_json(url: str) -> None:
    day = json.loads(report(url, "--json=-").stdout)
    assert (day["calls_placed"], day["connected"], day["abandoned"], day["abandon_ratio"]) == (2, 1, 0, 0.0)
    assert day["outcomes"] == {"connected": 1, "no_answer": 1}
    assert day["answer_to_bridge_ms"] == {"n": 1, "p50": 250.0, "p95": 250.0, "p99": 250.0, "max": 250.0}


def test_the_day_for_a_person(url: str) -> None:
    said = report(url, "--campaign", "spring").stdout
    for words in ("calls placed", "no_answer", "0.00 % of the answered", "p50 250", "PTP"):
        assert words in said


def test_machines_that_agents_met_are_told_of_the_connected(url: str, tmp_path: Path) -> None:
    assert "machines" not in report(url).stdout
    other = new_database(tmp_path / "other.db")
    asyncio.run(_day(other, said="MACHINE"))
    assert "1, 1 of them machines, as the agents found" in report(other).stdout


def test_calls_as_csv_and_as_json(url: str) -> None:
    rows = list(csv.DictReader(report(url, "--calls").stdout.splitlines()))
    assert [row["outcome"] for row in rows] == ["connected", "no_answer"]
    assert rows[0]["agent_name"] == "'=Ana"
    assert meant(rows[0]["placed_at"]) == NOW
    assert set(rows[0]) >= {field.name for field in fields(CallRecord)}
    plain = json.loads(report(url, "--calls", "--json=-").stdout)
    assert [row["placed_at"] for row in plain] == [NOW, NOW + HOUR]


def test_events_as_json_lines(url: str) -> None:
    [line] = report(url, "--events").stdout.splitlines()
    assert json.loads(line) == {"at": NOW + 5, "run": 1, "seq": 1, "kind": "event", "type": "CallRang", "call": 1}


def test_the_time_sheet(url: str) -> None:
    [row] = json.loads(report(url, "--agents", "--json=-").stdout)
    assert (row["name"], row["seconds"], row["calls"]) == ("=Ana", {"talking": 90.0}, 1)
    assert "talking s" in report(url, "--agents").stdout


def test_hour_by_hour(url: str) -> None:
    rows = json.loads(report(url, "--hourly", "--json=-").stdout)
    assert [(row["placed"], row["connected"]) for row in rows] == [(1, 1), (1, 0)]
    assert "placed" in report(url, "--hourly").stdout


@pytest.mark.parametrize(
    "words", [("--calls", "--agents"), ("--since", "yesterday"), ("--since", "2030-01-02", "--until", "2030-01-01")]
)
def test_what_cannot_be_told_is_refused(url: str, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(build("report"), ["report", *words, "--database", url])
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\tx", "'\tx"),
        ("+525512345678", "+525512345678"),
        ("-20.5", "-20.5"),
        ("x;=1+1", "x;'=1+1"),
        ("one\n@two", "one\n'@two"),
        ("es;en;-5; +52", "es;en;-5; +52"),
        ("a - b; c = d", "a - b; c = d"),
        ("Ana", "Ana"),
        (None, ""),
        (7, "7"),
    ],
)
def test_no_cell_is_a_formula(cell: object, written: str) -> None:
    assert safe(cell) == written
