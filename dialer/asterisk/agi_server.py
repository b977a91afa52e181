"""A FastAGI server that a half-open, silent, slow or hostile peer cannot stall.

Everything has a limit: connections in all and from one address, the header's size and time, a command's time, a
script's time, and the threads that scripts run in. It knows no script: what runs is what it was given by name.
Nothing that a caller said or typed is logged.
"""

import asyncio
import contextvars
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Self

import structlog
from asterisk.agi import AGIAppError, AGIException

from dialer.asterisk.agi_session import AgiLine, AgiRequest, AgiSession, Script, read_request
from dialer.asterisk.names import ids_of

log = structlog.get_logger(__name__)

STOP_S = 5.0  # for scripts to notice that the server ends


@dataclass(frozen=True, slots=True, kw_only=True)
class AgiLimits:
    """What one server grants. An Asterisk is a single peer, so its share must carry all its calls."""

    connections_max: int = 400
    connections_per_peer_max: int = 200
    scripts_max: int = 32  # threads; further calls wait for one
    wait_s: float = 5.0  # for a thread
    header_bytes_max: int = 16_384
    header_lines_max: int = 100
    line_bytes_max: int = 4_096
    header_s: float = 5.0  # from the first byte that could come to the blank line
    command_s: float = 30.0  # the longest prompt and the caller's typing are in it
    script_s: float = 180.0


class HeaderError(Exception):
    """The peer did not send an AGI header. Close the connection."""


class AgiServer:
    """Serves scripts by name: `async with AgiServer(host, port, {"sign-in": sign_in}) as server:`."""

    def __init__(self, host: str, port: int, routes: Mapping[str, Script], *, limits: AgiLimits | None = None) -> None:
        self._host = host
        self._port = port
        self._routes = dict(routes)
        self._limits = limits or AgiLimits()
        self._peers: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._jobs: set[asyncio.Future[str]] = set()
        self._lines: set[AgiLine] = set()
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError where the port is taken."""
        limits = self._limits
        self._pool = ThreadPoolExecutor(limits.scripts_max, thread_name_prefix="agi")
        self._free = asyncio.Semaphore(limits.scripts_max)
        self._server = await asyncio.start_server(
            self._connected, self._host, self._port, limit=limits.line_bytes_max, backlog=1024
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening, hang up on every script, wait for them."""
        self._server.close()
        for writer in self._open.values():
            writer.transport.abort()
        for line in self._lines:
            line.end()
        ending: set[asyncio.Future[None] | asyncio.Future[str]] = {*self._open, *self._jobs}
        if ending:
            await asyncio.wait(ending, timeout=STOP_S)
        await self._server.wait_closed()
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def health(self) -> dict[str, int]:
        """Connections open now, and what became of those before."""
        return {"open": len(self._open), **self._counts}

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("peername")
        peer = str(address[0]) if address else "gone"
        limits = self._limits
        if len(self._open) >= limits.connections_max or self._peers[peer] >= limits.connections_per_peer_max:
            self._warn("refused", peer=peer)
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        self._peers[peer] += 1
        try:
            await self._serve(reader, writer, peer)
        finally:
            writer.close()
            del self._open[task]
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> None:
        try:
            headers = await self._read_header(reader)
        except HeaderError as error:
            self._warn("bad_header", peer=peer, reason=str(error))
            return
        request = read_request(headers, asyncio.get_running_loop())
        script = self._routes.get(request.script)
        if script is None:
            self._warn("unknown_script", peer=peer, script=request.script[:40])
            return
        try:
            async with asyncio.timeout(self._limits.wait_s):
                await self._free.acquire()
        except TimeoutError:
            self._warn("no_thread", script=request.script)
            return
        await self._run(script, request, AgiLine(reader, writer, command_s=self._limits.command_s))

    async def _read_header(self, reader: asyncio.StreamReader) -> dict[str, str]:
        headers: dict[str, str] = {}
        size = 0
        try:
            async with asyncio.timeout(self._limits.header_s):
                for _ in range(self._limits.header_lines_max):
                    line = await reader.readuntil(b"\n")
                    size += len(line)
                    if size > self._limits.header_bytes_max:
                        raise HeaderError("too long")
                    text = line.decode("utf-8", "replace").strip()
                    if not text:
                        return headers
                    key, _, value = text.partition(":")
                    headers[key.strip()] = value.strip()
        except TimeoutError as error:
            raise HeaderError(f"not whole within {self._limits.header_s:.0f} s") from error
        except asyncio.LimitOverrunError as error:
            raise HeaderError("a line too long") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise HeaderError("the peer went away") from error
        raise HeaderError("too many lines")

    async def _run(self, script: Script, request: AgiRequest, line: AgiLine) -> None:
        """Run the script in a thread until it ends, or until its time is over and it finds the call hung up."""
        began = time.monotonic()
        session = AgiSession(line, request.env)
        self._lines.add(line)
        structlog.contextvars.bind_contextvars(**ids_of(request.uniqueid))  # of this connection's task alone
        run = partial(contextvars.copy_context().run, run_script, script, session, request)
        job = asyncio.get_running_loop().run_in_executor(self._pool, run)
        self._jobs.add(job)
        job.add_done_callback(self._job_done)
        result = "too_long"
        try:
            async with asyncio.timeout(self._limits.script_s):
                result = await asyncio.shield(job)
        except TimeoutError:
            log.warning("agi script took too long", action="agi_too_long", script=request.script)
        finally:
            line.end()
            self._lines.discard(line)
            self._counts[result] += 1
        seconds = round(time.monotonic() - began, 3)
        log.info("agi script ended", action="agi_ended", script=request.script, result=result, seconds=seconds)

    def _warn(self, what: str, **told: str) -> None:
        """Count it, and log the first and then each hundredth: a flood must not fill the log."""
        self._counts[what] += 1
        if self._counts[what] % 100 == 1:
            log.warning(f"agi {what.replace('_', ' ')}", action=f"agi_{what}", times=self._counts[what], **told)

    def _job_done(self, job: asyncio.Future[str]) -> None:
        self._jobs.discard(job)
        self._free.release()


def run_script(script: Script, session: AgiSession, request: AgiRequest) -> str:
    """Run a script in the present thread. Answers with how it ended; a script's fault is its own."""
    try:
        script(session, request)
    except AGIAppError:  # AGIHangup is one; pyst2 says the same of an application's error and of a hang-up
        return "hung_up"
    except AGIException as error:
        log.warning("agi script failed", action="agi_failed", script=request.script, error=type(error).__name__)
        return "failed"
    except Exception as error:  # noqa: BLE001  an administrator's script may raise anything; others must not feel it
        *_, last = traceback.extract_tb(error.__traceback__)
        place = f"{last.filename}:{last.lineno}"  # and not the error's text: digits may be in it
        fault = type(error).__name__
        log.warning("agi script crashed", action="agi_crashed", script=request.script, error=fault, place=place)
        return "crashed"
    return "done"
