"""What a search may vary, read from a TOML file, and what it must keep and reach. Pure, but for reading the file.

    [space]
    ring_timeout_s = { low = 16.0, high = 32.0, step = 2.0 }     a number from a range; or with log = true
    list_order = ["fresh_first", "retries_first"]                one of several
    "pacing.target" = { low = 0.6, high = 1.0 }
    agents = { low = 24, high = 36 }
    "shifts.evening.agents" = { low = 10, high = 20 }            one shift's
    "recycling.no_answer" = [1800.0, 3600.0, 7200.0]             seconds until a lead is tried again after an outcome

Keys are those of `dialer simulate --compare`: of a campaign (set in every one), else of the scenario.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from asterisk_config.toml_lines import line_of, lines_of_keys
from dialer.core.outcomes import Outcome
from dialer.errors import ConfigError
from simulation import toml_values
from simulation.report import Day
from simulation.scenario import RecyclingPlan, Scenario
from simulation.summary import MEASURES, Measure
from simulation.variants import changed

Value = str | int | float | bool
LINES = "lines_max"
SEARCHED = frozenset({
    "mode", "policy", "abandon_cap", "lines_max", "ring_timeout_s", "wait_max_s", "wrap_up_max_s", "preview_max_s",
    "attempts_max", "number_dials_24h_max", "pacing", "detection.on", "detection.on_machine", "detection.audit_share",
    "selection.order", "selection.expression", "selection.filter", "recycling", "list_order", "agents", "shifts",
})  # fmt: skip
NEEDED = frozenset({"low", "high"})
KNOWN = NEEDED | {"step", "log"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Whole numbers where `low` is one, else numbers."""

    key: str
    low: float
    high: float
    step: float | None = None
    log: bool = False
    whole: bool = False
    place: str = field(default="", repr=False, compare=False)  # where it was read

    def some(self) -> tuple[Value, ...]:
        """Its lowest and its highest value; where it has no steps one between, which shows what wants whole numbers."""
        low, high = (int(one) if self.whole else float(one) for one in (self.low, self.high))
        if self.whole or self.step is not None:
            return low, high
        return low, low + 0.4142 * (high - low), high


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    key: str
    values: tuple[Value, ...]
    place: str = field(default="", repr=False, compare=False)


Dimension = Range | Choice


def read_space(path: Path) -> tuple[Dimension, ...]:
    """The dimensions of a file. Raises ConfigError with file, line and key."""
    text, tree = toml_values.read_tree(path)
    lines = lines_of_keys(text)
    table = tree.get("space")
    if not isinstance(table, dict) or not table or set(tree) != {"space"}:
        raise ConfigError(f"{path}: one table is wanted, [space], with a line for each thing that may vary")
    made = []
    for at, given in _leaves(table, ()):
        key, place = ".".join(at), f"{path}, line {line_of(('space', *at), lines)}"
        try:
            made.append(replace(_dimension(key, given), place=place))
        except ValueError as error:
            raise ConfigError(f"{place}, {key}: {error}") from error
    return tuple(made)


def _leaves(table: Mapping[str, object], at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """What may vary, by its key: `pacing.target` without quotes makes a table in a table, and means the same."""
    for key, given in table.items():
        if isinstance(given, dict) and given and all(isinstance(one, dict | list) for one in given.values()):
            yield from _leaves(given, (*at, key))
        else:
            yield (*at, key), given


def checked(space: Sequence[Dimension], scenario: Scenario) -> None:
    """Raise ConfigError where a key is none that a strategy can set, or a value of it makes no sense."""
    if len(scenario.campaigns) > 1:
        raise ConfigError(f"{scenario.name} has {len(scenario.campaigns)} campaigns; a strategy is of one: leave one")
    for one in space:
        place = f"{one.place}, {one.key}" if one.place else one.key
        if not {one.key, one.key.partition(".")[0]} & SEARCHED or one.key.startswith("pacing.vicidial"):
            raise ConfigError(f"{place}: no strategy sets that; there are {', '.join(sorted(SEARCHED))}")
        if one.key == "agents" and scenario.shifts:
            raise ConfigError(f"{place}: the shifts say how many there are; vary shifts.NAME.agents")
        for value in one.values if isinstance(one, Choice) else one.some():
            try:
                applied(scenario, {one.key: value})
            except ConfigError as error:
                raise ConfigError(f"{place}: {error}") from error


def _dimension(key: str, given: object) -> Dimension:
    if isinstance(given, list):
        if len(given) < 2 or not all(isinstance(one, str | int | float) for one in given):
            raise ValueError("an array holds two values or more, texts or numbers")
        return Choice(key=key, values=tuple(given))
    if not isinstance(given, dict) or not NEEDED <= set(given) <= KNOWN:
        raise ValueError("an array of values, or { low = ..., high = ... } with step or log = true where wanted")
    low, high, step, log = given["low"], given["high"], given.get("step"), given.get("log", False)
    numbers = [low, high, *([step] if step is not None else [])]
    if not all(type(one) in {int, float} for one in numbers) or type(log) is not bool:
        raise ValueError("low, high and step are numbers, log is true or false")
    if not all(math.isfinite(one) for one in numbers):
        raise ValueError("low, high and step are finite")
    if not low < high or (step is not None and (step <= 0 or log)) or (log and low <= 0):
        raise ValueError("low lies below high; step is above 0 and does not go with log; log wants low above 0")
    return Range(key=key, low=low, high=high, step=step, log=log, whole=all(type(one) is int for one in numbers))


def applied(scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
    """The scenario with these values. Raises ConfigError where it knows no such key, or they do not go together.

    One value may be fit only beside another one: in whichever order they are given, all are set if any order does.
    """
    left = dict(values)
    while left:
        set_now, fault = set[str](), ConfigError("")
        for key, value in left.items():
            try:
                scenario = _with(scenario, key, value)
            except ConfigError as error:
                fault = error
            else:
                set_now.add(key)
        if not set_now:
            raise fault
        left = {key: value for key, value in left.items() if key not in set_now}
    return scenario


def _with(scenario: Scenario, key: str, given: Value) -> Scenario:
    value = float(f"{given:.4g}") if isinstance(given, float) else given  # as it will be written down
    head, _, rest = key.partition(".")
    if head == "recycling":
        return _recycled(scenario, rest, value)
    if head == "shifts":
        return _shifted(scenario, rest, value)
    text = json.dumps(value) if isinstance(value, str) else str(value).lower()
    scenario = changed(scenario, key, text, of="")
    if key == LINES:  # the trunk is as wide as the campaign
        trunks = tuple(replace(one, lines_max=max(one.lines_max, int(value))) for one in scenario.trunks)
        scenario = replace(scenario, trunks=trunks)
    return scenario


def _recycled(scenario: Scenario, code: str, value: Value) -> Scenario:
    known = {str(one) for one in Outcome}
    if code not in known:
        raise ConfigError(f"recycling.{code}: no such outcome; there are {', '.join(sorted(known))}")
    if isinstance(value, str | bool) or value < 0:
        raise ConfigError(f"recycling.{code}: {value!r} are no seconds, 0 or more")
    rule = RecyclingPlan(code=code, delay_s=float(value))
    plans = tuple(
        replace(plan, recycling=(*(one for one in plan.recycling if one.code != code), rule))
        for plan in scenario.campaigns
    )
    return replace(scenario, campaigns=plans)


def _shifted(scenario: Scenario, rest: str, value: Value) -> Scenario:
    name, _, field = rest.rpartition(".")
    names = [shift.name for shift in scenario.shifts]
    if name not in names or field != "agents":
        raise ConfigError(f"shifts.{rest}: write shifts.NAME.agents; the shifts are {', '.join(names) or 'none'}")
    if type(value) is not int or value < 0:
        raise ConfigError(f"shifts.{rest}: {value!r} is no whole number of agents")
    shifts = tuple(replace(one, agents=value) if one.name == name else one for one in scenario.shifts)
    return replace(scenario, shifts=shifts)


# ---------------------------------------------------------------- what it must keep, and what it is to reach


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound on a figure's mean that must hold with so much confidence."""

    measure: Measure
    above: bool  # it is a lower bound
    bound: float
    confidence: float

    def told(self) -> str:
        return f"{self.measure.key} {'>=' if self.above else '<='} {self.bound:g} with {100 * self.confidence:g} %"


_NUMBER = r"(\d+(?:\.\d+)?)"
_CONSTRAINT = re.compile(rf"\s*(\w+)\s*(<=|>=)\s*{_NUMBER}\s*(?:@\s*{_NUMBER}\s*%)?\s*")
_SHORT = {"abandon": "abandoned"}


def read_constraint(text: str) -> Constraint:
    """A constraint as abandon<=0.03@99%. Raises ConfigError."""
    found = _CONSTRAINT.fullmatch(text)
    key, sign, bound, confidence = found.groups() if found is not None else ("", "", "", "")
    share = float(confidence or 95.0) / 100.0
    if found is None or not 0.5 <= share < 1.0:
        raise ConfigError(
            f"--constraint {text}: write abandon<=0.03@99%, of {', '.join(one.key for one in MEASURES)}, from 50 % on"
        )
    figure = measure(_SHORT.get(key, key))
    if figure.unit == "%" and float(bound) >= 1:
        raise ConfigError(f"--constraint {text}: {figure.key} is a share; write {float(bound) / 100:g} for {bound} %")
    return Constraint(figure, sign == ">=", float(bound), share)


def measure(key: str) -> Measure:
    """A measure by its key. Raises ConfigError."""
    for one in MEASURES:
        if one.key == key:
            return one
    raise ConfigError(f"there is no measure {key}; there are {', '.join(one.key for one in MEASURES)}")


def aim(key: str) -> Measure:
    """A measure of which more is better. Raises ConfigError."""
    found = measure(key)
    if not found.more_is_better:
        known = ", ".join(one.key for one in MEASURES if one.more_is_better)
        raise ConfigError(f"--maximize {key}: nobody wants more of it; there are {known}")
    return found


def mean(measured: Measure, days: Sequence[Day]) -> float:
    """The figure's mean over days; 0 where no day has it."""
    values = [value for day in days if (value := measured.of(day)) is not None]
    return sum(values) / len(values) if values else 0.0
