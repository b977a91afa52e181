"""What may become of a recording, as a table. Pure: who acts on it does so with compare-and-set, so two never act."""

from enum import StrEnum
from types import MappingProxyType

from dialer.store import RecordingState as State


class Step(StrEnum):
    """What somebody found or did."""

    WHOLE = "whole"  # the switch's files are there and finished
    MADE = "made"  # one file was made, checked and put in its place
    UPLOADED = "uploaded"  # the target has it, and gave it back as it is
    NEVER_CAME = "never_came"  # no file after all patience
    UNREADABLE = "unreadable"  # files, but no sound that can be read
    FOUND = "found"  # the switch's files of one that was missing or damaged are there again
    RESTORED = "restored"  # the file that was lost is there again, as it was
    LOST = "lost"  # its file is gone or not what it was
    RELOCKED = "relocked"  # its lock is another now: the target is to have it so too
    EXPIRED = "expired"  # retention deleted it
    FETCHED = "fetched"  # the local file is there again, from the target


TABLE = MappingProxyType(
    {
        (State.EXPECTED, Step.WHOLE): State.RAW,
        (State.EXPECTED, Step.NEVER_CAME): State.MISSING,
        (State.EXPECTED, Step.UNREADABLE): State.DAMAGED,
        (State.RAW, Step.MADE): State.INDEXED,
        (State.RAW, Step.UNREADABLE): State.DAMAGED,
        (State.RAW, Step.NEVER_CAME): State.MISSING,  # the files went before they were made into one
        (State.INDEXED, Step.UPLOADED): State.STORED,
        (State.INDEXED, Step.LOST): State.MISSING,
        (State.INDEXED, Step.EXPIRED): State.DELETED,
        (State.STORED, Step.LOST): State.MISSING,
        (State.STORED, Step.FETCHED): State.STORED,
        (State.STORED, Step.RELOCKED): State.INDEXED,
        (State.STORED, Step.EXPIRED): State.DELETED,
        (State.MISSING, Step.FOUND): State.RAW,
        (State.MISSING, Step.RESTORED): State.INDEXED,
        (State.MISSING, Step.EXPIRED): State.DELETED,
        (State.DAMAGED, Step.FOUND): State.RAW,
        (State.DAMAGED, Step.LOST): State.MISSING,
        (State.DAMAGED, Step.EXPIRED): State.DELETED,
    }
)


def after(state: State, step: Step) -> State | None:
    """The next state; None where the step means nothing in this one."""
    return TABLE.get((state, step))
