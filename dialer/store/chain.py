"""The hash chain of the compliance log: how an entry and whom it is about become digests. Pure, and all of it.

An entry's hash covers the one before and everything in its row. Whom it is about stands in the row as a digest alone,
over a salt that is kept beside the person's data and goes with it: what was erased cannot be found again by trying.
"""

import hashlib
import json
from dataclasses import dataclass

ROOT = "0" * 64  # the hash before the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the log but for its hash."""

    cell: int
    seq: int
    at: float
    kind: str
    campaign: int | None = None
    call: int | None = None
    rule: str = ""
    body: str = ""
    subject: str = ""


def digest_of(entry: Entry, before: str) -> str:
    """The hash of an entry that follows the one with the hash `before`."""
    told = [
        before, entry.cell, entry.seq, repr(float(entry.at)), entry.kind, entry.campaign, entry.call, entry.rule,
        entry.body, entry.subject,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def subject_of(salt: str, person: int, lead: int, number: str) -> str:
    """The digest that stands for a person in the log."""
    return hashlib.sha256(f"{salt}:{person}:{lead}:{number}".encode()).hexdigest()
