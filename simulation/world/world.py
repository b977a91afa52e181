"""The world put together around one engine: scenario and seed in, a stretch of work out. It takes no decision."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import simpy

from dialer.core.agents import AgentState
from dialer.core.ids import AgentId, CampaignId, LeadId, LegId
from dialer.core.leaving import end_of, soon
from dialer.core.messages import (
    AgentDialledIn,
    AgentSet,
    AuditTold,
    CampaignSet,
    CampaignStatusSet,
    ClockDoubted,
    DiallingResumed,
    DiallingStopped,
    Event,
    LeavesPlanned,
    LegUp,
    PlaceCall,
    Ticked,
    TrunkSet,
)
from dialer.core.model import Agent, Campaign, CampaignStatus, Mode
from dialer.core.view import AgentView
from simulation.configured import agents_of, campaigns_of, factors_of, lists_of, trunks_of
from simulation.scenario import Scenario
from simulation.world import callers, mischief
from simulation.world.agents import Person
from simulation.world.bridges import SimCall
from simulation.world.chance import Chance
from simulation.world.faults import NO_FAULTS
from simulation.world.people import Crowd, Fate
from simulation.world.planned import Every, Planned, Timeline
from simulation.world.shell import Decider, Shell
from simulation.world.shifts import WEEK, Roster
from simulation.world.store import Store
from simulation.world.switch import Switch
from simulation.world.watching import Trace, Watcher
from simulation.world.wire import Wire

TICK_S = 0.5
PLANS_EVERY_S = 30.0
SEEN_EVERY_S = 15.0
CLOSING_S = 30.0  # at a day's end: what is in flight is served for so long, then one looks again
CLOSING_MAX_S = 1800.0


class World:
    """A scenario and a seed, brought to life around an engine. `make_engine` is called again after each kill."""

    switch_kind = Switch
    store_kind = Store

    def __init__(
        self,
        make_engine: Callable[[], Decider],
        scenario: Scenario,
        seed: int,
        *,
        trace: Trace | None = None,
        keep_all: bool = True,
    ) -> None:
        self.env = env = Timeline()
        self.scenario = scenario
        self.chance = chance = Chance(seed)
        self.faults = scenario.faults
        self.healed = False
        self.stopped = False  # by a supervisor
        self.campaigns: dict[CampaignId, Campaign] = {one.id: one for one in campaigns_of(scenario)}
        self.agents: dict[AgentId, Agent] = {one.id: one for one in agents_of(scenario, chance)}
        self.trunks = trunks_of(scenario)
        self._start = scenario.start()
        self.lists = lists_of(scenario, chance)
        self.store = self.store_kind(self.lists, opens_at=self._start, keep_all=keep_all)
        self.crowd = Crowd(scenario.people, chance, self._start, factors_of(scenario))
        self._day_began = self._start
        self._stepped_s = 0.0
        self.stepped_at: float | None = None
        self.clock_behind_until = 0.0
        self.screens: dict[AgentId, AgentView] = {}
        self._attempts: dict[LeadId, int] = {}
        self._plans: dict[AgentId, list[tuple[float, float]]] = {}  # stretches of today's shift
        self._planned = LeavesPlanned(())
        self._legs_dialled_in = 0
        self._manual = chance.stream("manual")
        late = scenario.latencies
        self.wire = Wire(
            env, chance.stream("wire"), self.faults, event_s=late.event_s, command_s=late.command_s, deliver=self.tell
        )
        carriers = {plan.name: plan.carrier for plan in scenario.trunks}
        detections = {CampaignId(number): plan.detection for number, plan in enumerate(scenario.campaigns, start=1)}
        self.switch = self.wire.switch = self.switch_kind(
            env, chance, carriers, self, tell=self.wire.event, detections=detections
        )
        self.shell = Shell(
            env, make_engine, self.store, self.wire,
            clock=self.time, draw=chance.stream("shell"), store_s=late.store_s, configuration=self._configuration,
        )  # fmt: skip
        self.shell.faults, self.shell.trace = self.faults, trace
        self.people = {
            agent.id: Person(env, agent, scenario.habits, chance.stream(f"agent:{agent.id}"), self)
            for agent in self.agents.values()
        }

    def watch(self, watcher: Watcher) -> None:
        """Let a checker look on, from before the beginning."""
        self.shell.watchers.append(watcher)
        self.wire.watchers.append(watcher)

    def begin(self) -> None:
        """Start the dialer; people come to work."""
        self.shell.begin()
        self.open_day()
        Every(self.env, TICK_S, self._tick)
        Every(self.env, SEEN_EVERY_S, self._list_switch)
        Every(self.env, self.scenario.screen_every_s, self._refresh_screens)
        self.env.process(self._tell_plans())
        for number, plan in enumerate(self.scenario.campaigns, start=1):
            if plan.detection.on and plan.detection.audited_every_s:
                Every(self.env, plan.detection.audited_every_s, partial(self._audit, CampaignId(number)))
        callers.begin(self)
        mischief.begin(self)

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        self.env.go_on(seconds)

    # ------------------------------------------------------------ days

    def open_day(self) -> None:
        """Today's people come to work, take their breaks and go home, as their shift says."""
        opens, weekday = self.local_time()
        roster = Roster(self.scenario.agents, self.scenario.shifts, self.scenario.habits)
        for day in roster.of_day(weekday, opens, self.chance.stream("arrivals")):
            person = self.people[AgentId(day.agent)]
            now = self.time()
            self._plans[person.agent.id] = [(now + starts, now + ends) for starts, ends in day.stretches()]
            breaks = tuple((max(0.0, at - day.comes), lasts) for at, lasts in day.breaks if at >= day.comes)
            self.after(day.comes, self._of_today(partial(person.arrive, breaks)))
            if day.goes is not None:
                self.after(max(day.comes, day.goes), self._of_today(person.leave))

    def _of_today(self, act: Callable[[], None]) -> Callable[[], None]:
        """What is done today or not at all: a shift may end later than the day that is simulated of it."""
        began = self._day_began
        return lambda: act() if self._day_began == began else None

    def close_day(self) -> None:
        """Nothing new is dialled, talks come to their end and are written up, and everybody goes home."""
        self._set_running(CampaignStatus.PAUSED)
        self.run(CLOSING_S)
        for person in self.people.values():
            person.leave()
        for _ in range(round(CLOSING_MAX_S / CLOSING_S)):
            seats = self.shell.engine.view(self.time()).agents
            here = any(one.state != AgentState.SIGNED_OUT and not self.people[one.id].wants_in for one in seats)
            if not self.switch.calls and not here:
                break
            self.run(CLOSING_S)

    def next_day(self) -> None:
        """Leave out the night, and the days without work: the clock is set ahead, and the next day begins."""
        begun = datetime.fromtimestamp(self._day_began, ZoneInfo(self.scenario.zone))
        while True:
            begun += timedelta(days=1)  # of the calendar: a day with a change of the clock is as long as it is
            if WEEK[begun.weekday()] in self.scenario.workdays:
                break
        self._day_began = begun.timestamp()
        self.step_clock(self._day_began - self.time())
        self._set_running(CampaignStatus.RUNNING)
        self.open_day()

    def local_time(self) -> tuple[float, int]:
        """Seconds since midnight where the scenario plays, and the day of the week, 0 = Monday."""
        local = datetime.fromtimestamp(self.time(), ZoneInfo(self.scenario.zone))
        return local.hour * 3600.0 + local.minute * 60.0 + local.second, local.weekday()

    def date(self) -> str:
        """Today's date where the scenario plays."""
        return datetime.fromtimestamp(self.time(), ZoneInfo(self.scenario.zone)).date().isoformat()

    def _set_running(self, status: CampaignStatus) -> None:
        for campaign in self.campaigns:
            self.campaigns[campaign] = replace(self.campaigns[campaign], status=status)
            self.tell(CampaignStatusSet(campaign, status))

    # ------------------------------------------------------------ time

    def time(self) -> float:
        """The dialer's clock: seconds since 1970."""
        now: float = self.env.now
        return self._start + now + self._stepped_s

    def step_clock(self, by_s: float) -> None:
        """Set the clock ahead."""
        self._stepped_s += by_s
        self.stepped_at = self.env.now

    def set_clock_back(self, by_s: float) -> None:
        """The wall clock stands behind; the process goes by its own, and dials nothing until the two agree."""
        if self.clock_behind_until > self.env.now:
            return
        self.clock_behind_until = self.env.now + by_s
        self.tell(ClockDoubted(by_s))
        self.after(by_s, lambda: self.tell(ClockDoubted(0.0)))

    def after(self, delay_s: float, act: Callable[[], None]) -> None:
        """Let something happen later."""
        Planned(self.env, delay_s, lambda _: act())

    # ------------------------------------------------------------ the dialer's surroundings

    def tell(self, event: Event) -> None:
        """Put an event to the engine."""
        self.shell.tell(event)

    def reconnect(self) -> None:
        """The link comes back; a list of the switch is asked for at once."""
        if not self.wire.up:
            self.wire.lose_sight()
            self.wire.up = True
            self.after(0.05, lambda: self.wire.see(self.time, reconnected=True))

    def _configuration(self) -> Iterator[Event]:
        yield from (TrunkSet(trunk) for trunk in self.trunks)
        yield from (CampaignSet(campaign) for campaign in self.campaigns.values())
        yield from (AgentSet(agent) for agent in self.agents.values())
        if self._planned.at:
            yield self._planned
        if self.stopped:
            yield DiallingStopped("supervisor")
        if self.clock_behind_until > self.env.now:
            yield ClockDoubted(self.clock_behind_until - self.env.now)

    def _tick(self) -> None:
        self.tell(Ticked())

    def _tell_plans(self) -> Generator[simpy.Event, object, None]:
        """The engine is told who leaves when by plan, as the live shell tells it."""
        while True:
            now = self.time()
            planned = soon(((agent, end_of(stretches, now)) for agent, stretches in self._plans.items()), now)
            if planned != self._planned:
                self._planned = planned
                self.tell(planned)
            yield self.env.timeout(PLANS_EVERY_S)

    def _list_switch(self) -> None:
        if not self.wire.lost_told:
            self.wire.see(self.time, reconnected=False)

    def _audit(self, campaign: CampaignId) -> None:
        """Somebody listens to recorded machines, and the engine is told how many of them were people."""
        audit = self.switch.detector.audits[campaign]
        self.tell(AuditTold(campaign, audit.heard, audit.persons))

    def _refresh_screens(self) -> None:
        """Changed screens are seen at the next refresh."""
        changed = sorted(self.shell.engine.take_changed())
        if not self.shell.alive:
            self.screens.clear()
        elif changed or not self.screens:
            for view in self.shell.engine.agent_views(changed if self.screens else None):
                self.screens[view.id] = view
            for agent in changed:
                self.people[agent].nudge()

    # ------------------------------------------------------------ rest

    def heal(self) -> None:
        """Nothing goes wrong from now on, and everybody is at work."""
        self.healed = True
        self.faults = self.shell.faults = NO_FAULTS
        self.wire.heal()
        self.switch.heal()
        self.reconnect()
        if self.stopped:
            self.stopped = False
            self.tell(DiallingResumed("supervisor"))
        for person in self.people.values():
            person.stay()

    def pause(self) -> None:
        """Nothing new is to be dialled."""
        self._set_running(CampaignStatus.PAUSED)

    # ------------------------------------------------------------ what the switch asks of the world

    def fate_of(self, order: PlaceCall, delay_s: float) -> Fate:
        """What the person called does this time."""
        lead, before = self.store.lead(order.lead), self.store.leads.tried_before(order.lead)
        attempt = self._attempts[order.lead] = self._attempts.get(order.lead, before) + 1
        proven = self.lists.proven(lead)
        return self.crowd.fate(lead, attempt=attempt, now=self.time(), delay_s=delay_s, proven=proven)

    def phone_rings(self, agent: AgentId) -> bool:
        """Whether the agent takes the phone."""
        return self.people[agent].takes_phone()

    def hears(self, agent: AgentId, call: SimCall | None) -> None:
        """Whom the agent hears now."""
        self.people[agent].ear(call)

    # ------------------------------------------------------------ what agents ask of the world

    def press(self, event: Event) -> None:
        """A request on its way from a console."""
        if self.chance.stream("press").random() >= self.faults.press_lost_share:
            self.after(self.scenario.latencies.press_s, lambda: self.tell(event))

    def screen(self, agent: AgentId) -> AgentView | None:
        """What the agent's console shows."""
        return self.screens.get(agent)

    def dial_in(self, agent: AgentId) -> None:
        """The agent calls in from the phone, with code and PIN; they are checked by a living process alone."""
        if not self.shell.alive:
            return
        self._legs_dialled_in += 1
        leg = LegId(f"phone-{agent}-{self._legs_dialled_in}")
        self.switch.dial_in(agent, leg)
        self.tell(AgentDialledIn(agent, leg))
        self.wire.event(LegUp(leg))

    def lead_to_dial(self, agent: AgentId) -> tuple[CampaignId, str | None, LeadId | None] | None:
        """A manual campaign of the agent's, and a number or a lead in it."""
        manual = [
            one for one in self.agents[agent].campaigns
            if self.campaigns[one].mode is Mode.MANUAL and self.campaigns[one].status is CampaignStatus.RUNNING
        ]  # fmt: skip
        if not manual or not self.lists:
            return None
        campaign = self._manual.choice(manual)
        lead = LeadId(self._manual.randint(1, len(self.lists)))
        if self._manual.random() < 0.3:
            return campaign, f"+52552{self._manual.randrange(10_000):07d}", None
        return campaign, None, lead
