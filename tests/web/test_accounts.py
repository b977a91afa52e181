"""What a client tells of accounts, by the API: it stops the next call, and the agent sees it at once."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from dialer.core.ids import ClientId
from dialer.web.client import ApiError
from tests.web.world import World

NUMBER = "+525512340001"


async def client_of(world: World) -> ClientId:
    campaign = await world.store.campaigns.get(world.campaign)
    assert campaign is not None
    return campaign.client


def events(client: int, *told: dict[str, Any]) -> dict[str, Any]:
    return {"client": client, "events": [{"account": "ACC-1", **one} for one in told]}


async def test_a_payment_in_mid_call_changes_the_agent_s_screen(world: World) -> None:
    supervisor, agent = await world.supervisor(), await world.agent_at_work()
    await agent.dial(world.campaign, number=NUMBER)
    desk = await world.desk(agent, "talking")
    assert (await agent.right_party(desk["call"]))["account"]["balance"] == 1500.5
    body = events(await client_of(world), {"kind": "payment", "amount": "500.25", "id": "p1"})
    async with asyncio.timeout(10), aclosing(agent.live("desk")) as stream:
        async for _, desk in stream:
            if desk["lead_news"] == 0:
                told = await supervisor.request("POST", "/accounts/events", body)
                assert told == {"applied": 1, "repeated": 0, "unknown": [], "leads_stopped": 1}
            else:
                break
    shown = await agent.desk_lead()
    assert (shown["account"]["balance"], shown["restrictions"][0]["kind"]) == (1000.25, "payment")
    again = await supervisor.request("POST", "/accounts/events", body)
    assert again == {"applied": 0, "repeated": 1, "unknown": [], "leads_stopped": 0}
    assert (await agent.desk_lead())["account"]["balance"] == 1000.25


@pytest.mark.parametrize(
    "kind", ["payment", "paid", "dispute", "lawsuit", "insolvency", "cease_request", "represented"]
)
async def test_the_next_dial_knows_and_what_is_resolved_is_dialled_again(world: World, kind: str) -> None:
    supervisor, agent = await world.supervisor(), await world.agent_at_work()
    client = await client_of(world)
    await supervisor.request("POST", "/accounts/events", events(client, {"kind": kind}))
    await agent.dial(world.campaign, number=NUMBER)
    desk = await world.desk(agent, "ready")
    assert desk["reason"] in {"lead_closed", f"stop.{kind}"}
    await supervisor.request("POST", "/accounts/events", events(client, {"kind": "resolved"}))
    await agent.dial(world.campaign, number=NUMBER)
    await world.desk(agent, "talking")


async def test_what_is_wrong_is_told(world: World) -> None:
    supervisor = await world.supervisor()
    client = await client_of(world)
    answer = await supervisor.request(
        "POST", "/accounts/events", {"client": client, "events": [{"account": "X", "kind": "paid"}]}
    )
    assert answer == {"applied": 0, "repeated": 0, "unknown": [0], "leads_stopped": 0}
    for body, code in (
        (events(client + 99, {"kind": "paid"}), "not_found"),
        (events(client, {"kind": "gift"}), "invalid"),
        (events(client, {"kind": "payment", "amount": "much"}), "invalid"),
        (events(client, {"kind": "payment", "amount": "NaN"}), "invalid"),
    ):
        with pytest.raises(ApiError, match=code):
            await supervisor.request("POST", "/accounts/events", body)
    with pytest.raises(ApiError, match="forbidden"):
        await (await world.agent()).request("POST", "/accounts/events", events(client, {"kind": "paid"}))
