"""One AGI session as a script sees it: plain, blocking calls in a thread, over a connection that the event loop owns.

Scripts are written on pyst2's `asterisk.agi.AGI`; what is wrong with that class is put right here and nowhere else:
it installs a signal handler (which only the main thread may), writes all it says and hears to stderr (PINs too), takes
the end of the stream for a number, spins on it inside a usage text, and puts quotes and line breaks on the wire as is.
"""

import asyncio
import concurrent.futures
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

from asterisk.agi import AGI, AGIHangup, AGIUnknownError

T = TypeVar("T")

__all__ = ["AGI", "AgiLine", "AgiRequest", "AgiSession", "Script"]


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """What Asterisk said of the call, and the script's way back to the event loop."""

    script: str
    arguments: Mapping[str, str]
    env: Mapping[str, str] = field(repr=False)  # all agi_ headers, caller id among them
    loop: asyncio.AbstractEventLoop = field(repr=False)
    patience_s: float = 10.0

    @property
    def uniqueid(self) -> str:
        return self.env.get("agi_uniqueid", "")

    @property
    def channel(self) -> str:
        return self.env.get("agi_channel", "")

    def in_loop(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a plain function on the event loop, where the dialer lives, and wait for its result.

        Raises whatever it raises, and TimeoutError when the loop takes longer than `patience_s`.
        """

        async def call() -> T:
            return function(*arguments)

        return self.wait_for(call())

    def wait_for(self, result: Awaitable[T]) -> T:
        """Wait for what an async function gives, while it runs on the event loop. Raises as `in_loop` does."""

        async def wait() -> T:
            return await result

        future = asyncio.run_coroutine_threadsafe(wait(), self.loop)
        try:
            return future.result(self.patience_s)
        except TimeoutError:
            future.cancel()
            raise


Script = Callable[[AGI, AgiRequest], None]


def read_request(headers: Mapping[str, str], loop: asyncio.AbstractEventLoop) -> AgiRequest:
    """The request from its headers. The script's name is the path of agi://host/NAME?key=value."""
    address = urlsplit(headers.get("agi_request", ""))
    return AgiRequest(address.path.strip("/"), dict(parse_qsl(address.query)), headers, loop)


class AgiLine:
    """A connection's two files as pyst2 wants them, to be used in a script's thread.

    The end of the stream, Asterisk's HANGUP and a command that takes too long all raise AGIHangup.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, command_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._command_s = command_s
        self._loop = asyncio.get_running_loop()
        self._unsent = ""
        self._waiting: concurrent.futures.Future[str] | None = None
        self._ended = False

    def write(self, text: str) -> None:
        self._unsent += text

    def flush(self) -> None:
        """Nothing leaves before the answer is asked for: one hand-over for each command, not two."""

    def readline(self) -> str:
        """The next line without its end. Bytes that are no UTF-8 are replaced."""
        unsent, self._unsent = self._unsent, ""
        self._waiting = asyncio.run_coroutine_threadsafe(self._ask(unsent), self._loop)
        try:
            return self._waiting.result()
        except concurrent.futures.CancelledError as error:
            raise AGIHangup("the session was ended") from error

    def end(self) -> None:
        """Wake the script, on the event loop: every command from here on finds the call hung up."""
        self._ended = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def _ask(self, unsent: str) -> str:
        if self._ended:
            raise AGIHangup("the session was ended")
        try:
            async with asyncio.timeout(self._command_s):
                self._writer.write(unsent.encode())
                await self._writer.drain()
                line = await self._reader.readuntil(b"\n")
        except TimeoutError as error:
            raise AGIHangup(f"no answer to a command within {self._command_s:.0f} s") from error
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
            raise AGIHangup("the connection ended in mid-command") from error
        text = line.decode("utf-8", "replace").strip()
        if text == "HANGUP":
            raise AGIHangup("the caller hung up")
        return text


class AgiSession(AGI):  # type: ignore[misc]
    """pyst2's AGI over an `AgiLine`, made safe. Everything it offers to scripts works as its own text says."""

    def __init__(self, line: AgiLine, env: Mapping[str, str]) -> None:
        # The base's own __init__ is left out on purpose: see the module's text.
        self.stdin = line
        self.stdout = line
        self.stderr = _Nowhere()
        self.env = dict(env)
        self._got_sighup = False

    def send_command(self, command: str, *args: object) -> None:
        """Raises ValueError where a line break in an argument would make a second command."""
        words = [command, *map(str, args)]
        if any(character in word for word in words for character in "\r\n\0"):
            raise ValueError(f"{command}: a line break or NUL in an argument")
        super().send_command(*words)

    def get_result(self, stdin: object = None) -> dict[str, tuple[str, str]]:
        try:
            return cast("dict[str, tuple[str, str]]", super().get_result())
        except ValueError as error:
            raise AGIUnknownError("an answer without a code") from error

    def _quote(self, string: object) -> str:
        escaped = str(string).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'


class _Nowhere:
    """Takes what pyst2 would print."""

    def write(self, text: str) -> None:
        """Forget it: digits are among it."""
