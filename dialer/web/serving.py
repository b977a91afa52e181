"""Runs the web application inside an event loop that others run in too: no signals taken, ended by cancellation."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from functools import partial

import uvicorn
from fastapi import FastAPI

from dialer.errors import ConfigError
from dialer.web.ahead import Ahead
from dialer.web.console import Console
from dialer.web.desk_lead_routes import pushed, read_ahead
from dialer.web.import_routes import forget_cut_off
from dialer.web.ran_out import settle
from dialer.web.settings import WebSettings

_END_WITHIN_S = 3  # what is still open then is cut
_UNREAD_MAX_MS = 20_000
# Longer than those who ask keep one that is idle (httpx 5 s, nginx 60 s): a request that crosses our end of it is lost.
_IDLE_MAX_S = 75


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to whoever runs the loop."""
        yield


def listen(settings: WebSettings) -> socket.socket:
    """The listening socket; its own name tells the port where the settings leave it open. Raises ConfigError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigError(
            f"web.host {settings.host!r}, web.port {settings.port}: cannot listen there ({error.strerror or error}); "
            "choose another or end the program that has it"
        ) from error
    # Connections inherit both. asyncio sets no TCP_NODELAY on those of a socket made like this, and each answer in two
    # parts then takes 40 ms; a client that reads nothing is cut by the kernel, whatever waits to be sent to it.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MAX_MS)
    return listening


async def serve(app: FastAPI, settings: WebSettings, *, listening: socket.socket | None = None) -> None:
    """Serve the application and feed its live view until cancelled. Raises ConfigError where it cannot listen."""
    console = app.state.console
    assert isinstance(console, Console)
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,  # addresses may name people; the journal tells what was done
            server_header=False,
            proxy_headers=settings.behind_tls,
            ws_per_message_deflate=False,  # one text goes to all clients as it is
            ws_max_size=4096,
            timeout_keep_alive=_IDLE_MAX_S,
            timeout_graceful_shutdown=_END_WITHIN_S,
        )
    )
    listening = listening or listen(settings)
    await asyncio.to_thread(forget_cut_off, console.uploads)
    ahead = Ahead(partial(read_ahead, console), console.now)
    console.floor.on_call_placed(lambda record: ahead.placed(record) if console.hub.tells_leads else None)
    reading = asyncio.create_task(ahead.run(), name="leads read ahead")
    feeding = asyncio.create_task(console.hub.run(partial(pushed, console, ahead)), name="live view")
    measuring = asyncio.create_task(console.operations.lag.run(), name="loop lag")
    settling = asyncio.create_task(settle(console), name="wrap-ups that ran out")
    serving = asyncio.create_task(server.serve([listening]), name="web server")
    try:
        await asyncio.wait((feeding, settling, serving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True  # its own way to end: a cancelled server would leave its connections open
        feeding.cancel()
        settling.cancel()
        measuring.cancel()
        reading.cancel()
        await asyncio.wait((feeding, settling, serving))
        listening.close()
    for part in (feeding, settling, serving):
        if not part.cancelled():
            part.result()
