"""The floor, stopping all dialling, pages, and what may be seen without sign-in."""

from pathlib import Path

import pytest

from dialer.web.settings import WebSettings
from dialer.web.views import masked
from tests.web.world import PASSWORD, World
from tests.web.world import world as new_world


async def test_numbers_on_the_floor_are_masked(world: World) -> None:
    agent, sofia = await world.agent_at_work(), await world.supervisor()
    await agent.dial(world.campaign, lead=world.leads[0])
    desk = await world.desk(agent, "talking")
    floor = await sofia.floor()
    [row] = [one for one in floor["agents"] if one["id"] == world.agents[0]]
    assert row["number"] == "••••••••••001"
    assert desk["number"].lstrip("+") not in str(floor)


@pytest.mark.parametrize(("number", "shown"), [("+525512345678", "••••••••••678"), ("12", "12"), ("", "")])
def test_masking_keeps_the_length_and_the_last_three(number: str, shown: str) -> None:
    assert masked(number) == shown


async def test_shares_are_none_before_there_is_anything_to_share(world: World) -> None:
    [campaign] = (await (await world.supervisor()).floor())["campaigns"]
    assert (campaign["answer_ratio"], campaign["abandon_ratio"]) == (None, None)


async def test_all_dialling_is_stopped_and_resumed_by_name(world: World) -> None:
    sofia, agent = await world.supervisor(), await world.agent_at_work()
    assert await sofia.stop_dialling() == {"stopped_by": "Sofia"}
    assert (await sofia.floor())["stopped_by"] == "Sofia"
    assert (await agent.desk())["stopped"]
    assert await sofia.resume_dialling() == {"stopped_by": ""}
    actions = [entry.action for entry in await world.store.audit.page(limit=2)]
    assert actions == ["dialling.resume", "dialling.stop"]


async def test_an_open_floor_opens_the_floor_alone(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=WebSettings(port=0, open_floor=True)) as world, world.http() as http:
        assert (await http.get("/")).status_code == 200
        assert (await http.get("/api/v1/floor")).status_code == 200
        for path in ("/api/v1/campaigns", "/api/v1/calls", "/api/v1/recordings", "/api/v1/leads/1"):
            assert (await http.get(path)).status_code == 401
        assert (await http.post("/api/v1/dialling/stop")).status_code == 401


async def test_pages_lead_everybody_to_where_they_belong(world: World) -> None:
    async with world.http() as http:
        for path in ("/", "/desk", "/recordings"):
            assert (await http.get(path)).headers["location"] == "/sign-in"
    for login, places in (
        ("sofia", {"/": 200, "/recordings": 200, "/desk": "/"}),
        ("agent1", {"/": "/desk", "/recordings": "/desk", "/desk": 200}),
        ("quique", {"/": "/recordings", "/recordings": 200, "/desk": "/recordings"}),
        ("bank", {"/": 200, "/desk": "/"}),
    ):
        async with world.http() as http:
            await http.post("/api/v1/session", json={"login": login, "password": PASSWORD})
            for path, wanted in places.items():
                answer = await http.get(path)
                got: int | str = answer.headers.get("location", answer.status_code)
                assert got == wanted, (login, path)


async def test_a_name_with_marks_in_it_is_shown_as_text(world: World) -> None:
    from dataclasses import replace

    sofia = await world.store.users.by_login("sofia")
    assert sofia is not None
    await world.store.users.save(replace(sofia, name="<script>alert(1)</script>"))
    async with world.http() as http:
        await http.post("/api/v1/session", json={"login": "sofia", "password": PASSWORD})
        page = (await http.get("/")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


async def test_who_sees_some_campaigns_alone_is_not_offered_what_stops_everybody(world: World) -> None:
    for login, limited in (("sofia", False), ("rival_sofia", True)):
        async with world.http() as http:
            await http.post("/api/v1/session", json={"login": login, "password": PASSWORD})
            assert (" data-limited" in (await http.get("/")).text.partition("<body")[2].partition(">")[0]) is limited
