"""The desk's page under slips: keys struck twice or blindly, a server away, a way out in mid-call; nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from playwright.async_api import Browser, Page, Request, Route, expect

from dialer.core.ids import LeadId
from dialer.core.packs.schema import Kept
from dialer.store.restrictions import NewRestriction
from dialer.web.settings import WebSettings
from tests.faulty_proxy import FaultyProxy
from tests.web.browsers import agent_browser, be_ready, browsing, press, sign_in, state
from tests.web.world import PIN, World, day
from tests.web.world import world as new_world

pytestmark = pytest.mark.browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with browsing() as made:
        yield made


async def talking(page: Page) -> None:
    await be_ready(page, "1001", PIN)
    await call(page)


async def call(page: Page) -> None:
    await press(page, "f")
    await page.keyboard.type("+525512340001")
    await press(page, "Escape", "d")
    await state(page, "talking")
    await expect(page.locator("#codes button").first).to_be_visible()
    await expect(page.locator("#right-party")).to_be_visible()


async def made_sure(page: Page) -> None:
    await press(page, "y")
    await expect(page.locator("#lead-facts")).to_contain_text("ACC-1")


async def test_saving_twice_at_once_saves_once_and_keeps_the_promise(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        sent: list[Request] = []
        page.on("request", lambda asked: sent.append(asked) if asked.url.endswith("/disposition") else None)
        await talking(page)
        await made_sure(page)
        await press(page, "h", "2")
        await state(page, "wrapping")
        await page.locator("#promise-amount").fill("$ 1.200,50")
        await expect(page.locator("#promise-plan li")).to_contain_text("$1,200.50")  # what it was taken for
        await press(page, "Escape", "n")
        edges = "(box) => box.getBoundingClientRect()"
        notes, saving = [await page.locator(one).evaluate(edges) for one in ("#notes", ".saving")]
        assert notes["bottom"] <= saving["top"]  # what is written is not under what saves it
        await page.locator("#save").dblclick()
        await state(page, "ready")
        await expect(page.locator("#notice")).to_be_hidden()
    assert len(sent) == 1
    [row] = await world.store.promises.of_lead(world.leads[0])
    assert (str(row.promise.amount), row.state.value) == ("1200.50", "open")


async def test_a_verdict_that_comes_after_the_dialling_is_about_nothing_any_more(
    world: World, browser: Browser
) -> None:
    async with agent_browser(browser, world.url) as agent:
        page, dialled = await agent.page(), asyncio.Event()

        async def late(route: Route) -> None:
            await dialled.wait()
            await route.continue_()

        await page.route("**/may-dial**", late)
        await sign_in(page, "1001", PIN)
        await press(page, "s")
        await state(page, "break")
        async with page.expect_request("**/may-dial**"):
            await press(page, "f")
            await page.keyboard.type("+525512340001")
        await press(page, "Escape", "d")
        await state(page, "talking")
        async with page.expect_response("**/may-dial**"):
            dialled.set()
        await expect(page.locator("#right-party")).to_be_visible()
        await expect(page.locator("#may-dial")).to_be_empty()


async def test_an_amount_is_read_as_people_write_it_and_what_is_none_is_never_taken_for_another(
    world: World, browser: Browser
) -> None:
    amounts = {
        "1500": "1500", "1,500.50": "1500.50", "1.500,5": "1500.5", "1 500,50": "1500.50", "$1.500": "1500",
        "MXN 1,234,567": "1234567", "R$ 10,00": "10.00", "un mil": "", "1.5 mil": "", "-50": "", "1e3": "",
        "1.2.3": "", "1.234.5": "", "5000-6000": "", "": "", ".": "",
    }  # fmt: skip
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await page.goto("/sign-in")
        read = "(typed) => import('/static/js/desk/typed.js').then((m) => typed.map((one) => m.amountOf(one, 'MXN')))"
        assert dict(zip(amounts, await page.evaluate(read, list(amounts)), strict=True)) == amounts


async def test_caps_lock_and_what_has_the_focus_keep_no_key_from_its_work(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await talking(page)
        await press(page, "1")
        account = page.locator("nav a").last
        await account.focus()
        async with page.expect_popup() as opened:
            await press(page, "Enter")  # follows the link and saves nothing
        await (await opened.value).close()
        await page.locator("#told summary").click()
        await press(page, "W")
        await state(page, "holding")
        await press(page, "W", "H")
        await state(page, "wrapping")


async def test_a_word_typed_on_after_its_call_is_gone_is_no_order(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        breaks: list[Request] = []
        page.on("request", lambda asked: breaks.append(asked) if asked.url.endswith("/pause") else None)
        await talking(page)
        await press(page, "h")
        await state(page, "wrapping")
        await press(page, "n")
        await page.keyboard.type("ha")
        await (await world.agent()).ready()  # the time to write up is over
        await state(page, "ready")
        await page.keyboard.type("bla")  # B would be a break
        await expect(page.locator("#unsaved-list li")).to_contain_text("ha")
        await press(page, "Escape", "b")
        await state(page, "break")
    assert len(breaks) == 1


async def test_what_was_typed_while_the_server_was_away_is_there_after_the_page_was_closed(
    world: World, browser: Browser
) -> None:
    async with (
        FaultyProxy("127.0.0.1", int(world.url.rpartition(":")[2]), Random(1)) as link,
        agent_browser(browser, f"http://127.0.0.1:{link.port}") as agent,
    ):
        page = await agent.page()
        await talking(page)
        await made_sure(page)
        link.refusing = True
        link.cut()
        await press(page, "2", "n")
        await page.keyboard.type("paga en dos partes")
        await page.locator("#promise-amount").fill("900.50")
        await page.close()
        elsewhere = await world.agent()
        await elsewhere.hangup()
        await world.desk(elsewhere, "wrapping")
        await elsewhere.ready()
        link.refusing = False
        page = await agent.page()
        async with page.expect_response("**/desk/draft"):
            await page.goto("/desk")
        offered = page.locator("#unsaved-list li")
        for part in ("Promesa de pago", "$900.50", "paga en dos partes"):
            await expect(offered).to_contain_text(part)
        await offered.locator("[data-act=note]").click()
        await expect(page.locator("#unsaved")).to_be_hidden()
        left = await page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft'))")
        assert left == []
    await world.runtime.flush()
    [kept] = (await world.store.calls.page()).items
    [said] = await world.store.calls.dispositions(kept.record.id)
    assert said.notes.startswith("Promesa de pago · $900.50")
    assert said.notes.endswith("— paga en dos partes")


async def test_the_person_may_come_to_the_phone_after_somebody_else(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await talking(page)
        await press(page, "j")
        await expect(page.locator("#other-party")).to_be_visible()
        await expect(page.locator("#right-party")).to_be_hidden()
        await press(page, "y")
        await expect(page.locator("#right-party")).to_be_visible()
        await expect(page.locator("#lead-facts")).not_to_contain_text("ACC-1")
        await press(page, "Y")
        await expect(page.locator("#lead-facts")).to_contain_text("ACC-1")
        await page.locator("#told summary").click()
        await page.locator("#told-days input").first.check()
        await page.locator("#told-to").fill("07:00")
        await page.locator("#told-save").click()
        await expect(page.locator("#notice-text")).to_contain_text("posterior")


async def test_an_address_without_https_says_so_and_any_other_phone_works(tmp_path: Path, browser: Browser) -> None:
    settings = WebSettings(port=0, phone_url="ws://127.0.0.1:8088/ws", phone_key="the-key")
    async with new_world(tmp_path, settings=settings) as world, agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await page.add_init_script("""
            Object.defineProperty(window, "isSecureContext", { value: false });
            Object.defineProperty(navigator, "locks", { value: undefined });
            Object.defineProperty(navigator, "mediaDevices", { value: undefined });
        """)
        await sign_in(page, "1001", PIN)
        await expect(page.locator("#phone-trouble")).to_contain_text("https")
        await press(page, "s")
        await state(page, "break")


async def test_a_page_of_an_agent_whom_another_followed_at_this_browser_gives_no_orders_in_the_others_name(
    world: World, browser: Browser
) -> None:
    async with agent_browser(browser, world.url) as agent:
        first, second = await agent.page(), await agent.page()
        await sign_in(first, "1001", PIN)
        await expect(first.locator(".who")).to_have_text("Agent 1")
        await sign_in(second, "1002", PIN)
        await expect(first.locator(".who")).to_have_text("Agent 2")


async def test_the_way_out_is_not_in_the_middle_of_a_call_and_ends_the_work(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await talking(page)
        await page.evaluate("window.same = true")
        await page.locator("a.mark").click()
        await page.locator("#sign-out").click()
        await expect(page.locator("#notice-text")).not_to_be_empty()
        assert await page.evaluate("window.same")
        await press(page, "h")
        await state(page, "wrapping")
        await press(page, "1", "Control+Enter")
        await state(page, "ready")
        await page.locator("#sign-out").click()
        await page.wait_for_url("**/sign-in")
    assert (await (await world.agent()).desk())["state"] == "signed_out"


async def test_what_is_kept_of_a_person_is_told_in_the_pages_words(tmp_path: Path, browser: Browser) -> None:
    async with new_world(tmp_path, agents=1, hours=(8, 20)) as world, agent_browser(browser, world.url) as agent:
        async with world.store._database.writing() as session:
            await session.run("UPDATE people SET zone = 'America/Tijuana' WHERE id = 1")
        said = NewRestriction(lead=LeadId(1), kind=Kept.INCONVENIENT, value="sat-sun 08:00-12:00")
        await world.store.restrictions.add([said], world.app.state.console.now())
        page = await agent.page()
        await talking(page)
        await expect(page.locator("#lead-restrictions")).to_contain_text("sáb-dom 08:00-12:00")
        await press(page, "5")
        await expect(page.locator("#callback-there")).to_contain_text("Tijuana")
        await page.locator("#callback-at").fill(f"{day(2)}T23:30")
        await press(page, "Control+Enter")
        await expect(page.locator("#notice-text")).to_have_text(
            "Elija otra hora, una regla no permite esa: fuera del horario de llamadas"
        )
        await press(page, "Escape", "h", "6", "Control+Enter")
        await state(page, "ready")
        await call(page)
        await press(page, "y")
        await expect(page.locator("#lead-calls")).to_contain_text("Se niega a pagar")
        await expect(page.locator("#lead-calls")).not_to_contain_text("REFUSED")


async def test_a_hang_up_that_is_late_does_not_hang_up_on_the_next_person(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page, late = await agent.page(), asyncio.Event()

        async def held_up(route: Route) -> None:
            await late.wait()
            await route.continue_()

        await page.route("**/desk/hangup", held_up)
        await talking(page)
        async with page.expect_request("**/desk/hangup"):
            await press(page, "h")
        by_hand = await world.agent()
        await by_hand.hangup()
        first = await world.desk(by_hand, "wrapping")
        await by_hand.disposition(first["call"], "RPC")
        await by_hand.dial(world.campaign, lead=world.leads[1])
        await world.desk(by_hand, "talking")
        await expect(page.locator("#lead-name")).to_have_text("Person 2")
        late.set()
        await expect(page.locator("#notice-text")).to_contain_text("ya terminó")
        await state(page, "talking")


async def test_what_is_typed_in_one_tab_is_saved_from_the_other(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page, other = await agent.page(), await agent.page()
        await talking(page)
        await other.goto("/desk")
        await expect(other.locator("#codes button").first).to_be_visible()
        await press(page, "n")
        await page.keyboard.type("dice que paga")
        await expect(other.locator("#notes")).to_have_value("dice que paga")
        await press(page, "Escape", "h")
        await state(other, "wrapping")
        await press(other, "1", "Control+Enter")
        await state(other, "ready")
    await world.runtime.flush()
    [call] = (await world.store.calls.page()).items
    assert [one.notes for one in await world.store.calls.dispositions(call.record.id)] == ["dice que paga"]


async def test_keys_of_one_sign_can_be_turned_off_and_what_one_person_asks_is_not_the_next_ones(
    world: World, browser: Browser
) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await talking(page)
        await page.locator("#letters").uncheck()
        await page.reload()
        await state(page, "talking")
        await expect(page.locator("#letters")).not_to_be_checked()
        await press(page, "h", "w", "1", "Control+Enter")
        await expect(page.locator("#needs")).to_contain_text("tipificación")  # nothing was chosen, nobody hung up
        await state(page, "talking")
        await page.locator("#letters").check()
        await page.locator("#told summary").click()
        await page.locator("#told-days input").first.check()
        await press(page, "Escape", "h", "r")
        await state(page, "ready")
        await call(page)
        await expect(page.locator("#told")).not_to_have_attribute("open", "")
        await expect(page.locator("#told-days input").first).not_to_be_checked()
