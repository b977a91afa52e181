"""Strategies side by side: a scenario with some of its values changed, as `--compare policy=ratio` says.

`policy=ratio+pacing.ratio=2.5` is one strategy with two changes; strategies are parted by commas. A key of a campaign
(policy, mode, abandon_cap, ring_timeout_s, list_order, pacing.target, detection.on, ...) is set in every campaign, any
other key in the scenario (agents, people.answer_share, trunks are left alone).
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from dialer.core.model import Mode
from dialer.errors import ConfigError
from simulation import toml_values
from simulation.scenario import CampaignPlan, Scenario, in_mode

_OF_CAMPAIGN = frozenset(one.name for one in fields(CampaignPlan)) - {"name", "agents", "leads"}
_OF_SCENARIO = frozenset(one.name for one in fields(Scenario)) - {"name", "campaigns", "trunks", "shifts"}


@dataclass(frozen=True, slots=True)
class Strategy:
    """A scenario under a name that says what is special about it."""

    name: str
    scenario: Scenario


def strategies(scenario: Scenario, compare: str = "", modes: Sequence[Mode] = ()) -> list[Strategy]:
    """The scenario as it is, in each mode, or in each way that is to be compared. Raises ConfigError."""
    if compare and modes:
        raise ConfigError(
            "--mode and --compare: give one of them; --compare mode=progressive,mode=predictive does both"
        )
    if modes:
        return [Strategy(str(mode), in_mode(scenario, mode)) for mode in modes]
    names = [one.strip() for one in compare.split(",") if one.strip()]
    if len(set(names)) != len(names):
        raise ConfigError(f"--compare {compare}: the same strategy twice")
    short = Counter(map(_short, names))
    found = [Strategy(_short(name) if short[_short(name)] == 1 else name, _changed(scenario, name)) for name in names]
    return found or [Strategy(scenario.name, scenario)]


def _short(name: str) -> str:
    """The strategy as tables call it: a policy or a mode by its own name, anything else with its key."""
    return "+".join(
        one.removeprefix("policy=").removeprefix("mode=").removeprefix("pacing.") for one in name.split("+")
    )


def _changed(scenario: Scenario, name: str) -> Scenario:
    if name == "as_is":
        return scenario
    for change in name.split("+"):
        key, equals, value = change.partition("=")
        if not equals:
            raise ConfigError(f"--compare {name}: {change!r} is no key=value; as_is stands for the scenario unchanged")
        scenario = changed(scenario, key.strip(), value.strip())
    return scenario


def changed(scenario: Scenario, key: str, value: str, *, of: str = "--compare ") -> Scenario:
    """The scenario with one value set. Raises ConfigError; `of` says whose key it is."""
    head = key.split(".", maxsplit=1)[0]
    if head not in _OF_CAMPAIGN | _OF_SCENARIO:
        raise ConfigError(f"{of}{key}: no such key; there are {', '.join(sorted(_OF_CAMPAIGN | _OF_SCENARIO))}")
    tree, text = _told(key, value, of)
    try:
        if head in _OF_CAMPAIGN:
            return replace(scenario, campaigns=tuple(_plans(scenario, tree, text)))
        return toml_values.filled(scenario, tree, text)
    except toml_values.Unreadable as fault:
        raise ConfigError(f"{of}{key}: {fault}") from fault


def _told(key: str, value: str, of: str) -> tuple[dict[str, object], str]:
    """The key with its value as TOML; a word, as predictive, may stand without quotes."""
    for text in (f"{key} = {value}", f"{key} = {json.dumps(value)}"):
        try:
            return tomllib.loads(text), text
        except tomllib.TOMLDecodeError as error:
            wrong = error
    raise ConfigError(f"{of}{key}={value}: {wrong}")


def _plans(scenario: Scenario, tree: dict[str, object], text: str) -> Iterator[CampaignPlan]:
    for plan in scenario.campaigns:
        yield toml_values.filled(plan, tree, text)
