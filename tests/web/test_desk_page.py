"""The desk's page: worked with the keyboard alone, open to everybody, light, offline; nothing typed is lost."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from playwright.async_api import Browser, Page, Route, expect

from dialer.core.model import Category, Demand, Disposition
from tests.faulty_proxy import FaultyProxy
from tests.web.browsers import agent_browser, be_ready, browsing, picture, press, sign_in, state
from tests.web.world import PIN, World, day
from tests.web.world import world as new_world
from tools.vendor import NPM

pytestmark = pytest.mark.browser

AXE = NPM / "node_modules" / "axe-core" / "axe.min.js"
FIRST_LOAD_MAX = 300 * 1024
ALL_SENT = """() => Object.entries(localStorage)
    .every(([key, value]) => !key.startsWith("draft.") || JSON.parse(value).sent)"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with browsing() as made:
        yield made


async def ready(page: Page, code: str = "1001") -> None:
    await be_ready(page, code, PIN)


async def talk(page: Page, number: str = "+525512340001") -> None:
    await press(page, "f")
    await page.keyboard.type(number)
    await press(page, "Escape", "d")
    await state(page, "talking")
    await expect(page.locator("#codes button").first).to_be_visible()


async def serious(page: Page) -> list[str]:
    """What axe finds that would keep somebody from working here."""
    # Through the protocol, since the page's own policy takes no script from elsewhere.
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


async def test_a_call_by_the_keyboard_alone_with_a_promise_and_all_it_demands(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await ready(page)
        await talk(page)
        await expect(page.locator("#lead-name")).to_have_text("Person 1")
        await expect(page.locator("#lead-facts")).not_to_contain_text("ACC-1")
        await press(page, "y")
        await expect(page.locator("#lead-facts")).to_contain_text("ACC-1")
        await press(page, "h")
        await state(page, "wrapping")
        await press(page, "2")
        await page.locator("#promise-amount").fill("")
        await press(page, "Control+Enter")
        await expect(page.locator("#needs")).to_be_visible()
        await page.keyboard.type("900,50")  # the field that lacks something has the focus
        await page.locator("#promise-due").fill(day(9))
        await page.locator("#promise-instalments").fill("3")
        await expect(page.locator("#promise-plan li")).to_have_count(3)
        await press(page, "Control+Enter")
        await state(page, "ready")
    [row] = await world.store.promises.of_lead(world.leads[0])
    assert (str(row.promise.amount), row.promise.instalments, row.promise.currency) == ("900.50", 3, "MXN")


async def test_what_is_typed_outlives_a_reload_and_another_browser(world: World, browser: Browser) -> None:
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await ready(page)
        await talk(page)
        await press(page, "n")
        async with page.expect_response("**/desk/draft"):
            await page.keyboard.type("dice que paga")
        await press(page, "Escape", "1")
        await page.reload()
        await expect(page.locator("#notes")).to_have_value("dice que paga")
        await expect(page.locator("[data-code=RPC]")).to_have_attribute("aria-checked", "true")
    async with agent_browser(browser, world.url) as elsewhere:
        page = await elsewhere.page()
        await page.goto("/sign-in")
        await page.keyboard.type("1001")
        await press(page, "Tab")
        await page.keyboard.type(PIN)
        await press(page, "Enter")
        await expect(page.locator("#notes")).to_have_value("dice que paga")


async def test_notes_of_a_call_whose_time_ran_out_are_offered_and_kept(tmp_path: Path, browser: Browser) -> None:
    async with new_world(tmp_path, agents=1) as world, agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await ready(page)
        await talk(page)
        await press(page, "n")
        await page.keyboard.type("pide un plan")
        await press(page, "Escape")  # the field is left: what is in it is sent once more
        await page.wait_for_function(ALL_SENT)
        await press(page, "h")
        await state(page, "wrapping")
        await press(page, "r")  # on to the next one, with nothing saved
        await state(page, "ready")
        await expect(page.locator("#unsaved-list li")).to_contain_text("pide un plan")
        await page.locator("#unsaved-list [data-act=note]").click()
        await expect(page.locator("#unsaved")).to_be_hidden()
        await world.runtime.flush()
        [call] = (await world.store.calls.page()).items
        assert [one.notes for one in await world.store.calls.dispositions(call.record.id)] == ["pide un plan"]
        assert await world.store.drafts.waiting(world.agents[0]) == ()


async def test_a_draft_that_reaches_the_server_after_its_note_is_taken_back(tmp_path: Path, browser: Browser) -> None:
    async with new_world(tmp_path, agents=1) as world, agent_browser(browser, world.url) as agent:
        page, held, noted = await agent.page(), asyncio.Event(), asyncio.Event()

        async def late(route: Route) -> None:
            held.set()
            await noted.wait()
            await route.fulfill(response=await route.fetch())

        await ready(page)
        await talk(page)
        await press(page, "n")
        async with page.expect_response("**/desk/draft"):
            await page.keyboard.type("pide un plan")
        await page.route("**/desk/draft", late, times=1)
        await press(page, "Escape")  # the field is left: what is in it is sent once more
        await held.wait()
        await press(page, "h")
        await state(page, "wrapping")
        await press(page, "r")
        await state(page, "ready")
        await page.locator("#unsaved-list [data-act=note]").click()
        await expect(page.locator("#unsaved")).to_be_hidden()
        async with page.expect_response(lambda answer: '"body":""' in (answer.request.post_data or "")):
            noted.set()
        assert await world.store.drafts.waiting(world.agents[0]) == ()


async def test_what_is_typed_while_a_slow_server_saves_is_offered_and_outlives_a_reload(
    tmp_path: Path, browser: Browser
) -> None:
    async with new_world(tmp_path, agents=1) as world, agent_browser(browser, world.url) as agent:
        page, typed, told = await agent.page(), asyncio.Event(), asyncio.Event()

        async def late(route: Route) -> None:
            await typed.wait()
            answer = await route.fetch()
            await told.wait()
            await route.fulfill(response=answer)

        await page.route("**/desk/disposition", late)
        await ready(page)
        await talk(page)
        await press(page, "h")
        await state(page, "wrapping")
        await press(page, "1", "n")
        await page.keyboard.type("llama el lunes")
        await press(page, "Control+Enter")
        async with page.expect_response("**/desk/draft"):
            await page.keyboard.type(" o el martes")
        typed.set()
        await state(page, "ready")  # the live view is quicker than the answer
        async with page.expect_response("**/desk/draft"):
            told.set()
        await page.reload()
        await expect(page.locator("#unsaved-list li")).to_contain_text("llama el lunes o el martes")
        await page.locator("#unsaved-list [data-act=note]").click()
        await expect(page.locator("#unsaved")).to_be_hidden()
        await world.runtime.flush()
        [call] = (await world.store.calls.page()).items
        kept = [one.notes for one in await world.store.calls.dispositions(call.record.id)]
    assert kept[-1] == "llama el lunes o el martes"


async def test_what_is_typed_while_a_server_saves_is_offered_though_the_page_is_left_before_its_answer(
    tmp_path: Path, browser: Browser
) -> None:
    async with new_world(tmp_path, agents=1) as world, agent_browser(browser, world.url) as agent:
        page, typed = await agent.page(), asyncio.Event()

        async def unanswered(route: Route) -> None:
            await typed.wait()
            await route.fetch()

        await page.route("**/desk/disposition", unanswered)
        await ready(page)
        await talk(page)
        await press(page, "h")
        await state(page, "wrapping")
        await press(page, "1", "n")
        await page.keyboard.type("llama el lunes")
        await press(page, "Control+Enter")
        await page.keyboard.type(" o el martes")
        await press(page, "Escape")  # the field is left: nothing of it is sent once more later
        await page.wait_for_function(ALL_SENT)
        typed.set()
        await state(page, "ready")
        await page.reload()
        await expect(page.locator("#unsaved-list li")).to_contain_text("llama el lunes o el martes")
        await page.locator("#unsaved-list [data-act=note]").click()
        await expect(page.locator("#unsaved")).to_be_hidden()
        await world.runtime.flush()
        [call] = (await world.store.calls.page()).items
        kept = [one.notes for one in await world.store.calls.dispositions(call.record.id)]
    assert kept == ["llama el lunes", "llama el lunes o el martes"]


async def test_the_tree_of_dispositions_opens_a_branch_at_a_time(tmp_path: Path, browser: Browser) -> None:
    tree = (
        Disposition("NOBODY", "Nadie", Category.OTHER),
        Disposition("PAID", "Ya pagó", Category.OTHER, "Contacto/Titular", (Demand.NOTES,)),
        Disposition("LATER", "Más tarde", Category.OTHER, "Contacto/Titular"),
        Disposition("WIFE", "Familiar", Category.THIRD_PARTY, "Contacto"),
    )
    async with new_world(tmp_path, agents=1, dispositions=tree) as world, agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await ready(page)
        await talk(page)
        codes = page.locator("#codes button")
        await expect(codes).to_have_count(2)
        await press(page, "2", "1", "1")
        await expect(page.locator("[data-code=PAID]")).to_have_attribute("aria-checked", "true")
        await press(page, "Control+Enter")
        await expect(page.locator("#needs")).to_be_visible()
        await page.keyboard.type("con recibo")
        await press(page, "Escape", "Backspace", "Backspace")
        await expect(codes).to_have_count(2)
        await press(page, "h", "Control+Enter")
        await state(page, "ready")


@pytest.mark.parametrize(("scheme", "locale"), [("light", "es-MX"), ("dark", "pt-BR")])
async def test_axe_finds_nothing_serious_at_work(world: World, browser: Browser, scheme: str, locale: str) -> None:
    async with agent_browser(browser, world.url, scheme=scheme, locale=locale) as agent:
        page = await agent.page()
        await page.goto("/sign-in")
        assert await serious(page) == []
        await sign_in(page, "1001", PIN)
        assert await serious(page) == []
        await press(page, "s")
        await state(page, "break")
        await press(page, "r", "p")
        await state(page, "ready")
        assert await serious(page) == []
        await press(page, "p")
        await talk(page)
        await expect(page.locator("#right-party")).to_be_visible()
        assert await serious(page) == []
        await press(page, "y", "2")
        await expect(page.locator("#promise")).to_be_visible()
        assert await serious(page) == []
        await picture(page, f"talking-{scheme}-{locale}")
        await press(page, "w")
        await state(page, "holding")
        assert await serious(page) == []
        await press(page, "w", "h", "5")
        await state(page, "wrapping")
        assert await serious(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("scheme", "locale"), [("dark", "es-MX"), ("light", "en")])
async def test_axe_finds_nothing_serious_where_something_is_wrong(
    world: World, browser: Browser, scheme: str, locale: str
) -> None:
    """Paused by a supervisor, without a line in mid-talk, without the server: each is told, and legible."""
    supervisor = await world.supervisor()
    async with (
        FaultyProxy("127.0.0.1", int(world.url.rpartition(":")[2]), Random(1)) as link,
        agent_browser(browser, f"http://127.0.0.1:{link.port}", scheme=scheme, locale=locale) as agent,
    ):
        page = await agent.page()
        await ready(page)
        await supervisor.request("POST", f"/floor/agents/{world.agents[0]}/pause", {"reason": "training"})
        await state(page, "break")
        assert await serious(page) == []
        await picture(page, f"paused-{scheme}-{locale}")
        await press(page, "r")
        await state(page, "ready")
        await talk(page)
        world.switch.lose_phones()
        await state(page, "leg_lost")
        await expect(page.locator("#state-reason")).not_to_be_empty()
        assert await serious(page) == []
        await picture(page, f"line-lost-{scheme}-{locale}")
        link.refusing = True
        link.cut()
        await expect(page.locator("#server-down")).to_be_visible()
        assert await serious(page) == []
        await picture(page, f"server-lost-{scheme}-{locale}")
        link.refusing = False


async def test_the_first_load_is_light_with_the_phone(world: World, browser: Browser) -> None:
    """Counted as it comes over the wire."""
    async with agent_browser(browser, world.url) as agent:
        page = await agent.page()
        sizes: dict[str, int] = {}
        client = await agent.context.new_cdp_session(page)
        urls: dict[str, str] = {}
        client.on("Network.responseReceived", lambda told: urls.update({told["requestId"]: told["response"]["url"]}))
        client.on(
            "Network.loadingFinished",
            lambda told: sizes.update({urls[told["requestId"]]: int(told["encodedDataLength"])}),
        )
        await client.send("Network.enable")
        await sign_in(page, "1001", PIN)
    assert any("jssip" in url for url in sizes)
    assert sum(sizes.values()) <= FIRST_LOAD_MAX, json.dumps(sizes, indent=1)


async def test_a_callback_that_a_rule_forbids_is_refused_with_its_reason(tmp_path: Path, browser: Browser) -> None:
    async with new_world(tmp_path, agents=1, hours=(8, 20)) as world, agent_browser(browser, world.url) as agent:
        page = await agent.page()
        await ready(page)
        await talk(page)
        await press(page, "5")
        await page.locator("#callback-at").fill(f"{day(2)}T23:30")
        await press(page, "Control+Enter")
        await expect(page.locator("#notice-text")).to_contain_text("horario")
        await page.locator("#callback-at").fill(f"{day(2)}T10:30")
        await press(page, "Control+Enter", "Escape", "h")
        await state(page, "ready")


def test_the_phone_is_built_in_and_its_licences_stand_beside_it() -> None:
    vendor = NPM.parent.parent / "dialer" / "web" / "static" / "vendor"
    assert len(gzip.compress((vendor / "jssip.js").read_bytes())) < 80_000
    assert "jssip 3." in (vendor / "LICENSES.txt").read_text()
