"""The live shell on virtual time: order, failures of switch and store, an end in peace."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    CallAgent,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallJoined,
    CallQueued,
    CallReserved,
    ClaimLeads,
    Connect,
    Event,
    LeadsClaimed,
    LegUp,
    ListChanged,
    PlaceCall,
    ReleaseCall,
    ReserveCall,
    Restored,
    StoreCommand,
    SwitchCommand,
    SwitchSeen,
)
from dialer.core.model import Agent, DialFacts, Lead, Trunk
from dialer.core.outcomes import EndedBy, Ending
from dialer.errors import ActionRefusedError, StoreError, SwitchUnavailableError
from dialer.runtime import Runtime
from dialer.store.codec import decode, encode
from dialer.store.rows import JournalEntry
from tests.core.floor import CAMPAIGN, NOON, campaign, lead
from tests.virtual_time import START_S, run

TRUNK = Trunk(name="carrier", dial="PJSIP/{number}@carrier", calls_per_second=1000.0)


@dataclass
class Paper:
    """Stands where the store stands: keeps what it is given, answers questions, refuses when told to."""

    kept: list[StoreCommand] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)
    refuse: Callable[[Sequence[StoreCommand]], bool] = lambda _: False
    given: int = 0
    meanwhile: Callable[[], None] | None = None  # done while a batch is written

    async def apply(
        self, commands: Sequence[StoreCommand], journal: Sequence[JournalEntry], _now: float
    ) -> list[Event]:
        if self.refuse(commands):
            raise StoreError("disk full")
        if self.meanwhile is not None:
            self.meanwhile()
            await asyncio.sleep(0)  # the others' turn
        self.kept += commands
        self.journal += journal
        answers: list[Event] = []
        for command in commands:
            if isinstance(command, ClaimLeads):
                answers.append(LeadsClaimed(command.campaign, (self._lead(),), None))
            elif isinstance(command, ReserveCall) and command.lead is not None:
                answers.append(CallReserved(command.call, DialFacts(lead=command.lead)))
        return answers

    def _lead(self) -> Lead:
        self.given += 1
        return lead(self.given)


@dataclass
class Line:
    """Stands where the switch stands: notes each command and answers it by `script`."""

    runtime: Runtime
    done: list[SwitchCommand] = field(default_factory=list)
    script: Callable[[SwitchCommand], Awaitable[None] | None] = lambda _: None

    async def run(self) -> None:
        self.runtime.tell(SwitchSeen((), NOON, reconnected=True))
        await asyncio.Event().wait()

    async def execute(self, command: SwitchCommand) -> None:
        self.done.append(command)
        if isinstance(command, CallAgent):
            self.runtime.tell(LegUp(command.leg))
        if (waits := self.script(command)) is not None:
            await waits

    def health(self) -> dict[str, float | bool | str]:
        return {"connected": True}


@dataclass
class Shell:
    runtime: Runtime
    paper: Paper
    line: Line

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the shell go on until it is so. Looked at after each batch of events."""
        arrived = asyncio.Event()
        end = self.runtime.subscribe(lambda _: arrived.set())
        while not holds():
            arrived.clear()
            await arrived.wait()
        end()

    def placed(self) -> list[PlaceCall]:
        return [command for command in self.line.done if isinstance(command, PlaceCall)]


def shell(story: Callable[[Shell], Awaitable[None]]) -> None:
    """Play a story on a running shell with one agent ready."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        paper = Paper()
        runtime = Runtime(Engine(), paper, lambda: NOON + loop.time() - START_S)
        line = Line(runtime)
        agent = Agent(id=AgentId(1), name="Agent 1", campaigns=(CAMPAIGN,), endpoint="PJSIP/1")
        runtime.begin((TRUNK,), (campaign(),), (agent,), Restored((), (), CallId(1), 1))
        running = asyncio.create_task(runtime.run(line))
        assert await runtime.ask(AgentSignedIn(agent.id)) is None
        assert await runtime.ask(AgentReady(agent.id)) is None
        try:
            async with asyncio.timeout(900):
                await story(Shell(runtime, paper, line))
        finally:
            running.cancel()
            await asyncio.wait([running])

    run(main())


def test_a_call_is_placed_after_its_reservation_was_kept() -> None:
    async def story(made: Shell) -> None:
        await made.until(lambda: bool(made.placed()))
        assert any(isinstance(command, ReserveCall) for command in made.paper.kept)

    shell(story)


def test_everything_that_happened_is_in_the_journal_in_order() -> None:
    async def story(made: Shell) -> None:
        await made.until(lambda: bool(made.placed()))
        await made.runtime.flush()
        kinds = [entry.kind for entry in made.paper.journal]
        assert kinds.count("event") == made.runtime.handled
        assert [entry.at for entry in made.paper.journal] == sorted(entry.at for entry in made.paper.journal)
        bodies = [entry.body for entry in made.paper.journal]
        first = {
            name: next(n for n, body in enumerate(bodies) if name in body) for name in ("ReserveCall", "PlaceCall")
        }
        assert first["ReserveCall"] < first["PlaceCall"]

    shell(story)


def test_what_was_told_by_then_is_durable_after_a_flush_whatever_goes_on_meanwhile() -> None:
    async def story(made: Shell) -> None:
        made.paper.meanwhile = lambda: made.runtime.tell(ListChanged(CAMPAIGN))  # each batch brings forth another
        await made.runtime.flush()
        made.runtime.tell(ListChanged(CAMPAIGN))
        told = made.runtime.handled + 1
        await made.runtime.flush()
        made.paper.meanwhile = None
        assert sum(entry.kind == "event" for entry in made.paper.journal) >= told

    shell(story)


def test_a_store_that_refuses_lets_nothing_be_dialled_and_is_tried_again() -> None:
    async def story(made: Shell) -> None:
        refused: list[int] = []

        def refuse(commands: Sequence[StoreCommand]) -> bool:
            if len(refused) < 3 and any(isinstance(one, ReserveCall) for one in commands):
                refused.append(1)
                return True
            return False

        made.paper.refuse = refuse
        await made.until(lambda: bool(made.placed()))
        assert len(refused) == 3
        dialled = {command.call for command in made.placed()}
        reserved = {one.call for one in made.paper.kept if isinstance(one, ReserveCall)}
        assert dialled <= reserved

    shell(story)


def test_a_command_the_store_can_never_take_does_not_stop_the_others() -> None:
    async def story(made: Shell) -> None:
        made.paper.refuse = lambda commands: any(type(one).__name__ == "SaveSpell" for one in commands)
        assert await made.runtime.ask(AgentPaused(AgentId(1), "lunch")) is None
        await made.until(lambda: any(alarm.code == "store_refused" for _, alarm in made.runtime.alarms))
        made.paper.refuse = lambda _: False
        assert await made.runtime.ask(AgentReady(AgentId(1))) is None
        await made.until(lambda: bool(made.placed()))
        assert any(type(one).__name__ == "SaveCall" for one in made.paper.kept)

    shell(story)


def test_leads_claimed_beside_a_command_the_store_can_never_take_come_to_the_engine() -> None:
    async def story(made: Shell) -> None:
        await made.until(lambda: bool(made.placed()))
        given = made.paper.given
        made.paper.refuse = lambda commands: any(type(one).__name__ == "SaveSpell" for one in commands)
        made.runtime.tell(ListChanged(CAMPAIGN))  # a claim and a spell, in one batch
        assert await made.runtime.ask(AgentPaused(AgentId(1), "lunch")) is None
        made.runtime.tell(ListChanged(CAMPAIGN))
        await made.until(lambda: any(alarm.code == "store_refused" for _, alarm in made.runtime.alarms))
        made.paper.refuse = lambda _: False
        await made.until(lambda: made.paper.given > given)
        told = [one.body for one in made.paper.journal if one.kind == "event"]
        await made.runtime.flush()
        heard = sum(len(event.leads) for event in map(decode, told) if isinstance(event, LeadsClaimed))
        assert heard == made.paper.given

    shell(story)


def test_a_refusal_of_the_switch_ends_the_call_and_a_lost_answer_does_not_repeat_it() -> None:
    async def story(made: Shell) -> None:
        answers: list[Exception] = [ActionRefusedError("no such endpoint"), SwitchUnavailableError("link lost")]

        def script(command: SwitchCommand) -> None:
            if isinstance(command, PlaceCall) and answers:
                raise answers.pop(0)

        made.line.script = script
        await made.until(lambda: len(made.placed()) == 2)
        made.runtime.tell(SwitchSeen((), NOON + 5000, reconnected=True))
        await made.until(lambda: dict(made.runtime.view().campaigns[0].outcomes) == {"failed": 1, "unknown": 1})
        calls = [command.call for command in made.placed()]
        assert len(calls) == len(set(calls))

    shell(story)


def test_the_end_in_peace_waits_for_talks_and_places_nothing_more() -> None:
    async def story(made: Shell) -> None:
        await made.until(lambda: bool(made.placed()))
        call = made.placed()[0].call
        made.runtime.tell(CallQueued(call))
        made.runtime.tell(CallAnswered(call))
        await made.until(lambda: any(isinstance(command, Connect) for command in made.line.done))
        made.runtime.tell(CallJoined(call, next(one.leg for one in made.line.done if isinstance(one, Connect))))
        draining = asyncio.create_task(made.runtime.drain(600.0))
        await made.until(lambda: made.runtime.view().campaigns[0].not_dialling == "the dialer is shutting down")
        assert not draining.done()
        made.runtime.tell(CallEnded(call, Ending(cause=16, by=EndedBy.PERSON)))
        await made.until(lambda: made.runtime.view().agents[0].state == "wrapping")
        assert not draining.done()
        assert await made.runtime.ask(CallDispositioned(AgentId(1), call, "RPC")) is None
        assert await draining
        assert len(made.placed()) == 1

    shell(story)


def test_the_end_in_peace_has_an_end() -> None:
    async def story(made: Shell) -> None:
        await made.until(lambda: bool(made.placed()))
        made.runtime.tell(CallAnswered(made.placed()[0].call))
        assert not await made.runtime.drain(30.0)

    shell(story)


def test_no_lead_is_lost_when_the_store_is_silent() -> None:
    async def story(made: Shell) -> None:
        await made.until(lambda: bool(made.placed()))
        assert not any(isinstance(command, ReleaseCall) for command in made.paper.kept)

    shell(story)


def test_who_asks_after_the_end_is_told_so() -> None:
    runtime = Runtime(Engine(), Paper(), lambda: NOON)

    async def main() -> None:
        running = asyncio.create_task(runtime.run(Line(runtime)))
        assert (await runtime.ask(AgentReady(AgentId(1)))) is not None  # an agent nobody knows
        running.cancel()
        late = asyncio.create_task(runtime.ask(AgentReady(AgentId(1))))
        await asyncio.wait([running])
        for refused in (await late, await runtime.ask(AgentReady(AgentId(1)))):
            assert refused is not None
            assert refused.code == "shutting_down"

    run(main())


def test_a_journal_replays_command_for_command() -> None:
    async def story(made: Shell) -> None:
        for _ in range(5):
            await made.until(lambda: any(_unanswered(made)))
            call = next(_unanswered(made)).call
            made.runtime.tell(CallQueued(call))
            made.runtime.tell(CallAnswered(call))
            leg = made.line.done[0].leg if isinstance(made.line.done[0], CallAgent) else LegId("")
            made.runtime.tell(CallJoined(call, leg))
            made.runtime.tell(CallEnded(call, Ending(cause=16, by=EndedBy.PERSON)))
            assert await made.runtime.ask(CallDispositioned(AgentId(1), call, "RPC")) is None
            made.runtime.tell(LegUp(leg))
        await made.runtime.flush()
        engine, said = Engine(), []
        for entry in made.paper.journal:
            if entry.kind == "event":
                said += [encode(command) for command in engine.handle(cast("Event", decode(entry.body)), entry.at)]
        assert said == [entry.body for entry in made.paper.journal if entry.kind == "command"]
        assert len(said) > 30

    def _unanswered(made: Shell) -> Iterator[PlaceCall]:
        ended = made.runtime.view().campaigns[0].connected
        return iter(made.placed()[ended:])

    shell(story)
