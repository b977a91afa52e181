"""Who can be called when, and what was said of a person, as people see them in a real browser."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.web.test_browser import page, sign_in
from tests.web.world import PASSWORD, PIN, World

pytestmark = pytest.mark.browser
__all__ = ["page"]


async def test_a_week_of_calling_hours_is_shown_and_each_hour_says_why(
    world: World, page: Page, tmp_path: Path
) -> None:
    rules = {"name": "house", "windows": [{"days": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "18:00"}]}
    await (await world.administrator()).change_campaign(world.campaign, rules=rules)
    await sign_in(page, "sofia", PASSWORD)
    await page.get_by_role("link", name="Calling hours").click()
    await expect(page.locator("button.hour")).to_have_count(168)
    await expect(page.locator("#hours-now")).to_contain_text("of 3 people may be called")
    how = "all => all.map(one => one.style.getPropertyValue('--share'))"
    shares = await page.locator("button.hour").evaluate_all(how)
    assert sorted(set(shares)) == ["0.000", "1.000"]
    assert shares.count("1.000") == 5 * 9
    await page.locator("button.hour[style*='0.000']").first.click()
    await expect(page.locator("#hour-people")).to_contain_text("0 of 3 people may be called")
    await expect(page.locator("#hour-shut")).to_contain_text("house.hours")
    await page.screenshot(path=tmp_path / "hours.png", full_page=True)


async def test_what_is_said_of_a_person_appears_before_the_agent_at_once(world: World, page: Page) -> None:
    await sign_in(page, "1001", PIN)
    await expect(page.locator("[data-verb=sign_in]")).to_be_enabled()
    await page.keyboard.press("s")
    await expect(page.locator("#state")).to_have_attribute("data-state", "break")
    await page.keyboard.press("r")
    await page.keyboard.press("n")
    await page.keyboard.type("+52 55 1234 0001")
    await page.keyboard.press("Escape")
    await page.keyboard.press("d")
    await expect(page.locator("#state")).to_have_attribute("data-state", "talking")
    await expect(page.locator("#lead-name")).to_have_text("Person 1")
    await page.keyboard.press("y")  # it is the person: only then is what tells of the debt shown
    await expect(page.locator("#lead-restrictions")).to_be_hidden()
    supervisor = await world.supervisor()
    await supervisor.request("POST", "/restrictions", {"lead": world.leads[0], "kind": "lawsuit"})
    await expect(page.locator("#lead-restrictions")).to_have_text("Before a court")
