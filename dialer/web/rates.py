"""How many requests a second each caller may make: a bucket for each, told in the headers of every answer.

Plain ASGI, the outermost of the API: what is refused here costs next to nothing, so that no client slows the engine.
"""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialer.web.access import token_of
from dialer.web.problems import problem_response

_COUNTED = ("/api/", "/vicidial/", "/agc/", "/metrics")
_CALLERS_MAX = 20_000


class Buckets:
    """Token buckets by caller: `rate` a second, `burst` at once. Pure but for the numbers it keeps."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, now: float) -> tuple[bool, float]:
        """Whether one more may pass, and how many are left."""
        left, at = self._left.get(caller, (self.burst, now))
        left = min(self.burst, left + (now - at) * self.rate)
        passes = left >= 1.0
        left -= 1.0 if passes else 0.0
        self._left[caller] = left, now
        self._left.move_to_end(caller)
        if len(self._left) > _CALLERS_MAX:
            self._left.popitem(last=False)
        return passes, left


class Rates:
    """Lets so many requests of each caller pass, and says so in RateLimit headers."""

    def __init__(self, app: ASGIApp, rate: float, clock: Callable[[], float], known: Callable[[str], bool]) -> None:
        """`known` tells whether a token was good of late: others are one caller of their address, or each made-up
        token would have a bucket of its own.
        """
        self._app, self._clock, self._known = app, clock, known
        self._buckets = Buckets(rate, 2.0 * rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_COUNTED):
            await self._app(scope, receive, send)
            return
        passes, left = self._buckets.take(self._caller(scope), self._clock())
        reset_s = math.ceil((self._buckets.burst - left) / self._buckets.rate)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Limit"] = f"{self._buckets.burst:.0f}"
                headers["RateLimit-Remaining"] = f"{max(0.0, left):.0f}"
                headers["RateLimit-Reset"] = str(reset_s)
            await send(message)

        if passes:
            await self._app(scope, receive, told)
        else:
            await problem_response("too_many_requests", headers={"Retry-After": "1"})(scope, receive, told)

    def _caller(self, scope: Scope) -> str:
        """The token that a request is signed with, as a digest; without a good one the address."""
        token, _ = token_of(HTTPConnection(scope))
        if token and self._known(token):
            return hashlib.blake2b(token.encode(), digest_size=12).hexdigest()
        return scope["client"][0] if scope.get("client") else ""
