"""What the store answers with beside the core's own values: plain rows for consoles, reports and the command line."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.model import Agent, CallRecord
from dialer.core.screen_pop import ScreenPop

T = TypeVar("T")

Cursor = tuple[float, int]  # time and id of the last row seen; taken from a Page, never made up


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A stretch of a long list. `next` asks for the stretch after it; None = there is none."""

    items: tuple[T, ...]
    next: Cursor | None


class LeadState(StrEnum):
    """Where a lead is. Only an open one is claimed, and only at its time."""

    OPEN = "open"
    CLAIMED = "claimed"  # held by a cell: at hand, being dialled, or in its wrap-up
    FINISHED = "finished"
    WITHDRAWN = "withdrawn"  # by an undone import or a supervisor; never dialled again


class PhoneState(StrEnum):
    VALID = "valid"
    INVALID = "invalid"  # no number of the plan; kept, never dialled
    WITHDRAWN = "withdrawn"  # by an undone import


class RecordingState(StrEnum):
    """Where a recording is; `recordings.states` has the table of what may follow what."""

    EXPECTED = "expected"  # the switch was asked to record
    RAW = "raw"  # the switch's files are whole; they are being made into one
    INDEXED = "indexed"  # one file, checked and measured, in the local tree
    STORED = "stored"  # and at the target
    MISSING = "missing"  # the switch left no file
    DAMAGED = "damaged"  # what it left cannot be read; kept where it is
    DELETED = "deleted"  # by retention: what stays is that it was there


class WrapUp(StrEnum):
    """How a call's wrap-up stands that ended before the agent saved what was typed."""

    SAVED = ""  # or nothing was typed
    OPEN = "open"  # something is lacking, or was refused: the agent has it to finish
    UNCONFIRMED = "unconfirmed"  # what was complete was taken as it stood: the agent has yet to say that it is right


class Role(StrEnum):
    """What a user may do; the web decides what that is."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`screen_pop` holds in those of its campaigns that have none of their own."""

    id: ClientId
    name: str
    screen_pop: ScreenPop = field(default_factory=ScreenPop)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLogin:
    """An agent with what lets them in. Hashes are argon2 texts; empty = that way in is shut.

    `elsewhere`: through the house's provider of accounts too, there known by `subject` from the first time on.
    """

    agent: Agent
    login: str
    code: str = ""  # dialled to sign in from a phone
    pin_hash: str = ""
    password_hash: str = ""
    active: bool = True
    elsewhere: bool = False
    subject: str = ""  # `issuer subject`; empty: has not come yet


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`campaigns` and `grants` are texts divided by spaces: what the user is limited to, and may beside the role."""

    id: int = 0
    login: str
    name: str
    role: Role
    password_hash: str
    client: ClientId | None = None
    active: bool = True
    campaigns: str = ""
    grants: str = ""
    totp_secret: str = ""
    totp_step: int = 0
    subject: str = ""  # at the provider, as `issuer subject`; empty: a local account


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A session or an API token, known by its digest alone."""

    digest: str
    kind: str
    role: str
    name: str
    created_at: float
    user: int | None = None
    agent: AgentId | None = None
    expires_at: float | None = None
    scopes: str = ""
    seen_at: float | None = None
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something a person did to the dialer. `detail` is a JSON object."""

    id: int = 0
    at: float
    by_whom: str
    action: str
    detail: str = "{}"
    lead: LeadId | None = None  # that it is about, where it tells of a person's own data
    who: str = ""  # as "user 5" or "agent 3": two may be called the same; empty: nobody who is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: PersonId
    name: str
    country: str
    national_id: str | None
    id_kind: str = ""  # RUT, CURP, RFC, CPF, DNI, ...
    zone: str = ""  # IANA name by the address; empty: by the numbers
    region: str = ""  # state or province as the list writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the person owes or has with one client. `balance` is a decimal number; `fields` the list's own columns."""

    id: int
    client: ClientId
    external_id: str
    balance: str | None
    currency: str
    days_past_due: int | None
    fields: tuple[tuple[str, str], ...]
    updated_at: float | None = None  # when its figures were last told


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    id: PhoneId
    number: str
    rank: int  # 0 is tried first
    country: str
    zones: tuple[str, ...]
    state: PhoneState
    do_not_call: tuple[str, ...] = ()  # the lists that forbid it
    type: str = ""  # mobile, fixed, ...; empty: unknown
    consent: str = ""  # given, refused; empty: never told
    consent_at: float | None = None
    quality: str = ""  # what its calls taught of it
    quality_at: float | None = None
    tried_at: float | None = None
    due_at: float | None = None  # not to be dialled before
    extension: str = ""  # behind the switchboard whose number it is


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionRow:
    call: CallId
    agent: AgentId
    at: float
    code: str
    notes: str
    unconfirmed: bool = False  # taken when the wrap-up ran out: the agent did not save it


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadView:
    """A lead with everything a desk shows of it."""

    id: LeadId
    campaign: CampaignId
    state: LeadState
    priority: int
    due_at: float | None
    attempts: int
    result: str
    segment: str
    person: Person
    account: Account | None
    phones: tuple[Phone, ...]
    calls: tuple[CallRecord, ...]  # newest first, at most 50, of the person in any campaign of the same client
    dispositions: tuple[DispositionRow, ...]  # of those calls, newest first
    part: int = 0  # of the campaign's mix; -1: its filter leaves the lead out
    expires_at: float | None = None
    agent: AgentId | None = None  # who promised to call back
    phone: PhoneId | None = None  # the number to try next; None: whose turn it is


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadLine:
    """A lead as one line of a list."""

    id: LeadId
    external_id: str
    national_id: str
    name: str
    state: LeadState
    priority: int
    due_at: float | None
    attempts: int
    result: str
    balance: str
    currency: str
    days_past_due: int | None
    numbers: tuple[str, ...]  # by rank


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCounts:
    """How a campaign's list stands."""

    total: int
    open: int
    due: int  # open, and its time has come
    claimed: int
    finished: int
    withdrawn: int
    results: tuple[tuple[str, int], ...]  # of the finished ones, most frequent first


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls are meant; None = any. Times are those of the reservation: since <= t < until."""

    since: float | None = None
    until: float | None = None
    campaign: CampaignId | None = None
    campaigns: frozenset[int] | None = None  # one of these
    client: ClientId | None = None
    agent: AgentId | None = None
    lead: LeadId | None = None
    person: PersonId | None = None
    number: str | None = None
    caller_id: str | None = None  # the number shown
    outcome: str | None = None
    disposition: str | None = None
    recorded: bool | None = None
    placed: bool | None = None
    ended: bool | None = None
    not_over_by: float | None = None  # not ended, or after this instant
    lead_every: int | None = None  # every so-manieth lead alone, with all its calls: a sample


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call with the names that go with its ids; empty where there is none."""

    record: CallRecord
    campaign: str
    agent: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Calls placed in one step of time that ended alike."""

    campaign: CampaignId
    step: int  # from 0
    outcome: str  # empty while in progress
    disposition: str
    calls: int
    recordings: int
    talk_s: float  # from bridge to end, of those that are over


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is known of a call's recording. From `position` on empty until it is indexed."""

    call: CallId
    campaign: CampaignId
    agent: AgentId | None
    base: str  # name of its raw files without ending
    at: float
    seconds: float | None = None
    state: RecordingState = RecordingState.EXPECTED
    position: int | None = None  # its place in every list, newest last
    client: ClientId | None = None
    lead: LeadId | None = None
    outcome: str = ""
    disposition: str = ""
    number: str = ""
    origin: str = ""  # the archive it was adopted from; empty: ours
    foreign_name: str | None = None
    foreign_words: str = ""
    file: str = ""
    bytes: int | None = None
    sha256: str = ""
    legs: bool = True
    local: bool = True
    tries: int = 0
    due_at: float | None = None
    problem: str = ""
    indexed_at: float | None = None
    stored_at: float | None = None
    flags: str = ""
    score: float | None = None
    muted: str = "[]"
    hold: str = ""
    deleted_at: float | None = None
    deleted_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTime:
    """One agent's time sheet: seconds by state within the span asked for."""

    agent: AgentId
    name: str
    seconds: tuple[tuple[str, float], ...]
    calls: int  # conversations


@dataclass(frozen=True, slots=True, kw_only=True)
class DoNotCallEntry:
    number: str  # or the digest of one, on a hashed list
    source: str  # the list, by name
    added_at: float
    expires_at: float | None = None
    call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoNotCallList:
    """A list. None and empty = no limit: it holds for everybody."""

    name: str
    campaign: CampaignId | None = None
    client: ClientId | None = None
    purposes: tuple[str, ...] = ()
    hashing: str = ""  # empty = plain numbers; else one of HASHINGS
    salt: str = ""
    loaded_at: float | None = None
    load: int = 0
    waived: str = ""  # why calls need not wait for it to be loaded; empty: they do
    numbers: int = 0
    prefixes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    id: int
    campaign: CampaignId
    file: str
    at: float
    row_count: int
    lead_count: int
    undone_at: float | None
    digest: str = ""  # of the file and how it is read
    finished_at: float | None = None  # None: it runs, or was cut off
    progress: str = "{}"  # JSON object: rows done, counts so far


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An event taken in or a command given out; `body` is its text by `dialer.store.codec`."""

    at: float
    kind: Literal["event", "command"]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    run: int
    seq: int
    at: float
    kind: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One life of the engine."""

    id: int
    cell: int
    begun_at: float
