"""Events and commands about who is at the other end: machines, people who call back, numbers shown, trial calls."""

from typing import TypeAlias

from dialer.core.caller_ids import Against, Pool
from dialer.core.detection import Verdict
from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.inbound import Place, Wish
from dialer.core.lines_out import LineOut
from dialer.core.model import Lead
from pacing.fixed import fixed


@fixed
class CallScreened:
    """The detector's verdict on an answered call, `took_s` after the answer and `age_s` after the dialling."""

    call: CallId
    verdict: Verdict
    reason: str
    took_s: float
    age_s: float


@fixed
class MessageBegun:
    """Our message is being left: behind the machine's beep, or, where none was heard, behind its silence."""

    call: CallId
    after_beep: bool = False


@fixed
class AuditTold:
    """What listening to the campaign's recorded machine calls showed so far, and the machines of the last day by hour
    (the time the hour begins, machines): a new engine goes on with them."""

    campaign: CampaignId
    heard: int
    persons: int
    machines: tuple[tuple[float, int], ...] = ()


# ---------------------------------------------------------------- people who call


@fixed
class CallerArrived:
    """Somebody calls one of our numbers and hears it ring. `channel` is the switch's own name for the call."""

    channel: str
    caller: str  # as the carrier tells it; empty where it is withheld
    number: str  # the one called, as the carrier tells it


@fixed
class CallerFound:
    """The store's answer to FindCaller: who that is to us. Without a campaign nobody is theirs to answer."""

    call: CallId
    campaign: CampaignId | None
    lead: Lead | None
    agent: AgentId | None = None  # who spoke with them last
    lists: tuple[str, ...] = ()  # the do-not-call lists that forbid to call them back
    strange: bool = False  # a number that we never called, and that may cost much: who shows it may have made it up


@fixed
class CallerQueued:
    """The caller stands in the queue. Said again whenever they come back there."""

    call: CallId


@fixed
class CallbackAsked:
    """The caller wants to be called at a time, keyed as HHMM by their clock; empty: as soon as may be."""

    call: CallId
    clock: str


@fixed
class TrunkTestAsked:
    """Dial one number by one trunk and tell what comes of it; `key` names the trial for whoever asked."""

    key: str
    trunk: str
    number: str
    caller_id: str


@fixed
class OnwardAnswered:
    """Somebody outside took the line by which the person was handed on."""

    call: CallId


# ---------------------------------------------------------------- numbers shown


@fixed
class CallerIdsSet:
    """The pools of numbers that may be shown, in place of those before."""

    pools: tuple[Pool, ...]


@fixed
class NumberKnown:
    """What the store knows of one number of ours."""

    number: str
    days_used: int  # of the last thirty
    today: int  # calls
    rests_until: float = 0.0
    reason: str = ""
    against: Against | None = None
    by: str = ""


@fixed
class CallerIdsTold:
    """How the numbers were used before, and which of them rest."""

    numbers: tuple[NumberKnown, ...]


@fixed
class CallerIdRested:
    """Somebody sends a number to rest for some days, or back to work (0)."""

    number: str
    days: float
    reason: str
    by: str


LineEvent: TypeAlias = (
    CallerIdsSet
    | CallerIdsTold
    | CallerIdRested
    | TrunkTestAsked
    | CallScreened
    | MessageBegun
    | AuditTold
    | CallerArrived
    | CallerFound
    | CallerQueued
    | CallbackAsked
    | OnwardAnswered
)

# ---------------------------------------------------------------- commands


@fixed
class AdoptCaller:
    """Let the switch know a caller's channel by our own id from now on."""

    call: CallId
    channel: str


@fixed(kw_only=True)
class Guide:
    """Send a caller to a place."""

    call: CallId
    place: Place
    lead: LeadId | None = None
    queue_s: int = 0  # what is left of the queue's limit
    position: int = 0  # in the queue, from 1
    offer: bool = False  # to be called back
    wish: Wish = Wish.NONE  # what becomes of their wish to be called, should they key it
    sound: str = ""  # of the menu, or outside the hours; empty: the switch's own
    language: str = ""  # of what they hear; empty: the switch's own


@fixed(kw_only=True)
class FindCaller:
    """Find who calls, by what they were shown; answered by CallerFound.

    `number`: of ours that they called, E.164 where it is known to be ours; `campaign`: whose it is, where known;
    `taking`: the campaigns that take such calls.
    """

    call: CallId
    caller: str
    number: str
    campaign: CampaignId | None
    taking: tuple[CampaignId, ...] = ()


@fixed
class SaveCallerIdRest:
    """Keep that a number of ours rests, and the evidence; `until` in the past: it is back at work."""

    number: str
    since: float
    until: float
    reason: str
    against: Against | None = None  # None: somebody sent it, or took it back to work
    by: str = ""


@fixed
class SaveLineOut:
    """Keep a line outwards beside a call as it now stands."""

    line: LineOut


LineSwitchCommand: TypeAlias = AdoptCaller | Guide
LineStoreCommand: TypeAlias = FindCaller | SaveCallerIdRest | SaveLineOut
