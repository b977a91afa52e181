"""What is there already of some rows of a list: asked for once for all of them, and whose an account is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dialer.core.model import Campaign
from dialer.store.database import Row, Session

if TYPE_CHECKING:
    from dialer.store.loading import NewLead

# By what the person of an account is known: country, kind and id. Empty: by nothing yet.
Owner = tuple[str, str, str]

_BETWEEN = "SELECT 1 FROM accounts WHERE client = $1 AND external_id BETWEEN $2 AND $3 LIMIT 1"
_HELD = """SELECT account FROM leads WHERE person IN {people} AND account IN {accounts}
    AND NOT (state = 'withdrawn' AND result = 'undone')"""


def owner_of(row: "NewLead") -> Owner:
    """The one that a row tells of."""
    return row.country, row.id_kind, row.national_id or ""


def is_another(owner: Owner, row: "NewLead") -> bool:
    """Whether a row about an account of the owner tells of somebody else: the same kind of id, and another one.

    A co-debtor under the debtor's account, or an account that went over to another person: whose the numbers are, and
    whose caps hold, would be anybody's guess.
    """
    told, (country, kind, known) = row.national_id, owner
    return told is not None and told != known != "" and row.id_kind == kind and row.country == country


async def known_accounts(
    session: Session, campaign: Campaign, rows: Sequence["NewLead"]
) -> tuple[dict[str, tuple[int, int]], dict[int, Owner]]:
    """Account and person by external id, and by what each of the people is known."""
    sql = f"""SELECT a.external_id, a.id, a.person, p.country, p.id_kind, coalesce(p.national_id, '')
        FROM accounts a JOIN people p ON p.id = a.person
        WHERE a.client = $1 AND a.external_id IN {session.listed("$2", "text")}"""  # noqa: S608 - our own names
    wanted = [row.external_id for row in rows]
    # Most lists come in the order of their ids, and most rows are new: then nothing lies from the first to the last.
    # SQLite orders text as Python does; a server has an order of its own.
    if not wanted or (session.sqlite and not await session.all(_BETWEEN, campaign.client, min(wanted), max(wanted))):
        return {}, {}
    found = await session.all(sql, campaign.client, session.packed(wanted))
    known = {external: (account, person) for external, account, person, *_ in found}
    return known, {person: (country, kind, known_by) for _, _, person, country, kind, known_by in found}


async def free_accounts(session: Session, accounts: Mapping[int, int]) -> set[int]:
    """Those of the accounts, given with their people, all of whose lists were undone: nobody is called about them."""
    if not accounts:
        return set()
    sql = _HELD.format(people=session.listed("$1"), accounts=session.listed("$2"))
    held = await session.all(sql, session.packed(sorted(set(accounts.values()))), session.packed(sorted(accounts)))
    return set(accounts) - {account for (account,) in held}


async def known_numbers(session: Session, people: Sequence[int]) -> dict[int, dict[str, str]]:
    """The numbers of each of the people with their consent, withdrawn ones aside."""
    if not people:
        return {}
    known: dict[int, dict[str, str]] = {person: {} for person in people}
    sql = f"""SELECT person, number, consent FROM phones
        WHERE person IN {session.listed("$1")} AND state <> 'withdrawn'"""  # noqa: S608 - our own names
    for person, number, consent in await session.all(sql, session.packed(sorted(known))):
        known[person][number] = consent
    return known


async def known_people(session: Session, rows: Sequence["NewLead"]) -> dict[tuple[str, str], int]:
    """Those who have the rows' national ids, by country and id."""
    known: dict[tuple[str, str], int] = {}
    sql = f"""SELECT national_id, id FROM people
        WHERE country = $1 AND national_id IN {session.listed("$2", "text")}"""  # noqa: S608 - our own names
    for country in sorted({row.country for row in rows}):
        wanted = [row.national_id for row in rows if row.country == country and row.national_id is not None]
        if wanted:
            for national_id, person in await session.all(sql, country, session.packed(wanted)):
                known[country, national_id] = person
    return known


async def known_leads(session: Session, campaign: Campaign, accounts: Sequence[int]) -> dict[int, Row]:
    """Account, state, result and due time of the campaign's leads, by account."""
    if not accounts:
        return {}
    sql = f"""SELECT account, state, result, due_at FROM leads
        WHERE campaign = $1 AND account IN {session.listed("$2")}"""  # noqa: S608 - our own names
    return {row[0]: row for row in await session.all(sql, campaign.id, session.packed(accounts))}
