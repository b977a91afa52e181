"""A private, unprivileged Asterisk: fetched once, started and stopped by folder, gone without a trace.

For tests, the demo and an administrator's trials. Must not touch an Asterisk of the host: an instance is found
by the pid file of its own folder alone, and ended only when that process really runs on that folder.
"""

# ruff: noqa: S603 - starting programs of the private tree is what this module is for

import dataclasses
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from asterisk_config.debian import DebianError, Report, Tree, install
from asterisk_config.settings import Directories, Settings

HOME_VARIABLE = "CADENCIA_LAB"
PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm")
SUITES = ("forky", "bullseye")
"""Debian suites that are tried: forky has Asterisk 22, bullseye has 16."""

BOOT_MAX_S = 30.0
STOP_MAX_S = 5.0
SOCKET_PATH_MAX = 107
_LOOK_EVERY_S = 0.02


class LabError(Exception):
    """The private Asterisk cannot be had, started or stopped; the message says why, with its last log lines."""


def default_home() -> Path:
    """Where the lab lives: the folder named by the environment, else `.lab` where the command is run."""
    return Path(os.environ.get(HOME_VARIABLE) or ".lab").absolute()


@dataclass(frozen=True, slots=True)
class Lab:
    """One suite's Asterisk below `home`, shared by any number of instances.

    Nothing is fetched before `install()`. Instances never write into the lab.
    """

    home: Path
    suite: str = "forky"

    @classmethod
    def of(cls, home: Path | None = None, suite: str = "forky") -> "Lab":
        """The lab in `home`, or in its customary place."""
        return cls((home or default_home()).absolute(), suite)

    def install(self, report: Report = lambda step: None) -> str:
        """Fetch Asterisk unless it is there, and return its version, for instance `22.10.1`. Raises LabError."""
        return _plain_version(self._tree(report).versions["asterisk"])

    def tree(self) -> Tree:
        """The unpacked packages, fetched first if need be."""
        return self._tree(lambda step: None)

    def directories(self, folder: Path) -> Directories:
        """Directories for an instance in `folder`: programs and sounds from the lab, the rest from `folder`."""
        tree = self.tree()
        shared, own = tree.root / "usr/share/asterisk", folder.absolute()
        modules = tree.root / "usr/lib" / tree.machine.triplet / "asterisk/modules"
        if not modules.is_dir():
            modules = tree.root / "usr/lib/asterisk/modules"
        return Directories(
            etc=own / "etc",
            modules=modules,
            data=shared,
            agi=shared / "agi-bin",
            programs=tree.root / "usr/sbin",
            state=own / "state",
            spool=own / "spool",
            run=own / "run",
            log=own / "log",
            cache=own / "cache",
        )

    def placed(self, settings: Settings, folder: Path) -> Settings:
        """The same host, with everything it keeps below `folder`."""
        own = folder.absolute()
        python = Path(sys.executable).resolve()
        return dataclasses.replace(
            settings,
            directories=self.directories(own),
            host=dataclasses.replace(settings.host, recordings=own / "recordings", python=python),
            sounds=dataclasses.replace(settings.sounds, folder=own / "sounds"),
        )

    def instance(self, etc: Path) -> "Instance":
        """The Asterisk whose configuration is in `etc`."""
        return Instance(etc, self)

    def _tree(self, report: Report) -> Tree:
        try:
            tree = install(PACKAGES, suite=self.suite, home=self.home / f"asterisk-{self.suite}", report=report)
        except DebianError as error:
            raise LabError(f"no private Asterisk: {error}") from error
        _link_voice(tree.root / "usr/share/asterisk/sounds")
        return tree


class Instance:
    """The Asterisk of one configuration folder; any process may start, ask and stop it. Blocking calls only."""

    def __init__(self, etc: Path, lab: Lab) -> None:
        """Look at no file yet: the configuration may still have to be written."""
        self.etc = etc.absolute()
        self.lab = lab
        self._process: subprocess.Popen[bytes] | None = None
        self._lines_before = 0

    @property
    def conf(self) -> Path:
        """The asterisk.conf that names all other folders."""
        return self.etc / "asterisk.conf"

    @property
    def pid(self) -> int | None:
        """The process, provided that it is alive and runs on this folder."""
        try:
            pid = int((self._folder("astrundir") / "asterisk.pid").read_text(encoding="ascii"))
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        return pid if os.fsencode(self.conf) in arguments else None

    def status(self) -> str:
        """One line for people: whether it runs."""
        return "not running" if (pid := self.pid) is None else f"running, pid {pid}"

    def start(self, *, die_with_parent: bool = False) -> int:
        """Start it unless it runs, wait until it is fully booted, and return its pid. Raises LabError.

        With `die_with_parent` the kernel kills it when the *thread* that called this ends: for tests, whose
        main thread lives to the end, so that nothing outlives a killed run.
        """
        if (running := self.pid) is not None:
            return running
        self._reap()
        self._prepare_folders()
        self._lines_before = len(self.log_lines())
        log = (self._folder("astlogdir") / "console").open("wb")
        with log:
            self._process = subprocess.Popen(
                [*_guards(die_with_parent=die_with_parent), *self._command("-f", "-n", "-C", str(self.conf))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            pid = self._process.pid
        self._wait_for_boot(self._process)
        return pid

    def stop(self) -> None:
        """Stop it at once, calls included; nothing happens when it does not run."""
        if (pid := self.pid) is not None:
            with suppress(subprocess.TimeoutExpired):  # Asterisk 16 may take half a minute to say that it goes
                self.cli("core stop now", check=False, patience_s=STOP_MAX_S)
                _wait_for_end(pid, STOP_MAX_S)
            if self.pid == pid:
                os.kill(pid, signal.SIGKILL)
                _wait_for_end(pid, STOP_MAX_S)
        self._reap()

    def cli(self, command: str, *, check: bool = True, patience_s: float | None = None) -> str:
        """What Asterisk's console answers to `command`. Raises LabError when it does not run or know the command, and
        subprocess.TimeoutExpired after `patience_s` seconds without an answer.
        """
        done = subprocess.run(
            self._command("-C", str(self.conf), "-rx", command),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=patience_s,
        )
        if check and done.returncode:
            raise LabError(f"the Asterisk of {self.etc} does not answer: {(done.stderr or done.stdout).strip()}")
        if check and done.stdout.startswith("No such command"):
            raise LabError(f"the Asterisk of {self.etc}: {done.stdout.strip()}")
        return done.stdout

    def log_lines(self, *levels: str, since: int = 0) -> list[str]:
        """Lines of the log, without the first `since`, that carry one of `levels` (ERROR, WARNING, NOTICE) if given."""
        path = self._folder("astlogdir") / "messages.log"
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
        return [line for line in lines[since:] if not levels or any(f" {level}[" in line for level in levels)]

    def _wait_for_boot(self, process: subprocess.Popen[bytes]) -> None:
        control = self._folder("astrundir") / "asterisk.ctl"
        for _ in _until(BOOT_MAX_S):
            if process.poll() is not None:
                raise LabError(f"Asterisk ended while starting, code {process.returncode}:\n{self._last_words()}")
            if control.is_socket() and "fully booted" in self.cli("core waitfullybooted", check=False):
                return
        process.kill()
        process.wait()
        raise LabError(f"Asterisk was not ready after {BOOT_MAX_S:g} s:\n{self._last_words()}")

    def _reap(self) -> None:
        """Take leave of our own child that has ended, or is about to: it would linger in the list of processes."""
        if self._process is not None:
            self._process.wait(STOP_MAX_S)
            self._process = None

    def _last_words(self) -> str:
        console = (self._folder("astlogdir") / "console").read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(self.log_lines("ERROR", since=self._lines_before)[-10:] or console[-10:])

    def _command(self, *arguments: str) -> list[str]:
        return self.lab.tree().command("usr/sbin/asterisk", *arguments)

    def _folder(self, name: str) -> Path:
        """One of the folders named in asterisk.conf."""
        try:
            text = self.conf.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise LabError(f"{self.conf} is missing: render a configuration into {self.etc} first") from None
        if (found := re.search(rf"^{name}\s*=>?\s*([^;\n]+)", text, re.MULTILINE)) is None:
            raise LabError(f"{self.conf} does not set {name}")
        return Path(found[1].strip())

    def _prepare_folders(self) -> None:
        run, state = self._folder("astrundir"), self._folder("astvarlibdir")
        if len(os.fsencode(run / "asterisk.ctl")) > SOCKET_PATH_MAX:
            raise LabError(f"{run} is too long for a socket's path: choose a shorter folder")
        spool, log = self._folder("astspooldir"), self._folder("astlogdir")
        for folder in (run, state / "keys", log, self._folder("astcachedir"), self._folder("astdbdir"), spool / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        for kind in ("monitor", "outgoing", "recording"):
            (spool / kind).mkdir(exist_ok=True)
        (run / "asterisk.ctl").unlink(missing_ok=True)
        (run / "asterisk.pid").unlink(missing_ok=True)


def _guards(*, die_with_parent: bool) -> list[str]:
    """The command's beginning that sets limits; exec keeps the pid, so the child is Asterisk itself."""
    files_max = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limits = ["prlimit", "--core=0", f"--nofile={files_max}:{files_max}", "--"]
    return ["setpriv", "--pdeathsig", "KILL", "--", *limits] if die_with_parent else limits


def _wait_for_end(pid: int, patience_s: float) -> None:
    """Wait until the process is gone, or waits only to be reaped: its ports are free then."""
    for _ in _until(patience_s):
        if _state(pid) in {"", "Z"}:
            return


def _state(pid: int) -> str:
    """The kernel's letter for what the process does; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(") ")[2][:1]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _until(patience_s: float) -> Iterator[None]:
    """Turns of a waiting loop, until the patience is over."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        yield
        time.sleep(_LOOK_EVERY_S)


def _plain_version(debian_version: str) -> str:
    return re.sub(r"^\d+:|[+~-].*$", "", debian_version)


def _link_voice(sounds: Path) -> None:
    """Do what the sounds packages leave to update-alternatives: make the English voice the default."""
    for name in ("en", "en_US"):
        link = sounds / name
        if (sounds / "en_US_f_Allison").is_dir() and not link.is_symlink():
            with suppress(FileExistsError):  # another process was quicker
                link.symlink_to("en_US_f_Allison")
