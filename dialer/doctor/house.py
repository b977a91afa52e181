"""What the machine and the configuration are like: versions, clock, disk, doors, rules. Nothing is changed."""

import os
import platform
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialer.config import Config
from dialer.doctor.findings import Findings, failed, ok, warning
from dialer.errors import DialerError
from dialer.rules.packs import rulebook

_FREE_MIN = 5 << 30
_FREE_LOW = 20 << 30
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


def house_findings(config: Config, *, serving: bool) -> Findings:
    """Everything that can be told without database and Asterisk. `serving`: this configuration's server runs."""
    yield from _versions()
    yield from _clock()
    yield from _folders(config)
    yield from _doors(config, serving=serving)
    yield from _rules(config)


def _versions() -> Findings:
    python = platform.python_version()
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield failed("versions", f"Python {python}", "install Python 3.11, 3.12 or 3.13")
    else:
        yield ok("versions", f"Python {python}, SQLite {sqlite3.sqlite_version}")


def _clock() -> Findings:
    try:
        ZoneInfo("America/Mexico_City")
    except ZoneInfoNotFoundError:
        yield failed("clock", "the zones of the world are missing", "install the package tzdata")
    if time.time() < 1_700_000_000:
        yield failed("clock", "the clock stands before the year 2023", "set it: a wrong clock dials at unlawful hours")
    elif not _SYNCHRONISED.exists() and not _time_service():
        mend = "run chrony or systemd-timesyncd: calling hours hang on the clock"
        yield warning("clock", "no time service is seen on this machine", mend)
    else:
        yield ok("clock", time.strftime("%Y-%m-%d %H:%M:%S UTC, kept by a time service", time.gmtime()))


def _time_service() -> bool:
    names = {"chronyd", "ntpd", "systemd-timesyn", "openntpd"}
    for entry in Path("/proc").glob("[0-9]*/comm"):
        try:
            if entry.read_text().strip() in names:
                return True
        except OSError:
            continue
    return False


def _folders(config: Config) -> Findings:
    data = config.data_dir
    there = data if data.exists() else data.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield failed("disk", f"{data} cannot be written", f"chown it to the dialer's user: chown -R $USER {there}")
    recordings = Path(config.asterisk.recordings_dir)
    if not recordings.is_dir():
        yield warning("disk", f"{recordings} is not there yet", "Asterisk makes it at the first recording; or mkdir it")
    elif not os.access(recordings, os.R_OK | os.X_OK):
        yield failed("disk", f"{recordings} cannot be read", "let the dialer's user into the group of Asterisk's files")
    nearest = next(one for one in (recordings, *recordings.parents) if one.exists())
    free = shutil.disk_usage(nearest).free
    text = f"{free / (1 << 30):.1f} GiB are free for recordings"
    if free < _FREE_MIN:
        yield failed("disk", text, "free some, or move [asterisk] recordings_dir: 30 lines write some 10 GiB an hour")
    elif free < _FREE_LOW:
        yield warning("disk", text, "plan for more before the week is over")
    else:
        yield ok("disk", text)


def _doors(config: Config, *, serving: bool) -> Findings:
    if not config.web.loopback and not config.web.behind_tls:
        mend = "put a proxy with TLS in front, and set [web] behind_tls = true, host = 127.0.0.1"
        yield warning("console", f"the console listens on {config.web.host} without TLS", mend)
    for name, host, port in (("console", config.web.host, config.web.port), ("agi", config.agi.host, config.agi.port)):
        if port == 0:
            continue
        taken = _taken(host, port)
        if serving and not taken:
            yield failed(name, f"nothing listens on {host}:{port} though the server runs", "restart `dialer serve`")
        elif taken and not serving:
            mend = f"end what listens there (ss -ltnp 'sport = :{port}'), or choose another port"
            yield failed(name, f"{host}:{port} is taken by another program", mend)
        else:
            yield ok(name, f"{host}:{port} {'answers' if serving else 'is free'}")


def _taken(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def _rules(config: Config, now: Callable[[], float] = time.time) -> Findings:
    try:
        book = rulebook(built_in=config.built_in_rules, folder=config.rules_dir, now=now())
    except DialerError as error:
        yield failed("rules", str(error), "mend the pack; `dialer rules check FILE` says where")
        return
    unsure = [rule.name for rule in book.rules if rule.verify]
    if not book.rules:
        mend = "set built_in_rules = true, or name your own packs in rules_dir"
        yield warning("rules", "no calling rules: the campaigns' own hours and caps hold alone", mend)
    elif unsure:
        mend = f"let counsel read them: {', '.join(unsure[:5])}{', ...' if len(unsure) > 5 else ''}"
        yield warning("rules", f"{len(book.rules)} calling rules, {len(unsure)} of them not verified", mend)
    else:
        yield ok("rules", f"{len(book.rules)} calling rules")
