"""Calls, recordings and the day's report: read page by page, heard by ranges, never outside the folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from dialer.store import RecordingState
from dialer.web.client import Client
from dialer.web.recording_routes import audio_file
from tests.web.world import World

SOUND = bytes(range(256)) * 40


async def calls_made(world: World, count: int) -> None:
    """Let agent 1 have that many conversations."""
    agent = await world.agent_at_work()
    for number in range(count):
        await agent.dial(world.campaign, number=f"+5255999900{number:02d}")
        desk = await world.desk(agent, "talking")
        await agent.hangup()
        await world.desk(agent, "wrapping")
        await agent.disposition(desk["call"], "RPC")
    await world.runtime.flush()


async def sounds(world: World) -> None:
    """Let every recording's files be there."""
    for recording in (await world.store.recordings.newest(limit=100)).items:
        for ending in (".wav", "-customer.wav", "-agent.wav"):
            path = world.recordings / f"{recording.base}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(SOUND + ending.encode())
        await world.store.recordings.save(replace(recording, seconds=2.5, state=RecordingState.PRESENT))


async def test_pages_of_calls_hold_each_call_once_newest_first(world: World) -> None:
    await calls_made(world, 5)
    sofia = await world.supervisor()
    seen: list[int] = []
    page = await sofia.calls(limit=2)
    while True:
        seen += [call["id"] for call in page["items"]]
        assert {call["campaign_name"] for call in page["items"]} == {"Spring"}
        if page["next"] is None:
            break
        page = await sofia.calls(limit=2, cursor=page["next"])
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) == 5
    assert len((await sofia.calls(outcome="connected", agent=world.agents[0]))["items"]) == 5
    assert (await sofia.calls(agent=world.agents[1]))["items"] == []


async def test_the_day_is_counted(world: World) -> None:
    await calls_made(world, 2)
    sofia = await world.supervisor()
    report = await sofia.day_report(since=1_795_000_000.0, until=1_796_500_000.0)
    assert (report["calls_placed"], report["connected"]) == (2, 2)


async def test_recordings_are_listed_and_heard_in_parts(world: World) -> None:
    await calls_made(world, 2)
    await sounds(world)
    sofia = await world.supervisor()
    page = await sofia.recordings(limit=1)
    [recording] = page["items"]
    assert (recording["seconds"], recording["agent_name"], recording["outcome"]) == (2.5, "Agent 1", "connected")
    assert len((await sofia.recordings(cursor=page["next"]))["items"]) == 1
    path = f"/recordings/{recording['call']}/audio"
    assert await _heard(world, sofia, path) == (200, SOUND + b".wav")
    assert await _heard(world, sofia, f"{path}?track=person", "bytes=10240-") == (206, b"-customer.wav")
    assert await _heard(world, sofia, f"{path}?track=agent", "bytes=0-9") == (206, SOUND[:10])
    assert (await _heard(world, sofia, path, "bytes=999999-"))[0] == 416
    assert (await _heard(world, sofia, f"{path}?track=everything"))[0] == 422


async def test_a_recording_whose_file_is_gone_is_not_found(world: World) -> None:
    await calls_made(world, 1)
    sofia = await world.supervisor()
    [recording] = (await sofia.recordings())["items"]
    assert recording["state"] == "expected"
    assert (await _heard(world, sofia, f"/recordings/{recording['call']}/audio"))[0] == 404


@pytest.mark.parametrize("base", ["", "../secret", "/etc/hostname", "a/../../secret", "link/secret", "."])
def test_no_base_name_leads_out_of_the_folder(tmp_path: Path, base: str) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "good.wav").write_bytes(b"")
    (tmp_path / "secret.wav").write_bytes(b"")
    (folder / "link").symlink_to(tmp_path)
    assert audio_file(folder, "good", "both") == folder / "good.wav"
    assert audio_file(folder, base, "both") is None


async def _heard(world: World, client: Client, path: str, part: str = "") -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {client.token}"} | ({"Range": part} if part else {})
    async with world.http(below="/api/v1") as http:
        answer = await http.get(path, headers=headers)
        return answer.status_code, answer.content
