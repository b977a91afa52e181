"""A simulated day kept as a real one is: leads, calls, agents' time, pacing and the journal, in a database.

So everything that reads a real day can be tried and tested on one whose truth is known.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CampaignId, ClientId, LeadId
from dialer.core.messages import (
    AddDoNotCall,
    Command,
    Event,
    SaveCall,
    SaveDecision,
    SaveDisposition,
    SaveLead,
    SaveSpell,
    StoreCommand,
    SwitchCommand,
)
from dialer.core.model import Campaign
from dialer.store import AgentLogin, Store
from dialer.store.codec import encode
from dialer.store.loading import NO_NUMBER, Load, NewLead, NewPhone
from dialer.store.rows import JournalEntry
from simulation.configured import agents_of, campaigns_of
from simulation.past import PastError
from simulation.scenario import Scenario, find, lasting
from simulation.texts import ENGLISH, Tongue
from simulation.world.chance import Chance
from simulation.world.lists import NUMBERS_MAX, Lists
from simulation.world.world import World

STEP_S = 60.0
HISTORY = (SaveCall, SaveLead, SaveSpell, SaveDecision, SaveDisposition, AddDoNotCall)
LEADS_AT_ONCE = 2000


class Tape:
    """Takes down what the engine is told, answers, and wants kept."""

    def __init__(self) -> None:
        self.commands: list[StoreCommand] = []
        self.journal: list[JournalEntry] = []

    def handled(self, event: Event, commands: list[Command], now: float) -> None:
        """The engine took an event."""
        self.journal.append(JournalEntry(now, "event", encode(event)))
        for command in commands:
            self.journal.append(JournalEntry(now, "command", encode(command)))
            if isinstance(command, HISTORY):
                self.commands.append(command)

    def numberless(self, lead: LeadId, attempts: int) -> None:
        """The list has let go of a lead, as the store does with one that has no usable number."""
        self.commands.append(SaveLead(lead, attempts, None, NO_NUMBER))

    def executing(self, command: SwitchCommand) -> None:
        """Nothing is kept of what the switch does."""

    def restarted(self) -> None:
        """A new process begins: nothing is to be done about it here."""

    async def keep(self, store: Store, now: float) -> None:
        """Write what has come together."""
        await store.apply(self.commands, self.journal, now)
        self.commands, self.journal = [], []


async def record(
    scenario: Scenario, store: Store, seed: int, *, days: int = 1, progress: Callable[[float], None] = lambda _: None
) -> None:
    """Live through so many days, and keep them in an empty database. `progress` is told how many days are done.

    Raises PastError where the database holds campaigns already.
    """
    if await store.campaigns.list():
        raise PastError(f"{store.url} holds campaigns already; give a database of its own")
    world, tape = World(Engine, scenario, seed, keep_all=False), Tape()
    await _set_up(scenario, store, world.lists)
    world.watch(tape)
    world.store.on_numberless = tape.numberless
    await store.begin_run(scenario.start())
    world.begin()
    steps = round(scenario.hours * 3600.0 / STEP_S)
    for day in range(days):
        if day:
            world.next_day()
        for step in range(steps):
            world.run(STEP_S)
            world.switch.finished.clear()
            await tape.keep(store, world.time())
            progress(day + (step + 1) / steps)
        world.close_day()
        await tape.keep(store, world.time())


async def _set_up(scenario: Scenario, store: Store, lists: Lists) -> None:
    client = await store.clients.add("Simulated")
    for campaign in campaigns_of(scenario):
        saved = replace(campaign, id=CampaignId(0), client=ClientId(client.id))
        await store.campaigns.save(saved)
        await _keep_list(store, replace(saved, id=campaign.id), lists, scenario.start())
    for agent in agents_of(scenario, Chance(0)):
        await store.agents.save(AgentLogin(agent=replace(agent, id=AgentId(0)), login=f"agent{agent.id}"))


async def _keep_list(store: Store, campaign: Campaign, lists: Lists, now: float) -> None:
    """The campaign's leads, under the ids that they have in the simulated world: both count through all lists."""
    number = await store.imports.begin(campaign.id, "simulated", now)
    ids = [lists.nth(campaign.id, place) for place in range(lists.count(campaign.id))]
    async with store.imports.loader(Load(number, campaign, now)) as loader:
        for at in range(0, len(ids), LEADS_AT_ONCE):
            await loader.add([_listed(lists, lead) for lead in sorted(ids)[at : at + LEADS_AT_ONCE]])
        await loader.finish(now)
    tried = [(lead, one) for lead in ids if (one := lists.tried_as(lead)) is not None]
    await store.apply([SaveLead(lead, one.attempts, now + one.due_in_s, "") for lead, one in tried], [], now)


def _listed(lists: Lists, lead: LeadId) -> NewLead:
    """The lead as a list tells it, with all its numbers; somebody who is on two lists is one person."""
    one = lists.lead(lead)
    numbers = dict.fromkeys(lists.lead(lead, attempts).number for attempts in range(NUMBERS_MAX))
    phones = tuple(NewPhone(number, valid=True, country=one.country, zones=one.zones) for number in numbers)
    return NewLead(f"L{lead}", f"P{one.person}", one.country, phones)


def keep(name: str, seed: int, *, days: int, hours: float | None, url: str, tongue: Tongue = ENGLISH) -> None:
    """The command's door: the days in a database, with a progress bar. Raises PastError, ScenarioError, StoreError."""
    scenario = lasting(find(name), hours)
    spoken = tongue.tn("count.days", days)
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{scenario.name}, {spoken}", total=days)
        asyncio.run(_kept(scenario, seed, days, url, lambda done: progress.update(task, completed=done)))


async def _kept(scenario: Scenario, seed: int, days: int, url: str, progress: Callable[[float], None]) -> None:
    async with await Store.open(url if "://" in url else f"sqlite:///{url}") as store:
        await record(scenario, store, seed, days=days, progress=progress)
