"""Child processes that never outlive the demo, however it ends. Knows nothing of what they do."""

# ruff: noqa: S603, S607 - starting our own programs, through setpriv found on the PATH, is what this module is for

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

LAST_LINES = 12
KILL_AFTER_S = 5.0


class ChildError(Exception):
    """A child ended badly or said nothing; the text has its last words and where the rest stands."""


class Child:
    """One process in a session of its own, so that Ctrl-C reaches the demo alone.

    Its standard error goes to a log file. The kernel kills it when the thread that made it ends: make one that is to
    last on the main thread.
    """

    def __init__(self, name: str, argv: Sequence[str], log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it is over."""
        if self.running:
            self._process.send_signal(number)

    def line(self, beginning: str, patience_s: float) -> str:
        """The rest of the first line on standard output that begins so. Raises ChildError where none comes in time."""
        assert self._process.stdout is not None
        ends, seen = time.monotonic() + patience_s, b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while selector.select(max(0.0, ends - time.monotonic())):
                data = os.read(self._process.stdout.fileno(), 4096)
                if not data:
                    raise ChildError(
                        f"{self.name} ended before it was ready, code {self._process.wait()}:\n{self.last_words()}"
                    )
                seen += data
                for line in seen.decode(errors="replace").splitlines(keepends=True):
                    if line.startswith(beginning) and line.endswith("\n"):
                        return line.removeprefix(beginning).strip()
        raise ChildError(f"{self.name} was not ready after {patience_s:g} s:\n{self.last_words()}")

    def tell(self, text: str) -> None:
        """Give it the text on standard input, which ends there."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as pipe:  # one that is gone is noticed by others
            pipe.write(text.encode())

    def result(self) -> str:
        """Wait for its end, and return what it wrote to standard output. Raises ChildError for another code than 0."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise ChildError(f"{self.name} failed, code {self._process.returncode}:\n{self.last_words()}")
        return output.decode()

    def end(self) -> None:
        """Make an end of it now: ask, then kill."""
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(KILL_AFTER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def last_words(self) -> str:
        """The end of its log, and where the rest stands."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([*lines[-LAST_LINES:], f"(all of it: {self._log})"])


def dialer(*arguments: str, log: Path) -> Child:
    """The command `dialer`, as this virtual environment has it."""
    return Child(f"dialer {arguments[0]}", [str(Path(sys.executable).with_name("dialer")), *arguments], log)
