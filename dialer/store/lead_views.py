"""Leads as people look at them: one with all that a desk shows, a search, the state of a campaign's list."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from sqlalchemy import RowMapping, Select, case, func, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.ids import AgentId, CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.model import CallRecord
from dialer.core.packs.schema import Dial
from dialer.core.selection import Selection
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database, Session
from dialer.store.errors import ConflictError, NotFoundError
from dialer.store.forbidden import Asked, forbidding
from dialer.store.past import of_lead
from dialer.store.placement import REARRANGE_CHUNK, arranged_by, rearrange, selection_of, settings_of
from dialer.store.quotas import Quotas
from dialer.store.rows import (
    Account,
    DispositionRow,
    LeadCounts,
    LeadLine,
    LeadState,
    LeadView,
    Person,
    Phone,
    PhoneState,
)

HISTORY_MAX = 50
_CHUNK = 1_000
_SOME = 500

_LEAD, _PERSON, _ACCOUNT = schema.leads.c, schema.people.c, schema.accounts.c
_PHONE, _CALL, _SAID = schema.phones.c, schema.calls.c, schema.dispositions.c
_SAID_OF, _LINE = schema.restrictions.c, schema.lines_out.c
_TOLD_OF_ACCOUNT = ("client", "external_id", "balance", "currency", "days_past_due", "fields", "updated_at")
_TOLD_OF_PHONE = ("type", "consent", "consent_at", "quality", "quality_at", "tried_at", "due_at", "extension")


class Leads:
    """The leads of all campaigns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def view(self, lead: LeadId, *, now: float = 0.0) -> LeadView | None:
        """The lead; do-not-call entries that have ended by `now` are left out."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_whole().where(_LEAD.id == lead))).mappings().first()
            return None if row is None else await _view(connection, row, now)

    async def dials(self, lead: LeadId, number: str, now: float) -> tuple[Dial, ...]:
        """The earlier calls that rules count before the lead's number is dialled, oldest first."""
        return await of_lead(self._database, lead, number, now)

    async def find(self, campaign: CampaignId, text: str, *, limit: int = 20) -> tuple[LeadView, ...]:
        """Leads of the campaign with that external id, national id or number (E.164)."""
        of_account = select(_LEAD.id).join(schema.accounts, _ACCOUNT.id == _LEAD.account)
        of_person = select(_LEAD.id).join(schema.people, _PERSON.id == _LEAD.person)
        of_phone = select(_LEAD.id).join(schema.phones, _PHONE.person == _LEAD.person)
        client = select(schema.campaigns.c.client).where(schema.campaigns.c.id == campaign).scalar_subquery()
        # One after the other, so that each finds its own index.
        found = union(
            of_account.where(_ACCOUNT.client == client, _ACCOUNT.external_id == text),
            of_person.where(_PERSON.national_id == text),
            of_phone.where(_PHONE.number == text),
        )
        query = _whole().where(_LEAD.id.in_(found), _LEAD.campaign == campaign).order_by(_LEAD.id).limit(limit)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
            return tuple([await _view(connection, row) for row in rows])

    async def of_number(self, campaign: CampaignId, number: str) -> LeadView | None:
        """A lead with that number (E.164) in any campaign of the same client; None where there is none."""
        client = select(schema.campaigns.c.client).where(schema.campaigns.c.id == campaign).scalar_subquery()
        same = select(schema.campaigns.c.id).where(schema.campaigns.c.client == client)
        of_phone = select(_LEAD.id).join(schema.phones, _PHONE.person == _LEAD.person).where(_PHONE.number == number)
        query = _whole().where(_LEAD.id.in_(of_phone), _LEAD.campaign.in_(same)).order_by(_LEAD.id).limit(1)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
            return None if row is None else await _view(connection, row)

    async def stream(self, campaign: CampaignId) -> AsyncIterator[LeadLine]:
        """Every lead of the campaign by id, without holding the database meanwhile."""
        after = 0
        while True:
            query = _whole().where(_LEAD.campaign == campaign, _LEAD.id > after).order_by(_LEAD.id).limit(_CHUNK)
            async with self._database.reading() as connection:
                rows = (await connection.execute(query)).mappings().all()
                numbers = await _numbers(connection, [row["person"] for row in rows])
            for row in rows:
                yield _line(row, numbers.get(row["person"], ()))
            if len(rows) < _CHUNK:
                return
            after = rows[-1]["id"]

    async def some(
        self, campaign: CampaignId, after: int, *, now: float = 0.0, most: int = _SOME
    ) -> tuple[tuple[LeadView, ...], frozenset[PersonId]]:
        """The next leads of the campaign by id, without their past, and those of their people who have one.

        A past is a call, a line by which the person was brought into a talk, or something that was said. Do-not-call
        entries that have ended by `now` are left out.
        """
        query = _whole().where(_LEAD.campaign == campaign, _LEAD.id > after).order_by(_LEAD.id).limit(most)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
            people = [row["person"] for row in rows]
            phones = await _phones(connection, people, campaign, now)
            numbers = [phone.number for of_one in phones.values() for phone in of_one]
            called = await connection.execute(
                union(
                    select(_CALL.person).where(_CALL.person.in_(people), _CALL.placed_at.is_not(None)),
                    select(_SAID_OF.person).where(_SAID_OF.person.in_(people)),
                    select(_PHONE.person)
                    .join(schema.calls, _CALL.number == _PHONE.number)
                    .where(_PHONE.number.in_(numbers), _PHONE.person.in_(people), _CALL.placed_at.is_not(None)),
                    select(_LINE.person).where(_LINE.person.in_(people)),
                    select(_PHONE.person)
                    .join(schema.lines_out, _LINE.number == _PHONE.number)
                    .where(_PHONE.number.in_(numbers), _PHONE.person.in_(people)),
                )
            )
            past = frozenset(PersonId(person) for (person,) in called)
        return tuple(_bare(row, phones.get(row["person"], ())) for row in rows), past

    async def spread(self, campaign: CampaignId, places: int) -> tuple[int, ...]:
        """So many places all over the campaign's list after which to ask for `some`."""
        async with self._database.reading() as connection:
            query = select(func.min(_LEAD.id), func.max(_LEAD.id)).where(_LEAD.campaign == campaign)
            first, last = (await connection.execute(query)).one()
        return tuple(first - 1 + n * (last + 1 - first) // places for n in range(places)) if first is not None else ()

    async def quotas_left(self, campaign: CampaignId, selection: Selection, now: float) -> dict[int, int]:
        """How many leads each part of the mix that has a quota may still give; 0: it is used up."""
        async with self._database.reading() as connection:
            return await Quotas().left(Session(connection), campaign, selection, now)

    async def count(self, campaign: CampaignId) -> int:
        """The number of leads on the campaign's list, whatever became of them: much quicker than `counts`."""
        query = select(func.count()).where(_LEAD.campaign == campaign)
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def counts(self, campaign: CampaignId, now: float) -> LeadCounts:
        """How the campaign's list stands."""
        due = func.sum(case(((_LEAD.state == LeadState.OPEN) & (_LEAD.due_at <= now), 1), else_=0))
        result = case((_LEAD.state == LeadState.FINISHED, _LEAD.result), else_="")
        query = (
            select(_LEAD.state, result.label("result"), func.count().label("n"), due.label("due"))
            .where(_LEAD.campaign == campaign)
            .group_by(_LEAD.state, result)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        states = {state: sum(row.n for row in rows if row.state == state) for state in LeadState}
        results = sorted(((row.result, row.n) for row in rows if row.state == LeadState.FINISHED), key=_most_first)
        return LeadCounts(
            total=sum(states.values()),
            open=states[LeadState.OPEN],
            due=sum(int(row.due) for row in rows),
            claimed=states[LeadState.CLAIMED],
            finished=states[LeadState.FINISHED],
            withdrawn=states[LeadState.WITHDRAWN],
            results=tuple(results),
        )

    async def numbers(self, campaign: CampaignId, *, lead_every: int = 1) -> dict[int, int]:
        """How many leads of the campaign have one number that may be dialled, two, ...; those of every so-manieth lead.

        Leads without any are left out. A number that proved dead counts: it was dialled.
        """
        count = func.count().label("count")
        each = (
            select(count)
            .join(schema.leads, _LEAD.person == _PHONE.person)
            .where(_LEAD.campaign == campaign, _LEAD.id % lead_every == 0)
            .where(_PHONE.state == PhoneState.VALID, _PHONE.consent != "refused")
            .group_by(_LEAD.id)
            .subquery()
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(select(each.c.count, func.count()).group_by(each.c.count))
            return {int(row[0]): int(row[1]) for row in rows}

    async def urge(self, lead: LeadId) -> CampaignId:
        """Put the lead before all others of its campaign, due now; a finished one is taken up again.

        Raises NotFoundError, and ConflictError for one that is withdrawn or on a call.
        """
        async with self._database.writing() as session:
            rows = await session.all(
                """UPDATE leads SET state = 'open', priority = 0, due_at = 0,
                    sort_key = CASE WHEN sort_key IS NULL THEN NULL ELSE -1e300 END, agent = NULL, phone = NULL,
                    part = CASE WHEN part < 0 THEN 0 ELSE part END
                WHERE id = $1 AND state IN ('open', 'finished') RETURNING campaign""",
                lead,
            )  # fmt: skip
            if rows:
                return CampaignId(rows[0][0])
            known = await session.all("SELECT state FROM leads WHERE id = $1", lead)
        if not known:
            raise NotFoundError(f"there is no lead {lead}")
        raise ConflictError(f"lead {lead} is {known[0][0]}")

    async def rearrange(self, campaign: CampaignId, now: float) -> int:
        """Work out anew where every lead of the campaign stands, some at a time; how many were looked at."""
        after: int | None = 0
        looked = 0
        async with self._database.reading() as connection:
            by = arranged_by(await selection_of(Session(connection), campaign))
        while after is not None:
            async with self._database.writing() as session:
                after = await rearrange(session, campaign, after, now)
            looked += REARRANGE_CHUNK
        async with self._database.writing() as session:
            await session.run("UPDATE campaigns SET arranged = $1 WHERE id = $2", by, campaign)
        return looked

    async def unarranged(self) -> tuple[CampaignId, ...]:
        """The campaigns whose leads do not all stand by its settings: they were changed, and nobody saw to the rest."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all("SELECT id, settings, arranged FROM campaigns ORDER BY id")
        return tuple(CampaignId(one) for one, settings, by in rows if arranged_by(settings_of(settings)) != by)

    async def page(
        self, campaign: CampaignId, *, after: int = 0, limit: int = 50, state: LeadState | None = None
    ) -> tuple[LeadLine, ...]:
        """The next leads of the campaign by id, as lines of a list."""
        query = _whole().where(_LEAD.campaign == campaign, _LEAD.id > after).order_by(_LEAD.id).limit(limit)
        if state is not None:
            query = query.where(_LEAD.state == state)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
            numbers = await _numbers(connection, [row["person"] for row in rows])
        return tuple(_line(row, numbers.get(row["person"], ())) for row in rows)

    async def campaign_of(self, lead: LeadId) -> CampaignId | None:
        """Whose lead it is; None where there is none."""
        async with self._database.reading() as connection:
            query = select(_LEAD.campaign).where(_LEAD.id == lead)
            return (await connection.execute(query)).scalar_one_or_none()

    async def set_priority(self, lead: LeadId, priority: int) -> None:
        """Dial the lead sooner or later: 0 (first) to 9 (last). Raises NotFoundError."""
        assert priority in schema.PRIORITIES, f"priority {priority}: must be 0 to 9"
        await self._change(lead, priority=priority)

    async def withdraw(self, lead: LeadId) -> None:
        """Never dial the lead again; one on a live call is not dialled again after it. Raises NotFoundError."""
        await self._change(lead, state=LeadState.WITHDRAWN.value, due_at=None)

    async def _change(self, lead: LeadId, **values: object) -> None:
        async with self._database.writing() as session:
            query = update(schema.leads).where(_LEAD.id == lead).values(**values)
            if (await session.connection.execute(query)).rowcount == 0:
                raise NotFoundError(f"there is no lead {lead}")


def _most_first(result: tuple[str, int]) -> tuple[int, str]:
    return -result[1], result[0]


def _whole() -> Select[*tuple[object, ...]]:
    return (
        select(
            *schema.leads.columns,
            *(_PERSON[name] for name in ("name", "country", "national_id", "id_kind", "zone", "region")),
            *(_ACCOUNT[name] for name in _TOLD_OF_ACCOUNT),
        )
        .join(schema.people, _PERSON.id == _LEAD.person)
        .outerjoin(schema.accounts, _ACCOUNT.id == _LEAD.account)
    )


async def _view(connection: AsyncConnection, row: RowMapping, now: float = 0.0) -> LeadView:
    calls = await _calls(connection, PersonId(row["person"]), CampaignId(row["campaign"]))
    phones = await _phones(connection, [row["person"]], row["campaign"], now)
    bare = _bare(row, phones.get(row["person"], ()))
    return replace(bare, calls=calls, dispositions=await _dispositions(connection, calls))


def _bare(row: RowMapping, phones: tuple[Phone, ...]) -> LeadView:
    """The lead without its past."""
    return LeadView(
        id=LeadId(row["id"]),
        campaign=CampaignId(row["campaign"]),
        state=LeadState(row["state"]),
        priority=row["priority"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        result=row["result"],
        segment=row["segment"],
        person=Person(
            id=PersonId(row["person"]),
            **{name: row[name] for name in ("name", "country", "national_id", "id_kind", "zone", "region")},
        ),
        account=None if row["account"] is None else _account(row),
        phones=phones,
        calls=(),
        dispositions=(),
        part=row["part"],
        expires_at=row["expires_at"],
        agent=None if row["agent"] is None else AgentId(row["agent"]),
        phone=None if row["phone"] is None else PhoneId(row["phone"]),
    )


async def _numbers(connection: AsyncConnection, people: Sequence[int]) -> dict[int, tuple[str, ...]]:
    query = select(_PHONE.person, _PHONE.number).where(_PHONE.person.in_(people)).order_by(_PHONE.rank, _PHONE.id)
    numbers: dict[int, tuple[str, ...]] = {}
    for person, number in await connection.execute(query):
        numbers[person] = (*numbers.get(person, ()), number)
    return numbers


def _line(row: RowMapping, numbers: tuple[str, ...]) -> LeadLine:
    return LeadLine(
        id=LeadId(row["id"]),
        external_id=row["external_id"] or "",
        national_id=row["national_id"] or "",
        name=row["name"],
        state=LeadState(row["state"]),
        priority=row["priority"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        result=row["result"],
        balance=row["balance"] or "",
        currency=row["currency"] or "",
        days_past_due=row["days_past_due"],
        numbers=numbers,
    )


def _account(row: RowMapping) -> Account:
    return Account(
        id=row["account"],
        client=ClientId(row["client"]),
        external_id=row["external_id"],
        balance=row["balance"],
        currency=row["currency"],
        days_past_due=row["days_past_due"],
        fields=tuple(json.loads(row["fields"]).items()),
        updated_at=row["updated_at"],
    )


async def _phones(
    connection: AsyncConnection, people: Sequence[int], campaign: int, now: float
) -> dict[int, tuple[Phone, ...]]:
    """The numbers of the people, by rank, with the do-not-call lists that forbid them to the campaign."""
    query = select(schema.phones).where(_PHONE.person.in_(people)).order_by(_PHONE.rank, _PHONE.id)
    rows = (await connection.execute(query)).mappings().all()
    asked = [Asked(row["number"], campaign) for row in rows]
    lists = await forbidding(Session(connection), asked, now) if asked else {}
    found: dict[int, tuple[Phone, ...]] = {}
    for row, one in zip(rows, asked, strict=True):
        found[row["person"]] = (*found.get(row["person"], ()), _phone(row, lists.get(one, ())))
    return found


def _phone(row: RowMapping, lists: Sequence[str]) -> Phone:
    return Phone(
        id=PhoneId(row["id"]),
        number=row["number"],
        rank=row["rank"],
        country=row["country"],
        zones=tuple(json.loads(row["zones"])),
        state=PhoneState(row["state"]),
        do_not_call=tuple(lists),
        **{name: row[name] for name in _TOLD_OF_PHONE},
    )


async def _calls(connection: AsyncConnection, person: PersonId, campaign: CampaignId) -> tuple[CallRecord, ...]:
    client = select(schema.campaigns.c.client).where(schema.campaigns.c.id == campaign).scalar_subquery()
    query = (
        select(schema.calls)
        .where(_CALL.person == person, _CALL.client == client)
        .order_by(_CALL.reserved_at.desc(), _CALL.id.desc())
        .limit(HISTORY_MAX)
    )
    return tuple(from_row(CallRecord, row) for row in (await connection.execute(query)).mappings())


async def _dispositions(connection: AsyncConnection, calls: Sequence[CallRecord]) -> tuple[DispositionRow, ...]:
    columns = (_SAID.call, _SAID.agent, _SAID.at, _SAID.code, _SAID.notes, _SAID.unconfirmed)
    query = select(*columns).where(_SAID.call.in_([call.id for call in calls])).order_by(_SAID.id.desc())
    return tuple(from_row(DispositionRow, row) for row in (await connection.execute(query)).mappings())
