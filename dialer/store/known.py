"""What stands in the way of people on a list whom the tables know already: their earlier calls, and what was said.

For many people at once, as a list brings them. The reservation of a call asks again, for itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dialer.core.packs.schema import MEMORY_DAYS, Dial
from dialer.core.rules import DAY_S
from dialer.store.database import Database, Row, Session
from dialer.store.past import dials_of
from dialer.store.restrictions import NOTHING, Said, said

# By number of the person. Account and lead of a call are not asked for: each counts as one about the list's own.
_ASKED = """SELECT p.id AS asked_for, p.person, p.number, CAST(NULL AS bigint) AS account, CAST($3 AS bigint) AS client,
        CAST(NULL AS bigint) AS lead
    FROM phones p WHERE p.person IN {people}"""
_NUMBERS = "SELECT id, person, number FROM phones WHERE person IN {people}"
_TALKS = """SELECT person, max(at) FROM (
        SELECT person, bridged_at AS at FROM calls WHERE person IN {people}
            AND (outcome IS NULL OR outcome = 'connected') AND bridged_at IS NOT NULL
        UNION ALL SELECT person, answered_at FROM lines_out WHERE person IN {people} AND answered_at IS NOT NULL
    ) AS talks GROUP BY person"""
_SAID = """SELECT person, kind, value, at, until, account, number FROM restrictions
    WHERE person IN {people} AND (until IS NULL OR until > $1) AND (client IS NULL OR client = $2) ORDER BY at, id"""


@dataclass(slots=True)
class Past:
    """What is known of one person."""

    dials: dict[str, tuple[Dial, ...]] = field(default_factory=dict)  # by number, as one about to be made counts them
    talked_at: float | None = None
    told: list[Row] = field(default_factory=list)

    def said_of(self, account: int | None, number: str) -> Said:
        """What was said that holds for this account and number."""
        rows = [(row[0], *row[1:5]) for row in self.told if row[5] in {None, account} and row[6] in {None, number}]
        return said(rows) if rows else NOTHING

    def before(self, number: str) -> tuple[Dial, ...]:
        """The earlier calls; to a number of which the tables know nothing, those to the person at others."""
        if number in self.dials:
            return self.dials[number]
        return tuple(replace(dial, number=False) for dial in next(iter(self.dials.values()), ()) if dial.person)


async def pasts(database: Database, people: Collection[int], client: int, now: float) -> Mapping[int, Past]:
    """Of the people who have one."""
    if not people:
        return {}
    found: dict[int, Past] = {}
    async with database.reading() as connection:
        session = Session(connection)
        packed: object = session.packed(sorted(people))
        listed = session.listed
        for row in await session.all(_SAID.format(people=listed("$3")), now, client, packed):
            found.setdefault(row[0], Past()).told.append(row)
        for person, talked_at in await session.all(_TALKS.format(people=listed("$1")), packed):
            found.setdefault(person, Past()).talked_at = talked_at
        asked = _ASKED.format(people=listed("$1"))
        dials = await dials_of(session, asked, packed, now - MEMORY_DAYS * DAY_S, client)
        if dials:
            numbers: Sequence[Row] = await session.all(_NUMBERS.format(people=listed("$1")), packed)
            for phone, person, number in numbers:
                if phone in dials:
                    found.setdefault(person, Past()).dials[number] = dials[phone]
    return found
