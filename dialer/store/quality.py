"""Forms, plans, the queue, scores and rules of quality assurance: kept, found, moved on.

What they mean is not known here.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from dialer.core.ids import AgentId, CallId, CampaignId
from dialer.store.codec import from_json, from_row, to_json
from dialer.store.database import Database, Session
from dialer.store.errors import ConflictError, NotFoundError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """A version of a form; versions are never changed, so that old scores keep their meaning."""

    id: int
    name: str
    version: int
    at: float
    by_whom: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    id: int
    name: str
    at: float
    by_whom: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A call to be scored. An open one without `evaluator` is for anybody. Evaluators are users by id."""

    id: int = 0
    kind: str  # evaluation, calibration
    round: str
    form: int
    call: CallId
    evaluator: int | None = None
    state: str = "open"
    claimed_by: int | None = None
    claimed_until: float | None = None
    drawn_at: float


@dataclass(frozen=True, slots=True)
class Round:
    """What a drawing or a calibration put into the queue: its form, since when, calls, tasks, and how many are done."""

    name: str
    form: int
    at: float
    calls: int
    tasks: int
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """`score` from 0 to 1; None where nothing applied. A blind one, of a calibration, counts for agreement alone."""

    id: int = 0
    task: int | None
    call: CallId
    form: int
    campaign: CampaignId
    agent: AgentId | None
    evaluator: int
    at: float
    answers: Mapping[str, str]
    score: float | None
    critical: tuple[str, ...]
    passed: bool
    state: str = "given"
    note: str = ""
    reply: str = ""
    ruling: str = ""
    replaces: int | None = None
    blind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A recording that might be drawn."""

    call: CallId
    campaign: CampaignId
    agent: AgentId | None
    at: float
    seconds: float
    outcome: str
    disposition: str
    flags: frozenset[str]


CANDIDATES_MAX = 200_000  # recordings that one drawing is from

_FORM, _PLAN, _TASK, _EVALUATION = (
    ", ".join(field.name for field in fields(kind)) for kind in (FormRow, PlanRow, Task, Evaluation)
)
_SEEN = "AND call IN (SELECT call FROM recordings WHERE campaign IN {listed})"
_HEARD = "AND EXISTS (SELECT 1 FROM recordings r WHERE r.call = qa_tasks.call AND r.state IN ('indexed', 'stored'))"
_CLAIM = f"""UPDATE qa_tasks SET state = 'claimed', claimed_by = $1, claimed_until = $3 WHERE id = (
    SELECT id FROM qa_tasks WHERE (state = 'open' OR (state = 'claimed' AND (claimed_by = $1 OR claimed_until < $2)))
        {_HEARD}
        AND (evaluator = $1 OR (evaluator IS NULL AND NOT EXISTS (SELECT 1 FROM qa_evaluations e
            WHERE e.task IS NOT NULL AND e.call = qa_tasks.call AND e.evaluator = $1 AND e.form = qa_tasks.form)))
        {{seen}}
    ORDER BY CASE WHEN state = 'claimed' AND claimed_by = $1 THEN 0 WHEN evaluator = $1 THEN 1 ELSE 2 END, drawn_at, id
    LIMIT 1 {{lock}})
    RETURNING {_TASK}"""  # noqa: S608 - our own names


class Quality:
    """Everything that evaluators work with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def _rows(self, kind: type[T], sql: str, *values: object) -> tuple[T, ...]:
        async with self._database.reading() as connection:
            return tuple(_as(kind, row) for row in await Session(connection).all(sql, *values))

    # ---------------------------------------------------------------- forms, plans, rules

    async def save_form(self, name: str, body: object, by_whom: str, now: float) -> FormRow:
        """Keep a form as the next version of that name."""
        sql = f"""INSERT INTO qa_forms (name, version, at, by_whom, body) SELECT CAST($1 AS text),
            coalesce(max(version), 0) + 1, $2, $3, $4 FROM qa_forms WHERE name = $1 RETURNING {_FORM}"""  # noqa: S608
        async with self._database.writing() as session:
            [row] = await session.all(sql, name, now, by_whom, to_json(body))
        return _as(FormRow, row)

    async def form(self, number: int) -> FormRow:
        """Raises NotFoundError."""
        rows = await self._rows(FormRow, f"SELECT {_FORM} FROM qa_forms WHERE id = $1", number)  # noqa: S608
        if not rows:
            raise NotFoundError(f"there is no form {number}")
        return rows[0]

    async def forms(self, *, all_versions: bool = False) -> tuple[FormRow, ...]:
        """The newest version of each, by name; or all."""
        where = (
            ""
            if all_versions
            else "WHERE NOT EXISTS (SELECT 1 FROM qa_forms n WHERE n.name = f.name AND n.version > f.version)"
        )
        return await self._rows(FormRow, f"SELECT {_FORM} FROM qa_forms f {where} ORDER BY name, version")  # noqa: S608

    async def save_plan(self, name: str, body: object, by_whom: str, now: float) -> None:
        """Keep a sampling plan; one of that name is replaced, what it has drawn stays."""
        sql = """INSERT INTO qa_plans (name, at, by_whom, body) VALUES ($1, $2, $3, $4)
            ON CONFLICT (name) DO UPDATE SET at = excluded.at, by_whom = excluded.by_whom, body = excluded.body"""
        async with self._database.writing() as session:
            await session.run(sql, name, now, by_whom, to_json(body))

    async def plans(self) -> tuple[PlanRow, ...]:
        return await self._rows(PlanRow, f"SELECT {_PLAN} FROM qa_plans ORDER BY name")  # noqa: S608

    async def plan(self, name: str) -> PlanRow:
        """Raises NotFoundError."""
        rows = await self._rows(PlanRow, f"SELECT {_PLAN} FROM qa_plans WHERE name = $1", name)  # noqa: S608
        if not rows:
            raise NotFoundError(f"there is no plan {name!r}")
        return rows[0]

    async def save_said_rule(self, name: str, body: object, by_whom: str, now: float) -> None:
        """Keep a rule about what is said; one of that name is replaced."""
        sql = """INSERT INTO said_rules (name, at, by_whom, body) VALUES ($1, $2, $3, $4)
            ON CONFLICT (name) DO UPDATE SET at = excluded.at, by_whom = excluded.by_whom, body = excluded.body"""
        async with self._database.writing() as session:
            await session.run(sql, name, now, by_whom, to_json(body))

    async def said_rules(self, kind: type[T]) -> tuple[T, ...]:
        """All of them, by name, as values of that class."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all("SELECT body FROM said_rules ORDER BY name")
        return tuple(from_json(kind, body) for (body,) in rows)

    async def remove_said_rule(self, name: str) -> None:
        """Raises NotFoundError."""
        async with self._database.writing() as session:
            if not await session.run("DELETE FROM said_rules WHERE name = $1", name):
                raise NotFoundError(f"there is no rule {name!r}")

    # ---------------------------------------------------------------- the queue

    async def candidates(
        self, since: float, until: float, *, campaign: CampaignId | None = None, limit: int = CANDIDATES_MAX + 1
    ) -> tuple[Candidate, ...]:
        """Recordings of that time that can be heard, by call; at most `limit`."""
        sql = """SELECT call, campaign, agent, at, seconds, outcome, disposition, flags FROM recordings
            WHERE at >= $1 AND at < $2 AND state IN ('indexed', 'stored')
            AND ($3 = 0 OR campaign = $3) ORDER BY call LIMIT $4"""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, since, until, int(campaign or 0), limit)
        return tuple(
            Candidate(
                call=CallId(row[0]), campaign=row[1], agent=row[2], at=row[3], seconds=row[4] or 0.0, outcome=row[5],
                disposition=row[6], flags=frozenset(row[7].split()),
            )
            for row in rows
        )  # fmt: skip

    async def add_tasks(self, tasks: Sequence[Task]) -> int:
        """Put calls into the queue; those that the same round has put there already stay. How many were new."""
        sql = """INSERT INTO qa_tasks (kind, round, form, call, evaluator, state, drawn_at)
            VALUES ($1, $2, $3, $4, $5, 'open', $6) ON CONFLICT DO NOTHING"""
        async with self._database.writing() as session:
            added = 0
            for one in tasks:
                added += await session.run(sql, one.kind, one.round, one.form, one.call, one.evaluator, one.drawn_at)
        return added

    async def tasks(self, *, limit: int = 500, campaigns: Collection[CampaignId] | None = None) -> tuple[Task, ...]:
        """What waits and what is claimed, oldest first; of these campaigns' calls alone, where they are given. A call
        that cannot be heard any more does not wait."""
        async with self._database.reading() as connection:
            session = Session(connection)
            seen, values = _seen(session, campaigns, 2)
            sql = (
                f"SELECT {_TASK} FROM qa_tasks WHERE state IN ('open', 'claimed') {_HEARD} {seen} ORDER BY id LIMIT $1"  # noqa: S608
            )
            return tuple(_as(Task, row) for row in await session.all(sql, limit, *values))

    async def rounds(self, kind: str) -> tuple[Round, ...]:
        """The rounds of a kind, the newest first."""
        sql = """SELECT round, min(form), min(drawn_at), count(DISTINCT call), count(*),
            sum(CASE WHEN state = 'done' THEN 1 ELSE 0 END) FROM qa_tasks WHERE kind = $1
            GROUP BY round ORDER BY max(id) DESC"""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, kind)
        return tuple(Round(row[0], int(row[1]), row[2], int(row[3]), int(row[4]), int(row[5])) for row in rows)

    async def round_tasks(self, name: str) -> tuple[Task, ...]:
        """What one round of the queue holds, in the order in which it came in."""
        return await self._rows(Task, f"SELECT {_TASK} FROM qa_tasks WHERE round = $1 ORDER BY id", name)  # noqa: S608

    async def task(self, number: int) -> Task:
        """Raises NotFoundError."""
        rows = await self._rows(Task, f"SELECT {_TASK} FROM qa_tasks WHERE id = $1", number)  # noqa: S608
        if not rows:
            raise NotFoundError(f"there is no task {number}")
        return rows[0]

    async def claim(
        self, user: int, now: float, seconds: float, *, campaigns: Collection[CampaignId] | None = None
    ) -> Task | None:
        """The call that this evaluator holds already, or the next one: first what is meant for them, then what waits
        longest. None: nothing waits.

        A claim that has run out is given to the next who asks. Of what is anybody's, nobody gets a call that they have
        scored on that form; nor does anybody get one that cannot be heard any more, or one of other campaigns than
        these, where they are given.
        """
        async with self._database.writing() as session:
            seen, values = _seen(session, campaigns, 4)
            sql = _CLAIM.format(seen=seen, lock="" if session.sqlite else "FOR UPDATE SKIP LOCKED")
            rows = await session.all(sql, user, now, now + seconds, *values)
        return _as(Task, rows[0]) if rows else None

    async def blind_to(self, user: int, calls: Collection[CallId]) -> frozenset[CallId]:
        """Those of the calls that this evaluator has yet to score in a calibration, so must not see others' word of."""
        async with self._database.reading() as connection:
            session = Session(connection)
            sql = f"""SELECT DISTINCT call FROM qa_tasks WHERE kind = 'calibration' AND evaluator = $1
                AND state IN ('open', 'claimed') AND call IN {session.listed("$2")}"""  # noqa: S608 - our own names
            rows = await session.all(sql, user, session.packed(list(calls)))
        return frozenset(CallId(call) for (call,) in rows)

    async def close_round(self, kind: str, name: str) -> int:
        """Let nobody hand in more of a round of that kind; how many of its tasks were not done."""
        sql = """UPDATE qa_tasks SET state = 'closed', claimed_by = NULL, claimed_until = NULL
            WHERE kind = $1 AND round = $2 AND state IN ('open', 'claimed')"""
        async with self._database.writing() as session:
            return await session.run(sql, kind, name)

    async def give_back(self, task: int, user: int, now: float) -> None:
        """Let go of a claimed call; it waits behind all others. Raises NotFoundError where it is not theirs."""
        sql = """UPDATE qa_tasks SET state = 'open', claimed_by = NULL, claimed_until = NULL, drawn_at = $3
            WHERE id = $1 AND claimed_by = $2 AND state = 'claimed'"""
        async with self._database.writing() as session:
            if not await session.run(sql, task, user, now):
                raise NotFoundError("that call is not claimed by you")

    # ---------------------------------------------------------------- scores

    async def finish(self, one: Evaluation, now: float) -> int:
        """Keep an evaluation and end its task, in one. Raises ConflictError where another has the call by now."""
        columns = [field.name for field in fields(Evaluation) if field.name != "id"]
        values = [_plain(getattr(one, name)) for name in columns]
        sql = f"""INSERT INTO qa_evaluations ({", ".join(columns)})
            VALUES ({", ".join(f"${n}" for n in range(1, len(columns) + 1))}) RETURNING id"""  # noqa: S608
        done = """UPDATE qa_tasks SET state = 'done', claimed_until = NULL
            WHERE id = $1 AND state = 'claimed' AND claimed_by = $2"""
        async with self._database.writing() as session:
            if one.task is not None and not await session.run(done, one.task, one.evaluator):
                raise ConflictError(
                    "the call is yours no longer: the claim has run out and another has it, or it was closed; "
                    "nothing was kept"
                )
            open_to = ("given", "disputed", "acknowledged")
            if one.replaces is not None and not await _move(session, one.replaces, open_to, state="replaced"):
                raise ConflictError("the evaluation has been upheld, or replaced by another; nothing was kept")
            [(number,)] = await session.all(sql, *values)
            if not one.blind:
                await session.run("UPDATE recordings SET score = $2 WHERE call = $1", one.call, one.score)
        return int(number)

    async def evaluations(
        self, *, call: CallId | None = None, agent: AgentId | None = None, form: int | None = None, state: str = "",
        since: float = 0.0, until: float = 1e12, blind: bool | None = False, limit: int = 100_000,
        campaigns: Collection[CampaignId] | None = None, newest_first: bool = False,
    ) -> tuple[Evaluation, ...]:  # fmt: skip
        """By time; of these campaigns alone, where they are given. `blind` None: those of calibrations as well."""
        terms: list[str] = ["at >= $1", "at < $2"]
        values: list[object] = [since, until, limit]
        asked = {"call": call, "agent": agent, "form": form, "state": state or None, "blind": blind}
        for name, value in asked.items():
            if value is not None:
                values.append(value)
                terms.append(f"{name} = ${len(values)}")
        async with self._database.reading() as connection:
            session = Session(connection)
            if campaigns is not None:
                values.append(session.packed(list(campaigns)))
                terms.append(f"campaign IN {session.listed(f'${len(values)}')}")
            where = " AND ".join(terms)
            order = "at DESC, id DESC" if newest_first else "at, id"
            sql = f"SELECT {_EVALUATION} FROM qa_evaluations WHERE {where} ORDER BY {order} LIMIT $3"  # noqa: S608
            return tuple(_evaluation(row) for row in await session.all(sql, *values))

    async def evaluation(self, number: int) -> Evaluation:
        """Raises NotFoundError."""
        async with self._database.reading() as connection:
            sql = f"SELECT {_EVALUATION} FROM qa_evaluations WHERE id = $1"  # noqa: S608 - our own names
            rows = await Session(connection).all(sql, number)
        if not rows:
            raise NotFoundError(f"there is no evaluation {number}")
        return _evaluation(rows[0])

    async def move(self, number: int, was: Sequence[str], **columns: object) -> bool:
        """Set columns of an evaluation that is in one of those states; whether it was."""
        async with self._database.writing() as session:
            return await _move(session, number, was, **columns)

    async def round_evaluations(self, kind: str, name: str) -> tuple[Evaluation, ...]:
        """Those of one round of the queue, blind ones too."""
        names = ", ".join(f"e.{field.name}" for field in fields(Evaluation))
        sql = f"""SELECT {names} FROM qa_evaluations e JOIN qa_tasks t ON t.id = e.task
            WHERE t.kind = $1 AND t.round = $2 ORDER BY e.id"""  # noqa: S608 - our own names
        async with self._database.reading() as connection:
            return tuple(_evaluation(row) for row in await Session(connection).all(sql, kind, name))


def _seen(session: Session, campaigns: Collection[CampaignId] | None, place: int) -> tuple[str, tuple[object, ...]]:
    """SQL that leaves other campaigns' calls out, and its value at that place."""
    if campaigns is None:
        return "", ()
    return _SEEN.format(listed=session.listed(f"${place}")), (session.packed(list(campaigns)),)


async def _move(session: Session, number: int, was: Sequence[str], **columns: object) -> bool:
    assert columns.keys() <= {"state", "reply", "ruling"}, columns
    setting = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 3))
    among = session.listed("$2", "text")
    sql = f"UPDATE qa_evaluations SET {setting} WHERE id = $1 AND NOT blind AND state IN {among}"  # noqa: S608
    return await session.run(sql, number, session.packed(list(was)), *columns.values()) > 0


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return json.dumps(dict(value), ensure_ascii=False)
    return " ".join(value) if isinstance(value, tuple) else value


def _evaluation(row: Sequence[object]) -> Evaluation:
    values = dict(zip(Evaluation.__dataclass_fields__, row, strict=True))
    values["answers"] = json.loads(str(values["answers"]))
    values["critical"] = tuple(str(values["critical"]).split())
    values["passed"], values["blind"] = bool(values["passed"]), bool(values["blind"])
    return Evaluation(**values)  # type: ignore[arg-type]  # the query's columns are the fields


def _as(kind: type[T], row: Sequence[object]) -> T:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]  # every kind here is a dataclass
    return from_row(kind, dict(zip(names, row, strict=True)))
