"""Reservations: the locks on person and number, and the facts that the rules are held against.

The unique constraints decide who gets them, across campaigns and cells. Whether the call is made is decided elsewhere.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dialer.core.ids import CallId, CampaignId, LeadId, PersonId, PhoneId
from dialer.core.messages import CallReserved, ReservationRefused, ReserveCall
from dialer.core.model import DialFacts, Lead
from dialer.core.packs.schema import Dial
from dialer.core.rules import DAY_S
from dialer.leads.numbers import current, read_number
from dialer.store import restrictions
from dialer.store.batch import Moment
from dialer.store.claim import LEAD_COLUMNS, lead_of, with_numbers
from dialer.store.database import Row, Session
from dialer.store.forbidden import Asked, forbidding, known_lists, loaded
from dialer.store.lines_out import NO_LINES, LinesOut, latest, lines_of_reserved
from dialer.store.past import of_reserved
from dialer.store.restrictions import NOTHING, Said, told_of_number, with_zone
from dialer.store.schema import PRIORITY_DEFAULT

WITHHELD = "anonymous"  # in place of a number
Answer = CallReserved | ReservationRefused
Facts = dict[tuple[CallId, LeadId, str], Callable[[Lead], DialFacts]]  # by call, lead and number

_LOCK = """INSERT INTO reservations (call, cell, campaign, lead, person, phone, number, agent, reserved_at, by_wish)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT DO NOTHING"""
_FACTS = """SELECT r.call, r.lead, r.number,
    (SELECT count(*) FROM calls c WHERE c.number = r.number AND c.placed_at > $2),
    (SELECT count(*) FROM calls c WHERE c.person = r.person AND c.placed_at > $2),
    (SELECT count(*) FROM calls c WHERE c.person = r.person AND c.placed_at > $3),
    (SELECT max(c.placed_at) FROM calls c WHERE c.number = r.number),
    (SELECT max(c.bridged_at) FROM calls c
        WHERE c.person = r.person AND (c.outcome IS NULL OR c.outcome = 'connected')),
    l.state, l.claimed_by, l.listed, p.country,
    (SELECT max(c.placed_at) FROM calls c WHERE c.person = r.person), r.campaign,
    EXISTS (SELECT 1 FROM lines_out o WHERE o.number = r.number OR o.person = r.person),
    p.zone, p.region, h.consent, h.consent_at
    FROM reservations r JOIN leads l ON l.id = r.lead JOIN people p ON p.id = r.person
    JOIN phones h ON h.id = r.phone WHERE r.call IN {calls}"""
# A typed number is the lead's who has it in this campaign: the one still to be dialled first.
_BY_NUMBER = f"""SELECT {LEAD_COLUMNS}
    FROM phones p JOIN leads l ON l.person = p.person WHERE p.number = $1 AND l.campaign = $2
    ORDER BY CASE l.state WHEN 'open' THEN 0 WHEN 'claimed' THEN 1 WHEN 'finished' THEN 2 ELSE 3 END, l.id LIMIT 1"""  # noqa: S608


async def reserve(session: Session, commands: Sequence[ReserveCall], moment: Moment) -> list[Answer]:
    """Lock and look up for each command, in order; the first to ask for a person or number gets them."""
    asked = list(zip(commands, await _leads(session, commands, moment.now), strict=True))
    await session.many(_LOCK, [_row(command, lead, moment) for command, lead in asked if lead is not None])
    await _hold_asked(session, commands, moment.cell)
    facts = await _facts(session, [command.call for command in commands], moment)
    return [_answer(command, lead, facts) for command, lead in asked]


def _row(command: ReserveCall, lead: Lead, moment: Moment) -> tuple[object, ...]:
    return (
        command.call, moment.cell, command.campaign, lead.id, lead.person, lead.phone, lead.number, command.agent,
        moment.now, command.lead is None,
    )  # fmt: skip


def _answer(command: ReserveCall, lead: Lead | None, facts: Facts) -> Answer:
    if lead is None:
        return ReservationRefused(command.call, "unknown lead, or one without a number that may be dialled")
    known = facts.get((command.call, lead.id, lead.number))
    if known is None:
        return ReservationRefused(command.call, "the person or the number is on a live call")
    return CallReserved(command.call, known(lead))


# ---------------------------------------------------------------- whom


async def _leads(session: Session, commands: Sequence[ReserveCall], now: float) -> list[Lead | None]:
    """The lead, with its number, that each command means; None where it means none of its campaign."""
    picked = [command.lead_id for command in commands if command.lead_id is not None]
    found = await with_numbers(session, picked, now=now) if picked else {}
    leads: list[Lead | None] = []
    for command in commands:
        if command.number is not None:
            leads.append(await typed_lead(session, command.campaign, command.number))
        elif command.lead_id is not None:
            lead = found.get(command.lead_id)
            leads.append(lead if lead is not None and lead.campaign == command.campaign else None)
        else:
            leads.append(command.lead)
    return leads


async def typed_lead(session: Session, campaign: CampaignId, number: str) -> Lead:
    """The campaign's lead that has this number; a new one, finished, where none has."""
    number = current(number)
    rows = await session.all(_BY_NUMBER, number, campaign)
    return lead_of(rows[0]) if rows else await _added(session, campaign, number)


async def nameless_lead(session: Session, campaign: CampaignId) -> Lead:
    """A lead of a new person who withholds the number: nobody is shown what somebody else said."""
    return await _added(session, campaign, WITHHELD, await _add_person(session, WITHHELD))


async def _added(session: Session, campaign: CampaignId, number: str, owner: tuple[int, int] | None = None) -> Lead:
    """A new lead for the number; of a person who has it already, where there is one. Finished, so nobody claims it."""
    if owner is None:
        owners = await session.all("SELECT person, id FROM phones WHERE number = $1 ORDER BY id LIMIT 1", number)
        owner = (owners[0][0], owners[0][1]) if owners else await _add_person(session, number)
    person, phone = owner
    [lead] = await session.ids("leads", 1)
    await session.run(
        "INSERT INTO leads (id, campaign, person, state, priority) VALUES ($1, $2, $3, 'finished', $4)",
        lead, campaign, person, PRIORITY_DEFAULT,
    )  # fmt: skip
    read = read_number(number, None)
    return Lead(
        id=LeadId(lead),
        campaign=campaign,
        person=PersonId(person),
        phone=PhoneId(phone),
        number=number,
        country=read.country,
        zones=read.zones,
    )


async def _add_person(session: Session, number: str) -> tuple[int, int]:
    read = read_number(number, None)
    [person] = await session.ids("people", 1)
    [phone] = await session.ids("phones", 1)
    await session.run("INSERT INTO people (id, country, name) VALUES ($1, $2, '')", person, read.country)
    await session.run(
        """INSERT INTO phones (id, person, number, rank, country, zones, state)
        VALUES ($1, $2, $3, 0, $4, $5, $6)""",
        phone, person, number, read.country, json.dumps(read.zones), "valid" if read.valid else "invalid",
    )  # fmt: skip
    return person, phone


async def held_for_caller(session: Session, call: CallId, lead: Lead, moment: Moment) -> bool:
    """Hold person and number while they are on a call to us, so that nobody dials them; whether the lead was listed.

    Where they are on a live call already, or being dialled, that call holds them.
    """
    await session.many(
        _LOCK,
        [
            (call, moment.cell, lead.campaign, lead.id, lead.person, lead.phone, lead.number, None, moment.now, True),
        ],
    )
    await session.run(
        """UPDATE leads SET state = 'claimed', claimed_by = $1, listed = (state = 'open')
        WHERE id = (SELECT lead FROM reservations WHERE call = $2) AND state IN ('open', 'finished')""",
        moment.cell, call,
    )  # fmt: skip
    rows = await session.all("SELECT listed FROM leads WHERE id = $1", lead.id)
    return bool(rows and rows[0][0])


async def _hold_asked(session: Session, commands: Sequence[ReserveCall], cell: int) -> None:
    """A lead that an agent asked for is claimed from now on, so that no claim hands it out a second time.

    A finished one is taken up for this one call: whatever becomes of it, it was not on the list.
    """
    await session.many(
        """UPDATE leads SET state = 'claimed', claimed_by = $1, listed = (state = 'open')
        WHERE id = (SELECT lead FROM reservations WHERE call = $2) AND state IN ('open', 'finished')""",
        [(cell, command.call) for command in commands if command.lead is None],
    )


# ---------------------------------------------------------------- what is known


async def _facts(session: Session, calls: Sequence[CallId], moment: Moment) -> Facts:
    """What the store knows about each call that has its locks."""
    sql = _FACTS.format(calls=session.listed("$1"))
    rows = await session.all(sql, session.packed(calls), moment.now - DAY_S, moment.now - 7 * DAY_S)
    asked = {row[0]: Asked(row[2], row[13]) for row in rows}
    known = await known_lists(session)
    lists = await forbidding(session, asked.values(), moment.now, known)
    there = await loaded(session, {row[13] for row in rows}, moment.now, known)
    said = await restrictions.of_reserved(session, [CallId(row[0]) for row in rows], moment.now)
    # Most have no past: spare them the look.
    dialled = [CallId(row[0]) for row in rows if row[6] is not None or row[12] is not None or row[14]]
    dials = await of_reserved(session, dialled, moment.now) if dialled else {}
    beside = await lines_of_reserved(session, [CallId(row[0]) for row in rows if row[14]])
    return {
        (CallId(row[0]), LeadId(row[1]), row[2]): partial(
            _fact,
            row,
            Known(lists.get(asked[row[0]], ()), there[row[13]], said.get(row[0], NOTHING), dials.get(row[0], ())),
            moment,
            beside.get(row[0], NO_LINES),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Known:
    """What stands elsewhere about the person and the number."""

    do_not_call: tuple[str, ...]
    lists: tuple[tuple[str, float], ...]
    said: Said
    dials: tuple[Dial, ...]


def _fact(row: Row, known: Known, moment: Moment, beside: LinesOut, lead: Lead) -> DialFacts:
    zone, region, consent, consent_at = row[15:]
    said = told_of_number(known.said, consent, consent_at)
    return DialFacts(
        lead=replace(lead, listed=bool(row[10]), zones=with_zone(with_zone(lead.zones, zone), said.zone)),
        do_not_call=known.do_not_call,
        lists=known.lists,
        dials_of_number_24h=row[3] + beside.of_number(moment.now - DAY_S),
        dials_of_person_24h=row[4] + beside.of_person(moment.now - DAY_S),
        dials_of_person_7d=row[5] + beside.of_person(moment.now - 7 * DAY_S),
        number_dialled_at=latest(row[6], beside.number_dialled_at),
        person_contacted_at=latest(row[7], beside.person_contacted_at),
        lead_open=row[8] == "claimed" and row[9] == moment.cell,
        residence=row[11],
        region=region,
        dials=known.dials,
        stops=said.stops,
        third_party=said.third_party,
        consent=said.consent,
        consent_at=said.consent_at,
        channels=said.channels,
        inconvenient=said.inconvenient,
    )
