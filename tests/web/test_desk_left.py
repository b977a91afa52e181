"""The desk's page where the time to write up runs out, where a recording is paused, and where numbers are typed."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from dialer.web import ran_out
from tests.web.browsers import agent_browser, be_ready, browsing, picture, press, state
from tests.web.world import PASSWORD, PIN, World, day
from tests.web.world import world as new_world

pytestmark = pytest.mark.browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with browsing() as made:
        yield made


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(ran_out, "LOOK_EVERY_S", 0.05)
    async with new_world(tmp_path, agents=1) as made:
        yield made


async def wrapping(page: Page, number: str) -> None:
    await press(page, "f")
    await page.keyboard.type(number)
    await press(page, "Escape", "d")
    await state(page, "talking")
    await expect(page.locator("#right-party")).to_be_visible()
    await press(page, "y")
    await expect(page.locator("#lead-facts")).to_contain_text("ACC-")
    await press(page, "h")
    await state(page, "wrapping")


async def typed(page: Page, name: str, value: str) -> None:
    async with page.expect_response("**/desk/draft"):
        await page.locator(name).fill(value)


async def seen_by_a_supervisor(world: World, browser: Browser) -> None:
    """What is left open stands on the page of recordings."""
    async with agent_browser(browser, world.url) as supervisor:
        seen = await supervisor.page()
        await seen.goto("/sign-in")
        await seen.keyboard.type("sofia")
        await press(seen, "Tab")
        await seen.keyboard.type(PASSWORD)
        await press(seen, "Enter")
        await expect(seen.locator("#campaigns")).to_be_visible()
        await seen.goto("/recordings")
        standing = [re.compile("sin terminar"), re.compile("sin confirmar")]
        await expect(seen.locator("#wrap-up-rows tr")).to_have_text(standing)
        await picture(seen, "wrap-ups-left-open")


async def test_a_promise_of_the_agents_is_kept_and_one_that_the_page_proposed_waits_to_be_finished(
    world: World, browser: Browser
) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await be_ready(page, "1001", PIN)
        await wrapping(page, "+525512340001")
        async with page.expect_response("**/desk/draft"):
            await press(page, "2")
        await expect(page.locator("#promise-amount")).to_have_value("1500.50")  # all that is owed, in a week
        await press(page, "r")
        left = page.locator("#unsaved-list li").first
        await expect(left).to_have_attribute("data-standing", "open")
        await expect(left).not_to_contain_text("1,500")  # what nobody promised is not said to be
        await expect(page.locator("#unfinished")).to_contain_text("1")
        assert await world.store.promises.of_lead(world.leads[0]) == ()
        await wrapping(page, "+525512340002")
        await press(page, "2")
        await typed(page, "#promise-amount", "900,50")
        await typed(page, "#promise-due", day(9))
        async with page.expect_response("**/desk/draft"):
            await press(page, "Escape")  # the field is left: it is no word half said
        await press(page, "r")
        taken = page.locator("[data-standing=unconfirmed]")
        await expect(taken).to_contain_text("Person 2")
        await picture(page, "wrap-ups-left")
        [row] = await world.store.promises.of_lead(world.leads[1])
        assert (str(row.promise.amount), row.promise.due_on.isoformat(), row.unconfirmed) == ("900.50", day(9), True)
        await seen_by_a_supervisor(world, browser)
        await taken.locator("[data-act=right]").click()
        await expect(page.locator("#unsaved-list li")).to_have_count(1)
        await press(page, "u")
        await expect(page.locator("#finishing")).to_contain_text("Person 1")
        await expect(page.locator("#promise-amount")).to_have_value("1500.50")
        await picture(page, "wrap-up-finished-late")
        await press(page, "Control+Enter")
        await expect(page.locator("#unsaved")).to_be_hidden()
        await expect(page.locator("#finishing")).to_be_hidden()
    rows = [await world.store.promises.of_lead(lead) for lead in world.leads[:2]]
    assert [(str(row.promise.amount), row.unconfirmed) for [row] in rows] == [("1500.50", False), ("900.50", False)]


async def test_the_pad_shows_what_it_dials_and_why_not_and_the_directory_is_at_hand(
    world: World, browser: Browser
) -> None:
    contact = {"name": "Caja", "number": "+525588880000"}
    await (await world.administrator()).change_campaign(world.campaign, directory=[contact])
    await world.store.do_not_call.add(["+525588887777"], "own", 0.0)
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await be_ready(page, "1001", PIN)
        told = page.locator("#may-dial")
        await press(page, "f")
        await page.keyboard.type("1234 5678")
        await expect(told).to_contain_text("número completo")
        await page.locator("#number").fill("55 1234 0001")
        await expect(told).to_contain_text("+525512340001 · México")
        await press(page, "Escape", "d")
        await state(page, "talking")
        await expect(page.locator("#desk-number")).to_have_text("+525512340001")
        await press(page, "g")
        await expect(page.locator("#recording-paused")).to_contain_text("no se graba")
        await press(page, "f")
        await page.keyboard.type("55 8888 7777")
        await expect(told).to_have_attribute("data-allowed", "no")
        await press(page, "Escape", "t")
        await expect(page.locator("#notice-text")).to_contain_text("Una regla no permite")
        await state(page, "talking")
        await picture(page, "transfer-refused")
        await page.locator("#directory button").click()
        await expect(told).to_have_attribute("data-allowed", "yes")
        await press(page, "Escape", "t")
        await state(page, "wrapping")
        await expect(page.locator("#recording-paused")).to_be_hidden()
