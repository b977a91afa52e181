"""The abandonment ledger: who answered and who was abandoned, for every rule, and the price that follows.

A person counts as answered at once, and is taken back when they prove to be a machine. Nothing here knows of agents.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pacing import stats
from pacing.price import Scene, base_price, factor, factors, left_of, slack_of
from pacing.settings import Rule, Settings, WindowKind

DAY_S = 86_400.0
_BUCKET_S = {WindowKind.HOURS_24: 300.0, WindowKind.DAYS_30: 3600.0}
_LENGTH_S = {WindowKind.HOURS_24: DAY_S, WindowKind.DAYS_30: 30 * DAY_S}


class Window:
    """Counts over one stretch of time, rolling in buckets or reset by the calendar. Flat in memory."""

    def __init__(self, kind: WindowKind, utc_offset_s: float) -> None:
        self.kind = kind
        self._offset_s = utc_offset_s
        self._buckets: deque[list[float]] = deque()  # [index, answered, abandoned]
        self._seen_at = -math.inf  # the latest time seen: a window never goes back
        self._period = ""
        self._day = -math.inf
        self.answered = 0
        self.abandoned = 0

    def add(self, t: float, answered: int, abandoned: int) -> None:
        """Count what happened at time t (seconds). It may be told late: what has left the window does not count."""
        self.roll(t)
        if self.kind in _BUCKET_S:
            index = math.floor(t / _BUCKET_S[self.kind])
            if self._is_past(index):
                return
            bucket = self._bucket(index)
            bucket[1] += answered
            bucket[2] += abandoned
        elif self.kind is not WindowKind.ALL and self._period_of(self._day_of(t)) != self._period:
            return
        self.answered += answered
        self.abandoned += abandoned

    def _bucket(self, index: int) -> list[float]:
        at = len(self._buckets)
        while at and self._buckets[at - 1][0] > index:
            at -= 1
        if not at or self._buckets[at - 1][0] != index:
            self._buckets.insert(at, [index, 0, 0])
            at += 1
        return self._buckets[at - 1]

    def roll(self, t: float) -> None:
        """Forget what has left the window by t."""
        self._seen_at = max(self._seen_at, t)
        if self.kind in _BUCKET_S:
            while self._buckets and self._is_past(self._buckets[0][0]):
                _, answered, abandoned = self._buckets.popleft()
                self.answered -= int(answered)
                self.abandoned -= int(abandoned)
        elif self.kind is not WindowKind.ALL:
            self._turn_page(self._day_of(self._seen_at))

    def _is_past(self, index: float) -> bool:
        return index + 1 <= (self._seen_at - _LENGTH_S[self.kind]) / _BUCKET_S[self.kind]

    def _day_of(self, t: float) -> int:
        return math.floor((t + self._offset_s) / DAY_S)

    def _turn_page(self, day: int) -> None:
        if day == self._day:
            return
        period = self._period_of(day)
        self._day = day
        if period != self._period:
            self._period, self.answered, self.abandoned = period, 0, 0

    def _period_of(self, day: int) -> str:
        if day == self._day and self._period:
            return self._period
        date = datetime.fromtimestamp(min(max(day, 0), 2_900_000) * DAY_S, UTC)
        return f"{date:%Y-%m-%d}" if self.kind is WindowKind.DAY else f"{date:%Y-%m}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one rule stands: counts, share, exact 95 % interval, what is left, and the alarm's evidence."""

    window: WindowKind
    cap: float
    answered: int
    abandoned: int
    ratio: float
    interval: tuple[float, float]
    budget_left: float  # abandoned calls that the cap would still allow for those who answered so far
    evidence: float  # e-value against "the rate is at most the cap"; 20 and more is an alarm at 5 %


class Ledger:
    """All rules' windows together, and the price that follows from the strictest."""

    def __init__(self, settings: Settings) -> None:
        self.early_hangups = 0  # hung up before the limit without an agent: answered, not abandoned
        self.late = 0  # met their agent after the limit: abandoned by the rules, though served
        self.machines = 0  # answers that agents found to be machines
        self.detection_errors = 0  # people cut off as machines, by audit
        # All of them, whatever the rules are: a rule made later finds what its window holds.
        self._windows = {kind: Window(kind, settings.utc_offset_s) for kind in WindowKind}
        self.change(settings)

    def change(self, settings: Settings) -> None:
        """Go by other rules; all counts stay."""
        self._rules = settings.every_rule
        self._priced = _strictest(self._rules)
        self._scene: Scene | None = None  # the last one asked about, and the base price by aim
        self._bases: dict[float, float] = {}
        self._target = settings.target
        self._intensity = settings.intensity

    def add(self, t: float, *, answered: int = 0, abandoned: int = 0) -> None:
        """Count people; a negative number of answered takes machines back."""
        for window in self._windows.values():
            window.add(t, answered, abandoned)

    def add_detection_errors(self, t: float, people: int) -> None:
        """Count people that detection had cut off as machines, as an audit estimates them: answered and abandoned."""
        self.detection_errors += people
        self.add(t, answered=people, abandoned=people)

    def roll(self, t: float) -> None:
        """Let every window forget what has left it by t."""
        for window in self._windows.values():
            window.roll(t)

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How every rule stands, the campaign's own cap first."""
        return tuple(self._standing(rule) for rule in self._rules)

    def _standing(self, rule: Rule) -> Standing:
        window = self._windows[rule.window]
        answered, abandoned = max(0, window.answered), window.abandoned
        return Standing(
            window=rule.window,
            cap=rule.cap,
            answered=answered,
            abandoned=abandoned,
            ratio=abandoned / answered if answered else 0.0,
            interval=stats.interval(abandoned, answered),
            budget_left=rule.cap * answered - abandoned,
            evidence=stats.evidence_against(rule.cap, abandoned, answered),
        )

    def counts(self, rule: Rule) -> dict[str, float]:
        """People answered and abandoned in the rule's window, and its cap, by the names that a reason has for them."""
        window = self._windows[rule.window]
        return {"answered": max(0, window.answered), "abandoned": window.abandoned, "cap": rule.cap}

    @property
    def answered(self) -> int:
        """People who answered, in the window of the campaign's own cap."""
        return self.answered_in(self._rules[0].window)

    def answered_in(self, window: WindowKind) -> int:
        """People who answered, in this window, whether a rule asks about it or not."""
        return max(0, self._windows[window].answered)

    @property
    def abandoned(self) -> int:
        """Those of them who were abandoned."""
        return self._windows[self._rules[0].window].abandoned

    @property
    def ratio(self) -> float:
        """Abandoned over answered; 0 without answers."""
        return self.abandoned / self.answered if self.answered else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's exact 95 % interval of the ratio."""
        return stats.interval(self.abandoned, self.answered)

    @property
    def budget_left(self) -> float:
        """Abandoned calls that the strictest rule would still allow for those who answered so far; below 0: over."""
        return min(rule.cap * self._windows[rule.window].answered - self._windows[rule.window].abandoned
                   for rule in self._rules)  # fmt: skip

    @property
    def alarm(self) -> bool:
        """Whether the rate is above a cap beyond doubt (5 %), however often this is asked."""
        return any(each.evidence >= 20 for each in self.standings)

    @property
    def used_up(self) -> bool:
        """Whether one of the further rules, those of the law, leaves nothing to abandon."""
        windows = ((rule.cap, self._windows[rule.window]) for rule in self._rules[1:])
        return any(left_of(max(0, window.answered), window.abandoned, cap) <= 0 for cap, window in windows)

    def price(self, scene: Scene) -> tuple[float, float, Rule]:
        """Agent-seconds that one abandoned call is worth now, the same before the ledger moved it, and the rule that
        sets it. Infinite for a cap of 0.
        """
        slack = slack_of(scene.agents)
        found = []
        for index, rule in enumerate(self._priced):
            base = self._base_of(rule, scene)
            found.append((base * factor(*self._counts(rule), slack), -index, base))
        price, index, base = max(found)
        return price, base, self._priced[-index]

    def dearer(self, scene: Scene) -> Callable[[int], float]:
        """The price after so many abandoned calls more than there are; it falls for none of them."""
        slack = slack_of(scene.agents)
        known = []
        for rule in self._priced:
            answered, abandoned, aim = self._counts(rule)
            known.append((self._base_of(rule, scene), abandoned, factors(answered, aim, slack)))
        return lambda more: max([base * made(abandoned + more) for base, abandoned, made in known])

    def _counts(self, rule: Rule) -> tuple[int, int, float]:
        """Answered, abandoned, and the share aimed at."""
        window = self._windows[rule.window]
        return max(0, window.answered), window.abandoned, rule.cap * (self._target or 1.0)

    def _base_of(self, rule: Rule, scene: Scene) -> float:
        if rule.cap <= 0:
            return math.inf
        if scene is not self._scene:
            self._scene = scene
            self._bases.clear()
        aim = rule.cap * (self._target or 1.0)
        base = self._bases.get(aim)
        if base is None:
            base = self._bases[aim] = base_price(aim, scene) / self._intensity
        return base


def _strictest(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Of the rules over one window the strictest, in the order of the rules."""
    caps = {rule.window: min(one.cap for one in rules if one.window is rule.window) for rule in rules}
    return tuple(Rule(cap, window) for window, cap in caps.items())
