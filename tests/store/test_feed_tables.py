"""A client's table, on both databases: each row counts once, whatever is cut off, and rows come by their mark."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.core.ids import LeadId
from dialer.feeds import run
from dialer.feeds.places import PlaceError
from dialer.feeds.run import Feed
from dialer.feeds.settings import FeedSettings
from dialer.store.database import Database
from tests.store.world import NOW, World

QUERY = "SELECT * FROM client_news WHERE n > :mark ORDER BY n"


@pytest.fixture
async def table(url: str) -> AsyncIterator[Database]:
    database = Database.of(url)
    async with database.writing() as session:
        await session.run("DROP TABLE IF EXISTS client_news")
        await session.run("CREATE TABLE client_news (n INTEGER, told TIMESTAMP, cuenta TEXT, tipo TEXT, monto TEXT)")
    yield database
    async with database.writing() as session:
        await session.run("DROP TABLE client_news")
    await database.close()


async def news(table: Database, n: int, monto: str = "10") -> None:
    at = f"2026-03-01 10:{n:02d}:00"
    async with table.writing() as session:
        await session.run(f"INSERT INTO client_news VALUES ({n}, '{at}', 'A1', 'pago', '{monto}')")


def feed(world: World, url: str, query: str = QUERY, mark: str = "n", mark_from: str = "") -> Feed:
    settings = FeedSettings(
        name="bank", client="lender", place=url, every_s=60.0, query=query, mark=mark, mark_from=mark_from
    )
    assert list(settings.problems()) == []
    return Feed(settings, world.store, lambda _: None, lambda: NOW)


async def owing(world: World, lead: LeadId) -> Decimal:
    view = await world.store.leads.view(lead)
    assert view is not None
    assert view.account is not None
    return Decimal(view.account.balance or 0)


async def lead_owing_1000(world: World) -> LeadId:
    lead = await world.add_lead()
    owing = AccountEvent(account="A1", kind=AccountEventKind.BALANCE, balance=Decimal(1000))
    await world.store.account_events.apply(world.campaign.client, [owing], "a test", NOW)
    return lead


async def test_what_was_applied_and_not_marked_is_not_applied_twice(world: World, url: str, table: Database) -> None:
    lead, one = await lead_owing_1000(world), feed(world, url)
    await news(table, 1)
    await one.go()
    await world.store.feeds.set_mark("bank", "0")  # as if it had been killed before
    await news(table, 2)
    await one.go()
    assert await owing(world, lead) == Decimal(980)


async def test_two_payments_alike_are_two(world: World, url: str, table: Database) -> None:
    lead = await lead_owing_1000(world)
    for n in (1, 2, 3):
        await news(table, n)
    for _ in range(2):
        await feed(world, url, "SELECT cuenta, tipo, monto FROM client_news", "").go()
    assert await owing(world, lead) == Decimal(970)
    await news(table, 4)
    await feed(world, url, "SELECT cuenta, tipo, monto FROM client_news", "").go()
    assert await owing(world, lead) == Decimal(960)


async def test_more_rows_than_one_look_takes_come_in_one_go(
    world: World, url: str, table: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROWS_MAX", 2)
    lead = await lead_owing_1000(world)
    for n in range(1, 6):
        await news(table, n)
    assert (await feed(world, url).go()).rows == 5
    assert await owing(world, lead) == Decimal(950)


async def test_a_mark_may_be_an_instant(world: World, url: str, table: Database) -> None:
    lead = await lead_owing_1000(world)
    query = "SELECT * FROM client_news WHERE told > :mark ORDER BY told"
    one = feed(world, url, query, "told", mark_from="2026-03-01 10:01:00")
    for n in (1, 2, 3):
        await news(table, n)
    assert [(await one.go()).rows, (await one.go()).rows] == [2, 0]
    await news(table, 4)
    assert (await one.go()).rows == 1
    assert await owing(world, lead) == Decimal(970)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT * FROM client_news WHERE n > :mark ORDER BY n DESC", "ORDER BY n"),
        ("SELECT cuenta FROM client_news WHERE n > :mark", "no column 'n'"),
    ],
)
async def test_rows_that_do_not_come_by_their_mark_are_not_taken(
    world: World, url: str, table: Database, query: str, told: str
) -> None:
    lead = await lead_owing_1000(world)
    for n in (1, 2):
        await news(table, n)
    with pytest.raises(PlaceError, match=told):
        await feed(world, url, query).go()
    assert await owing(world, lead) == Decimal(1000)
