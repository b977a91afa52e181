"""Laws of `dialer leads`: what it says, what it writes, and that it harms nothing when it fails."""

import asyncio
import csv
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dialer.cli import build
from dialer.core.model import CampaignStatus
from dialer.errors import DialerError, ImportRefusedError
from dialer.store import Store
from tests.new_database import new_database
from tests.store.world import World

LIST = "id,nombre,telefono,=cmd\nA1,=1+1,55 1234 5678,x\nA2,Bea,,\n"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return new_database(tmp_path / "dialer.db")


@pytest.fixture
def file(tmp_path: Path, url: str) -> Path:
    """A list beside a database with one campaign."""
    within(url, World.made)
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    return path


def within(url: str, doing: Callable[[Store], Awaitable[object]]) -> None:
    async def run() -> None:
        async with await Store.open(url) as store:
            await doing(store)

    asyncio.run(run())


def leads(*words: str) -> Result:
    return CliRunner().invoke(build("leads"), ["leads", *words])


def test_an_import_reports_as_json(file: Path, url: str) -> None:
    done = leads("import", str(file), "--campaign", "spring", "--database", url, "--json=-")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["rows"], report["leads"], report["phones"], report["rejected"]) == (
        2,
        1,
        1,
        {"no telephone number": 1},
    )
    assert report["dialable_now"] + sum(report["not_dialable"].values()) == 1


def test_an_import_tells_a_person_what_became_of_the_rows(file: Path, url: str) -> None:
    done = leads("import", str(file), "--campaign", "1", "--database", url)
    assert "1 new leads of 2 rows" in done.stdout
    assert "no telephone number" in done.stdout
    assert f"{file}.rejected.csv" in done.stdout.replace("\n", "")


def test_an_import_can_be_undone(file: Path, url: str) -> None:
    leads("import", str(file), "--campaign", "spring", "--database", url)
    assert "1 leads are withdrawn" in leads("undo", "1", "--database", url).stdout
    assert json.loads(leads("undo", "1", "--database", url, "--json=-").stdout) == {"import": 1, "withdrawn": 0}


def test_why_names_what_stands_in_the_way(file: Path, url: str) -> None:
    leads("import", str(file), "--campaign", "spring", "--database", url)
    assert leads("why", "1", "--database", url).stdout.startswith("campaign_paused: ")

    async def withdraw(store: Store) -> None:
        campaign = await store.campaigns.find("spring")
        await store.campaigns.set_status(campaign.id, CampaignStatus.RUNNING)
        [lead] = await store.leads.find(campaign.id, "A1")
        await store.leads.withdraw(lead.id)

    within(url, withdraw)
    found = json.loads(leads("why", "1", "--database", url, "--json=-").stdout)
    assert (found["reason"], found["lead"]) == ("withdrawn", 1)


def test_an_export_holds_no_formula(file: Path, url: str) -> None:
    leads("import", str(file), "--campaign", "spring", "--database", url)
    done = leads("export", "--campaign", "spring", "--database", url)
    [row] = list(csv.DictReader(done.stdout.splitlines()))
    assert (row["external_id"], row["name"], row["numbers"]) == ("A1", "'=1+1", "+525512345678")
    assert (row["state"], row["priority"], row["days_past_due"]) == ("open", "5", "")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("why", "99"), "there is no lead 99"),
        (("undo", "99"), "there is no import 99"),
        (("import", "{file}", "--campaign", "winter"), "there are: 'spring'"),
        (("import", "{file}", "--campaign", "spring", "--country", "XX"), "country 'XX'"),
        (("import", "{file}.none", "--campaign", "spring"), "cannot be read"),
    ],
)
def test_a_wrong_word_is_named(file: Path, url: str, words: tuple[str, ...], error: str) -> None:
    done = leads(*(word.format(file=file) for word in words), "--database", url)
    assert done.exit_code != 0
    assert isinstance(done.exception, DialerError | ImportRefusedError)
    assert error in str(done.exception)


def test_a_dry_run_and_a_mapping(file: Path, url: str, tmp_path: Path) -> None:
    saved = tmp_path / "map.toml"
    done = leads("import", str(file), "--campaign", "spring", "--database", url, "--save-map", str(saved))
    assert done.exit_code == 0, done.output
    assert 'phone = ["telefono"]' in saved.read_text()
    words = ("import", str(file), "--campaign", "spring", "--database", url, "--map", str(saved))
    dry = json.loads(leads(*words, "--dry-run", "--json=-").stdout)
    assert (dry["dry_run"], dry["leads"], dry["import_id"]) == (True, 1, 0)
    assert json.loads(leads(*words, "--json=-").stdout)["leads"] == 1
    refused = json.loads(leads(*words, "--duplicates", "refuse", "--json=-").stdout)
    assert refused["rejected"] == {"duplicate": 1, "no telephone number": 1}


def test_why_of_a_whole_campaign(file: Path, url: str, tmp_path: Path) -> None:
    leads("import", str(file), "--campaign", "spring", "--database", url)
    told = leads("why", "--campaign", "spring", "--database", url).stdout
    assert "is paused" in told
    found = json.loads(leads("why", "--campaign", "spring", "--database", url, "--json=-").stdout)
    assert sum(total["leads"] for total in found["totals"]) == 1
    each = tmp_path / "each.csv"
    leads("why", "--campaign", "spring", "--database", url, "--each", str(each), "--json=-")
    assert len(each.read_text().splitlines()) == 2
    assert leads("why", "--database", url).exit_code != 0


def test_too_few_calls_teach_nothing_and_the_data_is_counted(file: Path, url: str) -> None:
    leads("import", str(file), "--campaign", "spring", "--database", url)
    lesson = json.loads(leads("score", "--campaign", "spring", "--database", url, "--json=-").stdout)
    assert (lesson["calls"], lesson["learned"]) == (0, False)
    found = json.loads(leads("quality", "--campaign", "spring", "--database", url, "--json=-").stdout)
    assert (found["people"], found["reachable"], found["known_good"]) == (1, 1, 0)
    assert found["numbers"] == [
        {"quality": "", "type": "fixed_or_mobile", "consent": "", "numbers": 1, "tried": 0, "usable": 1}
    ]
