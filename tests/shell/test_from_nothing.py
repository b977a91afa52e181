"""From an empty database to a campaign that dials on a real Asterisk: by clicking alone, and by the client alone."""

from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from dialer.web.client import Client
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor
from tests.private_browser import ARGUMENTS, chromium
from tests.shell.served import dialer, serving, write_config
from tests.shell.test_serve_asterisk import OPEN_ALL_DAY, take_calls

pytestmark = pytest.mark.timeout(300)

PASSWORD = "a long password"
expect.set_options(timeout=20_000)  # the doctor looks at Asterisk whenever the first page is shown


def people(count: int) -> str:
    rows = [f"A{n},Person {n},+{number(f'5697{n}', Behaviour.PERSON, ring_s=1, talk_s=3)},100" for n in range(count)]
    return "\n".join(["account,name,phone,balance", *rows, "A9,Wrong,,100", ""])


def empty(folder: Path, floor: Floor) -> Path:
    """A configuration, and a database with an administrator alone."""
    config = write_config(folder, floor)
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    dialer("user", "add", "admin", "--role", "administrator", "--password-file", str(secret), "-c", str(config))
    return config


@pytest.mark.asterisk
@pytest.mark.browser
async def test_by_clicking_alone(floor: Floor, tmp_path: Path) -> None:
    config = empty(tmp_path, floor)
    (tmp_path / "cards.csv").write_text(people(3))
    async with serving(config) as served, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = await (await browser.new_context(base_url=served.url, locale="en")).new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        await click_through(page, floor, tmp_path / "cards.csv")
        await take_calls(served, 101, 2)
        await page.goto("/admin")
        await expect(page.locator("[data-step=start]")).to_have_attribute("data-state", "done")
        await served.until(lambda shown: dict(shown["campaigns"][0]["outcomes"]).get("connected", 0) >= 2)
        await page.goto("/recordings")
        await expect(page.locator(".play").first).to_be_visible()
        await page.goto("/admin/audit?text=campaign.add")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await browser.close()
        assert wrong == []


async def click_through(page: Page, floor: Floor, cards: Path) -> None:
    """What an administrator clicks and types, from signing in to the start of the campaign."""
    await page.goto("/sign-in")
    await page.get_by_label("User name or agent code").fill("admin")
    await page.get_by_label("Password or PIN").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("link", name="Administration").click()
    step = page.locator("[data-step=asterisk]")
    await expect(step).to_have_attribute("data-state", "done")
    await expect(step.locator("[data-state=ok]").first).to_contain_text("Asterisk 22")
    await page.locator("[data-step=client] input[name=name]").fill("First Bank")
    await page.locator("[data-step=client] button").click()
    form = page.locator("[data-step=campaign] form")
    await form.get_by_label("Name").fill("Cards")
    await form.get_by_label("Mode").select_option("progressive")
    await form.get_by_label("Number shown").fill("+56220000000")
    await form.get_by_role("button").click()
    await expect(page.get_by_role("heading", name="Cards")).to_be_visible()
    hours = page.locator("section", has=page.get_by_role("heading", name="Calling hours")).locator("form")
    await hours.get_by_label("From").first.fill("00:00")
    await hours.get_by_label("Until").first.fill("24:00")
    for day in await hours.locator(".window").first.get_by_role("checkbox").all():
        await day.check()
    async with page.expect_navigation():
        await hours.get_by_role("button").click()
    await expect(hours.get_by_label("Until").first).to_have_value("24:00")
    await page.get_by_label("Country", exact=True).fill("CL")
    await page.get_by_label("File").set_input_files(cards)
    await page.get_by_role("button", name="Try without writing").click()
    await expect(page.locator("#list-report")).to_contain_text("3")
    await page.get_by_role("button", name="Load", exact=True).click()
    await page.get_by_role("link", name="The list is loaded").click()
    await expect(page.locator("[data-import]")).to_have_count(1)
    await page.wait_for_load_state()
    await page.get_by_role("link", name="First run").click()
    await first_agent_and_start(page, floor)


async def first_agent_and_start(page: Page, floor: Floor) -> None:
    form = page.locator("[data-step=agents] form")
    for label, text in (
        ("Name", "Ana"),
        ("Login", "ana"),
        ("Code", "101"),
        ("PIN", "4321"),
        ("Phone", floor.phone("1001")),
    ):
        await form.get_by_label(label, exact=True).fill(text)
    await form.get_by_role("button").click()
    await expect(page.locator("[data-step=agents]")).to_have_attribute("data-state", "done")
    await page.wait_for_load_state()
    await page.locator("[data-step=start] button").click()
    await expect(page.locator("[data-step=start]")).to_have_attribute("data-state", "done")


@pytest.mark.asterisk
async def test_by_the_client_alone(floor: Floor, tmp_path: Path) -> None:
    config = empty(tmp_path, floor)
    async with serving(config) as served, Client(served.url) as admin:
        await admin.sign_in("admin", PASSWORD)
        assert not [one for one in await admin.doctor() if one["state"] == "failed"]
        bank = await admin.add_client("First Bank")
        campaign = await admin.add_campaign(
            name="Cards", client=bank["id"], mode="progressive", trunks=["carrier"], rules=OPEN_ALL_DAY
        )
        await admin.add_agent(
            name="Ana", login="ana", code="101", pin="4321", campaigns=[campaign["id"]], endpoint=floor.phone("1001")
        )
        looked = await admin.preview_list(campaign["id"], "cards.csv", people(3).encode(), country="CL")
        assert looked["mapping"]["phone"] == ["phone"]
        tried = await admin.load_list(campaign["id"], "cards.csv", people(3).encode(), country="CL", dry_run=True)
        loaded = await admin.load_list(campaign["id"], "cards.csv", people(3).encode(), country="CL")
        assert (tried["leads"], loaded["leads"]) == (3, 3)
        await admin.start_campaign(campaign["id"])
        await take_calls(served, 101, 2)
        events = await admin.events(cursor="0-0", kinds="call.ended")
        assert len(events["items"]) >= 2
