"""`dialer campaign why NAME --at TIME`: the decision in force at an instant, from what was kept."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest
import typer

from dialer.cli.then import instant_of
from dialer.core.messages import SaveDecision
from dialer.core.model import DecisionRecord
from dialer.store import Store
from tests.cli.test_campaign_agent_stop import dialer, done
from tests.new_database import new_database
from tests.store.world import World

DAY = "2026-03-02"
DECISIONS = (
    ("10:30:50", 2, "two calls"),
    ("10:31:07", 14, "14 calls: 9 agents free now"),
    ("10:31:40", 0, "no calls: none free"),
)


def instant(clock: str) -> float:
    return datetime.fromisoformat(f"{DAY}T{clock}").astimezone().timestamp()


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A campaign `spring` with three decisions."""
    url = new_database(tmp_path / "day.db")

    async def filled() -> None:
        async with await Store.open(url) as store:
            world = await World.made(store)
            records = (
                DecisionRecord(id=n, campaign=world.campaign.id, at=instant(clock) + 0.2, calls=calls, reason=reason,
                               binding="risk", inputs=(("free", 9.0), ("risk", 0.062), ("price", 612.4)))
                for n, (clock, calls, reason) in enumerate(DECISIONS, start=1)
            )  # fmt: skip
            await world.tell(*map(SaveDecision, records))

    asyncio.run(filled())
    return url


def test_the_decision_of_that_second_is_told_with_its_figures_and_those_around_it(database: str) -> None:
    told = done("campaign", "why", "spring", "--at", f"{DAY}T10:31:07", "--database", database).splitlines()
    assert told[0].startswith(f"{DAY} 10:31:07.2  14 calls: 9 agents free now")
    assert told[1].strip() == "free 9, risk 6.2%, price 612 s"
    assert any("2 calls: 9 agents free" in line for line in told[2:])
    assert any("no calls: 9 agents free" in line for line in told[2:])


@pytest.mark.parametrize(
    ("language", "words"), [("es", "14 llamadas: 9 agentes libres"), ("pt", "14 chamadas: 9 agentes livres")]
)
def test_the_reason_is_said_in_the_language_asked_for_else_in_the_terminals(
    database: str, language: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("campaign", "why", "spring", "--at", f"{DAY}T10:31:07", "--database", database)
    assert words in done(*asked, "--language", language)
    monkeypatch.setenv("LC_ALL", f"{language}_XX.UTF-8")
    assert words in done(*asked)
    result = dialer(*asked, "--language", "fr")
    assert result.exit_code != 0


def test_between_two_decisions_the_one_before_stands(database: str) -> None:
    words = ("campaign", "why", "spring", "--at", f"{DAY} 10:31:30", "--database", database)
    assert [one["calls"] for one in json.loads(done(*words, "--json", "-"))["decisions"]] == [14]
    words = ("campaign", "why", "spring", "--at", f"{DAY} 08:00", "--database", database)
    assert "no decision was kept" in done(*words)


def test_an_unknown_campaign_and_a_senseless_time_are_named(database: str) -> None:
    result = dialer("campaign", "why", "winter", "--at", "10:31", "--database", database)
    assert "spring" in str(result.exception)
    result = dialer("campaign", "why", "spring", "--at", "soon", "--database", database)
    assert result.exit_code == 2
    assert "write a date or a time" in result.output


def test_a_time_of_day_is_the_last_one_that_was() -> None:
    now = instant("12:00:00")
    assert instant_of("10:31:07", now) == instant("10:31:07")
    assert instant_of("12:30", now) == instant("12:30:00") - 86_400.0
    with pytest.raises(typer.BadParameter):
        instant_of("25:00", now)
