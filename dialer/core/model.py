"""The values that the core decides with: campaigns, agents, trunks, leads, and the records of what happened.

All are frozen; times are seconds since 1970 (UTC), as the shell's clock gives them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dialer.core.detection import Detection, Verdict
from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId, LegId, PersonId, PhoneId
from dialer.core.inbound import Inbound
from dialer.core.outcomes import EndedBy, Outcome
from dialer.core.packs.schema import Dial, Hours, Purpose, Stop
from dialer.core.routing import TrunkTurn, Way
from dialer.core.rules import Rules, Window
from dialer.core.screen_pop import ScreenPop
from dialer.core.selection import Selection
from dialer.core.turns import opens, slot_of, tried
from pacing import Policy, Settings
from pacing.fixed import fixed


class Mode(StrEnum):
    """How a campaign's calls come to be placed."""

    MANUAL = "manual"  # an agent types or picks a number
    PREVIEW = "preview"  # a lead is shown to an agent, who accepts or skips it
    PROGRESSIVE = "progressive"  # never more lines than agents ready
    PREDICTIVE = "predictive"  # calls placed ahead of agents coming free


class CampaignStatus(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"


class Category(StrEnum):
    """What a disposition means to the machine, whatever it is called in a campaign."""

    RIGHT_PARTY = "right_party"
    PROMISE = "promise"
    THIRD_PARTY = "third_party"
    WRONG_PERSON = "wrong_person"
    CALLBACK = "callback"
    REFUSED = "refused"
    DO_NOT_CALL = "do_not_call"
    MACHINE = "machine"
    DECEASED = "deceased"
    DISPUTE = "dispute"
    CEASE = "cease"  # asked that all calls end
    OTHER = "other"


class Demand(StrEnum):
    """What must be told with a disposition."""

    NOTES = "notes"
    PROMISE = "promise"
    CALLBACK = "callback"
    RIGHT_PARTY = "right_party"  # that the agent made sure whom he speaks with


@dataclass(frozen=True, slots=True)
class Disposition:
    """What an agent may say of a call. `group` is its branch of the tree, "Contact/Promise" a branch of a branch."""

    code: str
    label: str
    category: Category
    group: str = ""
    demands: tuple[Demand, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A branch of a script: what the person answers, and the step that follows."""

    label: str
    to: str


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One step of what agents say; {name}, {account}, {balance}, {days_past_due}, {agent}, {field.x} are filled in."""

    name: str
    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """A number of the house's own, or of those it works with: agents bring it into a talk at any time."""

    name: str
    number: str  # E.164 with +, or one inside the house


@dataclass(frozen=True, slots=True)
class Recycling:
    """What becomes of a lead after an outcome or disposition: tried again after `delay_s`, or finished (None).

    Each further time in a row the delay is `factor` times as long, up to `delay_max_s`. `same_number`: the number is
    not changed. `campaign`: the lead goes over to that one.
    """

    delay_s: float | None
    factor: float = 1.0
    delay_max_s: float = 604_800.0
    same_number: bool = False
    campaign: CampaignId | None = None

    def __post_init__(self) -> None:
        if self.factor < 1:
            raise ValueError(f"factor {self.factor}: a delay may grow from one time to the next, 1 or more")


DISPOSITIONS = (
    Disposition("RPC", "Right party", Category.RIGHT_PARTY),
    Disposition("PTP", "Promise to pay", Category.PROMISE, demands=(Demand.PROMISE,)),
    Disposition("THIRD", "Third party", Category.THIRD_PARTY),
    Disposition("WRONG", "Wrong person", Category.WRONG_PERSON),
    Disposition("CALLBACK", "Call back", Category.CALLBACK, demands=(Demand.CALLBACK,)),
    Disposition("REFUSED", "Refused", Category.REFUSED),
    Disposition("DNC", "Do not call", Category.DO_NOT_CALL),
    Disposition("MACHINE", "Answering machine", Category.MACHINE),
    Disposition("DECEASED", "Deceased", Category.DECEASED),
    Disposition("DISPUTE", "Disputes the debt", Category.DISPUTE),
    Disposition("CEASE", "Asks that all calls end", Category.CEASE),
    Disposition("OTHER", "Other", Category.OTHER),
)


def first_pacing(purpose: Purpose) -> Settings:
    """Pacing to begin a campaign with. Collections start at a third of the usual cap: an abandoned call burns the only
    conversation of the week that some rules allow with a debtor.
    """
    return Settings(abandon_cap=0.01) if purpose is Purpose.COLLECTIONS else Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a campaign while it dials (`control.py`). None leaves a setting as it is.

    `ends_at` None: until it is rolled back; one that was is kept, with when and by whom. Times in Unix seconds. With
    `hours` it stands in those of the day alone, by the clock of `zone`; with `slot_s` it is half of a trial, in force
    in one of every two slots, which chance chose. The guards take it back by itself: an abandoned share above, a share
    of idle time above.
    """

    number: int
    by: str
    at: float
    ends_at: float | None = None
    note: str = ""
    mode: Mode | None = None
    lines_max: int | None = None
    policy: Policy | None = None
    abandon_cap: float | None = None
    target: float | None = None
    intensity: float | None = None
    ratio: float | None = None
    occupancy_max: float | None = None
    ring_timeout_s: float | None = None
    mix: tuple[tuple[str, float], ...] = ()  # shares of the parts of the list, by name
    hours: tuple[Window, ...] = ()  # more than one where they pass midnight
    zone: str = "UTC"
    slot_s: float | None = None
    seed: int = 0  # of a trial's chance
    abandon_guard: float | None = None
    idle_guard: float | None = None
    rolled_back_at: float | None = None
    rolled_back_by: str = ""

    @property
    def over_at(self) -> float:
        """When it ends or was rolled back, whichever comes first; infinity where neither is known."""
        return min(at for at in (self.ends_at, self.rolled_back_at, math.inf) if at is not None)

    def lasts(self, now: float) -> bool:
        """Whether it has begun and is not over, in force just now or not."""
        return self.at <= now < self.over_at

    def stands(self, now: float) -> bool:
        """Whether it is in force."""
        if not self.lasts(now):
            return False
        if self.hours and not opens(self.hours, self.zone, now):
            return False
        return self.slot_s is None or tried(self.seed, slot_of(self.at, self.slot_s, now))


DETECTION_WAIT_MIN_S = 3.0  # a shorter limit leaves the detector no time to hear a greeting to its end


class OptOut(StrEnum):
    """For whom somebody who asks not to be called is called no more."""

    EVERYBODY = "everybody"
    CLIENT = "client"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign as configured. A change is a new value with the same id."""

    id: CampaignId
    client: ClientId
    name: str
    mode: Mode
    purpose: Purpose = Purpose.COLLECTIONS
    status: CampaignStatus = CampaignStatus.PAUSED
    trunks: tuple[str, ...] = ()
    trunk_turns: tuple[TrunkTurn, ...] = ()  # priorities and weights of its own
    least_cost: bool = False  # the cheapest trunk with room goes first, whatever its priority
    caller_id: str = ""
    lines_max: int = 100
    ring_timeout_s: float = 28.0
    wait_max_s: float = 2.0  # answered and no agent: then the abandonment message, by the dialplan alone
    message: str = ""  # sound file of the abandonment message; empty = the switch's own
    wrap_up_max_s: float = 30.0
    preview_max_s: float = 30.0
    preview_skips_max: int = 5  # skipped in a row before the agent is put on a break
    record: bool = True
    pacing: Settings = field(default_factory=Settings)
    rules: Rules = field(default_factory=Rules)
    dispositions: tuple[Disposition, ...] = DISPOSITIONS
    recycling: tuple[tuple[str, Recycling], ...] = ()  # by outcome or disposition code; the default stands in leads.py
    attempts_max: int = 10  # per lead, whatever the outcomes
    selection: Selection = field(default_factory=Selection)
    detection: Detection = field(default_factory=Detection)
    inbound: Inbound = field(default_factory=Inbound)
    opt_out: OptOut = OptOut.EVERYBODY  # who asks not to be called, by key or to an agent, is not called for these
    right_party_check: bool = True  # nothing private is shown in a talk before the agent made sure of the person
    script: tuple[ScriptStep, ...] = ()  # begins with the first; empty = the desk's own
    screen_pop: ScreenPop = field(default_factory=ScreenPop)  # the lead's page in another system; empty: its client's
    directory: tuple[Contact, ...] = ()  # whom agents hand people on to; no calling rule is held against these
    country: str = ""  # ISO 3166 alpha-2, where a number without + is dialled; empty = that of `caller_id`
    skills: tuple[str, ...] = ()  # an agent who lacks one of them gets no work of this campaign
    changes: tuple[Change, ...] = ()  # made while it dials; what is in force with them, `control.in_force` tells
    version: int = 0  # counted by the store with each change: a change of what another changed meanwhile is refused

    def __post_init__(self) -> None:
        if self.wait_max_s < 1 or self.wait_max_s != int(self.wait_max_s):
            raise ValueError(
                f"wait_max_s is {self.wait_max_s}: whole seconds, 1 or more (the switch counts in seconds)"
            )
        if self.detection.on and self.wait_max_s < DETECTION_WAIT_MIN_S:
            raise ValueError(
                f"wait_max_s is {self.wait_max_s:g}: with detection on it must be {DETECTION_WAIT_MIN_S:g} or more, "
                "since the person waits while the detector listens"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk(Way):
    """A way out. `dial` is the switch's dial string with {number} in it, written as the trunk wants it."""

    name: str
    dial: str
    lines_max: int = 100
    calls_per_second: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as configured. `endpoint` is the dial string of the phone, empty where the agent dials in."""

    id: AgentId
    name: str
    campaigns: tuple[CampaignId, ...]
    endpoint: str = ""
    skills: tuple[str, ...] = ()

    def able(self, demands: Mapping[CampaignId, tuple[str, ...]]) -> "Agent":
        """The agent with those campaigns alone whose skills the agent has; `demands` by campaign, missing: none."""
        has = frozenset(self.skills)
        able = tuple(one for one in self.campaigns if has.issuperset(demands.get(one, ())))
        return self if able == self.campaigns else replace(self, campaigns=able)


@fixed(kw_only=True)
class Lead:
    """A claimed lead with the one number to try next."""

    id: LeadId
    campaign: CampaignId
    person: PersonId
    phone: PhoneId
    number: str  # E.164 with +
    country: str  # ISO 3166 alpha-2
    zones: tuple[str, ...]  # every IANA zone the person may be in
    attempts: int = 0  # so far, of this lead
    segment: str = ""
    p_answer: float | None = None  # probability that a person answers, where known
    phone_type: str = ""  # mobile, fixed, ...; empty: unknown
    quality: str = ""  # what its calls taught of the number
    machines: int = 0  # that answered there in a row
    result: str = ""  # what the lead's last call came to
    streak: int = 0  # times in a row
    agent: AgentId | None = None  # who promised to call back
    answered_before: int = 0  # calls of the number that a person answered, and all of them
    called_before: int = 0
    listed: bool = True  # False: dialled by an agent's own wish, and not on the list's turn before


@fixed(kw_only=True)
class DialFacts:
    """What the store read, in the transaction that reserved a call, about the person and number."""

    lead: Lead
    do_not_call: tuple[str, ...] = ()  # the lists that forbid the number, by name
    dials_of_number_24h: int = 0
    dials_of_person_24h: int = 0
    dials_of_person_7d: int = 0
    number_dialled_at: float | None = None  # the last one
    person_contacted_at: float | None = None  # the last conversation
    lead_open: bool = True  # not finished, withdrawn or expired meanwhile
    residence: str = ""  # ISO 3166 alpha-2 of the person, where known; the number's country counts beside it
    region: str = ""  # of the residence: ISO 3166-2 without the country, or as a list writes it
    dials: tuple[Dial, ...] = ()  # of the person or the number, as far back as any rule looks
    stops: tuple[Stop, ...] = ()
    third_party: bool = False  # the number is known to be somebody else's
    consent: bool | None = None  # None = nothing is known
    consent_at: float | None = None
    channels: tuple[str, ...] = ()  # those the person chose; empty = any
    inconvenient: tuple[Hours, ...] = ()  # by the person's own clock
    # Do-not-call lists that hold here and that somebody loaded, or said to be not needed, and when; None = not asked.
    lists: tuple[tuple[str, float], ...] | None = None
    scrub: str = ""  # why a check outside of the house forbids the number; empty = it does not, or there is none


@fixed(kw_only=True)
class CallRecord:
    """Everything kept of one call. Saved whole at each milestone; the last one saved wins."""

    id: CallId
    campaign: CampaignId
    client: ClientId
    mode: Mode
    lead: LeadId
    person: PersonId
    phone: PhoneId
    number: str
    trunk: str
    caller_id: str
    reserved_at: float
    agent: AgentId | None = None
    decision: int | None = None  # the pacing decision that launched it
    rule: str = ""  # the rules that allowed it, by name and version; the receipt tells why
    placed_at: float | None = None  # None: nothing ever left the machine
    progress_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    agent_ready_at: float | None = None  # since when the agent who took it had been free
    bridged_at: float | None = None
    ended_at: float | None = None
    wrapped_at: float | None = None
    outcome: Outcome | None = None
    disposition: str = ""
    cause: int | None = None
    tech_cause: int | None = None
    ended_by: EndedBy | None = None
    recording: str = ""  # base name of its files, empty where none was made
    verdict: Verdict | None = None  # of the detector; None where it was not asked
    verdict_reason: str = ""  # the detector's own word
    detection_s: float | None = None  # from the answer to the verdict
    message_at: float | None = None  # our message began to be left on a machine
    after_beep: bool = False  # its beep was heard; else its silence said when
    audit: str = ""  # base name of what was recorded for an audit of the verdict
    inbound: bool = False  # the person called us
    cost: float | None = None  # by the trunk's tariff
    currency: str = ""


@fixed(kw_only=True)
class DecisionRecord:
    """One pacing decision, kept with its inputs. `id` counts within the cell, as calls do."""

    id: int
    campaign: CampaignId
    at: float
    calls: int
    reason: str
    binding: str
    inputs: tuple[tuple[str, float], ...]


@fixed(kw_only=True)
class Receipt:
    """A verdict as it was, kept for good: what allowed a call, or what forbade it, and why."""

    at: float
    campaign: CampaignId
    lead: LeadId
    person: PersonId
    number: str
    allowed: bool
    rule: str  # every rule that was held against it, by name and version; of a refusal the one that forbade
    why: str
    call: CallId | None = None  # None: refused when the lead was chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStep:
    """People who answered in a campaign in the hour from `since` on, and how many of them met no agent in time."""

    campaign: CampaignId
    since: float
    answered: int
    abandoned: int


@fixed(kw_only=True)
class Spell:
    """A stretch of an agent's time in one state; the raw material of time sheets."""

    agent: AgentId
    state: str
    since: float
    until: float
    ended: bool = True  # False: the agent is still in it; `until` is when that was last noted
    reason: str = ""
    campaign: CampaignId | None = None
    call: CallId | None = None


@fixed(kw_only=True)
class ChannelRow:
    """One channel that the switch says exists, in our terms. Exactly one of `call` and `leg` is set."""

    call: CallId | None = None
    leg: LegId | None = None
    agent: AgentId | None = None  # of a leg
    place: str = ""  # park, hold, lost, abandon, sorry, out, idle, ...; where it stands or was taken from
    rings: bool = False  # the far end has said that it rings
    up: bool = False
    talking_with: LegId | None = None  # of a call, or of an agent in a consultation: the leg that hears it
    talks: int = 0  # how many times the engine bridged it
    muted: bool = False  # its recording hears nothing
