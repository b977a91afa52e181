"""Commands to the store."""

from typing import TypeAlias

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId, PhoneId
from dialer.core.messages.lines import LineStoreCommand
from dialer.core.model import CallRecord, DecisionRecord, Lead, Receipt, Spell
from dialer.core.packs.schema import Kept
from pacing.fixed import fixed


@fixed
class ClaimLeads:
    """Claim up to `count` due leads of the campaign; answered by LeadsClaimed."""

    campaign: CampaignId
    count: int


@fixed
class ClaimCallbacks:
    """Claim the callbacks of these agents whose time has come, one for each; answered by CallbacksClaimed."""

    campaign: CampaignId
    agents: tuple[AgentId, ...]


@fixed
class ReturnLeads:
    """Give claimed leads back, untouched."""

    leads: tuple[LeadId, ...]


@fixed(kw_only=True)
class ReserveCall:
    """Lock person and number, read the facts, keep the reservation; answered by CallReserved or ReservationRefused.

    Exactly one of `lead` (claimed), `lead_id` (picked by an agent) and `number` (typed by one) is given.
    """

    call: CallId
    campaign: CampaignId
    lead: Lead | None = None
    lead_id: LeadId | None = None
    number: str | None = None
    agent: AgentId | None = None


@fixed
class ReleaseCall:
    """Undo a reservation: nothing left the machine. The lead is due again at `retry_at` (None = by its own rules)."""

    call: CallId
    reason: str
    retry_at: float | None


@fixed
class SaveCall:
    """Keep the record as it now stands. An ended record frees person and number."""

    record: CallRecord


@fixed
class SaveLead:
    """What becomes of a lead after a call: due again at `due_at`, or finished (None). `attempts` is its new count."""

    lead: LeadId
    attempts: int
    due_at: float | None
    result: str  # the outcome or disposition code that decided
    streak: int = 1  # how many times in a row it was this
    phone: PhoneId | None = None  # the number to try next; None = whose turn it is
    campaign: CampaignId | None = None  # goes over to this one
    agent: AgentId | None = None  # who promised to call back; ANYBODY: whoever is free then


@fixed
class SavePhone:
    """What a call taught of a number. Not to be dialled before `due_at`. Counts are of all its calls so far."""

    phone: PhoneId
    quality: str
    machines: int  # that answered there in a row
    calls: int
    answers: int
    tried_at: float
    due_at: float | None = None


@fixed
class RestPhone:
    """A rule forbids the number: the lead's others take their turn, this one not before `until`."""

    phone: PhoneId
    until: float


@fixed
class DeferLead:
    """Give a claimed lead back without an attempt, due again at `due_at`. Nothing where it is no longer claimed."""

    lead: LeadId
    due_at: float
    reason: str


@fixed
class SaveDisposition:
    call: CallId
    agent: AgentId
    code: str
    notes: str
    unconfirmed: bool = False  # taken as it stood when the wrap-up ran out: the agent did not save it


@fixed
class SaveDecision:
    record: DecisionRecord


@fixed
class SaveSpell:
    spell: Spell


@fixed
class AddDoNotCall:
    """Effective on the very next reservation. Without a number: the one that `call` dialled, as the store keeps it.

    The list `source` holds for `client` or `campaign` alone where one is given, and is made so where there is none yet.
    """

    number: str | None
    source: str
    call: CallId | None = None
    client: ClientId | None = None
    campaign: CampaignId | None = None


@fixed
class SaveReceipt:
    """Keep a verdict for good."""

    receipt: Receipt


@fixed(kw_only=True)
class Restrict:
    """Keep what was said of the lead's person, account or number; it holds from the very next reservation on."""

    lead: LeadId
    kind: Kept
    number: str | None = None  # where it is about this number alone
    account: bool = False  # about the lead's account alone
    until: float | None = None
    source: str = ""
    call: CallId | None = None


StoreCommand: TypeAlias = (
    ClaimLeads | ClaimCallbacks | ReturnLeads | ReserveCall | ReleaseCall | SaveCall | SaveLead | SavePhone | DeferLead
    | SaveDisposition | SaveDecision | SaveSpell | AddDoNotCall | SaveReceipt | Restrict | RestPhone
    | LineStoreCommand
)  # fmt: skip
