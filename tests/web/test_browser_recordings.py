"""Recordings and their evaluation in a real browser: found, heard, seen, scored."""

import pytest
from playwright.async_api import Page, expect

from tests.web.browsers import agent_browser, browsing, picture
from tests.web.recorded import calls_made, sounds
from tests.web.world import PASSWORD, World

pytestmark = pytest.mark.browser


async def test_from_a_search_to_a_score(world: World) -> None:
    await calls_made(world, 2)
    await sounds(world)
    async with browsing() as browser, agent_browser(browser, world.url, locale="en") as watched:
        await _worked(await watched.page())


async def _worked(page: Page) -> None:
    await page.goto("/sign-in")
    for key in ("quique", PASSWORD):
        await page.keyboard.type(key)
        await page.keyboard.press("Tab" if key == "quique" else "Enter")
    await page.wait_for_url(lambda url: "sign-in" not in url)
    await page.goto("/quality")
    await page.locator("#form-name").fill("collections")
    await page.locator("fieldset [data-part=name]").fill("opening")
    await page.locator("[data-part=label]").fill("Greets")
    await page.locator("#builder button.main").click()
    await expect(page.locator("#told")).to_contain_text("collections is kept as version 1")
    await picture(page, "qa_quality")
    await page.goto("/recordings")
    await expect(page.locator("#recordings tr")).to_have_count(2)
    await page.locator("#query").press_sequentially("duration>2s ag")
    await expect(page.locator("#offers li").first).to_contain_text("agent:")
    await picture(page, "qa_recordings")
    await page.locator("#query").fill("duration>2s agent:1")
    await page.locator("#query").press("Enter")
    await expect(page.locator("#recordings tr")).to_have_count(2)
    await page.locator(".play").first.click()
    await expect(page.locator("#name")).to_contain_text("Agent 1")
    await page.locator("#play").click()
    await expect(page.locator("#clock")).to_have_text("00:02 / 00:02")
    await page.locator("#comment-text").fill("well said")
    await page.locator("#comment button").click()
    await expect(page.locator("#comments li")).to_contain_text("well said")
    await page.locator("#begin-scoring").click()
    await page.locator("#sections select").select_option("yes")
    await picture(page, "qa_recording")
    await page.locator("#answers button").click()
    await expect(page.locator("#evaluations li")).to_contain_text("100")
