"""A person called calls back: a real Asterisk, real SIP, keys and audio, and the cell as its users run it."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor
from tests.shell.served import Served, dialer, serving
from tests.shell.test_serve_asterisk import OPEN_ALL_DAY, load, set_up, start, take_calls

pytestmark = pytest.mark.asterisk

SHOWN = "56220000000"
NEVER = {"windows": [{"days": [time.gmtime(time.time() + 3 * 86_400).tm_wday], "opens": "03:00", "closes": "03:01"}]}


async def desk_until(served: Served, code: int, state: str) -> tuple[dict[str, Any], float]:
    """Be an agent who is ready, until the desk shows the state; the desk, and when it came."""
    async with served.client() as client:
        client.token = None
        await client.sign_in_agent(str(code), "4321")
        if (await client.desk())["state"] == "signed_out":
            await client.desk_sign_in()
        async for _, desk in client.live("desk"):
            if desk["state"] == "break" and desk["reason"] == "signed_in":
                await client.ready()
            elif desk["state"] == state:
                return desk, time.time()
    raise AssertionError("the server ended")


@pytest.mark.alone
async def test_a_returned_call_reaches_the_last_agent_with_the_person_on_the_screen(
    floor: Floor, tmp_path: Path
) -> None:
    config = set_up(tmp_path, floor, agents=2)
    person = number("56980", Behaviour.PERSON, ring_s=1, talk_s=2)
    load(config, [f"+{person}"])
    async with serving(config) as served:
        async with served.client() as client:
            await client.change_campaign(1, inbound={"on": True, **OPEN_ALL_DAY})
        await start(served)
        await take_calls(served, 101, 1)  # the second agent speaks with the person first
        first = asyncio.create_task(desk_until(served, 100, "talking"))
        second = asyncio.create_task(desk_until(served, 101, "talking"))
        await served.until(lambda shown: all(one["state"] == "ready" for one in shown["agents"]))
        floor.carrier.calls_in(SHOWN, caller=person, talk_s=6)
        desk, at = await asyncio.wait_for(second, 20)
        assert not first.done()
        first.cancel()
        assert desk["lead"] == 1
        await served.until(lambda shown: dict(shown["campaigns"][0]["outcomes"]).get("connected") == 2)
    calls = json.loads(dialer("report", "--calls", "-c", str(config), "--json"))
    [back] = [call for call in calls if call["inbound"]]
    assert (back["outcome"], back["number"], back["agent"]) == ("connected", f"+{person}", 2)
    assert back["recording"]
    assert at - back["bridged_at"] < 0.3
    day = json.loads(dialer("report", "-c", str(config), "--json"))
    assert (day["calls_placed"], day["connected"]) == (1, 1)  # the ledgers of calls placed know nothing of it


async def test_outside_the_hours_a_caller_opts_out_by_key_or_asks_for_a_call_at_a_time(
    floor: Floor, tmp_path: Path
) -> None:
    config = set_up(tmp_path, floor, agents=0)
    leaver, asker = (number(prefix, Behaviour.PERSON, ring_s=1, talk_s=2) for prefix in ("56981", "56982"))
    load(config, [f"+{leaver}", f"+{asker}"])
    async with serving(config) as served:
        async with served.client() as client:
            await client.change_campaign(1, rules=OPEN_ALL_DAY, inbound={"on": True, **NEVER})  # nobody is there
            await client.start_campaign(1)
        floor.carrier.calls_in(SHOWN, caller=leaver[2:], keys="ww9", talk_s=15)  # as it is written there
        floor.carrier.calls_in(SHOWN, caller=asker, keys="ww2wwww0715", talk_s=20)
        await served.until(lambda shown: dict(shown["campaigns"][0]["outcomes"]).get("caller_served") == 2)
        async with served.client() as client:
            forbidden = await client.request("POST", "/do-not-call/check", {"numbers": [f"+{leaver}", f"+{asker}"]})
    assert forbidden == {"lists": [["opt_out"], []]}
    assert "callback_asked" in dialer("leads", "why", "2", "-c", str(config))
