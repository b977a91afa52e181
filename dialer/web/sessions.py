"""Who is signed in: opaque tokens, of which the store keeps the digest alone."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum

from dialer.core.ids import AgentId
from dialer.store import AgentLogin, Store, Token, User

KIND = "session"
_KEPT_S = 5.0  # how long a session is believed without asking the store again
_KEPT_MAX = 5_000


class Who(StrEnum):
    """What a signed-in person is here for."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    CLIENT = "client"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in person. `id` is the digest of the token."""

    id: str
    who: Who
    name: str
    expires_at: float
    agent: AgentId | None = None
    client: int | None = None  # sees the data of this client alone; None = all


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """Opens, finds and ends sessions. The local administrator's token stands beside the store's."""

    def __init__(self, store: Store, *, admin_token: str = "") -> None:
        self._store = store
        self._admin = digest(admin_token) if admin_token else ""
        self._kept: dict[str, tuple[Session, float]] = {}

    async def open(self, person: User | AgentLogin, now: float, lasts_s: float) -> tuple[str, Session]:
        """A new session and its token, which is told once and never kept."""
        token = secrets.token_urlsafe(32)
        row = Token(
            digest=digest(token),
            kind=KIND,
            role=Who.AGENT if isinstance(person, AgentLogin) else Who(person.role),
            name=person.agent.name if isinstance(person, AgentLogin) else person.name,
            user=None if isinstance(person, AgentLogin) else person.id,
            agent=person.agent.id if isinstance(person, AgentLogin) else None,
            created_at=now,
            expires_at=now + lasts_s,
        )
        await self._store.tokens.add(row)
        session = _session(row, person)
        assert session is not None
        return token, session

    async def find(self, token: str, now: float) -> Session | None:
        """The session of a token; None when there is none (any more), or when its owner may not work here any more."""
        key = digest(token)
        if self._admin and hmac.compare_digest(key, self._admin):
            return Session(id=key, who=Who.ADMINISTRATOR, name="local administrator", expires_at=float("inf"))
        kept = self._kept.get(key)
        if kept is not None and now - kept[1] < _KEPT_S and kept[0].expires_at > now:
            return kept[0]
        session = await self._read(key, now)
        if session is None:
            self._kept.pop(key, None)
            return None
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[key] = (session, now)
        return session

    async def end(self, session: Session) -> None:
        self._kept.pop(session.id, None)
        await self._store.tokens.remove(session.id)

    async def _read(self, key: str, now: float) -> Session | None:
        row = await self._store.tokens.get(key, now)
        if row is None or row.kind != KIND:
            return None
        if row.agent is not None:
            login = await self._store.agents.get(row.agent)
            return _session(row, login) if login is not None else None
        user = await self._store.users.get(row.user) if row.user is not None else None
        return _session(row, user) if user is not None else None


def _session(row: Token, person: User | AgentLogin) -> Session | None:
    if not person.active or row.expires_at is None:
        return None
    if isinstance(person, AgentLogin):
        return Session(
            id=row.digest, who=Who.AGENT, name=person.agent.name, expires_at=row.expires_at, agent=person.agent.id
        )
    return Session(
        id=row.digest, who=Who(person.role), name=person.name, expires_at=row.expires_at, client=person.client
    )
