"""Laws of `dialer dnc`, `person`, `accounts`, `feed` and `audit`, on a database and on a configuration."""

import asyncio
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dialer.cli import build
from dialer.config import load
from dialer.core.ids import CallId
from dialer.core.messages import SaveCall, SaveReceipt
from dialer.core.model import Receipt
from dialer.core.outcomes import Outcome
from dialer.errors import DialerError
from dialer.store import Store
from tests.cli.test_rules_command import CONFIG
from tests.new_database import new_database
from tests.store.world import NOW, World

NUMBER = "+525512345678"


def dialer(*words: object) -> Result:
    result = CliRunner().invoke(build(str(words[0])), [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit | DialerError):
        raise result.exception
    return result


def told(*words: object) -> object:
    return json.loads(dialer(*words, "--json=-").stdout)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with a lead, and three entries in the log about it."""
    url = new_database(tmp_path / "day.db")

    async def made() -> None:
        async with await Store.open(url) as store:
            world = await World.made(store)
            lead = await world.add_lead(NUMBER)
            claimed = await world.claim_one()
            await world.tell(
                *(
                    SaveReceipt(
                        Receipt(
                            at=NOW + n, campaign=claimed.campaign, lead=lead, person=claimed.person, number=NUMBER,
                            allowed=n != 1, rule="default mx.condusef@2014", why="why not", call=CallId(n),
                        )
                    )
                    for n in range(3)
                )
            )  # fmt: skip

    asyncio.run(made())
    return url


def test_numbers_go_on_a_list_and_off_it(url: str, tmp_path: Path) -> None:
    at = ("--database", url)
    assert dialer("dnc", "check", NUMBER, *at).exit_code == 0
    assert (
        "1 numbers and 1 beginnings"
        in dialer("dnc", "add", "55 1234 5678", "--country", "MX", "--prefix", "+1", *at).stdout
    )
    assert told("dnc", "check", NUMBER, *at) == {"forbidden": True, "lists": ["house"]}
    assert dialer("dnc", "check", NUMBER, *at).exit_code == 1
    assert dialer("dnc", "remove", NUMBER, *at).exit_code == 0
    assert dialer("dnc", "remove", NUMBER, *at).exit_code == 1
    file = tmp_path / "list.csv"
    file.write_text(f"name;phone\nA;{NUMBER}\nB;nonsense\nC;55 8765 4321\n")
    whole = ("dnc", "import", file, "--list", "register", "--country", "MX", "--whole", *at)
    refused = dialer(*whole)
    assert (refused.exit_code, "1 of its 3 rows hold no valid number" in str(refused.exception)) == (1, True)
    found = told(*whole, "--wrong-max", "0.4")
    assert isinstance(found, dict)
    assert {name: found[name] for name in ("rows", "added", "wrong")} == {"rows": 3, "added": 2, "wrong": 1}
    assert f"{file}:3: no valid number" in dialer(*whole, "--column", "phone", "--wrong-max", "0.4").stderr
    assert "2 entries" in dialer("dnc", "remove", "*", "--list", "register", *at).stdout


def test_a_whole_area_and_a_hashed_list_of_one_campaign(url: str) -> None:
    at = ("--database", url)
    dialer("dnc", "add", "--area", "US-FL", *at)
    assert dialer("dnc", "check", "+13055550100", *at).exit_code == 1
    assert dialer("dnc", "check", "+12125550100", *at).exit_code == 0
    dialer("dnc", "define", "own", "--campaign", "spring", "--hashed", "sha256", "--salt", "s", *at)
    dialer("dnc", "add", NUMBER, "--list", "own", *at)
    assert dialer("dnc", "check", NUMBER, *at).exit_code == 0
    assert dialer("dnc", "check", NUMBER, "--campaign", "spring", *at).exit_code == 1
    lists = told("dnc", "list", *at)
    assert isinstance(lists, list)
    assert [(one["name"], one["numbers"], one["prefixes"]) for one in lists] == [("house", 0, 21), ("own", 1, 0)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("dnc", "add"), "say which numbers"),
        (("dnc", "add", "12"), "no valid number"),
        (("dnc", "add", "--prefix", "52"), "a beginning is"),
        (("dnc", "add", "--area", "ZZ-1"), "no rules know the area"),
        (("dnc", "remove", "*"), "say which list"),
        (("dnc", "define", "x", "--client", "nobody"), "no client"),
        (("dnc", "waive", "x"), "say why"),
        (("dnc", "import", "nowhere.csv", "--list", "x"), "cannot be read"),
        (("person", "say", "1", "inconvenient", "mornings"), "write hours"),
        (("person", "say", "99", "deceased"), "no lead 99"),
        (("person", "lift", "7"), "no restriction 7"),
        (("accounts", "tell", "nowhere.csv", "--client", "lender"), "cannot be read"),
        (("audit", "erase", "1"), "say --yes"),
        (("audit", "erase", "99", "--yes"), "no lead 99"),
    ],
)
def test_what_is_wrong_is_said(url: str, words: tuple[str, ...], why: str) -> None:
    result = dialer(*words, "--database", url)
    assert isinstance(result.exception, DialerError), result.stdout
    assert why in str(result.exception)


def test_rules_that_ask_for_a_list_are_told(tmp_path: Path) -> None:
    config = tmp_path / "cadencia.toml"
    config.write_text(CONFIG.replace('rules_dir = "rules"\n', ""))
    warnings = dialer("dnc", "list", "-c", config).stderr
    assert "mx.reus@2014 asks for the list 'mx.reus'" in warnings
    dialer("dnc", "add", NUMBER, "--list", "mx.reus", "-c", config)
    assert "mx.reus" in dialer("dnc", "list", "-c", config).stderr  # one number is not the register
    numbers = tmp_path / "reus.csv"
    numbers.write_text(f"{NUMBER}\n")
    dialer("dnc", "import", numbers, "--list", "mx.reus", "-c", config)
    assert "mx.reus" not in dialer("dnc", "list", "-c", config).stderr


def test_a_list_that_is_not_needed_is_waived_with_the_reason_in_the_log(tmp_path: Path) -> None:
    config = tmp_path / "cadencia.toml"
    config.write_text(CONFIG.replace('rules_dir = "rules"\n', ""))
    dialer("dnc", "waive", "fr.bloctel", "--reason", "no calls to France, says counsel", "-c", config)
    assert "fr.bloctel" not in dialer("dnc", "list", "-c", config).stderr
    assert "fr.bloctel: no calls to France" in dialer("audit", "export", "-c", config).stdout
    dialer("dnc", "waive", "fr.bloctel", "--back", "-c", config)
    assert "fr.bloctel" in dialer("dnc", "list", "-c", config).stderr


def test_what_people_say_is_kept_shown_and_lifted(url: str) -> None:
    at = ("--database", url)
    assert "stops calls for 1 leads" in dialer("person", "say", 1, "lawsuit", "--source", "court", *at).stdout
    dialer("person", "say", 1, "inconvenient", "mon-fri 08:00-12:00", *at)
    found = told("person", "show", 1, *at)
    assert isinstance(found, list)
    assert [(one["id"], one["kind"], one["value"], one["source"]) for one in found] == [
        (1, "lawsuit", "", "court"), (2, "inconvenient", "mon-fri 08:00-12:00", "command"),
    ]  # fmt: skip
    assert "1 leads are free" in dialer("person", "lift", 1, *at).stdout


def test_what_is_said_of_a_number_holds_however_it_is_written(url: str) -> None:
    at = ("--database", url)
    assert dialer("person", "say", 1, "wrong_person", "--number", "+52 1 55 1234-5678", *at).exit_code == 0
    shown = told("person", "show", 1, *at)
    assert isinstance(shown, list)
    assert shown[-1]["number"] == NUMBER
    for words, why in ((("--number", "55 12"), "no valid number"), ((), "say which number")):
        assert why in str(dialer("person", "say", 1, "wrong_person", *words, *at).exception)


def test_a_file_of_payments_is_applied_once(url: str, tmp_path: Path) -> None:
    file = tmp_path / "pagos.csv"
    file.write_text("cuenta,evento,monto\nA1,pago,10\nA7,pago,1\nA1,regalo,\n")
    command = ("accounts", "tell", file, "--client", "lender", "--database", url)
    assert told(*command) == {
        "rows": 3, "applied": 1, "repeated": 0, "leads_stopped": 1,
        "rejected": [
            {"line": 3, "reason": "there is no such account"},
            {"line": 4, "reason": "'regalo' is no event that is known"},
        ],
    }  # fmt: skip
    again = told(*command)
    assert isinstance(again, dict)
    assert (again["applied"], again["repeated"]) == (0, 1)


def test_a_file_of_payments_as_excel_writes_it_is_read_and_a_doubtful_amount_is_not(url: str, tmp_path: Path) -> None:
    file = tmp_path / "pagos.csv"
    file.write_bytes("Crédito;evento;monto;hasta\nA1;pago;1.500;31/12/2026\n".encode("cp1252"))
    command = ("accounts", "tell", file, "--client", "lender", "--database", url)
    doubtful = told(*command)
    assert isinstance(doubtful, dict)
    assert [one["line"] for one in doubtful["rejected"]] == [2]
    assert "thousands to some" in doubtful["rejected"][0]["reason"]
    sure = told(*command, "--decimal", ",")
    assert isinstance(sure, dict)
    assert (sure["applied"], sure["rejected"]) == (1, [])
    assert "--decimal ';'" in str(dialer(*command, "--decimal", ";").exception)


def test_a_feed_is_listed_run_and_logged(tmp_path: Path) -> None:
    config = tmp_path / "cadencia.toml"
    feed = '[[feed]]\nname = "bank"\nclient = "lender"\nplace = "in"\nevery_s = 60\nsettle_s = 0\n'
    config.write_text(CONFIG.replace('rules_dir = "rules"\n', "") + feed)

    async def made() -> None:
        async with await Store.open(f"sqlite:///{tmp_path}/day.db") as store:
            await (await World.made(store)).add_lead()

    asyncio.run(made())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("account,event\nA1,dispute\n")
    assert told("feed", "run", "bank", "-c", config) == {"rows": 1, "rejected": 0, "files": 1, "told": []}
    assert "bank" in dialer("feed", "list", "-c", config).stdout
    log = told("feed", "log", "-c", config)
    assert isinstance(log, list)
    assert [(one["feed"], one["state"], one["row_count"]) for one in log] == [("bank", "done", 1)]
    missing = dialer("feed", "run", "none", "-c", config)
    assert "no [[feed]] named 'none'" in str(missing.exception)
    config.write_text(config.read_text().replace("every_s = 60", "every_s = 0"))
    wrong = dialer("feed", "list", "-c", config)
    assert "every_s: say how often" in str(wrong.exception)


def test_the_log_is_verified_exported_and_counted(url: str) -> None:
    at = ("--database", url)
    sound = told("audit", *at)
    assert isinstance(sound, dict)
    assert sound["sound"]
    head = sound["chains"][0]["head"]
    assert dialer("audit", "--expect", head, *at).exit_code == 0
    assert dialer("audit", "--expect", "0" * 64, *at).exit_code == 1
    rows = told("audit", "export", "--lead", 1, *at)
    assert isinstance(rows, list)
    assert [(row["entry"], row["kind"], row["number"], row["why"]) for row in rows] == [
        (1, "allowed", NUMBER, "why not"), (2, "refused", NUMBER, "why not"), (3, "allowed", NUMBER, "why not"),
    ]  # fmt: skip
    assert len(dialer("audit", "export", "--rule", "mx.condusef", "--refused", *at).stdout.splitlines()) == 2
    assert len(dialer("audit", "export", "--day", "2023-11-14", *at).stdout.splitlines()) == 4
    assert len(dialer("audit", "export", "--day", "2023-11-16", *at).stdout.splitlines()) == 1
    assert told("audit", "counts", "--day", "2023-11-14", *at) == {
        "allowed": {"default mx.condusef@2014": 2}, "refused": {"default mx.condusef@2014": 1},
    }  # fmt: skip


def test_a_log_that_somebody_changed_is_told_where(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "day.db") as database:
        database.execute("DROP TRIGGER compliance_UPDATE")
        database.execute("UPDATE compliance SET kind = 'allowed' WHERE seq = 2")
    database.close()
    result = dialer("audit", "--database", url)
    assert result.exit_code == 1
    assert "cell 0: BROKEN at entry 2" in result.stderr


def test_an_erased_person_is_in_no_recording_and_no_rejected_row(tmp_path: Path) -> None:
    config, folder = tmp_path / "cadencia.toml", tmp_path / "recordings"
    config.write_text(CONFIG.replace("secret =", f'recordings_dir = "{folder}"\nsecret ='))
    (tmp_path / "rules").mkdir()
    folder.mkdir()
    for name in ("1.wav", "1-agent.wav", "1-customer.wav", "11.wav", "2.wav"):
        (folder / name).write_bytes(b"")
    uploads = tmp_path / "data" / "uploads"
    uploads.mkdir(parents=True)
    sent = uploads / "rejected-7.csv"  # of a list that came through the console
    sent.write_text("line,reason,id,telefono\n2,x,A1,55 1234 5678\n")
    rejected = tmp_path / "spring.csv.rejected.csv"
    rejected.write_text("line,reason,id,telefono\n2,x,A1,55 1234 5678\n3,x,A9,044 55 1234 5678\n4,x,A8,5587654321\n")

    async def made() -> None:
        async with await Store.open(load(config).database_url) as store:
            world = await World.made(store)
            await world.add_lead(NUMBER)
            record = await world.dial(await world.claim_one(), Outcome.CONNECTED)
            await world.tell(SaveCall(replace(record, recording="1")))

    asyncio.run(made())
    shown = dialer("audit", "erase", 1, "--yes", "-c", config, "--rejected", tmp_path)
    assert "1 recordings, 3 rejected rows" in shown.stdout, shown.output
    assert sent.read_text() == "line,reason,id,telefono\n"
    assert sorted(one.name for one in folder.iterdir()) == ["11.wav", "2.wav"]
    assert rejected.read_text() == "line,reason,id,telefono\n4,x,A8,5587654321\n"


def test_a_person_is_erased_and_the_log_is_still_sound(url: str) -> None:
    at = ("--database", url)
    assert "1 numbers, 1 leads, 3 entries" in dialer("audit", "erase", 1, "--yes", *at).stdout
    assert "of 3 nobody knows any more whom they are about" in dialer("audit", *at).stdout
    assert told("audit", "export", "--lead", 1, *at) == []
    assert dialer("dnc", "check", NUMBER, *at).exit_code == 1
