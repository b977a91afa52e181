"""Who may come in beside agents, with what tokens, and what they did. Hashes and digests only, never a secret."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace

from sqlalchemy import ColumnElement, delete, insert, or_, select, true, update

from dialer.core.ids import AgentId
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database
from dialer.store.errors import ConflictError, NotFoundError
from dialer.store.rows import AuditEntry, Token, User

_USER = schema.users.c
_TOKEN = schema.tokens.c
_AUDIT = schema.audit.c
LOCAL_ADMINISTRATOR = 0
"""Stands where a user's id is asked for and whoever runs the machine did it."""
LOCAL_ADMINISTRATOR_NAME = "local administrator"
_LITERAL = str.maketrans({"%": "!%", "_": "!_", "!": "!!"})


class Users:
    """Supervisors, administrators and the like, by id and login."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[User, ...]:
        """Every user, by login; the inactive ones too."""
        return await self._where(true())

    async def get(self, user: int) -> User | None:
        return next(iter(await self._where(_USER.id == user)), None)

    async def names(self) -> Mapping[int, str]:
        """What everybody is called now, by id; the local administrator too, who is no user of the store."""
        return {LOCAL_ADMINISTRATOR: LOCAL_ADMINISTRATOR_NAME} | {one.id: one.name for one in await self.list()}

    async def by_login(self, login: str) -> User | None:
        return next(iter(await self._where(_USER.login == login)), None)

    async def save(self, user: User, *, was: User | None = None) -> User:
        """Add (id 0) or change a user; the answer carries the id. Raises ConflictError where the login is taken.

        `was` is the user as it was read: what is the same there is not written. Else what others changed meanwhile (a
        command, another cell, a one-time code that was used) would be undone.
        """
        same = await self.by_login(user.login)
        if same is not None and same.id != user.id:
            raise ConflictError(f"the login {user.login!r} is taken")
        async with self._database.writing() as session:
            if user.id == 0:
                [fresh] = await session.ids("users", 1)
                user = replace(user, id=fresh)
                await session.connection.execute(insert(schema.users).values(asdict(user)))
                return user
            values = {name: value for name, value in asdict(user).items() if was is None or value != getattr(was, name)}
            query = update(schema.users).where(_USER.id == user.id).values(values or {"id": user.id})
            if (await session.connection.execute(query)).rowcount == 0:
                raise NotFoundError(f"there is no user with the id {user.id}")
        return user

    async def use_totp(self, user: int, step: int) -> bool:
        """Take a one-time code's step as used; False where it, or a later one, was before."""
        async with self._database.writing() as session:
            query = update(schema.users).where(_USER.id == user, _USER.totp_step < step).values(totp_step=step)
            return (await session.connection.execute(query)).rowcount == 1

    async def _where(self, condition: ColumnElement[bool]) -> tuple[User, ...]:
        async with self._database.reading() as connection:
            query = select(schema.users).where(condition).order_by(_USER.login)
            return tuple(from_row(User, row) for row in (await connection.execute(query)).mappings())


class Tokens:
    """Sessions and API tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: Token) -> None:
        """Keep a token. Raises ConflictError where its digest is known."""
        values = asdict(token)
        values["user_id"] = values.pop("user")
        async with self._database.writing() as session:
            await session.connection.execute(insert(schema.tokens).values(values))

    async def get(self, digest: str, now: float) -> Token | None:
        """The token, unless it is unknown or has expired."""
        alive = or_(_TOKEN.expires_at.is_(None), _TOKEN.expires_at > now)
        return next(iter(await self._where((_TOKEN.digest == digest) & alive)), None)

    async def list(self) -> tuple[Token, ...]:
        return await self._where(true())

    async def of(self, *, user: int | None = None, agent: AgentId | None = None) -> tuple[Token, ...]:
        """What a user or an agent has open, oldest first."""
        return await self._where(_TOKEN.user_id == user if user is not None else _TOKEN.agent == agent)

    async def seen(self, digest: str, now: float) -> None:
        """Note that a token is in use."""
        async with self._database.writing() as session:
            await session.connection.execute(update(schema.tokens).where(_TOKEN.digest == digest).values(seen_at=now))

    async def remove(self, digest: str) -> None:
        await self._delete(_TOKEN.digest == digest)

    async def remove_of(self, *, user: int | None = None, agent: AgentId | None = None) -> None:
        """End everything that a user or an agent has open."""
        if user is not None:
            await self._delete(_TOKEN.user_id == user)
        if agent is not None:
            await self._delete(_TOKEN.agent == agent)

    async def remove_expired(self, now: float) -> None:
        await self._delete(_TOKEN.expires_at <= now)

    async def _delete(self, condition: ColumnElement[bool]) -> None:
        async with self._database.writing() as session:
            await session.connection.execute(delete(schema.tokens).where(condition))

    async def _where(self, condition: ColumnElement[bool]) -> tuple[Token, ...]:
        columns = [_TOKEN.user_id.label("user") if one is _TOKEN.user_id else one for one in schema.tokens.columns]
        async with self._database.reading() as connection:
            query = select(*columns).where(condition).order_by(_TOKEN.created_at)
            return tuple(from_row(Token, row) for row in (await connection.execute(query)).mappings())


class Audit:
    """What people did to the dialer; only ever added to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: AuditEntry) -> None:
        values = asdict(entry)
        del values["id"]
        async with self._database.writing() as session:
            await session.connection.execute(insert(schema.audit).values(values))

    async def page(
        self,
        *,
        before: int | None = None,
        limit: int = 50,
        text: str = "",
        by_whom: str = "",
        who: str = "",
        since: float | None = None,
        until: float | None = None,
    ) -> tuple[AuditEntry, ...]:
        """Newest first; `before` is the id of the last one seen. `text` is looked for in action and detail."""
        query = select(schema.audit).order_by(_AUDIT.id.desc()).limit(limit)
        if before is not None:
            query = query.where(_AUDIT.id < before)
        if text:
            like, escaped = (f"%{one.translate(_LITERAL)}%" for one in (text, json.dumps(text)[1:-1]))
            asked = ((_AUDIT.action, like), (_AUDIT.detail, like), (_AUDIT.detail, escaped))
            query = query.where(or_(*(column.ilike(one, escape="!") for column, one in asked)))
        if by_whom:
            query = query.where(_AUDIT.by_whom == by_whom)
        if who:
            query = query.where(_AUDIT.who == who)
        if since is not None:
            query = query.where(_AUDIT.at >= since)
        if until is not None:
            query = query.where(_AUDIT.at < until)
        async with self._database.reading() as connection:
            return tuple(from_row(AuditEntry, row) for row in (await connection.execute(query)).mappings())
