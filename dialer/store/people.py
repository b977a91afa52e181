"""People, and the erasing of what is kept of them."""

from dataclasses import dataclass

from dialer.core.ids import LeadId, PersonId
from dialer.store.compliance import Told, add, erase_subjects
from dialer.store.database import Database
from dialer.store.erasing import (
    calls_of,
    erase_from_deliveries,
    erase_from_journal,
    erase_from_trail,
    held_of,
    recordings_of,
)
from dialer.store.errors import ConflictError, NotFoundError
from dialer.store.forbidden import digest
from dialer.store.joining import join_told

ERASED = "erased"  # the list on which the numbers of erased people stay forbidden, as digests
_HASHING = "sha256"
# Calls, receipts and counts stay: they tell nothing of whom they were with any more.
_BLANK = (
    # Brought into others' talks, known by then or not.
    """UPDATE lines_out SET number = '', person = NULL
    WHERE person = $1 OR number IN (SELECT number FROM phones WHERE person = $1)""",
    "DELETE FROM import_changes WHERE account IN (SELECT id FROM accounts WHERE person = $1)",  # undoing puts them back
    "UPDATE people SET name = '', national_id = NULL, id_kind = '', zone = '', region = '' WHERE id = $1",
    "UPDATE accounts SET fields = '{}', external_id = 'erased-' || id WHERE person = $1",
    "UPDATE phones SET number = 'erased-' || id, extension = '', state = 'withdrawn' WHERE person = $1",
    "UPDATE leads SET state = 'withdrawn', claimed_by = NULL, due_at = NULL, result = 'erased' WHERE person = $1",
    "UPDATE dispositions SET notes = '' WHERE call IN (SELECT id FROM calls WHERE person = $1)",
    "DELETE FROM drafts WHERE call IN (SELECT id FROM calls WHERE person = $1)",
    "UPDATE calls SET number = '' WHERE person = $1",
    "UPDATE lines_out SET number = '' WHERE call IN (SELECT id FROM calls WHERE person = $1)",
    "UPDATE restrictions SET number = NULL, value = '', source = '' WHERE person = $1 AND kind <> 'inconvenient'",
    "DELETE FROM restrictions WHERE person = $1 AND kind = 'inconvenient'",
)


# Of lists that came as files the number is the register's; of the house's own, the digest says all that is needed.
_OWN_ENTRIES = """DELETE FROM do_not_call WHERE number = $1 AND NOT EXISTS
    (SELECT 1 FROM do_not_call_lists k WHERE k.name = do_not_call.source AND k.loaded_at IS NOT NULL)"""
_ONE_WITH = "SELECT kept FROM people_joins WHERE gone = $1 AND done_at IS NOT NULL"
_TO_BE_JOINED = "SELECT 1 FROM people_joins WHERE (gone = $1 OR kept = $1) AND done_at IS NULL LIMIT 1"
_IDS = """SELECT national_id FROM people WHERE id = $1 AND national_id IS NOT NULL
    UNION SELECT external_id FROM accounts WHERE person = $1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasing let go of."""

    person: PersonId
    leads: tuple[LeadId, ...]
    numbers: int
    entries: int  # of the compliance log that no longer tell whom they are about
    journal: int  # entries of the journal that no longer tell numbers and notes
    recordings: tuple[str, ...]  # base names of files that are to be deleted: nothing else knows of them any more
    files: tuple[str, ...]  # the same below the folder of the index, and at its target
    told: tuple[str, ...]  # numbers and ids as they stand in files of rejected rows; not to be kept


class People:
    """Those who are called."""

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        self._cell = cell

    async def join_told(self, now: float) -> tuple[int, int]:
        """Join the people whom lists told to be one; how many were, and how many wait for their calls to end."""
        return await join_told(self._database, self._cell, now)

    async def erase(self, person: PersonId, now: float) -> Erased:
        """Let go of everything that tells who the person is.

        The numbers stay forbidden, as digests, and the compliance log stays whole. Raises NotFoundError, and
        ConflictError while the person is on a call, or a recording of theirs is held for a court, or one whom a list
        told to be the same person is at hand.
        """
        await self.join_told(now)  # else the other one's data would outlive this one's
        async with self._database.writing() as session:
            person = PersonId(((await session.all(_ONE_WITH, person)) or [(person,)])[0][0])
            if await session.all(_TO_BE_JOINED, person):
                raise ConflictError(f"person {person} is one with somebody who is at hand now: erase a little later")
            if not await session.all("SELECT 1 FROM people WHERE id = $1", person):
                raise NotFoundError(f"there is no person {person}")
            if await session.all("SELECT 1 FROM reservations WHERE person = $1", person):
                raise ConflictError(f"person {person} is on a call: erase when it is over")
            if held := await held_of(session, person):
                raise ConflictError(
                    f"person {person}: the recording of call {held[0]} is held ({held[1]}); lift the hold first"
                )
            leads = await session.all("SELECT id FROM leads WHERE person = $1 ORDER BY id", person)
            known = await session.all("SELECT number, state FROM phones WHERE person = $1 ORDER BY id", person)
            numbers = [(number,) for number, state in known if state != "withdrawn"]
            told = [number for number, _ in known] + [text for (text,) in await session.all(_IDS, person)]
            calls = await calls_of(session, person)
            recordings, files = await recordings_of(session, person, now)
            await session.run(
                """INSERT INTO do_not_call_lists (name, purposes, hashing, salt, load) VALUES ($1, '', $2, '', 0)
                ON CONFLICT DO NOTHING""",
                ERASED, _HASHING,
            )  # fmt: skip
            await session.many(
                "INSERT INTO do_not_call (number, source, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                [(digest(number, _HASHING), ERASED, now) for (number,) in numbers],
            )
            await session.many(_OWN_ENTRIES, numbers)
            for statement in _BLANK:
                await session.run(statement, person)
            await erase_from_trail(session, person)
            await erase_from_deliveries(session, calls, [number for number, _ in known])
            entries = await erase_subjects(session, person)
            body = f"one person: {len(numbers)} numbers, {entries} entries of the log"
            await add(session, self._cell, [Told(kind="erased", at=now, body=body)])
        changed = await erase_from_journal(self._database, [number for number, _ in known], calls)
        return Erased(
            person=person,
            leads=tuple(LeadId(lead) for (lead,) in leads),
            numbers=len(numbers),
            entries=entries,
            journal=changed,
            recordings=recordings,
            files=files,
            told=tuple(told),
        )
