"""Recordings found by words and figures: one question, one statement, on either database. Newest first.

Words and facets go through the full text index, together; exact figures are compared on what that leaves. On SQLite the
index hands matches out by position, newest first, so a page costs what it shows and not what matches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.store import schema
from dialer.store.database import Database, Session

EVERY_FACET = "xqall"
_MEASURE_COLUMNS = tuple(c.name for c in schema.recording_measures.columns if c.name not in ("call", "detail"))
_OWN_COLUMNS = ("score", "at", "call", "lead", "seconds", "state", "file", "problem")
OPERATORS = ("<", "<=", ">", ">=", "=", "<>")
_SHOWN = ", ".join(f"m.{name}" for name in _MEASURE_COLUMNS)
_SELECT = f"""SELECT r.position, r.call, r.campaign, coalesce(g.name, ''), r.agent, coalesce(a.name, ''), r.lead,
    coalesce(p.name, ''), r.number, r.at, r.seconds, r.state, r.outcome, r.disposition, r.origin, r.flags, r.score,
    r.problem, r.hold, coalesce((SELECT d.notes FROM dispositions d WHERE d.call = r.call AND d.notes <> ''
        ORDER BY d.id DESC LIMIT 1), ''), {_SHOWN}"""  # noqa: S608 - our own names
_VECTOR = "(setweight(to_tsvector('simple', w.facets), 'A') || setweight(to_tsvector('simple', w.body), 'B'))"
_JOINS = """LEFT JOIN campaigns g ON g.id = r.campaign LEFT JOIN agents a ON a.id = r.agent
    LEFT JOIN calls c ON c.id = r.call LEFT JOIN people p ON p.id = c.person"""


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row, folded; `prefix`: the last one may go on; `facet`: it is no text but one of the index's words."""

    text: str
    prefix: bool = False
    facet: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """At least one of these, or with `negated` none of them."""

    terms: tuple[Term, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """An exact figure: a column of the measures, or one of the recording's own. A missing one meets no comparison."""

    column: str
    operator: str
    value: float | int | str

    def __post_init__(self) -> None:
        assert self.column in _MEASURE_COLUMNS or self.column in _OWN_COLUMNS, self.column
        assert self.operator in OPERATORS, self.operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search. `first` and `last` are positions, from and until before."""

    clauses: tuple[Clause, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see: recordings of one client, of some campaigns; None = no limit."""

    client: int | None = None
    campaigns: frozenset[int] | None = None

    def clauses(self) -> tuple[Clause, ...]:
        """The limits as parts of a search. Of no campaign at all: nothing is found."""
        limits = []
        if self.client is not None:
            limits.append(Clause((Term(f"xqcli{self.client}", facet=True),)))
        if self.campaigns is not None:
            words = tuple(Term(f"xqcmp{one}", facet=True) for one in sorted(self.campaigns))
            limits.append(Clause(words or (Term("xqnothing", facet=True),)))
        return tuple(limits)


EVERYTHING = Sight()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A recording that was found, with the names that go with its ids."""

    position: int
    call: CallId
    campaign: CampaignId
    campaign_name: str
    agent: AgentId | None
    agent_name: str
    lead: LeadId | None
    person_name: str
    number: str
    at: float
    seconds: float | None
    state: str
    outcome: str
    disposition: str
    origin: str
    flags: str
    score: float | None
    problem: str
    hold: str
    notes: str
    measures: dict[str, float | int | None] = field(default_factory=dict)


class RecordingSearch:
    """Finds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, asked: Asked, *, before: int | None = None, limit: int = 50, sight: Sight = EVERYTHING
    ) -> tuple[Hit, ...]:
        """The newest that were meant and that may be seen, or those before that position."""
        async with self._database.reading() as connection:
            session = Session(connection)
            sql, values = statement(asked, before, limit, sight, sqlite=session.sqlite)
            rows = await session.all(sql, *values)
        return tuple(map(_hit, rows))

    async def of_call(self, call: CallId) -> Hit | None:
        """The one of that call, whoever looks; None where it is not indexed."""
        hits = await self.find(Asked(comparisons=(Comparison("call", "=", call),)), limit=1)
        return hits[0] if hits else None

    async def names(self, table: str, sight: Sight = EVERYTHING) -> dict[int, str]:
        """The names of campaigns, or of agents with recordings, that may be seen, by id: for who writes them in a
        search.
        """
        assert table in ("campaigns", "agents"), table
        async with self._database.reading() as connection:
            if sight == EVERYTHING:
                return await _names(connection, table)
            session = Session(connection)
            terms, values = _limits(session, sight, 1, ("client", "id"))
            sql = f"SELECT id, name FROM campaigns WHERE 1 = 1{terms} ORDER BY name"  # noqa: S608 - our own names
            if table == "agents":
                # Agent by agent by the index of them: of a million recordings none is gone through.
                sql = f"""SELECT a.id, a.name FROM agents a WHERE EXISTS (SELECT 1 FROM recordings r
                    WHERE r.agent = a.id AND r.campaign IN (SELECT id FROM campaigns WHERE 1 = 1{terms}))
                    ORDER BY a.name"""  # noqa: S608 - our own names
            return {int(number): str(name) for number, name in await session.all(sql, *values)}

    async def values(self, column: str, limit: int = 200, *, sight: Sight = EVERYTHING) -> tuple[str, ...]:
        """What stands in a column of the newest recordings that may be seen: for completion."""
        assert column in ("outcome", "disposition", "origin", "flags"), column
        async with self._database.reading() as connection:
            session = Session(connection)
            terms, values = _limits(session, sight, 2, ("client", "campaign"))
            sql = f"""SELECT DISTINCT {column} FROM (SELECT {column} FROM recordings WHERE position IS NOT NULL{terms}
                ORDER BY position DESC LIMIT 5000) AS newest WHERE {column} <> ''
                ORDER BY {column} LIMIT $1"""  # noqa: S608 - our own names
            rows = await session.all(sql, limit, *values)
        return tuple(str(value) for (value,) in rows)


def _limits(session: Session, sight: Sight, place: int, columns: tuple[str, str]) -> tuple[str, tuple[object, ...]]:
    """SQL that leaves out what may not be seen, by the columns of client and campaign, and its values from that place
    on."""
    terms, values = "", list[object]()
    client, campaign = columns
    if sight.client is not None:
        values.append(sight.client)
        terms += f" AND {client} = ${place}"
    if sight.campaigns is not None:
        values.append(session.packed(sorted(sight.campaigns)))
        terms += f" AND {campaign} IN {session.listed(f'${place + len(values) - 1}')}"
    return terms, tuple(values)


async def _names(connection: AsyncConnection, table: str) -> dict[int, str]:
    rows = await Session(connection).all(f"SELECT id, name FROM {table} ORDER BY name")  # noqa: S608 - our own names
    return {int(number): str(name) for number, name in rows}


def statement(asked: Asked, before: int | None, limit: int, sight: Sight, *, sqlite: bool) -> tuple[str, list[object]]:
    """The statement and its values."""
    values: list[object] = []

    def value(one: object) -> str:
        values.append(one)
        return f"${len(values)}"

    clauses = (*asked.clauses, *sight.clauses())
    place = "r.position"
    terms = ["r.position IS NOT NULL"]
    source = "recordings r"
    if clauses and sqlite:
        source, place = "recording_words w CROSS JOIN recordings r ON r.position = w.rowid", "w.rowid"
        terms.append(f"recording_words MATCH {value(fts5(clauses))}")
    elif clauses:
        source = "recording_texts w JOIN recordings r ON r.position = w.position"
        terms.append(f"{_VECTOR} @@ to_tsquery('simple', {value(tsquery(clauses))})")
    bounds = ((">=", asked.first), ("<", asked.last), ("<", before))
    terms += [f"{place} {operator} {value(bound)}" for operator, bound in bounds if bound is not None]
    for one in asked.comparisons:
        table = "m" if one.column in _MEASURE_COLUMNS else "r"
        terms.append(f"{table}.{one.column} {one.operator} {value(one.value)}")
    sql = f"""{_SELECT} FROM {source} LEFT JOIN recording_measures m ON m.call = r.call {_JOINS}
        WHERE {" AND ".join(terms)} ORDER BY {place} DESC LIMIT {value(limit)}"""
    return sql, values


def fts5(clauses: Sequence[Clause]) -> str:
    """The clauses as SQLite's full text index reads them. Words are quoted, so that none is taken for an operator."""
    meant = [_any(one, " OR ", _fts5_term) for one in clauses if not one.negated]
    not_meant = [_any(one, " OR ", _fts5_term) for one in clauses if one.negated]
    asked = " AND ".join(meant) or f'facets : "{EVERY_FACET}"'
    return f"({asked})" + "".join(f" NOT {one}" for one in not_meant)


def _fts5_term(term: Term) -> str:
    return f'{"facets" if term.facet else "body"} : "{term.text}"' + (" *" if term.prefix else "")


def tsquery(clauses: Sequence[Clause]) -> str:
    """The clauses as PostgreSQL's text search reads them."""
    parts = [("!" if one.negated else "") + _any(one, " | ", _tsquery_term) for one in clauses]
    return " & ".join(parts)


def _tsquery_term(term: Term) -> str:
    weight = "A" if term.facet else "B"
    words = [f"'{word}':{weight}" for word in term.text.split()]
    words[-1] += "*" if term.prefix else ""
    return f"({' <-> '.join(words)})"


def _any(clause: Clause, joined_by: str, written: Callable[[Term], str]) -> str:
    return f"({joined_by.join(written(term) for term in clause.terms)})"


def _hit(row: Sequence[object]) -> Hit:
    own = len(row) - len(_MEASURE_COLUMNS)
    names = tuple(Hit.__dataclass_fields__)[:own]
    measures = dict(zip(_MEASURE_COLUMNS, row[own:], strict=True))
    return Hit(**dict(zip(names, row, strict=False)), measures=measures)  # type: ignore[arg-type]  # columns are fields
