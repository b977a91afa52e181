"""The pages in a real browser: worked with the keyboard, live, and reaching no other host."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.private_browser import ARGUMENTS, chromium
from tests.web.recorded import sounds
from tests.web.world import PASSWORD, PIN, World

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(world: World) -> AsyncIterator[Page]:
    """A page whose complaints, and requests to other hosts, fail the test."""
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        context = await browser.new_context(base_url=world.url, locale="en", viewport={"width": 1280, "height": 800})
        made = await context.new_page()
        made.on("pageerror", lambda error: wrong.append(str(error)))
        made.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        made.on("request", lambda asked: _only_ours(asked.url, world.url, wrong))
        yield made
        await browser.close()
    assert wrong == []


def _only_ours(asked: str, ours: str, wrong: list[str]) -> None:
    if urlsplit(asked).netloc != urlsplit(ours).netloc:
        wrong.append(asked)


async def sign_in(page: Page, name: str, secret: str) -> None:
    await page.goto("/sign-in")
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(secret)
    await page.keyboard.press("Enter")


async def test_a_call_is_worked_with_the_keyboard_and_a_reload_loses_nothing(world: World, page: Page) -> None:
    await sign_in(page, "1001", PIN)
    state = page.locator("#state")
    await expect(page.locator("[data-verb=sign_in]")).to_be_enabled()
    await page.keyboard.press("s")
    await expect(state).to_have_attribute("data-state", "break")
    await page.keyboard.press("r")
    await expect(state).to_have_attribute("data-state", "ready")
    await page.keyboard.press("n")
    await page.keyboard.type("+52 55 1234 0001")
    await page.keyboard.press("Escape")
    await page.keyboard.press("d")
    await expect(state).to_have_attribute("data-state", "talking")
    await expect(page.locator("#lead-name")).to_have_text("Person 1")
    await expect(page.locator("[data-code=RPC]")).to_be_visible()
    await page.keyboard.press("n")
    await page.keyboard.type("pays on Friday")
    await page.keyboard.press("Escape")
    await page.keyboard.press("1")
    await page.reload()
    await expect(page.locator("#notes")).to_have_value("pays on Friday")
    await expect(page.locator("[data-code=RPC]")).to_have_attribute("aria-checked", "true")
    await page.keyboard.press("h")
    await expect(state).to_have_attribute("data-state", "wrapping")
    await page.keyboard.press("Control+Enter")
    await expect(state).to_have_attribute("data-state", "ready")
    await expect(page.locator("#notes")).to_have_value("")
    await world.runtime.flush()
    [call] = (await world.store.calls.page()).items
    assert call.record.disposition == "RPC"
    [said] = await world.store.calls.dispositions(call.record.id)
    assert said.notes == "pays on Friday"


async def test_the_floor_lives_and_stops_all_dialling_at_a_click(world: World, page: Page) -> None:
    await sign_in(page, "sofia", PASSWORD)
    await expect(page.locator(".agent")).to_have_count(2)
    await expect(page.locator("#link")).to_have_attribute("data-state", "up")
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await expect(page.locator(".agent[data-state=talking]")).to_have_count(1)
    await expect(page.locator("#calls tr")).to_have_count(1)
    await page.locator("#stop-all").click()
    await expect(page.locator("#stopped")).to_contain_text("Sofia")
    await page.locator("#resume-all").click()
    await expect(page.locator("#stopped")).to_be_hidden()
    await page.locator("[data-part=toggle]").click()
    await expect(page.locator(".campaign")).to_have_attribute("data-status", "paused")


async def test_a_recording_plays(world: World, page: Page) -> None:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    await agent.hangup()
    await world.desk(agent, "wrapping")
    await world.runtime.flush()
    await sounds(world)
    await sign_in(page, "sofia", PASSWORD)
    await page.get_by_role("link", name="Recordings").click()
    await page.locator(".play").click()
    await expect(page.locator("#name")).to_contain_text("Agent 1")
    await page.locator("#play").click()
    await expect(page.locator("#clock")).to_have_text("00:02 / 00:02")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_spills_out_of_the_page(world: World, page: Page, scheme: str, tmp_path: Path) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await sign_in(page, "sofia", PASSWORD)
    await expect(page.locator(".agent")).to_have_count(2)
    for path in ("/", "/recordings"):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
