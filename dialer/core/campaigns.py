"""A campaign at work: its pacing, the leads at hand, its calls, and the day's counts."""

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from dialer.core.agents import AgentState
from dialer.core.control import in_force, turns_at
from dialer.core.ids import AgentId, CallId
from dialer.core.lines_out import LineOut
from dialer.core.model import Campaign, CampaignStatus, Lead, Mode
from dialer.core.packs.lawbook import Lawbook
from dialer.core.packs.schema import Abandonment
from pacing import Decision, Pacer, Policy, Rule, Settings, WindowKind
from pacing.fixed import fixed

AUTOMATIC = frozenset({Mode.PROGRESSIVE, Mode.PREDICTIVE})
CLAIM_PATIENCE_S = 10.0


def pacing_settings(campaign: Campaign, legal: tuple[Abandonment, ...] = ()) -> Settings:
    """The campaign's pacing with what its mode and its other settings fix, and what the law caps."""
    policy = Policy.PROGRESSIVE if campaign.mode is Mode.PROGRESSIVE else campaign.pacing.policy
    caps = dict.fromkeys(Rule(one.cap, window_of(one.window_days)) for one in legal)
    return replace(
        campaign.pacing,
        policy=policy,
        rules=(*campaign.pacing.rules, *caps),
        ring_timeout_s=campaign.ring_timeout_s,
        connect_within_s=min([campaign.wait_max_s, *(one.within_s for one in legal)]),
    )


def window_of(days: float) -> WindowKind:
    """The ledger's window for a rule's; a longer one than it keeps is held to the shorter."""
    return WindowKind.HOURS_24 if days <= 1 else WindowKind.DAYS_30


@fixed
class SeenOpen:
    """Of whom the hours were held against a lead in this minute: what was found holds for all of the same kind."""

    kind: tuple[object, ...] = ()  # all that hours go by: zones, country, regions of the number
    campaign: Campaign | None = None
    law: Lawbook | None = None
    minute: int = 0  # since 1970
    lead: Lead | None = None  # the last of that kind

    def is_fresh(self, campaign: Campaign, law: Lawbook, now: float) -> bool:
        """Whether it was under these rules, in this minute."""
        return self.campaign is campaign and self.law is law and self.minute == int(now // 60.0)


NOT_SEEN = SeenOpen()


@fixed
class PutOff:
    """Leads that may not be called now, in a row and for one reason: a rule's name, or that no trunk takes them."""

    rule: str
    due_at: float  # when the first of them may be tried again
    count: int = 1


@dataclass(slots=True)
class Closings:
    """Until when leads at hand may be called, by zones and country, as worked out in one minute."""

    minute: int = -1  # since 1970
    campaign: Campaign | None = None
    law: Lawbook | None = None
    until: dict[tuple[tuple[str, ...], str], float] = field(default_factory=dict)
    told: float | None = None  # to pacing


@dataclass(slots=True, eq=False)
class Work:
    """One campaign at work. Changed by the engine alone."""

    configured: Campaign
    campaign: Campaign  # in force: as configured, with the changes that stand
    pacer: Pacer
    turns_at: float = math.inf  # when a change ends next
    countries: frozenset[str] = frozenset()  # of the leads seen: their law's caps hold
    legal: tuple[Abandonment, ...] = ()  # the caps of the law in force, as pacing knows them
    leads: deque[Lead] = field(default_factory=deque)
    promised: dict[AgentId, tuple[Lead, float]] = field(default_factory=dict)  # callbacks due, and since when
    callbacks_asked_at: float = 0.0
    claim_asked_at: float | None = None
    claim_count: int = 0  # asked for
    served_at: float = 0.0  # when an agent was last at work for it
    due_at: float | None = None  # nothing to claim before; None = not known to be so
    told_due_at: float | None = None  # when the next lead may be called, as the store said; None = there is none
    exhausted: bool = False  # the last claim found fewer than asked for
    put_off: PutOff | None = None  # since the last call that was placed
    calls: dict[CallId, None] = field(default_factory=dict)  # in progress, from the reservation on
    inbound: dict[CallId, None] = field(default_factory=dict)  # those of them that came in
    lines_out: dict[CallId, LineOut] = field(default_factory=dict)  # beside the calls, for whom agents bring in
    reserving: int = 0
    waiting: dict[CallId, None] = field(default_factory=dict)  # answered, no agent yet; oldest first
    callers: int = 0  # who called us
    callers_taken: int = 0  # and met an agent
    arrivals: deque[float] = field(default_factory=deque)  # when, of the last minutes
    dealt: dict[str, float] = field(default_factory=dict)  # whose turn it is among trunks of one priority
    decision: Decision | None = None
    seen_open: SeenOpen = NOT_SEEN
    closings: Closings = field(default_factory=Closings)
    blocked: str = ""  # why it does not dial, as a sentence; empty while it does
    placed: int = 0
    answered: int = 0
    connected: int = 0
    abandoned: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)  # dials that a rule forbade, by rule
    spent_s: dict[AgentState, float] = field(default_factory=dict)  # of its agents, by state

    @property
    def abandon_cap(self) -> float:
        """The strictest cap on abandoned calls: the campaign's own, or one of the law."""
        return min(rule.cap for rule in self.pacer.settings.every_rule)

    @property
    def running(self) -> bool:
        return self.campaign.status is CampaignStatus.RUNNING

    @property
    def automatic(self) -> bool:
        return self.campaign.mode in AUTOMATIC

    @property
    def lines_free(self) -> int:
        return max(0, self.campaign.lines_max - len(self.calls) - len(self.lines_out))


def put_off(work: Work, rule: str, until: float, now: float) -> None:
    """Note that a lead could not be called, as consoles tell why nothing is dialled."""
    former = work.put_off
    if former is None or former.rule != rule or former.due_at <= now:
        work.put_off = PutOff(rule, until)
    else:
        work.put_off = PutOff(rule, min(former.due_at, until), former.count + 1)


def new_work(campaign: Campaign, make_pacer: Callable[[Settings], Pacer], law: Lawbook, now: float) -> Work:
    force = in_force(campaign, now)
    legal = law.abandonment((), force.purpose, now)
    return Work(campaign, force, make_pacer(pacing_settings(force, legal)), turns_at(campaign, now), legal=legal)


def put_in_force(work: Work, campaign: Campaign, law: Lawbook, now: float) -> None:
    """Go by the campaign as configured now, with the changes that stand."""
    work.configured, work.campaign, work.turns_at = campaign, in_force(campaign, now), turns_at(campaign, now)
    work.legal = law.abandonment(work.countries, work.campaign.purpose, now)
    work.pacer.change(now, pacing_settings(work.campaign, work.legal))


def keep_caps(work: Work, law: Lawbook, now: float, countries: Iterable[str] = ()) -> None:
    """Let pacing keep to the caps of the law that hold today, for leads of these countries too."""
    work.countries |= frozenset(countries)
    if law.abandonment(work.countries, work.campaign.purpose, now) != work.legal:
        put_in_force(work, work.configured, law, now)
