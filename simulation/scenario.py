"""Scenarios: everything that is fixed about a simulated day before chance is drawn. Read from TOML, or by name."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from dialer.core.ids import AgentId, CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.model import Agent, Campaign, CampaignStatus, Lead, Mode, Trunk
from dialer.core.rules import Rules
from dialer.errors import DialerError
from pacing import Policy, Settings
from simulation.world.agents import Habits
from simulation.world.carrier import Carrier
from simulation.world.chance import Chance
from simulation.world.faults import NO_FAULTS, Faults
from simulation.world.people import People

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class ScenarioError(DialerError):
    """The scenario cannot be run. Mend the file at the place the text names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """How long messages take on their way, in seconds. Constant within a run, so that order is kept."""

    event_s: float = 0.002
    command_s: float = 0.002
    store_s: float = 0.008
    press_s: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkPlan:
    name: str = "carrier"
    lines_max: int = 200
    calls_per_second: float = 20.0
    carrier: Carrier = field(default_factory=Carrier)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPlan:
    """One campaign. `agents` counts those who work for it (0 = all); `overlap` leads are on other lists too."""

    name: str = "campaign"
    mode: Mode = Mode.PREDICTIVE
    policy: Policy = Policy.PREDICTIVE
    abandon_cap: float = 0.03
    leads: int = 10_000
    lines_max: int = 200
    agents: int = 0
    ring_timeout_s: float = 28.0
    wait_max_s: float = 2.0
    wrap_up_max_s: float = 120.0
    preview_max_s: float = 30.0
    attempts_max: int = 10
    number_dials_24h_max: int = 3
    overlap: float = 0.0
    zones: tuple[str, ...] = ("America/Mexico_City",)  # drawn from, for each lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A stretch of simulated work."""

    name: str = "day"
    hours: float = 8.0
    starts: str = "2026-03-02T09:00"  # local time; a Monday
    zone: str = "America/Mexico_City"
    agents: int = 30
    campaigns: tuple[CampaignPlan, ...] = (CampaignPlan(),)
    trunks: tuple[TrunkPlan, ...] = (TrunkPlan(),)
    people: People = field(default_factory=People)
    habits: Habits = field(default_factory=Habits)
    latencies: Latencies = field(default_factory=Latencies)
    faults: Faults = NO_FAULTS
    screen_every_s: float = 1.0  # how soon a changed screen is seen

    def start(self) -> float:
        """The instant it begins, in seconds since 1970."""
        return datetime.fromisoformat(self.starts).replace(tzinfo=ZoneInfo(self.zone)).timestamp()


# ---------------------------------------------------------------- what the engine is configured with


def trunks_of(scenario: Scenario) -> list[Trunk]:
    return [
        Trunk(name=plan.name, dial=f"PJSIP/{{number}}@{plan.name}", lines_max=plan.lines_max,
              calls_per_second=plan.calls_per_second)
        for plan in scenario.trunks
    ]  # fmt: skip


def campaigns_of(scenario: Scenario) -> list[Campaign]:
    return [
        Campaign(
            id=CampaignId(number),
            client=ClientId(1),
            name=plan.name,
            mode=plan.mode,
            status=CampaignStatus.RUNNING,
            trunks=tuple(trunk.name for trunk in scenario.trunks),
            caller_id="+525511112222",
            lines_max=plan.lines_max,
            ring_timeout_s=plan.ring_timeout_s,
            wait_max_s=plan.wait_max_s,
            wrap_up_max_s=plan.wrap_up_max_s,
            preview_max_s=plan.preview_max_s,
            attempts_max=plan.attempts_max,
            pacing=Settings(policy=plan.policy, abandon_cap=plan.abandon_cap),
            rules=Rules(number_dials_24h_max=plan.number_dials_24h_max),
        )
        for number, plan in enumerate(scenario.campaigns, start=1)
    ]


def agents_of(scenario: Scenario, chance: Chance) -> list[Agent]:
    """The agents; which of them call in by themselves is drawn."""
    draw = chance.stream("dial-in")
    agents = []
    for number in range(1, scenario.agents + 1):
        works = [
            CampaignId(at)
            for at, plan in enumerate(scenario.campaigns, start=1)
            if plan.agents == 0 or (number + at) % scenario.agents < plan.agents
        ]
        calls_in = draw.random() < scenario.habits.dial_in_share
        endpoint = "" if calls_in else f"PJSIP/agent{number}"
        agents.append(Agent(id=AgentId(number), name=f"agent {number}", campaigns=tuple(works), endpoint=endpoint))
    return agents


def leads_of(scenario: Scenario, chance: Chance) -> list[Lead]:
    """Every campaign's list. People who are on two lists have one number on both."""
    draw = chance.stream("lists")
    leads = list[Lead]()
    for campaign, plan in enumerate(scenario.campaigns, start=1):
        others = len(leads)
        for _ in range(plan.leads):
            lead_id = len(leads) + 1
            shared = others > 0 and draw.random() < plan.overlap
            person = leads[draw.randrange(others)].person if shared else lead_id
            leads.append(
                Lead(
                    id=LeadId(lead_id),
                    campaign=CampaignId(campaign),
                    person=PersonId(person),
                    phone=PhoneId(person),
                    number=f"+52551{person:07d}",
                    country="MX",
                    zones=(plan.zones[draw.randrange(len(plan.zones))],),
                )
            )
    return leads


# ---------------------------------------------------------------- TOML


def read(path: Path) -> Scenario:
    """Read a scenario file. Raises ScenarioError with file, line and key."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    base = _BUILT_IN.get(str(tree.pop("base", "")), Scenario(name=path.stem))
    try:
        return _filled(base, tree, "")
    except _KeyError as fault:
        raise ScenarioError(f"{path}, line {_line_of(text, fault.key)}, {fault.key}: {fault}") from fault


class _KeyError(Exception):
    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


Node = TypeVar("Node", bound="DataclassInstance")
Plain = TypeVar("Plain")


def _filled(base: Node, tree: Mapping[str, object], place: str) -> Node:
    """A copy of the dataclass with the tree's values in it."""
    hints = get_type_hints(type(base))
    changes = dict[str, Any]()
    for key, value in tree.items():
        at = f"{place}.{key}" if place else key
        if key not in hints:
            raise _KeyError(at, f"no such key; there are {', '.join(one.name for one in fields(base))}")
        changes[key] = _value(hints[key], getattr(base, key), value, at)
    try:
        return replace(base, **changes)
    except ValueError as error:
        raise _KeyError(place or next(iter(tree), ""), str(error)) from error


def _value(hint: Any, base: object, value: object, at: str) -> object:  # noqa: ANN401 - a type hint is of any kind
    if is_dataclass(base) and not isinstance(base, type):
        return _filled(base, _of(dict, value, at), at)
    if get_origin(hint) is tuple:
        inner: Any = get_args(hint)[0]
        fresh: object = inner() if hasattr(inner, "__dataclass_fields__") else None
        return tuple(_value(inner, fresh, one, at) for one in _of(list, value, at))
    if issubclass(hint, StrEnum):
        try:
            return hint(str(value))
        except ValueError as error:
            raise _KeyError(at, f"{value!r} is not one of {', '.join(hint)}") from error
    if hint is float and type(value) is int:
        return float(value)
    return _of(hint, value, at)


def _of(kind: type[Plain], value: object, at: str) -> Plain:
    if type(value) is not kind:
        raise _KeyError(at, f"{value!r} is a {type(value).__name__}; a {kind.__name__} is wanted")
    return value


def _line_of(text: str, key: str) -> int:
    """The line where the key is set, by its table and its last part; 1 where it is not found."""
    *tables, last = key.split(".")
    table = ".".join(tables)
    inside = not table
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            inside = stripped.strip("[] ") == table
            if stripped.strip("[] ") == key:
                return number
        elif inside and stripped.split("=")[0].strip() == last:
            return number
    return 1


# ---------------------------------------------------------------- by name

_BUILT_IN = {
    "collections_30": Scenario(name="collections_30", campaigns=(CampaignPlan(leads=30_000),)),
    "collections_10": Scenario(name="collections_10", agents=10, campaigns=(CampaignPlan(leads=10_000),)),
}
NAMES = tuple(sorted(_BUILT_IN))


def find(name: str) -> Scenario:
    """A built-in scenario by its name, or one from a file."""
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    if name.endswith(".toml"):
        return read(Path(name))
    raise ScenarioError(f"there is no scenario {name}; there are {', '.join(NAMES)}, or give a .toml file")


def in_mode(scenario: Scenario, mode: Mode) -> Scenario:
    """The same day with every campaign in this mode."""
    return replace(scenario, campaigns=tuple(replace(plan, mode=mode) for plan in scenario.campaigns))
