"""The page of calling rules and the script's editor, used as an administrator does."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.web.browsers import agent_browser, browsing, picture
from tests.web.test_browser_pages import enter
from tests.web.test_rules import LAW
from tests.web.world import world

pytestmark = pytest.mark.browser


async def look_at_the_list(page: Page) -> None:
    """A list is tried without saving, and the one that is there is asked why it is not dialled; all in Spanish."""
    rows = "cuenta,telefono,saldo\nZ1,55 1234 9999,10\nZ2,,10\nZ3,12,10\n"
    file = {"name": "cartera.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    await page.locator("#list-form [name=file]").set_input_files(file)  # type: ignore[arg-type]  # of the library's own
    await expect(page.locator("#list-columns select").first.locator("option:checked")).to_have_text(
        "cuenta (identificador del cliente)"
    )
    await page.locator("#list-form [name=try]").click()
    report = page.locator("#list-report")
    await expect(report).to_contain_text("Rechazadas: sin teléfono")
    await expect(report).to_contain_text("No se marcan ahora: ningún número es válido")
    await page.locator("#list-why-ask").click()
    await expect(page.locator("#list-why tbody tr").first).to_be_visible()
    await expect(page.locator("#list-why tbody tr[data-reason='']")).to_contain_text("nada lo impide")
    await page.locator("#list").scroll_into_view_if_needed()
    await picture(page, "admin_list")


async def test_rules_are_tried_and_a_script_is_written_by_clicking(tmp_path: Path) -> None:
    async with (
        world(tmp_path, law=LAW, hours=(8, 20)) as house,
        browsing() as browser,
        agent_browser(browser, house.url) as watched,
    ):
        page = await watched.page()
        await enter(page)
        await page.goto("/admin/rules")
        await page.locator("#try-form [name=number]").fill("+52 55 1234 0001")
        await page.locator("#try-form [name=local]").fill("2026-11-25T23:00")
        await page.locator("#try-form button").click()
        await expect(page.locator("#verdict")).to_contain_text("no se llama. fuera del horario")
        await expect(page.locator("#verdict")).to_contain_text("Se permite desde jue 26")
        await page.locator("#week-form [name=lead]").fill(str(house.leads[0]))
        await page.locator("#week-form button").click()
        await expect(page.locator("#week-table tr.open").first).to_contain_text("se puede llamar")
        await expect(page.locator("#why-of")).not_to_be_empty()
        await page.locator("[data-country=MX] summary").click()
        await picture(page, "admin_rules")
        await page.goto(f"/admin/campaigns/{house.campaign}")
        await look_at_the_list(page)
        await page.locator("#script-add").click()
        step = page.locator(".step-form")
        await step.locator("[data-part=name]").fill("hola")
        await step.locator("[data-part=text]").fill("Buenos días, ¿hablo con ?")
        await step.locator("[data-part=text]").press("ArrowLeft")
        await page.locator("#script-blanks button").first.click()
        await step.locator("[data-verb=choice]").click()
        await step.locator("[data-part=label]").fill("Sí")
        await step.locator("[data-part=to]").fill("pago")
        await expect(page.locator("#script-text")).to_have_text("Buenos días, ¿hablo con María Pérez?")
        await expect(page.locator("#script-faults")).to_contain_text("que no es ningún paso")
        await page.locator("#script-add").click()
        await step.nth(1).locator("[data-part=name]").fill("pago")
        await step.nth(1).locator("[data-part=text]").fill("Debe {balance} en {account}.")
        await expect(page.locator("#script-faults")).to_be_empty()
        await page.locator("#script-choices button").first.click()
        await expect(page.locator("#script-text")).to_contain_text("en A-1001")
        await page.locator("#script").scroll_into_view_if_needed()
        await picture(page, "admin_script")
        async with page.expect_navigation():
            await page.locator("#script-form button.main").click()
        kept = await house.store.campaigns.get(house.campaign)
        assert kept is not None
        assert [(one.name, [choice.to for choice in one.choices]) for one in kept.script] == [
            ("hola", ["pago"]),
            ("pago", []),
        ]
