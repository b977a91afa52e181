"""The trail: whatever a person changes leaves a line with what stood before and after, and never a secret."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialer.core.ids import PersonId
from dialer.scheduler import carry_out
from dialer.web.audit_actions import ACTIONS
from dialer.web.client import ApiError
from dialer.web.settings import WebSettings
from dialer.web.vicidial import CHANGING, FUNCTIONS
from tests.web.test_vicidial import ask, token
from tests.web.world import NOW, PASSWORD, World
from tests.web.world import world as new_world

Json = dict[str, Any]


async def trail(world: World, action: str) -> list[Json]:
    """The lines of that action, newest first."""
    ana = await world.administrator()
    page: Any = await ana.request("GET", "/audit", None, {"text": action})
    return [one for one in page["items"] if one["action"] == action]


async def test_who_comes_in_who_is_not_let_in_and_who_leaves(world: World) -> None:
    sofia = await world.supervisor()
    with pytest.raises(ApiError, match="sign_in_failed"):
        await world.client().sign_in("sofia", "a guess of somebody's")
    with pytest.raises(ApiError, match="sign_in_failed"):
        await world.client().sign_in("the-password-typed-here", "sofia")
    with pytest.raises(ApiError, match="wrong_password"):
        await sofia.request("PUT", "/session/password", {"present": "a guess", "password": "another long one"})
    await sofia.request("DELETE", "/session")
    assert [one["by"] for one in await trail(world, "session.open")][-1:] == ["Sofia"]
    refused = await trail(world, "session.refused")
    assert [(one["by"], one["detail"]) for one in refused] == [
        ("Sofia", {"address": "127.0.0.1"}),
        ("", {"address": "127.0.0.1"}),
        ("Sofia", {"address": "127.0.0.1"}),
    ]
    assert [one["by"] for one in await trail(world, "session.end")] == ["Sofia"]


async def test_a_secret_set_for_somebody_is_told_of_and_never_told(world: World) -> None:
    ana = await world.administrator()
    users: Any = await ana.request("GET", "/users")
    sofia = next(one["id"] for one in users if one["login"] == "sofia")
    await ana.request("PATCH", f"/users/{sofia}", {"password": "one that nobody knows"})
    await ana.request("PATCH", f"/agents/{world.agents[0]}", {"pin": "90210"})
    [user], [agent] = await trail(world, "user.change"), await trail(world, "agent.change")
    assert (user["detail"]["user"], user["detail"]["secrets"]) == (sofia, ["password"])
    assert (agent["detail"]["agent"], agent["detail"]["secrets"]) == (world.agents[0], ["pin"])
    assert "90210" not in str(agent)
    assert "nobody knows" not in str(user)


async def test_agents_loaded_as_a_sheet_have_a_line_each(world: World) -> None:
    ana = await world.administrator()
    sheet = "login,name,team,pin\nagent1,Agent 1,cards,\nagent2,Agent 2,,\nnew,New,loans,4711\n"
    await ana.request("POST", "/agents/csv", {"csv": sheet})
    [changed] = await trail(world, "agent.change")  # of the second nothing is other
    assert changed["detail"] == {"agent": world.agents[0], "before": {"team": ""}, "after": {"team": "cards"}}
    [added] = await trail(world, "agent.add")
    assert (added["detail"]["after"]["login"], added["detail"]["secrets"]) == ("new", ["pin"])


async def test_a_webhooks_change_tells_both_addresses_but_not_what_follows_them(world: World) -> None:
    ana = await world.administrator()
    made: Any = await ana.request("POST", "/webhooks", {"name": "crm", "url": "https://crm.example/a?key=whisper"})
    await ana.request("PATCH", f"/webhooks/{made['id']}", {"url": "https://elsewhere.example/b", "kinds": ["alarm"]})
    [changed] = await trail(world, "webhook.change")
    assert changed["detail"]["before"] == {"url": "https://crm.example/a?...", "kinds": []}
    assert changed["detail"]["after"] == {"url": "https://elsewhere.example/b", "kinds": ["alarm"]}
    assert "whisper" not in str(await trail(world, "webhook.add"))


async def test_a_lead_changed_by_itself_has_its_line(world: World) -> None:
    sofia = await world.supervisor()
    change = {"priority": 1, "balance": "1500.50", "fields": {"plan": "gold"}}
    await sofia.request("PATCH", f"/leads/{world.leads[0]}", change)
    [line] = await trail(world, "lead.change")
    assert line["by"] == "Sofia"
    assert line["detail"] == {
        "lead": world.leads[0],
        "before": {"priority": 5, "fields": {"plan": None}},  # the balance was the same
        "after": {"priority": 1, "fields": {"plan": "gold"}},
    }


NUMBER = "+525512340001"


async def test_leads_changed_together_have_a_line_each_and_numbers_are_masked_for_who_may_not_read_them(
    world: World,
) -> None:
    sofia, aura = await world.supervisor(), await world.signed_in("aura")
    aval = {"aval": f"tel. {NUMBER}, desde 2026-11-01"}
    given = [{"lead": lead, "fields": aval} for lead in world.leads[:2]]
    told: Any = await sofia.request("POST", "/leads/changes", {"leads": given})
    assert told["leads"][0]["after"]["fields"] == aval
    lines = await trail(world, "lead.change")
    assert [one["detail"]["lead"] for one in lines] == [*reversed(world.leads[:2])]
    assert lines[0]["detail"]["before"] == {"fields": {"aval": None}}
    masked: Any = await aura.request("GET", "/audit", None, {"text": "lead.change"})
    assert masked["items"][0]["detail"]["after"]["fields"] == {"aval": "tel. ••••••••••001, desde 2026-11-01"}
    for text, found in ((NUMBER, 0), ("desde 2026", 2), ('"lead": 1', 1)):  # no search tells what is masked
        page: Any = await aura.request("GET", "/audit", None, {"text": text})
        assert len(page["items"]) == found, text
    lead: Any = await (await world.administrator()).request("GET", f"/leads/{world.leads[0]}")
    assert lead["account"]["fields"]["aval"] == aval["aval"]


async def test_an_erased_persons_columns_are_erased_from_the_trail(world: World) -> None:
    sofia = await world.supervisor()
    await sofia.request("PATCH", f"/leads/{world.leads[0]}", {"priority": 2, "fields": {"aval": "Rosa"}})
    await sofia.request("PATCH", f"/leads/{world.leads[1]}", {"fields": {"aval": "Juan"}})
    await world.store.people.erase(PersonId(1), world.runtime.view().at)
    other, erased = await trail(world, "lead.change")
    assert erased["detail"]["after"] == {"priority": 2, "fields": {"aval": "erased"}}
    assert other["detail"]["after"] == {"fields": {"aval": "Juan"}}


async def test_the_trail_is_searched_by_words_with_accents(world: World) -> None:
    ana = await world.administrator()
    await ana.request("PATCH", f"/campaigns/{world.campaign}", {"name": "Promoción ñandú"})
    page: Any = await ana.request("GET", "/audit", None, {"text": "Promoción ñ"})
    assert [one["action"] for one in page["items"]] == ["campaign.change"]


async def test_a_plan_that_is_carried_out_is_told_as_a_persons_deed_is(world: World) -> None:
    ana = await world.administrator()
    for action in ("pause", "start", "archive"):
        plan = {"action": action, "at": world.runtime.view().at + 60}
        await ana.request("POST", f"/campaigns/{world.campaign}/schedules", plan)
    for due in await world.store.schedules.due(world.runtime.view().at + 120):
        await carry_out(world.store, world.runtime.tell, due, world.runtime.view().at + 120)
    entries = await world.store.audit.page(text='"plan"')
    assert {one.action for one in entries} == {"campaign.paused", "campaign.running", "campaign.archive"}
    assert {one.action for one in entries} <= {*ACTIONS}


async def test_what_is_done_by_vicidials_api_is_told(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=WebSettings(port=0, vicidial_api=True)) as old:
        good = await token(old)
        await old.agent_at_work()
        assert (await ask(old, good, "external_pause", agent_user="1001", value="PAUSE")).startswith("SUCCESS")
        await ask(old, good, "agent_status", agent_user="1001")
        [line] = await trail(old, "vicidial.external_pause")
        assert line["detail"] == {"good": True, "agent_user": "1001"}
        assert await trail(old, "vicidial.agent_status") == []
    assert CHANGING.keys() <= FUNCTIONS
    assert {*CHANGING.values()} <= {*ACTIONS}


@pytest.mark.parametrize("query", ["by=" + "x" * 200, "text=%00%07", "cursor=" + "x" * 200, "cursor=nonsense"])
async def test_the_page_of_the_trail_takes_whatever_is_typed(world: World, query: str) -> None:
    async with world.http() as http:
        await http.post("/api/v1/session", json={"login": "ana", "password": PASSWORD})
        answer = await http.get(f"/admin/audit?{query}")
    assert answer.status_code in {200, 303}, answer.text


async def test_the_page_of_the_trail_shows_everything_that_is_in_it(world: World) -> None:
    """A line of an unusual form must not take the page from all others."""
    ana, sofia = await world.administrator(), await world.supervisor()
    await sofia.request("PUT", f"/floor/agents/{world.agents[0]}/campaigns", {"campaigns": []})
    await ana.request("PATCH", f"/campaigns/{world.campaign}", {"lines_max": 7, "script": []})
    who = next(one["who"] for one in await trail(world, "agent.move"))
    day = datetime.fromtimestamp(NOW).astimezone().date()  # by the clock of the machine, as the page says
    async with world.http() as http:
        await http.post("/api/v1/session", json={"login": "ana", "password": PASSWORD})
        whole = await http.get("/admin/audit")
        theirs = await http.get("/admin/audit", params={"who": who, "since": str(day), "until": str(day)})
        before = await http.get("/admin/audit", params={"until": str(day - timedelta(days=1))})
    assert [one.status_code for one in (whole, theirs, before)] == [200, 200, 200]
    assert "lines_max = 7" in whole.text
    assert 'data-action="agent.move"' in theirs.text
    assert "campaign.change" not in theirs.text
    assert "agent.move" not in before.text


async def test_two_people_of_one_name_are_told_apart(world: World) -> None:
    ana = await world.administrator()
    for login in ("maria1", "maria2"):
        given = {"login": login, "name": "Maria", "role": "supervisor", "password": PASSWORD}
        await ana.request("POST", "/users", given)
        await (await world.signed_in(login)).request("POST", "/dialling/stop")
    first, second = (one["who"] for one in await trail(world, "dialling.stop"))
    assert first != second
    page: Any = await ana.request("GET", "/audit", None, {"who": first})
    assert {one["who"] for one in page["items"]} == {first}
