"""Calls, recordings and the day's report: read page by page, heard by ranges, never outside the folder."""

import asyncio
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
import soundfile  # type: ignore[import-untyped]

from dialer.store import Role
from dialer.web.client import ApiError, Client
from dialer.web.heard import Sending
from recordings.archive import ArchiveSettings
from recordings.worker import Indexer
from tests.recordings.floor import main_tone_hz
from tests.web.recorded import calls_made, sounds
from tests.web.world import ADMIN_TOKEN, World


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
    status, whole = await _heard(world, sofia, path)
    assert (status, len(whole)) == (200, 44 + 2 * 2 * 20_000)
    assert await _heard(world, sofia, path, "bytes=0-9") == (206, whole[:10])
    assert await _heard(world, sofia, path, "bytes=40000-") == (206, whole[40_000:])
    assert await _heard(world, sofia, path, "bytes=-100") == (206, whole[-100:])
    assert (await _heard(world, sofia, path, "bytes=999999-"))[0] == 416
    assert (await _heard(world, sofia, path, "bytes=-0"))[0] == 416
    assert (await _heard(world, sofia, path, f"bytes={'9' * 5000}-"))[0] == 200  # no range: the whole
    assert (await _heard(world, sofia, f"{path}?track=everything"))[0] == 422
    for track, hz in (("agent", 400), ("person", 900)):
        _, sound = await _heard(world, sofia, f"{path}?track={track}")
        assert round(main_tone_hz(soundfile.read(io.BytesIO(sound))[0])) == hz


async def test_a_recording_that_was_never_there_is_told_and_not_found(world: World) -> None:
    await calls_made(world, 1)
    sofia = await world.supervisor()
    assert (await sofia.recordings())["items"] == []
    spool = world.recordings.parent / "spool"
    await Indexer(world.store, spool, ArchiveSettings(folder=world.recordings), now=lambda: 4e9).step()
    [recording] = (await sofia.recordings())["items"]
    assert recording["state"] == "missing"
    assert (recording["problem"], recording["problems"]) == ("the switch left no file", ["no_file"])
    for language, said in (
        ("es-MX", "la central no dejó ningún archivo"),
        ("pt", "a central não deixou nenhum arquivo"),
    ):
        async with world.http(authorization=f"Bearer {sofia.token}", accept_language=language) as http:
            path = f"/api/v1/recordings/{recording['call']}"
            assert (await http.get(path)).json()["shown"]["problem"] == said
            assert (await http.get("/api/v1/recordings")).json()["items"][0]["problem"] == said
    assert (await _heard(world, sofia, f"/recordings/{recording['call']}/audio"))[0] == 404


async def test_an_answer_recorded_for_an_audit_is_held_and_its_tombstone_told(world: World) -> None:
    await calls_made(world, 1)
    async with world.store._database.writing() as session:
        await session.run("UPDATE calls SET outcome = 'machine', audit = 'audit/' || id")
    quique = await world.signed_in("quique")
    [waiting] = await _listed(quique, f"/detection/{world.campaign}/audits")
    call = waiting["call"]
    assert waiting["hold"] == ""
    await quique.request("PUT", f"/detection/audits/{call}/hold", {"reason": "law suit 12"})
    [waiting] = await _listed(quique, f"/detection/{world.campaign}/audits")
    assert waiting["hold"] == "law suit 12"
    assert not await world.store.audit_recordings.bury(call, 1.0, "all; Ana")
    await quique.request("PUT", f"/detection/audits/{call}/hold", {"reason": ""})
    assert await world.store.audit_recordings.bury(call, 1.0, "all; Ana")
    with pytest.raises(ApiError, match="tombstone"):
        await quique.request("PUT", f"/detection/audits/{call}/hold", {"reason": "too late"})
    status, told = await _heard(world, quique, f"/detection/audits/{call}/audio")
    assert (status, "deleted (all; Ana)" in told.decode()) == (404, True)
    assert await _listed(quique, f"/detection/{world.campaign}/audits") == []
    said = [one.what for one in await world.store.recording_notes.accesses(call=call)]
    assert said == ["hold", "hold_lifted", "hold"]
    trail = await _listed(world.client(ADMIN_TOKEN), f"/detection/audits/{call}/access")
    assert [entry["by_whom"] for entry in trail] == ["Quique"] * 3
    with pytest.raises(ApiError, match="forbidden"):
        await quique.request("GET", f"/detection/audits/{call}/access")
    async with world.http(authorization=f"Bearer {(await world.signed_in('rival_quique')).token}") as http:
        assert (await http.put(f"/api/v1/detection/audits/{call}/hold", json={"reason": "x"})).status_code == 404


async def _listed(client: Client, path: str) -> list[Any]:
    answer = await client.request("GET", path)
    assert isinstance(answer, list)
    return answer


async def test_a_search_finds_by_words_and_says_where_it_is_wrong(world: World) -> None:
    await calls_made(world, 2)
    await sounds(world)
    sofia = await world.supervisor()
    found = json.loads(await _get(world, sofia, "/recordings?q=spring+agent:1+duration<3s"))
    assert len(found["items"]) == 2
    assert found["items"][0]["measures"]["duration_s"] == 2.5
    assert json.loads(await _get(world, sofia, "/recordings?q=otra"))["items"] == []
    status, problem = await _heard(world, sofia, "/recordings?q=durasion>3")
    assert status == 422
    assert "did you mean duration?" in json.loads(problem)["detail"]
    async with world.http(below="/api/v1", authorization=f"Bearer {sofia.token}", accept_language="es-MX") as http:
        told = (await http.get("/recordings?q=pago+durasion>3")).json()["detail"]
        assert told == "posición 6: «durasion» no es un campo; ¿quiso decir duration?"
        [offer] = (await http.get("/recordings/complete?q=sil")).json()
        assert (offer["text"], offer["tells"]) == ("silence>", "parte en que nadie habla")
    offers = json.loads(await _get(world, sofia, "/recordings/complete?q=campaign:sp"))
    assert [one["text"] for one in offers] == ["campaign:Spring"]


async def test_a_table_runs_nothing_and_a_playlist_plays_without_a_session(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    [call] = (await world.store.recordings.newest()).items
    assert call.agent is not None
    login = await world.store.agents.get(call.agent)
    assert login is not None
    await world.store.agents.save(replace(login, agent=replace(login.agent, name="=HYPERLINK(1)")))
    sofia = await world.supervisor()
    assert (await _heard(world, sofia, "/recordings/table?q="))[0] == 403  # files with personal data are not for all
    table = (await _get(world, world.client(ADMIN_TOKEN), "/recordings/table?q=")).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in table
    playlist = (await _get(world, sofia, "/recordings/playlist?q=")).decode().splitlines()
    link = playlist[-1].removeprefix(f"{world.url}/api/v1")
    nobody = world.client()
    assert (await _heard(world, nobody, link))[0] == 200
    assert (await _heard(world, nobody, link.replace("by=Sofia", "by=Ana")))[0] == 403
    row = await world.store.users.by_login("sofia")
    rival = await world.store.users.by_login("rival_sofia")
    assert row is not None
    assert rival is not None
    assert (await _heard(world, nobody, link.replace(f"user={row.id}", f"user={rival.id}")))[0] == 403
    for changed, status in ((replace(row, role=Role.ENGINEER), 403), (replace(row, client=rival.client), 404),
                            (replace(row, active=False), 403), (row, 200)):  # fmt: skip
        await world.store.users.save(changed)  # what was signed lets nobody hear what its signer may not by now
        assert (await _heard(world, nobody, link))[0] == status


async def test_every_listening_is_logged_once_for_each_stretch(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    sofia = await world.supervisor()
    [one] = (await sofia.recordings())["items"]
    for part in ("bytes=0-9", "bytes=10-99", "bytes=100-"):
        await _heard(world, sofia, f"/recordings/{one['call']}/audio", part)
    assert (await _heard(world, sofia, f"/recordings/{one['call']}/access"))[0] == 403
    entries = json.loads(await _get(world, world.client(ADMIN_TOKEN), f"/recordings/{one['call']}/access"))
    assert [(entry["by_whom"], entry["role"], entry["what"]) for entry in entries] == [
        ("Sofia", "supervisor", "listen")
    ]
    await _get(world, sofia, "/recordings/playlist?q=")
    [newest, _] = json.loads(await _get(world, world.client(ADMIN_TOKEN), f"/recordings/{one['call']}/access"))
    assert (newest["by_whom"], newest["what"], newest["detail"]) == ("Sofia", "link", "playlist")


async def test_a_muted_part_is_silence_and_the_file_stays_as_it_was(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    sofia = await world.signed_in("quique")
    [one] = (await sofia.recordings())["items"]
    path = f"/recordings/{one['call']}"
    before = (await world.store.recordings.newest()).items[0].sha256
    await sofia.request("PUT", f"{path}/muted", {"parts": [[0.5, 1.0]]})
    _, sound = await _heard(world, sofia, f"{path}/audio")
    samples, rate = soundfile.read(io.BytesIO(sound))
    vtt = "WEBVTT\n\n00:00.100 --> 00:00.400\n<v Cliente>cuatro\n\n00:00.600 --> 00:00.900\n<v Cliente>siete"
    await sofia.request("PUT", f"{path}/transcript", {"source": "theirs", "text": vtt})
    assert [said["text"] for said in json.loads(await _get(world, sofia, path))["transcript"]] == ["cuatro"]
    assert json.loads(await _get(world, sofia, "/recordings?q=siete"))["items"] == []
    tried = await sofia.request("POST", "/quality/rules/try", {"call": one["call"]})
    assert isinstance(tried, dict)
    assert [said["text"] for said in tried["segments"]] == ["cuatro"]
    assert abs(samples[rate // 2 : rate]).max() == 0
    assert abs(samples[: rate // 2]).max() > 0.1
    assert json.loads(await _get(world, sofia, path))["sha256"] == before
    other = {"parts": [[1.0, 1.5]], "before": []}
    with pytest.raises(ApiError, match="changed"):  # what another has silenced meanwhile stays silent
        await sofia.request("PUT", f"{path}/muted", other)
    await sofia.request("PUT", f"{path}/muted", {"parts": [[0.5, 1.0], [1.0, 1.5]], "before": [[0.5, 1.0]]})
    assert json.loads(await _get(world, sofia, path))["muted"] == [[0.5, 1.0], [1.0, 1.5]]
    trail = json.loads(await _get(world, world.client(ADMIN_TOKEN), f"{path}/access"))
    assert [entry["what"] for entry in trail].count("read") == 1  # what was said, once for each stretch of reading


async def test_of_a_deleted_recording_nothing_is_kept_any_more(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    quique = await world.signed_in("quique")
    [one] = (await quique.recordings())["items"]
    path = f"/recordings/{one['call']}"
    kept = await world.store.recordings.by_call(one["call"])
    assert kept is not None
    assert await world.store.recordings.bury(kept.call, kept.state, 1.0, "all; Ana")
    vtt = "WEBVTT\n\n00:00.500 --> 00:01.500\n<v Agente>Habla del banco"
    for method, rest, body in (
        ("PUT", "/transcript", {"source": "theirs", "text": vtt}),
        ("POST", "/comments", {"from_s": 1.0, "body": "too late"}),
        ("PUT", "/muted", {"parts": [[0.5, 1.0]], "before": []}),
        ("PUT", "/hold", {"reason": "too late"}),
    ):
        with pytest.raises(ApiError, match="tombstone"):
            await quique.request(method, f"{path}{rest}", body)
    assert json.loads(await _get(world, quique, path))["may"]["hold"] is False


async def test_what_is_sent_is_closed_by_nobody_while_it_is_read() -> None:
    """A player drops requests at any moment; the file must not go from under the thread that reads it."""
    reads, goes_on, closed = Event(), Event(), Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        reads.set()
        goes_on.wait(30)
        assert not closed.is_set()
        yield b"second"

    opened = ExitStack()
    opened.callback(closed.set)
    body = Sending(opened, pieces()).body()
    assert await anext(body) == b"first"
    following = asyncio.ensure_future(anext(body))
    assert await asyncio.to_thread(reads.wait, 30)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    assert not closed.is_set()
    goes_on.set()
    assert await asyncio.to_thread(closed.wait, 30)


async def test_comments_holds_and_transcripts(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    sofia = await world.signed_in("quique")
    [one] = (await sofia.recordings())["items"]
    path = f"/recordings/{one['call']}"
    await sofia.request("POST", f"{path}/comments", {"from_s": 1.0, "until_s": 2.0, "body": "well said"})
    await sofia.request("PUT", f"{path}/hold", {"reason": "law suit 12"})
    vtt = "WEBVTT\n\n00:00.500 --> 00:01.500\n<v Agente>Habla del banco, señora"
    await sofia.request("PUT", f"{path}/transcript", {"source": "theirs", "text": vtt})
    detail = json.loads(await _get(world, sofia, path))
    assert [(c["by_whom"], c["from_s"], c["body"]) for c in detail["comments"]] == [("Quique", 1.0, "well said")]
    assert detail["shown"]["hold"] == "law suit 12"
    assert detail["transcript"] == [{"start_s": 0.5, "end_s": 1.5, "leg": "agent", "text": "Habla del banco, señora"}]
    assert len(detail["waveform"]) == 2
    assert len(json.loads(await _get(world, sofia, "/recordings?q=senora"))["items"]) == 1
    lender = await world.signed_in("bank")  # who may listen, and reads nothing of quality
    seen = json.loads(await _get(world, lender, path))
    assert (seen["comments"], seen["may"]["judge"]) == ([], False)
    [comment] = detail["comments"]
    with pytest.raises(ApiError, match="forbidden"):
        await lender.request("POST", f"{path}/comments/{comment['id']}/clip")


async def test_a_saved_search_is_its_owners(world: World) -> None:
    sofia = await world.supervisor()
    await sofia.request("PUT", "/recordings/searches", {"query": "flag:any"}, {"name": "odd"})
    assert json.loads(await _get(world, sofia, "/recordings/searches")) == [{"name": "odd", "query": "flag:any"}]
    with pytest.raises(ApiError):
        await sofia.request("PUT", "/recordings/searches", {"query": "flog:any"}, {"name": "bad"})
    user = await world.store.users.by_login("sofia")
    assert user is not None
    await world.store.users.save(replace(user, id=0, login="namesake"))
    namesake = await world.signed_in("namesake")
    assert json.loads(await _get(world, namesake, "/recordings/searches")) == []
    await sofia.request("DELETE", "/recordings/searches", None, {"name": "odd"})
    assert json.loads(await _get(world, sofia, "/recordings/searches")) == []


async def _get(world: World, client: Client, path: str) -> bytes:
    status, content = await _heard(world, client, path)
    assert status == 200, content
    return content


async def _heard(world: World, client: Client, path: str, part: str = "") -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {client.token}"} | ({"Range": part} if part else {})
    async with world.http(below="/api/v1") as http:
        answer = await http.get(path, headers=headers)
        return answer.status_code, answer.content


async def test_a_comment_cuts_a_clip_that_plays_nothing_else_and_is_logged(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    quique = await world.signed_in("quique")
    [one] = (await quique.recordings())["items"]
    path = f"/recordings/{one['call']}"
    clip: dict[str, Any] = {"from_s": 0.5, "until_s": 1.5, "body": "well said"}
    moment = {"from_s": 1.0, "body": "here"}
    links = []
    for given in (clip, moment):
        comment = await quique.request("POST", f"{path}/comments", given)
        assert isinstance(comment, dict)
        links.append(await quique.request("POST", f"{path}/comments/{comment['id']}/clip"))
    urls = [str(link["url"]) for link in links if isinstance(link, dict)]
    async with world.http() as http:
        whole = (await http.get(f"/api/v1{path}/audio", headers={"Authorization": f"Bearer {quique.token}"})).content
        heard = (await http.get(urls[0])).content
        assert heard[44:] == whole[44 + 4 * 4_000 : 44 + 4 * 12_000]
        part = await http.get(urls[0], headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, heard[100:200])
        assert len((await http.get(urls[1])).content) == len(whole)  # five seconds before to ten after: all of it
        for changed in (urls[0].replace("from_s=0.5", "from_s=0.0"), urls[0].replace("/clip?", "/linked?")):
            assert (await http.get(changed)).status_code == 403
        assert (await http.get(urls[0].replace(path, "/recordings/9999"))).status_code == 403
    ana = await world.administrator()
    log = await ana.request("GET", f"{path}/access")
    assert isinstance(log, list)
    said = [(entry["what"], entry["detail"], entry["by_whom"]) for entry in log]
    assert ("clip", "from 0.5 s to 1.5 s", "Quique") in said
    assert ("listen", "from 0.5 s to 1.5 s", "Quique") in said
    with pytest.raises(ApiError, match="no such recording"):
        await (await world.signed_in("rival_quique")).request("POST", f"{path}/comments/1/clip")
