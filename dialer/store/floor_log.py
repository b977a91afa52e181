"""What is kept of the floor: its minutes, alarms, forecasts with what came, messages to agents, plans."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from dialer.core.alarms import Raised
from dialer.core.ids import AgentId, CampaignId
from dialer.core.series import Minute, TrunkMinute
from dialer.store.database import Database, Session

_MINUTE = tuple(field.name for field in fields(Minute))
_TRUNK = tuple(field.name for field in fields(TrunkMinute))
_SUMS = tuple(name for name in _MINUTE if name not in {"campaign", "at"})
_ALARM = "id, cell, number, code, subject, level, campaign, figures, at, cleared_at, seen_by, seen_at"
_FORECAST = "id, campaign, at, by_whom, minutes, change, said, made, made_at, came, judged_at"


def _places(count: int) -> str:
    return ", ".join(f"${n}" for n in range(1, count + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """An alarm as kept; `figures` by name."""

    id: int
    cell: int
    number: int
    code: str
    subject: str
    level: str
    campaign: CampaignId | None
    figures: dict[str, float | str]
    at: float
    cleared_at: float | None
    seen_by: str
    seen_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRow:
    """A forecast as it was said, the change that followed it and when, and what came (None: not known yet, or never).

    Its time begins with the change, where one was made.
    """

    id: int
    campaign: CampaignId
    at: float
    by_whom: str
    minutes: float
    change: dict[str, object]
    said: dict[str, object]
    made: int | None
    made_at: float | None
    came: dict[str, float] | None
    judged_at: float | None

    @property
    def begins_at(self) -> float:
        return self.at if self.made_at is None else self.made_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A word from a supervisor to agents."""

    id: int
    at: float
    by_whom: str
    text: str


class FloorLog:
    """The floor's own history. One row of minutes for each cell; who reads gets them added up."""

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        self._cell = cell

    # ---------------------------------------------------------------- minutes

    async def add_minutes(self, minutes: Sequence[Minute], trunks: Sequence[TrunkMinute]) -> None:
        """Keep a whole minute; said twice, the last holds."""
        async with self._database.writing() as session:
            await self._upsert(session, "minutes", _MINUTE, ("campaign", "at"), minutes)
            await self._upsert(session, "trunk_minutes", _TRUNK, ("trunk", "at"), trunks)

    async def _upsert(
        self, session: Session, table: str, names: tuple[str, ...], keys: tuple[str, ...], rows: Iterable[object]
    ) -> None:
        sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
        sql = f"""INSERT INTO {table} ({", ".join(names)}, cell) VALUES ({_places(len(names) + 1)})
            ON CONFLICT ({", ".join(keys)}, cell) DO UPDATE SET {sets}"""  # noqa: S608 - our own names
        values = [(*(getattr(row, name) for name in names), self._cell) for row in rows]
        if values:
            await session.many(sql, values)

    async def minutes(
        self, campaign: CampaignId, since: float, until: float, *, step_s: float = 60.0
    ) -> tuple[Minute, ...]:
        """The minutes of since <= t < until, of all cells, in steps counted from `since`; empty steps are left out.

        `agents` and `lines` are means of what was seen in the step's minutes.
        """
        async with self._database.reading() as connection:
            session = Session(connection)
            step = session.floor("(at - $2) / $4")
            sums = ", ".join(f"sum({name})" for name in _SUMS)
            rows = await session.all(
                f"""SELECT {step} AS step, count(DISTINCT at), {sums} FROM minutes
                WHERE campaign = $1 AND at >= $2 AND at < $3 GROUP BY step ORDER BY step""",  # noqa: S608
                campaign, since, until, step_s,
            )  # fmt: skip
        return tuple(_minute(campaign, since + int(row[0]) * step_s, row[1], row[2:]) for row in rows)

    async def trunk_minutes(self, since: float, until: float) -> tuple[TrunkMinute, ...]:
        """The lines of every trunk, minute by minute, oldest first."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                """SELECT trunk, at, sum(lines), sum(lines_max), max(state) FROM trunk_minutes
                WHERE at >= $1 AND at < $2 GROUP BY trunk, at ORDER BY at, trunk""",
                since, until,
            )  # fmt: skip
        return tuple(TrunkMinute(**dict(zip(_TRUNK, row, strict=True))) for row in rows)

    async def forget(self, before: float) -> None:
        """Let go of minutes older than that."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM minutes WHERE at < $1", before)
            await session.run("DELETE FROM trunk_minutes WHERE at < $1", before)

    # ---------------------------------------------------------------- alarms

    async def save_alarm(self, raised: Raised) -> None:
        """Keep an alarm as it now stands."""
        finding = raised.finding
        async with self._database.writing() as session:
            changed = await session.run(
                """UPDATE alarms SET cleared_at = $3, seen_by = $4, seen_at = $5, level = $6, figures = $7
                WHERE cell = $1 AND number = $2 AND cleared_at IS NULL""",
                self._cell, raised.number, raised.cleared_at, raised.seen_by, raised.seen_at, finding.level,
                json.dumps(finding.figures),
            )  # fmt: skip
            if not changed:
                [fresh] = await session.ids("alarms", 1)
                await session.run(
                    f"INSERT INTO alarms ({_ALARM}) VALUES ({_places(12)})",  # noqa: S608
                    fresh, self._cell, raised.number, finding.code, finding.subject, finding.level, finding.campaign,
                    json.dumps(finding.figures), raised.at, raised.cleared_at, raised.seen_by, raised.seen_at,
                )  # fmt: skip

    async def begin_alarms(self, now: float) -> int:
        """End what a former run of this cell left standing; the number that the next alarm may have."""
        async with self._database.writing() as session:
            await session.run(
                "UPDATE alarms SET cleared_at = $2 WHERE cell = $1 AND cleared_at IS NULL", self._cell, now
            )
            [(last,)] = await session.all("SELECT coalesce(max(number), 0) FROM alarms WHERE cell = $1", self._cell)
        return int(last) + 1

    async def alarms(self, since: float, *, limit: int = 200) -> tuple[AlarmRow, ...]:
        """Those that stood at some time since then, newest first."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                f"""SELECT {_ALARM} FROM alarms WHERE at >= $1 OR cleared_at IS NULL OR cleared_at >= $1
                ORDER BY at DESC, id DESC LIMIT $2""",  # noqa: S608
                since, limit,
            )  # fmt: skip
        names = [name.strip() for name in _ALARM.split(",")]
        found = [dict(zip(names, row, strict=True)) for row in rows]
        return tuple(AlarmRow(**{**row, "figures": dict(json.loads(row["figures"]))}) for row in found)

    # ---------------------------------------------------------------- forecasts

    async def add_forecast(
        self,
        campaign: CampaignId,
        at: float,
        by: str,
        *,
        minutes: float,
        change: Mapping[str, object],
        said: Mapping[str, object],
    ) -> int:
        """Keep what was forecast; its number."""
        async with self._database.writing() as session:
            [fresh] = await session.ids("forecasts", 1)
            await session.run(
                "INSERT INTO forecasts (id, campaign, at, by_whom, minutes, change, said)"
                " VALUES ($1,$2,$3,$4,$5,$6,$7)",
                fresh, campaign, at, by, minutes, json.dumps(change, default=str), json.dumps(said, default=str),
            )  # fmt: skip
        return fresh

    async def forecast_made(self, forecast: int, campaign: CampaignId, change: int, at: float) -> None:
        """The change that it spoke of was made; nothing where the forecast is of another campaign, or led to one."""
        async with self._database.writing() as session:
            await session.run(
                """UPDATE forecasts SET made = $3, made_at = $4
                WHERE id = $1 AND campaign = $2 AND made IS NULL AND judged_at IS NULL""",
                forecast, campaign, change, at,
            )  # fmt: skip

    async def judge_forecast(self, forecast: int, came: Mapping[str, float] | None, now: float) -> None:
        """Keep what came; None where the course was another than the one it spoke of."""
        async with self._database.writing() as session:
            body = json.dumps(came) if came is not None else None
            await session.run("UPDATE forecasts SET came = $2, judged_at = $3 WHERE id = $1", forecast, body, now)

    async def forecasts_due(self, now: float) -> tuple[ForecastRow, ...]:
        """Those whose time is over and that were not judged."""
        return await self._forecasts("judged_at IS NULL AND coalesce(made_at, at) + minutes * 60 < $1", now)

    async def forecasts(self, campaign: CampaignId, *, limit: int = 50) -> tuple[ForecastRow, ...]:
        """The latest ones of a campaign, newest first."""
        return await self._forecasts("campaign = $1", campaign, limit=limit)

    async def _forecasts(self, condition: str, *values: object, limit: int = 200) -> tuple[ForecastRow, ...]:
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                f"SELECT {_FORECAST} FROM forecasts WHERE {condition} ORDER BY at DESC, id DESC LIMIT {limit:d}",  # noqa: S608
                *values,
            )
        return tuple(_forecast(row) for row in rows)

    # ---------------------------------------------------------------- messages

    async def add_message(self, at: float, by: str, text: str, agents: Iterable[AgentId]) -> Message:
        """Keep a message to these agents."""
        async with self._database.writing() as session:
            [fresh] = await session.ids("messages", 1)
            await session.run("INSERT INTO messages (id, at, by_whom, text) VALUES ($1,$2,$3,$4)", fresh, at, by, text)
            rows = [(fresh, agent) for agent in dict.fromkeys(agents)]
            await session.many("INSERT INTO message_reads (message, agent) VALUES ($1, $2)", rows)
        return Message(id=fresh, at=at, by_whom=by, text=text)

    async def unread(self, agent: AgentId, *, since: float = 0.0) -> tuple[Message, ...]:
        """What the agent has not read yet, oldest first."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                """SELECT m.id, m.at, m.by_whom, m.text FROM messages m JOIN message_reads r ON r.message = m.id
                WHERE r.agent = $1 AND r.read_at IS NULL AND m.at >= $2 ORDER BY m.id LIMIT 50""",
                agent, since,
            )  # fmt: skip
        return tuple(Message(id=row[0], at=row[1], by_whom=row[2], text=row[3]) for row in rows)

    async def read(self, message: int, agent: AgentId, now: float) -> None:
        """The agent has read it."""
        async with self._database.writing() as session:
            await session.run(
                "UPDATE message_reads SET read_at = $3 WHERE message = $1 AND agent = $2 AND read_at IS NULL",
                message, agent, now,
            )  # fmt: skip

    # ---------------------------------------------------------------- plans

    async def plan(self, campaign: CampaignId) -> dict[int, int]:
        """Talks to be reached, by hour of the day (0 to 23)."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all("SELECT hour, connected FROM plans WHERE campaign = $1", campaign)
        return dict(sorted((int(hour), int(count)) for hour, count in rows))

    async def set_plan(self, campaign: CampaignId, plan: Mapping[int, int]) -> None:
        """Keep the plan in place of the one before."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM plans WHERE campaign = $1", campaign)
            rows = [(campaign, hour, count) for hour, count in sorted(plan.items())]
            if rows:
                await session.many("INSERT INTO plans (campaign, hour, connected) VALUES ($1, $2, $3)", rows)

    async def promised(self, campaign: CampaignId, since: float) -> dict[str, float]:
        """What was promised in the campaign's talks since then, by currency."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                "SELECT currency, amount FROM promises WHERE campaign = $1 AND at >= $2", campaign, since
            )
        found: dict[str, Decimal] = {}
        for currency, amount in rows:
            found[currency] = found.get(currency, Decimal()) + Decimal(amount)
        return {currency: float(amount) for currency, amount in found.items()}


def _minute(campaign: CampaignId, at: float, minutes: int, sums: Sequence[object]) -> Minute:
    named = dict(zip(_SUMS, sums, strict=True))
    for name in ("agents", "lines"):
        named[name] = float(named[name]) / max(1, minutes)  # type: ignore[arg-type]  # a number of the database
    whole = {name: int(named[name]) for name in ("placed", "answered", "connected", "abandoned", "waits")}  # type: ignore[call-overload]
    return Minute(campaign=campaign, at=at, **{**named, **whole})


def _forecast(row: Sequence[object]) -> ForecastRow:
    named = dict(zip([name.strip() for name in _FORECAST.split(",")], row, strict=True))
    for name in ("change", "said", "came"):
        named[name] = json.loads(str(named[name])) if named[name] is not None else None
    return ForecastRow(**named)  # type: ignore[arg-type]  # the table's columns are its fields
