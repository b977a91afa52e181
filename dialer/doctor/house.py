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
from dialer.doctor.findings import Area, Code, Findings, found
from dialer.errors import DialerError
from dialer.rules.packs import rulebook

_FREE_MIN = 5 << 30
_FREE_LOW = 20 << 30
_NAMED_MAX = 5  # of a list of names
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
    tried = (3, 11) <= sys.version_info[:2] <= (3, 13)
    code = Code.PYTHON if tried else Code.PYTHON_UNTRIED
    yield found(Area.VERSIONS, code, python=python, sqlite=sqlite3.sqlite_version)


def _clock() -> Findings:
    try:
        ZoneInfo("America/Mexico_City")
    except ZoneInfoNotFoundError:
        yield found(Area.CLOCK, Code.ZONES_MISSING)
    if time.time() < 1_700_000_000:
        yield found(Area.CLOCK, Code.CLOCK_WRONG)
    elif not _SYNCHRONISED.exists() and not _time_service():
        yield found(Area.CLOCK, Code.CLOCK_ALONE)
    else:
        yield found(Area.CLOCK, Code.CLOCK, clock=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()))


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
        yield found(Area.DISK, Code.DATA_READ_ONLY, folder=str(data), nearest=str(there))
    recordings = Path(config.asterisk.recordings_dir)
    if not recordings.is_dir():
        yield found(Area.DISK, Code.RECORDINGS_NOT_YET, folder=str(recordings))
    elif not os.access(recordings, os.R_OK | os.X_OK):
        yield found(Area.DISK, Code.RECORDINGS_UNREADABLE, folder=str(recordings))
    nearest = next(one for one in (recordings, *recordings.parents) if one.exists())
    free = shutil.disk_usage(nearest).free
    yield found(Area.DISK, _room(free), gib=free / (1 << 30))


def _room(free: int) -> Code:
    if free < _FREE_MIN:
        return Code.ROOM_GONE
    return Code.ROOM_LOW if free < _FREE_LOW else Code.ROOM


def _doors(config: Config, *, serving: bool) -> Findings:
    if not config.web.loopback and not config.web.behind_tls:
        yield found(Area.CONSOLE, Code.BARE_CONSOLE, host=config.web.host)
    doors = ((Area.CONSOLE, config.web.host, config.web.port), (Area.AGI, config.agi.host, config.agi.port))
    for area, host, port in doors:
        if port == 0:
            continue
        taken = _taken(host, port)
        if serving:
            code = Code.DOOR_ANSWERS if taken else Code.DOOR_SILENT
        else:
            code = Code.DOOR_TAKEN if taken else Code.DOOR_FREE
        yield found(area, code, where=f"{host}:{port}", port=str(port))


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
        yield found(Area.RULES, Code.RULES_WRONG, error=str(error))
        return
    unsure = [rule.name for rule in book.rules if rule.verify]
    if not book.rules:
        yield found(Area.RULES, Code.RULES_NONE)
    elif unsure:
        names = ", ".join(unsure[:_NAMED_MAX]) + (", ..." if len(unsure) > _NAMED_MAX else "")
        yield found(Area.RULES, Code.RULES_UNVERIFIED, count=len(book.rules), unverified=len(unsure), names=names)
    else:
        yield found(Area.RULES, Code.RULES, count=len(book.rules))
