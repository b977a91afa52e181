"""What breaks in the course of a run, each on its own clock, until everything is healed."""

import random
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import simpy

from dialer.core.messages import (
    AgentSet,
    CampaignSet,
    CampaignStatusSet,
    DiallingResumed,
    DiallingStopped,
    PaceSet,
    TrunkSet,
)
from dialer.core.model import Campaign, CampaignStatus, Mode

if TYPE_CHECKING:
    from simulation.world.world import World


def begin(world: "World") -> None:
    """Let every fault of the scenario that comes by the clock begin."""
    faults = world.scenario.faults
    kinds: tuple[tuple[str, float, Callable[[World, random.Random], None]], ...] = (
        ("link", faults.link_down_every_s, _link_down),
        ("restart", faults.switch_restart_every_s, _switch_restarts),
        ("console", faults.console_gone_every_s, _console_gone),
        ("leg", faults.leg_lost_every_s, _leg_lost),
        ("kill", faults.killed_every_s, _killed),
        ("clock", faults.clock_step_every_s, _clock_steps),
        ("clock back", faults.clock_back_every_s, _clock_back),
        ("leave", faults.all_leave_every_s, _all_leave),
        ("supervisor", faults.supervisor_every_s, _supervisor),
    )
    for name, every_s, strike in kinds:
        if every_s > 0:
            world.env.process(_strike_again_and_again(world, world.chance.stream(f"fault:{name}"), every_s, strike))


def _strike_again_and_again(
    world: "World", draw: random.Random, every_s: float, strike: Callable[["World", random.Random], None]
) -> Generator[simpy.Event, object, None]:
    while True:
        yield world.env.timeout(draw.expovariate(1 / every_s))
        if world.healed:
            return
        strike(world, draw)


def _link_down(world: "World", draw: random.Random) -> None:
    """Everything that the switch tells is missed; the near end finds out after a while."""
    if not world.wire.up:
        return
    world.wire.up = False
    down_s = draw.expovariate(1 / world.faults.link_down_s)
    noticed_s = draw.uniform(0.0, min(down_s, 10.0))
    world.after(noticed_s, world.wire.lose_sight)
    world.after(down_s, world.reconnect)


def _switch_restarts(world: "World", draw: random.Random) -> None:
    if world.wire.up:
        world.wire.up = False
        world.switch.restart()
        world.after(draw.uniform(0.0, 2.0), world.wire.lose_sight)
        world.after(draw.uniform(3.0, 20.0), world.reconnect)


def _console_gone(world: "World", draw: random.Random) -> None:
    person = draw.choice(list(world.people.values()))
    person.away_until = world.env.now + draw.expovariate(1 / world.faults.console_gone_s)


def _leg_lost(world: "World", draw: random.Random) -> None:
    legs = [leg for leg in world.switch.legs.values() if leg.agent is not None]
    if legs:
        world.switch.lose_leg(draw.choice(legs), draw.choice((16, 44)))


def _killed(world: "World", draw: random.Random) -> None:
    world.shell.kill_within(draw.randrange(20))


def _clock_steps(world: "World", draw: random.Random) -> None:
    world.step_clock(draw.uniform(0.0, world.faults.clock_step_s))


def _clock_back(world: "World", draw: random.Random) -> None:
    world.set_clock_back(draw.uniform(5.0, max(5.0, world.faults.clock_back_s)))


def _all_leave(world: "World", draw: random.Random) -> None:
    """A random part leaves one by one, and comes back in another order."""
    leaving = [person for person in world.people.values() if person.wants_in and draw.random() < 0.8]
    for person in leaving:
        world.after(draw.uniform(0, 10), person.leave)
        world.after(10 + draw.uniform(0, 120), person.arrive)


def _supervisor(world: "World", draw: random.Random) -> None:
    """Somebody changes something in the middle of the day."""
    campaign = draw.choice(list(world.campaigns.values()))
    what = draw.randrange(6)
    if what == 0:
        world.stopped = True
        world.tell(DiallingStopped("supervisor"))
        world.after(draw.uniform(1, 60), lambda: _resume(world))
    elif what == 1:
        _set_status(world, campaign, CampaignStatus.PAUSED)
        world.after(draw.uniform(1, 60), lambda: _set_status(world, campaign, CampaignStatus.RUNNING))
    elif what == 2:
        settings = replace(campaign.pacing, intensity=draw.uniform(0.3, 3.0))
        world.campaigns[campaign.id] = replace(world.campaigns[campaign.id], pacing=settings)
        world.tell(PaceSet(campaign.id, settings, "supervisor"))
    elif what == 3:
        changed = replace(world.campaigns[campaign.id], mode=draw.choice(tuple(Mode)), lines_max=draw.randint(1, 60))
        world.campaigns[campaign.id] = changed
        world.tell(CampaignSet(changed))
    elif what == 4:
        agent = draw.choice(list(world.agents.values()))
        works = tuple(one for one in world.campaigns if draw.random() < 0.7)
        world.agents[agent.id] = replace(agent, campaigns=works)
        world.tell(AgentSet(world.agents[agent.id]))
    else:
        at = draw.randrange(len(world.trunks))
        world.trunks[at] = replace(world.trunks[at], lines_max=draw.randint(1, 60))
        world.tell(TrunkSet(world.trunks[at]))


def _resume(world: "World") -> None:
    world.stopped = False
    world.tell(DiallingResumed("supervisor"))


def _set_status(world: "World", campaign: Campaign, status: CampaignStatus) -> None:
    world.campaigns[campaign.id] = replace(world.campaigns[campaign.id], status=status)
    world.tell(CampaignStatusSet(campaign.id, status))
