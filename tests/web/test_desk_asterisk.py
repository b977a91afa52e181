"""The desk in a real browser against a real Asterisk: the page's phone, over TLS, carries the talk, and comes back.

One served cell, one Asterisk, one browser for the module; each test has an agent and a campaign of its own.
"""

import asyncio
import contextlib
import json
import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect
from playwright.async_api import Error as BrowserError

from asterisk_config.lab import Lab
from dialer.core.ids import AgentId, CampaignId, ClientId
from dialer.core.model import Agent, Campaign, CampaignStatus, Mode
from dialer.store import AgentLogin, Store
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor, FloorMaker
from tests.shell.served import Served, dialer, serving
from tests.web.bridgings import bridgings
from tests.web.browsers import agent_browser, browsing, picture, press, sign_in, state, without_network
from tests.web.phones import PBX, over_tls, phone_config
from tests.web.world import ALWAYS, HASHES, PIN

LEAD_SHOWN_WITHIN_S = 0.3

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def phones_floor(make_floor: FloorMaker, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Floor:
    return make_floor(lab, over_tls(tmp_path_factory.mktemp("tls")))


@dataclass
class Desk:
    """A served cell with one agent, 100, whose phone is in the page."""

    floor: Floor
    config: Path
    browser: Browser

    async def bridged(self, count: int) -> None:
        """Wait until so many channels talk with one another, not counting places of waiting."""
        async with asyncio.timeout(10):
            while (found := self._bridged()) != count:
                assert found < 10
                await asyncio.to_thread(self.floor.dialer.cli, "core show uptime")

    def _bridged(self) -> int:
        shown = self.floor.dialer.cli("bridge show all")
        rows = re.findall(r"^[0-9a-f-]{36} .*? (\d+) +\S+ +(\S+) +[\d:]+ *$", shown, re.MULTILINE)
        assert rows or shown.count("\n") <= 1, shown
        return sum(int(channels) for channels, technology in rows if technology != "holding_bridge")


@pytest.fixture
async def desk(phones_floor: Floor, tmp_path: Path) -> AsyncIterator[Desk]:
    config = phone_config(tmp_path, phones_floor)
    config.write_text(config.read_text() + PBX)
    async with browsing(trusting=True) as browser:
        yield Desk(phones_floor, config, browser)
    # The next cell begins to count its calls anew: none of these may be left with a name of its.
    phones_floor.dialer.cli("channel request hangup all")
    for _ in range(200):
        if not await asyncio.to_thread(phones_floor.dialer.cli, "core show channels concise"):
            break


async def set_up(desk: Desk, mode: Mode, people: list[str]) -> None:
    """A campaign, its agent and its list, kept as the commands would keep them."""
    async with await Store.open(f"sqlite:///{desk.config.parent / 'day.db'}") as store:
        client = await store.clients.add("lender")
        campaign = await store.campaigns.save(
            Campaign(
                id=CampaignId(0),
                client=ClientId(client.id),
                name="spring",
                mode=mode,
                status=CampaignStatus.RUNNING,
                trunks=("carrier",),
                caller_id="+56220000000",
                rules=ALWAYS,
                wrap_up_max_s=120.0,
                preview_max_s=120.0,
            )
        )
        agent = Agent(id=AgentId(0), name="Rosa", campaigns=(campaign.id,))
        await store.agents.save(
            AgentLogin(agent=agent, login="rosa", code="100", pin_hash=HASHES[PIN], password_hash="")
        )
    if people:
        rows = [f"A{n},Persona {n},{one},{100 * (n + 1)}" for n, one in enumerate(people)]
        path = desk.config.parent / "list.csv"
        path.write_text("\n".join(["account,name,phone,balance", *rows]) + "\n")
        listed = ("--campaign", "spring", "--country", "CL", "-c", str(desk.config), "--json")
        await asyncio.to_thread(dialer, "leads", "import", str(path), *listed)


def person(n: int, *, ring_s: int = 1, talk_s: int = 0) -> str:
    return f"+{number(f'5698{n}', Behaviour.PERSON, ring_s=ring_s, talk_s=talk_s)}"


@asynccontextmanager
async def registered(
    desk: Desk, mode: Mode, people: list[str], between: Callable[[WebSocketRoute], None] | None = None
) -> AsyncIterator[tuple[Served, Page]]:
    """The agent before the page, whose phone is registered; work has not begun."""
    await set_up(desk, mode, people)
    async with serving(desk.config) as served, agent_browser(desk.browser, served.url) as browser:
        page = await browser.page()
        if between is not None:
            await page.route_web_socket("**/ws", between)
        await sign_in(page, "100", PIN)
        await expect(page.locator("#phone")).to_have_attribute("data-state", "ready")
        yield served, page


@asynccontextmanager
async def at_work(desk: Desk, mode: Mode, people: list[str]) -> AsyncIterator[tuple[Served, Page]]:
    """The agent signed in, the leg up, on the first break."""
    async with registered(desk, mode, people) as (served, page):
        await press(page, "s")
        await state(page, "break")
        yield served, page


def refuse_once(refusals: list[str], link: WebSocketRoute) -> None:
    """Answer the first REGISTER as an Asterisk does that has no room; what comes after goes through."""
    asterisk = link.connect_to_server()

    def passed(message: str | bytes) -> None:
        text = message if isinstance(message, str) else message.decode()
        if text.startswith("REGISTER") and not refusals:
            refusals.append(text)
            kept = [
                line for line in text.split("\r\n") if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))
            ]
            link.send("\r\n".join(["SIP/2.0 503 Service Unavailable", *kept, "Content-Length: 0", "", ""]))
        else:
            asterisk.send(message)

    link.on_message(passed)


async def audio_flows(page: Page) -> None:
    """Packets go both ways, seen from the browser, for a while."""
    packets = page.locator("#phone-packets")
    for name in ("sent", "received"):
        await expect(packets).to_have_attribute(f"data-{name}", re.compile(r"[1-9]\d{2,}"), timeout=15_000)


async def say(page: Page, text: str) -> None:
    await press(page, "n")
    await page.keyboard.type(text)
    await press(page, "Escape")


@pytest.mark.alone
async def test_a_predictive_call_comes_is_talked_and_written_up_and_the_next_one_comes(desk: Desk) -> None:
    desk.floor.carrier.instance.cli("logger add channel keys dtmf")
    async with at_work(desk, Mode.PREDICTIVE, [person(1), person(2)]) as (served, page), bridgings(desk.floor) as talks:
        await page.evaluate(WATCH_LEAD)
        await press(page, "r")
        await state(page, "talking", within_s=30)
        await audio_flows(page)
        await desk.bridged(2)
        rtp = desk.floor.dialer.cli("pjsip show channelstats")
        heard = [line.split() for line in rtp.splitlines() if " 100-" in line]
        assert heard
        assert int(heard[0][4]) > 50, rtp  # Asterisk's count of what came from the browser
        await press(page, "k", "1", "9", "#")
        await page.locator("#keypad button", has_text="5").click()
        await heard_keys(desk, "19#5")
        await press(page, "k")
        await expect(page.locator("#lead-facts")).not_to_contain_text("A0")
        await picture(page, "predictive-talking")
        await press(page, "y")
        await expect(page.locator("#lead-facts")).to_contain_text(re.compile("A[01]"))
        await press(page, "2")
        await page.locator("#promise-amount").fill("60.00")
        await page.locator("#promise-due").fill(f"{datetime.now(UTC).date() + timedelta(days=5)}")
        await press(page, "Escape")
        await say(page, "paga el viernes")
        await press(page, "h")
        await state(page, "wrapping")
        await picture(page, "predictive-wrapping")
        await press(page, "Control+Enter")
        await state(page, "talking", within_s=30)  # the next one
        await expect(page.locator("#lead")).to_be_visible()
        shown = await page.evaluate("window.leadShown")
        after_s = [shown[str(call)] - at for call, at in talks.at.items()]
        assert len(after_s) == 2
        assert min(after_s) <= LEAD_SHOWN_WITHIN_S, after_s  # one of the two may meet a machine that is busy
        await press(page, "h")
        await state(page, "wrapping")
        await press(page, "6", "Control+Enter")
        await state(page, "ready")
        served.signal(signal.SIGINT)
        await served.ended()
    day = json.loads(dialer("report", "-c", str(desk.config), "--json"))
    assert day["dispositions"] == {"PTP": 1, "REFUSED": 1}


# When each call's lead came onto the page, by the clock that Asterisk's events carry, too.
WATCH_LEAD = """() => {
    window.leadShown = {};
    const lead = document.querySelector("#lead");
    const look = () => {
        if (lead.dataset.call && !lead.hidden) window.leadShown[lead.dataset.call] ??= Date.now() / 1000;
    };
    new MutationObserver(look).observe(document.body, { subtree: true, attributes: true, childList: true });
}"""


async def heard_keys(desk: Desk, keys: str) -> None:
    """Wait until whoever was called has heard these, in this order."""
    log = desk.floor.folder / "carrier" / "log" / "keys"
    heard = ""
    async with asyncio.timeout(15):
        while heard != keys:
            heard = "".join(re.findall(r"DTMF end '(.)' received", log.read_text(errors="replace")))
            await asyncio.to_thread(desk.floor.carrier.instance.cli, "core show uptime")


async def test_a_test_call_and_a_manual_call_that_is_held_joined_by_a_third_and_handed_over(desk: Desk) -> None:
    async with registered(desk, Mode.MANUAL, [person(1)]) as (_, page):
        await press(page, "p")
        await page.locator("#phone-test").click()  # hears itself
        await audio_flows(page)
        await picture(page, "test-call")
        await page.locator("#phone-test").click()
        await expect(page.locator("#phone-packets")).to_have_attribute("data-sent", "0")
        await press(page, "Escape", "p", "s")
        await state(page, "break")
        await press(page, "r", "f")
        await page.keyboard.type(person(1))
        await expect(page.locator("#may-dial")).to_have_attribute("data-allowed", "yes")
        await press(page, "Escape", "d")
        await state(page, "talking", within_s=20)
        await press(page, "w")
        await state(page, "holding")
        await picture(page, "holding")
        await press(page, "w")
        await state(page, "talking")
        await press(page, "m")
        await expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
        await press(page, "g")
        await expect(page.locator("#pause-recording")).to_have_attribute("aria-pressed", "true")
        await press(page, "g", "m", "f")
        await page.keyboard.type(person(7))
        await press(page, "Escape", "c")
        await state(page, "holding")
        await expect(page.locator("[data-verb=conference]")).to_be_enabled(timeout=15_000)
        await press(page, "i")
        await state(page, "talking")
        await desk.bridged(3)
        await picture(page, "three-party")
        await press(page, "w")  # a word with the third alone, and all three again
        await state(page, "holding")
        await desk.bridged(2)
        await expect(page.locator("[data-verb=conference]")).to_be_enabled()
        await press(page, "i")
        await state(page, "talking")
        await desk.bridged(3)
        await press(page, "o")
        await state(page, "wrapping")
        await desk.bridged(2)  # the two go on without the agent
        await press(page, "3", "Control+Enter")
        await state(page, "ready")


async def test_a_phone_that_asterisk_refused_once_asks_again_and_a_preview_is_transferred_blind(desk: Desk) -> None:
    refusals: list[str] = []
    async with registered(desk, Mode.PREVIEW, [person(1), person(2)], partial(refuse_once, refusals)) as (_, page):
        assert len(refusals) == 1
        await press(page, "s")
        await state(page, "break")
        await press(page, "r")
        await state(page, "previewing", within_s=20)
        await expect(page.locator("#lead-facts")).to_contain_text(re.compile("A[01]"))
        await picture(page, "preview")
        skipped = await page.locator("#lead-name").inner_text()
        await press(page, "x")
        await expect(page.locator("#lead-name")).not_to_have_text(skipped)  # else A would be for the former
        await press(page, "a")
        await state(page, "talking", within_s=20)
        await press(page, "f")
        await page.keyboard.type(person(8)[-6:])  # inside the house
        await expect(page.locator("#may-dial")).to_have_attribute("data-allowed", "yes")
        await press(page, "Escape", "t")
        await state(page, "wrapping")
        await desk.bridged(2)


async def test_a_page_or_a_network_lost_in_mid_call_comes_back_to_the_person(desk: Desk) -> None:
    async with at_work(desk, Mode.PREDICTIVE, [person(1)]) as (_, page):
        await press(page, "r")
        await state(page, "talking", within_s=30)
        await press(page, "1")
        await say(page, "dice que paga")
        call = await page.locator("#desk-number").inner_text()
        await page.reload()
        await state(page, "talking", within_s=15)
        await desk.bridged(2)
        assert await page.locator("#desk-number").inner_text() == call
        await expect(page.locator("#notes")).to_have_value("dice que paga")
        with without_network():
            await expect(page.locator("#server-down")).to_be_visible(timeout=15_000)
            await press(page, "n", "End")
            await page.keyboard.type(" el lunes")
            await press(page, "Escape")
            await picture(page, "network-lost")
            await expect(page.locator("#phone-packets")).to_have_attribute("data-sent", "0", timeout=15_000)
        await expect(page.locator("#phone")).to_have_attribute("data-state", "up", timeout=10_000)
        await state(page, "talking")
        await desk.bridged(2)
        assert await page.locator("#desk-number").inner_text() == call
        await expect(page.locator("#notes")).to_have_value("dice que paga el lunes")
        await expect(page.locator("[data-code=RPC]")).to_have_attribute("aria-checked", "true")
        await audio_flows(page)
        with contextlib.suppress(BrowserError):
            await page.goto("chrome://crash")  # no last word to anybody
        again = await page.context.new_page()
        await again.goto("/desk")
        await expect(again.locator("#phone")).to_have_attribute("data-state", "up", timeout=15_000)
        await audio_flows(again)  # a call of its own, which the dialer placed at its word
        await state(again, "talking", within_s=15)
        await desk.bridged(2)
        await press(again, "h")
        await state(again, "wrapping")


async def enter(page: Page) -> None:
    """Sign in while work goes on."""
    await page.goto("/sign-in")
    await page.keyboard.type("100")
    await press(page, "Tab")
    await page.keyboard.type(PIN)
    await press(page, "Enter")


# A microphone that can be unplugged, and leave for it taken back, in one page.
PLUG = """() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.streams = [];
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        if (window.unplugged) throw new DOMException("", "NotFoundError");
        window.streams.push(await ask(wanted));
        return window.streams.at(-1);
    };
    window.plug = (plugged) => {
        window.unplugged = !plugged;
        if (plugged) return navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
        const [track] = window.streams.at(-1).getAudioTracks();
        track.stop();
        return track.dispatchEvent(new Event("ended"));
    };
}"""

# The leg made anew by somebody else, with no microphone there.
ANEW = """() => {
    window.unplugged = true;
    const headers = { "Content-Type": "application/json" };
    return fetch("/api/v1/desk/phone/back", { method: "POST", headers, body: "{}" });
}"""


async def test_a_second_machine_an_ended_session_and_an_unplugged_microphone_cost_no_talk(desk: Desk) -> None:
    async with at_work(desk, Mode.MANUAL, [person(1)]) as (served, page):
        await press(page, "f")
        await page.keyboard.type(person(1))
        await press(page, "Escape", "d")
        await state(page, "talking", within_s=20)
        await page.evaluate(PLUG)
        trouble, here = page.locator("#phone-trouble"), page.locator("#phone-here")
        async with agent_browser(desk.browser, served.url) as machine:
            there = await machine.page()
            await enter(there)
            await expect(here).to_be_visible(timeout=15_000)
            await audio_flows(there)  # more than a moment: nobody takes it back
            await desk.bridged(2)
            await picture(page, "phone-elsewhere")
            await here.click()
            await expect(there.locator("#phone-here")).to_be_visible(timeout=15_000)
            await audio_flows(page)
        await page.evaluate("plug(false)")
        await expect(trouble).to_be_visible()
        await page.evaluate("plug(true)")
        await expect(trouble).to_be_hidden()
        await page.evaluate(ANEW)
        await expect(trouble).to_be_visible(timeout=15_000)
        await page.evaluate("plug(true)")
        await expect(page.locator("#phone")).to_have_attribute("data-state", "up", timeout=15_000)
        await state(page, "talking")
        await page.evaluate("fetch('/api/v1/session', { method: 'DELETE' })")
        await press(page, "w")
        await expect(page.locator("#signed-out")).to_be_visible()
        await picture(page, "session-ended")
        again = await page.context.new_page()
        await enter(again)
        await again.wait_for_url("**/desk")
        await press(page, "w")
        await state(page, "holding")
        await expect(page.locator("#signed-out")).to_be_hidden()
        await press(page, "w")
        await state(page, "talking")
        await desk.bridged(2)
        await press(page, "h")
        await state(page, "wrapping")


async def test_the_talk_goes_on_over_kill_9_of_the_server_and_the_page_shows_the_truth(desk: Desk) -> None:
    async with at_work(desk, Mode.PREDICTIVE, [person(1)]) as (served, page):
        await press(page, "r")
        await state(page, "talking", within_s=30)
        await say(page, "antes")
        await press(page, "g")
        await expect(page.locator("#pause-recording")).to_have_attribute("aria-pressed", "true")
        served.signal(signal.SIGKILL)
        await served.ended()
        await expect(page.locator("#server-down")).to_be_visible()
        await picture(page, "server-lost")
        await press(page, "n")
        await page.keyboard.type(" y despues")
        await press(page, "Escape")
        await desk.bridged(2)
        async with serving(desk.config):
            await expect(page.locator("#link")).to_have_attribute("data-state", "up", timeout=5_000)
            await state(page, "talking", within_s=5)
            await desk.bridged(2)
            await expect(page.locator("#notes")).to_have_value("antes y despues")
            await expect(page.locator("#pause-recording")).to_have_attribute("aria-pressed", "true")
            await press(page, "h")
            await state(page, "wrapping")
            await press(page, "1", "Control+Enter")
            await expect(page.locator("#notes")).to_have_value("")
