"""The supervisors' pages with a talk going on: axe finds nothing serious in them, and pictures of each are kept."""

from typing import Any

import pytest
from playwright.async_api import expect

from dialer.core.alarms import URGENT, WARNING, AlarmCode, Finding
from dialer.core.series import Minute, TrunkMinute
from tests.web.browsers import agent_browser, browsing, picture
from tests.web.test_browser_pages import enter, settled
from tests.web.test_desk_page import serious
from tests.web.world import World

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
LOOKS = (("es-MX", "light"), ("pt-BR", "dark"))


async def at_work(world: World) -> None:
    """An agent in a talk, a change, a plan, half an hour of curves and of two trunks."""
    agent, sofia = await world.agent_at_work(), await world.supervisor()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    campaign = f"/campaigns/{world.campaign}"
    await sofia.request("POST", f"{campaign}/changes", {"target": 0.9, "minutes": 30, "note": "A/B"})
    await sofia.request("PUT", f"{campaign}/plan", {"hours": {"9": 40, "10": 50}})
    now = world.runtime.view().at // 60 * 60
    for n in range(1, 30):
        at = now - 60 * n
        minute = Minute(
            campaign=world.campaign, at=at, placed=20 + n % 7, answered=6, connected=5, idle_s=20, busy_s=40,
            agents=1, lines=4,
        )  # fmt: skip
        trunks = [
            TrunkMinute(trunk=name, at=at, lines=lines, lines_max=30, state="healthy")
            for name, lines in (("carrier", 5 + n % 3), ("spare", n % 5))
        ]
        await world.store.floor_log.add_minutes([minute], trunks)


async def test_axe_finds_nothing_serious_on_the_supervisors_pages(world: World) -> None:
    await at_work(world)
    found: dict[str, Any] = {}
    async with browsing() as browser:
        for locale, scheme in LOOKS:
            async with agent_browser(browser, world.url, locale=locale, scheme=scheme) as watched:
                page = await watched.page()
                await enter(page, "sofia")
                for name, path in (("decisions", "/decisions"), ("wall", "/wallboard"), ("hours", "/calling-hours")):
                    await settled(page, path)
                    found[f"{name} {locale}"] = await serious(page)
                    await picture(page, f"look-{name}-{locale}-{scheme}")
                await settled(page, "/")
                await page.locator("#span").select_option("3600")
                await page.locator("#curve").select_option("trunks")
                await expect(page.locator("#curve-legend li")).to_have_count(2)
                found[f"floor {locale}"] = await serious(page)
                await picture(page, f"look-floor-{locale}-{scheme}")
                await page.locator(".agent").first.click()
                found[f"agent {locale}"] = await serious(page)
                await page.locator("#agent-dialog form button").click()
                await page.locator("[data-part=change]").first.click()
                await expect(page.locator("#change-dialog")).to_be_visible()
                found[f"change {locale}"] = await serious(page)
                await picture(page, f"look-change-{locale}-{scheme}")
    assert {look: faults for look, faults in found.items() if faults} == {}


async def test_a_schedule_has_both_hours_and_what_is_refused_is_said_beside_the_button(world: World) -> None:
    talk = Finding(code=AlarmCode.LONG_TALK, subject="Agent 1", level=WARNING, figures=(("minutes", 45.0),))
    disk = Finding(code=AlarmCode.DISK, subject="", level=URGENT, figures=(("share", 0.01),))
    now = world.runtime.view().at
    world.watch._broken.extend((now, one) for one in (talk, disk))
    async with browsing() as browser, agent_browser(browser, world.url, locale="es-MX") as watched:
        page = await watched.page()
        await enter(page, "sofia")
        await page.locator("[data-part=change]").first.click()
        dialog, said = page.locator("#change-dialog"), page.locator("#forecast-state")
        minutes, to, apply = (page.locator(f"#{name}") for name in ("change-minutes", "change-to", "apply-change"))
        await page.locator("[data-field=ring_timeout_s]").fill("20")
        await page.locator("#ask-forecast").click()
        await page.locator("#change-slot").fill("10")
        await minutes.fill("30")
        await apply.click()
        await expect(said).to_contain_text("Un veredicto necesita seis pares de tramos")
        await page.locator("#change-slot").fill("")
        await page.locator("#change-from").fill("22:00")
        await expect(minutes).to_have_value("")  # a schedule is for longer than half an hour
        await apply.click()
        await expect(dialog).to_be_visible()
        assert await to.evaluate("field => field.validity.valueMissing")
        await to.fill("02:00")
        await apply.click()
        await expect(dialog).to_be_hidden()
        row = page.locator("#changes li").first
        await expect(row).to_contain_text("Tiempo de timbre: 20 s")
        await expect(row).to_contain_text("22:00 a 02:00")
        await row.locator(".roll-back").click()
        await expect(row).to_contain_text("deshecho por Sofia")
        await expect(page.locator("#alarms")).to_contain_text("Agent 1 lleva 45 min")
        await settled(page, "/wallboard")
        await expect(page.locator("#wall-alarms .alarm")).to_have_count(1)  # the disk's; nobody's name is on the wall
