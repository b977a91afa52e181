"""What was found, and how to mend it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"  # can be lived with
    FAILED = "failed"  # the dialer cannot work, or not lawfully


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` is empty where nothing need be done."""

    area: str
    state: State
    found: str
    mend: str = ""


Findings = Iterator[Finding]


def ok(area: str, found: str) -> Finding:
    return Finding(area, State.OK, found)


def warning(area: str, found: str, mend: str) -> Finding:
    return Finding(area, State.WARNING, found, mend)


def failed(area: str, found: str, mend: str) -> Finding:
    return Finding(area, State.FAILED, found, mend)
