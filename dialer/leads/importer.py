"""A list into the database: each row kept or rejected with its reason, counted as it stands, resumed where it was cut.

Decides of no call: what could be dialled now is asked of the rules.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from dialer.core.caller_ids import Shown
from dialer.core.lawful import NO_LAW
from dialer.core.model import Campaign
from dialer.core.packs.lawbook import Lawbook
from dialer.errors import ImportRefusedError
from dialer.leads.chunks import Cells, Chunk, Chunks, Reject, Source, few_collections, stock_of
from dialer.leads.dialable import Dialable
from dialer.leads.numbers import COUNTRIES
from dialer.leads.rejected import Rejected
from dialer.store import Store
from dialer.store.known_rows import Owner, is_another, owner_of
from dialer.store.loading import DUPLICATE, OTHER_PERSON, Known, Load, NewLead
from dialer.store.rows import ImportRow

_REFUSED = {
    DUPLICATE: DUPLICATE,
    OTHER_PERSON: f"{OTHER_PERSON}: another national id is kept for it; if that one was wrong, undo its list first; "
    "a co-debtor needs an external id of their own",
}

Progress = Callable[[int, int], None]  # how much of the file is read, and its size


@dataclass(frozen=True, slots=True)
class Options:
    """How a list is taken in. `refuse_duplicates`: reject a lead that is there already, rather than merge its news."""

    mapping: Mapping[str, Sequence[str]] | None = None
    encoding: str = ""
    delimiter: str = ""
    refuse_duplicates: bool = False
    dry_run: bool = False  # count all, write nothing
    law: Lawbook = NO_LAW
    shown: Shown | None = None  # the numbers that the engine shows


@dataclass(slots=True)
class ImportReport:
    """What became of a list. Counts of rows by reason in `rejected`, of accepted rows in `not_dialable`."""

    import_id: int = 0  # 0: a dry run
    form: str = ""  # how the file was taken: encoding and delimiter, or which sheet of a workbook
    unread: tuple[str, ...] = ()  # its other sheets
    rows: int = 0  # of data, the header and empty lines left out
    leads: int = 0  # new ones; rows of known accounts change their figures and add numbers
    phones: int = 0
    invalid_phones: int = 0
    joined_people: int = 0  # who turned out to be one with somebody else, by the national id that the list tells
    extensions: int = 0  # numbers of switchboards: the extension is kept beside them, and not dialled
    padded_ids: int = 0  # national ids whose first zeros a spreadsheet took off: put back
    invalid_ids: int = 0  # national ids that their check digits call wrong: kept as a column, nobody's key
    rejected: Counter[str] = field(default_factory=Counter)
    dialable_now: int = 0
    not_dialable: Counter[str] = field(default_factory=Counter)
    resumed_after: int = 0  # rows that were done before it was cut off
    dry_run: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """The same as plain values, for JSON."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**plain, "rejected": dict(self.rejected), "not_dialable": dict(self.not_dialable)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        known = {one.name for one in fields(cls)}
        made = cls(**{name: value for name, value in plain.items() if name in known})
        made.rejected, made.not_dialable = Counter(made.rejected), Counter(made.not_dialable)
        return made


async def import_file(
    store: Store,
    path: Path,
    campaign: Campaign,
    *,
    country: str,
    now: float,
    options: Options | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a list into a campaign; `country` (ISO 3166 alpha-2) is that of numbers without + and of national ids.

    Rejected rows go to FILE.rejected.csv. The same file again brings nothing new; one that was cut off goes on where it
    was; of two at once the second is refused. Raises ImportRefusedError and TakenError (nothing was written), and
    StoreError (what came before stands; import again).
    """
    if country not in COUNTRIES:
        raise ImportRefusedError(f"country {country!r}: must be a code of two letters, such as MX, CL, CO or PE")
    options = options or Options()
    source = Source(path, country, options.mapping, options.encoding, options.delimiter)
    with few_collections():
        return await _Import(store, source, campaign, options, now).run(progress)


class _Import:
    """One import at work."""

    def __init__(self, store: Store, source: Source, campaign: Campaign, options: Options, now: float) -> None:
        self._store, self._source, self._campaign = store, source, campaign
        self._options, self._now = options, now
        self._dialable = Dialable(store, campaign, options.law, now, options.shown)
        self._report = ImportReport(dry_run=options.dry_run)
        self._seen: dict[str, Owner] = {}  # of a dry run: the file's own ids, and whose accounts they are

    async def run(self, progress: Progress | None) -> ImportReport:
        digest = await asyncio.to_thread(_digest, self._source, self._options)
        if self._options.dry_run:
            return await self._bring_in(digest, None, progress)
        imports, campaign = self._store.imports, self._campaign.id
        async with imports.alone(campaign, digest):
            return await self._bring_in(digest, await imports.cut_off(campaign, digest), progress)

    async def _bring_in(self, digest: str, before: ImportRow | None, progress: Progress | None) -> ImportReport:
        source = replace(self._source, skip=_state_of(before).get("rows", 0))
        chunks = await asyncio.to_thread(Chunks, source)
        try:
            self._report.form, self._report.unread = chunks.head.form, chunks.head.unread
            async with aclosing(_each(chunks, progress)) as each:
                if self._options.dry_run:
                    await self._count(each)
                else:
                    await self._load(each, chunks.head.header, digest, before)
        finally:
            await asyncio.to_thread(chunks.close)
        return self._report

    async def _count(self, chunks: AsyncIterator[Chunk]) -> None:
        async for chunk in chunks:
            known = await self._store.imports.known(self._campaign, chunk.leads)
            there = {external for external, one in known.items() if one.state}
            seen = there | self._seen.keys()
            told = ((n, self._would_refuse(lead, known.get(lead.external_id))) for n, lead in enumerate(chunk.leads))
            refused = {n: why for n, why in told if why}
            self._report.rejected.update([*(one.kind for one in chunk.rejects), *refused.values()])
            taken = {lead.external_id for n, lead in enumerate(chunk.leads) if n not in refused}
            self._report.leads += len(taken - seen)
            await self._take_stock(chunk, refused, known)

    def _would_refuse(self, lead: NewLead, known: Known | None) -> str:
        """Why the tables would refuse the row; empty where they would not."""
        there = known is not None and bool(known.state)
        seen = self._seen.get(lead.external_id)
        owner = seen if seen is not None else known.owner if known is not None else None
        if owner is not None and is_another(owner, lead):
            return OTHER_PERSON
        if self._options.refuse_duplicates and (there or seen is not None):
            return DUPLICATE
        self._seen[lead.external_id] = owner if owner is not None and owner[2] else owner_of(lead)
        return ""

    async def _load(
        self, chunks: AsyncIterator[Chunk], header: Sequence[str], digest: str, before: ImportRow | None
    ) -> None:
        imports, state = self._store.imports, _state_of(before)
        if before is not None:
            fresh, self._report = self._report, ImportReport.of(state.get("report", {}))
            self._report.resumed_after = state.get("rows", 0)
            self._report.form, self._report.unread = fresh.form, fresh.unread
            number = before.id
        else:
            number = await imports.begin(self._campaign.id, self._source.path.name, self._now, digest=digest)
        self._report.import_id = number
        load = Load(
            number,
            self._campaign,
            self._now,
            self._options.refuse_duplicates,
            await self._store.placer(self._campaign, self._now),
        )
        aside = Rejected(
            self._source.path, header, keep=state.get("rejected_bytes", 0), former=state.get("rejected_file", "")
        )
        with aside as rejected, closing(Cells(self._source)) as cells:
            async with imports.loader(load) as loader:
                if before is not None:
                    loader.resume(before)
                async for chunk in chunks:
                    kept = await loader.add(chunk.leads)
                    self._report.leads += kept.leads
                    rejects = chunk.rejects
                    if kept.refused:
                        told = await asyncio.to_thread(_refusals, cells, chunk, self._report.rows, kept.refused)
                        rejects = sorted([*rejects, *told])
                    for one in rejects:
                        self._report.rejected[one.kind] += 1
                        rejected.add(one.line, one.reason, one.cells)
                    await self._take_stock(chunk, kept.refused, kept.known)
                    await loader.step(self._state(chunk, rejected))
                await loader.finish(self._now)
        self._report.joined_people, _ = await self._store.people.join_told(self._now)

    def _state(self, chunk: Chunk, rejected: Rejected) -> dict[str, object]:
        """What an import that is cut off after this chunk needs, to go on."""
        return {
            "rows": chunk.rows,
            "rejected_bytes": rejected.flushed(),
            "rejected_file": str(rejected.path.absolute()),
            "report": self._report.as_dict(),
        }

    async def _take_stock(self, chunk: Chunk, refused: Collection[int], known: Mapping[str, Known]) -> None:
        """Count what became of the chunk's rows; `refused`: the leads, by their places, that were none."""
        report = self._report
        report.rows = chunk.rows
        leads = [lead for n, lead in enumerate(chunk.leads) if n not in refused] if refused else chunk.leads
        for name, count in (stock_of(leads) if refused else chunk.stock)._asdict().items():
            setattr(report, name, getattr(report, name) + count)
        counts = await self._dialable.count(leads, known)
        report.dialable_now += counts.pop("", 0)
        report.not_dialable.update(counts)


def _refusals(cells: Cells, chunk: Chunk, before: int, refused: Mapping[int, str]) -> list[Reject]:
    """The rows that the tables refused, as rejects."""
    found = zip(refused.values(), cells.of(chunk, before, refused), strict=True)
    return [Reject(line, _REFUSED[why], why, row) for why, (line, row) in found]


def _state_of(before: ImportRow | None) -> dict[str, Any]:
    """What an import that was cut off had come to."""
    state: dict[str, Any] = json.loads(before.progress) if before is not None else {}
    return state


async def _each(chunks: Chunks, progress: Progress | None) -> AsyncGenerator[Chunk, None]:
    """The chunks, each read while the one before is written."""
    coming = asyncio.ensure_future(asyncio.to_thread(chunks.next))
    try:
        while (chunk := await coming) is not None:
            coming = asyncio.ensure_future(asyncio.to_thread(chunks.next))
            yield chunk
            if progress is not None:
                progress(chunk.position, chunks.head.size)
    finally:
        await asyncio.wait([coming])  # what was read ahead is not needed: a failure of it neither
        coming.exception()


def _digest(source: Source, options: Options) -> str:
    """The file's content and how it is read: what must be the same for an import to go on."""
    how = (source.path.name, source.country, options.mapping, options.encoding, options.delimiter)
    try:
        with source.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise ImportRefusedError(f"{source.path}: cannot be read: {error.strerror}") from error
    digest.update(json.dumps([*how, options.refuse_duplicates]).encode())
    return digest.hexdigest()
