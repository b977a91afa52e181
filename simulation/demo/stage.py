"""Everything that must stand before the curtain rises, made with what any user has: files, the command line, the API.

The order is chosen for a quick start: what can run beside something else does.
"""

import asyncio
import csv
import secrets
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from dialer.core.model import Mode
from dialer.web.client import Client, Json
from simulation.demo import leads
from simulation.demo.children import Child, dialer
from simulation.demo.folder import Folder
from simulation.demo.habits import Ways
from simulation.demo.robots import Login, Shift
from simulation.demo.switches import PAGE_PHONES, TRUNK, Switch, endpoint

CLIENT = "Demo Bank"
CAMPAIGN = "Demo"
READY_S = 60.0
LINES_MAX = 60
ABANDON_CAP = 0.03

CONFIG = """\
# Written by `dialer demo`: an ordinary configuration, as a person would write one.
database = "sqlite:///cadencia.db"
data_dir = "data"

[asterisk]
port = {ami_port}
username = "{user}"
secret = "{secret}"
recordings_dir = "{recordings}"

[recordings]
keep_legs = true                          # the day is judged by the switch's own files

[agi]
port = {agi_port}

[web]
port = {web_port}
open_floor = true        # on this machine the floor is seen without signing in
{phones}
[[trunk]]
name = "{trunk}"
dial = "{dial}"
lines_max = 200
calls_per_second = 50.0
"""

PHONES = """\
phone_url = "{url}"
phone_key = "{key}"
supervisor_phones = "{row}"   # the user with id 1, admin, has the first in the floor's page
"""

CAMPAIGN_SETTINGS: Json = {
    "trunks": [TRUNK],
    "lines_max": LINES_MAX,
    "ring_timeout_s": 20.0,
    "wait_max_s": 2,
    "pacing": {"abandon_cap": ABANDON_CAP, "connect_within_s": 2.0, "ring_timeout_s": 20.0},
    # So that the demo dials at any time of the day.
    "rules": {"windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "opens": "00:00", "closes": "24:00"}]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for on the command line."""

    mode: Mode
    agents: int
    leads: int
    talk_max_s: int
    seed: int
    web_port: int
    list_file: Path | None = None  # another list than one of the demo's own making
    settings: Json = field(default_factory=dict)  # of the campaign, in place of the demo's own
    ways: Ways | None = None  # of the agents


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An agent to be, as the file `agents.csv` has it."""

    code: str
    name: str
    pin: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What stands: a dialer at work, its agents on their way to their desks."""

    serve: Child
    url: str
    token: str
    password: str  # of the administrator `admin`


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is under way beside the switch's start, one after the other. The results raise ChildError."""

    database: Future[None]
    campaign: Future[None]
    leads: Future[None]


class Builder:
    """Puts the stage up. Everything that it starts ends when `held` closes."""

    def __init__(self, folder: Folder, wish: Wish, held: ExitStack) -> None:
        self._folder = folder
        self._wish = wish
        self._held = held
        self._password = f"demo-{secrets.token_hex(3)}"

    def prepare(self) -> Prepared:
        """Begin with all that needs no switch: database and administrator, then campaign and list."""
        workers = self._held.enter_context(ThreadPoolExecutor(max_workers=1))
        return Prepared(
            database=workers.submit(self._make_database),
            campaign=workers.submit(self._add_campaign),
            leads=workers.submit(self._import_leads),
        )

    def build(self, prepared: Prepared, switch: Switch, say: Callable[[str], None]) -> Stage:
        """Go on from `prepare` once the switch is there. Raises ChildError, and what the API answers."""
        say("database and configuration")
        prepared.database.result()
        self._write_config(switch)
        say("dialer serve")
        serve = self._dialer("serve", "-c", str(self._folder.config))
        argv = [sys.executable, "-m", "simulation.demo.robots"]
        robots = self._kept(Child("robots", argv, self._folder.log("robots")))
        url = serve.line("serving ", READY_S)
        prepared.campaign.result()
        token = (self._folder.data / "admin.token").read_text(encoding="utf-8").strip()
        asyncio.run(self._open(Client(url, token), robots, prepared, say))
        return Stage(serve=serve, url=url, token=token, password=self._password)

    def _make_database(self) -> None:
        self._dialer("init", str(self._folder.path), "--password", self._password).result()

    def _add_campaign(self) -> None:
        options = ("--client", CLIENT, "--mode", self._wish.mode, "--trunk", TRUNK, "--lines-max", str(LINES_MAX))
        self._dialer("campaign", "add", CAMPAIGN, *options, *self._database).result()

    def _import_leads(self) -> None:
        wish, file = self._wish, self._folder.leads
        if wish.list_file is None:
            leads.write(file, wish.leads, seed=wish.seed, talk_max_s=wish.talk_max_s)
        else:
            file.write_bytes(wish.list_file.read_bytes())
        self._dialer("leads", "import", str(file), "--campaign", CAMPAIGN, "--country", "MX", *self._database).result()

    @property
    def _database(self) -> Sequence[str]:
        return "--database", f"sqlite:///{self._folder.database}"

    def _dialer(self, *arguments: str) -> Child:
        return self._kept(dialer(*arguments, log=self._folder.log(f"dialer-{arguments[0]}")))

    def _kept(self, child: Child) -> Child:
        self._held.callback(child.end)
        return child

    def _write_config(self, switch: Switch) -> None:
        phones = PHONES.format(url=switch.phone_url, key=switch.phone_key, row=PAGE_PHONES) if switch.phone_url else ""
        text = CONFIG.format(
            phones=phones,
            ami_port=switch.ami_port,
            user=switch.user,
            secret=switch.secret,
            recordings=switch.recordings,
            agi_port=switch.agi_port,
            web_port=self._wish.web_port,
            trunk=TRUNK,
            dial=switch.dial,
        )
        self._folder.config.write_text(text, encoding="utf-8")

    async def _open(self, client: Client, robots: Child, prepared: Prepared, say: Callable[[str], None]) -> None:
        """Settings, agents and robots over HTTP; the campaign starts once its leads are there."""
        async with client:
            (campaign,) = [one["id"] for one in await client.campaigns() if one["name"] == CAMPAIGN]
            # Says so to the engine, too, which may have begun before the campaign was there.
            await client.change_campaign(campaign, **CAMPAIGN_SETTINGS | self._wish.settings)
            people = self._write_agents()
            say(f"{len(people)} agents sign in")
            await asyncio.gather(*(_add(client, campaign, person) for person in people))
            robots.tell(self._shift(client.base_url, campaign, people).as_json())
            say(f"importing {self._wish.leads:,} leads")
            await asyncio.wrap_future(prepared.leads)
            await client.start_campaign(campaign)

    def _shift(self, url: str, campaign: int, people: Sequence[Person]) -> Shift:
        return Shift(
            url=url,
            campaign=campaign,
            mode=self._wish.mode,
            agents=tuple(Login(code=person.code, pin=person.pin) for person in people),
            leads=self._folder.leads,
            seed=self._wish.seed,
            ways=self._wish.ways,
        )

    def _write_agents(self) -> Sequence[Person]:
        people = [
            Person(
                code=f"{101 + index}",
                name=f"Agent {index + 1:02d}",
                pin=f"{secrets.randbelow(9000) + 1000}",
                endpoint=endpoint(index),
            )
            for index in range(self._wish.agents)
        ]
        self._folder.agents.touch(mode=0o600)
        with self._folder.agents.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("code", "name", "pin", "endpoint"))
            writer.writerows((one.code, one.name, one.pin, one.endpoint) for one in people)
        return people


async def _add(client: Client, campaign: int, person: Person) -> Json:
    return await client.add_agent(
        name=person.name,
        login=f"agent{person.code}",
        code=person.code,
        pin=person.pin,
        campaigns=[campaign],
        endpoint=person.endpoint,
    )
