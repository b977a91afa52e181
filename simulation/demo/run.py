"""The demo from beginning to end: folder, switch, dialer, robots, the live view, the day. It leaves nothing running."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from asterisk_config.lab import Lab, LabError, default_home
from dialer.core.model import Mode
from dialer.errors import DialerError
from dialer.web.client import Client, Json
from simulation.demo.checks import Laws, laws
from simulation.demo.children import ChildError
from simulation.demo.command import PORT
from simulation.demo.day import Setting, document, summary, switch_name
from simulation.demo.fetching import fetched
from simulation.demo.folder import Folder, FolderError, fresh
from simulation.demo.records import Records
from simulation.demo.stage import ABANDON_CAP, Builder, Stage, Wish
from simulation.demo.switches import Switch, asterisks, standin
from simulation.demo.view import Heading
from simulation.demo.watch import Watch

STANDARD_OUTPUT = Path("-")
FAILED = 1
NOT_IN_ORDER = 3
INTERRUPTED = 130

NO_ASTERISK = """\
The demo needs a private Asterisk and could not get one:
{error}
It is fetched once from Debian's packages, without root, into {home}; nothing else on the machine is touched.
An Asterisk fetched elsewhere can be named with CADENCIA_LAB=FOLDER.
Without any: `dialer demo --standin` dials through a stand-in switch (no SIP, no voices)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The command's options. `minutes` None: until somebody ends it; `folder` None: the customary one."""

    minutes: float | None
    agents: int
    mode: Mode
    json_file: Path | None
    standin: bool
    port: int | None
    folder: Path | None
    leads: int
    talk_max_s: int
    seed: int


def run(plan: Plan) -> int:
    """Run the demo; the exit code. Call it on the main thread."""
    console = Console(highlight=False, stderr=plan.json_file == STANDARD_OUTPUT)
    try:
        _can_write(plan.json_file)
        return _run(plan, console)
    except LabError as error:
        console.print(escape(NO_ASTERISK.format(error=error, home=default_home())), style="red", soft_wrap=True)
    except (ChildError, FolderError, DialerError) as error:
        console.print(escape(str(error)), style="red", soft_wrap=True)
    except KeyboardInterrupt:
        console.print("ended before it had begun")
        return INTERRUPTED
    return FAILED


def _run(plan: Plan, console: Console) -> int:
    with fresh(plan.folder or default_home() / "demo") as folder:
        version = "" if plan.standin else fetched(Lab.of(), console)
        began_at = datetime.now().astimezone()
        with performance(_wish(plan), folder, version, console) as (switch, stage):
            began = time.monotonic()
            watch(plan, switch, stage, console)
        setting = Setting(
            asterisk_version=switch.version,
            mode=plan.mode,
            agents=plan.agents,
            leads=plan.leads,
            database=str(folder.database),
            seconds=time.monotonic() - began,
        )
        with console.status("reading the day"):
            figures, calls = Records(folder, began_at).read()
            found = laws(calls, switch.recordings)
        return _tell(plan, document(setting, figures, found), found, console)


def _wish(plan: Plan) -> Wish:
    return Wish(
        mode=plan.mode,
        agents=plan.agents,
        leads=plan.leads,
        talk_max_s=plan.talk_max_s,
        seed=plan.seed,
        web_port=_web_port(plan.port),
    )


@contextmanager
def performance(wish: Wish, folder: Folder, version: str, console: Console) -> Iterator[tuple[Switch, Stage]]:
    """Everything at work; nothing of it is left when the block ends, the dialer's children gone before the switch.

    `version` is Asterisk's; empty for the stand-in.
    """
    children = ExitStack()
    with ExitStack() as held:
        held.callback(children.close)  # should the switch not come up
        builder = Builder(folder, wish, children)
        with _steps(console) as say:
            say("two private Asterisks" if version else "the stand-in switch")
            prepared = builder.prepare()
            switch = held.enter_context(
                asterisks(folder, agents=wish.agents, lab=Lab.of(), version=version) if version else standin(folder)
            )
            held.callback(children.close)
            stage = builder.build(prepared, switch, say)
        yield switch, stage


@contextmanager
def _steps(console: Console) -> Iterator[Callable[[str], None]]:
    """Says which step begins: in one changing line on a terminal, else line by line."""
    if not console.is_terminal:
        yield lambda step: console.print(f"setting up: {step}")
        return
    with console.status("setting up") as status:
        yield lambda step: status.update(f"setting up: {step}")


def watch(plan: Plan, switch: Switch, stage: Stage, console: Console) -> None:
    """Show the floor until the plan's minutes are over, and let the dialer end in peace."""
    heading = Heading(
        mode=plan.mode,
        switch=switch_name(switch.version),
        agents=plan.agents,
        leads=plan.leads,
        url=stage.url,
        sign_in=f"sign in: admin / {stage.password}",
        notes=("Calling hours are open day and night: a setting of this campaign.", "Ctrl-C ends it in peace."),
    )
    seconds = None if plan.minutes is None else plan.minutes * 60
    asyncio.run(Watch(heading, stage.serve, Client(stage.url, stage.token), console).run(seconds))


def _tell(plan: Plan, day: Json, found: Laws, console: Console) -> int:
    """Print the day and write its figures."""
    console.print(summary(day, ABANDON_CAP))
    text = json.dumps(day, indent=2, ensure_ascii=False) + "\n"
    if plan.json_file == STANDARD_OUTPUT:
        sys.stdout.write(text)
    elif plan.json_file is not None:
        plan.json_file.write_text(text, encoding="utf-8")
    return 0 if found.kept else NOT_IN_ORDER


def _can_write(file: Path | None) -> None:
    """Raise FolderError now, not after the demo, where the figures could not be written."""
    if file is not None and file != STANDARD_OUTPUT:
        try:
            file.touch()
        except OSError as error:
            raise FolderError(f"{file}: cannot be written ({error.strerror})") from error


def _web_port(wished: int | None) -> int:
    """The port asked for, or the customary one where it is free; 0 lets the system choose."""
    if wished is not None:
        return wished
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT
