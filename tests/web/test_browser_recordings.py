"""Recordings and their evaluation in a real browser: found, heard, seen, scored, disputed, calibrated."""

from dataclasses import replace

import pytest
import soundfile  # type: ignore[import-untyped]
from playwright.async_api import Dialog, Page, expect

from tests.recordings.calls import tone
from tests.web.browsers import agent_browser, browsing, picture
from tests.web.recorded import calls_made, sounds
from tests.web.test_desk_page import serious
from tests.web.world import PASSWORD, PIN, World

pytestmark = pytest.mark.browser


async def test_from_a_search_to_a_score(world: World) -> None:
    await calls_made(world, 2)
    await sounds(world)
    async with browsing() as browser, agent_browser(browser, world.url, locale="en") as watched:
        await _worked(await watched.page())


async def _enter(page: Page, name: str, secret: str) -> None:
    await page.goto("/sign-in")
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(secret)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "sign-in" not in url)


async def _worked(page: Page) -> None:
    await _enter(page, "quique", PASSWORD)
    await page.goto("/quality/forms")
    await page.locator("#form-name").fill("collections")
    await page.locator("fieldset [data-part=name]").fill("opening")
    await page.locator("[data-part=label]").fill("Greets")
    await page.locator("[data-part=help]").fill("by name")
    await page.locator("#fails input[value=business]").uncheck()
    await page.locator("#builder button.main").click()
    await expect(page.locator("#told")).to_contain_text("collections is kept as version 1")
    await picture(page, "qa_quality")
    await page.goto("/recordings")
    await expect(page.locator("#recordings tr")).to_have_count(2)
    await page.locator("#query").press_sequentially("duration>2s ag")
    await expect(page.locator("#offers li").first).to_contain_text("agent:")
    await picture(page, "qa_recordings")
    await page.locator("#query").fill("duration>2s agent:1")
    await page.locator("#query").press("Enter")
    await expect(page.locator("#recordings tr")).to_have_count(2)
    await page.locator(".play").first.click()
    await expect(page.locator("#name")).to_contain_text("Agent 1")
    await page.locator("#play").click()
    await expect(page.locator("#clock")).to_have_text("00:02 / 00:02")
    await page.keyboard.press("ArrowLeft")  # the button that was clicked leaves the player its keys
    await expect(page.locator("#clock")).to_have_text("00:00 / 00:02")
    await page.locator("#comment-text").fill("well said")
    await page.locator("#comment button").click()
    await expect(page.locator("#comments li")).to_contain_text("well said")
    await page.locator("#hold-reason").fill("law suit 12")
    await page.locator("#hold button").click()
    await expect(page.locator("#standing")).to_contain_text("law suit 12")
    await page.locator("#hold-lift").click()
    await expect(page.locator("#standing")).to_be_hidden()
    await page.locator("#begin-scoring").click()
    await page.locator("#sections select").select_option("yes")
    await picture(page, "qa_recording")
    await page.locator("#answers button.main").click()
    await expect(page.locator("#evaluations li")).to_contain_text("100")


async def test_a_listener_says_what_was_taken_for_a_machine(world: World) -> None:
    await calls_made(world, 2)
    async with world.store._database.writing() as session:
        await session.run("UPDATE calls SET outcome = 'machine', audit = 'audit/' || id")
    calls = await world.store.detections.unheard(world.campaign)
    for one in calls:
        path = world.recordings / f"{one.audit}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(1.0, 400), 8_000)
    async with browsing() as browser, agent_browser(browser, world.url) as watched:
        page = await watched.page()
        await _enter(page, "quique", PASSWORD)
        await page.goto("/quality/machines")
        await expect(page.locator("#waiting tr")).to_have_count(2)
        await expect(page.locator("#so-far")).to_have_text("Todavía no se oyó ninguna.")
        async with page.expect_response(f"**/detection/audits/{calls[0].id}/audio") as heard:
            await page.locator("#waiting button").first.click()
        assert (await heard.value).status in (200, 206)
        await _legible(page)
        await picture(page, "qa_machines")
        await page.keyboard.press("m")
        await expect(page.locator("#waiting tr")).to_have_count(1)
        await expect(page.locator("#which")).to_contain_text(str(calls[1].id))  # the next one plays by itself
        await page.keyboard.press("p")
        await expect(page.locator("#so-far")).to_contain_text("2 oídas, 1 eran personas")
        await expect(page.locator("#none-waits")).to_be_visible()
        await expect(page.locator("#listening")).to_be_hidden()


FORM = {
    "name": "collections",
    "sections": [
        {"name": "opening", "items": [{"key": "greets", "label": "Greets"}]},
        {"name": "law", "items": [{"key": "identity", "label": "Identity", "critical": "compliance"}]},
    ],
}


async def _scored(world: World) -> int:
    """A call that was scored badly; a second analyst, Rosa. The call."""
    await calls_made(world, 1)
    await sounds(world)
    quique = await world.store.users.by_login("quique")
    assert quique is not None
    await world.store.users.save(replace(quique, id=0, login="rosa", name="Rosa"))
    client = await world.signed_in("quique")
    form = await client.request("POST", "/quality/forms", FORM)
    assert isinstance(form, dict)
    [one] = (await client.recordings())["items"]
    answers = {"greets": "no", "identity": "no"}
    await client.request("POST", "/quality/evaluations", {"call": one["call"], "form": form["id"], "answers": answers})
    return int(one["call"])


async def _legible(page: Page) -> None:
    """Nothing keeps anybody from working here, by day and by night."""
    for scheme in ("dark", "light"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert await serious(page) == [], scheme


async def test_from_a_dispute_to_another_score_and_a_calibration(world: World) -> None:
    """By the keyboard where an agent works; nothing on the pages keeps anybody out."""
    call = await _scored(world)
    async with browsing() as browser:
        async with agent_browser(browser, world.url, locale="en") as watched:
            await _disputed(await watched.page())
        async with agent_browser(browser, world.url, locale="en") as watched:
            page = await watched.page()
            await _enter(page, "quique", PASSWORD)
            await _decided(page, call)
            await _tried(page)
            await _calibrated(page, call)
            await page.goto("/quality/results")
            await expect(page.locator("#trends tr")).to_contain_text("100.0%")
            await page.locator("#by").select_option("item")
            await expect(page.locator("#trends tr")).to_have_count(2)
            await _legible(page)
            await picture(page, "qa_results")


async def _disputed(page: Page) -> None:
    await _enter(page, "1001", PIN)
    await page.goto("/my-scores")
    await expect(page.locator("#scores .bad")).to_have_text(["no", "no"])
    await _legible(page)
    words = page.locator("textarea")
    await words.focus()
    await page.keyboard.type("I asked for the RUT")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#told")).to_contain_text("an evaluator decides")
    await expect(page.locator("#scores form")).to_be_hidden()


async def _decided(page: Page, call: int) -> None:
    await page.goto("/quality/disputes")
    await expect(page.locator("blockquote")).to_have_text("I asked for the RUT")
    await _legible(page)
    await page.locator("[data-part=again]").click()
    await page.wait_for_url(lambda url: f"/recordings/{call}" in url)
    await expect(page.locator("#sections select").first).to_have_value("no")  # as it was answered before
    await page.locator("#comment-text").fill("here")
    await page.locator("#comment button").click()
    said: list[str] = []

    async def told(dialog: Dialog) -> None:
        said.append(dialog.default_value)
        await dialog.dismiss()

    page.on("dialog", told)
    async with page.expect_response("**/clip"):
        await page.locator("#comments button", has_text="Clip").click()
    for select in await page.locator("#sections select").all():
        await select.select_option("yes")
    await page.locator("#answers button.main").click()
    await page.wait_for_url("**/quality/disputes")
    await expect(page.locator("#no-disputes")).to_be_visible()
    assert "/clip?" in said[0]
    page.remove_listener("dialog", told)


async def _tried(page: Page) -> None:
    await page.goto("/quality/rules")
    await page.locator("#name").fill("notice")
    await page.locator("#phrases").fill("call is recorded")
    await page.locator("#within").fill("5")
    await page.locator("#text").fill("0:01 agent: Good morning\n0:09 agent: This call is recorded")
    await page.locator("#try-one").click()
    await expect(page.locator("#verdicts li")).to_contain_text("✗ notice: heard at 00:09")
    await expect(page.locator("#said .heard")).to_contain_text("This call is recorded")
    await expect(page.locator("#rules tr")).to_have_count(0)
    await page.locator("#rule button.main").click()
    await expect(page.locator("#rules tr")).to_contain_text("must be said within 5 s")
    await _legible(page)


async def _calibrated(page: Page, call: int) -> None:
    await page.goto("/quality/calibration")
    await page.locator("#name").fill("march")
    await page.locator("#take").click()
    await expect(page.locator("#calls")).to_have_value(str(call))
    for name in ("Quique", "Rosa"):
        await page.get_by_label(name).check()
    await page.locator("#begin button.main").click()
    await expect(page.locator("#progress")).to_have_text("Quique 0 / 1 · Rosa 0 / 1")
    await expect(page.locator("#blind")).to_be_visible()
    await _legible(page)
    await page.goto("/quality")
    await page.locator("#claim").click()
    await page.wait_for_url(f"**/recordings/{call}")
    await page.locator("#give-back").click()
    await page.wait_for_url("**/quality")
    await page.goto("/quality/calibration")
    page.once("dialog", Dialog.accept)
    await page.locator("#close").click()  # Rosa has left
    await expect(page.locator("#answers-part")).to_be_visible()
    await expect(page.locator("#blind")).to_be_hidden()
