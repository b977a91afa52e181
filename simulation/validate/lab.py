"""The same scenario twice: in real time on two private Asterisks with robots for agents, and often in simulation."""

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from asterisk_config.lab import Lab, default_home
from dialer.core.engine import Engine
from dialer.core.ids import CampaignId
from dialer.core.messages import PlaceCall
from dialer.core.model import CallRecord
from dialer.store import CallFilter, Store
from dialer.web.client import Json
from simulation.demo.fetching import fetched
from simulation.demo.folder import Folder, fresh
from simulation.demo.habits import Ways
from simulation.demo.run import Plan, performance, watch
from simulation.demo.stage import Wish
from simulation.figures import Book, Figures, figures
from simulation.intervals import Interval, prediction
from simulation.pools import pool
from simulation.scenario import Scenario
from simulation.validate.script import fate_of, numbers, write_list
from simulation.world.people import Fate
from simulation.world.world import World

WARM_UP_S = 60.0  # from the first call on: both floors fill, and pacing learns
ONE = CampaignId(1)
MEASURES = ("occupancy", "connected", "abandon_ratio", "abandoned", "talk_min", "placed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How near the forecast must come: points of a share, or a share of the fact."""

    measure: str
    within: float
    relative: bool


TARGETS = (
    Target(measure="occupancy", within=0.02, relative=False),
    Target(measure="connected", within=0.05, relative=True),
    Target(measure="abandon_ratio", within=0.007, relative=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Both worlds over the same stretch; `simulated` is the mean of simulations, and where 9 of 10 single ones lie."""

    minutes: float
    simulations: int
    lab: Figures
    simulated: dict[str, Interval]

    def difference(self, target: Target) -> float:
        """Simulated less lab, in the target's terms."""
        fact = getattr(self.lab, target.measure)
        off: float = self.simulated[target.measure].mean - fact
        return off / fact if target.relative and fact else off

    def met(self, target: Target) -> bool:
        return abs(self.difference(target)) <= target.within


# ---------------------------------------------------------------- on Asterisk


def settings(scenario: Scenario) -> Json:
    """The campaign's settings, as the API takes them."""
    [plan] = scenario.campaigns
    pacing = plan.settings()
    return {
        "lines_max": plan.lines_max,
        "ring_timeout_s": plan.ring_timeout_s,
        "wait_max_s": int(plan.wait_max_s),
        "wrap_up_max_s": plan.wrap_up_max_s,
        "pacing": {
            "policy": str(pacing.policy), "abandon_cap": pacing.abandon_cap, "target": pacing.target,
            "intensity": pacing.intensity, "ratio": pacing.ratio,
        },
    }  # fmt: skip


def play(scenario: Scenario, seed: int, minutes: float, console: Console, *, standin: bool = False) -> Figures:
    """The scenario on the lab (or the stand-in switch), in real time. Raises LabError, ChildError."""
    [plan] = scenario.campaigns
    home = default_home() / "validate"
    with tempfile.TemporaryDirectory() as scratch, fresh(home) as folder:
        listed = Path(scratch) / "list.csv"
        write_list(listed, numbers(scenario, seed))
        habits = scenario.habits
        wish = Wish(
            mode=plan.mode, agents=scenario.agents, leads=plan.leads, talk_max_s=99, seed=seed, web_port=0,
            list_file=listed, settings=settings(scenario),
            ways=Ways(
                wrap_up_s=habits.wrap_up_s, wrap_up_sigma=habits.wrap_up_sigma,
                machine_wrap_up_s=habits.machine_wrap_up_s, machine_talk_s=scenario.people.machine_talk_s,
            ),
        )  # fmt: skip
        version = "" if standin else fetched(Lab.of(), console)
        asked = Plan(
            minutes=minutes + WARM_UP_S / 60.0 + 0.2, agents=wish.agents, mode=wish.mode, json_file=None,
            standin=standin, port=0, folder=None, leads=wish.leads, talk_max_s=99, seed=seed,
        )  # fmt: skip
        with performance(wish, folder, version, console) as (switch, stage):
            watch(asked, switch, stage, console)
        return asyncio.run(_fact(folder, minutes))


async def _fact(folder: Folder, minutes: float) -> Figures:
    async with await Store.open(f"sqlite:///{folder.database}") as store:
        [campaign] = await store.campaigns.list()
        calls = [row.record async for row in store.calls.stream(CallFilter(placed=True))]
        since = _first(calls) + WARM_UP_S
        spells = await store.spells.list(since, since + minutes * 60.0)
    return figures(calls, spells, campaign, since, since + minutes * 60.0)


def _first(calls: list[CallRecord]) -> float:
    return min(one.placed_at for one in calls if one.placed_at is not None)


# ---------------------------------------------------------------- in simulation


class ScriptedWorld(World):
    """A world whose people do what their numbers say."""

    def __init__(self, scenario: Scenario, listed: list[tuple[str, str]], seed: int) -> None:
        super().__init__(Engine, scenario, seed, keep_all=False)
        self._listed = listed
        self._machines = self.chance.stream("machines")

    def fate_of(self, order: PlaceCall, delay_s: float) -> Fate:
        """What the lead's number says."""
        del delay_s
        _, coded = self._listed[order.lead - 1]
        return fate_of(coded, self._machines.uniform(0.5, 1.5) * self.scenario.people.machine_talk_s)


def simulated(scenario: Scenario, listed: list[tuple[str, str]], seed: int, minutes: float) -> Figures:
    """The scenario once, over the same stretch."""
    world, book = ScriptedWorld(scenario, listed, seed), Book()
    world.watch(book)
    world.begin()
    world.run(minutes * 60.0 + 2 * WARM_UP_S)
    since = _first(list(book.records.values())) + WARM_UP_S
    return book.figures(world.campaigns[ONE], since, since + minutes * 60.0)


def compare(scenario: Scenario, lab: Figures, *, seed: int, minutes: float, simulations: int, jobs: int) -> Compared:
    """Hold the lab's figures against so many simulations of the same people."""
    listed = numbers(scenario, seed)
    with pool(jobs, method="fork") as executor:
        running = [executor.submit(simulated, scenario, listed, one, minutes) for one in range(1, simulations + 1)]
        found = [one.result() for one in running]
    told: dict[str, Interval] = {}
    for name in MEASURES:
        one = prediction([getattr(each, name) for each in found])
        assert one is not None
        told[name] = replace(one, low=max(0.0, one.low)) if one.low is not None else one
    return Compared(minutes=minutes, simulations=simulations, lab=lab, simulated=told)
