"""VICIdial's pacing, the baseline that its users ask about: the adaptive dial level and the lines that follow from it.

Written from a description of its behaviour, under its own names; figures are those of the program of August 2025. Its
periods (a sample a second, a level every 15 s, drop figures every 60 s, calls every 2.5 s) are kept whatever the
rhythm of decisions. Pure apart from the policy's own samples.
"""

import math
from collections import deque
from dataclasses import dataclass

from pacing.decision import Binding
from pacing.floor import Floor
from pacing.settings import Limits, Settings, VicidialMethod, VicidialOptions
from pacing.wish import Wish

SAMPLES = 15
LEVEL_EVERY_S, DROPS_EVERY_S, PLACE_EVERY_S = 15.0, 60.0, 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Drops:
    """Drop figures as VICIdial counts them; percentages of calls (minute) and of human answers (day)."""

    calls_minute: int = 0
    percent_minute: float = 0.0
    calls_today: int = 0
    percent_today: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """How many calls to place (negative: none, and nothing is cancelled)."""

    goal: int
    make: int
    shortage: int


def next_level(
    level: float, *, diff: float, agents: float, drops: Drops, cap_percent: float, hhmm: int, options: VicidialOptions
) -> float:
    """The dial level after one adaptation; `diff` is mean ready agents less waiting calls, `hhmm` an integer."""
    target = diff + options.dl_diff_target
    change = target / agents if target and agents else 0.0
    intensity = options.adaptive_intensity / 100
    change *= 1 + intensity if change >= 0 else abs(intensity - 1)
    level = round(level * (1 + change), 3)
    level = max(1.0, min(level, options.adaptive_maximum_level))
    if drops.calls_minute > 20 and drops.percent_minute > 50:
        level /= 2
    if drops.calls_today > 50 and drops.percent_today > cap_percent:
        level = _brake(level, hhmm, options)
    return max(1.0, level)


def _brake(level: float, hhmm: int, options: VicidialOptions) -> float:
    match options.method:
        case VicidialMethod.HARD_LIMIT:
            return 1.0
        case VicidialMethod.AVERAGE:
            return level / 2
        case VicidialMethod.TAPERED:
            left = options.latest_server_time - hhmm  # whole numbers, as hours were not sexagesimal
            return 1.0 if left < 0 else level * min(1.0, left / 1000)
        case VicidialMethod.RATIO:
            return level


def lines_to_place(
    level: float,
    *,
    ready: int,
    in_call: int,
    existing: int,
    lines_used: int,
    options: VicidialOptions,
    connected: int = 0,
    campaign_trunks: int | None = None,
) -> Lines:
    """Calls to place at one tick; `existing` calls of the campaign, `connected` of them with an agent."""
    level = 1.0 if options.level_threshold_agents > ready + in_call else level
    counted = ready if options.available_only else ready + in_call
    agents = max(0.0, counted + (options.dl_diff_target if options.calls_placed else 0.0))
    goal = round(level * agents + (connected if options.available_only else 0))
    make = want = goal - existing
    line_goal = lines_used + make
    shortage = 0
    if line_goal > options.trunks_max:
        make = min(make, options.trunks_max - lines_used)
        shortage = min(line_goal - options.trunks_max, want)
    if campaign_trunks is not None and campaign_trunks < goal:
        shortage = min(goal - campaign_trunks, want)
        make = campaign_trunks - existing
    return Lines(goal=goal, make=make, shortage=shortage)


class VicidialPolicy:
    """RATIO and the ADAPT methods, with VICIdial's timers."""

    def __init__(self, settings: Settings) -> None:
        self._options = settings.vicidial
        self._cap_percent = 100 * settings.abandon_cap
        self.level = self._options.dial_level
        self._samples: deque[tuple[int, int, int]] = deque(maxlen=SAMPLES)
        self._drops = Drops()
        self._sampled = self._adapted = self._counted = self._placed = -math.inf

    def wish(self, floor: Floor, t: float, limits: Limits) -> Wish:
        """Run the timers that are due, and place calls where it is time."""
        del limits
        if t >= self._sampled + 1:
            self._sampled = t
            self._samples.append((floor.agents.ready, floor.calls.waiting, len(floor.agents)))
        if t >= self._counted + DROPS_EVERY_S:
            self._counted = t
            self._drops = self._count(floor)
        if t >= self._adapted + LEVEL_EVERY_S:
            self._adapted = t
            self._adapt(t)
        detail = f"dial level {self.level:g}"
        if t < self._placed + PLACE_EVERY_S:
            return Wish(0, Binding.RATE, detail=detail)
        self._placed = t
        return Wish(max(0, self._lines(floor).make), Binding.FREE_AGENTS, detail=detail)

    def _count(self, floor: Floor) -> Drops:
        """Drops over human answers that an agent has dispositioned, or that were dropped."""
        calls, ledger = floor.calls, floor.ledger
        answers = ledger.answered - calls.waiting - calls.talking
        percent = round(100 * ledger.abandoned / max(1, answers), 2) if ledger.abandoned else 0.0
        return Drops(calls_today=floor.answers.calls, percent_today=percent)

    def _adapt(self, t: float) -> None:
        count = len(self._samples)
        agents = sum(each[2] for each in self._samples) / count
        if self._options.method is VicidialMethod.RATIO or agents == 0:
            return
        diff = sum(each[0] - each[1] for each in self._samples) / count
        self.level = next_level(
            self.level,
            diff=diff,
            agents=agents,
            drops=self._drops,
            cap_percent=self._cap_percent,
            hhmm=self._hhmm(t),
            options=self._options,
        )

    def _hhmm(self, t: float) -> int:
        start = self._options.shift_starts
        minutes = start // 100 * 60 + start % 100 + int(t // 60)
        return minutes // 60 % 24 * 100 + minutes % 60

    def _lines(self, floor: Floor) -> Lines:
        calls = floor.calls
        existing = calls.in_flight + calls.waiting + calls.talking
        return lines_to_place(
            self.level,
            ready=floor.agents.ready,
            in_call=calls.talking,
            connected=calls.talking,
            existing=existing,
            lines_used=existing,
            options=self._options,
        )
