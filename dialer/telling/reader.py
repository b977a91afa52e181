"""Reads the journal on from where it was, over all runs of all cells."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dialer.core.ids import CallId, CampaignId
from dialer.store import Store
from dialer.telling.happenings import Happening, happening_of

CHUNK = 2_000
_END = 1 << 63  # the database counts so far

Marks = dict[int, int]  # run -> the last entry read


async def end_of(store: Store) -> Marks:
    """Where the journal ends now: for a reader that wants what comes."""
    return await store.journal.ends()


async def read_on(store: Store, marks: Mapping[int, int], *, limit: int = CHUNK) -> tuple[list[Happening], Marks]:
    """What happened after the marks, as much as one look holds, and the marks after it."""
    now, found = dict(marks), list[Happening]()
    runs = await store.journal.runs()
    last = max(now, default=0)
    newest = {run.cell: run.id for run in runs}
    for run in runs:
        if run.id not in now and run.id < last:
            continue  # read to its end, and let go of
        rows = await store.journal.events(run.id, now.get(run.id, 0), limit=limit)
        if rows:
            now[run.id] = rows[-1].seq
            found += [one for row in rows if (one := happening_of(row)) is not None]
        if len(rows) < limit and newest[run.cell] != run.id and len(now) > 1 and run.id != max(now):
            now.pop(run.id, None)
    return found, now


def cursor_text(marks: Mapping[int, int]) -> str:
    """The marks as a text that a caller hands back."""
    return ".".join(f"{run}-{seq}" for run, seq in sorted(marks.items())) or "0-0"


def marks_of(text: str) -> Marks | None:
    """The marks of such a text; None for another."""
    marks: Marks = {}
    for part in text.split("."):
        run, _, seq = part.partition("-")
        if not (run.isascii() and run.isdigit() and seq.isascii() and seq.isdigit() and len(part) < 40):
            return None
        marks[int(run)] = int(seq)
    good = len(marks) <= 1_000 and all(run < _END and seq < _END for run, seq in marks.items())
    return marks if good else None


def marks_text(marks: Mapping[int, int]) -> str:
    """The marks as the store keeps them."""
    return json.dumps({str(run): seq for run, seq in marks.items()})


def kept_marks(text: str) -> Marks:
    return {int(run): int(seq) for run, seq in json.loads(text).items()}


async def with_owners(store: Store, found: Sequence[Happening]) -> list[Happening]:
    """The happenings with whose they are, where call or campaign tells."""
    if not found:
        return []
    clients = {one.id: one.client for one in await store.campaigns.list()}
    owned = []
    for one in found:
        campaign = one.campaign
        if not campaign and "call" in one.data and one.subject.startswith("call "):
            record = await store.calls.get(CallId(one.data["call"]))
            campaign = record.campaign if record is not None else 0
        client = one.client or (clients.get(CampaignId(campaign), 0) if campaign else 0)
        owned.append(replace(one, campaign=campaign, client=client))
    return owned
