"""The pages of administration as pictures: `python -m tools.screenshots FOLDER [--locale es]`. No call is made."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.private_browser import ARGUMENTS, chromium
from tests.web.world import PASSWORD, world

PAGES = {
    "admin_first_run": "/admin",
    "admin_campaign": "/admin/campaigns/1",
    "admin_users": "/admin/users",
    "admin_trail": "/admin/audit",
}


async def pictures(folder: Path, locale: str) -> None:
    """Sign in as the administrator, and take each page."""
    with tempfile.TemporaryDirectory() as place:
        async with world(Path(place)) as house, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
            context = await browser.new_context(
                base_url=house.url, locale=locale, viewport={"width": 1280, "height": 900}
            )
            page = await context.new_page()
            await page.goto("/sign-in")
            await page.locator("[name=name]").fill("ana")
            await page.locator("[name=secret]").fill(PASSWORD)
            await page.locator("[name=go]").click()
            await page.wait_for_url("**/")
            client = await house.administrator()
            await client.change_campaign(house.campaign, lines_max=30)
            for name, path in PAGES.items():
                await page.goto(path)
                await page.screenshot(path=folder / f"{name}.png")
            await browser.close()


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--locale", default="en")
    given = parser.parse_args()
    asyncio.run(pictures(given.folder, given.locale))


if __name__ == "__main__":
    main()
