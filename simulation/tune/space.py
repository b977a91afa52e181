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

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asterisk_config.toml_lines import line_of, lines_of_keys
from dialer.core.outcomes import Outcome
from dialer.errors import ConfigError
from simulation.report import Day
from simulation.scenario import RecyclingPlan, Scenario
from simulation.summary import MEASURES, Measure
from simulation.variants import changed

Value = str | int | float | bool
LINES = "lines_max"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    key: str
    values: tuple[Value, ...]


Dimension = Range | Choice


def read_space(path: Path) -> tuple[Dimension, ...]:
    """The dimensions of a file. Raises ConfigError with file, line and key."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    lines = lines_of_keys(text)
    table = tree.get("space")
    if not isinstance(table, dict) or not table or set(tree) != {"space"}:
        raise ConfigError(f"{path}: one table is wanted, [space], with a line for each thing that may vary")
    made = []
    for key, given in table.items():
        try:
            made.append(_dimension(key, given))
        except ValueError as error:
            raise ConfigError(f"{path}, line {line_of(('space', key), lines)}, {key}: {error}") from error
    return tuple(made)


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
    if not low < high or (step is not None and (step <= 0 or log)) or (log and low <= 0):
        raise ValueError("low lies below high; step is above 0 and does not go with log; log wants low above 0")
    return Range(key=key, low=low, high=high, step=step, log=log, whole=all(type(one) is int for one in numbers))


def applied(scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
    """The scenario with these values. Raises ConfigError where it knows no such key, or they do not go together."""
    for key, given in values.items():
        value = float(f"{given:.4g}") if isinstance(given, float) else given  # as it will be written down
        head, _, rest = key.partition(".")
        if head == "recycling":
            scenario = _recycled(scenario, rest, value)
        elif head == "shifts":
            scenario = _shifted(scenario, rest, value)
        else:
            scenario = changed(scenario, key, f'"{value}"' if isinstance(value, str) else str(value).lower())
        if key == LINES:  # the trunk is as wide as the campaign
            trunks = tuple(replace(one, lines_max=max(one.lines_max, int(value))) for one in scenario.trunks)
            scenario = replace(scenario, trunks=trunks)
    return scenario


def _recycled(scenario: Scenario, code: str, value: Value) -> Scenario:
    known = {str(one) for one in Outcome}
    if code not in known:
        raise ConfigError(f"recycling.{code}: no such outcome; there are {', '.join(sorted(known))}")
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
    shifts = tuple(replace(one, agents=int(value)) if one.name == name else one for one in scenario.shifts)
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
    return Constraint(measure(_SHORT.get(key, key)), sign == ">=", float(bound), share)


def measure(key: str) -> Measure:
    """A measure by its key. Raises ConfigError."""
    for one in MEASURES:
        if one.key == key:
            return one
    raise ConfigError(f"there is no measure {key}; there are {', '.join(one.key for one in MEASURES)}")


def mean(measured: Measure, days: Sequence[Day]) -> float:
    """The figure's mean over days; 0 where no day has it."""
    values = [value for day in days if (value := measured.of(day)) is not None]
    return sum(values) / len(values) if values else 0.0
