"""Twenty people call back within a minute of a predictive campaign, on shell, AMI and stand-in switch: caps hold."""

import asyncio
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.switch import AsteriskSwitch
from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId
from dialer.core.inbound import Inbound
from dialer.core.messages import (
    AgentReady,
    AgentSignedIn,
    CallDispositioned,
    CallerFound,
    CallReserved,
    ClaimLeads,
    Event,
    FindCaller,
    LeadsClaimed,
    ReserveCall,
    Restored,
    StoreCommand,
)
from dialer.core.model import Agent, CallRecord, DialFacts, Mode, Trunk
from dialer.core.outcomes import Outcome
from dialer.runtime import Runtime
from dialer.store.rows import JournalEntry
from pacing import Settings
from simulation.standin import StandInSwitch
from simulation.standin.people import FarEnd
from tests.core.floor import CAMPAIGN, NOON, campaign, lead
from tests.virtual_time import START_S, run

AGENTS, LINES_MAX, CAP, WAIT_MAX_S = 12, 40, 0.03, 2.0
RUNS_IN_S, GOES_ON_S = 200.0, 300.0
CALLERS, APART_S = 20, 3.0


@dataclass
class Paper:
    """Stands where the store stands: leads without end, and everybody who calls is known."""

    given: int = 0

    async def apply(self, commands: Sequence[StoreCommand], _: Sequence[JournalEntry], __: float) -> list[Event]:
        answers: list[Event] = []
        for command in commands:
            match command:
                case ClaimLeads(_, count):
                    first, self.given = self.given + 1, self.given + count
                    answers.append(LeadsClaimed(CAMPAIGN, tuple(map(lead, range(first, first + count)))))
                case ReserveCall(call=call, lead=wanted) if wanted is not None:
                    answers.append(CallReserved(call, DialFacts(lead=wanted)))
                case FindCaller(call=call, caller=caller):
                    answers.append(CallerFound(call, CAMPAIGN, lead(900_000 + call % 1000, number=f"+{caller}")))
        return answers


def people(dialled: str) -> FarEnd:
    """One in four answers, and talks for some three quarters of a minute."""
    chance = random.Random(dialled)
    after_s = 4.0 + chance.gammavariate(3, 3)
    answers = chance.random() < 0.25 and after_s < 27
    return FarEnd(rings=True, silent=not answers, after_s=after_s, talk_s=chance.lognormvariate(3.8, 0.6))


@dataclass
class Watch:
    """What ended, and what was on the lines meanwhile."""

    runtime: Runtime
    chance: random.Random = field(default_factory=lambda: random.Random("wrap-up"))
    ended: dict[CallId, CallRecord] = field(default_factory=dict)
    lines_most: int = 0
    talking: set[str] = field(default_factory=set)  # callers

    def over(self, record: CallRecord) -> None:
        known = record.id in self.ended
        self.ended[record.id] = record
        if not known and record.bridged_at is not None and record.agent is not None:
            done = CallDispositioned(record.agent, record.id, "RPC")
            asyncio.get_running_loop().call_later(self.chance.uniform(5, 25), self.runtime.tell, done)

    def look(self, switch: StandInSwitch) -> None:
        ours = [one for one in switch.channels if one.context != "dialer-agent"]
        callers = [one for one in ours if one.variables.get("DIALER_DID")]
        self.lines_most = max(self.lines_most, len(ours) - len(callers))
        for one in callers:
            if one.bridge is not None and not one.bridge.holding and one.uniqueid not in self.talking:
                self.talking.add(one.uniqueid)
                asyncio.get_running_loop().call_later(self.chance.lognormvariate(3.8, 0.6), switch.hang_up, one)


async def day() -> tuple[Watch, int, int]:
    loop = asyncio.get_running_loop()
    async with StandInSwitch(seed=7, people=people) as switch:
        runtime = Runtime(Engine(), Paper(), lambda: NOON + loop.time() - START_S)
        settings = AmiSettings(username="dialer", secret="secret", port=switch.port)
        line = AsteriskSwitch(
            settings, runtime.tell, cell=0, now=lambda: NOON + loop.time() - START_S, chance=random.Random(1)
        )
        agents = [Agent(id=AgentId(n), name=f"Agent {n}", campaigns=(CAMPAIGN,), endpoint=f"PJSIP/{n}") for n in
                  range(1, AGENTS + 1)]  # fmt: skip
        work = campaign(
            mode=Mode.PREDICTIVE, inbound=Inbound(on=True), pacing=Settings(abandon_cap=CAP), lines_max=LINES_MAX,
            wait_max_s=WAIT_MAX_S, record=False,
        )  # fmt: skip
        trunk = Trunk(name="carrier", dial="PJSIP/{number}@carrier", calls_per_second=100.0)
        watch = Watch(runtime)
        runtime.on_call_ended(watch.over)
        end = runtime.subscribe(lambda _: watch.look(switch))
        runtime.begin((trunk,), (work,), agents, Restored((), (), CallId(1), 1))
        running = asyncio.create_task(runtime.run(line))
        for agent in agents:
            assert await runtime.ask(AgentSignedIn(agent.id)) is None
            assert await runtime.ask(AgentReady(agent.id)) is None
        await past(RUNS_IN_S)
        before = runtime.view().campaigns[0].answered
        for n in range(CALLERS):
            switch.somebody_calls("5622000000", caller=f"5690000{n:04d}", talk_s=900.0)
            await past(APART_S)
        await past(GOES_ON_S)
        after = runtime.view().campaigns[0].answered
        end()
        running.cancel()
        await asyncio.wait([running])
        return watch, before, after


async def past(seconds: float) -> None:
    """Let so much of the loop's time go by."""
    gone = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, gone.set)
    await gone.wait()


def test_twenty_callers_within_a_minute_of_a_predictive_campaign_break_no_cap() -> None:
    watch, before, after = run(day())
    placed = [one for one in watch.ended.values() if not one.inbound]
    callers = [one for one in watch.ended.values() if one.inbound]
    outcomes = [one.outcome for one in placed]
    answered = sum(one in {Outcome.CONNECTED, Outcome.ABANDONED, Outcome.EARLY_HANGUP} for one in outcomes)
    assert len(callers) == CALLERS
    assert [one.outcome for one in callers if one.bridged_at is None] == []  # every one of them met an agent
    assert outcomes.count(Outcome.ABANDONED) <= CAP * answered
    assert watch.lines_most <= LINES_MAX
    assert before > 15
    assert after > before + 10  # and the campaign went on
    waits = [one.bridged_at - one.answered_at for one in placed if one.bridged_at and one.answered_at]
    assert max(waits) <= WAIT_MAX_S + 0.1
    every = watch.ended.values()
    talks = sorted((one.agent or 0, one.bridged_at, one.ended_at or 0.0) for one in every if one.bridged_at)
    for (agent, _, ends), (other, begins, _) in itertools.pairwise(talks):
        assert agent != other or ends <= begins + 0.1  # nobody talks with two
