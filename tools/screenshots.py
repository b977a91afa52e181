"""The documentation's pictures of pages: `python -m tools.screenshots FOLDER [--locale es] [--scheme dark]`.

A dialer of invented people whose switch is played by hand: no call leaves the machine.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import async_playwright

from tests.private_browser import ARGUMENTS, chromium
from tests.web.recorded import calls_made, sounds
from tests.web.world import PASSWORD, world

PAGES = {
    "admin_first_run": "/admin",
    "admin_campaign": "/admin/campaigns/1",
    "admin_users": "/admin/users",
    "admin_trail": "/admin/audit",
    "admin_agents": "/admin/agents",
    "admin_trunks": "/admin/trunks",
    "admin_webhooks": "/admin/webhooks",
    "calling_hours": "/calling-hours",
    "recordings": "/recordings",
    "recording": "/recordings/1",
    "quality": "/quality",
}
ALL_PAGES = {
    "admin_campaigns": "/admin/campaigns",
    "admin_rules": "/admin/rules",
    "admin_caller_ids": "/admin/caller-ids",
    "admin_doctor": "/admin/doctor",
    "account": "/account",
    "floor_page": "/",
    "decisions": "/decisions",
    "wallboard": "/wallboard",
    **{f"quality_{tab}": f"/quality/{tab}" for tab in ("results", "disputes", "calibration", "rules", "forms")},
}


async def pictures(folder: Path, locale: str, scheme: Literal["light", "dark"], *, every: bool) -> None:
    """Sign in as the administrator, and take each page."""
    with tempfile.TemporaryDirectory() as place:
        async with world(Path(place)) as house, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
            context = await browser.new_context(
                base_url=house.url,
                locale=locale,
                viewport={"width": 1280, "height": 900},
                color_scheme=scheme,
            )
            page = await context.new_page()
            await page.goto("/sign-in")
            await page.locator("[name=name]").fill("ana")
            await page.locator("[name=secret]").fill(PASSWORD)
            await page.locator("[name=go]").click()
            await page.wait_for_url("**/")
            client = await house.administrator()
            await client.change_campaign(house.campaign, lines_max=30)
            await calls_made(house, 3)
            await sounds(house, speaking=True)
            for name, path in (PAGES | ALL_PAGES if every else PAGES).items():
                await page.goto(path, wait_until="networkidle")
                await page.screenshot(path=folder / f"{name}.png", full_page=every)
            await browser.close()


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--locale", default="en")
    parser.add_argument("--scheme", default="light", choices=["light", "dark"])
    parser.add_argument("--every", action="store_true", help="every page, whole: to look at, not for the documentation")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(pictures(given.folder, given.locale, given.scheme, every=given.every))


if __name__ == "__main__":
    main()
