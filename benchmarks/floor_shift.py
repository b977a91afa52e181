"""A supervisor's shift on the real lab, from the page alone: three planned incidents, each seen, explained and handled.

    python -m benchmarks floor_shift [--minutes 120] [--agents 20] [--summary shift.md] [--pictures FOLDER]

`dialer demo` runs the floor: two Asterisks, real SIP and sound, robots at the desks. A headless Chromium is the
supervisor. What happens to the floor (the carrier refuses calls, agents leave, the list is taken back) is done from
outside; what is done about it is done on the page, but for the second list, which an administrator imports.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright, expect

from asterisk_config.lab import HOME_VARIABLE, Lab
from dialer.web.client import Client
from simulation.demo import leads as demo_leads
from simulation.demo.switches import free_ports
from tests.private_browser import ARGUMENTS, chromium

DIALER = str(Path(sys.executable).parent / "dialer")
LOGIN, PASSWORD = "sofia", "a long enough password"
CALLS_PER_AGENT_MINUTE = 3.0  # about
START_S = 240.0
LOOK_S = 1.0


@dataclass(slots=True)
class Incident:
    """What happened, and how long it took to be seen, explained and handled; None where it was not."""

    name: str
    at_s: float = 0.0
    seen_s: float | None = None  # after it began: an alarm, or the card says so
    said: str = ""  # in the page's words
    foreseen: str = ""  # what the page said before it came
    handled_s: float | None = None  # it dials as before, or does what it can


@dataclass(slots=True)
class Summary:
    """The whole shift."""

    minutes: float
    agents: int
    incidents: list[Incident] = field(default_factory=list)
    forecasts: list[dict[str, Any]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    score: dict[str, Any] = field(default_factory=dict)
    page_errors: list[str] = field(default_factory=list)
    reconnects: int = 0
    day: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """As Markdown."""
        lines = [f"# A shift of {self.minutes:g} minutes with {self.agents} agents", ""]
        lines += ["| incident | seen after | the page said | before, it had said | handled after |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            f"| {one.name} | {_seconds(one.seen_s)} | {one.said} | {one.foreseen} | {_seconds(one.handled_s)} |"
            for one in self.incidents
        ]
        lines += ["", "Forecasts looked at before a change:", ""]
        lines += [f"- {json.dumps(one)}" for one in self.forecasts] + [""]
        lines += ["Changes:", "", *(f"- {one}" for one in self.changes), ""]
        lines += [f"How good forecasts have been: {json.dumps(self.score)}", ""]
        lines += [f"Errors of the page: {self.page_errors or 'none'}; links lost and made again: {self.reconnects}", ""]
        return "\n".join(lines) + f"\nThe day: {json.dumps(self.day)}\n"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f} s"


class Shift:
    """The supervisor at the page, and whoever plays fate."""

    def __init__(
        self, page: Page, client: Client, folder: Path, options: argparse.Namespace, summary: Summary, *, demo: int
    ) -> None:
        self.page, self.client, self.folder, self.options, self.summary = page, client, folder, options, summary
        self.demo = demo
        self.began = time.monotonic()
        self.length_s = 60.0 * options.minutes

    async def at(self, share: float) -> None:
        """Wait until that share of the shift is over."""
        await asyncio.sleep(max(0.0, self.began + share * self.length_s - time.monotonic()))

    async def until(self, holds: Callable[[], Any], within_s: float) -> float | None:
        """Seconds until the page shows it; None where it does not in time."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            if await holds():
                return time.monotonic() - began
            await asyncio.sleep(LOOK_S)
        return None

    async def words(self) -> str:
        """What the page says of the campaign and its alarms now."""
        where = ".alarm [data-part=text], .campaign [data-dialling=no]"
        return " / ".join(await self.page.locator(where).all_text_contents())

    async def says(self, *parts: str) -> bool:
        text = (await self.words()).lower()
        return any(part in text for part in parts)

    async def placed(self) -> int:
        text = await self.page.locator(".campaign [data-part=placed]").first.text_content()
        return int("".join(sign for sign in text or "0" if sign.isdigit()))

    async def dials_again(self, within_s: float) -> float | None:
        before = await self.placed()

        async def more() -> bool:
            return await self.placed() > before + 3

        return await self.until(more, within_s)

    async def picture(self, name: str) -> None:
        if self.options.pictures:
            await self.page.screenshot(path=Path(self.options.pictures) / f"{name}.png", full_page=True)

    # ------------------------------------------------------------ what is done

    async def change(self, name: str, value: str, minutes: float, note: str, *, select: bool = False) -> None:
        """Look at the forecast, then make the change."""
        page = self.page
        await page.locator("[data-part=change]").first.click()
        field_ = page.locator(f"[data-field={name}]")
        await (field_.select_option(value) if select else field_.fill(value))
        await page.locator("#change-minutes").fill(f"{minutes:g}")
        await page.locator("#change-note").fill(note)
        began = time.monotonic()
        await page.locator("#ask-forecast").click()
        await expect(page.locator("#apply-change")).to_be_enabled(timeout=120_000)
        waited_s = round(time.monotonic() - began, 1)
        rows = await page.evaluate("[...document.querySelectorAll('#forecast-rows tr')].map((row) => row.innerText)")
        said = await page.locator("#forecast-state").text_content()
        self.summary.forecasts.append({"change": f"{name} {value}", "seconds": waited_s, "said": said, "rows": rows})
        await self.picture(f"change_{name}")
        await page.locator("#apply-change").click()
        self.summary.changes.append(f"{name} = {value} for {minutes:g} min ({note})")
        await page.locator("#changes li").first.wait_for()

    async def trunk_down(self) -> None:
        """The carrier refuses every call; the supervisor sees the trunk rest, pauses, and goes on when it is mended."""
        one = Incident("trunk down", time.monotonic() - self.began)
        self.summary.incidents.append(one)
        home = Path(os.environ[HOME_VARIABLE]) if HOME_VARIABLE in os.environ else None
        carrier = Lab.of(home).instance(self.folder / "carrier" / "etc")
        await asyncio.to_thread(carrier.cli, "dialplan remove extension _[0-9+].@carrier")
        await asyncio.to_thread(carrier.cli, "dialplan add extension _[0-9+].,1,Hangup(34) into carrier")
        try:
            one.seen_s = await self.until(lambda: self.says("trunks rest", "is resting"), 180.0)
            one.said = await self.words()
            await self.picture("trunk_down")
            await self.page.locator(".campaign [data-part=toggle]").first.click()  # pause while it is mended
        finally:
            await asyncio.to_thread(carrier.cli, "dialplan reload")
        await asyncio.sleep(5.0)
        began = time.monotonic()
        await self.page.locator(".campaign [data-part=toggle]").first.click()
        if await self.dials_again(240.0) is not None:
            one.handled_s = time.monotonic() - began

    async def agents_leave(self) -> None:
        """Three quarters of the agents go on a break; the supervisor sees it and ends their breaks."""
        one = Incident("agents leaving", time.monotonic() - self.began)
        self.summary.incidents.append(one)
        agents: Any = await self.client.request("GET", "/agents")
        gone = [agent["id"] for agent in agents[: 3 * len(agents) // 4]]
        robots = _children(self.demo, "simulation.demo.robots")
        for pid in robots:  # they would come back by themselves
            os.kill(pid, signal.SIGSTOP)
        for agent in gone:
            await self.client.request("POST", f"/floor/agents/{agent}/pause", {"reason": "they left"})
        on_break = self.page.locator(".agent[data-state=break]")
        one.seen_s = await self.until(lambda: self.says("agents are away"), 180.0)  # those in a talk end it first
        one.said = await self.words()
        await self.picture("agents_leaving")
        began = time.monotonic()
        await self.page.locator("#agent-state").select_option("break")
        for _ in range(len(gone) + 5):
            if await on_break.count() == 0:
                break
            await on_break.first.click()
            await self.page.locator("[data-hand=ready]").click()
            await asyncio.sleep(LOOK_S)
        await self.page.locator("#agent-state").select_option("")
        for pid in robots:
            os.kill(pid, signal.SIGCONT)
        if await self.dials_again(120.0) is not None:
            one.handled_s = time.monotonic() - began

    async def dialer(self, *arguments: str) -> None:
        """Run a command, as an administrator would; nothing comes of a shift where it fails."""
        done = await asyncio.to_thread(subprocess.run, [DIALER, *arguments], capture_output=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"dialer {' '.join(arguments)}: {done.stderr.decode()}")

    async def out_of_leads(self) -> bool:
        floor: Any = await self.client.request("GET", "/floor")
        return all(campaign["leads_at_hand"] == 0 for campaign in floor["campaigns"])

    async def list_ends(self, config: Path) -> None:
        """The client takes back what is left of the list; the page says that it ended, a second list is imported."""
        one = Incident("list exhausted", foreseen=await self.words())
        self.summary.incidents.append(one)
        await self.dialer("leads", "undo", "1", "-c", str(config))
        if await self.until(self.out_of_leads, 0.3 * self.length_s) is None:
            return
        one.at_s = time.monotonic() - self.began
        one.seen_s = await self.until(lambda: self.says("at its end", "no lead may be called"), 120.0)
        one.said = await self.words()
        await self.picture("list_exhausted")
        began = time.monotonic()
        path = self.folder / "second.csv"
        count = round(self.options.agents * CALLS_PER_AGENT_MINUTE * self.options.minutes / 2)
        demo_leads.write(path, count, seed=2, talk_max_s=40)
        path.write_text(path.read_text().replace("DEMO-", "SECOND-").replace("D-", "S-"))
        await self.dialer("leads", "import", str(path), "--campaign", "Demo", "--country", "MX", "-c", str(config))
        if await self.dials_again(120.0) is not None:
            one.handled_s = time.monotonic() - began


async def shift(options: argparse.Namespace, folder: Path, summary: Summary) -> None:
    """The whole shift."""
    [port] = free_ports(1)
    listed = 200 + round(options.agents * CALLS_PER_AGENT_MINUTE * options.minutes)  # refused calls use some up
    arguments = (
        *("demo", "--agents", str(options.agents), "--minutes", f"{options.minutes + 2:g}", "--port", str(port)),
        *("--keep", str(folder), "--leads", str(listed), "--json", str(folder.parent / "day.json")),
    )
    with (folder.parent / "demo.log").open("wb") as log:
        demo = await asyncio.create_subprocess_exec(DIALER, *arguments, stdout=log, stderr=log)
    try:
        token = folder / "data" / "admin.token"
        url = f"http://127.0.0.1:{port}"
        client = await _served(url, token, demo)
        await client.request(
            "POST", "/users", {"login": LOGIN, "name": "Sofia", "role": "supervisor", "password": PASSWORD}
        )
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
            context = await browser.new_context(base_url=url, locale="en-US", viewport={"width": 1440, "height": 1000})
            page = await context.new_page()
            page.on("pageerror", lambda error: summary.page_errors.append(str(error)))
            page.on("websocket", lambda _: setattr(summary, "reconnects", summary.reconnects + 1))
            await _sign_in(page)
            await _work(Shift(page, client, folder, options, summary, demo=demo.pid), folder / "cadencia.toml")
            found: Any = await client.request("GET", "/campaigns/1/forecasts")
            summary.score = found["score"]
            summary.reconnects = max(0, summary.reconnects - 1)
            await browser.close()
        await client.close()
        await asyncio.wait_for(demo.wait(), 300)
        summary.day = _figures(json.loads((folder.parent / "day.json").read_text()))
    finally:
        if demo.returncode is None:
            demo.send_signal(signal.SIGINT)
            await demo.wait()


def _children(parent: int, part: str) -> list[int]:
    """The processes that this one started, whose command line holds the part."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            its_parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if part in line and its_parent == parent:
                found.append(int(folder.name))
    return found


def _figures(day: dict[str, Any]) -> dict[str, Any]:
    report = day.get("day", day)
    wanted = ("calls_placed", "answered_live", "connected", "abandoned", "abandon_ratio", "occupancy")
    return {name: report[name] for name in wanted if name in report}


async def _served(url: str, token: Path, demo: asyncio.subprocess.Process) -> Client:
    """A client signed as this machine's administrator, once agents are at work."""
    async with asyncio.timeout(START_S):
        while True:
            if demo.returncode is not None:
                raise SystemExit(f"the demo ended with {demo.returncode}")
            try:
                client = Client(url, await asyncio.to_thread(token.read_text))
                floor: Any = await client.request("GET", "/floor")
                if floor["agents"] and any(one["state"] == "talking" for one in floor["agents"]):
                    return client
            except Exception:  # noqa: BLE001 - it is not there yet; START_S ends it
                pass
            await asyncio.sleep(LOOK_S)


async def _sign_in(page: Page) -> None:
    await page.goto("/sign-in")
    await page.keyboard.type(LOGIN)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator(".agent").first.wait_for()


async def _work(at_page: Shift, config: Path) -> None:
    await at_page.at(0.12)
    await at_page.change("target", "90", max(1.0, at_page.options.minutes / 20), "nearer to the cap for a while")
    await at_page.at(0.25)
    await at_page.trunk_down()
    await at_page.at(0.45)
    await at_page.agents_leave()
    await at_page.at(0.58)
    await at_page.change("mode", "progressive", at_page.options.minutes, "calm", select=True)
    await asyncio.sleep(10.0)
    await at_page.page.locator(".roll-back").first.click()
    at_page.summary.changes.append("the last one taken back")
    await at_page.at(0.62)
    await at_page.list_ends(config)
    await at_page.at(1.0)
    await at_page.picture("end")


def main(arguments: Sequence[str]) -> None:
    """As the module says."""
    parser = argparse.ArgumentParser(prog="floor_shift", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--summary", type=Path, default=None, help="write the summary there (and JSON beside it)")
    parser.add_argument("--pictures", type=Path, default=None)
    options = parser.parse_args(list(arguments))
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    summary = Summary(options.minutes, options.agents)
    with tempfile.TemporaryDirectory() as name:
        try:
            asyncio.run(shift(options, Path(name) / "demo", summary))
        finally:
            if options.summary:
                options.summary.write_text(summary.text())
                options.summary.with_suffix(".json").write_text(json.dumps(asdict(summary), indent=1))
            print(summary.text())
    if not all(one.seen_s is not None and one.handled_s is not None for one in summary.incidents):
        raise SystemExit("an incident was not seen, or not handled")
