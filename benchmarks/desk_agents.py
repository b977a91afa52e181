"""An agent for `desk_day`: works a real page by its keys as a person does, and remembers every word it typed."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as BrowserError

TALK_S = (2.0, 9.0)
WRAP_S = (0.5, 3.0)
LOOK_EVERY_S = 0.25
DONE_MS = 5000.0
LOOK_MS = 1000.0
HOLD_SHARE, RELOAD_SHARE, MUTE_SHARE, CARD_SHARE, BREAK_SHARE = 0.12, 0.04, 0.1, 0.05, 0.06
SAYS = {"1": 30, "2": 25, "3": 12, "4": 8, "6": 10, "8": 6, "0": 3, ".": 6}  # keys of the usual dispositions
STUCK_S = {
    "signed_out": 20.0,
    "connecting": 30.0,
    "ready": 120.0,
    "dialling": 60.0,
    "talking": 180.0,
    "holding": 60.0,
    "wrapping": 60.0,
    "break": 60.0,
    "leg_lost": 40.0,
}

# Notes, by the page's own clock, when each call's lead came onto the screen.
WATCH = """
window.shown = [];
addEventListener("DOMContentLoaded", () => {
    const lead = document.querySelector("#lead");
    new MutationObserver(() => {
        const call = lead.dataset.call;
        if (call && !lead.hidden && shown.at(-1)?.[0] !== call) shown.push([call, Date.now() / 1000]);
    }).observe(lead, { attributes: true, subtree: true, childList: true, characterData: true });
});
"""


@dataclass(slots=True)
class Kept:
    """What one agent did and saw."""

    typed: list[str] = field(default_factory=list)
    shown: dict[int, float] = field(default_factory=dict)  # call -> Unix seconds
    states: Counter[str] = field(default_factory=Counter)
    stuck: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    heap_mb: list[float] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    reloads: int = 0
    back_s: list[float] = field(default_factory=list)  # from a reload in mid-talk until the talk is on again


class PageAgent:
    """Works until told to stop; then finishes the call at hand."""

    def __init__(self, name: str, page: Page, seed: int) -> None:
        self.name = name
        self.kept = Kept()
        self.stopping = False
        self._page = page
        self._chance = random.Random(f"{seed}:{name}")
        self._since = time.monotonic()
        self._state = ""
        self._session: CDPSession | None = None
        page.on("pageerror", lambda error: self.kept.wrong.append(str(error)))

    async def work(self) -> None:
        await self._page.add_init_script(WATCH)
        await self._load()
        while not (self.stopping and self._state in {"ready", "break", "signed_out"}):
            await self._look()
            await asyncio.sleep(LOOK_EVERY_S)
        await self.note_shown()

    async def _look(self) -> None:
        state = self._state
        try:
            state = str(await self._page.locator("#state").get_attribute("data-state"))
            if state != self._state:
                self._state, self._since = state, time.monotonic()
                self.kept.states[state] += 1
            await self._act(state)
        except BrowserError as error:
            self.kept.wrong.append(f"{self.name}: {state}: {str(error).splitlines()[0]}")
        lasted_s = time.monotonic() - self._since
        if lasted_s > STUCK_S.get(self._state, 60.0):
            self.kept.stuck.append(f"{self.name}: {self._state} for {lasted_s:.0f} s; {await self._says()}")
            self._since = time.monotonic()

    async def _says(self) -> str:
        """What the page tells its agent of the state and the phone."""
        parts = [self._page.locator(one) for one in ("#state-reason", "#phone", "#phone-state", "#notice-text")]
        try:
            return " | ".join([await one.text_content(timeout=LOOK_MS) or "" for one in parts])
        except BrowserError as error:
            return str(error).splitlines()[0]

    async def _act(self, state: str) -> None:
        match state:
            case "signed_out":
                await self._press("s")
            case "break" if not self.stopping:
                await asyncio.sleep(self._chance.uniform(*WRAP_S))
                await self._press("r")
            case "talking":
                await self._talk()
            case "wrapping":
                await self._write_up()

    async def _talk(self) -> None:
        if self._happens(RELOAD_SHARE):
            await self._reload()
        await asyncio.sleep(self._chance.uniform(*TALK_S))
        if self._happens(0.7):
            await self._press("y")
        if self._happens(HOLD_SHARE):
            await self._press("w")
            await asyncio.sleep(1.5)
            await self._press("w")
        if self._happens(MUTE_SHARE):
            await self._press("m", "m")
        if self._happens(CARD_SHARE):
            await self._press("g")
            await asyncio.sleep(0.5)
            await self._press("g")
        await self._type()
        if self._happens(BREAK_SHARE):
            await self._press("b")
        await self._press("h")
        await self._until_not("talking")

    async def _reload(self) -> None:
        """Lose the page in mid-talk, as a person does who presses F5."""
        await self.note_shown()
        began = time.monotonic()
        await self._load()
        await self._page.locator("#state[data-state=talking], #state[data-state=wrapping]").wait_for(timeout=20_000)
        self.kept.reloads += 1
        self.kept.back_s.append(time.monotonic() - began)

    async def _load(self) -> None:
        """Load the desk; where the server is away meanwhile, again and again, as a person would."""
        loaded = False
        while not loaded:
            with suppress(BrowserError):
                loaded = await self._page.goto("/desk") is not None
            await asyncio.sleep(LOOK_EVERY_S)

    async def _type(self) -> None:
        if await self._page.locator("#disposition").is_hidden() or await self._page.locator("#notes").input_value():
            return
        text = f"{self.name} nota {len(self.kept.typed) + 1:04d}"
        await self._press("Escape", "n")
        await self._page.keyboard.type(text)
        await self._press("Escape")
        if await self._page.locator("#notes").input_value() == text:
            self.kept.typed.append(text)

    async def _write_up(self) -> None:
        await asyncio.sleep(self._chance.uniform(*WRAP_S))
        await self._type()
        key = self._chance.choices(list(SAYS), list(SAYS.values()))[0]
        await self._press("Escape", key)
        if key == "2" and await self._page.locator("#promise").is_visible():
            with suppress(BrowserError):  # the wrap-up ended in this very moment
                await self._page.locator("#promise-amount").fill("50.00", timeout=LOOK_MS)
        await self._press("Control+Enter")
        await self._until_not("wrapping")

    async def _until_not(self, state: str) -> None:
        """Wait for what was asked for; the server may be away: then it is asked again."""
        with suppress(BrowserError):
            await self._page.locator(f"#state:not([data-state={state}])").wait_for(timeout=DONE_MS)

    async def _press(self, *keys: str) -> None:
        for key in keys:
            await self._page.keyboard.press(key)

    async def note_shown(self) -> None:
        """Take down when leads came onto the screen of the page as it is loaded now."""
        with suppress(BrowserError):  # it is being loaded
            for call, at in await self._page.evaluate("window.shown ?? []"):
                self.kept.shown.setdefault(int(call), float(at))

    async def until_live(self) -> None:
        """Wait until the page has its link to the server again."""
        await self._page.locator("#link[data-state=up]").wait_for(timeout=30_000)

    async def measure(self) -> None:
        """Take down the page's memory after its rubbish was collected."""
        try:
            if self._session is None:
                self._session = await self._page.context.new_cdp_session(self._page)
                await self._session.send("Performance.enable")
            await self._session.send("HeapProfiler.collectGarbage")
            told = await self._session.send("Performance.getMetrics")
        except BrowserError:
            return  # in the middle of a reload
        figures = {one["name"]: one["value"] for one in told["metrics"]}
        self.kept.heap_mb.append(figures["JSHeapUsedSize"] / 1e6)
        self.kept.nodes.append(int(figures["Nodes"]))

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share
