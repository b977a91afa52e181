"""What somebody with little right, or none, could do by odd requests: nothing breaks, nothing of others is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialer.core.ids import CampaignId
from dialer.web.client import ApiError, Client
from dialer.web.guard import BODY_BYTES_MAX, UPLOAD_BYTES_MAX, bytes_max
from dialer.web.settings import WebSettings
from tests.web.recorded import calls_made, sounds
from tests.web.test_quality import FORM
from tests.web.test_vicidial import ask, token
from tests.web.world import ADMIN_TOKEN, PASSWORD, World
from tests.web.world import world as new_world

Json = dict[str, Any]
SIGNED = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(tmp_path, settings=WebSettings(port=0, vicidial_api=True)) as made:
        yield made


async def rivals_campaign(world: World) -> CampaignId:
    """A campaign of the rival's, on which agent 1 works too."""
    [rival] = [one.id for one in await world.store.clients.list() if one.name == "Rival"]
    bank = await world.store.campaigns.get(world.campaign)
    assert bank is not None
    ana = await world.administrator()
    made = await ana.add_campaign(name="Theirs", client=rival, mode="manual", trunks=["carrier"])
    both = {"campaigns": [world.campaign, made["id"]]}
    await ana.request("PUT", f"/floor/agents/{world.agents[0]}/campaigns", both)
    return CampaignId(made["id"])


# ---------------------------------------------------------------- odd requests


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/v1/campaigns/7/imports", UPLOAD_BYTES_MAX),
        ("/api/v1/campaigns/7/preview/imports", UPLOAD_BYTES_MAX),
        ("/api/v1/campaigns/+7/imports", BODY_BYTES_MAX),
        ("/api/v1/nowhere/imports", BODY_BYTES_MAX),
        ("/imports", BODY_BYTES_MAX),
    ],
)
def test_a_large_body_is_taken_where_it_goes_to_a_file_alone(path: str, limit: int) -> None:
    assert bytes_max(path) == limit


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/events?cursor=1-99999999999999999999999999", None, 422),
        ("GET", "/quality/links?since=0&until=99999999999", None, 422),
        ("GET", "/quality/links?since=9&until=3", None, 422),
        ("GET", "/detection/1?since=9&until=3", None, 200),
        ("GET", "/campaigns/1/today?zone=../../etc/passwd", None, 422),
        ("POST", "/agents/csv", {"csv": "login,name\nann,Ann\nbob,Bob,more\n"}, 422),
        ("POST", "/agents/csv", {"csv": "name,login\nAnn\n"}, 422),
        ("POST", "/agents/csv", {"csv": "login,name\nann," + "x" * 200_000}, 422),
        ("POST", "/agents/csv", {"csv": "login,name\nann,\x00"}, 200),
        ("GET", "/recordings?q=call:99999999999999999999999", None, 200),
        ("GET", '/recordings?q="', None, None),
        ("GET", "/recordings?q=seconds>1e999", None, None),
        ("GET", "/recordings?q=since:999999999999999d", None, None),
        ("GET", "/recordings?q=since:9999-99-99", None, None),
        ("GET", "/calls?cursor=WzFlOTksMV0", None, None),
    ],
)
async def test_odd_requests_are_answered_and_no_fault_of_the_server(
    world: World, method: str, path: str, body: Json | None, status: int | None
) -> None:
    async with world.http(below="/api/v1", **SIGNED) as http, asyncio.timeout(10):
        answer = await http.request(method, path, json=body)
    assert answer.status_code < 500, answer.text
    assert status is None or answer.status_code == status, answer.text


async def test_a_wrong_file_of_agents_adds_nobody(world: World) -> None:
    ana = await world.administrator()
    before = len(await world.store.agents.list())
    sheet = "login,name,code\nnew,New,7001\nother,Other,1002\n"  # agent 2 has that code
    told: Any = await ana.request("POST", "/agents/csv", {"csv": sheet})
    assert [one["where"] for one in told["errors"]] == ["line 3"]
    taken: Any = await ana.request("POST", "/agents/csv", {"csv": "login,name\nsofia,Not Sofia\n"})
    assert taken["errors"]
    assert len(await world.store.agents.list()) == before


@pytest.mark.parametrize(
    ("function", "given"),
    [
        ("lead_all_info", {"lead_id": "99999999999999999999999"}),
        ("lead_all_info", {"lead_id": "²"}),
        ("add_lead", {"list_id": 1, "phone_number": "5512349999", "phone_code": "²"}),
        ("add_lead", {"list_id": 1, "phone_number": "5512349999", "phone_code": "999999"}),
        ("add_lead", {"list_id": 1, "phone_number": "5512349998", "phone_code": 52, "rank": "²"}),
        ("add_lead", {"list_id": 1, "phone_number": "5512349997", "phone_code": 52, "rank": "9" * 5000}),
        ("add_lead", {"list_id": 1, "phone_number": "5512349996", "phone_code": 52, "vendor_lead_code": "x" * 5000}),
        ("add_lead", {"list_id": 1, "phone_number": "٥٥١٢٣٤٩٩٩٩", "phone_code": 52}),
        ("external_dial", {"agent_user": "1001", "value": "5512340001", "phone_code": "0"}),
        ("external_status", {"agent_user": "1001", "value": "x" * 5000}),
    ],
)
async def test_odd_vicidial_requests_are_answered_in_its_words(old: World, function: str, given: Json) -> None:
    good = await token(old)
    await old.agent_at_work()
    said = await ask(old, good, function, **given)
    assert said.startswith(("ERROR", "SUCCESS")), said[:300]


# ---------------------------------------------------------------- others' work


async def test_vicidial_tells_nothing_of_an_agents_call_for_another_client_and_touches_it_not(old: World) -> None:
    theirs = await rivals_campaign(old)
    rival, agent = await token(old, "rival_sofia"), await old.agent_at_work()
    await agent.dial(old.campaign, lead=old.leads[0])
    desk = await old.desk(agent, "talking")
    who = {"user": "rival_sofia", "agent_user": "1001"}
    for function in ("agent_status", "logged_in_agents"):
        said = (await ask(old, rival, function, **who)).split("|")
        assert str(desk["call"]) not in said[1:], said
        assert f"{theirs}" not in said[1:2]
    for function in ("external_hangup", "external_status", "external_pause"):
        refused = await ask(old, rival, function, **who, value="OTHER")
        assert refused.startswith("ERROR"), refused
    assert (await old.desk(agent, "talking"))["call"] == desk["call"]


async def test_for_whom_else_an_agent_works_nobody_learns(old: World) -> None:
    theirs = await rivals_campaign(old)
    agent, rival = await old.agent_at_work(), await old.signed_in("rival_ana")
    one = old.agents[0]
    floor: Any = await rival.request("GET", "/floor")
    listed: Any = await rival.request("GET", "/agents")
    shown: Any = await rival.request("GET", f"/agents/{one}")
    changed: Any = await rival.request("PATCH", f"/agents/{one}", {"team": "cards"})
    await agent.dial(old.campaign, lead=old.leads[0])
    await old.desk(agent, "talking")
    moved: Any = await rival.request("PUT", f"/floor/agents/{one}/campaigns", {"campaigns": [theirs]})
    for told in (floor["agents"][0], listed[0], shown, changed, moved):
        assert told["campaigns"] == [theirs]
    assert (moved["campaign"], moved["call"], moved["number"]) == (None, None, None)
    login = await old.store.agents.get(one)
    assert login is not None
    assert set(login.agent.campaigns) == {old.campaign, theirs}


async def test_vicidial_dials_for_ones_own_campaigns_alone(old: World) -> None:
    theirs = await rivals_campaign(old)
    rival, agent = await token(old, "rival_sofia"), await old.agent_at_work()
    who = {"user": "rival_sofia", "agent_user": "1001", "value": "5512340001", "phone_code": "52"}
    said = await ask(old, rival, "external_dial", **who)
    assert said.startswith("SUCCESS"), said
    await old.desk(agent, "talking")
    assert {one.campaign for one in old.runtime.view().agents if one.call is not None} == {theirs}


@pytest.mark.parametrize("path", ["/admin/doctor", "/admin/campaigns?campaign=²&campaign=" + "9" * 30])
async def test_pages_of_the_house_are_not_a_clients_and_take_whatever_is_asked(world: World, path: str) -> None:
    async with world.http() as http:
        await http.post("/api/v1/session", json={"login": "rival_ana", "password": PASSWORD})
        answer = await http.get(path)
    assert answer.status_code == (303 if "doctor" in path else 200)


async def test_who_sees_numbers_masked_has_no_webhook_told_them(world: World) -> None:
    bank = await world.store.users.by_login("bank")
    assert bank is not None
    await world.store.users.save(replace(bank, grants="webhooks.write"))
    client = await world.signed_in("bank")
    with pytest.raises(ApiError) as refused:
        await client.request("POST", "/webhooks", {"name": "n", "url": "https://crm.example/", "client": bank.client})
    assert refused.value.code == "forbidden"


async def test_who_sees_one_client_hears_no_agent_who_works_for_others_too(world: World) -> None:
    await rivals_campaign(world)
    agent, rival = await world.agent_at_work(), await world.signed_in("rival_sofia")
    wish = {"agent": world.agents[0], "endpoint": "PJSIP/901"}
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    with pytest.raises(ApiError) as refused:
        await rival.request("POST", "/floor/monitor", wish)
    assert refused.value.code == "forbidden"
    shown: Any = await (await world.supervisor()).request("POST", "/floor/monitor", wish)
    assert shown["monitor"] is not None


async def test_two_supervisors_of_one_name_have_a_monitor_each(world: World) -> None:
    sofia = await world.store.users.by_login("sofia")
    assert sofia is not None
    await world.store.users.save(replace(sofia, id=0, login="sofia2"))
    await world.agent_at_work()
    first, second = await world.supervisor(), await world.signed_in("sofia2")
    wish: Json = {"agent": world.agents[0], "endpoint": "PJSIP/900"}
    await first.request("POST", "/floor/monitor", wish)
    with pytest.raises(ApiError) as refused:
        await second.request("DELETE", "/floor/monitor")
    assert refused.value.code == "not_monitoring"
    await second.request("POST", "/floor/monitor", wish | {"endpoint": "PJSIP/901"})
    assert [one.name for one in world.runtime.view().monitors] == ["Sofia", "Sofia"]
    await first.request("DELETE", "/floor/monitor")
    assert len(world.runtime.view().monitors) == 1


async def test_whose_rights_change_hears_nobody_any_more(world: World) -> None:
    await world.agent_at_work()
    ana, sofia = await world.administrator(), await world.supervisor()
    user = await world.store.users.by_login("sofia")
    assert user is not None
    for change, hears in (({"name": "Sofía"}, 1), ({"campaigns": [world.campaign]}, 0), ({"active": False}, 0)):
        await sofia.request("POST", "/floor/monitor", {"agent": world.agents[0], "endpoint": "PJSIP/900"})
        await ana.request("PATCH", f"/users/{user.id}", change)
        assert len(world.runtime.view().monitors) == hears


async def test_who_sees_one_client_neither_stops_nor_resumes_the_house(world: World) -> None:
    rival, sofia = await world.signed_in("rival_sofia"), await world.supervisor()
    with pytest.raises(ApiError, match="forbidden"):
        await rival.stop_dialling()
    await sofia.stop_dialling()
    with pytest.raises(ApiError, match="forbidden"):
        await rival.resume_dialling()
    assert world.runtime.view().stopped_by == "Sofia"


async def test_numbers_of_the_house_are_not_a_clients(world: World) -> None:
    rival = await world.signed_in("rival_sofia")
    with pytest.raises(ApiError, match="forbidden"):
        await rival.request("GET", "/caller-ids")


async def test_a_search_is_completed_with_ones_own_names_alone(world: World) -> None:
    rival, sofia = await world.signed_in("rival_sofia"), await world.supervisor()
    for q, named in (("campaign:", "Spring"), ("agent:", "Agent 1")):
        query = {"q": q}
        assert named in str(await sofia.request("GET", "/recordings/complete", None, query))
        assert named not in str(await rival.request("GET", "/recordings/complete", None, query))


# ---------------------------------------------------------------- quality


async def scored(world: World) -> tuple[Client, Json]:
    """Two calls of the bank's: one scored and disputed, one waiting in the queue."""
    await calls_made(world, 2)
    await sounds(world)
    quique, agent = await world.signed_in("quique"), await world.agent()
    form: Any = await quique.request("POST", "/quality/forms", FORM)
    plan = {"name": "theirs", "form": form["id"], "count": 2, "seconds_min": 0, "campaign": world.campaign}
    await quique.request("POST", "/quality/plans", plan)
    await quique.request("POST", "/quality/plans/theirs/draw", {"since": 1.7e9, "until": 2e9, "seed": "s"})
    claimed: Any = await quique.request("POST", "/quality/queue/claim")
    answers = {"greets": "yes", "identity": "no"}
    given = {"task": claimed["task"]["id"], "answers": answers}
    made: Any = await quique.request("POST", "/quality/evaluations", given)
    words = {"dispute": True, "words": "no"}
    await agent.request("POST", f"/quality/evaluations/{made['id']}/reply", words)
    return quique, made


async def queue(client: Client) -> list[Json]:
    shown: Any = await client.request("GET", "/quality/queue")
    return list(shown)


async def test_quality_tells_another_client_nothing(world: World) -> None:
    await scored(world)
    rival = await world.signed_in("rival_quique")
    for path in ("/plans", "/queue", "/evaluations", "/trends", "/trends?by=evaluator", "/pareto"):
        assert await rival.request("GET", f"/quality{path}") == [], path
    with pytest.raises(ApiError) as refused:
        await rival.request("GET", "/quality/links", None, {"since": 1.7e9, "until": 1.7e9 + 7200})
    assert refused.value.code == "forbidden"


async def test_quality_lets_another_client_change_nothing(world: World) -> None:
    quique, disputed = await scored(world)
    rival = await world.signed_in("rival_quique")
    waiting = (await queue(quique))[0]
    calls = [disputed["call"], waiting["call"]]
    may_score: Any = await quique.request("GET", "/quality/evaluators")
    evaluators = [one["id"] for one in may_score][:2]
    round_ = {"name": "r", "form": disputed["form"], "calls": calls, "evaluators": evaluators}
    await quique.request("POST", "/quality/calibrations", round_)
    drawing = {"since": 1.7e9, "until": 2e9, "seed": "x"}
    plan: Json = {"name": "theirs", "form": disputed["form"], "count": 9, "seconds_min": 0}
    answers = {"greets": "yes", "identity": "yes"}
    score = {"call": waiting["call"], "form": disputed["form"], "answers": answers}
    for method, path, body in (
        ("POST", "/plans/theirs/draw", drawing),
        ("POST", "/plans", plan),
        ("POST", "/queue/claim", None),
        ("POST", f"/evaluations/{disputed['id']}/uphold", {"words": "so be it"}),
        ("POST", "/evaluations", {"task": waiting["id"], "answers": answers}),
        ("POST", "/evaluations", score),
        ("GET", "/calibrations/r", None),
        ("POST", "/rules", {"name": "house", "phrases": ["hola"]}),
    ):
        with pytest.raises(ApiError) as refused:
            await rival.request(method, f"/quality{path}", body)
        assert refused.value.code in {"not_found", "forbidden", "nothing_to_score"}, (path, refused.value.code)
    [still] = [one for one in await queue(quique) if one["id"] == waiting["id"]]
    assert still["state"] == "open"


async def test_a_score_replaces_one_of_the_same_call_alone(world: World) -> None:
    quique, disputed = await scored(world)
    waiting = (await queue(quique))[0]
    answers = {"greets": "yes", "identity": "yes"}
    given = {"call": waiting["call"], "form": disputed["form"], "replaces": disputed["id"], "answers": answers}
    with pytest.raises(ApiError):
        await quique.request("POST", "/quality/evaluations", given)
    kept = await world.store.quality.evaluation(disputed["id"])
    assert kept.state == "disputed"


# ---------------------------------------------------------------- one's own secrets


async def test_a_program_s_token_touches_none_of_its_owners_secrets(world: World) -> None:
    sofia = await world.supervisor()
    made = await sofia.add_token("wallboard", ["floor.read"])
    async with world.http(below="/api/v1", Authorization=f"Bearer {made['token']}") as http:
        assert (await http.get("/floor")).status_code == 200
        for method, path, body in (
            ("POST", "/tokens", {"name": "child", "scopes": ["floor.read"]}),
            ("POST", "/session/totp", None),
            ("PUT", "/session/totp", {"secret": "A" * 32, "code": "000000"}),
            ("PUT", "/session/password", {"present": PASSWORD, "password": "a quite other one"}),
        ):
            answer = await http.request(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


async def test_the_present_password_is_not_guessed_at_will(world: World) -> None:
    sofia = await world.supervisor()
    codes = []
    for n in range(8):
        with pytest.raises(ApiError) as refused:
            await sofia.request("PUT", "/session/password", {"present": f"guess {n}", "password": "a quite other one"})
        codes.append(refused.value.code)
    assert codes[0] == "wrong_password"
    assert codes[-1] == "too_many_tries"


async def test_made_up_tokens_are_one_caller_of_their_address(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=WebSettings(port=0, requests_per_s=5, vicidial_api=True)) as made:
        sofia = await made.supervisor()
        async with made.http() as http:
            for path in ("/api/v1/campaigns", "/agc/api.php"):
                told = [
                    (await http.get(path, headers={"Authorization": f"Bearer x{n}"})).status_code for n in range(30)
                ]
                assert 429 in told, path
                told = [(await http.get(path, headers={"Cookie": f"a={n}"})).status_code for n in range(30)]
                assert 429 in told, path
        assert (await sofia.who_am_i())["name"] == "Sofia"
