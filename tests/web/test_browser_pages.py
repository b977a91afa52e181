"""What holds for every page: light, in words, without complaint, and it says what went wrong."""

import re

import pytest
from playwright.async_api import BrowserContext, FilePayload, Page, ViewportSize, expect

from dialer.core.inbound import Inbound
from dialer.core.rules import Window
from tests.web.browsers import Requests, agent_browser, be_ready, browsing, picture, press, state
from tests.web.recorded import calls_made, sounds
from tests.web.test_desk_page import serious
from tests.web.world import PASSWORD, PIN, World

pytestmark = pytest.mark.browser

ADMIN = (
    "",
    "/campaigns",
    "/campaigns/1",
    "/agents",
    "/rules",
    "/trunks",
    "/caller-ids",
    "/users",
    "/webhooks",
    "/audit",
    "/doctor",
)
PAGES = (
    *("/", "/decisions", "/wallboard", "/recordings", "/recordings/1", "/calling-hours"),
    *("/quality", *(f"/quality/{tab}" for tab in ("results", "disputes", "calibration", "machines", "rules", "forms"))),
    "/quality/detection",
    *(f"/admin{tab}" for tab in ADMIN),
    "/account",
)
LIVE = {"/", "/decisions", "/wallboard", "/calling-hours"}  # looked at while they have something to show, elsewhere
FIRST_LOAD_MAX = 150 * 1024
SCREEN: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
NAMES = re.compile(r"\b(?!rival_)[a-z]+_[a-z_]+\b|\bundefined\b|\bNaN\b|\bnull\b")


async def enter(page: Page, login: str = "ana") -> None:
    await page.goto("/sign-in")
    await page.locator("[name=name]").fill(login)
    await page.locator("[name=secret]").fill(PASSWORD)
    await page.locator("[name=go]").click()
    await page.wait_for_url(lambda url: "sign-in" not in url)


class Weight:
    """How many bytes come over the wire, with nothing kept from before."""

    def __init__(self) -> None:
        self.bytes = 0

    async def follow(self, context: BrowserContext, page: Page) -> None:
        client = await context.new_cdp_session(page)
        client.on("Network.loadingFinished", lambda told: self._add(int(told["encodedDataLength"])))
        await client.send("Network.enable")
        await client.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _add(self, count: int) -> None:
        self.bytes += count


async def fits(page: Page, size: ViewportSize) -> None:
    """Nothing makes the page wider than the screen, once curves have taken its size."""
    await page.set_viewport_size(size)
    await page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


async def settled(page: Page, path: str) -> None:
    """Every first answer is there and the page has nothing left to do; a live page's link is up, and stays open."""
    requests = Requests(page)
    await page.goto(path)
    if await page.locator("#link").count():
        await expect(page.locator("#link")).to_have_attribute("data-state", "up")
    await requests.over()
    assert page.url.endswith(path)


async def shown(page: Page) -> str:
    """What a person reads; names of settings in the trail of changes, and in code, are the interface's own."""
    return str(
        await page.evaluate(
            "[...document.querySelectorAll('pre, code')].forEach(one => one.remove()),"
            "document.body.innerText + [...document.querySelectorAll('[title],[aria-label],[placeholder]')]"
            ".map(one => ` ${one.title} ${one.getAttribute('aria-label') ?? ''}`).join('')"
        )
    )


@pytest.mark.parametrize(("locale", "scheme"), [("es-MX", "light"), ("pt-BR", "dark"), ("en-US", "light")])
async def test_every_page_is_light_and_says_words(world: World, locale: str, scheme: str) -> None:
    await calls_made(world, 1)
    await sounds(world)
    weights: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    faults: dict[str, list[str]] = {}
    async with browsing() as browser, agent_browser(browser, world.url, locale=locale, scheme=scheme) as watched:
        page = await watched.page()
        await enter(page)
        weight = Weight()
        await weight.follow(watched.context, page)
        for path in PAGES:
            weight.bytes = 0
            await settled(page, path)
            weights[path] = weight.bytes
            await fits(page, PHONE)
            await fits(page, SCREEN)
            current = page.locator(".top nav [aria-current=page]")
            await expect(current).to_have_count(1)
            if scheme != "light" or locale == "es-MX":
                faults[path] = await serious(page) if path not in LIVE else []
            assert await page.locator("h1").count() == 1, path
            if found := NAMES.findall(await shown(page)):
                names[path] = found
        figures = await page.evaluate(
            """import('/static/js/format.js').then((made) => [
                made.regional('0,5 and 1.5'), made.share(-0.0001), made.tenths(-0.04), made.count(-0)])"""
        )
    mark = "," if locale == "pt-BR" else "."
    assert figures == [f"0{mark}5 and 1{mark}5", f"0{mark}0%", f"0{mark}0", "0"]
    assert names == {}
    assert {path: found for path, found in faults.items() if found} == {}
    assert {path: size for path, size in weights.items() if size > FIRST_LOAD_MAX} == {}
    assert min(weights.values()) > 10_000, "the measure itself is at fault"


async def test_a_campaigns_settings_are_read_and_written_as_people_say_them(world: World) -> None:
    """The cap in per cent, a line for each span of hours, categories and usual dispositions in words."""
    administrator = await world.administrator()
    weekdays = {"days": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "18:00"}
    saturday = {"days": [5], "opens": "10:00", "closes": "14:00"}
    await administrator.change_campaign(world.campaign, rules={"name": "house", "windows": [weekdays, saturday]})
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await enter(page)
        await page.goto(f"/admin/campaigns/{world.campaign}")
        settings = page.locator("form", has=page.locator("[name='pacing.abandon_cap']"))
        await expect(settings.locator("[name='pacing.abandon_cap']")).to_have_value("3")
        first_row = "all => all.slice(0, 4).map(one => one.offsetTop)"
        tops = await settings.locator("label:not(.flag)").evaluate_all(first_row)
        assert len(set(tops)) == 1, "labels of a row stand at the same height"
        await settings.locator("[name='pacing.abandon_cap']").fill("2.5")
        async with page.expect_navigation():
            await settings.locator("button").click()
        hours = page.locator("form", has=page.locator("[name='rules.windows']"))
        await expect(hours.locator(".window")).to_have_count(3)
        await hours.locator(".window").nth(1).locator("[data-part=closes]").fill("15:00")
        async with page.expect_navigation():
            await hours.locator("button").click()
        back = page.locator("#inbound form")
        await back.locator("[name='inbound.on']").check()
        await back.locator("[name='inbound.numbers']").fill("+525500009999, +525500009998")
        await back.locator("[name='inbound.language']").select_option("pt")
        await back.locator(".window input[value='5']").check()
        async with page.expect_navigation():
            await back.locator("button").click()
        await expect(back.locator(".window")).to_have_count(2)
        await expect(page.locator("#dispositions-preview button").first).to_have_text("Contacto con titular")
        await expect(page.locator("#dispositions-rows option[value=right_party]").first).to_have_text(
            "contacto con titular"
        )
        await picture(page, "admin_campaign-es-MX")
    kept = await world.store.campaigns.get(world.campaign)
    assert kept is not None
    assert kept.pacing.abandon_cap == 0.025
    spans = [(sorted(one.days), one.opens_min, one.closes_min) for one in kept.rules.windows]
    assert spans == [([0, 1, 2, 3, 4], 540, 1080), ([5], 600, 900)]
    saturdays = Window((5,), 8 * 60, 20 * 60)
    assert kept.inbound == Inbound(
        on=True, numbers=("+525500009999", "+525500009998"), language="pt", windows=(saturdays,)
    )


async def _talking(browser_page: Page) -> None:
    await be_ready(browser_page, "1001", PIN)
    await press(browser_page, "f")
    await browser_page.keyboard.type("+525512340001")
    await press(browser_page, "Escape", "d")
    await state(browser_page, "talking")


@pytest.mark.parametrize(("key", "says"), [("y", "Le llamo por su cuenta ACC-1"), ("j", "Disculpe la molestia")])
async def test_once_it_is_known_who_speaks_the_script_goes_on(world: World, key: str, says: str) -> None:
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await _talking(page)
        await expect(page.locator("#script-text")).to_contain_text("¿Hablo con Person 1?")
        await press(page, key)
        await expect(page.locator("#right-party")).to_be_hidden()
        await expect(page.locator("#script-text")).to_contain_text(says)
        await page.reload()
        await expect(page.locator("#script-text")).to_contain_text(says)


async def test_a_call_that_a_rule_forbids_is_explained_in_words(world: World) -> None:
    supervisor = await world.supervisor()
    await supervisor.request("POST", "/restrictions", {"lead": world.leads[0], "kind": "lawsuit"})
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await be_ready(page, "1001", PIN)
        await press(page, "f")
        await page.keyboard.type("+525512340001")
        await expect(page.locator("#may-dial")).to_contain_text("En juicio")
        await press(page, "Escape", "d")
        await expect(page.locator("#state-reason")).to_have_text("el registro está cerrado")


async def test_a_server_that_is_gone_is_named_in_words(world: World) -> None:
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await enter(page)
        await page.goto("/admin/campaigns")
        await watched.context.set_offline(True)
        await page.locator("button[data-api]").first.click()
        await expect(page.locator("#notice-text")).to_contain_text("El servidor no responde")
        await watched.context.set_offline(False)


async def test_a_spreadsheets_own_file_of_agents_is_read_and_its_faults_are_told_in_words(world: World) -> None:
    sheet = "login;name;code\r\nmaria;María Peña;7001\r\nmal usuario;Eva;1002\r\n".encode("cp1252")
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await enter(page)
        await page.goto("/admin/agents")
        file = FilePayload(name="agentes.csv", mimeType="text/csv", buffer=sheet)
        await page.locator("input[type=file]").set_input_files(file)
        await expect(page.locator("#agents-csv")).to_have_value(re.compile("María Peña"))
        await page.locator("form[data-api='POST /agents/csv'] button").click()
        told = page.locator("#notice-text")
        await expect(told).to_contain_text("línea 3: el usuario lleva solo letras")
        await expect(told).to_contain_text("línea 3: el código es de otro agente (1002)")


async def test_one_time_codes_begin_with_a_picture(world: World) -> None:
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await enter(page)
        await page.goto("/account")
        await page.locator("button[data-shows='#totp-made']").click()
        await expect(page.locator(".qr svg")).to_be_visible()
        await expect(page.locator("input[name=secret]")).to_have_value(re.compile("^[A-Z2-7]{32}$"))


async def test_what_the_api_refuses_is_said_in_the_pages_language(world: World) -> None:
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await enter(page)
        await page.goto("/admin/campaigns")
        clients = page.locator("form[data-api='POST /clients']")
        await clients.locator("[name=name]").fill("Bank")
        await clients.locator("button").click()
        said = "Ya existe: el nombre, el usuario o el código está en uso"  # and no English behind it
        await expect(page.locator("#notice-text")).to_have_text(said)


@pytest.mark.parametrize(
    ("locale", "says"), [("es-MX", "No existe"), ("pt-BR", "Não existe"), ("en-US", "does not exist")]
)
async def test_a_dead_link_leads_back_and_a_program_still_reads_the_code(world: World, locale: str, says: str) -> None:
    async with browsing() as browser, agent_browser(browser, world.url, locale=locale) as watched:
        page = await watched.page()
        answer = await page.goto("/nowhere")
        assert answer is not None
        assert answer.status == 404
        await expect(page.get_by_role("heading")).to_contain_text(says)
        await picture(page, f"failed-{locale}")
        await page.get_by_role("link").click()
        await expect(page.locator("[name=secret]")).to_be_visible()
    async with world.http() as http:
        for headers, path in (({}, "/nowhere"), ({"Accept": "text/html"}, "/api/v1/nowhere")):
            assert (await http.get(path, headers=headers)).json()["code"] == "not_found"
