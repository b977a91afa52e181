"""What a supervisor should know without looking: findings over the floor, raised and cleared with patience. Pure.

A finding must last before it is raised, and must be gone for a while before its alarm is cleared: nothing flickers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dialer.core.ids import CampaignId
from dialer.core.model import CampaignStatus, Mode
from dialer.core.rules import Window
from dialer.core.turns import opens
from dialer.core.view import CampaignView, FloorView


class AlarmCode(StrEnum):
    """What an alarm is about."""

    SWITCH_DOWN = "switch_down"
    DISK = "disk"
    CLOCK = "clock"
    LOOP_LAG = "loop_lag"
    TRUNK_DOWN = "trunk_down"
    LONG_TALK = "long_talk"
    LONG_WRAP = "long_wrap"
    IDLE_FLOOR = "idle_floor"
    AGENTS_AWAY = "agents_away"
    LIST_ENDING = "list_ending"
    BUDGET = "budget"
    GUARD = "guard"  # a change was taken back by itself: too many abandoned calls
    GUARD_IDLE = "guard_idle"  # or agents too idle
    TOLD = "told"  # the engine or the store says so


URGENT = "urgent"  # people or the law are touched: told in quiet hours too
WARNING = "warning"
AGAIN_S = 600.0  # what comes and goes is sent out no more often


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on something is worth an alarm. Shares are from 0 to 1, times in seconds; 0 = no such alarm."""

    budget_share: float = 0.8  # of a rule's cap that is used up
    budget_answered_min: int = 30  # before so many answered, a share says nothing
    burn_per_hour: float = 0.5  # of a rule's cap, used up at this rate by the last quarter of an hour
    idle_share: float = 0.5  # of the agents at work, ready and waiting
    idle_agents_min: int = 2
    away_share: float = 0.5  # of the agents who are signed in, on a break or without their phone; from as many on
    talk_s: float = 1800.0
    wrap_s: float = 300.0
    list_minutes: float = 30.0  # of dialling left in the list
    disk_free_share: float = 0.05
    clock_s: float = 2.0  # that the wall clock stands behind
    loop_lag_s: float = 0.25
    raise_after_s: float = 15.0
    clear_after_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the shell measures of the machine. None: not known."""

    disk_free_share: float | None = None
    clock_behind_s: float = 0.0
    loop_lag_s: float = 0.0
    leads_left: dict[CampaignId, int] = field(default_factory=dict)
    placed_per_minute: dict[CampaignId, float] = field(default_factory=dict)
    burnt_per_hour: dict[CampaignId, float] = field(default_factory=dict)  # of the cap, by the last minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is so now. `code` and `subject` say what it is about; `figures` are for the words of consoles."""

    code: AlarmCode
    subject: str  # a trunk's or agent's name, empty for a campaign or the house
    level: str
    figures: tuple[tuple[str, float | str], ...]
    campaign: CampaignId | None = None

    @property
    def key(self) -> tuple[AlarmCode, str, CampaignId | None]:
        return self.code, self.subject, self.campaign


def look(view: FloorView, house: House, limits: Limits) -> tuple[Finding, ...]:
    """Everything that is beyond its limit now."""
    found: list[Finding] = [*_of_house(view, house, limits), *_of_trunks(view), *_of_agents(view, limits)]
    for campaign in view.campaigns:
        if campaign.status is CampaignStatus.RUNNING:
            found += _of_campaign(campaign, house, limits)
    return tuple(found)


def _of_house(view: FloorView, house: House, limits: Limits) -> Iterator[Finding]:
    if not view.switch_up:
        yield Finding(code=AlarmCode.SWITCH_DOWN, subject="", level=URGENT, figures=())
    free = house.disk_free_share
    if limits.disk_free_share and free is not None and free < limits.disk_free_share:
        yield Finding(code=AlarmCode.DISK, subject="", level=URGENT, figures=(("share", free),))
    if limits.clock_s and house.clock_behind_s > limits.clock_s:
        yield Finding(code=AlarmCode.CLOCK, subject="", level=URGENT, figures=(("seconds", house.clock_behind_s),))
    if limits.loop_lag_s and house.loop_lag_s > limits.loop_lag_s:
        yield Finding(code=AlarmCode.LOOP_LAG, subject="", level=WARNING, figures=(("seconds", house.loop_lag_s),))


def _of_trunks(view: FloorView) -> Iterator[Finding]:
    for trunk in view.trunks:
        if trunk.state == "resting" and trunk.failing is not None:
            failing = trunk.failing
            figures = (("fault", failing.fault), ("bad", float(failing.bad)), ("calls", float(failing.calls)))
            yield Finding(code=AlarmCode.TRUNK_DOWN, subject=trunk.name, level=URGENT, figures=figures)


def _of_agents(view: FloorView, limits: Limits) -> Iterator[Finding]:
    for agent in view.agents:
        lasted_s = view.at - agent.since
        if agent.state in {"talking", "holding"} and limits.talk_s and lasted_s > limits.talk_s:
            yield Finding(
                code=AlarmCode.LONG_TALK, subject=agent.name, level=WARNING, figures=(("minutes", lasted_s / 60),),
                campaign=agent.campaign,
            )  # fmt: skip
        elif agent.state == "wrapping" and limits.wrap_s and lasted_s > limits.wrap_s:
            yield Finding(
                code=AlarmCode.LONG_WRAP, subject=agent.name, level=WARNING, figures=(("minutes", lasted_s / 60),),
                campaign=agent.campaign,
            )  # fmt: skip


def _of_campaign(campaign: CampaignView, house: House, limits: Limits) -> Iterator[Finding]:
    yield from _of_budget(campaign, house, limits)
    agents = dict(campaign.agents_by_state)
    ready = agents.get("ready", 0)
    at_work = sum(agents.get(state, 0) for state in ("ready", "talking", "holding", "wrapping", "dialling"))
    automatic = campaign.mode in {Mode.PREDICTIVE, Mode.PROGRESSIVE}
    if automatic and limits.idle_share and at_work >= limits.idle_agents_min and ready / at_work > limits.idle_share:
        figures = (("ready", float(ready)), ("agents", float(at_work)), ("why", campaign.standstill.code or ""))
        yield Finding(code=AlarmCode.IDLE_FLOOR, subject="", level=WARNING, figures=figures, campaign=campaign.id)
    yield from _of_absence(campaign, agents, limits)
    left, pace = house.leads_left.get(campaign.id), house.placed_per_minute.get(campaign.id, 0.0)
    if limits.list_minutes and left is not None and (left == 0 or (pace and left / pace < limits.list_minutes)):
        list_figures = (("leads", float(left)), ("minutes", left / pace if pace else 0.0))
        yield Finding(code=AlarmCode.LIST_ENDING, subject="", level=WARNING, figures=list_figures, campaign=campaign.id)


def _of_absence(campaign: CampaignView, agents: dict[str, int], limits: Limits) -> Iterator[Finding]:
    """More of those who came to work are away than the pace was set for."""
    present = sum(agents.values()) - agents.get("signed_out", 0)
    away, on_break = sum(agents.get(state, 0) for state in ("break", "leg_lost")), agents.get("break", 0)
    if limits.away_share and present >= limits.idle_agents_min and away / present > limits.away_share:
        figures = (("away", float(away)), ("agents", float(present)), ("on_break", float(on_break)))
        yield Finding(code=AlarmCode.AGENTS_AWAY, subject="", level=WARNING, figures=figures, campaign=campaign.id)


def _of_budget(campaign: CampaignView, house: House, limits: Limits) -> Iterator[Finding]:
    burnt = house.burnt_per_hour.get(campaign.id, 0.0)
    counted = [one for one in campaign.standings if one.answered >= limits.budget_answered_min and one.cap]
    strictest = {one.window: one for one in sorted(counted, key=lambda one: -one.cap)}  # of one window: one alarm
    for rule in strictest.values():
        used = rule.ratio / rule.cap
        burning = bool(limits.burn_per_hour) and burnt > limits.burn_per_hour and used > limits.budget_share / 2
        if limits.budget_share and (used > limits.budget_share or burning):
            yield Finding(
                code=AlarmCode.BUDGET,
                subject=str(rule.window),
                level=URGENT if used > 1 else WARNING,
                figures=(("ratio", rule.ratio), ("cap", rule.cap), ("abandoned", float(rule.abandoned)),
                         ("answered", float(rule.answered))),
                campaign=campaign.id,
            )  # fmt: skip


# ---------------------------------------------------------------- raised and cleared


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm. `number` is the board's own; times are seconds since 1970."""

    number: int
    finding: Finding
    at: float
    cleared_at: float | None = None
    seen_by: str = ""  # who acknowledged it
    seen_at: float | None = None


@dataclass(slots=True)
class _Case:
    since: float
    last_at: float
    raised: Raised | None = None
    was_urgent: bool = False  # since it was raised


class Board:
    """The alarms that stand. Deterministic: the same findings at the same times raise the same."""

    def __init__(self, limits: Limits, first: int = 1) -> None:
        self._limits = limits
        self._next = first
        self._cases: dict[tuple[AlarmCode, str, CampaignId | None], _Case] = {}

    @property
    def standing(self) -> tuple[Raised, ...]:
        """Newest first."""
        stand = [case.raised for case in self._cases.values() if case.raised is not None]
        return tuple(sorted(stand, key=lambda one: -one.number))

    def update(self, findings: Iterable[Finding], now: float) -> tuple[Raised, ...]:
        """Take in what is so now; the alarms that were raised or cleared by it, or became urgent for the first time.

        One that became urgent is to be seen anew: who took it up before knew less.
        """
        turned: list[Raised] = []
        for finding in findings:
            case = self._cases.setdefault(finding.key, _Case(now, now))
            case.last_at = now
            if case.raised is None and now - case.since >= self._limits.raise_after_s:
                case.raised = Raised(number=self._next, finding=finding, at=now)
                self._next += 1
                turned.append(case.raised)
            elif case.raised is not None:
                case.raised = replace(case.raised, finding=finding)
                if finding.level == URGENT and not case.was_urgent:
                    case.raised = replace(case.raised, seen_by="", seen_at=None)
                    turned.append(case.raised)
            case.was_urgent = case.raised is not None and (case.was_urgent or finding.level == URGENT)
        for key, case in list(self._cases.items()):
            if case.last_at == now:
                continue
            if case.raised is None:
                del self._cases[key]  # it did not last
            elif now - case.last_at >= self._limits.clear_after_s:
                turned.append(replace(case.raised, cleared_at=now))
                del self._cases[key]
        return tuple(turned)

    def acknowledge(self, number: int, by: str, now: float) -> Raised | None:
        """Note who has seen it; None where no such alarm stands."""
        for case in self._cases.values():
            if case.raised is not None and case.raised.number == number:
                case.raised = replace(
                    case.raised, seen_by=case.raised.seen_by or by, seen_at=case.raised.seen_at or now
                )
                return case.raised
        return None


class Outgoing:
    """Which alarms are sent out, and when. Deterministic.

    Held back are: in quiet hours what is not urgent; the same again within `AGAIN_S`; what somebody has seen. What
    still stands when that is over goes out then. That an alarm is over is told outside of quiet hours, of those that
    went out.
    """

    def __init__(self, quiet: tuple[Window, ...], zone: str) -> None:
        self._quiet, self._zone = quiet, zone
        self._out: dict[int, str] = {}  # the alarms that stand and went out, and the level then
        self._last: dict[tuple[tuple[AlarmCode, str, CampaignId | None], str], float] = {}  # by key and level

    def due(self, turned: Iterable[Raised], standing: Iterable[Raised], now: float) -> tuple[Raised, ...]:
        """What goes out now, of those that the board says turned and those that stand."""
        quiet = opens(self._quiet, self._zone, now)
        self._last = {key: at for key, at in self._last.items() if now - at < AGAIN_S}
        over = [one for one in turned if one.cleared_at is not None and self._out.pop(one.number, "")]
        fresh = [one for one in sorted(standing, key=lambda one: one.number) if self._goes(one, quiet=quiet)]
        for one in fresh:
            self._out[one.number] = one.finding.level
            self._last[one.finding.key, one.finding.level] = now
        return (*(() if quiet else over), *fresh)

    def _goes(self, one: Raised, *, quiet: bool) -> bool:
        level = one.finding.level
        if one.seen_by or (quiet and level != URGENT):
            return False
        if one.number in self._out:
            return level == URGENT and self._out[one.number] != URGENT
        return (one.finding.key, level) not in self._last
