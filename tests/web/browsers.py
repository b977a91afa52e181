"""Agents' browsers for tests: pages that fail the test for an error of theirs, and pictures that are kept."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    Request,
    WebSocket,
    async_playwright,
    expect,
)

from tests.private_browser import ARGUMENTS, chromium

ARTEFACTS = Path(os.environ.get("CADENCIA_ARTEFACTS") or Path(__file__).parent.parent / "artefacts")
"""Where pictures are kept for whoever looks at a run; ignored by git, kept by CI."""


@asynccontextmanager
async def browsing(microphone: Path | None = None, *, trusting: bool = False) -> AsyncIterator[Browser]:
    """A headless Chromium with a microphone that beeps, or plays that sound again and again.

    `trusting`: it takes certificates that nobody vouches for.
    """
    arguments = [*ARGUMENTS, *([f"--use-file-for-fake-audio-capture={microphone}"] if microphone else [])]
    arguments += ["--ignore-certificate-errors"] if trusting else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


class Watched:
    """A context of one agent's browser, and what went wrong in its pages."""

    def __init__(self, context: BrowserContext, hosts: frozenset[str]) -> None:
        self.context = context
        self.wrong: list[str] = []
        self._hosts = hosts

    async def page(self) -> Page:
        """A new page; its errors, and requests to other hosts, are kept in `wrong`."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda asked: self._look(asked.url))
        page.on("websocket", lambda socket: self._look(socket.url))
        return page

    def _hear(self, said: ConsoleMessage) -> None:
        """What the browser itself complains of, but for an answer of the API that the page deals with."""
        if said.type == "error" and "Failed to load resource" not in said.text and "WebSocket" not in said.text:
            self.wrong.append(said.text)

    def _look(self, url: str) -> None:
        if urlsplit(url).hostname not in self._hosts:
            self.wrong.append(url)


@asynccontextmanager
async def agent_browser(
    browser: Browser, url: str, *, locale: str = "es-MX", scheme: str = "light"
) -> AsyncIterator[Watched]:
    """One agent's browser. Where a page of it had an error, or asked another host, the test fails at the end."""
    context = await browser.new_context(
        base_url=url,
        locale=locale,
        viewport={"width": 1280, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        permissions=["microphone"],
    )
    watched = Watched(context, frozenset({str(urlsplit(url).hostname)}))
    yield watched
    await context.close()
    assert watched.wrong == [], watched.wrong


class Requests:
    """What a page asks for from now on, and what of it has no answer yet. A live link's answer is its first word."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._begun = 0
        self._open: dict[Request | WebSocket, str] = {}
        page.on("request", self._begins)
        page.on("requestfinished", self._ends)
        page.on("requestfailed", self._ends)
        page.on("websocket", self._links)
        page.on("framenavigated", self._left)

    async def over(self, *, within_s: float = 20.0) -> None:
        """Wait until all is answered and the page, left to do what it likes with the answers, asks for no more."""
        try:
            async with asyncio.timeout(within_s):
                begun = -1
                while self._open or begun != self._begun:
                    begun = self._begun
                    await self._page.evaluate("new Promise((idle) => requestIdleCallback(idle))")
        except TimeoutError:
            raise AssertionError(f"no answer yet: {sorted(self._open.values())}") from None

    def _begins(self, asked: Request | WebSocket) -> None:
        self._begun += 1
        self._open[asked] = asked.url

    def _ends(self, asked: Request | WebSocket) -> None:
        self._open.pop(asked, None)

    def _links(self, link: WebSocket) -> None:
        self._begins(link)
        link.on("framereceived", lambda _: self._ends(link))
        link.on("close", self._ends)

    def _left(self, frame: Frame) -> None:
        """Of the links of a page that is left the browser tells no end: what is open by now was the former page's."""
        if frame == self._page.main_frame:
            self._open = {asked: url for asked, url in self._open.items() if not isinstance(asked, WebSocket)}


@contextmanager
def without_network() -> Iterator[None]:
    """No byte of our browsers comes or goes for as long as the block lasts, sound included, and nobody is told.

    What stands still is Chromium's process for all that is network.
    """
    found = [pid for pid in _family() if b"network.mojom.NetworkService" in _command(pid)]
    assert found
    try:
        for pid in found:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in found:
            os.kill(pid, signal.SIGCONT)


def _family() -> list[int]:
    """Our own process's children, and theirs."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
    family = [os.getpid()]
    for one in family:
        family += [pid for pid, parent in parents.items() if parent == one]
    return family[1:]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def sign_in(page: Page, code: str, pin: str) -> None:
    """Sign in at the page, by the keyboard."""
    await page.goto("/sign-in")
    await page.keyboard.type(code)
    await page.keyboard.press("Tab")
    await page.keyboard.type(pin)
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-verb=sign_in]")).to_be_enabled(timeout=20_000)


async def be_ready(page: Page, code: str, pin: str) -> None:
    """Sign in, take a place and be ready, by the keyboard."""
    await sign_in(page, code, pin)
    await press(page, "s")
    await state(page, "break")
    await press(page, "r")
    await state(page, "ready")


async def state(page: Page, name: str, *, within_s: float = 10.0) -> None:
    """Wait until the desk shows that state."""
    await expect(page.locator("#state")).to_have_attribute("data-state", name, timeout=within_s * 1000)


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def picture(page: Page, name: str) -> None:
    """Keep a picture of the page."""
    await page.screenshot(path=ARTEFACTS / f"{name}.png")
