"""A person's own Asterisk and trunk, from a file written by hand and a list; and what a restart must not break.

Real Asterisk, real SIP and audio; nothing of the demo.
"""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest
import soundfile  # type: ignore[import-untyped]

from recordings.making import legs_of
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor
from tests.shell.served import DIALER, Served, dialer, serving, write_config

pytestmark = pytest.mark.asterisk

OPEN_ALL_DAY = {"windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "opens": "00:00", "closes": "24:00"}]}


def set_up(folder: Path, floor: Floor, *, agents: int = 2, dial_in: bool = False) -> Path:
    """What the README's page for administrators tells to do, up to an empty campaign with agents."""
    config = write_config(folder, floor)
    pin = folder / "pin"
    pin.write_text("4321")
    dialer(
        *("campaign", "add", "spring", "--client", "lender", "--mode", "progressive", "--trunk", "carrier"),
        *("--caller-id", "+56220000000", "-c", str(config)),
    )
    for n in range(agents):
        phone = [] if dial_in else ["--endpoint", floor.phone(str(1001 + n))]
        dialer(
            *("agent", "add", f"Agent {n}", "--campaign", "spring", "--code", str(100 + n), "--pin-file", str(pin)),
            *(*phone, "-c", str(config)),
        )
    return config


def load(config: Path, people: list[str]) -> dict[str, Any]:
    """Load a list of these numbers."""
    path = config.parent / "list.csv"
    rows = [f"A{n},Person {n},{one},{100 * n}" for n, one in enumerate(people)]
    path.write_text("\n".join(["account,name,phone,balance", *rows]) + "\n")
    report: dict[str, Any] = json.loads(
        dialer("leads", "import", str(path), "--campaign", "spring", "--country", "CL", "-c", str(config), "--json")
    )
    return report


def persons(count: int, talk_s: int) -> list[str]:
    return [f"+{number(f'5698{n:01d}', Behaviour.PERSON, ring_s=1, talk_s=talk_s)}" for n in range(count)]


async def start(served: Served) -> None:
    async with served.client() as client:
        await client.change_campaign(1, rules=OPEN_ALL_DAY)
        await client.start_campaign(1)


async def take_calls(served: Served, code: int, dispositions: int) -> None:
    """Be an agent at the desk: sign in, take calls, say what became of them, so many times."""
    written: set[int] = set()  # the desk may tell of a wrap-up more than once
    async with served.client() as client:
        client.token = None
        await client.sign_in_agent(str(code), "4321")
        await client.desk_sign_in()
        async for _, desk in client.live("desk"):
            if desk["state"] == "break" and desk["reason"] == "signed_in":
                await client.ready()
            elif desk["state"] == "wrapping" and desk["call"] not in written:
                await client.disposition(desk["call"], "RPC")
                written.add(desk["call"])
                if len(written) == dispositions:
                    return


def campaign_of(floor: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = floor["campaigns"][0]
    return found


async def test_a_list_is_dialled_talked_to_recorded_and_reported(floor: Floor, tmp_path: Path) -> None:
    config = set_up(tmp_path, floor)
    loaded = load(config, [*persons(4, talk_s=3), "+56", "not a number"])
    assert (loaded["leads"], loaded["invalid_phones"]) == (6, 2)  # kept and flagged, never dropped in silence
    async with serving(config) as served:
        await start(served)
        await asyncio.gather(take_calls(served, 100, 2), take_calls(served, 101, 2))
        served.signal(signal.SIGINT)
        assert await served.ended() == 0
    day = json.loads(dialer("report", "-c", str(config), "--json"))
    assert day["outcomes"] == {"connected": 4}
    assert day["recordings"] == 4
    assert day["dispositions"] == {"RPC": 4}
    calls = json.loads(dialer("report", "--calls", "-c", str(config), "--json"))
    for call in calls:
        assert all(soundfile.info(str(path)).duration > 2.0 for path in legs_of(floor.recordings, call["recording"]))
        assert all(path.stat().st_size > 8000 for path in legs_of(floor.recordings, call["recording"]))


async def test_an_agent_signs_in_from_a_phone_with_code_and_pin(floor: Floor, tmp_path: Path) -> None:
    config = set_up(tmp_path, floor, agents=1, dial_in=True)
    load(config, persons(1, talk_s=2))
    async with serving(config) as served:
        floor.carrier.phone_dials("1001", "*10", "wwwwww100#wwwwwwww4321#")
        await served.until(lambda shown: shown["agents"][0]["state"] == "ready")
        await start(served)
        await served.until(lambda shown: shown["agents"][0]["state"] == "talking")
        shown = await served.until(lambda shown: shown["agents"][0]["state"] == "wrapping")
        assert dict(campaign_of(shown)["outcomes"]) == {"connected": 1}


@pytest.mark.alone  # the next start must be there before the talk is over
async def test_a_talk_goes_on_over_kill_9_and_the_next_start_takes_it_over(floor: Floor, tmp_path: Path) -> None:
    config = set_up(tmp_path, floor, agents=1)
    load(config, persons(1, talk_s=12))
    async with serving(config) as served:
        await start(served)
        taking = asyncio.create_task(take_calls(served, 100, 1))
        await served.until(lambda shown: shown["agents"][0]["state"] == "talking")
        before = floor.dialer.cli("core show channels concise")
        served.signal(signal.SIGKILL)
        await served.ended()
        taking.cancel()
    assert floor.dialer.cli("core show channels concise").count("\n") == before.count("\n")
    async with serving(config) as again:
        shown = await again.until(lambda shown: shown["agents"][0]["state"] == "talking")
        assert campaign_of(shown)["lines"] == 1
        await again.until(lambda shown: shown["agents"][0]["state"] == "wrapping")
        again.signal(signal.SIGTERM)
        assert await again.ended() == 0
    [call] = json.loads(dialer("report", "--calls", "-c", str(config), "--json"))
    assert call["outcome"] == "connected"
    assert 10.0 < call["ended_at"] - call["bridged_at"] < 14.0


async def test_a_caller_hears_the_message_while_the_engine_stands_still(floor: Floor, tmp_path: Path) -> None:
    config = set_up(tmp_path, floor, agents=1)
    slow = f"+{number('56980', Behaviour.PERSON, ring_s=3, talk_s=20)}"
    load(config, [slow])
    async with serving(config) as served:
        await start(served)
        taking = asyncio.create_task(take_calls(served, 100, 1))
        await served.until(lambda shown: "ringing" in campaign_of(shown)["calls"])
        served.signal(signal.SIGSTOP)
        await gone(floor)
        served.signal(signal.SIGCONT)
        shown = await served.until(lambda shown: bool(campaign_of(shown)["outcomes"]))
        assert dict(campaign_of(shown)["outcomes"]) == {"abandoned": 1}
        assert campaign_of(shown)["abandoned"] == 1
        taking.cancel()


async def gone(floor: Floor) -> None:
    """Wait, with the engine standing still, until the person's channel has gone; Asterisk is asked again and again."""
    async with asyncio.timeout(40):
        while "carrier" in await asyncio.to_thread(floor.dialer.cli, "core show channels concise"):
            pass


async def test_a_second_engine_for_the_same_cell_is_refused(floor: Floor, tmp_path: Path) -> None:
    config = set_up(tmp_path, floor, agents=1)
    async with serving(config):
        second = await asyncio.create_subprocess_exec(
            *(DIALER, "serve", "-c", str(config)), stderr=asyncio.subprocess.PIPE
        )
        _, said = await second.communicate()
        assert second.returncode == 1
        assert b"another engine runs as cell 0" in said
