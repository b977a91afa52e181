"""A supervisor's hour in a real browser on a real Asterisk: hears an agent by the page's own phone, whispers, barges
in; changes the pace with its forecast first, sees it end by itself, and takes another one back. Everything stands in
the audit trail.
"""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from asterisk_config.lab import Lab
from simulation.carrier.numbers import Behaviour, number
from tests.asterisk.ears import AGENT, HEARD, PERSON, SUPERVISOR, UNHEARD, Ears, loudest_and_faintest
from tests.lab_fixtures import Floor, FloorMaker
from tests.shell.served import Served, dialer, serving
from tests.shell.test_serve_asterisk import load, start, take_calls
from tests.web.browsers import agent_browser, browsing, picture
from tests.web.phones import phone_config, with_browsers_phones
from tests.web.sound import tone

pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(240)]

LOGIN, PASSWORD = "sofia", "a long enough password"
MARGIN_S, LAST_S = 0.6, 1.2
PATIENCE_MS = 40_000
GAP_LOOKS = 3  # of a tenth of a second: a busy machine stutters, a call made anew takes a second and more


@pytest.fixture(scope="module")
def floor(make_floor: FloorMaker, lab: Lab) -> Floor:
    return make_floor(lab, with_browsers_phones)


@asynccontextmanager
async def at_work(floor: Floor, folder: Path, numbers: list[str], state: str) -> AsyncIterator[Served]:
    """One agent, whose phone sends a tone, in that state, with these numbers to call."""
    config = phone_config(folder, floor)
    (folder / "pin").write_text("4321")
    dialer(
        *("campaign", "add", "spring", "--client", "lender", "--mode", "progressive", "--trunk", "carrier"),
        *("--caller-id", "+56220000000", "-c", str(config)),
    )
    dialer(
        *("agent", "add", "Agent 0", "--campaign", "spring", "--code", "100", "--pin-file", str(folder / "pin")),
        *("--endpoint", floor.phone("7001"), "-c", str(config)),
    )
    load(config, numbers)
    async with serving(config) as running:
        async with running.client() as client:
            body = {"login": LOGIN, "name": "Sofia", "role": "supervisor", "password": PASSWORD}
            await client.request("POST", "/users", body)
        await start(running)
        taking = asyncio.create_task(take_calls(running, 100, 1))
        await running.until(lambda shown: shown["agents"][0]["state"] == state)
        yield running
        taking.cancel()


async def sign_in(page: Page, state: str) -> None:
    await page.goto("/sign-in")
    await page.keyboard.type(LOGIN)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(f".agent[data-state={state}]")).to_have_count(1)


async def test_a_supervisor_takes_part_changes_the_pace_and_takes_it_back(floor: Floor, tmp_path: Path) -> None:
    tone(tmp_path / "microphone.wav", seconds=4.0, hertz=SUPERVISOR, beats_hz=8.0)
    who_sends_a_tone = [f"+{number('56981', Behaviour.TONE, ring_s=1, talk_s=90)}"]
    async with (
        at_work(floor, tmp_path, who_sends_a_tone, "talking") as served,
        browsing(tmp_path / "microphone.wav") as browser,
        agent_browser(browser, served.url, locale="en-US") as watched,
    ):
        page = await watched.page()
        await sign_in(page, "talking")
        await takes_part(page, floor, tmp_path)
        await is_told_of_a_phone_that_nobody_answers(page)
        await takes_over(page, floor, tmp_path)
        await changes_the_pace(page)
        await picture(page, "floor")
        async with served.client() as client:
            entries = await client.request("GET", "/audit")
    text = json.dumps(entries)
    told = (
        "monitor.listen",
        "monitor.whisper",
        "monitor.barge",
        "monitor.end",
        "monitor.take_over",
        "campaign.change_live",
        "campaign.roll_back",
    )
    assert [one for one in told if one not in text] == []


async def is_told_of_a_phone_that_nobody_answers(page: Page) -> None:
    await page.locator(".agent").click()
    await page.locator("#monitor-use").select_option("other")
    await page.locator("#monitor-phone").fill("PJSIP/nowhere")
    await page.locator("[data-hand=listen]").click()
    await expect(page.locator("#notice-text")).to_contain_text("You hear nobody")
    await page.locator(".agent").click()
    await page.locator("#monitor-use").select_option("page")
    await page.keyboard.press("Escape")


async def takes_over(page: Page, floor: Floor, folder: Path) -> None:
    """The agent goes on to the next call; the person stays with the supervisor's page."""
    await page.locator(".agent").click()
    await page.locator("[data-hand=listen]").click()
    await page.locator("#take-over").click()
    await expect(page.locator(".agent[data-state=talking]")).to_have_count(0)
    ears = await asyncio.to_thread(Ears, floor, folder / "taken")
    began = time.monotonic() - ears.since
    await asyncio.to_thread(time.sleep, MARGIN_S + LAST_S)
    until_s = time.monotonic() - ears.since
    heard = await asyncio.to_thread(ears.stop)
    for ear, hears in ((AGENT, False), (PERSON, True)):
        loudest, faintest = loudest_and_faintest(heard[ear], SUPERVISOR, began + MARGIN_S, until_s)
        assert faintest > HEARD if hears else loudest < UNHEARD, (ear, loudest, faintest)
    await page.locator("#end-monitor").click()
    await expect(page.locator("#monitor-bar")).to_be_hidden()


async def test_more_lines_show_in_the_curve(floor: Floor, tmp_path: Path) -> None:
    engaged = [f"+{number(f'5698{n % 10}', Behaviour.BUSY, ring_s=2, talk_s=n // 10)}" for n in range(400)]
    async with (
        at_work(floor, tmp_path, engaged, "ready") as served,
        browsing() as browser,
        agent_browser(browser, served.url, locale="en-US") as watched,
    ):
        async with served.client() as client:
            few = {"mode": "predictive", "policy": "ratio", "ratio": 6, "lines_max": 1, "note": "to begin with"}
            await client.request("POST", "/campaigns/1/changes", few)
        page = await watched.page()
        await sign_in(page, "ready")
        await page.locator("#curve").select_option("placed")
        await page.wait_for_function(CURVE_SHOWS, arg=[10, 40], timeout=PATIENCE_MS)  # a call after the other, 2 s each
        await change(page, "[data-field=lines_max]", "6", minutes="30", note="faster")
        await page.wait_for_function(CURVE_SHOWS, arg=[70, 1000], timeout=PATIENCE_MS)
        await picture(page, "floor-faster")


# Whether the newest point of the curve lies between these two.
CURVE_SHOWS = """([from, to]) => {
    const shown = Number(document.querySelector("#curve-now").textContent);
    return shown >= from && shown <= to;
}"""


async def takes_part(page: Page, floor: Floor, folder: Path) -> None:
    await page.locator(".agent").click()
    await expect(page.locator("#monitor-use")).to_have_value("page")
    await picture(page, "floor-agent")
    await page.locator("[data-hand=listen]").click()
    await expect(page.locator("#take-over")).to_be_enabled()
    await page.evaluate(LISTEN, [PERSON, AGENT])
    ears = await asyncio.to_thread(Ears, floor, folder / "heard")
    spans = []
    for mode in ("listen", "whisper", "barge", "listen"):
        button = page.locator(f"[data-monitor={mode}]")
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")
        began = time.monotonic() - ears.since
        await asyncio.to_thread(time.sleep, MARGIN_S + LAST_S)
        spans.append((mode, began + MARGIN_S, time.monotonic() - ears.since))
    heard = await asyncio.to_thread(ears.stop)
    heard_here = await page.evaluate("window.heardHere")
    await picture(page, "floor-listening")
    await page.locator("#end-monitor").click()
    await expect(page.locator("#monitor-bar")).to_be_hidden()
    for mode, since_s, until_s in spans:
        for ear, hears in ((AGENT, mode != "listen"), (PERSON, mode == "barge")):
            loudest, faintest = loudest_and_faintest(heard[ear], SUPERVISOR, since_s, until_s)
            assert faintest > HEARD if hears else loudest < UNHEARD, (mode, ear, loudest, faintest)
    assert len(heard_here) > (MARGIN_S + LAST_S) * 4 / 0.1 / 2
    silent = [min(person, agent) * 32_768 < HEARD for person, agent in heard_here]
    gaps = [len(list(looks)) for gap, looks in itertools.groupby(silent) if gap]
    assert max(gaps, default=0) <= GAP_LOOKS, heard_here  # both all the time, over each switching too


# How loud the tones are that the page's own phone plays, ten times a second from its first sound on.
LISTEN = """async (tones) => {
    const context = new AudioContext();
    const ear = context.createAnalyser();
    ear.fftSize = 8192;
    const audio = document.querySelector("#monitor-audio");
    context.createMediaStreamSource(audio.srcObject).connect(ear);
    const samples = new Float32Array(ear.fftSize);
    const loudness = (hertz) => {
        const turn = 2 * Math.PI * hertz / context.sampleRate;
        let [re, im] = [0, 0];
        samples.forEach((one, n) => { re += one * Math.cos(turn * n); im += one * Math.sin(turn * n); });
        return 2 * Math.hypot(re, im) / samples.length;
    };
    window.heardHere = [];
    await new Promise((began) => setInterval(() => {
        ear.getFloatTimeDomainData(samples);
        const found = tones.map(loudness);
        if (window.heardHere.length || Math.min(...found) > 0.03) window.heardHere.push(found);
        if (window.heardHere.length) began();
    }, 100));
}"""


async def changes_the_pace(page: Page) -> None:
    await change(page, "[data-field=target]", "90", minutes="0.1", note="to see")
    row = page.locator("#changes li").first
    await expect(row).to_contain_text("to see")
    await expect(row).to_contain_text("over", timeout=PATIENCE_MS)  # by itself
    await change(page, "[data-field=mode]", "predictive", minutes="30", note="bolder")
    await expect(page.locator(".campaign [data-part=mode]")).to_have_text("predictive")
    await page.locator(".roll-back").first.click()
    await expect(page.locator(".campaign [data-part=mode]")).to_have_text("progressive")
    await expect(row).to_contain_text("bolder")
    await expect(row).to_contain_text("taken back by Sofia")


async def change(page: Page, field: str, value: str, *, minutes: str, note: str) -> None:
    """Make a change; that its forecast was looked at first is what lets the button be pressed."""
    await page.locator("[data-part=change]").click()
    await expect(page.locator("#apply-change")).to_be_disabled()
    if "mode" in field:
        await page.locator(field).select_option(value)
    else:
        await page.locator(field).fill(value)
    await page.locator("#change-minutes").fill(minutes)
    await page.locator("#change-note").fill(note)
    await expect(page.locator("#apply-change")).to_be_disabled()
    await page.locator("#ask-forecast").click()
    await expect(page.locator("#apply-change")).to_be_enabled(timeout=PATIENCE_MS)
    await page.locator("#apply-change").click()
    await expect(page.locator("#change-dialog")).to_be_hidden()
