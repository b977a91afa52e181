"""The first run: left at any step it is taken up there, by whoever comes; a button pressed twice does its work once."""

import re
from dataclasses import replace

import pytest
from playwright.async_api import Route, expect

from dialer.core.model import CampaignStatus
from tests.web.browsers import agent_browser, browsing
from tests.web.recorded import calls_made
from tests.web.test_browser_pages import enter
from tests.web.world import PASSWORD, World

_STEP = re.compile(r'data-step="(\w+)" data-state="(\w+)"')


async def steps(world: World, login: str = "ana") -> set[str]:
    """What is done, as that person is shown it."""
    async with world.http() as http:
        await http.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        page = await http.get("/admin")
        assert page.status_code == 200, page.text
        return {step for step, state in _STEP.findall(page.text) if state == "done"}


async def test_each_step_is_told_by_what_is_there_now(world: World) -> None:
    store, ana = world.store, await world.administrator()
    campaign = await store.campaigns.get(world.campaign)
    assert campaign is not None
    paused = await store.campaigns.save(replace(campaign, status=CampaignStatus.PAUSED))
    assert await steps(world) == {"asterisk", "client", "campaign", "agents", "list"}
    for agent in world.agents[:-1]:
        await ana.change_agent(agent, active=False)
    assert "agents" in await steps(world)
    await ana.change_agent(world.agents[-1], campaigns=[])  # works on nothing that is there
    assert "agents" not in await steps(world)
    await ana.change_agent(world.agents[-1], campaigns=[world.campaign])
    await ana.change_leads([{"lead": lead, "state": "withdrawn"} for lead in world.leads])  # the list was taken back
    assert await steps(world) == {"asterisk", "client", "campaign", "agents"}
    await ana.change_leads([{"lead": lead, "state": "open"} for lead in world.leads])
    running = await store.campaigns.save(replace(paused, status=CampaignStatus.RUNNING))
    assert "start" in await steps(world)
    await ana.change_agent(world.agents[0], active=True)
    await calls_made(world, 1)
    await store.campaigns.save(replace(running, status=CampaignStatus.PAUSED))
    assert "start" in await steps(world)  # what has called was started, though it stands still now


@pytest.mark.browser
async def test_a_button_pressed_twice_sends_once_and_another_who_comes_goes_on(world: World) -> None:
    sent: list[str] = []

    async def slow(route: Route) -> None:
        sent.append(route.request.method)
        if len(sent) == 1:
            await page.evaluate("document.querySelector('[data-step=client] button').click()")  # while it is on its way
        await route.continue_()

    async with browsing() as browser, agent_browser(browser, world.url, locale="es-MX") as office:
        page = await office.page()
        await enter(page)
        await page.goto("/admin")
        await page.route("**/api/v1/clients", slow)
        await page.locator("[data-step=client] input[name=name]").fill("Banco Uno")
        async with page.expect_navigation():
            await page.locator("[data-step=client] button").click()
        await expect(page.locator("[data-step=client]")).to_contain_text("Banco Uno")
        assert sent == ["POST"]
    async with world.http() as later:
        await later.post("/api/v1/session", json={"login": "ana", "password": PASSWORD})
        assert re.search(r'<option value="\d+">Banco Uno</option>', (await later.get("/admin")).text)
