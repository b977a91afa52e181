"""Idempotency keys: a request that names one is done once; the same again is answered as the first was.

Plain ASGI inside the guard. Kept for a day, for each caller apart; what is told once (a token, a session) is not kept,
nor a problem: nothing was done then, so the key is free to try again, as soon as what was wrong is mended.
"""

import hashlib
import json
import re
from collections.abc import Callable

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialer.errors import StoreError
from dialer.store import Store
from dialer.store.requests_done import Done
from dialer.web.problems import problem_response

HEADER = "idempotency-key"
KEPT_S = 86_400.0
STUCK_S = 120.0  # a request that was cut off by the end of the process may be done anew after this
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_PREFIX = "/api/v1/"
_NOT_KEPT = re.compile(r"/api/v1/(session|tokens|webhooks$|desk/phone|users/\d+/totp|campaigns/\d+/(preview/)?imports)")


class Once:
    """Remembers what was answered to requests that name a key."""

    def __init__(self, app: ASGIApp, store: Store, now: Callable[[], float], caller: Callable[..., object]) -> None:
        """`caller` tells who sends a request (their token's digest), None for nobody."""
        self._app, self._store, self._now, self._caller = app, store, now, caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PATCH", "PUT", "DELETE"):
            await self._app(scope, receive, send)
            return
        given = HTTPConnection(scope).headers.get(HEADER)
        path = scope["path"]
        if given is None or not path.startswith(_PREFIX) or _NOT_KEPT.match(path):
            await self._app(scope, receive, send)
        elif not _KEY.fullmatch(given):
            await problem_response("invalid", "Idempotency-Key: 1 to 200 plain signs")(scope, receive, send)
        else:
            await self._once(given, scope, receive, send)

    async def _once(self, given: str, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        who = await self._caller(request)  # type: ignore[misc]  # an awaitable
        if not isinstance(who, str):  # the route itself says why not
            await self._app(scope, receive, send)
            return
        body = await request.body()
        key = _digest(who, given)
        address = scope["path"], scope["query_string"].decode("latin-1")
        asked = _digest(scope["method"], *address, request.headers.get("if-match", ""), body.hex())
        now = self._now()
        try:
            before = await self._store.requests_done.begin(key, asked, now, stuck_before=now - STUCK_S)
        except StoreError:
            await problem_response("unavailable", headers={"Retry-After": "2"})(scope, receive, send)
            return
        if before is None:
            await self._do(key, scope, _again(body), send)
        else:
            await _answered(before, asked)(scope, receive, send)

    async def _do(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        status, parts, whole = 500, list[bytes](), False

        async def seen(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                whole = not message.get("more_body")
                # Before it is told: who asks again meanwhile is told to wait, who asks then finds it as it is.
                if whole and status < 400:
                    await self._keep(key, status, b"".join(parts).decode("utf-8", "replace"))
                elif whole:
                    await self._forget(key)
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            if not whole:  # nothing was done, as far as is known
                await self._forget(key)

    async def _keep(self, key: str, status: int, text: str) -> None:
        try:
            await self._store.requests_done.end(key, status, text)
        except StoreError:
            return  # what was done was done, and is told; the same again is told to wait for two minutes

    async def _forget(self, key: str) -> None:
        try:
            await self._store.requests_done.forget(key)
        except StoreError:
            return  # it is stuck for two minutes


def _answered(before: Done, asked: str) -> ASGIApp:
    if before.request != asked:
        return problem_response("key_reused")
    if before.status == 0:
        return problem_response("in_progress", headers={"Retry-After": "1"})
    headers = {"Idempotent-Replayed": "true"}
    return Response(before.body or None, before.status, headers, "application/json" if before.body else None)


def _again(body: bytes) -> Receive:
    """A body that was read, to be read by the route."""
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            return {"type": "http.disconnect"}
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
