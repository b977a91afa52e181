"""What holds for every request, whatever its route: the host's name, the size of the body, and the answer's headers.

Plain ASGI around the whole application. Who may do what is `access`'s business.
"""

import contextlib
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialer.web.problems import problem_response
from dialer.web.settings import WebSettings

BODY_BYTES_MAX = 1 << 20
UPLOAD_BYTES_MAX = 256 << 20  # of a list; it goes to a file as it comes
_UPLOADS = re.compile(r"/api/v1/campaigns/[0-9]+/(preview/)?imports")  # `once` keeps none of these in memory

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
}
_STATIC = "/static/"


class TooLargeError(Exception):
    """More was sent than a request may hold. Caught here alone."""


class Guard:
    """Refuses requests for foreign host names and oversized bodies; puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._names = settings.names
        self._headers = dict(HEADERS)
        if settings.phone_origin:
            policy = HEADERS["content-security-policy"]
            allowed = policy.replace("connect-src 'self'", f"connect-src 'self' {settings.phone_origin}")
            self._headers["content-security-policy"] = allowed
        if settings.behind_tls:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        dressed = self._dressed(scope, send)
        if self._names is not None and host_name(headers.get("host", "")) not in self._names:
            await self._refuse("unknown_host", scope, receive, dressed)
        elif int_or_zero(headers.get("content-length", "")) > bytes_max(scope["path"]):
            await self._refuse("too_large", scope, receive, dressed)
        else:
            await self._pass(scope, receive, dressed)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        intake = _Intake(receive, bytes_max(scope["path"]))

        async def unless_cut(message: Message) -> None:
            if not intake.cut:  # what a route makes of half a body is not the answer
                await send(message)

        with contextlib.suppress(TooLargeError):
            await self._app(scope, intake, unless_cut)
        if intake.cut:
            await self._refuse("too_large", scope, receive, send)

    async def _refuse(self, code: str, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": code})
            return
        await problem_response(code)(scope, receive, send)

    def _dressed(self, scope: Scope, send: Send) -> Send:
        cached = scope["path"].startswith(_STATIC)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-cache" if cached else "no-store")
            await send(message)

        return dressed


class _Intake:
    """A request's body, cut off where it grows too large."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._taken = 0
        self.cut = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > self._limit:
            self.cut = True
            raise TooLargeError
        return message


def bytes_max(path: str) -> int:
    """The largest body that an address takes."""
    return UPLOAD_BYTES_MAX if _UPLOADS.fullmatch(path) else BODY_BYTES_MAX


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def int_or_zero(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def same_origin(connection: HTTPConnection) -> bool:
    """Whether a request that a browser signs by itself (a cookie) was made by a page of ours.

    Browsers tell by Origin, which pages cannot forge; a request that tells nothing is not taken.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site") == "same-origin"
    return urlsplit(origin).netloc == connection.headers.get("host", "") != ""
