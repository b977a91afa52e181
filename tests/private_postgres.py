"""A PostgreSQL of the tests' own: on loopback, in a folder, gone with the test run.

The host's programs are used where it has them; else PostgreSQL is fetched from Debian's packages into the lab.

    with running(port=15432) as server:
        server.url                  # postgresql://dialer@127.0.0.1:15432/dialer
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from asterisk_config.debian import install
from asterisk_config.lab import default_home

USER = "dialer"
SUITE, PACKAGE = "bookworm", "postgresql-15"
BINARIES = "usr/lib/postgresql/15/bin"
OPEN_FOLDER = Path("/var/tmp/cadencia-lab")
"""Where root keeps the programs when its own folders are closed to the user who runs the server."""

START_MAX_S = 30.0


class Identity(TypedDict, total=False):
    """As whom a process runs: arguments of subprocess."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Programs:
    """The two programs that are needed."""

    initdb: Path
    postgres: Path


@dataclass(frozen=True, slots=True)
class Server:
    """A running PostgreSQL and how to reach it; no password is asked, and only loopback is listened on."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop it at once; clients are cut off."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=START_MAX_S)


@contextmanager
def running(port: int, **settings: str) -> Iterator[Server]:
    """A server with an empty database, in a folder that is removed afterwards. `settings` are its own, by name."""
    folder = Path(tempfile.mkdtemp(prefix="cadencia-postgres-"))
    try:
        server = start(folder, port, **settings)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def start(folder: Path, port: int, **settings: str) -> Server:
    """Make a cluster with the database `dialer` in `folder` and run it; it takes connections on return.

    Nothing is synchronised to disk unless `settings` say so. PostgreSQL refuses to run as root: then it runs as nobody,
    to whom the folder is given.
    """
    programs, identity = _programs(), _identity()
    folder.mkdir(parents=True, exist_ok=True)
    if identity:
        os.chown(folder, identity["user"], identity["group"])
    data = str(folder / "data")
    initdb = [str(programs.initdb), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    _run(initdb, folder, identity)
    # Single-user mode needs neither a client program nor a running server.
    _run([str(programs.postgres), "--single", "-D", data, "postgres"], folder, identity, f"CREATE DATABASE {USER}\n")
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off"}
    words = [word for name, value in (options | settings).items() for word in ("-c", f"{name}={value}")]
    command = ["setpriv", "--pdeathsig", "INT", "--", str(programs.postgres), "-D", data, *words]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **identity
        )
    _wait_until_ready(process, log)
    return Server(f"postgresql://{USER}@127.0.0.1:{port}/{USER}", process)


def _programs() -> Programs:
    """The host's programs, else those of the private tree."""
    if (initdb := shutil.which("initdb")) and (postgres := shutil.which("postgres")):
        return Programs(Path(initdb), Path(postgres))
    return private_programs()


def private_programs() -> Programs:
    """PostgreSQL from Debian's packages, fetched once. They start one another, hence by their paths alone."""
    home = default_home()
    if _identity() and not all(folder.stat().st_mode & 0o001 for folder in home.parents):
        home = OPEN_FOLDER
    tree = install([PACKAGE], suite=SUITE, home=home / f"postgres-{SUITE}")
    return Programs(tree.wrap(f"{BINARIES}/initdb"), tree.wrap(f"{BINARIES}/postgres"))


def _identity() -> Identity:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(command: list[str], folder: Path, identity: Identity, text: str = "") -> None:
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False, **identity)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()[-2000:]}")


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_MAX_S
    while b"ready to accept connections" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)
