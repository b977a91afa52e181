"""What was said of people, accounts and numbers that limits calls: stops, inconvenient hours, channels, consent.

Added, and ended by `lift`; never changed, so that what held when a call was made can be told.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfoNotFoundError

from dialer.core.ids import CallId, LeadId
from dialer.core.messages import Restrict
from dialer.core.packs.hours import zone_of
from dialer.core.packs.schema import STOPS, Hours, Kept, Stop
from dialer.leads.numbers import current
from dialer.store.batch import Moment
from dialer.store.compliance import About, Told, add
from dialer.store.database import Database, Row, Session
from dialer.store.errors import NotFoundError
from dialer.store.placement import place_again

_ADD = """INSERT INTO restrictions (person, account, client, number, kind, value, at, until, source, call)
    SELECT l.person, CASE WHEN $2 THEN l.account END, CASE WHEN $3 THEN k.client END, $4, $5, $6, $7, $8, $9, $10
    FROM leads l JOIN campaigns k ON k.id = l.campaign WHERE l.id = $1"""
# A stop for good takes the leads it is about from the lists; one that ends lets them wait until then.
_STOP = """UPDATE leads SET state = 'withdrawn', claimed_by = NULL, due_at = NULL, result = $2
    WHERE id IN {leads} AND state IN ('open', 'claimed')"""
_WAIT = """UPDATE leads SET due_at = $3, result = $2 WHERE id IN {leads} AND state = 'open' AND due_at < $3"""
_RESUME = """UPDATE leads SET state = 'open', due_at = $2, result = ''
    WHERE id IN {leads} AND result IN {results} AND (state = 'withdrawn' OR (state = 'open' AND due_at > $2))
    RETURNING id"""
# The stops that hold for leads.
_LEFT = """SELECT o.id, x.kind, x.until FROM leads o JOIN campaigns k ON k.id = o.campaign
    JOIN restrictions x ON x.person = o.person WHERE o.id IN {leads} AND x.number IS NULL AND x.kind IN {kinds}
    AND (x.until IS NULL OR x.until > $2) AND (x.account IS NULL OR x.account = o.account)
    AND (x.client IS NULL OR x.client = k.client) ORDER BY x.at, x.id"""
_LEADS = """SELECT o.id FROM leads l JOIN campaigns k ON k.id = l.campaign
    JOIN leads o ON o.person = l.person JOIN campaigns ok ON ok.id = o.campaign
    WHERE l.id = $1 AND ($2 = 0 OR o.account = l.account) AND ($3 = 0 OR ok.client = k.client)"""
_RESERVED = """SELECT r.call, x.kind, x.value, x.at, x.until FROM reservations r
    JOIN restrictions x ON x.person = r.person JOIN leads l ON l.id = r.lead JOIN campaigns k ON k.id = r.campaign
    WHERE r.call IN {calls} AND {same} AND (x.number IS NULL OR x.number = r.number) ORDER BY x.at, x.id"""
_OF_LEAD = """SELECT l.id, x.kind, x.value, x.at, x.until FROM leads l
    JOIN restrictions x ON x.person = l.person JOIN campaigns k ON k.id = l.campaign
    WHERE l.id = $2 AND {same} AND (x.number IS NULL OR x.number = $3) ORDER BY x.at, x.id"""
_SAME = """(x.until IS NULL OR x.until > $1) AND (x.account IS NULL OR x.account = l.account)
    AND (x.client IS NULL OR x.client = k.client)"""
_SHOWN = """SELECT x.id, x.kind, x.value, x.number, x.account IS NOT NULL, x.client IS NOT NULL, x.at, x.until,
    x.source, x.call FROM leads l JOIN restrictions x ON x.person = l.person WHERE l.id = $1 ORDER BY x.at, x.id"""

_HOURS = re.compile(
    r"((?:mon|tue|wed|thu|fri|sat|sun)(?:[,-](?:mon|tue|wed|thu|fri|sat|sun))*) (\d\d):(\d\d)-(\d\d):(\d\d)"
)
_ZONE = re.compile(r"\bzone=([A-Za-z0-9_+/\-]+)")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known of a person and a number, as the core's facts have it."""

    stops: tuple[Stop, ...] = ()
    third_party: bool = False
    consent: bool | None = None
    consent_at: float | None = None
    channels: tuple[str, ...] = ()
    inconvenient: tuple[Hours, ...] = ()
    zone: str = ""  # IANA name: where the person said to be when consenting; one candidate more


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRestriction:
    """Something said, to be kept with the lead's person; about one number, account or client alone where so marked."""

    lead: LeadId
    kind: Kept
    value: str = ""
    number: str | None = None
    account: bool = False
    client: bool = False
    until: float | None = None
    source: str = ""
    call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """Something said, as kept."""

    id: int
    kind: str
    value: str
    number: str | None
    of_account: bool
    of_client: bool
    at: float
    until: float | None
    source: str
    call: CallId | None = field(default=None)


NOTHING = Said()


def hours_of(text: str) -> Hours:
    """`mon-fri 08:00-12:30` as hours. Raises ValueError for another text."""
    found = _HOURS.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r}: write hours as mon-fri 08:00-12:30")
    days: set[int] = set()
    for part in found[1].split(","):
        first, _, last = part.partition("-")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        days |= set(range(begin, end + 1)) if begin <= end else {*range(begin, 7), *range(end + 1)}
    opens, closes = int(found[2]) * 60 + int(found[3]), int(found[4]) * 60 + int(found[5])
    if not 0 <= opens < closes <= 1440 or int(found[3]) > 59 or int(found[5]) > 59:
        raise ValueError(f"{text!r}: the hours must end after they begin, on one day")
    return Hours(tuple(sorted(days)), opens, closes)


def zone_told(text: str) -> str:
    """The time zone that a consent's proof names, as `form of 2026-03-01; zone=America/Tijuana`; empty: none.

    Raises ValueError for one that there is not.
    """
    found = _ZONE.search(text)
    if found is not None:
        try:
            zone_of(found[1])
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{found[1]!r} is no time zone: write it as zone=America/Mexico_City") from None
    return found[1] if found is not None else ""


def check_value(kind: Kept, value: str) -> None:
    """Raises ValueError where the value is none for the kind."""
    if kind is Kept.INCONVENIENT:
        hours_of(value)
    elif kind is Kept.CHANNELS:
        if not all(part.isidentifier() for part in value.split(",")):
            raise ValueError(f"{value!r}: write channels as voice,whatsapp")
    elif kind is Kept.CONSENT:
        zone_told(value)
    elif value:
        raise ValueError(f"{kind} takes no value")


async def keep(session: Session, given: Sequence[NewRestriction], moment: Moment) -> tuple[LeadId, ...]:
    """Keep what was said; every lead that it is about. Raises NotFoundError for a lead that there is none of."""
    touched: set[int] = set()
    told = []
    for one in given:
        rows = await session.all("SELECT person, campaign FROM leads WHERE id = $1", one.lead)
        if not rows:
            raise NotFoundError(f"there is no lead {one.lead}")
        number = current(one.number) if one.number is not None else None
        await session.run(
            _ADD,
            one.lead, one.account, one.client, number, one.kind.value, one.value, moment.now, one.until,
            one.source, one.call,
        )  # fmt: skip
        leads = [lead for (lead,) in await session.all(_LEADS, one.lead, int(one.account), int(one.client))]
        touched.update(leads)
        if one.kind in STOPS and one.number is None:
            await stop_leads(session, leads, one.kind, one.until)
        about = About(rows[0][0], one.lead, number or "")
        told.append(
            Told(
                kind="kept",
                at=moment.now,
                campaign=rows[0][1],
                call=one.call,
                rule=one.kind,
                body=one.source,
                about=about,
            )
        )
    await add(session, moment.cell, told)
    return tuple(map(LeadId, sorted(touched)))


async def stop_leads(session: Session, leads: Sequence[int], kind: Kept, until: float | None) -> None:
    """Take leads from the lists for good, or let them wait until a stop ends."""
    result, ids = f"stop.{kind}", session.packed(leads)
    if until is None:
        await session.run(_STOP.format(leads=session.listed("$1")), ids, result)
    else:
        await session.run(_WAIT.format(leads=session.listed("$1")), ids, result, until)


async def resume_leads(session: Session, leads: Sequence[int], results: Sequence[str], now: float) -> None:
    """Put leads back on the lists that stops with these results had taken from them, or let wait.

    Where another stop holds, it keeps its lead from them, and the lead says so.
    """
    sql = _RESUME.format(leads=session.listed("$1"), results=session.listed("$3", "text"))
    resumed = [lead for (lead,) in await session.all(sql, session.packed(leads), now, session.packed(results))]
    if resumed:
        await keep_stopped(session, resumed, now)
        await place_again(session, [LeadId(lead) for lead in resumed], now)


async def keep_stopped(session: Session, leads: Sequence[int], now: float) -> None:
    """Take from the lists those of the leads that a stop holds for at this time, or let them wait."""
    sql = _LEFT.format(leads=session.listed("$1"), kinds=session.listed("$3", "text"))
    kinds = session.packed([kind.value for kind in STOPS])
    for lead, kind, until in await session.all(sql, session.packed(leads), now, kinds):
        await stop_leads(session, [lead], Kept(kind), until)


async def restrict(session: Session, commands: Sequence[Restrict], moment: Moment) -> None:
    """Keep what an engine tells. A lead that is gone meanwhile takes what was said of it along."""
    given = [
        NewRestriction(
            lead=one.lead, kind=one.kind, number=one.number, account=one.account, until=one.until, source=one.source,
            call=one.call,
        )
        for one in commands
    ]  # fmt: skip
    for one in given:
        try:
            await keep(session, [one], moment)
        except NotFoundError:
            continue


async def of_reserved(session: Session, calls: Sequence[CallId], now: float) -> dict[int, Said]:
    """What is known of the people of reserved calls, by call; those of whom nothing is are left out."""
    sql = _RESERVED.format(calls=session.listed("$2"), same=_SAME)
    return _by(await session.all(sql, now, session.packed(calls)))


def _by(rows: Sequence[Row]) -> dict[int, Said]:
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row[0], []).append(row)
    return {one: said(found) for one, found in grouped.items()}


def said(rows: Sequence[Row]) -> Said:
    """What rows of kind, value, at and until (after an id) say together, oldest first: the last word holds."""
    stops, inconvenient, channels = [], [], ()
    third_party, consent, consent_at, zone = False, None, None, ""
    for _, name, value, at, until in rows:
        kind = Kept(name)
        if kind in STOPS:
            stops.append(Stop(kind, until))
        elif kind is Kept.THIRD_PARTY:
            third_party = True
        elif kind is Kept.INCONVENIENT:
            inconvenient.append(hours_of(value))
        elif kind is Kept.CHANNELS:
            channels = tuple(value.split(","))
        else:
            consent, consent_at = kind is Kept.CONSENT, at
            zone = zone_told(value) if consent else ""
    return Said(
        stops=tuple(stops),
        third_party=third_party,
        consent=consent,
        consent_at=consent_at,
        channels=channels,
        inconvenient=tuple(inconvenient),
        zone=zone,
    )


def told_of_number(said: Said, consent: str, consent_at: float | None) -> Said:
    """With what the list told of the number's consent (`given`, `refused`, empty), where nothing newer was said.

    A list never gives back what the person took back: it may be of long ago, however late it is loaded.
    """
    if not consent or (said.consent is not None and (said.consent_at or 0.0) >= (consent_at or 0.0)):
        return said
    if said.consent is False and consent == "given":
        return said
    return replace(said, consent=consent == "given", consent_at=consent_at)


def with_zone(zones: tuple[str, ...], zone: str) -> tuple[str, ...]:
    """The number's zones and the address's: where the two differ, the hours of both hold."""
    return zones if not zone or zone in zones else (*zones, zone)


class Restrictions:
    """What was said of people."""

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        self._cell = cell

    async def add(self, given: Sequence[NewRestriction], now: float) -> tuple[LeadId, ...]:
        """Keep what was said, from now on; every lead that it is about. Raises NotFoundError, ValueError."""
        for one in given:
            check_value(one.kind, one.value)
            if one.kind is Kept.WRONG_PERSON and one.number is None:
                raise ValueError("say which number is the wrong person's")
        async with self._database.writing() as session:
            return await keep(session, given, Moment(self._cell, now))

    async def of_lead(self, lead: LeadId) -> tuple[Restriction, ...]:
        """Everything ever said of the lead's person, oldest first."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_SHOWN, lead)
        return tuple(
            Restriction(
                id=row[0], kind=row[1], value=row[2], number=row[3], of_account=bool(row[4]), of_client=bool(row[5]),
                at=row[6], until=row[7], source=row[8], call=row[9],
            )
            for row in rows
        )  # fmt: skip

    async def said_of(self, lead: LeadId, number: str, now: float) -> Said:
        """What a reservation of the lead's number would find."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_OF_LEAD.format(same=_SAME), now, lead, number)
        return said(rows) if rows else NOTHING

    async def leads_of(self, restriction: int) -> tuple[LeadId, ...]:
        """Every lead of the person that it is about; none where there is no such restriction."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                """SELECT o.id FROM restrictions r JOIN leads o ON o.person = r.person
                JOIN campaigns k ON k.id = o.campaign WHERE r.id = $1 AND (r.account IS NULL OR o.account = r.account)
                AND (r.client IS NULL OR k.client = r.client)""",
                restriction,
            )
        return tuple(LeadId(lead) for (lead,) in rows)

    async def lift(self, restriction: int, now: float) -> tuple[LeadId, ...]:
        """What was said holds no longer; every lead that it was about. Raises NotFoundError."""
        async with self._database.writing() as session:
            rows = await session.all(
                """SELECT person, account, client, kind, number FROM restrictions
                WHERE id = $1 AND (until IS NULL OR until > $2)""",
                restriction, now,
            )  # fmt: skip
            if not rows:
                raise NotFoundError(f"there is no restriction {restriction} that holds")
            person, account, client, kind, number = rows[0]
            await session.run("UPDATE restrictions SET until = $1 WHERE id = $2", now, restriction)
            found = await session.all(
                """SELECT o.id FROM leads o JOIN campaigns k ON k.id = o.campaign WHERE o.person = $1
                AND (CAST($2 AS bigint) IS NULL OR o.account = $2) AND (CAST($3 AS bigint) IS NULL OR k.client = $3)""",
                person, account, client,
            )  # fmt: skip
            leads = [lead for (lead,) in found]
            await resume_leads(session, leads, [f"stop.{kind}"], now)
            about = About(person, leads[0] if leads else 0, number or "")
            await add(session, self._cell, [Told(kind="lifted", at=now, rule=kind, about=about)])
        return tuple(map(LeadId, leads))
