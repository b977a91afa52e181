"""What a supervisor may set about pacing, and what the world allows at one decision.

Values only: checked where they are born, never changed afterwards. Nothing here decides.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pacing.fixed import fixed


class PacingError(ValueError):
    """A setting or a limit that makes no sense. The message names it and says what is allowed."""


class Policy(StrEnum):
    """The ways to decide how many calls to place."""

    PREDICTIVE = "predictive"  # the priced look-ahead
    PROGRESSIVE = "progressive"  # one call for each free agent
    RATIO = "ratio"  # a fixed number of calls for each free agent
    VICIDIAL_ADAPT = "vicidial_adapt"  # VICIdial's adaptive dial level
    ERLANG = "erlang"  # a blind constant rate from Erlang's loss formula


class WindowKind(StrEnum):
    """The stretch of time over which a rule counts abandoned calls."""

    HOURS_24 = "24h"  # the last 24 hours
    DAYS_30 = "30d"  # the last 30 days
    DAY = "day"  # since local midnight
    MONTH = "month"  # since the first of the month
    ALL = "all"  # since the start


class VicidialMethod(StrEnum):
    """VICIdial's automatic dial methods."""

    RATIO = "RATIO"
    HARD_LIMIT = "ADAPT_HARD_LIMIT"
    AVERAGE = "ADAPT_AVERAGE"
    TAPERED = "ADAPT_TAPERED"


def require(holds: bool, message: str) -> None:
    """Raise PacingError with the message unless the claim holds."""
    if not holds:
        raise PacingError(message)


def require_range(name: str, value: object, low: float, high: float) -> None:
    """Raise PacingError unless the value is a number, low <= value <= high. NaN, true and false fail too."""
    if not (isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high):
        raise PacingError(f"{name} is {value!r}; it must lie between {low:g} and {high:g}")


def require_whole(name: str, value: object, low: int, high: int) -> None:
    """Raise PacingError unless the value is a whole number, low <= value <= high."""
    if not (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
        raise PacingError(f"{name} is {value!r}; it must be a whole number from {low} to {high}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One cap on abandoned calls: at most `cap` of the people who answered, over the window."""

    cap: float
    window: WindowKind = WindowKind.HOURS_24

    def __post_init__(self) -> None:
        require_range("cap", self.cap, 0.0, 0.5)
        object.__setattr__(self, "window", WindowKind(self.window))


@dataclass(frozen=True, slots=True, kw_only=True)
class VicidialOptions:
    """The settings of VICIdial's pacing that matter here, under their own names and with their own defaults."""

    method: VicidialMethod = VicidialMethod.HARD_LIMIT
    dial_level: float = 1.0  # the level to start from; RATIO keeps it
    adaptive_maximum_level: float = 3.0
    adaptive_intensity: float = 0.0  # -40..40 %
    dl_diff_target: float = 0.0  # -40..40 agents
    available_only: bool = False  # count free agents alone, not those in calls
    calls_placed: bool = False  # add the target to the agents when calls are placed
    latest_server_time: int = 2100  # HHMM, for TAPERED
    level_threshold_agents: int = 0  # with fewer agents not paused, the level counts as 1 (0: off)
    trunks_max: int = 1000
    shift_starts: int = 900  # HHMM at t = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "method", VicidialMethod(self.method))
        require_range("vicidial.dial_level", self.dial_level, 0.0, 100.0)
        require_range("vicidial.adaptive_maximum_level", self.adaptive_maximum_level, 1.0, 100.0)
        require_range("vicidial.adaptive_intensity", self.adaptive_intensity, -40.0, 40.0)
        require_range("vicidial.dl_diff_target", self.dl_diff_target, -40.0, 40.0)
        require_whole("vicidial.latest_server_time", self.latest_server_time, 0, 2400)
        require_whole("vicidial.level_threshold_agents", self.level_threshold_agents, 0, 100_000)
        require_whole("vicidial.trunks_max", self.trunks_max, 1, 100_000)
        require_whole("vicidial.shift_starts", self.shift_starts, 0, 2400)
        for name in ("available_only", "calls_placed"):
            value = getattr(self, name)
            require(isinstance(value, bool), f"vicidial.{name} is {value!r}; it must be true or false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to pace one campaign. The defaults need no tuning.

    `rules` are further caps, those of the law: `abandon_cap` always holds over `window`, and the strictest rules.
    A policy that does not look at the ledger places one call for each free agent while they leave nothing to abandon.
    `target` is the share of the cap to aim at (None: as near as is safe). `intensity` above 1 makes an abandoned
    call cheaper and the dialer bolder, below 1 shyer; the ledger still holds the cap.
    """

    policy: Policy = Policy.PREDICTIVE
    abandon_cap: float = 0.03
    window: WindowKind = WindowKind.HOURS_24
    rules: tuple[Rule, ...] = ()
    target: float | None = None
    intensity: float = 1.0
    connect_within_s: float = 2.0  # longer than this without an agent: abandoned
    ring_timeout_s: float = 28.0
    occupancy_max: float | None = None  # a ceiling for the agents' sake, 0.5..1
    ratio: float = 1.5  # calls for each free agent, policy "ratio"
    vicidial: VicidialOptions = field(default_factory=VicidialOptions)
    utc_offset_s: float = 0.0  # local time minus UTC, where t is Unix time and a window follows the calendar

    def __post_init__(self) -> None:
        object.__setattr__(self, "policy", Policy(self.policy))
        object.__setattr__(self, "window", WindowKind(self.window))
        object.__setattr__(self, "rules", tuple(self.rules))
        require_range("abandon_cap", self.abandon_cap, 0.0, 0.5)
        require_range("intensity", self.intensity, 0.1, 10.0)
        require_range("connect_within_s", self.connect_within_s, 0.0, 60.0)
        require_range("ring_timeout_s", self.ring_timeout_s, 5.0, 120.0)
        require_range("ratio", self.ratio, 0.0, 100.0)
        require_range("utc_offset_s", self.utc_offset_s, -86_400.0, 86_400.0)
        if self.target is not None:
            require_range("target", self.target, 0.05, 1.0)
        if self.occupancy_max is not None:
            require_range("occupancy_max", self.occupancy_max, 0.5, 1.0)

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """The campaign's own cap first, then the further rules."""
        return (Rule(self.abandon_cap, self.window), *self.rules)


MOST_OF_ALL = 1_000_000_000  # more lines, calls or agents than that are a mistake


@fixed(kw_only=True)
class Limits:
    """What bounds one decision from outside. Every bound is an upper one; None of them may be negative.

    `agents_shared` is the number of answers to be expected from calls of other campaigns in flight towards the same
    agents; `waiting_elsewhere` are their answered calls without an agent. `p_answer` (the mean over the next few) and
    `segment` describe the calls that would be placed next, where they are known.
    """

    lines_free: int = 1_000_000
    calls_max: int = 1_000_000
    agents_shared: float = 0.0
    waiting_elsewhere: int = 0
    p_answer: float | None = None
    segment: str = ""

    def __post_init__(self) -> None:
        # Made for every decision, and right: found so at one look. What is not, or is of a type of its own, is named.
        if (
            type(self.lines_free) is int and 0 <= self.lines_free <= MOST_OF_ALL
            and type(self.calls_max) is int and 0 <= self.calls_max <= MOST_OF_ALL
            and type(self.waiting_elsewhere) is int and 0 <= self.waiting_elsewhere <= MOST_OF_ALL
            and type(self.agents_shared) is float and 0.0 <= self.agents_shared <= MOST_OF_ALL
            and self.p_answer is None and type(self.segment) is str
        ):  # fmt: skip
            return
        require_whole("lines_free", self.lines_free, 0, MOST_OF_ALL)
        require_whole("calls_max", self.calls_max, 0, MOST_OF_ALL)
        require_whole("waiting_elsewhere", self.waiting_elsewhere, 0, MOST_OF_ALL)
        require_range("agents_shared", self.agents_shared, 0.0, MOST_OF_ALL)
        if self.p_answer is not None:
            require_range("p_answer", self.p_answer, 0.0, 1.0)
        if not isinstance(self.segment, str):
            raise PacingError(f"segment is {self.segment!r}; it must be a string")


UNLIMITED = Limits()
