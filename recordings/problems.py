"""What was wrong with a recording, as codes that the store keeps. Their words stand in the catalogues, by language."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from recordings.errors import (
    EmptyRecordingError,
    LockedRecordingError,
    RecordingError,
    RecordingNotFoundError,
    RecordingPathError,
    RecordingTooLongError,
    TamperedRecordingError,
    TruncatedRecordingError,
    WrongFormatError,
)
from recordings.legs import Leg


class Problem(StrEnum):
    """One thing that was wrong."""

    NO_FILE = "no_file"  # the switch left none
    NOT_THERE = "not_there"  # the files went before they were made into one, or may not be read
    AGENT_MISSING = "agent_missing"  # that leg; the other is there
    CUSTOMER_MISSING = "customer_missing"
    AGENT_CUT_OFF = "agent_cut_off"
    CUSTOMER_CUT_OFF = "customer_cut_off"
    EMPTY = "empty"
    CUT_OFF = "cut_off"
    WRONG_FORMAT = "wrong_format"
    WRONG_PLACE = "wrong_place"  # its path leads where recordings are not
    TOO_LONG = "too_long"
    LOCKED = "locked"
    TAMPERED = "tampered"
    UNREADABLE = "unreadable"
    NO_ROOM = "no_room"
    NOT_YET = "not_yet"  # it is tried again
    BRINGS_DOWN = "brings_down"  # the process that reads it
    NOT_MADE = "not_made"  # for a reason that nobody foresaw
    GONE = "gone"  # its file, from the tree
    GONE_BUT_LEGS = "gone_but_legs"  # its file; the switch's files are there


MISSING: Mapping[Leg, Problem] = MappingProxyType(
    {Leg.AGENT: Problem.AGENT_MISSING, Leg.CUSTOMER: Problem.CUSTOMER_MISSING}
)
CUT_OFF: Mapping[Leg, Problem] = MappingProxyType(
    {Leg.AGENT: Problem.AGENT_CUT_OFF, Leg.CUSTOMER: Problem.CUSTOMER_CUT_OFF}
)
_OF_ERRORS: tuple[tuple[type[RecordingError], Problem], ...] = (
    (RecordingNotFoundError, Problem.NOT_THERE),
    (EmptyRecordingError, Problem.EMPTY),
    (TruncatedRecordingError, Problem.CUT_OFF),
    (WrongFormatError, Problem.WRONG_FORMAT),
    (RecordingPathError, Problem.WRONG_PLACE),
    (RecordingTooLongError, Problem.TOO_LONG),
    (LockedRecordingError, Problem.LOCKED),
    (TamperedRecordingError, Problem.TAMPERED),
)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A problem with what a technician would ask for: file, place, reason, as the program said it."""

    code: Problem
    detail: str = ""


def lacking(error: RecordingError) -> Lacking:
    """What an error says was wrong."""
    code = next((code for kind, code in _OF_ERRORS if isinstance(error, kind)), Problem.UNREADABLE)
    return Lacking(code, str(error))


def packed(*problems: Lacking) -> str:
    """As the store keeps them; empty where there is none."""
    return json.dumps([[one.code, one.detail] for one in problems], ensure_ascii=False) if problems else ""


def unpacked(text: str) -> tuple[Lacking, ...]:
    """What the store kept."""
    return tuple(Lacking(Problem(code), detail) for code, detail in json.loads(text)) if text else ()
