"""The pages of trunks, of the numbers shown and of detection, used as an administrator does."""

from dataclasses import replace

import pytest
from playwright.async_api import expect

from dialer.core.caller_ids import Pool
from dialer.core.messages import CallerIdsSet, TrunkSet
from dialer.core.routing import Tariff
from tests.web.browsers import agent_browser, browsing, picture
from tests.web.recorded import calls_made
from tests.web.test_browser_pages import enter
from tests.web.world import World

pytestmark = pytest.mark.browser


async def test_a_trunk_is_tried_and_a_number_is_sent_to_rest_by_clicking(world: World) -> None:
    world.runtime.tell(CallerIdsSet((Pool(name="mexico", numbers=("+525500000001",)),)))
    trunk = world.runtime.view().trunks[0].config
    world.runtime.tell(TrunkSet(replace(trunk, currency="USD", tariffs=(Tariff(per_minute=0.01234, first_s=30),))))
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    await agent.hangup()
    await world.desk(agent, "wrapping")
    await world.runtime.flush()
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await enter(page)
        await page.goto("/admin/trunks")
        card = page.locator("[data-trunk=carrier]")
        await expect(card).to_contain_text("0.01234 USD/min (30/1)")
        await expect(card.locator("[data-part=usual]").first).to_contain_text("%")
        await expect(page.locator("#series-table tbody tr")).to_have_count(1)
        await expect(page.locator("#costs tbody tr td").nth(2)).to_have_text("carrier")
        await page.locator("#series [name=digits]").select_option("3")
        await expect(page.locator("#series-table tbody tr td").nth(2)).to_have_text("+525")
        await card.locator("[name=number]").fill("+52 55 1234 0009")
        await card.locator("form.trial button").click()
        await expect(card.locator("[data-part=trial]")).to_contain_text("PJSIP/525512340009@carrier")
        await expect(card.locator("[data-part=trial]")).to_contain_text("contestada")
        await picture(page, "admin_trunks")
        await page.goto("/admin/caller-ids")
        await page.locator("[data-shown]").click()
        await expect(page.locator("#who-rows")).to_contain_text("Person 1")
        await page.locator("[data-rests]").click()
        await page.locator("#rest-dialog [name=reason]").fill("marcado como molesto")
        async with page.expect_navigation():
            await page.locator("#rest-dialog button.main").click()
        row = page.locator("[data-number='+525500000001']")
        await expect(row).to_have_attribute("data-state", "resting")
        await world.runtime.flush()
        await page.reload()
        await expect(page.locator("main")).to_contain_text("Lo puso en descanso Ana: marcado como molesto")
        await picture(page, "admin_caller_ids")


async def test_detection_is_looked_at_and_switched_on_by_clicking(world: World) -> None:
    await calls_made(world, 1)
    async with world.store._database.writing() as session:
        await session.run("UPDATE calls SET outcome = 'machine', verdict = 'machine'")
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await enter(page)
        await page.goto("/quality/detection?days=30")
        await expect(page.locator("#state")).to_have_text("La detección está apagada.")
        await expect(page.locator(".facts dd").first).to_have_text("1")
        await picture(page, "quality_detection")
        await page.locator("[name='detection.on']").check()
        await page.locator("[name=wait_max_s]").fill("4")
        async with page.expect_navigation():
            await page.locator("form[data-api] button.main").click()
        await expect(page.locator("#state")).to_have_text("La detección está encendida.")
