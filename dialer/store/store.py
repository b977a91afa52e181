"""The store as the runtime sees it: one batch of commands and journal entries, one transaction, answers in order.

Everything else that may be asked of it stands in one attribute for each concern. Decides nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from dialer.core.ids import CampaignId
from dialer.core.messages import (
    AddDoNotCall,
    ClaimLeads,
    Event,
    Restored,
    Restrict,
    SaveDisposition,
    SaveReceipt,
    StoreCommand,
)
from dialer.core.model import Campaign, LedgerStep
from dialer.errors import StoreError
from dialer.store.account_events import AccountEvents
from dialer.store.agents import Agents
from dialer.store.audit_recordings import AuditRecordings
from dialer.store.batch import Moment, runs
from dialer.store.call_facts import CallFactsReader
from dialer.store.caller_ids import CallerIds
from dialer.store.calls import Calls
from dialer.store.campaigns import Campaigns, Clients
from dialer.store.carry_out import carry_out
from dialer.store.compliance import Compliance
from dialer.store.coverage import Coverage, coverage
from dialer.store.database import Database, RetryableError, Session
from dialer.store.decisions import Decisions
from dialer.store.detections import Detections
from dialer.store.direct import Direct, Work
from dialer.store.do_not_call import DoNotCall
from dialer.store.drafts import Drafts
from dialer.store.feed_log import FeedLog
from dialer.store.floor_log import FloorLog
from dialer.store.imports import Imports
from dialer.store.journal import Journal
from dialer.store.lead_changes import LeadChanges
from dialer.store.lead_kinds import LeadKinds
from dialer.store.lead_views import Leads
from dialer.store.loading import NewLead, Place
from dialer.store.locks import of_cell
from dialer.store.migrate import migrate
from dialer.store.people import People
from dialer.store.placement import placer
from dialer.store.promises import Promises
from dialer.store.quality import Quality
from dialer.store.quality_figures import QualityFigures
from dialer.store.quotas import Quotas
from dialer.store.recording_notes import RecordingNotes
from dialer.store.recording_search import RecordingSearch
from dialer.store.recordings import Recordings
from dialer.store.requests_done import RequestsDone
from dialer.store.restore import begin_run, ledger
from dialer.store.restrictions import Restrictions
from dialer.store.rows import JournalEntry
from dialer.store.schedules import Profiles, Schedules
from dialer.store.scores import Scores
from dialer.store.server import Server
from dialer.store.spells import Spells
from dialer.store.standing import Standing
from dialer.store.sweep import Sweep, leave_the_log
from dialer.store.transcripts import Transcripts
from dialer.store.trunk_report import TrunkReports
from dialer.store.users import Audit, Tokens, Users
from dialer.store.webhooks import Webhooks
from dialer.store.write_ups import WriteUps

_TRIES = 3  # of a batch that stood in another cell's way

_JOURNAL = "INSERT INTO journal (run, seq, at, kind, body) VALUES ($1, $2, $3, $4, $5)"

T = TypeVar("T")
Entries = list[tuple[object, ...]]  # of the journal: run, seq, at, kind, body


# What is added anew each time it is told: done twice, it would stand there twice.
_ADDED = (SaveReceipt, SaveDisposition, AddDoNotCall, Restrict)


async def _apply(
    commands: Sequence[StoreCommand], moment: Moment, entries: Sequence[tuple[object, ...]], session: Session
) -> list[Event]:
    answers = [answer for run in runs(commands) for answer in await carry_out(session, run, moment)]
    await session.many(_JOURNAL, entries)
    return answers


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A batch that failed, and may have come about all the same."""

    entries: Entries = field(default_factory=list)
    commands: bool = False  # whether it had any


async def _apply_again(
    doubt: _Doubt, commands: Sequence[StoreCommand], moment: Moment, entries: Entries, session: Session
) -> list[Event]:
    """The same batch once more: its first journal entry tells whether it came about."""
    run, seq, *_ = entries[0]
    if not await session.all("SELECT 1 FROM journal WHERE run = $1 AND seq = $2", run, seq):
        return await _apply(commands, moment, entries, session)
    if doubt.commands and not commands:
        raise StoreError("the batch had come about, its commands too: apply it as a whole")
    return await _apply([one for one in commands if not isinstance(one, _ADDED)], moment, [], session)


def _stands_alone(commands: Sequence[StoreCommand], entries: Sequence[object]) -> bool:
    """A claim alone needs no transaction: what a crash leaves claimed is given back when the cell begins anew."""
    return not entries and len(commands) == 1 and isinstance(commands[0], ClaimLeads)


def _file(database: Database) -> Path:
    assert database.file is not None
    return database.file


class Store:
    """One open database, for one cell. Made by `open`."""

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        server = database.server
        self._direct = Server(server) if server is not None else Direct(_file(database), leave_the_log)
        self._sweep = None if server is not None else Sweep(_file(database))
        self.cell = cell
        self._lock = of_cell(database, cell)
        self._run: int | None = None
        self._seq = 0
        self._doubt = _Doubt()
        self._quotas = Quotas()
        self._plain: dict[CampaignId, int] = {}
        self.clients, self.campaigns = Clients(database), Campaigns(database)
        self.agents = Agents(database)
        self.users = Users(database)
        self.tokens = Tokens(database)
        self.audit = Audit(database)
        self.audit_recordings = AuditRecordings(database)
        self.leads = Leads(database)
        self.lead_kinds, self.standing = LeadKinds(database), Standing(database)
        self.imports = Imports(database)
        self.calls = Calls(database)
        self.scores = Scores(database)
        self.decisions = Decisions(database)
        self.spells = Spells(database)
        self.recordings = Recordings(database)
        self.call_facts = CallFactsReader(database)
        self.recording_notes = RecordingNotes(database)
        self.recording_search = RecordingSearch(database)
        self.transcripts = Transcripts(database)
        self.quality = Quality(database)
        self.quality_figures = QualityFigures(database)
        self.do_not_call = DoNotCall(database, cell)
        self.people = People(database, cell)
        self.restrictions = Restrictions(database, cell)
        self.compliance = Compliance(database)
        self.account_events = AccountEvents(database, cell)
        self.feeds = FeedLog(database)
        self.drafts = Drafts(database, cell)
        self.promises, self.write_ups = Promises(database), WriteUps(database)
        self.floor_log = FloorLog(database, cell)
        self.journal = Journal(database)
        self.lead_changes = LeadChanges(database)
        self.schedules = Schedules(database)
        self.profiles = Profiles(database)
        self.webhooks = Webhooks(database)
        self.requests_done = RequestsDone(database)
        self.detections = Detections(database)
        self.caller_ids = CallerIds(database)
        self.trunk_reports = TrunkReports(database)

    @classmethod
    async def open(cls, url: str, *, cell: int = 0) -> Self:
        """Open the database, made or brought to the present schema where needed. Raises StoreError."""
        database = Database.of(url)
        try:
            await migrate(database)
        except BaseException:
            await database.close()
            raise
        return cls(database, cell)

    async def close(self) -> None:
        """Let go of the database, and of the cell where a run was begun."""
        await self._lock.release()
        if self._sweep is not None:
            await self._sweep.close()
        await self._direct.close()
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """Where the data is, without the password."""
        return self._database.url

    async def coverage(self, campaign: CampaignId, now: float) -> Coverage:
        """How good a campaign's data is."""
        return await coverage(self._database, campaign, now)

    async def placer(self, campaign: Campaign, now: float) -> Callable[[NewLead], Place] | None:
        """Where new leads of the campaign stand among the others; None where their time alone decides."""
        selection = campaign.selection
        model = await self.scores.get(campaign.id) if selection.scores else None
        return placer(selection, model, now)

    async def ping(self) -> None:
        """Raises StoreError when the database does not answer."""
        async with self._database.reading() as connection:
            await connection.exec_driver_sql("SELECT 1")

    # ---------------------------------------------------------------- the runtime's

    async def begin_run(self, now: float) -> tuple[Restored, int]:
        """Begin a run of this cell: what the former ones left, and the run's number.

        The cell is held until `close`. Raises StoreError, also where another engine runs as this cell.
        """
        await self._lock.hold()
        async with self._database.writing() as session:
            restored, run = await begin_run(session, cell=self.cell, now=now)
        self._run, self._seq, self._doubt = run, 0, _Doubt()
        return restored, run

    async def apply(self, commands: Sequence[StoreCommand], journal: Sequence[JournalEntry], now: float) -> list[Event]:
        """Carry the commands out and keep the journal, all or nothing; the answers in the order of their questions.

        Raises StoreError: nothing happened (or, where the link broke at the very end, all of it did). To apply the
        same batch again is safe: a reservation that a call holds already is answered as reserved, and what is added to
        logs is there once, as long as the batch has a journal.
        """
        if self._run is not None:
            await self._lock.hold()  # a server that came back has forgotten it
        moment, entries = Moment(self.cell, now, self._quotas, self._plain), self._numbered(journal)
        again = bool(entries) and entries == self._doubt.entries
        doing = partial(_apply_again, self._doubt) if again else _apply
        if not again:
            self._doubt = _Doubt(entries, bool(commands))  # until it is known to have come about
        for attempt in range(1, _TRIES + 1):
            try:
                work = partial(doing, commands, moment, entries)
                if isinstance(self._direct, Server) and _stands_alone(commands, entries):
                    with self._database.in_our_words():
                        return await self._direct.at_once(work)
                answers = await self._write(work)
            except RetryableError:
                if attempt == _TRIES:
                    raise
            else:
                self._doubt = _Doubt()
                return answers
        raise AssertionError("unreachable")

    async def _write(self, work: Work[T]) -> T:
        """Do the work in a transaction, on SQLite without going to and fro for each statement."""
        async with self._database.alone():
            answer = await self._direct.transact(work)
        if self._sweep is not None:
            self._sweep.wanted()
        return answer

    async def ledger(self, since: float, until: float, *, step_s: float = 3600.0) -> tuple[LedgerStep, ...]:
        """Answered and abandoned calls by campaign and step of time, for the ledger's windows."""
        async with self._database.reading() as connection:
            return await ledger(Session(connection), since, until, step_s)

    def _numbered(self, journal: Sequence[JournalEntry]) -> Entries:
        doubtful = self._doubt.entries
        if doubtful and [entry[2:] for entry in doubtful] == [_plain(one) for one in journal]:
            return doubtful
        if not journal:
            return []
        if self._run is None:
            raise StoreError("the journal has no run yet: call begin_run first")
        first = self._seq + 1
        self._seq += len(journal)  # never for another batch, even if this one fails at its very end
        return [(self._run, seq, *_plain(one)) for seq, one in enumerate(journal, first)]


def _plain(entry: JournalEntry) -> tuple[object, ...]:
    return entry.at, entry.kind, entry.body
