"""Laws of an account that a list tells to be somebody else's: nobody is called at another's number."""

import pytest

from dialer.core.outcomes import Outcome
from dialer.store.loading import OTHER_PERSON, Kept, Load, NewLead, NewPhone
from tests.store.test_merging import tell, view_of
from tests.store.world import NOW, ZONES, World

DEBTOR, CO_DEBTOR = "12345678Z", "87654321X"
HOME, OTHER = "+525512345678", "+525587654321"


def row(national_id: str | None, number: str, *, kind: str = "DNI", balance: str = "10") -> NewLead:
    phone = NewPhone(number, valid=True, country="MX", zones=ZONES)
    return NewLead("B1", national_id, "MX", (phone,), id_kind=kind if national_id else "", balance=balance)


async def keep(world: World, *rows: NewLead) -> Kept:
    """The rows as one list."""
    number = await world.store.imports.begin(world.campaign.id, "list.csv", NOW)
    async with world.store.imports.loader(Load(number, world.campaign, NOW)) as loader:
        kept = await loader.add(rows)
        await loader.finish(NOW)
    return kept


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_row_of_somebody_else_brings_neither_numbers_nor_figures(world: World, at_once: bool) -> None:
    mine, others = row(DEBTOR, HOME), row(CO_DEBTOR, OTHER, balance="99")
    if at_once:
        kept = await keep(world, mine, others)
        assert kept.refused == {1: OTHER_PERSON}
    else:
        await keep(world, mine)
        assert (await keep(world, others)).refused == {0: OTHER_PERSON}
    view = await view_of(world)
    assert view.account is not None
    assert (view.person.national_id, view.account.balance) == (DEBTOR, "10")
    assert [phone.number for phone in view.phones] == [HOME]


@pytest.mark.parametrize("news", [row(None, OTHER), row(DEBTOR, OTHER), row("BOXW310820HNERXN09", OTHER, kind="CURP")])
async def test_a_row_that_tells_nobody_else_is_news_of_the_account(world: World, news: NewLead) -> None:
    """No id, the same one, or one of another kind, which says nothing against the first."""
    kept = await keep(world, row(DEBTOR, HOME), news)
    assert kept.refused == {}
    assert [phone.number for phone in (await view_of(world)).phones] == [HOME, OTHER]


async def test_a_first_id_that_came_with_a_later_row_holds_against_a_third(world: World) -> None:
    kept = await keep(world, row(None, HOME), row(DEBTOR, HOME), row(CO_DEBTOR, OTHER))
    assert kept.refused == {2: OTHER_PERSON}
    assert (await view_of(world)).person.national_id == DEBTOR


async def test_an_account_of_an_undone_list_goes_over_to_whom_the_right_list_tells(world: World) -> None:
    wrong = await tell(world, row(DEBTOR, HOME))
    former = await view_of(world)
    record = await world.dial(await world.claim_one(), Outcome.BUSY)
    await world.store.imports.undo(wrong, NOW + 1)
    assert (await keep(world, row(CO_DEBTOR, OTHER))).refused == {}
    view = await view_of(world)
    assert (view.id, view.state) == (former.id, "open")
    assert (view.person.national_id, view.person.id == former.person.id) == (CO_DEBTOR, False)
    assert [phone.number for phone in view.phones] == [OTHER]
    # The call was made to the other one, at their number: it counts there.
    dials = await world.store.leads.dials(view.id, OTHER, NOW + 2)
    assert dials == ()
    kept = await world.store.calls.get(record.id)
    assert kept is not None
    assert kept.person == former.person.id


async def test_an_account_that_any_campaign_still_calls_about_goes_over_to_nobody(world: World) -> None:
    wrong = await tell(world, row(DEBTOR, HOME))
    await tell(world.of(await world.second_campaign()), row(DEBTOR, HOME))
    await world.store.imports.undo(wrong, NOW + 1)
    assert (await keep(world, row(CO_DEBTOR, OTHER))).refused == {0: OTHER_PERSON}
