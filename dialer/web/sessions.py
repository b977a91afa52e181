"""Who is signed in: opaque tokens, of which the store keeps the digest alone."""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from dialer.core.ids import AgentId, ClientId
from dialer.store import LOCAL_ADMINISTRATOR, LOCAL_ADMINISTRATOR_NAME, AgentLogin, Store, Token, User
from dialer.web.permissions import Permission, Who, permissions_of

KIND = "session"
API = "api"  # a token for programs, made by a user
API_PREFIX = "cad_"  # so that a leaked one is found by those who look for such
_KEPT_S = 5.0  # how long a session is believed without asking the store again
_KEPT_MAX = 5_000
_GOOD_MAX = 20_000
_NOTED_S = 300.0  # how exactly it is known when a token was last used


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in person. `id` is the digest of the token.

    `client` and `campaigns` are all that the person may see; None = no limit. `program`: it is an API token.
    """

    id: str
    who: Who
    name: str
    expires_at: float
    agent: AgentId | None = None
    user: int | None = None
    permissions: frozenset[Permission] = frozenset()
    client: ClientId | None = None
    campaigns: frozenset[int] | None = None
    program: bool = False

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @property
    def key(self) -> str:
        """Who it is, whatever the name: two people may be called the same."""
        return f"agent {self.agent}" if self.agent is not None else f"user {self.user_id}"

    @property
    def user_id(self) -> int:
        """The user, by whose id work is kept; an agent has none of it."""
        return self.user if self.user is not None else LOCAL_ADMINISTRATOR

    @property
    def limited(self) -> bool:
        """Whether there is anything that this person may not see for whose it is."""
        return self.client is not None or self.campaigns is not None

    def sees(self, campaign: int, client: int) -> bool:
        """Whether a campaign of that client is this person's to see."""
        mine = self.client is None or self.client == client
        return mine and (self.campaigns is None or campaign in self.campaigns)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """Opens, finds and ends sessions. The local administrator's token stands beside the store's."""

    def __init__(self, store: Store, *, admin_token: str = "") -> None:
        self._store = store
        self._admin = digest(admin_token) if admin_token else ""
        self._kept: dict[str, tuple[Session, float]] = {}
        self._good: OrderedDict[str, None] = OrderedDict()  # digests that were found once, the latest last
        self._listening: dict[asyncio.Event, str] = {}  # who is told when a session ends, by the session's digest

    async def open(
        self, person: User | AgentLogin, now: float, lasts_s: float, *, address: str = ""
    ) -> tuple[str, Session]:
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
            address=address,
        )
        await self._store.tokens.add(row)
        session = _session(row, person)
        assert session is not None
        self._met(row.digest)
        return token, session

    async def find(self, token: str, now: float) -> Session | None:
        """The session of a token; None when there is none (any more), or when its owner may not work here any more."""
        key = digest(token)
        if self._admin and hmac.compare_digest(key, self._admin):
            return self._local(key)
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
        self._met(key)
        return session

    async def of_user(self, user: int, now: float) -> Session | None:
        """What a user may see and do by now, without a token: for what was signed in their name. None: works here no
        longer.
        """
        if user == LOCAL_ADMINISTRATOR:
            return self._local("")
        person = await self._store.users.get(user)
        if person is None:
            return None
        row = Token(digest="", kind=KIND, role=person.role, name="", created_at=now, user=user, expires_at=now)
        return _session(row, person)

    def _local(self, key: str) -> Session:
        return Session(
            id=key,
            who=Who.ADMINISTRATOR,
            name=LOCAL_ADMINISTRATOR_NAME,
            expires_at=float("inf"),
            permissions=permissions_of(Who.ADMINISTRATOR),
        )

    async def end(self, session: str) -> None:
        """End a session or API token, named by its digest."""
        self._kept.pop(session, None)
        await self._store.tokens.remove(session)
        self._tell(session)

    def _met(self, key: str) -> None:
        self._good[key] = None
        self._good.move_to_end(key)
        if len(self._good) > _GOOD_MAX:
            self._good.popitem(last=False)

    def known(self, token: str) -> bool:
        """Whether a token was ever found good; asks nobody. It may have ended since: it lets nobody in."""
        key = digest(token)
        return key in self._good or (bool(self._admin) and hmac.compare_digest(key, self._admin))

    def forget(self) -> None:
        """Ask the store for every session anew: somebody's rights have changed."""
        self._kept.clear()
        self._tell(None)

    async def until_other(self, session: str, within_s: float) -> None:
        """Until the session ended here, or somebody's rights changed, at most so long: then it is looked for anew."""
        told = asyncio.Event()
        self._listening[told] = session
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await told.wait()
        finally:
            del self._listening[told]

    def _tell(self, session: str | None) -> None:
        for told, whose in self._listening.items():
            if session in {None, whose}:
                told.set()

    async def _read(self, key: str, now: float) -> Session | None:
        row = await self._store.tokens.get(key, now)
        if row is None or row.kind not in (KIND, API):
            return None
        if row.agent is not None:
            person: User | AgentLogin | None = await self._store.agents.get(row.agent)
        else:
            person = await self._store.users.get(row.user) if row.user is not None else None
        session = _session(row, person) if person is not None else None
        if session is not None and now - (row.seen_at or 0.0) > _NOTED_S:
            await self._store.tokens.seen(key, now)
        return session


async def new_api_token(
    store: Store, user: User, name: str, *, scopes: frozenset[Permission], now: float, expires_at: float
) -> str:
    """A token for a program that works in the user's name, within the scopes. Told once, kept as a digest alone."""
    token = API_PREFIX + secrets.token_urlsafe(32)
    row = Token(
        digest=digest(token),
        kind=API,
        role=user.role,
        name=name,
        user=user.id,
        created_at=now,
        expires_at=expires_at,
        scopes=" ".join(sorted(scopes)),
    )
    await store.tokens.add(row)
    return token


def _session(row: Token, person: User | AgentLogin) -> Session | None:
    if not person.active or row.expires_at is None:
        return None
    if isinstance(person, AgentLogin):
        return Session(
            id=row.digest,
            who=Who.AGENT,
            name=person.agent.name,
            expires_at=row.expires_at,
            agent=person.agent.id,
            permissions=permissions_of(Who.AGENT),
        )
    who = Who(person.role)
    if who is Who.CLIENT and person.client is None:
        return None  # a client's user without a client would see everybody's
    scopes = frozenset(row.scopes.split()) if row.kind == API else None
    return Session(
        id=row.digest,
        who=who,
        name=person.name if row.kind == KIND else f"{person.name} ({row.name})",
        expires_at=row.expires_at,
        user=person.id,
        permissions=permissions_of(who, frozenset(person.grants.split()), scopes),
        program=row.kind == API,
        client=person.client,
        campaigns=frozenset(int(one) for one in person.campaigns.split()) if person.campaigns else None,
    )
