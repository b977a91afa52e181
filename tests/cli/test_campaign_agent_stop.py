"""`dialer campaign`, `dialer agent` and `dialer stop`: on a database alone, and on a running server."""

import asyncio
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner, Result

from dialer.cli import build
from dialer.errors import ConfigError
from dialer.store import Store
from dialer.web.client import ServerNotRunningError
from tests.new_database import new_database
from tests.web.world import ADMIN_TOKEN, PIN, World
from tests.web.world import world as new_world

CONFIG = """
database = "sqlite:///{database}"
data_dir = "data"
[asterisk]
username = "cadencia"
secret = "a long secret"
[web]
port = {port}
[[trunk]]
name = "carrier"
dial = "PJSIP/{{number}}@carrier"
"""


def dialer(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(build(), list(words), input=stdin)


def done(*words: str, stdin: str | None = None) -> str:
    """The command's output; it must end well."""
    result = dialer(*words, stdin=stdin)
    assert result.exit_code == 0, (result.output, result.exception)
    return str(result.output)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return new_database(tmp_path / "day.db")


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration without a server."""
    return _config(tmp_path, tmp_path / "day.db", 25_999)


def _config(folder: Path, database: Path, port: int) -> str:
    path = folder / "cadencia.toml"
    path.write_text(CONFIG.format(database=database, port=port))
    return str(path)


def test_campaigns_are_added_paused_and_listed(database: str) -> None:
    done("campaign", "add", "Spring", "--client", "Bank", "--trunk", "carrier", "--database", database)
    done("campaign", "add", "Autumn", "--client", "Bank", "--mode", "preview", "--database", database)
    listed = json.loads(done("campaign", "list", "--database", database, "--json", "-"))
    assert [(one["name"], one["mode"], one["status"], one["trunks"]) for one in listed] == [
        ("Autumn", "preview", "paused", []),
        ("Spring", "predictive", "paused", ["carrier"]),
    ]
    assert listed[0]["client"] == listed[1]["client"]
    assert "Autumn" in done("campaign", "list", "--database", database)


def test_a_taken_name_is_refused(database: str) -> None:
    done("campaign", "add", "Spring", "--client", "Bank", "--database", database)
    result = dialer("campaign", "add", "Spring", "--client", "Bank", "--database", database)
    assert result.exit_code != 0
    assert "Spring" in str(result.exception)


def test_without_a_server_start_and_pause_are_noted_for_its_next_start(config: str) -> None:
    done("campaign", "add", "Spring", "--client", "Bank", "-c", config)
    for verb, status in (("start", "running"), ("pause", "paused")):
        assert "no server runs" in done("campaign", verb, "Spring", "-c", config)
        assert json.loads(done("campaign", "list", "-c", config, "--json", "-"))[0]["status"] == status


@pytest.mark.parametrize("words", [("campaign", "why", "1"), ("campaign", "pace", "1"), ("stop", "--all")])
def test_what_needs_a_server_says_that_none_runs(config: str, words: tuple[str, ...]) -> None:
    result = dialer(*words, "-c", config)
    assert isinstance(result.exception, ServerNotRunningError)
    assert "127.0.0.1:25999" in str(result.exception)


def test_where_the_data_is_must_be_said_once(config: str, database: str) -> None:
    for words in ((), ("-c", config, "--database", database)):
        assert isinstance(dialer("campaign", "list", *words).exception, ConfigError)


def test_an_agent_is_added_with_the_pin_from_a_file_and_shown_without(database: str, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("4711\n")
    words = ("--code", "1001", "--endpoint", "PJSIP/desk1", "--campaign", "Spring", "--database", database)
    done("campaign", "add", "Spring", "--client", "Bank", "--database", database)
    done("agent", "add", "María", *words, "--pin-file", str(pin))
    listed = done("agent", "list", "--database", database, "--json", "-")
    assert json.loads(listed) == [
        {
            "id": 1,
            "name": "María",
            "login": "1001",
            "code": "1001",
            "endpoint": "PJSIP/desk1",
            "campaigns": [1],
            "active": True,
            "elsewhere": False,
        }
    ]
    done("agent", "add", "Paco", "--login", "paco", "--elsewhere", "--campaign", "Spring", "--database", database)
    paco = json.loads(done("agent", "list", "--database", database, "--json", "-"))[1]
    assert (paco["login"], paco["code"], paco["elsewhere"]) == ("paco", "", True)
    kept = asyncio.run(_pin_hash(database))
    assert kept.startswith("$argon2id$")
    assert "4711" not in kept


async def _pin_hash(database: str) -> str:
    async with await Store.open(database) as store:
        login = await store.agents.by_code("1001")
        assert login is not None
        return login.pin_hash


def test_a_pin_comes_from_standard_input_or_is_asked_for_twice(database: str) -> None:
    done("campaign", "add", "Spring", "--client", "Bank", "--database", database)
    words = ("--campaign", "1", "--database", database)
    done("agent", "add", "One", "--code", "1", *words, "--pin-file", "-", stdin="4711\n")
    output = done("agent", "add", "Two", "--code", "2", *words, stdin="4712\n4712\n")
    assert "4712" not in output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--code", "12ab"), "--code"),
        (("--code", "1001", "--pin-file", "/nonexistent/pin"), "/nonexistent/pin"),
        ((), "--code"),
        (("--code", "1001", "--elsewhere"), "--login"),
    ],
)
def test_an_agent_that_makes_no_sense_is_refused_by_name(database: str, words: tuple[str, ...], told: str) -> None:
    result = dialer("agent", "add", "X", "--campaign", "1", "--database", database, *words)
    assert isinstance(result.exception, ConfigError)
    assert told in str(result.exception)


def test_a_short_pin_is_refused_without_being_shown(database: str, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("123")
    words = ("--code", "1", "--campaign", "1", "--database", database, "--pin-file", str(pin))
    result = dialer("agent", "add", "X", *words)
    assert isinstance(result.exception, ConfigError)
    assert "123" not in str(result.exception)


async def test_a_running_server_obeys(tmp_path: Path) -> None:
    async with new_world(tmp_path) as world:
        config = running(world, tmp_path)

        async def told(*words: str) -> str:
            return await asyncio.to_thread(done, *words, "-c", config)

        sofia = await world.supervisor()
        assert "paused: Spring" in await told("campaign", "pause", "Spring")
        assert (await sofia.floor())["campaigns"][0]["status"] == "paused"
        assert "running: Spring" in await told("campaign", "start", "1")
        change = ("--target", "0.9", "--minutes", "30", "--note", "quiet hour")
        made = json.loads(await told("campaign", "pace", "Spring", *change, "--json", "-"))
        assert made["settings"]["target"] == 0.9
        shown = await told("campaign", "pace", "Spring")
        assert "0.9" in shown
        assert "quiet hour" in shown
        back = json.loads(await told("campaign", "pace", "Spring", "--roll-back", "1", "--json", "-"))
        assert (back["settings"]["target"], back["changes"][0]["lasts"]) == (None, False)
        assert "rolled back by" in await told("campaign", "pace", "Spring")
        await told("stop", "--all")
        assert (await sofia.floor())["stopped_by"] == "local administrator"
        await told("stop", "--resume")
        assert (await sofia.floor())["stopped_by"] == ""
        assert json.loads(await told("campaign", "why", "Spring", "--json", "-"))["status"] == "running"
        assert "stopped: Spring" in await told("campaign", "stop", "Spring")


async def test_an_unknown_campaign_is_told_with_those_there_are(tmp_path: Path) -> None:
    async with new_world(tmp_path) as world:
        result = await asyncio.to_thread(dialer, "campaign", "start", "Winter", "-c", running(world, tmp_path))
        assert "'Spring'" in str(result.exception)


async def test_an_agent_added_beside_a_running_server_begins_work_at_once(tmp_path: Path) -> None:
    async with new_world(tmp_path) as world:
        pin = tmp_path / "pin"
        pin.write_text(PIN)
        words = ("agent", "add", "New", "--code", "3000", "--campaign", "1", "--endpoint", "PJSIP/new")
        await asyncio.to_thread(done, *words, "--pin-file", str(pin), "-c", running(world, tmp_path))
        client = world.client()
        await client.sign_in_agent("3000", PIN)
        assert (await client.desk_sign_in())["name"] == "New"


def running(world: World, folder: Path) -> str:
    """A configuration for the running world, with its local administrator's token."""
    data = folder / "data"
    data.mkdir()
    (data / "admin.token").write_text(ADMIN_TOKEN)
    port = urlsplit(world.url).port
    assert port is not None
    return _config(folder, folder / "day.db", port)


async def unarranged(database: str) -> tuple[int, ...]:
    async with await Store.open(database) as store:
        return await store.leads.unarranged()


def test_a_strategy_may_come_through_a_pipe_which_is_read_once(database: str) -> None:
    done("campaign", "add", "Spring", "--client", "Bank", "--database", database)
    reading, writing = os.pipe()
    os.write(writing, b"[campaign]\nring_timeout_s = 22.0\n[recycling_delays_s]\nno_answer = 900\n")
    os.close(writing)
    load = ("campaign", "load", "Spring", f"/dev/fd/{reading}", "--database", database)
    loaded = json.loads(done(*load, "--json", "-"))
    os.close(reading)
    delays = [one["delay_s"] for one in loaded["recycling"] if one["code"] == "no_answer"]
    assert (loaded["ring_timeout_s"], delays) == (22.0, [900.0])


def test_a_campaign_loads_a_strategy_and_a_wrong_one_is_named_with_its_key(database: str, tmp_path: Path) -> None:
    strategy = tmp_path / "strategy.toml"
    strategy.write_text(
        "[campaign]\nring_timeout_s = 22.0\n[campaign.pacing]\nintensity = 1.5\n"
        '[[campaign.recycling]]\ncode = "no_answer"\ndelay_s = 900.0\n[staffing]\nagents = 9\n'
    )
    done("campaign", "add", "Spring", "--client", "Bank", "--database", database)
    load = ("campaign", "load", "Spring", str(strategy), "--database", database)
    loaded = json.loads(done(*load, "--json", "-"))
    assert (loaded["ring_timeout_s"], loaded["pacing"]["intensity"]) == (22.0, 1.5)
    assert [(one["code"], one["delay_s"]) for one in loaded["recycling"]] == [("no_answer", 900.0)]
    assert json.loads(done("campaign", "list", "--database", database, "--json", "-")) == [loaded]
    strategy.write_text("[campaign.selection]\nfilter = 'balance > 100'\n")
    done(*load)
    assert asyncio.run(unarranged(database)) == ()
    strategy.write_text(
        "[campaign.inbound]\nposition_every_s = 5\nwindows = [\n"
        '  { days = [0], opens = "09:00", closes = "18:00" },\n'
        '  { days = [1], opens = "19:00", closes = "18:00" },\n]\n'
    )
    assert str(dialer(*load).exception).splitlines() == [
        f"{strategy}:2: campaign.inbound.position_every_s: must be 15 or more, or 0 for never",
        f"{strategy}:5: campaign.inbound.windows.1: closes must be later than opens; "
        "write a night as two, to 24:00 and from 00:00",
    ]
    strategy.write_text("[campaign]\nrings = 3\n")
    result = dialer(*load)
    assert isinstance(result.exception, ConfigError)
    assert "strategy.toml:2: campaign.rings" in str(result.exception)
    strategy.write_text(
        '[campaign]\nmessage = "abandon-es.wav"\n[campaign.detection]\nmessage = "voicemail.GSM"\n'
        'detector = "my, own"\n[campaign.inbound]\nclosed = "a\\nb"\n'
    )
    said = str(dialer(*load).exception).splitlines()
    places = (
        ":2: campaign.message",
        ":4: campaign.detection.message",
        ":5: campaign.detection.detector",
        ":7: campaign.inbound.closed",
    )
    assert [place for place in places if not any(place in line for line in said)] == []
    assert len(said) == 4
    assert "leave .wav out" in said[0]
