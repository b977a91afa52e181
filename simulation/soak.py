"""The soak: the engine in many small, faulty worlds, each drawn from one number, every law checked after every event.

A run draws its sizes, its modes and its faults; after a while everything is healed, then paused, and must come to rest.
"""

import random
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from dialer.core.detection import OnMachine
from dialer.core.engine import Engine
from dialer.core.model import Mode
from pacing import Policy
from simulation.scenario import CampaignPlan, Latencies, Scenario, TrunkPlan
from simulation.world import rest
from simulation.world.callers import Callers
from simulation.world.carrier import Carrier
from simulation.world.chance import log_uniform
from simulation.world.checks import Checks, Violation
from simulation.world.detection import Detection
from simulation.world.faults import swarm
from simulation.world.habits import Habits
from simulation.world.lists import ListOrder
from simulation.world.people import People
from simulation.world.shell import Decider
from simulation.world.watching import Trace
from simulation.world.world import World

CALM_S = 240.0  # healed, still dialling
WITH_CALLERS = 4
REST_S = 900.0  # paused: longer than the longest patience of a state that can last


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one seed. `check` is empty where every law held."""

    seed: int
    check: str
    text: str
    events: int
    calls: int
    digest: str


def draw_scenario(seed: int, *, callers: bool | None = None) -> Scenario:
    """The scenario of a seed: sizes down to one line, one agent and no leads.

    In the worlds of one seed in four people call back as well; in all of them or none where `callers` says so.
    """
    if callers is None:
        callers = seed % WITH_CALLERS == 0
    draw = random.Random(f"{seed}:scenario")  # noqa: S311 - nothing is secret here
    agents = round(log_uniform(draw, 1, 14))
    scenario = _without_callers(seed, draw, agents)
    return _with_callers(scenario, random.Random(f"{seed}:callers")) if callers else scenario  # noqa: S311


def _with_callers(scenario: Scenario, draw: random.Random) -> Scenario:
    """The same, where people call back."""
    callers = Callers(
        per_hour=log_uniform(draw, 10, 400),
        patience_s=log_uniform(draw, 2, 300),
        opts_out_share=draw.choice((0.0, 0.1)),
        asks_share=draw.choice((0.0, 0.3)),
        queue_max_s=draw.choice((20, 180)),
        menu_first=draw.random() < 0.3,
    )
    return replace(scenario, campaigns=tuple(replace(plan, callers=callers) for plan in scenario.campaigns))


def _without_callers(seed: int, draw: random.Random, agents: int) -> Scenario:
    return Scenario(
        name=f"soak-{seed}",
        hours=draw.uniform(0.1, 0.5),
        starts=f"2026-03-02T{draw.choice(('07:50', '09:00', '13:00', '19:40'))}",
        agents=agents,
        campaigns=tuple(_campaign(draw, agents, number) for number in range(draw.choice((1, 1, 1, 2, 3)))),
        trunks=tuple(_trunk(draw, number) for number in range(draw.choice((1, 1, 2)))),
        people=_people(draw),
        habits=_habits(draw),
        latencies=Latencies(
            event_s=log_uniform(draw, 0.0005, 0.05),
            command_s=log_uniform(draw, 0.0005, 0.05),
            store_s=log_uniform(draw, 0.001, 0.5),
            press_s=log_uniform(draw, 0.01, 0.5),
        ),
        faults=swarm(draw),
    )


def _campaign(draw: random.Random, agents: int, number: int) -> CampaignPlan:
    modes = (Mode.PREDICTIVE,) * 4 + (Mode.PROGRESSIVE,) * 2 + (Mode.PREVIEW, Mode.MANUAL)
    policies = (Policy.PREDICTIVE,) * 3 + (Policy.RATIO, Policy.ERLANG, Policy.VICIDIAL_ADAPT)
    plan = CampaignPlan(
        name=f"campaign {number}",
        mode=draw.choice(modes),
        policy=draw.choice(policies),
        abandon_cap=draw.choice((0.01, 0.03, 0.5)),
        leads=round(log_uniform(draw, 1, 2000)) - draw.choice((0, 0, 1)),
        lines_max=round(log_uniform(draw, 1, 80)),
        agents=0 if number == 0 else draw.randint(0, agents),
        ring_timeout_s=draw.uniform(10, 40),
        wait_max_s=draw.choice((1.0, 2.0, 2.0, 5.0)),
        wrap_up_max_s=draw.choice((5.0, 30.0, 120.0)),
        attempts_max=draw.choice((1, 3, 10)),
        overlap=draw.choice((0.0, 0.0, 0.5, 1.0)),
        **_list(draw),
        zones=draw.choice((("America/Mexico_City",), ("America/Mexico_City", "America/Tijuana", "America/Lima"))),
    )
    return replace(plan, detection=_detection(draw), wait_max_s=5.0) if draw.random() < 0.2 else plan


def _list(draw: random.Random) -> dict[str, Any]:
    order = draw.choice(tuple(ListOrder))
    numbers = draw.choice(((1.0,), (1.0,), (0.5, 0.3, 0.2)))
    quality = draw.choice((0.0, 0.0, 0.7))
    if order is ListOrder.BEST_FIRST and not quality:  # there is nothing to go by: as they stand on the list
        order = ListOrder.FRESH_FIRST
    return {"list_order": order, "numbers": numbers, "score_quality": quality}


def _detection(draw: random.Random) -> Detection:
    return Detection(
        on=True,
        on_machine=draw.choice(tuple(OnMachine)),
        person_as_machine_share=draw.choice((0.0, 0.05, 0.5)),
        audited_every_s=draw.choice((0.0, 60.0)),
    )


def _trunk(draw: random.Random, number: int) -> TrunkPlan:
    return TrunkPlan(
        name=f"trunk{number}",
        lines_max=round(log_uniform(draw, 1, 60)),
        calls_per_second=log_uniform(draw, 0.3, 30),
        carrier=Carrier(
            delay_s=log_uniform(draw, 0.1, 8),
            congestion_share=draw.choice((0.0, 0.02, 0.3)),
            lines_max=draw.choice((3, 10_000, 10_000)),
            bad_every_s=draw.choice((0.0, 0.0, 400.0)),
            calls_per_second=draw.choice((0.0, 0.0, 1.0)),
            false_answer_share=draw.choice((0.0, 0.0, 0.1)),
        ),
    )


def _people(draw: random.Random) -> People:
    answer, machine = draw.choice(((0.2, 0.2), (0.6, 0.1), (0.95, 0.0), (0.02, 0.3)))
    return People(
        answer_share=answer,
        machine_share=machine,
        busy_share=0.02,
        rejects_share=0.01,
        off_share=0.01,
        invalid_share=0.01,
        by_hour=False,
        lead_sigma=draw.choice((0.0, 0.5)),
        repeat_factor=draw.choice((1.0, 0.8)),
        hangs_up_at_once_share=draw.choice((0.0, 0.1)),
        drift=draw.choice((0.0, 0.3)),
        ring_s=log_uniform(draw, 0.2, 20),
        talk_s=log_uniform(draw, 5, 120),
        short_talk_s=log_uniform(draw, 2, 40),
        opts_out_share=0.5,
    )


def _habits(draw: random.Random) -> Habits:
    return Habits(
        wrap_up_s=log_uniform(draw, 1, 60),
        arrive_within_s=draw.choice((1.0, 60.0)),
        break_every_s=draw.choice((0.0, 120.0, 900.0)),
        break_s=60.0,
        hold_share=draw.choice((0.0, 0.2)),
        transfer_share=draw.choice((0.0, 0.1)),
        consult_share=draw.choice((0.0, 0.3)),
        code_early_share=draw.choice((0.0, 0.5)),
        leave_early_share=draw.choice((0.0, 0.1)),
        dial_in_share=draw.choice((0.0, 0.0, 0.3)),
        off_phone_share=draw.choice((0.0, 0.0, 0.2)),
        late_share=draw.choice((0.0, 0.3)),
        overrun_share=draw.choice((0.0, 0.5)),
        skill_sigma=draw.choice((0.0, 0.3)),
        new_share=draw.choice((0.0, 0.5)),
    )


def run_seed(
    seed: int, make_engine: Callable[[], Decider] = Engine, trace: Trace | None = None, *, callers: bool | None = None
) -> Verdict:
    """Live through the world of a seed. A broken law, or an error inside the engine, is the verdict."""
    scenario = draw_scenario(seed, callers=callers)
    kept = trace if trace is not None else Trace()
    world = World(make_engine, scenario, seed, trace=kept)
    checks = Checks(world)
    check = text = ""
    try:
        world.begin()
        world.run(scenario.hours * 3600.0)
        world.heal()
        world.run(CALM_S)
        rest.dialling(checks)
        world.pause()
        world.run(REST_S)
        let_talks_end(world)
        rest.at_rest(checks)
    except Violation as violation:
        check, text = violation.check, violation.text
    except Exception as error:  # noqa: BLE001 - whatever the engine raises is the finding
        where = traceback.extract_tb(error.__traceback__)[-1]
        check, text = "engine_raised", f"{type(error).__name__}: {error} at {where.filename}:{where.lineno}"
    if check:
        text = f"{text} [at {world.env.now:.3f} s]"
    return Verdict(seed, check, text, world.shell.handled, len(checks.dialled), kept.digest())


def let_talks_end(world: World) -> None:
    """A talk may be longer than every patience, but when it ends is known: one that does not end then is a finding."""
    while (left_s := max(_talks_left_s(world), default=0.0)) > 0:
        world.run(left_s + REST_S)


def _talks_left_s(world: World) -> Iterator[float]:
    for call in world.switch.calls.values():
        if call.talking_since is not None:
            yield call.talk_left_s - (world.env.now - call.talking_since)


def run_seeds(seeds: range, make_engine: Callable[[], Decider] = Engine) -> Iterator[Verdict]:
    """One verdict after the other."""
    for seed in seeds:
        yield run_seed(seed, make_engine)
