"""What a calling rule may say. Plain values: nothing is decided here, nothing is read from files.

Days are ordinals of the proleptic Gregorian calendar (`date.toordinal`), times of day are minutes of the callee's own
local day.
"""

from dataclasses import dataclass
from enum import StrEnum

MEMORY_DAYS = 62  # how far back dials are known: no window may be longer
EVERYWHERE = "*"  # a rule's country that means any


class Purpose(StrEnum):
    """What a campaign calls for. Decides, with the person's residence, which rules hold."""

    COLLECTIONS = "collections"
    TELEMARKETING = "telemarketing"
    SURVEY = "survey"
    SERVICE = "service"


class Status(StrEnum):
    """Where a rule comes from."""

    STATUTE = "statute"
    REGULATOR_POLICY = "regulator_policy"
    INDUSTRY_CODE = "industry_code"
    HOUSE = "house"


class Confidence(StrEnum):
    A = "A"  # the primary text was read
    B = "B"  # a reputable secondary source
    C = "C"  # from memory


class Reached(StrEnum):
    """How far a dial got."""

    NOBODY = "nobody"
    MACHINE = "machine"
    ABANDONED = "abandoned"  # a person answered and met no agent
    ANSWERED = "answered"  # a person answered and hung up first
    SPOKEN = "spoken"
    REFUSED = "refused"  # spoken, and told not to be asked again


class Unit(StrEnum):
    """Which dials a cap counts."""

    DIAL = "dial"
    ANSWERED_LIVE = "answered_live"
    CONVERSATION = "conversation"
    ANY_CONTACT = "any_contact"  # a person or their machine


class Scope(StrEnum):
    """Which earlier dials belong together with this one. All named ones must be the same."""

    PERSON = "person"
    ACCOUNT = "account"
    NUMBER = "number"
    CLIENT = "client"
    CHANNEL = "channel"  # always the same: only calls are made here


class Kind(StrEnum):
    """How a span of time is laid. Calendar kinds go by the callee's local days."""

    ROLLING = "rolling"
    CALENDAR = "calendar"  # today and the whole days before it, `days` in all
    WEEK_ISO = "week_iso"  # Monday to Sunday
    MONTH = "month"


class After(StrEnum):
    CONVERSATION = "conversation"
    REFUSAL = "refusal"
    ABANDONED = "abandoned"
    MACHINE = "machine"


class Kept(StrEnum):
    """What is kept of a person, an account or a number that decides whether it may be called."""

    DECEASED = "deceased"
    CEASE_REQUEST = "cease_request"  # asked in writing or by word that all calls end
    LAWSUIT = "lawsuit"
    INSOLVENCY = "insolvency"
    DISPUTE = "dispute"
    PAYMENT = "payment"  # told, and given time to be booked
    PAID = "paid"
    REPRESENTED = "represented"  # by a lawyer, whom alone one may talk with
    MINOR = "minor"
    VULNERABLE = "vulnerable"
    THIRD_PARTY = "third_party"  # the number is somebody else's: a relative's, a reference's
    WRONG_PERSON = "wrong_person"  # the number has nothing to do with the person
    CONSENT = "consent"
    NO_CONSENT = "no_consent"  # taken back, or refused
    CHANNELS = "channels"  # the value: those that the person chose
    INCONVENIENT = "inconvenient"  # the value: hours in which the person does not want to be called


STOPS = frozenset(Kept) - {Kept.CONSENT, Kept.NO_CONSENT, Kept.CHANNELS, Kept.INCONVENIENT, Kept.THIRD_PARTY}
VOICE = "voice"  # the channel that calls are made by


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that ends all calls to a person, about an account or to a number."""

    kind: Kept
    until: float | None = None  # None = for good


@dataclass(frozen=True, slots=True)
class Dial:
    """An earlier call that left the machine, and in what it is the same as the call now asked about."""

    at: float
    over_at: float  # its end; where none is known, the last thing known of it
    reached: Reached = Reached.NOBODY
    person: bool = True
    account: bool = True
    number: bool = True
    client: bool = True
    lead: bool = True
    rang: bool | None = True  # a phone is there, as far as that call told; False: nobody; None: it told nothing
    caller_id: str = ""  # that was shown
    message: bool = False  # a message of ours was left on a machine


@dataclass(frozen=True, slots=True)
class Hours:
    days: tuple[int, ...]  # 0 = Monday
    opens_min: int
    closes_min: int  # exclusive; 1440 = midnight


@dataclass(frozen=True, slots=True)
class Span:
    kind: Kind
    days: float = 0.0  # of rolling (may be a part of a day) and calendar spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `count` dials of a unit in a span."""

    name: str
    count: int
    span: Span
    unit: Unit
    scope: tuple[Scope, ...]
    counts_abandoned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldown:
    """No dial for a span after something happened."""

    name: str
    after: After
    span: Span
    scope: tuple[Scope, ...]
    unless_guaranteed: bool = False  # does not hold where an agent stands ready before the number is dialled


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """What the number shown must be. Prefixes are held against it as the campaign writes it."""

    visible: bool = False
    prefixes: tuple[str, ...] = ()  # one of these; empty = any
    barred: tuple[str, ...] = ()  # none of these
    authenticated: str = ""  # the scheme that the carrier must sign by, as stir_shaken


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandonment:
    """The cap on abandoned calls: a ceiling for pacing; no single call is forbidden by it."""

    cap: float  # share of calls that a person answered
    window_days: float
    within_s: float
    clock: str  # answer or greeting_end
    counts_false_machines: bool = True  # a person taken for a machine and dropped is abandoned, too
    message_within_s: float = 2.0
    message_says: tuple[str, ...] = ()  # what the message must tell: name, phone, opt_out


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDemand:
    """The person must have agreed to be called, not longer ago than `days` (0 = at any time)."""

    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortCalls:
    """From how many calls a day that last so short a time a caller is taken for a nuisance. Told, not enforced."""

    max_s: float
    per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One dated rule. `country` is ISO 3166 alpha-2 or EVERYWHERE; `region` ISO 3166-2, empty = all of the country."""

    id: str
    version: str
    country: str
    region: str = ""
    since: int | None = None  # first day in force; None = ever
    until: int | None = None  # last day in force
    purposes: tuple[Purpose, ...]
    status: Status
    hours: tuple[Hours, ...] = ()  # empty = any
    holidays_closed: bool = False
    caps: tuple[Cap, ...] = ()
    cooldowns: tuple[Cooldown, ...] = ()
    ring_min_s: float = 0.0
    caller_id: CallerId = CallerId()
    abandonment: Abandonment | None = None
    consent: ConsentDemand | None = None
    third_parties_closed: bool = False  # no call to a number that is known to be somebody else's
    stop_on: tuple[Kept, ...] = ()
    lists: tuple[str, ...] = ()  # do-not-call lists that must be loaded, by name
    lists_days: int = 0  # and how old they may be; 0 = any age
    short_calls: ShortCalls | None = None
    retain_days: int = 0
    record_fields: tuple[str, ...] = ()  # what must be kept of each call
    source: str
    confidence: Confidence
    verify: bool = False  # a point that counsel must check before it is relied on
    note: str = ""
    notes: tuple[tuple[str, str], ...] = ()  # the note in other languages, by language

    @property
    def name(self) -> str:
        """As kept with each call."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Holidays:
    """The public holidays of a country (CO) or of a region (BR-SP), the country's own among them."""

    place: str
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A region that has rules of its own, and the numbers whose people may live there."""

    code: str  # ISO 3166-2
    prefixes: tuple[str, ...]  # E.164 with +
    names: tuple[str, ...] = ()  # as lists write it, beside the code without its country


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules that an engine holds calls against."""

    rules: tuple[Rule, ...] = ()
    holidays: tuple[Holidays, ...] = ()
    regions: tuple[Region, ...] = ()
