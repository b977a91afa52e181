"""A list into the database: read in chunks, each row kept or rejected with its reason, counted as it stands.

Decides of no call: what could be dialled now is asked of the rules.
"""

import asyncio
import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from dialer.core.ids import LeadId, PersonId, PhoneId
from dialer.core.model import Campaign, DialFacts, Lead
from dialer.core.rules import Forbidden, may_dial
from dialer.errors import ImportRefusedError
from dialer.leads.columns import columns_of
from dialer.leads.lists import RowsOf
from dialer.leads.numbers import COUNTRIES
from dialer.leads.reading import Reader, RowError
from dialer.store import Store
from dialer.store.imports import CHUNK, NewLead, NewPhone

INVALID_NUMBER = "invalid_number"

Progress = Callable[[int, int], None]  # bytes read, bytes in all


@dataclass(slots=True)
class ImportReport:
    """What became of a list. Counts of rows by reason in `rejected`, of accepted rows in `not_dialable`."""

    import_id: int
    rows: int = 0  # of data, the header and empty lines left out
    leads: int = 0  # new ones; rows of known accounts change their figures and add numbers
    phones: int = 0
    invalid_phones: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dialable_now: int = 0
    not_dialable: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """The same as plain values, for JSON."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**plain, "rejected": dict(self.rejected), "not_dialable": dict(self.not_dialable)}


async def import_file(
    store: Store, path: Path, campaign: Campaign, *, country: str, now: float, progress: Progress | None = None
) -> ImportReport:
    """Import a CSV file into a campaign; `country` (ISO 3166 alpha-2) is that of numbers without +.

    Rejected rows go to FILE.rejected.csv. The same file again brings nothing new. Raises ImportRefusedError (nothing
    was written) and StoreError (the chunks before stand; import again).
    """
    if country not in COUNTRIES:
        raise ImportRefusedError(f"country {country!r}: must be a code of two letters, such as MX, CL, CO or PE")
    rows = RowsOf(path)
    try:
        columns = columns_of(rows.header)
        if not columns.phones:
            raise ImportRefusedError(f"{path}:1: no column is a telephone number among: {', '.join(rows.header)}")
        report = ImportReport(await store.imports.begin(campaign.id, path.name, now))
        with Rejected(rejected_file(path), rows.header, rows.delimiter) as rejected:
            chunks = _Chunks(rows, Reader(columns, country), rejected, report)
            while leads := await asyncio.to_thread(chunks.next):
                report.leads += await store.imports.add(report.import_id, campaign, leads, now)
                _count(report, leads, await _not_dialable(store, leads, campaign, now))
                if progress is not None:
                    progress(rows.position, rows.size)
    finally:
        rows.close()
    return report


def rejected_file(path: Path) -> Path:
    """Where the rejected rows of a file go."""
    return path.with_name(f"{path.name}.rejected.csv")


class Rejected:
    """The file of rejected rows, made when the first comes: its line, the reason, and the row as it was."""

    def __init__(self, path: Path, header: Sequence[str], delimiter: str) -> None:
        self.path = path
        self._header = header
        self._delimiter = delimiter
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)  # of an earlier import
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, line: int, reason: str, cells: Sequence[str]) -> None:
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file, delimiter=self._delimiter)
            self._writer.writerow(["line", "reason", *self._header])
        self._writer.writerow([line, reason, *cells])


class _Chunks:
    """Takes as many rows as make a chunk of leads, with what is wrong put aside."""

    def __init__(self, rows: RowsOf, reader: Reader, rejected: Rejected, report: ImportReport) -> None:
        self._leads = self._read(rows, reader, rejected, report)

    def next(self) -> list[NewLead]:
        return list(islice(self._leads, CHUNK))

    def _read(self, rows: RowsOf, reader: Reader, rejected: Rejected, report: ImportReport) -> Iterator[NewLead]:
        for line, cells, wrong in rows:
            report.rows += 1
            try:
                lead = reader.lead(cells, wrong)
            except RowError as error:
                report.rejected[error.kind] += 1
                rejected.add(line, str(error), cells)
            else:
                yield lead


def _count(report: ImportReport, leads: Sequence[NewLead], reasons: Sequence[str]) -> None:
    for lead in leads:
        report.phones += len(lead.phones)
        report.invalid_phones += sum(not phone.valid for phone in lead.phones)
    report.not_dialable.update(reason for reason in reasons if reason)
    report.dialable_now += sum(not reason for reason in reasons)


async def _not_dialable(store: Store, leads: Sequence[NewLead], campaign: Campaign, now: float) -> list[str]:
    """Why each lead cannot be dialled now; empty where it can. Of its usable numbers the first is looked at."""
    forbidden = await store.do_not_call.among([phone.number for lead in leads for phone in lead.phones])
    closed: dict[tuple[str, ...], str] = {}
    reasons = []
    for lead in leads:
        valid = [phone for phone in lead.phones if phone.valid]
        usable = [phone for phone in valid if phone.number not in forbidden]
        if not usable:
            reasons.append("do_not_call" if valid else INVALID_NUMBER)
            continue
        zones = usable[0].zones
        if zones not in closed:
            closed[zones] = _closed(usable[0], campaign, now)
        reasons.append(closed[zones])
    return reasons


def _closed(phone: NewPhone, campaign: Campaign, now: float) -> str:
    verdict = may_dial(DialFacts(lead=_unsaved(phone, campaign)), campaign.rules, now)
    return verdict.rule if isinstance(verdict, Forbidden) else ""


def _unsaved(phone: NewPhone, campaign: Campaign) -> Lead:
    return Lead(
        id=LeadId(0),
        campaign=campaign.id,
        person=PersonId(0),
        phone=PhoneId(0),
        number=phone.number,
        country=phone.country,
        zones=phone.zones,
    )
