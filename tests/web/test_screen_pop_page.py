"""The lead's page in another system: set on the campaign's page, at the desk a link or, by choice, a tab of its own."""

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.web.browsers import agent_browser, browsing, picture, press, state
from tests.web.test_browser_pages import enter
from tests.web.test_desk_page import ready, talk
from tests.web.world import World

pytestmark = pytest.mark.browser
ADDRESS = "https://crm.example/a/ACC-1?who=Person%201"


async def elsewhere(context: BrowserContext) -> list[Page]:
    """Tabs that are opened from now on; the other system is played, so that nothing leaves the machine."""

    async def played(route: Route) -> None:
        await route.fulfill(body="their page")

    opened: list[Page] = []

    def noted(page: Page) -> None:
        opened.append(page)

    await context.route("https://crm.example/**", played)
    context.on("page", noted)
    return opened


async def test_it_is_set_on_the_campaigns_page_and_opens_at_the_desk_as_the_campaign_wants(world: World) -> None:
    async with browsing() as browser:
        async with agent_browser(browser, world.url, locale="en") as office:
            page = await office.page()
            await enter(page)
            await page.goto(f"/admin/campaigns/{world.campaign}")
            form = page.locator("form", has=page.locator("[name='screen_pop.template']"))
            await form.locator("[name='screen_pop.template']").fill("http://crm.example/{external_id}")
            await form.locator("button.main").click()
            await expect(page.locator("#notice")).to_contain_text("https://")
            await form.locator("[name='screen_pop.template']").fill("https://crm.example/a/{external_id}?who={name}")
            async with page.expect_navigation():
                await form.locator("button.main").click()
        async with agent_browser(browser, world.url, locale="en") as agent:
            page = await agent.page()
            opened = await elsewhere(agent.context)
            await ready(page)
            await talk(page)
            link = page.locator("#screen-pop-link")
            await expect(page.locator("#right-party")).to_be_visible()
            await expect(link).to_be_hidden()
            await press(page, "y")
            await expect(link).to_have_attribute("href", ADDRESS)
            await expect(link).to_have_text("Open in crm.example")
            await picture(page, "desk-screen-pop-en")
            assert opened == []
            await press(page, "h")
            await state(page, "wrapping")
            await (await world.administrator()).change_campaign(world.campaign, screen_pop={"opens": "tab"})
            await press(page, "r")
            await state(page, "ready")
            await talk(page)
            await expect(page.locator("#right-party")).to_be_visible()
            async with agent.context.expect_page() as tab:
                await press(page, "y")
            other = await tab.value
            await other.wait_for_url(ADDRESS)
            assert await other.evaluate("window.opener") is None
            await page.reload()
            await expect(link).to_have_attribute("href", ADDRESS)
            assert opened == [other]
