"""A provider of OpenID Connect on loopback: small, strict in what it must check, and made to lie where a test wants."""

import asyncio
import base64
import hashlib
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, SECRET = "cadencia", "the client's secret"


@dataclass
class Provider:
    """`who` signs in there; `lies` are claims that go over the right ones."""

    url: str
    back: str
    now: float
    who: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    foreign_key: bool = False
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    async def description(self, _: Request) -> Response:
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return JSONResponse({"issuer": self.url, **{name: self.url + path for name, path in ends.items()}})

    async def keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """Somebody is signed in here already: back at once, with a code."""
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, self.back)
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        told = {"code": code, "state": asked["state"], "iss": self.url}
        return RedirectResponse(f"{self.back}?{urlencode(told)}", 303)

    async def token(self, request: Request) -> Response:
        """A code is good once, for who has the verifier and the client's secret."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        basic = "Basic " + base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        good = asked is not None and asked["code_challenge"] == challenge and form["redirect_uri"] == self.back
        if asked is None or not good or request.headers.get("authorization") != basic:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {"iss": self.url, "aud": CLIENT_ID, "exp": int(self.now) + 300, "nonce": asked["nonce"]}
        key = ECKey.generate_key("P-256", {"kid": "one"}) if self.foreign_key else self.key
        token = jwt.encode({"alg": "ES256", "kid": "one"}, claims | self.who | self.lies, key)
        return JSONResponse({"id_token": token, "token_type": "Bearer", "access_token": "-"})


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The test has the process's signals."""
        yield


@asynccontextmanager
async def provider(back: str, now: float) -> AsyncIterator[Provider]:
    """A running provider that sends people back to `back`."""
    listening = socket.create_server(("127.0.0.1", 0))
    made = Provider(url=f"http://127.0.0.1:{listening.getsockname()[1]}", back=back, now=now)
    routes = [
        Route("/.well-known/openid-configuration", made.description),
        Route("/keys", made.keys),
        Route("/authorize", made.authorize),
        Route("/token", made.token, methods=["POST"]),
    ]
    server = _Server(uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve([listening]))
    yield made
    server.should_exit = True
    await serving
    listening.close()
