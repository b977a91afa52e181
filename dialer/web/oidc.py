"""Signing in by OpenID Connect: the code flow with PKCE, state and nonce. The provider asks for second factors, not we.

Who comes is known by issuer and subject, never by a name that the provider lets people choose: a local account of the
same login is nobody's but its owner's.
"""

import base64
import hashlib
import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode

import httpx

from dialer.core.ids import AgentId, ClientId
from dialer.core.model import Agent
from dialer.errors import ConfigError, DialerError
from dialer.store import AgentLogin, ConflictError, Role, Store, User
from dialer.web.oidc_settings import AGENT, OidcRole, OidcSettings, is_safe

# By the provider's key alone: never `none`, and no shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519", "EdDSA")
BEGUN_S = 600.0  # how long somebody may take at the provider
BEGUN_MAX = 10_000
KNOWN_S = 3600.0  # how long the provider's own description is believed
LEEWAY_S = 60
_ANSWER_MAX = 1 << 20
_WITHIN_S = 10.0


class OidcError(DialerError):
    """Nobody was let in. `code` says why, in the texts of the sign-in page; the text is for the log alone."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody who was sent to the provider and is not back yet."""

    nonce: str
    verifier: str
    at: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who comes in, as known before (None: not at all), and whom the same person was known as here, with another kind
    of role: what that one has open is to end."""

    person: User | AgentLogin
    before: User | AgentLogin | None
    formerly: User | AgentLogin | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """What the provider tells of a person."""

    subject: str
    login: str
    name: str


class Oidc:
    """One provider. What is begun is kept in memory: after a restart one presses the button again."""

    def __init__(self, settings: OidcSettings, store: Store, now: Callable[[], float]) -> None:
        if find_spec("joserfc") is None:
            raise ConfigError("web.oidc needs joserfc: pip install 'cadencia[oidc]'")
        self.settings = settings
        self._store = store
        self._now = now
        self._begun: OrderedDict[str, Begun] = OrderedDict()
        self._known: tuple[float, dict[str, Any]] | None = None
        self._keys: dict[str, Any] | None = None

    async def begin(self) -> tuple[str, str]:
        """The provider's address to go to, and the state that the browser must bring back. Raises OidcError."""
        to = str((await self._description())["authorization_endpoint"])
        state = secrets.token_urlsafe(32)
        begun = Begun(nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48), at=self._now())
        self._begun[state] = begun
        if len(self._begun) > BEGUN_MAX:
            self._begun.popitem(last=False)
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.back,
            "scope": "openid profile email",
            "state": state,
            "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{to}{'&' if '?' in to else '?'}{urlencode(asked)}", state

    async def claims(self, state: str, code: str, issuer: str | None = None) -> Mapping[str, Any]:
        """What the provider says of who is back with a code. A state is good once. Raises OidcError."""
        begun = self._begun.pop(state, None)
        if not code:
            raise OidcError("refused", "the provider sent no code")
        if begun is None or begun.at < self._now() - BEGUN_S:
            raise OidcError("again", "an unknown or old state")
        if issuer is not None and issuer != self.settings.issuer:
            raise OidcError("refused", "the answer is of another issuer")
        return await self._claims(await self._id_token(code, begun.verifier), begun.nonce)

    async def _id_token(self, code: str, verifier: str) -> str:
        known = await self._description()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.back,
            "client_id": self.settings.client_id,
            "code_verifier": verifier,
        }
        secret = self.settings.client_secret
        auth = httpx.BasicAuth(self.settings.client_id, secret) if secret else None
        answer = await _ask("POST", str(known["token_endpoint"]), data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OidcError("refused", "the provider gave no id token")
        return token

    async def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of a token that the provider signed, for us, just now, for this very sign-in."""
        from joserfc import jwt  # noqa: PLC0415 - an extra
        from joserfc.errors import JoseError  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415

        demands: dict[str, Any] = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
            "nonce": {"essential": True, "value": nonce},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }
        for fresh in (False, True):  # once more where the provider changed its keys meanwhile
            try:
                keys = KeySet.import_key_set(await self._key_set(fresh=fresh))  # type: ignore[arg-type]
                claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
                break
            except (JoseError, ValueError, KeyError) as error:
                if fresh:
                    raise OidcError("refused", f"the id token cannot be believed: {type(error).__name__}") from error
        try:
            jwt.JWTClaimsRegistry(now=int(self._now()), leeway=LEEWAY_S, **demands).validate(claims)
        except (JoseError, ValueError) as error:
            raise OidcError("refused", f"the id token is not for us: {error}") from error
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self.settings.client_id:
            raise OidcError("refused", "the id token was made for another party")
        return claims

    async def person(self, claims: Mapping[str, Any]) -> Arrival:
        """Who that is here: a user or an agent, made where nobody is known so. Raises OidcError."""
        has = claims.get(self.settings.claim)
        held = {one for one in (has if isinstance(has, list) else [has]) if isinstance(one, str)}
        fits = next((one for one in self.settings.roles if one.value in held), None)
        if fits is None:
            raise OidcError("nobody", f"no value of the claim {self.settings.claim} has a role")
        login = _plain(claims.get(self.settings.login_claim) or claims["sub"])
        who = _Named(f"{self.settings.issuer} {claims['sub']}", login, _plain(claims.get("name") or login))
        user = next((one for one in await self._store.users.list() if one.subject == who.subject), None)
        agent = await self._store.agents.by_subject(who.subject)
        try:
            if fits.role == AGENT:
                return await self._agent(who, agent, user)
            return await self._user(who, fits, user, agent)
        except ConflictError as error:
            raise OidcError("taken", "a local account has that login") from error

    async def _user(self, who: _Named, fits: OidcRole, known: User | None, agent: AgentLogin | None) -> Arrival:
        if known is not None and not known.active:
            raise OidcError("nobody", f"the user {known.id} is disabled here")
        bare = known or User(
            login=who.login, name=who.name, role=Role(fits.role), password_hash="", subject=who.subject
        )
        wanted = replace(bare, name=who.name, role=Role(fits.role), client=await self._client(fits))
        if wanted == known:
            return Arrival(known, known, agent)
        other = await self._store.agents.by_login(who.login) if known is None else None
        if other is not None and other != agent:
            raise OidcError("taken", "an agent has that login")
        return Arrival(await self._store.users.save(wanted, was=known), known, agent)

    async def _agent(self, who: _Named, known: AgentLogin | None, user: User | None) -> Arrival:
        """The agent known so; else the one of that login who is to come in so, as the house says; else a new one."""
        if known is None:
            known = await self._store.agents.by_login(who.login)
            if known is not None and (not known.elsewhere or known.subject):
                raise OidcError("taken", "an agent has that login who does not come in so, or is somebody else there")
        if known is not None and not known.active:
            raise OidcError("nobody", f"the agent {known.agent.id} is disabled here")
        other = await self._store.users.by_login(who.login) if known is None else None
        if other is not None and other != user:
            raise OidcError("taken", "a user has that login")
        bare = known or AgentLogin(agent=Agent(id=AgentId(0), name=who.name, campaigns=()), login=_for_agent(who.login))
        agent = replace(bare.agent, name=who.name)
        wanted = replace(bare, agent=agent, elsewhere=True, subject=who.subject)
        if wanted == known:
            return Arrival(known, known, user)
        return Arrival(await self._store.agents.save(wanted, was=known), known, user)

    async def _client(self, role: OidcRole) -> ClientId | None:
        if not role.client:
            return None
        for one in await self._store.clients.list():
            if one.name == role.client:
                return ClientId(one.id)
        raise OidcError("nobody", f"there is no client {role.client!r}")

    async def _description(self) -> dict[str, Any]:
        if self._known is None or self._known[0] < self._now() - KNOWN_S:
            where = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            told = await _ask("GET", where)
            if told.get("issuer") != self.settings.issuer:
                raise OidcError("away", "the provider says that it is another issuer")
            for one in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(told.get(one), str) or not is_safe(told[one]):
                    raise OidcError("away", f"the provider tells no safe {one}")
            self._known = (self._now(), told)
        return self._known[1]

    async def _key_set(self, *, fresh: bool) -> dict[str, Any]:
        if fresh or self._keys is None:
            self._keys = await _ask("GET", str((await self._description())["jwks_uri"]))
        return self._keys


def _for_agent(login: str) -> str:
    """A login of the form that agents' have."""
    return re.sub(r"[^A-Za-z0-9_.@\-]", "_", login)


def _plain(told: object) -> str:
    """A name as it may stand in a list of ours: no control signs, and not endless."""
    return "".join(sign for sign in str(told) if sign.isprintable())[:80]


async def _ask(method: str, url: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own
    """The provider's answer, a JSON object. Raises OidcError: `refused` where it says so, else `away`."""
    try:
        async with httpx.AsyncClient(timeout=_WITHIN_S, follow_redirects=False) as client:
            answer = await client.request(method, url, headers={"Accept": "application/json"}, **given)
        if method == "POST" and answer.status_code in {400, 401, 403}:
            raise OidcError("refused", f"the provider refused the code ({answer.status_code})")
        answer.raise_for_status()
        told = json.loads(answer.content[:_ANSWER_MAX])
    except (httpx.HTTPError, ValueError) as error:
        raise OidcError("away", f"the provider does not answer as it should: {type(error).__name__}") from error
    if not isinstance(told, dict):
        raise OidcError("away", "the provider's answer is no object")
    return told
