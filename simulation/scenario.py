"""Scenarios: everything that is fixed about simulated days before chance is drawn. Read from TOML, or by name.

The format (every key has a default; `base = "collections_30"` starts from another scenario's values):

    title, sources          one line for lists; where the figures come from
    starts, zone, hours     first day's beginning in local time ("2026-03-02T09:00"), IANA zone, length of a day
    workdays                days of the week on which there is work, "mon" ... "sun"
    agents                  how many, where there are no [[shifts]]
    screen_every_s          how soon a changed screen is seen
    [people]                simulation.world.people.People: answer shares, hours, weekdays, patience, talk, repetition
    [habits]                simulation.world.habits.Habits: wrap-up, breaks, lateness, skill, learning
    [latencies] [faults]    how long messages take; what goes wrong (simulation.world.faults.Faults)
    [[shifts]]              name, starts, ends ("09:00"), agents, days; [[shifts.breaks]] at, minutes, spread_minutes
    [[trunks]]              name, lines_max, calls_per_second as the dialer knows them; [trunks.carrier] what is so:
                            simulation.world.carrier.Carrier
    [[campaigns]]           name, mode, policy, abandon_cap, leads, list_order, numbers, score_quality, agents, overlap,
                            lines_max, ring_timeout_s, wait_max_s, wrap_up_max_s, preview_max_s, attempts_max,
                            number_dials_24h_max, zones, country; [campaigns.pacing] every other key of
                            pacing.Settings; [campaigns.detection] simulation.world.detection.Detection;
                            [[campaigns.recycling]] code, delay_s (left out: the lead is finished); dispositions,
                            codes of the campaign's own that recycling may name;
                            [campaigns.selection] order, expression, filter, [[campaigns.selection.parts]] name,
                            filter, share, as a campaign's own; [campaigns.accounts] what they go by:
                            simulation.world.accounts.Accounts, [[campaigns.accounts.segments]];
                            [campaigns.callers] people who call back: simulation.world.callers.Callers

A file that names trunks, campaigns or shifts replaces those of its base; the first ones start from the base's first.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from math import fsum
from pathlib import Path
from zoneinfo import ZoneInfo

from asterisk_config.toml_lines import line_of, lines_of_keys
from dialer.core.campaigns import pacing_settings
from dialer.core.ids import CampaignId, ClientId
from dialer.core.model import DISPOSITIONS, Campaign, CampaignStatus, Contact, Mode, Recycling
from dialer.core.outcomes import OUTCOMES
from dialer.core.rules import Rules
from dialer.core.selection import Order, Part, Selection
from dialer.errors import ConfigError, DialerError
from pacing import Policy, Settings
from simulation import toml_values
from simulation.world.accounts import Accounts
from simulation.world.bounds import bounded
from simulation.world.callers import Callers
from simulation.world.carrier import Carrier
from simulation.world.detection import Detection
from simulation.world.faults import NO_FAULTS, Faults
from simulation.world.habits import COLLEAGUE, Habits
from simulation.world.lists import NUMBERS_MAX, ListOrder, TriedPlan
from simulation.world.people import People
from simulation.world.shifts import WEEK, ShiftPlan, seconds_of

LIBRARY = Path(__file__).parent / "scenarios"
STANDS_AS = {  # of pacing.Settings, what the campaign says itself, and as what
    "policy": "policy", "abandon_cap": "abandon_cap",
    "ring_timeout_s": "ring_timeout_s", "connect_within_s": "wait_max_s",
}  # fmt: skip
CODES = frozenset({*OUTCOMES, *(one.code for one in DISPOSITIONS)})  # what can become of a call of any campaign


class ScenarioError(DialerError):
    """The scenario cannot be run. Mend the file at the place the text names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """How long messages take on their way, in seconds. Constant within a run, so that order is kept."""

    event_s: float = 0.002
    command_s: float = 0.002
    store_s: float = 0.008
    press_s: float = 0.05

    def __post_init__(self) -> None:
        bounded(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkPlan:
    name: str = "carrier"
    lines_max: int = 200
    calls_per_second: float = 20.0
    carrier: Carrier = field(default_factory=Carrier)

    def __post_init__(self) -> None:
        bounded(self)
        if self.calls_per_second <= 0:
            raise ValueError("calls_per_second is above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecyclingPlan:
    """What becomes of a lead after an outcome or disposition code: again after `delay_s` (below 0: finished)."""

    code: str = ""
    delay_s: float = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPlan:
    """A part of the mix: the leads of its filter that no part before it took, `share` of what is claimed."""

    name: str = "part"
    filter: str = "attempts >= 0"
    share: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionPlan:
    """As a campaign's own selection: its order (and expression), its filter, and the parts of its mix."""

    order: Order = Order.DUE
    expression: str = ""
    filter: str = ""
    parts: tuple[PartPlan, ...] = ()

    def __post_init__(self) -> None:
        self.configured()

    def configured(self) -> Selection:
        """What the dialer is told. Raises ValueError."""
        parts = tuple(Part(one.name, one.filter, one.share) for one in self.parts)
        return Selection(order=self.order, expression=self.expression, filter=self.filter, parts=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPlan:
    """One campaign. `agents` counts those who work for it (0 = all); `overlap` leads are on other lists too.

    `numbers` are the shares of leads with one number, two, ...; `score_quality` says how well each lead's chance of an
    answer is known to the dialer (0 = not told, 1 = exactly). Policy and cap stand here, other settings in `pacing`.
    """

    name: str = "campaign"
    mode: Mode = Mode.PREDICTIVE
    policy: Policy = Policy.PREDICTIVE
    abandon_cap: float = 0.03
    leads: int = 10_000
    tried: tuple[TriedPlan, ...] = ()  # more leads
    list_order: ListOrder = ListOrder.FRESH_FIRST
    numbers: tuple[float, ...] = (1.0,)
    score_quality: float = 0.0
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
    country: str = "MX"
    pacing: Settings = field(default_factory=Settings)
    detection: Detection = field(default_factory=Detection)
    recycling: tuple[RecyclingPlan, ...] = ()
    dispositions: tuple[str, ...] = ()  # of its own, that recycling may name; simulated agents give none
    selection: SelectionPlan = field(default_factory=SelectionPlan)
    accounts: Accounts = field(default_factory=Accounts)
    callers: Callers = field(default_factory=Callers)

    def __post_init__(self) -> None:
        bounded(self)
        if not 1 <= len(self.numbers) <= NUMBERS_MAX or abs(fsum(self.numbers) - 1.0) > 1e-6 or min(self.numbers) < 0:
            raise ValueError("numbers are shares of leads with one number, two, ...; they add up to 1")
        if not (0.0 <= self.score_quality <= 1.0 and 0.0 <= self.overlap <= 1.0):
            raise ValueError("score_quality and overlap lie between 0 and 1")
        if self.leads < 0 or not self.zones:
            raise ValueError("leads is 0 or more, and zones names one at least")
        _nothing_twice(self.pacing)
        selection = self.selection.configured()
        if selection.places and self.list_order is not ListOrder.FRESH_FIRST:
            raise ValueError("list_order and selection: give one of them")
        if selection.scores and not self.score_quality:
            raise ValueError("selection asks for scores: score_quality says how good they are, above 0")
        if self.list_order is ListOrder.BEST_FIRST and not self.score_quality:
            raise ValueError("best_first asks for scores: score_quality says how good they are, above 0")
        for one in self.recycling:
            _known(one.code, CODES.union(self.dispositions))
        for zone in self.zones:
            try:
                ZoneInfo(zone)
            except (ValueError, OSError, LookupError) as error:
                raise ValueError(f"zones: {zone!r} is no zone; write names as America/Lima") from error
        self.configured(CampaignId(1), ())

    def settings(self) -> Settings:
        """The campaign's pacing, whole."""
        return replace(self.pacing, policy=self.policy, abandon_cap=self.abandon_cap)

    def configured(self, number: CampaignId, trunks: tuple[str, ...]) -> Campaign:
        """What the dialer is told. Raises ValueError where it would not take that."""
        campaign = Campaign(
            id=number,
            client=ClientId(1),
            name=self.name,
            mode=self.mode,
            status=CampaignStatus.RUNNING,
            trunks=trunks,
            caller_id="+525511112222",
            lines_max=self.lines_max,
            ring_timeout_s=self.ring_timeout_s,
            wait_max_s=self.wait_max_s,
            wrap_up_max_s=self.wrap_up_max_s,
            preview_max_s=self.preview_max_s,
            attempts_max=self.attempts_max,
            pacing=self.settings(),
            rules=Rules(number_dials_24h_max=self.number_dials_24h_max),
            detection=self.detection.configured(),
            selection=self.selection.configured(),
            inbound=self.callers.configured(),
            directory=(Contact("colleague", COLLEAGUE),),
            recycling=tuple((one.code, Recycling(one.delay_s if one.delay_s >= 0 else None)) for one in self.recycling),
        )
        pacing_settings(campaign)
        return campaign


def _nothing_twice(pacing: Settings) -> None:
    for key, as_what in STANDS_AS.items():
        if getattr(pacing, key) != getattr(Settings(), key):
            raise ValueError(f"pacing.{key} does nothing: {as_what} stands at the campaign")


def besides(pacing: Settings) -> Settings:
    """A campaign's pacing as a plan takes it: without what stands at the campaign."""
    return replace(pacing, **{key: getattr(Settings(), key) for key in STANDS_AS})


def _known(code: str, codes: Set[str]) -> None:
    if code not in codes:
        close = get_close_matches(code, codes, 1)
        meant = f"is {close[0]!r} meant?" if close else f"there are {', '.join(sorted(codes))}"
        raise ValueError(f"recycling: {code!r} is no outcome or disposition; {meant} (dispositions names others)")


def _names_once(what: str, names: Sequence[str]) -> None:
    if twice := [name for at, name in enumerate(names) if name in names[:at]]:
        raise ValueError(f"{what}: two are named {twice[0]!r}; each has a name of its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A stretch of simulated work: one day, or as many as are asked for."""

    name: str = "day"
    title: str = ""
    sources: tuple[str, ...] = ()
    hours: float = 8.0
    starts: str = "2026-03-02T09:00"  # local time; a Monday
    zone: str = "America/Mexico_City"
    workdays: tuple[str, ...] = WEEK[:6]
    agents: int = 30
    shifts: tuple[ShiftPlan, ...] = ()
    campaigns: tuple[CampaignPlan, ...] = (CampaignPlan(),)
    trunks: tuple[TrunkPlan, ...] = (TrunkPlan(),)
    people: People = field(default_factory=People)
    habits: Habits = field(default_factory=Habits)
    latencies: Latencies = field(default_factory=Latencies)
    faults: Faults = NO_FAULTS
    screen_every_s: float = 1.0  # how soon a changed screen is seen

    def __post_init__(self) -> None:
        bounded(self)
        if min(self.hours, self.screen_every_s) <= 0:
            raise ValueError(f"{'hours' if self.hours <= 0 else 'screen_every_s'} is above 0")
        if not self.campaigns or not self.trunks:
            raise ValueError("there is a campaign and a trunk at least")
        if self.staff < 1:
            raise ValueError("agents is 1 or more")
        if not self.workdays or not set(self.workdays) <= set(WEEK):
            raise ValueError(f"workdays are some of {', '.join(WEEK)}")
        text = "starts is a local time as 2026-03-02T09:00, zone a name as America/Lima"
        try:
            self.start()
        except (ValueError, OSError, LookupError, OverflowError) as error:
            raise ValueError(f"{text}: {error}") from error
        if datetime.fromisoformat(self.starts).tzinfo is not None:
            raise ValueError(f"{text}: starts has an offset of its own, {self.starts}")
        _names_once("trunks", [one.name for one in self.trunks])
        _names_once("shifts", [one.name for one in self.shifts if one.name != ShiftPlan().name])  # those named at all
        self._attended()

    def _attended(self) -> None:
        """Somebody is at work: a shift that the day cuts short is one, what lies wholly before or after it is none."""
        begins = datetime.fromisoformat(self.starts)
        opens = begins.hour * 3600.0 + begins.minute * 60.0 + begins.second
        closes = opens + self.hours * 3600.0
        within = (seconds_of(one.starts) < closes and seconds_of(one.ends) > opens for one in self.shifts if one.agents)
        if self.shifts and not any(within):
            raise ValueError(f"no shift is within the day: hours are {self.hours:g}, from {begins:%H:%M} on")

    @property
    def staff(self) -> int:
        """All agents, of every shift."""
        return sum(shift.agents for shift in self.shifts) if self.shifts else self.agents

    def start(self) -> float:
        """The instant it begins, in seconds since 1970."""
        return datetime.fromisoformat(self.starts).replace(tzinfo=ZoneInfo(self.zone)).timestamp()


# ---------------------------------------------------------------- TOML, and by name


def read(path: Path, after: tuple[Path, ...] = ()) -> Scenario:
    """Read a scenario file. Raises ScenarioError with file, line and key of everything that is wrong.

    `after`: the files that start from it.
    """
    try:
        text, tree = toml_values.read_tree(path)
    except ConfigError as error:
        raise ScenarioError(str(error)) from error
    chain = (*after, path.resolve())
    try:
        base = replace(_base(tree.pop("base"), path, chain) if "base" in tree else Scenario(), name=path.stem)
    except ScenarioError as error:
        raise ScenarioError(f"{path}, line {line_of(('base',), lines_of_keys(text))}, base: {error}") from error
    try:
        return toml_values.filled(base, tree, text)
    except toml_values.Unreadable as fault:
        found = (f"{path}, line {one.line}, {one.key}: {one.text}" for one in fault.found)
        raise ScenarioError("\n".join(found)) from fault


def _base(name: object, path: Path, chain: tuple[Path, ...]) -> Scenario:
    """What a file starts from: a scenario of the library, or another file, as seen from its own folder."""
    if not isinstance(name, str):
        raise ScenarioError(f"{name!r} is no name of a scenario")
    if not name.endswith(".toml"):
        return find(name)
    other = path.parent / name
    if other.resolve() in chain:
        raise ScenarioError(f"{name} starts from this file")
    return read(other, chain)


def write(scenario: Scenario) -> str:
    """The scenario as TOML: what differs from the defaults. `read` gives an equal one, but for its name."""
    return toml_values.text(replace(scenario, name=Scenario().name), Scenario())


def names() -> tuple[str, ...]:
    """The scenarios of the library, small floors before large ones."""
    found = (path.stem for path in LIBRARY.glob("*.toml"))
    return tuple(sorted(found, key=lambda name: [int(part) if part.isdigit() else part for part in _parts(name)]))


def _parts(name: str) -> Iterator[str]:
    head, _, tail = name.rpartition("_")
    yield from (head, tail) if tail.isdigit() else (name, "0")


@cache
def _built_in(name: str) -> Scenario:
    return read(LIBRARY / f"{name}.toml")


def find(name: str) -> Scenario:
    """A scenario of the library by its name, or one from a file."""
    if name.endswith(".toml"):
        return read(Path(name))
    if name in names():
        return _built_in(name)
    raise ScenarioError(f"there is no scenario {name}; there are {', '.join(names())}, or give a .toml file")


def lasting(scenario: Scenario, hours: float | None) -> Scenario:
    """The same days of another length, where one is given. Raises ScenarioError."""
    try:
        return scenario if hours is None else replace(scenario, hours=hours)
    except ValueError as error:
        raise ScenarioError(f"{scenario.name}: {error}") from error


def in_mode(scenario: Scenario, mode: Mode) -> Scenario:
    """The same days with every campaign in this mode."""
    return replace(scenario, campaigns=tuple(replace(plan, mode=mode) for plan in scenario.campaigns))
