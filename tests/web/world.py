"""A whole dialer behind the console: real engine, runtime, store and web server, and a switch played by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self, assert_never

import httpx
from fastapi import FastAPI

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId, LegId
from dialer.core.lawful import NO_LAW
from dialer.core.messages import (
    AdoptCaller,
    CallAgent,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallJoined,
    CallQueued,
    CallRang,
    CallThird,
    CallTransferred,
    Connect,
    ConnectLegs,
    DropLeg,
    Event,
    Guide,
    HangUp,
    Hold,
    JoinThree,
    LegEnded,
    LegUp,
    Monitor,
    MonitorOther,
    MonitorUp,
    MuteRecording,
    PlaceCall,
    SetMonitorMode,
    SwitchCommand,
    SwitchSeen,
    ThirdAnswered,
    Transfer,
)
from dialer.core.model import DISPOSITIONS, Agent, Campaign, CampaignStatus, Disposition, Mode, Trunk
from dialer.core.outcomes import EndedBy, Ending
from dialer.core.packs.lawbook import Lawbook
from dialer.core.rules import EVERY_DAY, Rules, Window
from dialer.ports import Tell
from dialer.runtime import Runtime
from dialer.store import AgentLogin, Role, Store, User
from dialer.watch import Watchman
from dialer.watch_settings import AlarmSettings
from dialer.web.app import create_app
from dialer.web.client import Client, Json
from dialer.web.passwords import hash_secret
from dialer.web.serving import listen, serve
from dialer.web.settings import WebSettings
from recordings.archive import ArchiveSettings
from tests.new_database import new_database

PIN = "4711"
PASSWORD = "a long enough password"
ADMIN_TOKEN = "the local administrator's token"
NOW = 1_795_449_600.0  # Monday 2026-11-23, 16:00 UTC, 10:00 in Mexico City: no test depends on the hour it is run at
ALWAYS = Rules(
    windows=(Window(EVERY_DAY, 0, 1440),),
    number_dials_24h_max=None,
    person_dials_24h_max=None,
    person_dials_7d_max=None,
    number_gap_min_s=0.0,
    contact_gap_min_s=0.0,
)
HASHES = {secret: hash_secret(secret) for secret in (PIN, PASSWORD)}


class WillingSwitch:
    """Carries every command out at once: phones and people answer, all is heard."""

    def __init__(self, now: float) -> None:
        self.tell: Tell = lambda _: None
        self._now = now
        self.phones_answer = True
        self._legs: dict[CallId, LegId] = {}  # whom each call was last connected to

    async def run(self) -> None:
        self.tell(SwitchSeen((), self._now, reconnected=True))
        await asyncio.Event().wait()

    async def execute(self, command: SwitchCommand) -> None:
        for event in self._events(command):
            self.tell(event)

    def health(self) -> dict[str, float | bool | str]:
        return {"connected": True}

    def lose_phones(self) -> None:
        """The phones of all who talk are gone, and do not come back."""
        self.phones_answer = False
        for leg in self._legs.values():
            self.tell(LegEnded(leg, 0))

    def _events(self, command: SwitchCommand) -> tuple[Event, ...]:
        match command:
            case PlaceCall():
                answers: tuple[Event, ...] = (
                    CallQueued(command.call),
                    CallRang(command.call),
                    CallAnswered(command.call),
                )
            case Transfer(call):
                ended = CallEnded(call, Ending(cause=16, by=EndedBy.DIALPLAN))
                answers = CallTransferred(call, answered=True), ended, *self._back(call)
            case CallAgent(_, leg, _):
                answers = (LegUp(leg),) if self.phones_answer else ()
            case Connect(call, leg) | JoinThree(call, leg):
                self._legs[call] = leg
                answers = (CallJoined(call, leg),)
            case HangUp(call):
                answers = CallEnded(call, Ending(cause=16, by=EndedBy.DIALER)), *self._back(call)
            case Hold(call):
                answers = CallHeld(call), *self._back(call)
            case CallThird(leg, _, _):
                answers = (ThirdAnswered(leg),)
            case DropLeg(leg):
                answers = (LegEnded(leg, 16),)
            case Monitor(leg, _, _) | MonitorOther(leg, _):
                answers = (MonitorUp(leg),)
            case ConnectLegs() | MuteRecording() | SetMonitorMode() | AdoptCaller() | Guide():
                answers = ()
            case _:
                assert_never(command)
        return answers

    def _back(self, call: CallId) -> tuple[Event, ...]:
        """The agent's leg falls back into its waiting place."""
        leg = self._legs.pop(call, None)
        return (LegUp(leg),) if leg is not None else ()


@dataclass
class World:
    """What a test drives: the address, the parts behind it, and who is known to them."""

    url: str
    app: FastAPI
    store: Store
    runtime: Runtime
    watch: Watchman
    switch: WillingSwitch
    recordings: Path
    campaign: CampaignId
    leads: list[LeadId]
    agents: list[AgentId]
    open_clients: list[Client] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self.open_clients:
            await client.close()

    def client(self, token: str | None = None) -> Client:
        made = Client(self.url, token)
        self.open_clients.append(made)
        return made

    def http(self, *, below: str = "", **headers: str) -> httpx.AsyncClient:
        """Bare HTTP, for what the client would never send."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        # A busy machine is no fault of the dialer: how quick it is, `make bench` says.
        return httpx.AsyncClient(base_url=self.url + below, headers=given, verify=False, trust_env=False, timeout=60)

    async def supervisor(self) -> Client:
        made = self.client()
        await made.sign_in("sofia", PASSWORD)
        return made

    async def signed_in(self, login: str) -> Client:
        made = self.client()
        await made.sign_in(login, PASSWORD)
        return made

    async def administrator(self) -> Client:
        made = self.client()
        await made.sign_in("ana", PASSWORD)
        return made

    async def agent(self, number: int = 1) -> Client:
        """An agent, signed in to the API."""
        made = self.client()
        await made.sign_in_agent(str(1000 + number), PIN)
        return made

    async def agent_at_work(self, number: int = 1) -> Client:
        """An agent whose phone is up and who is ready."""
        made = await self.agent(number)
        await made.desk_sign_in()
        await self.desk(made, "break")
        await made.ready()
        return made

    async def desk(self, client: Client, state: str) -> Json:
        """The agent's desk as soon as it is in that state, by the live view."""
        async with asyncio.timeout(10), aclosing(client.live("desk")) as stream:
            async for topic, desk in stream:
                if topic == "desk" and desk["state"] == state:
                    return desk
        raise AssertionError(f"the live view ended before {state}")


@asynccontextmanager
async def world(
    folder: Path,
    *,
    mode: Mode = Mode.MANUAL,
    settings: WebSettings | None = None,
    agents: int = 2,
    law: Lawbook = NO_LAW,
    dispositions: tuple[Disposition, ...] = DISPOSITIONS,
    hours: tuple[int, int] = (0, 24),
) -> AsyncIterator[World]:
    """A dialer at work with one campaign of three leads, a supervisor, an administrator, an analyst and some agents."""
    recordings = folder / "recordings"
    recordings.mkdir()
    settings = settings or WebSettings(port=0)
    async with await Store.open(new_database(folder / "day.db")) as store:
        campaign = await _campaign(store, mode, dispositions, hours)
        known = [await _agent(store, campaign.id, number + 1) for number in range(agents)]
        await _users(store, campaign)
        switch = WillingSwitch(NOW)
        clock = _clock(NOW)
        runtime = await _begun(store, campaign, known, switch, clock)
        listening = listen(settings)
        watch = Watchman(runtime, store, AlarmSettings(raise_after_s=0.0, clear_after_s=0.0), now=clock)
        runtime.on_call_ended(watch.ended)
        app = create_app(
            runtime,
            store,
            settings,
            recordings=folder / "spool",
            archive=ArchiveSettings(folder=recordings),
            admin_token=ADMIN_TOKEN,
            law=law,
            now=clock,
            watch=watch,
        )
        made = World(
            app=app,
            url=f"http://127.0.0.1:{listening.getsockname()[1]}",
            store=store,
            runtime=runtime,
            watch=watch,
            switch=switch,
            recordings=recordings,
            campaign=campaign.id,
            leads=await add_leads(store, campaign, 3),
            agents=[login.agent.id for login in known],
        )
        async with _running(runtime.run(switch), watch.run(), serve(app, settings, listening=listening)), made:
            yield made


async def _begun(
    store: Store, campaign: Campaign, known: list[AgentLogin], switch: WillingSwitch, clock: Callable[[], float]
) -> Runtime:
    restored, _ = await store.begin_run(clock())
    runtime = Runtime(Engine(), store, clock)
    switch.tell = runtime.tell
    trunk = Trunk(name="carrier", dial="PJSIP/{number}@carrier", calls_per_second=1000.0)
    runtime.begin((trunk,), (campaign,), [login.agent for login in known], restored)
    return runtime


@asynccontextmanager
async def _running(*parts: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """These beside the test; the last one ends first."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(part) for part in parts]
        yield
        for part in reversed(running):
            part.cancel()


def day(after: int) -> str:
    """The date that many days after the world's own, as ``2026-11-24``."""
    return str(datetime.fromtimestamp(NOW, UTC).date() + timedelta(days=after))


def _clock(start: float) -> Callable[[], float]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    return lambda: start + loop.time() - began


async def _campaign(
    store: Store, mode: Mode, dispositions: tuple[Disposition, ...], hours: tuple[int, int]
) -> Campaign:
    client = await store.clients.add("Bank")
    return await store.campaigns.save(
        Campaign(
            id=CampaignId(0),
            client=ClientId(client.id),
            name="Spring",
            mode=mode,
            status=CampaignStatus.RUNNING,
            trunks=("carrier",),
            caller_id="+525500000000",
            rules=replace(ALWAYS, windows=(Window(EVERY_DAY, hours[0] * 60, hours[1] * 60),)),
            dispositions=dispositions,
            wrap_up_max_s=600.0,
            preview_max_s=600.0,
        )
    )


async def _agent(store: Store, campaign: CampaignId, number: int) -> AgentLogin:
    agent = Agent(id=AgentId(0), name=f"Agent {number}", campaigns=(campaign,), endpoint=f"PJSIP/desk{number}")
    login = AgentLogin(
        agent=agent,
        login=f"agent{number}",
        code=str(1000 + number),
        pin_hash=HASHES[PIN],
        password_hash=HASHES[PASSWORD],
    )
    return await store.agents.save(login)


async def _users(store: Store, campaign: Campaign) -> None:
    """A user of every role, and beside the bank's a user of every role who sees the rival alone."""
    rival = await store.clients.add("Rival")
    for login, name, role in (
        ("ana", "Ana", Role.ADMINISTRATOR),
        ("sofia", "Sofia", Role.SUPERVISOR),
        ("quique", "Quique", Role.ANALYST),
        ("ines", "Ines", Role.ENGINEER),
        ("aura", "Aura", Role.AUDITOR),
        ("bank", "Bank", Role.CLIENT),
    ):
        client = campaign.client if role is Role.CLIENT else None
        user = User(login=login, name=name, role=role, password_hash=HASHES[PASSWORD], client=client)
        await store.users.save(user)
        await store.users.save(replace(user, login=f"rival_{login}", name=f"R. {name}", client=rival.id))


async def add_leads(store: Store, campaign: Campaign, count: int) -> list[LeadId]:
    """Leads of plausible people, due at once."""
    async with store._database.writing() as session:
        for n in range(1, count + 1):
            await session.run("INSERT INTO people (id, country, name) VALUES ($1, 'MX', $2)", n, f"Person {n}")
            await session.run(
                "INSERT INTO accounts (id, client, external_id, person, balance, currency, days_past_due, fields) "
                "VALUES ($1, $2, $3, $4, '1500.50', 'MXN', 45, '{\"product\": \"loan\"}')",
                *(n, campaign.client, f"ACC-{n}", n),
            )
            await session.run(
                "INSERT INTO phones (id, person, number, rank, country, zones, state) "
                "VALUES ($1, $2, $3, 0, 'MX', '[\"America/Mexico_City\"]', 'valid')",
                *(n, n, f"+52551234{n:04d}"),
            )
            await session.run(
                "INSERT INTO leads (id, campaign, person, account, state, priority, due_at, segment) "
                "VALUES ($1, $2, $3, $4, 'open', 5, 0, '')",
                *(n, campaign.id, n, n),
            )
    return [LeadId(n) for n in range(1, count + 1)]
