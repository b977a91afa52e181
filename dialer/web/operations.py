"""What the house tells of itself: figures of runtime and switch, alarms, the doctor, the loop's delays."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialer.doctor.findings import Finding
from dialer.rereading import Reread
from dialer.web.lag import LoopLag


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """`vitals` are figures by name, `alarms` counts of this run by code.

    Without a `doctor` nothing is looked at; without `reread` the configuration is read at the start alone.
    """

    vitals: Callable[[], Mapping[str, object]] = dict
    alarms: Callable[[], Mapping[str, int]] = dict
    doctor: Callable[[], Awaitable[list[Finding]]] | None = None
    reread: Callable[[], Awaitable[Reread]] | None = None
    lag: LoopLag = field(default_factory=LoopLag)
    answered: dict[str, int] = field(default_factory=dict)  # requests by status class, as 2xx


class Counted:
    """Counts what is answered, by status class. Plain ASGI."""

    def __init__(self, app: ASGIApp, counts: dict[str, int]) -> None:
        self._app, self._counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = f"{message['status'] // 100}xx"
                self._counts[kind] = self._counts.get(kind, 0) + 1
            await send(message)

        await self._app(scope, receive, seen)
