"""What may be called, by the API: do-not-call, what people said, who can be called when. It holds for the next call."""

from pathlib import Path

import pytest

from dialer.core.model import Mode
from dialer.web.client import ApiError, Client
from tests.web.world import World
from tests.web.world import world as world_of

NUMBER = "+525512340001"


async def reason(world: World, client: Client, number: str) -> str:
    await client.dial(world.campaign, number=number)
    desk = await world.desk(client, "ready")
    return str(desk["reason"])


@pytest.mark.parametrize(
    "body", [{"numbers": [NUMBER]}, {"prefixes": ["+5255"]}, {"numbers": [NUMBER], "list_name": "own"}]
)
async def test_what_is_listed_is_not_dialled_any_more(world: World, body: dict[str, object]) -> None:
    supervisor, agent = await world.supervisor(), await world.agent_at_work()
    assert await supervisor.request("POST", "/do-not-call/entries", body) == {"count": 1}
    assert await reason(world, agent, NUMBER) == "do_not_call"
    name = body.get("list_name", "house")
    assert await supervisor.request("POST", "/do-not-call/check", {"numbers": [NUMBER, "+15550100000"]}) == {
        "lists": [[name], []]
    }


@pytest.mark.parametrize(
    ("text", "campaign", "listed"),
    [("BAJA", False, "opt_out"), ("Não me liguem mais", True, "opt_out"), ("la baja de mi sueldo", True, None)],
)
async def test_a_message_that_asks_not_to_be_called_holds_for_the_next_call(
    world: World, text: str, campaign: bool, listed: str | None
) -> None:
    supervisor, agent = await world.supervisor(), await world.agent_at_work()
    body = {"number": NUMBER, "text": text, "campaign": world.campaign if campaign else None}
    told = await supervisor.request("POST", "/do-not-call/messages", body)
    assert told == {"opted_out": listed is not None, "list_name": listed}
    if listed:
        assert await reason(world, agent, NUMBER) == "do_not_call"
    else:
        assert await supervisor.request("POST", "/do-not-call/check", {"numbers": [NUMBER]}) == {"lists": [[]]}


async def test_a_list_is_defined_looked_at_and_taken_from(world: World) -> None:
    administrator, supervisor = await world.administrator(), await world.supervisor()
    await administrator.request("PUT", "/do-not-call/lists/own", {"campaign": world.campaign, "purposes": ["survey"]})
    await supervisor.request("POST", "/do-not-call/entries", {"numbers": [NUMBER], "list_name": "own"})
    [shown] = await administrator._many("/do-not-call/lists")
    assert (shown["name"], shown["campaign"], shown["purposes"], shown["numbers"]) == (
        "own", world.campaign, ["survey"], 1,
    )  # fmt: skip
    [entry] = await administrator._many("/do-not-call/entries", {"list": "own"})
    assert entry["number"] == "•" * 10 + "001"
    assert await administrator.request("POST", "/do-not-call/remove", {"number": NUMBER}) == {"count": 1}
    for method, path, body in (
        ("PUT", "/do-not-call/lists/own", {}),
        ("POST", "/do-not-call/remove", {"number": NUMBER}),
    ):
        with pytest.raises(ApiError, match="forbidden"):
            await supervisor.request(method, path, body)
    with pytest.raises(ApiError, match="invalid"):
        await supervisor.request("POST", "/do-not-call/entries", {"list_name": "own"})


async def test_what_a_person_said_stops_the_next_call_and_is_lifted(world: World) -> None:
    supervisor, agent = await world.supervisor(), await world.agent_at_work()
    given = {"lead": world.leads[0], "kind": "deceased"}
    assert await supervisor.request("POST", "/restrictions", given) == {"leads": [world.leads[0]]}
    assert await reason(world, agent, NUMBER) == "lead_closed"
    [kept] = await supervisor._many(f"/leads/{world.leads[0]}/restrictions")
    assert (kept["kind"], kept["source"], kept["until"]) == ("deceased", "Sofia", None)
    assert await supervisor.request("POST", f"/restrictions/{kept['id']}/lift") == {"leads": [world.leads[0]]}
    await agent.dial(world.campaign, number=NUMBER)
    await world.desk(agent, "talking")


async def test_an_agent_keeps_what_the_person_says_and_sees_it_at_once(world: World) -> None:
    agent = await world.agent_at_work()
    with pytest.raises(ApiError, match="not_found"):
        await agent.request("POST", "/desk/restrictions", {"kind": "no_consent"})
    await agent.dial(world.campaign, lead=world.leads[1])
    before = await world.desk(agent, "talking")
    await agent.right_party(before["call"])
    said = {"kind": "inconvenient", "value": "mon-fri 08:00-12:00"}
    assert await agent.request("POST", "/desk/restrictions", said) == {"leads": [world.leads[1]]}
    assert (await agent.desk())["lead_news"] == before["lead_news"] + 1
    assert (await agent.desk_lead())["restrictions"] == [{**said, "until": None}]
    for wrong in ({"kind": "inconvenient", "value": "mornings"}, {"kind": "deceased"}):
        with pytest.raises(ApiError, match="invalid"):
            await agent.request("POST", "/desk/restrictions", wrong)


async def test_a_preview_of_somebody_who_may_not_be_called_is_taken_away(tmp_path: Path) -> None:
    async with world_of(tmp_path, mode=Mode.PREVIEW) as made:
        supervisor, agent = await made.supervisor(), await made.agent_at_work()
        shown = await made.desk(agent, "previewing")
        await supervisor.request("POST", "/restrictions", {"lead": shown["lead"], "kind": "lawsuit"})
        other = await made.desk(agent, "previewing")
        assert other["lead"] not in {shown["lead"], None}


async def test_who_can_be_called_when(world: World) -> None:
    supervisor = await world.supervisor()
    week = await supervisor._one("GET", f"/campaigns/{world.campaign}/calling-hours")
    assert (week["people"], week["open_leads"], len(week["hours"])) == (3, 3, 168)
    assert {hour["people"] for hour in week["hours"]} == {3.0}
    rules = {"name": "house", "windows": [{"days": [0, 1, 2, 3, 4], "opens": "09:30", "closes": "18:00"}]}
    await (await world.administrator()).change_campaign(world.campaign, rules=rules)
    week = await supervisor._one("GET", f"/campaigns/{world.campaign}/calling-hours")
    assert sum(hour["people"] for hour in week["hours"]) == 3 * 5 * 8.5
    assert {rule for hour in week["hours"] for rule in hour["shut"]} == {"house.hours"}
    half = [hour["people"] for hour in week["hours"] if 0 < hour["people"] < 3]
    assert half == [1.5] * 5
    for hour in week["hours"]:
        assert hour["people"] + sum(hour["shut"].values()) == pytest.approx(3)
