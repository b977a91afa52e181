"""What the engine saves, as hand-written SQL: one statement for a whole run of commands of one kind.

Keeps what it is told. Decides nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter

from dialer.core.messages import (
    AddDoNotCall,
    DeferLead,
    ReleaseCall,
    RestPhone,
    ReturnLeads,
    SaveCall,
    SaveDecision,
    SaveDisposition,
    SaveLead,
    SavePhone,
    SaveSpell,
)
from dialer.core.model import CallRecord
from dialer.core.quality import DEAD, Quality
from dialer.store.batch import Moment
from dialer.store.compliance import Told, add
from dialer.store.database import Session
from dialer.store.forbidden import digest
from dialer.store.placement import place_again

RELEASE_RETRY_S = 3600.0  # a released lead without a time of its own: late enough never to spin

CALL_COLUMNS = tuple(field.name for field in fields(CallRecord))
_CALL_VALUES = attrgetter(*CALL_COLUMNS)
_SAVE_CALL = f"""INSERT INTO calls ({", ".join(CALL_COLUMNS)})
    VALUES ({", ".join(f"${n}" for n in range(1, len(CALL_COLUMNS) + 1))})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in CALL_COLUMNS[1:])}"""  # noqa: S608
_DEAD = ", ".join(f"'{one}'" for one in sorted(DEAD))
_STAYS_DEAD = f"(quality IN ({_DEAD}) AND CAST($1 AS text) NOT IN ({_DEAD}, '{Quality.GOOD}'))"
_SAVE_RECORDING = """INSERT INTO recordings (call, campaign, agent, base, at, state)
    VALUES ($1, $2, $3, $4, $5, 'expected')
    ON CONFLICT (call) DO UPDATE SET agent = excluded.agent, base = excluded.base"""


_SCOPED_LIST = """INSERT INTO do_not_call_lists (name, client, campaign, purposes, hashing, salt, load)
    VALUES ($1, $2, $3, '', '', '', 0) ON CONFLICT DO NOTHING"""


async def save_calls(session: Session, commands: Sequence[SaveCall], _: Moment) -> None:
    """Keep the last record of each call; an ended one frees person and number."""
    last = {command.record.id: command.record for command in commands}.values()
    await session.many(_SAVE_CALL, [_CALL_VALUES(record) for record in last])
    await session.many(
        "DELETE FROM reservations WHERE call = $1", [(one.id,) for one in last if one.ended_at is not None]
    )
    recorded = [
        (one.id, one.campaign, one.agent, one.recording, one.bridged_at or one.reserved_at)
        for one in last
        if one.recording
    ]
    await session.many(_SAVE_RECORDING, recorded)


async def release_calls(session: Session, commands: Sequence[ReleaseCall], moment: Moment) -> None:
    """Undo reservations: leads at hand are due again, those taken by an agent's wish go back as they were."""
    due = [(moment.now + RELEASE_RETRY_S if c.retry_at is None else c.retry_at, c.call, moment.cell) for c in commands]
    await session.many(
        """UPDATE leads SET claimed_by = NULL, sort_key = NULL,
            due_at = CASE WHEN r.by_wish THEN leads.due_at ELSE $1 END,
            state = CASE WHEN leads.listed THEN 'open' ELSE 'finished' END
        FROM reservations r WHERE r.call = $2
            AND leads.id = r.lead AND leads.state = 'claimed' AND leads.claimed_by = $3""",
        due,
    )
    await session.many("DELETE FROM reservations WHERE call = $1", [(command.call,) for command in commands])


async def return_leads(session: Session, commands: Sequence[ReturnLeads], moment: Moment) -> None:
    """Give back what this cell claimed; what became of a lead meanwhile stands."""
    await session.many(
        """UPDATE leads SET state = 'open', claimed_by = NULL
        WHERE id = $1 AND state = 'claimed' AND claimed_by = $2 AND listed""",
        [(lead, moment.cell) for command in commands for lead in command.leads],
    )


async def save_leads(session: Session, commands: Sequence[SaveLead], moment: Moment) -> None:
    """Leads are due again or finished, here or in another campaign of the same client.

    A withdrawn one stays withdrawn, and why: whoever takes a stop back asks for that.
    """
    await session.many(
        """UPDATE leads SET claimed_by = NULL, attempts = $1, due_at = $2, streak = $4, phone = $5,
        agent = $6, sort_key = NULL, result = CASE WHEN state = 'withdrawn' AND result <> '' THEN result ELSE $3 END,
        state = CASE WHEN state = 'withdrawn' THEN state WHEN CAST($2 AS double precision) IS NULL THEN 'finished'
            ELSE 'open' END
        WHERE id = $7""",
        [(one.attempts, one.due_at, one.result, one.streak, one.phone, one.agent, one.lead) for one in commands],
    )
    await session.many(
        """UPDATE leads SET campaign = $1, attempts = 0, streak = 0, part = 0, phone = NULL, agent = NULL,
        state = 'open', due_at = coalesce(due_at, $2)
        WHERE id = $3 AND state <> 'withdrawn'
            AND EXISTS (SELECT 1 FROM campaigns c JOIN campaigns f ON f.client = c.client
                WHERE c.id = $1 AND f.id = leads.campaign)
            AND NOT EXISTS (SELECT 1 FROM leads o WHERE o.campaign = $1 AND o.account = leads.account)""",
        [(one.campaign, moment.now, one.lead) for one in commands if one.campaign is not None],
    )
    await place_again(session, [command.lead for command in commands], moment.now)


async def save_phones(session: Session, commands: Sequence[SavePhone], _: Moment) -> None:
    """Keep what calls taught of numbers. A dead one stays dead unless somebody there was spoken with.

    The call may have begun before another lead's told that the number is dead.
    """
    await session.many(
        f"""UPDATE phones SET quality_at = CASE WHEN quality = $1 OR {_STAYS_DEAD} THEN quality_at ELSE $5 END,
        quality = CASE WHEN {_STAYS_DEAD} THEN quality ELSE $1 END,
        machines = $2, calls = $3, answers = $4, tried_at = $5, due_at = $6 WHERE id = $7""",  # noqa: S608 - our own words
        [(o.quality, o.machines, o.calls, o.answers, o.tried_at, o.due_at, o.phone) for o in commands],
    )


async def defer_leads(session: Session, commands: Sequence[DeferLead], moment: Moment) -> None:
    """Give back what this cell claimed, due later; what became of a lead meanwhile stands."""
    await session.many(
        """UPDATE leads SET state = 'open', claimed_by = NULL, due_at = $1, result = $2, sort_key = NULL
        WHERE id = $3 AND state = 'claimed' AND claimed_by = $4 AND listed""",
        [(command.due_at, command.reason, command.lead, moment.cell) for command in commands],
    )


async def save_dispositions(session: Session, commands: Sequence[SaveDisposition], moment: Moment) -> None:
    """Add what agents said. Earlier sayings stay."""
    await session.many(
        "INSERT INTO dispositions (call, agent, at, code, notes, unconfirmed) VALUES ($1, $2, $3, $4, $5, $6)",
        [(one.call, one.agent, moment.now, one.code, one.notes, one.unconfirmed) for one in commands],
    )


async def save_decisions(session: Session, commands: Sequence[SaveDecision], _: Moment) -> None:
    """Keep pacing decisions with their inputs. One that is known already stays as it is."""
    await session.many(
        """INSERT INTO decisions (id, campaign, at, calls, reason, binding, inputs)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING""",
        [
            (one.id, one.campaign, one.at, one.calls, one.reason, one.binding, json.dumps(one.inputs))
            for one in (command.record for command in commands)
        ],
    )


async def save_spells(session: Session, commands: Sequence[SaveSpell], moment: Moment) -> None:
    """Keep spells by agent and beginning; a later saving of the same one replaces it."""
    await session.many(
        """INSERT INTO spells (agent, since, cell, until, state, reason, campaign, call, ended)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (agent, since) DO UPDATE SET cell = excluded.cell,
            until = excluded.until, ended = excluded.ended, state = excluded.state, reason = excluded.reason,
            campaign = excluded.campaign, call = excluded.call""",
        [
            (one.agent, one.since, moment.cell, one.until, one.state, one.reason, one.campaign, one.call, one.ended)
            for one in (command.spell for command in commands)
        ],
    )


async def rest_phones(session: Session, commands: Sequence[RestPhone], _: Moment) -> None:
    """Let numbers rest; one that rests longer already stays so."""
    await session.many(
        "UPDATE phones SET due_at = $1 WHERE id = $2 AND (due_at IS NULL OR due_at < $1)",
        [(command.until, command.phone) for command in commands],
    )


async def add_do_not_call(session: Session, commands: Sequence[AddDoNotCall], moment: Moment) -> None:
    """Put numbers on lists for good, whatever end an entry had. One that stands there for good stays as it is."""
    scoped = {one.source: (one.source, one.client, one.campaign) for one in commands if one.client or one.campaign}
    await session.many(_SCOPED_LIST, list(scoped.values()))
    sources = session.packed(sorted({one.source for one in commands}))
    sql = f"SELECT name, hashing, salt FROM do_not_call_lists WHERE name IN {session.listed('$1', 'text')}"  # noqa: S608
    hashed = {name: (hashing, salt) for name, hashing, salt in await session.all(sql, sources) if hashing}
    sql = f"SELECT id, number FROM calls WHERE id IN {session.listed('$1')}"  # noqa: S608 - our own names
    calls = session.packed([one.call for one in commands if one.number is None and one.call is not None])
    unknown = any(one.number is None for one in commands)
    dialled = {row[0]: row[1] for row in await session.all(sql, calls)} if unknown else {}
    rows = []
    for one in commands:
        number = one.number if one.number is not None else dialled.get(one.call)
        if number is not None:
            key = digest(number, *hashed[one.source]) if one.source in hashed else number
            rows.append((key, one.source, moment.now, one.call))
    await session.many(
        """INSERT INTO do_not_call (number, source, added_at, call) VALUES ($1, $2, $3, $4)
        ON CONFLICT (number, source) DO UPDATE SET expires_at = NULL, added_at = excluded.added_at, call = excluded.call
        WHERE do_not_call.expires_at IS NOT NULL""",
        rows,
    )
    told = [Told(kind="listed", at=moment.now, call=one.call, rule="do_not_call", body=one.source) for one in commands]
    await add(session, moment.cell, told)
