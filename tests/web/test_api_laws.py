"""What holds everywhere in the API: keys that make a request one, marks of states, rates, cursors, and bulk work."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialer.web.rates import Buckets
from dialer.web.settings import WebSettings
from tests.web.world import PASSWORD, World
from tests.web.world import world as new_world


async def signed(world: World, http: httpx.AsyncClient, login: str = "ana") -> None:
    token = (await http.post("/session", json={"login": login, "password": PASSWORD})).json()["token"]
    http.cookies.clear()
    http.headers["Authorization"] = f"Bearer {token}"


def api(world: World) -> httpx.AsyncClient:
    return world.http(below="/api/v1")


# ---------------------------------------------------------------- once


async def test_the_same_request_again_is_done_once(world: World) -> None:
    async with api(world) as http:
        await signed(world, http)
        key = {"Idempotency-Key": "k1"}
        first = await http.post("/clients", json={"name": "New"}, headers=key)
        again = await http.post("/clients", json={"name": "New"}, headers=key)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert again.headers["idempotent-replayed"] == "true"
        other = await http.post("/clients", json={"name": "Other"}, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "key_reused")
        assert (await http.post("/clients", json={"name": "New"})).json()["code"] == "exists"


async def test_a_refusal_keeps_no_key(world: World) -> None:
    """Who was refused, and mended it, is not told the old refusal for a day."""
    async with api(world) as http:
        await signed(world, http)
        key = {"Idempotency-Key": "k"}
        stale = await http.patch("/clients/1", json={"name": "B"}, headers=key | {"If-Match": '"another"'})
        fresh = await http.patch("/clients/1", json={"name": "B"}, headers=key | {"If-Match": "*"})
        again = await http.patch("/clients/1", json={"name": "B"}, headers=key | {"If-Match": "*"})
        other = await http.patch("/clients/1", json={"name": "B"}, headers=key | {"If-Match": '"another"'})
        assert (stale.status_code, fresh.status_code, fresh.json()) == (412, 200, again.json())
        assert again.headers["idempotent-replayed"] == "true"
        assert other.json()["code"] == "key_reused"


async def test_many_at_once_with_one_key_are_one(world: World) -> None:
    async with api(world) as http:
        await signed(world, http)
        asked = [http.post("/clients", json={"name": "Once"}, headers={"Idempotency-Key": "k"}) for _ in range(8)]
        answers = await asyncio.gather(*asked)
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in_progress"}
        names = [one["name"] for one in (await http.get("/clients")).json()]
        assert names.count("Once") == 1


async def test_a_key_is_its_callers_own_and_nothing_is_replayed_to_strangers(world: World) -> None:
    async with api(world) as http:
        await signed(world, http)
        key = {"Idempotency-Key": "k"}
        assert (await http.post("/clients", json={"name": "Mine"}, headers=key)).status_code == 201
        http.headers.pop("Authorization")
        assert (await http.post("/clients", json={"name": "Mine"}, headers=key)).status_code == 401
        await signed(world, http, "sofia")
        assert (await http.post("/clients", json={"name": "Mine"}, headers=key)).status_code == 403


async def test_secrets_are_not_kept_with_the_answers(world: World) -> None:
    async with api(world) as http:
        await signed(world, http)
        body, key = {"name": "x", "scopes": ["calls.read"]}, {"Idempotency-Key": "k"}
        first, second = [(await http.post("/tokens", json=body, headers=key)).json() for _ in range(2)]
        assert first["token"] != second["token"]
        database = (world.recordings.parent / "day.db").read_bytes()
        assert first["token"].encode() not in database


# ---------------------------------------------------------------- marks


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/campaigns/1", {"lines_max": 7}),
        ("/clients/1", {"name": "B"}),
        ("/agents/1", {"name": "B"}),
        ("/leads/1", {"priority": 1}),
        ("/users/2", {"name": "B"}),
        ("/webhooks/1", {"name": "B"}),
    ],
)
async def test_who_saw_an_older_state_is_told(world: World, path: str, body: dict[str, Any]) -> None:
    async with api(world) as http:
        await signed(world, http)
        await http.post("/webhooks", json={"name": "A", "url": "https://crm.example/told"})
        seen = (await http.get(path)).headers["etag"]
        wrong = await http.patch(path, json=body, headers={"If-Match": '"another"'})
        assert (wrong.status_code, wrong.json()["code"]) == (412, "changed")
        assert (await http.patch(path, json=body, headers={"If-Match": seen})).status_code == 200
        if path != "/leads/1":  # a lead's priority is not shown beside a call
            again = await http.patch(path, json=body, headers={"If-Match": seen})
            assert again.status_code == 412
        assert (await http.get(path)).status_code == 200


# ---------------------------------------------------------------- rates


def test_a_bucket_lets_its_rate_through_and_a_burst() -> None:
    buckets = Buckets(rate=10.0, burst=20.0)
    assert [buckets.take("a", 0.0)[0] for _ in range(25)] == [True] * 20 + [False] * 5
    assert [buckets.take("a", 1.0)[0] for _ in range(12)] == [True] * 10 + [False] * 2
    assert buckets.take("b", 0.0) == (True, 19.0)


async def test_rates_are_told_and_too_many_are_refused(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=WebSettings(port=0, requests_per_s=0.5)) as world, api(world) as http:
        first = await http.get("/session")
        assert (first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]) == ("1", "0")
        second = await http.get("/session")
        assert (second.status_code, second.json()["code"]) == (429, "too_many_requests")
        assert second.headers["retry-after"] == "1"


# ---------------------------------------------------------------- leads in bulk


async def test_leads_are_changed_one_by_one_and_together(world: World) -> None:
    async with api(world) as http:
        await signed(world, http, "sofia")
        changed = await http.post(
            "/leads/changes",
            json={
                "leads": [
                    {"lead": 1, "priority": 2, "balance": "99.5", "fields": {"plan": "gold"}},
                    {"campaign": 1, "external_id": "ACC-2", "state": "withdrawn"},
                    {"lead": 99, "priority": 1},
                ]
            },
        )
        assert changed.json() == {
            "changed": 2,
            "unknown": [2],
            "leads": [
                {
                    "lead": 1,
                    "before": {"priority": 5, "balance": "1500.50", "fields": {"plan": None}},
                    "after": {"priority": 2, "balance": "99.5", "fields": {"plan": "gold"}},
                },
                {
                    "lead": 2,
                    "before": {"state": "open", "due_at": 0.0},
                    "after": {"state": "withdrawn", "due_at": None},
                },
            ],
        }
        page = (await http.get("/campaigns/1/leads")).json()
        first, second, _ = page["items"]
        assert (first["priority"], first["balance"], second["state"]) == (2, "99.5", "withdrawn")
        lead = (await http.get("/leads/1")).json()
        assert lead["account"]["fields"] == {"product": "loan", "plan": "gold"}
        await asyncio.gather(*(http.patch("/leads/3", json={"priority": n % 10}) for n in range(20)))
        told = (await http.patch("/leads/3", json={"priority": 4, "currency": "MXN"})).json()
        assert (told["changed"], [one["after"] for one in told["leads"]]) == (1, [{"priority": 4}])
        assert (await http.get("/campaigns/1/leads", params={"state": "open"})).json()["items"][1]["priority"] == 4


async def test_pages_hold_everything_once(world: World) -> None:
    async with api(world) as http:
        await signed(world, http)
        seen, cursor = [], None
        while True:
            query = {"limit": 1, **({"cursor": cursor} if cursor else {})}
            page = (await http.get("/campaigns/1/leads", params=query)).json()
            seen += [one["id"] for one in page["items"]]
            if (cursor := page["next"]) is None:
                break
        assert seen == [1, 2, 3]


async def test_what_leaves_as_a_file_needs_its_own_right_and_is_in_the_trail(world: World) -> None:
    async with api(world) as http:
        await signed(world, http, "sofia")
        assert (await http.get("/campaigns/1/leads/export")).status_code == 403
        await signed(world, http)
        answer = await http.get("/campaigns/1/leads/export")
        assert answer.text.splitlines()[1].startswith("1,ACC-1,")
        trail = (await http.get("/audit", params={"text": "lead.export"})).json()["items"]
        assert [one["by"] for one in trail] == ["Ana"]


# ---------------------------------------------------------------- lists

LIST = "Nro Op,Nombre,Fono 1,Fono 2,saldo\nX-1,Eva,+525599990001,,10\nX-2,Ivo,bad,+525599990002,20\n,Nadie,,,\n"


async def test_a_list_is_looked_at_tried_loaded_and_taken_back(world: World) -> None:
    async with api(world) as http:
        await signed(world, http, "sofia")
        looked = await http.post("/campaigns/1/preview/imports", params={"file": "list.csv"}, content=LIST)
        assert looked.status_code == 200, looked.text
        assert looked.json()["header"] == ["Nro Op", "Nombre", "Fono 1", "Fono 2", "saldo"]
        mapping = '{"external_id": ["Nro Op"], "name": ["Nombre"], "phone": ["Fono 1", "Fono 2"], "balance": ["saldo"]}'
        query = {"file": "list.csv", "country": "MX", "mapping": mapping}
        tried = (await http.post("/campaigns/1/imports", params=query | {"dry_run": "true"}, content=LIST)).json()
        assert (tried["leads"], tried["import_id"], sum(tried["rejected"].values())) == (2, 0, 1)
        assert len((await http.get("/campaigns/1/leads")).json()["items"]) == 3
        loaded = (await http.post("/campaigns/1/imports", params=query, content=LIST)).json()
        assert (loaded["leads"], loaded["phones"], loaded["invalid_phones"]) == (2, 3, 1)
        [kept] = (await http.get("/campaigns/1/imports")).json()
        assert (kept["file"], kept["leads"], kept["rejected_rows"]) == ("list.csv", 2, True)
        assert (await http.get(f"/imports/{kept['id']}/rejected")).status_code == 403
        undone = await http.post(f"/imports/{kept['id']}/undo")
        assert undone.json() == {"withdrawn": 2}
        await signed(world, http)
        assert "Nadie" in (await http.get(f"/imports/{kept['id']}/rejected")).text


@pytest.mark.parametrize(
    ("query", "content"),
    [
        ({"file": "list.exe"}, LIST),
        ({"file": "../list.csv"}, LIST),
        ({"file": "list.csv", "mapping": "{"}, LIST),
        ({"file": "list.csv", "mapping": '{"external_id": ["nothing"]}'}, LIST),
        ({"file": "list.xlsx"}, "no sheet"),
        ({"file": "list.csv"}, ""),
        ({"file": "list.csv", "country": "QQ"}, LIST),
    ],
)
async def test_files_that_are_no_lists(world: World, query: dict[str, str], content: str) -> None:
    async with api(world) as http:
        await signed(world, http)
        for path in ("/campaigns/1/preview/imports", "/campaigns/1/imports"):
            answer = await http.post(path, params=query, content=content)
            if not (path.endswith("preview/imports") and query.get("country")):
                assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text


# ---------------------------------------------------------------- campaigns and agents


async def test_a_campaign_is_cloned_compared_scheduled_and_put_away(world: World) -> None:
    async with api(world) as http:
        await signed(world, http)
        made = (await http.post("/campaigns/1/clone", json={"name": "Autumn"})).json()
        assert (made["status"], made["mode"]) == ("paused", "manual")
        await http.patch(f"/campaigns/{made['id']}", json={"lines_max": 7, "pacing": {"ratio": 3.0}})
        compared = (await http.get("/campaigns/compare/settings", params={"campaign": [1, made["id"]]})).json()
        assert compared["differ"] == {"lines_max": [100, 7], "pacing.ratio": [1.5, 3.0]}
        at = world.runtime.view().at + 3600
        plan = (await http.post("/campaigns/1/schedules", json={"action": "pause", "at": at})).json()
        assert (await http.get("/campaigns/1/schedules")).json() == [plan]
        assert (await http.delete(f"/campaigns/1/schedules/{plan['id']}")).status_code == 204
        assert (await http.post(f"/campaigns/{made['id']}/archive")).status_code == 200
        assert [one["name"] for one in (await http.get("/campaigns")).json()] == ["Spring"]
        away = (await http.get("/campaigns", params={"archived": "true"})).json()
        assert [one["name"] for one in away] == ["Autumn"]
        await http.post(f"/campaigns/{made['id']}/unarchive")
        assert len((await http.get("/campaigns")).json()) == 2


async def test_agents_go_out_and_come_in_as_csv_all_or_none(world: World) -> None:
    async with api(world) as http:
        await signed(world, http)
        sent = "login,name,code,pin,campaigns,team,skills,shift\n" + "".join(
            f"new{n},New {n},{2000 + n},1234,Spring,cards,es;en,mon-fri 09:00-18:00\n" for n in range(20)
        )
        tried = (await http.post("/agents/csv", json={"csv": sent, "dry_run": True})).json()
        assert tried == {"added": 20, "changed": 0, "errors": []}
        assert (await http.post("/agents/csv", json={"csv": sent})).json()["added"] == 20
        wrong = sent + "agent1,Ana,,,Nowhere,,,\n"
        answer = (await http.post("/agents/csv", json={"csv": wrong})).json()
        wrong_row = {"where": "line 22", "what": "campaigns: there is none called Nowhere"}
        assert answer["errors"] == [wrong_row | {"line": 22, "code": "campaigns", "named": "Nowhere"}]
        one = (await http.get("/agents/csv")).text.splitlines()
        assert "new0,New 0,2000,,Spring,cards,es;en,mon-fri 09:00-18:00,yes,no" in one
        changed = await http.patch("/agents/3", json={"team": "loans", "active": False})
        assert (changed.json()["team"], changed.json()["skills"], changed.json()["active"]) == (
            "loans",
            ["es", "en"],
            False,
        )
