"""An administrator's day through the pages, uninterrupted, on a real Asterisk: what was done, and how long each took.

    python -m benchmarks admin_day

From an empty database: the first run, two campaigns, three lists with bad rows, one of them taken back, a trunk's lines
changed in its file and read by the page, an agent's first calls, a rule added, and an audit question answered. All is
clicked in a headless Chromium; the agent and the people called are the lab's. Ends with an error where a step does not
come out as it should.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from asterisk_config.lab import Lab
from benchmarks.tables import machine, table
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor, start_floor
from tests.private_browser import ARGUMENTS, chromium
from tests.shell.served import Served, serving
from tests.shell.test_from_nothing import click_through, empty, people
from tests.shell.test_serve_asterisk import take_calls

PATIENCE_MS = 30_000  # a day is no race: the machine may be busy


class Day:
    """What was done so far."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        """One thing that is done; noted when it came out well."""
        began = time.monotonic()
        print(f"{name} ...", file=sys.stderr, flush=True)
        yield
        self.rows.append([name, f"{time.monotonic() - began:.1f}"])


def bad_list(folder: Path, name: str, prefix: str) -> Path:
    """Three people, a row without a number, one without an account, and one with nonsense."""
    rows = [f"{prefix}{n},P {n},+{number(f'5696{n}', Behaviour.PERSON, ring_s=1, talk_s=2)},5" for n in range(3)]
    path = folder / name
    path.write_text("\n".join(["account,name,phone,balance", *rows, f"{prefix}8,No number,,5", ",,,", "x,y"]) + "\n")
    return path


async def load(page: Page, path: Path) -> None:
    """Load a list on a campaign's page."""
    before = await page.locator("[data-import]").count()
    form = page.locator("#list-form")
    await form.get_by_label("Country").fill("CL")
    await form.get_by_label("File").set_input_files(path)
    await page.get_by_role("button", name="Load", exact=True).click()
    await page.get_by_role("link", name="The list is loaded").click()
    await expect(page.locator("[data-import]")).to_have_count(before + 1)


async def fewer_lines(page: Page, served: Served) -> None:
    """Change a trunk in its file, wrongly and rightly, and have the page read it."""
    written = served.config.read_text()
    await page.goto("/admin/trunks")
    read = page.get_by_role("button", name="Read the configuration")
    served.config.write_text(written.replace("lines_max = 20", "lines_max = 0"))
    await read.click()
    await expect(page.locator("#notice")).to_contain_text("lines_max")  # refused, with its place
    served.config.write_text(written.replace("lines_max = 20", "lines_max = 12"))
    async with page.expect_navigation():
        await read.click()
    await expect(page.locator("[data-trunk=carrier] dd").first).to_contain_text("/ 12")


async def lived(page: Page, served: Served, floor: Floor, folder: Path) -> list[list[str]]:
    """The day, step by step."""
    day = Day()
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    (folder / "cards.csv").write_text(people(3))
    async with day.step("first run: client, campaign, list with a bad row, agent, start"):
        await click_through(page, floor, folder / "cards.csv")
    async with day.step("an agent's first calls"):
        await take_calls(served, 101, 2)
    async with day.step("a second campaign, cloned"):
        await page.goto("/admin/campaigns/1")
        clone = page.locator("form[data-api$='/clone']")
        await clone.get_by_label("Name").fill("Loans")
        await clone.get_by_role("button").click()
        await expect(page.get_by_role("heading", name="Loans")).to_be_visible()
    async with day.step("two more lists with bad rows, one taken back"):
        await load(page, bad_list(folder, "loans.csv", "L"))
        await load(page, bad_list(folder, "wrong.csv", "W"))
        async with page.expect_navigation():
            await page.locator("[data-import] button").first.click()
        await expect(page.locator("[data-import]").first).to_contain_text("taken back")
    async with day.step("a trunk change, refused first, then taken up while the dialer runs"):
        await fewer_lines(page, served)
        await page.goto("/admin/campaigns/2")
    async with day.step("a change of lines and number shown"):
        form = page.locator("form[data-api='PATCH /campaigns/2']", has=page.get_by_label("Lines"))
        await form.get_by_label("Lines").fill("7")
        await form.get_by_role("textbox", name="Number shown", exact=True).fill("+56221111111")
        async with page.expect_navigation():
            await form.get_by_role("button").click()
        await expect(page.get_by_label("Lines")).to_have_value("7")
    async with day.step("a rule added: shorter hours"):
        hours = page.locator("form", has=page.get_by_role("group", name="Calling hours"))
        window = hours.locator(".window").first
        await window.locator("[data-part=opens]").fill("09:00")
        await window.locator("[data-part=closes]").fill("18:00")
        async with page.expect_navigation():
            await hours.get_by_role("button").click()
        await expect(window.locator("[data-part=opens]")).to_have_value("09:00")
        await expect(window.locator("[data-part=closes]")).to_have_value("18:00")
    async with day.step("the audit question: who changed the lines, from what to what"):
        await page.goto("/admin/audit?text=lines_max")
        row = page.locator("tbody tr", has=page.locator("[data-action='campaign.change']")).first
        await expect(row).to_contain_text("lines_max = 100")
        await expect(row).to_contain_text("lines_max = 7")
    return day.rows


async def whole_day() -> list[list[str]]:
    """The lab, the server, the browser, and the day."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as held:
        folder = Path(place)
        expect.set_options(timeout=PATIENCE_MS)
        lab = Lab.of(None, "forky")
        lab.install()
        floor = start_floor(folder / "floor", lab, held)
        async with serving(empty(folder, floor)) as served, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
            page = await (await browser.new_context(base_url=served.url, locale="en")).new_page()
            try:
                return await lived(page, served, floor, folder)
            finally:
                await browser.close()


def main(arguments: Sequence[str]) -> None:
    """Live the day and print it."""
    argparse.ArgumentParser(prog="python -m benchmarks admin_day").parse_args(arguments)
    where = machine()
    rows = asyncio.run(whole_day())
    print(f"{where}\n\n{table(['step', 'seconds'], rows)}")
