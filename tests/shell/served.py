"""`dialer` as its users run it: commands and a served cell as child processes."""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dialer.web.client import Client
from simulation.demo.switches import free_ports
from tests.lab_fixtures import Floor

DIALER = str(Path(sys.executable).parent / "dialer")
PR_SET_PDEATHSIG = 1


def dialer(*arguments: str, given: str = "") -> str:
    """Run a command to its end; its standard output. Fails the test with what it said where it fails."""
    done = subprocess.run([DIALER, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"dialer {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


def write_config(folder: Path, floor: Floor) -> Path:
    """A configuration as a person would write it, for the floor's Asterisk."""
    user, secret = floor.user
    agi_host, agi_port = floor.agi
    [web_port] = free_ports(1)
    path = folder / "cadencia.toml"
    path.write_text(
        f"""
database = "sqlite:///day.db"

[asterisk]
host = "{floor.ami[0]}"
port = {floor.ami[1]}
username = "{user}"
secret = "{secret}"
recordings_dir = "{floor.recordings}"

[recordings]
keep_legs = true

[agi]
host = "{agi_host}"
port = {agi_port}

[web]
port = {web_port}

[[trunk]]
name = "carrier"
dial = "PJSIP/{{number}}@carrier"
lines_max = 20
calls_per_second = 10.0
"""
    )
    return path


class Served:
    """A running `dialer serve`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, config: Path) -> None:
        self.process = process
        self.url = url
        self.config = config

    def client(self) -> Client:
        """Signed as this machine's administrator."""
        return Client(self.url, (self.config.parent / "data" / "admin.token").read_text())

    async def until(self, holds: Callable[[dict[str, Any]], bool], within_s: float = 60.0) -> dict[str, Any]:
        """The first floor, of those shown live, for which it is so."""
        shown: dict[str, Any] = {}
        try:
            async with asyncio.timeout(within_s), self.client() as client:
                async for _, shown in client.live("floor"):
                    if holds(shown):
                        return shown
        except TimeoutError:
            raise AssertionError(f"not so within {within_s} s: {json.dumps(shown)[:3000]}") from None
        raise AssertionError("the server ended")

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    async def ended(self) -> int:
        """The exit code."""
        async with asyncio.timeout(60):
            return await self.process.wait()


@asynccontextmanager
async def serving(config: Path) -> AsyncIterator[Served]:
    """Serve the configuration; killed at the end where it still runs."""
    log = (config.parent / "serve.log").open("a")
    process = await asyncio.create_subprocess_exec(
        DIALER, "serve", "-c", str(config), stdout=asyncio.subprocess.PIPE, stderr=log, preexec_fn=_die_with_parent
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(90):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("serving "), (config.parent / "serve.log").read_text()
        yield Served(process, line.split()[1], config)
    finally:
        log.close()
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:  # a child of a killed server may hold its pipes for a while
            process._transport.close()  # type: ignore[attr-defined]  # no public way to let go


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
