"""Feeds: what comes is applied once and stops the next call, what happened goes back once, and all of it is logged."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import IO

import asyncssh
import pytest

from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.core.ids import ClientId
from dialer.core.messages import CallReserved, LeadsChanged, ListChanged, SaveCall
from dialer.core.outcomes import Outcome
from dialer.feeds import run
from dialer.feeds.places import Folder, PlaceError
from dialer.feeds.run import CHUNK, Feed, Went
from dialer.feeds.settings import RETURN_COLUMNS, Column, FeedSettings, Layout, Way
from dialer.store import NotFoundError, Store
from dialer.store.database import Database
from tests.new_database import new_database
from tests.store.world import NOW, World

PASSWORD = "not a secret: the server is this test's own"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with await Store.open(new_database(tmp_path / "dialer.db")) as store:
        yield await World.made(store)


News = LeadsChanged | ListChanged


def feed(world: World, told: list[News], place: object, **given: object) -> Feed:
    settings = FeedSettings(name="bank", client="lender", place=str(place), every_s=60.0, **given)  # type: ignore[arg-type]
    assert list(settings.problems()) == []
    return Feed(settings, world.store, told.append, lambda: NOW)


def put(folder: Path, name: str, text: str, *, at: float = NOW - 60) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    os.utime(folder / name, (at, at))


async def test_a_payment_in_a_file_stops_the_call_that_is_about_to_be_made(world: World, tmp_path: Path) -> None:
    lead_id = await world.add_lead()
    lead = await world.claim_one()
    put(tmp_path / "in", "news.csv", "cuenta,evento,monto\nA1,pago,10\nA9,pago,1\nA1,x,\n")
    told: list[News] = []
    went = await feed(world, told, tmp_path / "in").go()
    assert (went.rows, went.rejected, went.files) == (3, 2, 1)
    assert told == [LeadsChanged((lead_id,), stopped=True)]
    answer = await world.reserve(lead)
    assert isinstance(answer, CallReserved)
    assert [stop.kind for stop in answer.facts.stops] == ["payment"]
    rejected = (tmp_path / "in" / "done" / "news.csv.rejected.csv").read_text()
    assert rejected == "line;reason\n3;there is no such account\n4;'x' is no event that is known\n"
    assert not (tmp_path / "in" / "news.csv").exists()


async def test_a_file_told_again_changes_nothing(world: World, tmp_path: Path) -> None:
    lead = await world.add_lead()
    text = "account,event,balance\nA1,balance,100\n"
    put(tmp_path / "in", "a.csv", text)
    one = feed(world, [], tmp_path / "in")
    await one.go()
    put(tmp_path / "in", "pay.csv", "account,event,amount\nA1,payment,30\n")
    await one.go()
    put(tmp_path / "in", "pay-again.csv", "account,event,amount\nA1,payment,30\n")
    await one.go()
    view = await world.store.leads.view(lead)
    assert view is not None
    assert view.account is not None
    assert view.account.balance == "70"


async def test_a_file_of_the_same_name_replaces_none_that_was_read(world: World, tmp_path: Path) -> None:
    await world.add_lead()
    one = feed(world, [], tmp_path / "in")
    for event in ("dispute", "x", "resolved"):
        put(tmp_path / "in", "news.csv", f"account,event\nA1,{event}\n")
        await one.go()
    done = {file.name: file.read_text() for file in (tmp_path / "in" / "done").iterdir()}
    assert sorted(done) == ["news-2.csv", "news-2.csv.rejected.csv", "news-3.csv", "news.csv"]
    assert ("dispute" in done["news.csv"], "resolved" in done["news-3.csv"]) == (True, True)


async def test_a_file_that_is_still_written_waits(world: World, tmp_path: Path) -> None:
    put(tmp_path / "in", "a.csv", "account,event\nA1,dispute\n", at=NOW - 1)
    assert (await feed(world, [], tmp_path / "in").go()).files == 0
    assert (tmp_path / "in" / "a.csv").exists()


async def test_a_file_that_cannot_be_read_goes_out_of_the_way_and_the_next_one_is_read(
    world: World, tmp_path: Path
) -> None:
    await world.add_lead()
    put(tmp_path / "in", "a.csv", "colour\nred\n")
    put(tmp_path / "in", "b.csv", "account,event\nA1,dispute\n")
    went = await feed(world, [], tmp_path / "in").go()
    assert (went.rows, went.rejected, went.files) == (1, 1, 1)
    assert "no column tells the account" in (tmp_path / "in" / "done" / "a.csv.rejected.csv").read_text()


async def test_a_place_that_is_gone_is_logged_as_failed(world: World, tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="No such file"):
        await feed(world, [], tmp_path / "nowhere").go()
    [run] = await world.store.feeds.list("bank")
    assert (run.state, run.ended_at) == ("failed", NOW)
    assert "nowhere" in run.error


async def test_rows_of_a_table_are_pulled_from_the_mark_on(world: World, tmp_path: Path) -> None:
    lead = await world.add_lead()
    url = f"sqlite:///{tmp_path}/client.db"
    database = Database.of(url)
    async with database.writing() as session:
        await session.run("CREATE TABLE news (n INTEGER, cuenta TEXT, tipo TEXT, saldo TEXT)")
        await session.run("INSERT INTO news VALUES (1, 'A1', 'saldo', '50')")
    told: list[News] = []
    one = feed(world, told, url, query="SELECT * FROM news WHERE n > :mark ORDER BY n", mark="n")
    assert (await one.go()).rows == 1
    assert (await one.go()).rows == 0
    async with database.writing() as session:
        await session.run("INSERT INTO news VALUES (2, 'A1', 'demanda', NULL)")
    await database.close()
    assert (await one.go()).rows == 1
    assert told == [LeadsChanged((lead,)), LeadsChanged((lead,), stopped=True)]
    assert not (await world.claim()).leads
    bad = feed(world, [], url, query="SELECT nothing FROM nowhere")
    with pytest.raises(PlaceError, match="the query failed"):
        await bad.go()


async def test_a_file_that_cannot_be_fetched_keeps_back_no_other(world: World, tmp_path: Path) -> None:
    await world.add_lead()
    put(tmp_path / "in", "b.csv", "account,event\nA1,dispute\n")
    put(tmp_path / "in", "a.csv", "")
    one = feed(world, [], tmp_path / "in")

    class Guarded(Folder):
        async def fetch(self, name: str, to: IO[bytes]) -> str:
            if name == "a.csv":
                raise PlaceError("a.csv: Permission denied")
            return await super().fetch(name, to)

    went = Went()
    client = await world.store.clients.by_name("lender")
    assert client is not None
    with pytest.raises(PlaceError, match="Permission denied"):
        await one._from_files(Guarded(tmp_path / "in"), ClientId(client.id), went)
    assert (went.files, (tmp_path / "in" / "done" / "b.csv").exists()) == (1, True)


async def test_more_calls_than_one_file_takes_go_back_in_one_go(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROWS_MAX", 2)
    for _ in range(5):
        await world.add_lead()
    for n, lead in enumerate((await world.claim()).leads):
        await world.dial(lead, Outcome.BUSY, at=NOW - 500 + n)
    (tmp_path / "out").mkdir()
    went = await feed(world, [], tmp_path / "out", way=Way.OUT).go()
    assert (went.rows, went.files) == (5, 3)
    lines = [line for file in sorted((tmp_path / "out").glob("*.csv")) for line in file.read_text().splitlines()[1:]]
    assert [line.split(",")[1] for line in lines] == ["A1", "A2", "A3", "A4", "A5"]


async def test_calls_go_back_once_in_order_and_wait_for_those_in_progress(world: World, tmp_path: Path) -> None:
    for _ in range(4):
        await world.add_lead()
    leads = (await world.claim()).leads
    await world.dial(leads[0], Outcome.BUSY, at=NOW - 500)
    answer = await world.reserve(leads[1], now=NOW - 400)
    assert isinstance(answer, CallReserved)
    talking = world.record(answer.call, leads[1], at=NOW - 400)
    await world.tell(SaveCall(talking))
    await world.dial(leads[2], Outcome.NO_ANSWER, at=NOW - 300)
    one = feed(world, [], tmp_path / "out", way=Way.OUT)
    (tmp_path / "out").mkdir()
    assert (await one.go()).rows == 1
    assert (await one.go()).rows == 0
    await world.tell(SaveCall(replace(talking, ended_at=NOW - 100, outcome=Outcome.BUSY)))
    assert (await one.go()).rows == 2
    files = sorted((tmp_path / "out").glob("*.csv"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8-sig").splitlines()[1:]]
    assert [line.split(",")[1] for line in lines] == ["A1", "A2", "A3"]
    assert [line.split(",")[6] for line in lines] == ["busy", "busy", "no_answer"]


async def test_calls_go_back_into_a_table(world: World, tmp_path: Path) -> None:
    await world.add_lead()
    await world.dial(await world.claim_one(), Outcome.BUSY, at=NOW - 500)
    url = f"sqlite:///{tmp_path}/client.db"
    columns = RETURN_COLUMNS
    database = Database.of(url)
    async with database.writing() as session:
        await session.run(f"CREATE TABLE calls ({', '.join(columns)}, PRIMARY KEY (call))")
    one = feed(world, [], url, way=Way.OUT, table="calls")
    assert (await one.go()).rows == 1
    assert (await one.go()).rows == 0
    async with database.reading() as connection:
        rows = (await connection.exec_driver_sql("SELECT account, outcome, campaign FROM calls")).all()
    await database.close()
    assert [tuple(row) for row in rows] == [("A1", "busy", "spring")]


class OneUser(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("bank", PASSWORD)


@pytest.fixture
async def sftp(tmp_path: Path) -> AsyncIterator[int]:
    """A real SFTP server on loopback whose root is `tmp_path / "far"`; its port."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    root = tmp_path / "far"
    root.mkdir()
    server = await asyncssh.create_server(
        OneUser, "127.0.0.1", 0, server_host_keys=[key],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
    )  # fmt: skip
    port: int = server.get_port()
    public = key.export_public_key().decode().strip()
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    yield port
    server.close()
    await server.wait_closed()


async def test_files_come_and_go_by_sftp(
    world: World, tmp_path: Path, sftp: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await world.add_lead()
    await world.dial(await world.claim_one(), Outcome.BUSY, at=NOW - 500)
    monkeypatch.setenv("BANK_SECRET", PASSWORD)
    put(tmp_path / "far" / "in", "news.csv", "account,event\nA1,lawsuit\nA7,lawsuit\n")
    (tmp_path / "far" / "out").mkdir()
    known = {"password_env": "BANK_SECRET", "known_hosts": str(tmp_path / "known_hosts")}
    place, told = f"sftp://bank@127.0.0.1:{sftp}", list[News]()
    went = await feed(world, told, f"{place}/in", **known).go()
    assert (went.rows, went.rejected, went.files) == (2, 1, 1)
    assert told == [LeadsChanged((lead,), stopped=True)]
    done = sorted(one.name for one in (tmp_path / "far" / "in" / "done").iterdir())
    assert done == ["news.csv", "news.csv.rejected.csv"]
    back = Feed(
        FeedSettings(
            name="back", client="lender", way=Way.OUT, place=f"{place}/out", every_s=60.0, **known  # type: ignore[arg-type]
        ),
        world.store, told.append, lambda: NOW,
    )  # fmt: skip
    assert (await back.go()).files == 1
    [file] = (tmp_path / "far" / "out").iterdir()
    assert file.name.startswith("back-")
    assert "A1" in file.read_text(encoding="utf-8-sig")


async def test_a_server_that_is_another_or_a_wrong_password_is_told(
    world: World, tmp_path: Path, sftp: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANK_SECRET", "wrong")
    known = {"password_env": "BANK_SECRET", "known_hosts": str(tmp_path / "known_hosts")}
    with pytest.raises(PlaceError, match="ermission denied"):
        await feed(world, [], f"sftp://bank@127.0.0.1:{sftp}/in", **known).go()
    (tmp_path / "known_hosts").write_text("")
    with pytest.raises(PlaceError, match="not trusted"):
        await feed(world, [], f"sftp://bank@127.0.0.1:{sftp}/in", **known).go()
    assert [run.state for run in await world.store.feeds.list()] == ["failed", "failed"]
    assert not any("wrong" in run.error for run in await world.store.feeds.list())


async def test_a_feed_of_nobody_is_told(world: World, tmp_path: Path) -> None:
    one = feed(world, [], tmp_path)
    one.settings = replace(one.settings, client="nobody")
    with pytest.raises(NotFoundError, match="no client 'nobody'"):
        await one.go()


async def test_a_long_file_is_applied_piece_by_piece_with_its_own_lines(world: World, tmp_path: Path) -> None:
    lead = await world.add_lead()
    rows = ["A1,payment,0.01"] * (2 * CHUNK) + ["A9,payment,1"]
    put(tmp_path / "in", "pay.csv", "\n".join(["account,event,amount", *rows, ""]))
    await world.store.account_events.apply(
        world.campaign.client,
        [AccountEvent(account="A1", kind=AccountEventKind.BALANCE, balance=Decimal(100))],
        "",
        NOW,
    )
    went = await feed(world, [], tmp_path / "in").go()
    assert (went.rows, went.rejected, went.files) == (2 * CHUNK + 1, 1, 1)
    told = (tmp_path / "in" / "done" / "pay.csv.rejected.csv").read_text()
    assert f"{2 * CHUNK + 2};there is no such account" in told
    view = await world.store.leads.view(lead)
    assert view is not None
    assert view.account is not None
    assert view.account.balance == "80.00"


async def test_a_file_that_cannot_be_read_to_its_end_changes_nothing(world: World, tmp_path: Path) -> None:
    await world.add_lead()
    (tmp_path / "in").mkdir()
    good = b"account,event\n" + b"A1,dispute\n" * 3 * CHUNK
    (tmp_path / "in" / "a.csv").write_bytes(good + b"A1,\xff\n")
    os.utime(tmp_path / "in" / "a.csv", (NOW - 100, NOW - 100))
    went = await feed(world, [], tmp_path / "in").go()
    assert (went.rows, went.rejected, went.files) == (0, 1, 0)
    assert "cannot be read as utf-8" in (tmp_path / "in" / "done" / "a.csv.rejected.csv").read_text()
    assert len((await world.claim()).leads) == 1


LIST = "cuenta;telefono;saldo\nL1;5512345678;1.234,50\nL2;;7\n"
LEADS = {"brings": "leads", "campaign": "spring", "country": "MX"}


async def test_a_list_that_a_client_sends_comes_into_the_campaign(world: World, tmp_path: Path) -> None:
    put(tmp_path / "in", "cartera.csv", LIST)
    told: list[News] = []
    went = await feed(world, told, tmp_path / "in", **LEADS).go()
    assert (went.rows, went.rejected, went.files) == (2, 1, 1)
    assert told == [ListChanged(world.campaign.id)]
    [view] = await world.store.leads.find(world.campaign.id, "L1")
    assert view.account is not None
    assert view.account.balance == "1234.50"
    done = {one.name: one.read_text() for one in (tmp_path / "in" / "done").iterdir()}
    assert sorted(done) == ["cartera.csv", "cartera.csv.rejected.csv"]
    assert "3,no telephone number,L2,,7" in done["cartera.csv.rejected.csv"]
    [run] = await world.store.feeds.list("bank")
    assert (run.state, run.row_count, run.rejected, run.error) == ("done", 2, 1, "1 rows: no telephone number")
    [kept] = await world.store.imports.list()
    assert (kept.file, kept.finished_at) == ("cartera.csv", NOW)


async def test_a_list_of_a_layout_of_the_clients_own_and_one_that_is_none(world: World, tmp_path: Path) -> None:
    columns = (
        Column(name="OP", means="external_id"),
        Column(name="F1", means="phone"),
        Column(name="F2", means="phone"),
    )
    put(tmp_path / "in", "a.csv", "nothing\n1\n")
    put(tmp_path / "in", "b.csv", "OP|F1|F2|telefono\nL1|5512345678|5587654321|000\n")
    went = await feed(world, [], tmp_path / "in", layout=Layout(columns=columns), **LEADS).go()
    assert (went.rows, went.rejected, went.files) == (1, 1, 2)
    assert "no column" in (tmp_path / "in" / "done" / "a.csv.rejected.csv").read_text()
    [view] = await world.store.leads.find(world.campaign.id, "L1")
    assert [phone.number for phone in view.phones] == ["+525512345678", "+525587654321"]


async def test_leads_are_pulled_from_a_table_from_the_mark_on(world: World, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/client.db"
    database = Database.of(url)
    async with database.writing() as session:
        await session.run("CREATE TABLE cartera (n INTEGER, cuenta TEXT, telefono TEXT, saldo NUMERIC)")
        await session.run("INSERT INTO cartera VALUES (1, 'L1', '5512345678', 1.5), (2, 'L2', NULL, 2)")
    one = feed(world, [], url, query="SELECT * FROM cartera WHERE n > :mark ORDER BY n", mark="n", **LEADS)
    went = await one.go()
    assert (went.rows, went.rejected, went.told) == (2, 1, ["1 rows: no telephone number"])
    assert (await one.go()).rows == 0
    await database.close()
    [view] = await world.store.leads.find(world.campaign.id, "L1")
    assert view.account is not None
    assert view.account.balance == "1.5"


async def test_leads_for_a_campaign_that_the_client_does_not_have_are_told(world: World, tmp_path: Path) -> None:
    put(tmp_path / "in", "a.csv", LIST)
    with pytest.raises(NotFoundError, match="no campaign 'winter'; there are: 'spring'"):
        await feed(world, [], tmp_path / "in", **{**LEADS, "campaign": "winter"}).go()
    assert (tmp_path / "in" / "a.csv").exists()  # it is taken in once there is one


async def test_a_query_without_a_mark_loses_no_rows_without_a_word(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROWS_MAX", 2)
    url = f"sqlite:///{tmp_path}/client.db"
    with pytest.raises(PlaceError, match="give it a `mark`"):
        await feed(world, [], url, query="SELECT 'A1' AS account, 'dispute' AS event UNION ALL SELECT 'A2', 'x'").go()


async def test_what_was_wrong_with_rows_of_a_table_stands_in_the_log(world: World, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/client.db"
    await feed(world, [], url, query="SELECT 'A9' AS account, 'dispute' AS event").go()
    [run_] = await world.store.feeds.list("bank")
    assert (run_.state, run_.error) == ("done", "row 1 from the beginning: there is no such account")
