"""Campaigns and agents through the API: kept, told to the engine, refused where they make no sense."""

import asyncio
import json

import pytest

from dialer.core.ids import LeadId
from dialer.web.client import ApiError
from tests.web.world import PIN, World


@pytest.mark.parametrize(("purpose", "cap"), [(None, 0.01), ("collections", 0.01), ("survey", 0.03)])
async def test_collections_begin_with_a_stricter_cap(world: World, purpose: str | None, cap: float) -> None:
    ana = await world.administrator()
    given = {} if purpose is None else {"purpose": purpose}
    made = await ana.add_campaign(name="Winter", client=1, mode="predictive", pacing={"target": 0.9}, **given)
    assert made["pacing"]["abandon_cap"] == cap


async def test_a_new_campaign_is_kept_and_known_to_the_engine_at_once(world: World) -> None:
    ana = await world.administrator()
    made = await ana.add_campaign(
        name="Autumn",
        client=1,
        mode="predictive",
        trunks=["carrier"],
        pacing={"target": 0.8, "abandon_cap": 0.02},
        rules={"windows": [{"days": [0, 1], "opens": "09:00", "closes": "24:00"}], "number_dials_24h_max": None},
    )
    assert made["status"] == "paused"
    assert (made["pacing"]["target"], made["pacing"]["abandon_cap"]) == (0.8, 0.02)
    assert made["rules"]["windows"] == [{"days": [0, 1], "opens": "09:00", "closes": "24:00"}]
    assert made["rules"]["person_dials_24h_max"] == 5
    kept = await world.store.campaigns.get(made["id"])
    assert kept is not None
    assert kept.rules.windows[0].closes_min == 1440
    assert "Autumn" in [one["name"] for one in (await ana.floor())["campaigns"]]
    assert (await ana.campaign(made["id"])) == made


async def test_a_change_leaves_everything_else_as_it_was(world: World) -> None:
    ana = await world.administrator()
    before = await ana.campaign(world.campaign)
    after = await ana.change_campaign(world.campaign, lines_max=7, pacing={"intensity": 2.0})
    before["lines_max"] = 7
    before["pacing"]["intensity"] = 2.0
    assert after == before
    assert (await ana.floor())["campaigns"][0]["lines_max"] == 7


async def test_changes_made_at_the_same_time_undo_none_of_each_other(world: World) -> None:
    ana, sofia = await world.administrator(), await world.supervisor()
    for turn in range(1, 6):
        await sofia.start_campaign(world.campaign)
        await asyncio.gather(
            ana.change_campaign(world.campaign, lines_max=turn),
            sofia.pause_campaign(world.campaign),
            ana.change_campaign(world.campaign, attempts_max=turn),
            sofia.add_change(world.campaign, intensity=1.0 + turn / 10),
            sofia.add_change(world.campaign, target=0.5 + turn / 20),
        )
        kept = await sofia.campaign(world.campaign)
        assert (kept["lines_max"], kept["attempts_max"], kept["status"]) == (turn, turn, "paused")
        made = await sofia.changes(world.campaign)
        assert sorted(change["number"] for change in made["changes"]) == list(range(1, 2 * turn + 1))
        [shown] = [one for one in (await sofia.floor())["campaigns"] if one["id"] == world.campaign]
        assert (shown["lines_max"], shown["status"]) == (turn, "paused")


async def test_leads_are_sent_to_campaigns_of_their_own_client_alone(world: World) -> None:
    ana = await world.administrator()
    bank = await world.store.clients.add("bank")
    own = await ana.add_campaign(name="Own", client=1, mode="manual")
    other = await ana.add_campaign(name="Other", client=bank.id, mode="manual")
    for wrong in (other["id"], 999, world.campaign):
        with pytest.raises(ApiError, match="recycling of busy: the client has no other campaign"):
            await ana.change_campaign(world.campaign, recycling=[{"code": "busy", "campaign": wrong}])
    with pytest.raises(ApiError, match="recycling of busy"):
        await ana.add_campaign(
            name="New", client=1, mode="manual", recycling=[{"code": "busy", "campaign": other["id"]}]
        )
    changed = await ana.change_campaign(world.campaign, recycling=[{"code": "busy", "campaign": own["id"]}])
    assert changed["recycling"][0]["campaign"] == own["id"]


async def test_start_and_pause_are_kept_and_obeyed(world: World) -> None:
    sofia = await world.supervisor()
    for change, status in ((sofia.pause_campaign, "paused"), (sofia.start_campaign, "running")):
        assert (await change(world.campaign))["status"] == status
        kept = await world.store.campaigns.get(world.campaign)
        assert kept is not None
        assert kept.status == status
        assert (await sofia.floor())["campaigns"][0]["status"] == status


async def test_a_campaign_added_beside_the_running_server_is_known_once_started(world: World) -> None:
    from dataclasses import replace

    from dialer.core.ids import CampaignId

    old = await world.store.campaigns.get(world.campaign)
    assert old is not None
    added = await world.store.campaigns.save(replace(old, id=CampaignId(0), name="Beside"))
    sofia = await world.supervisor()
    await sofia.start_campaign(added.id)
    assert [one["status"] for one in (await sofia.floor())["campaigns"] if one["name"] == "Beside"] == ["running"]


async def test_the_pace_changes_while_it_dials_and_says_who_did_it(world: World) -> None:
    sofia = await world.supervisor()
    made = await sofia.add_change(world.campaign, target=0.9, minutes=30.0, note="quiet hour")
    assert made["settings"]["target"] == 0.9
    [change] = made["changes"]
    assert (change["by"], change["note"], change["stands"]) == ("Sofia", "quiet hour", True)
    assert change["settings"] == {"target": 0.9}
    assert change["ends_at"] == pytest.approx(change["at"] + 1800)
    await sofia.add_change(world.campaign, mode="preview", lines_max=7)
    assert [one["mode"] for one in (await sofia.floor())["campaigns"] if one["id"] == world.campaign] == ["preview"]
    assert (await sofia.campaign(world.campaign))["mode"] == "manual"  # as configured
    newest = (await world.store.audit.page(limit=1))[0]
    assert (newest.by_whom, newest.action) == ("Sofia", "campaign.change_live")
    assert json.loads(newest.detail) == {"campaign": world.campaign, "number": 2, "mode": "preview", "lines_max": 7}


async def test_a_change_is_rolled_back_alone(world: World) -> None:
    sofia = await world.supervisor()
    await sofia.add_change(world.campaign, target=0.9)
    await sofia.add_change(world.campaign, intensity=1.5)
    left = await sofia.roll_back(world.campaign, 1)
    assert (left["settings"]["target"], left["settings"]["intensity"]) == (None, 1.5)
    shown = (await sofia.changes(world.campaign))["changes"]
    assert [(one["number"], one["lasts"], one["rolled_back_by"]) for one in shown] == [
        (2, True, ""),
        (1, False, "Sofia"),
    ]
    with pytest.raises(ApiError, match="Sofia rolled it back"):
        await sofia.roll_back(world.campaign, 1)
    with pytest.raises(ApiError, match="no change 7"):
        await sofia.roll_back(world.campaign, 7)


async def test_what_an_administrator_configures_goes_before_the_changes_that_stand(world: World) -> None:
    sofia, ana = await world.supervisor(), await world.administrator()
    parts = [
        {"name": name, "filter": f"attempts {test} 0", "share": 0.5} for name, test in (("new", "="), ("old", ">"))
    ]
    await ana.change_campaign(world.campaign, selection={"parts": parts}, pacing={"abandon_cap": 0.03})
    await sofia.add_change(world.campaign, mix={"new": 0.5}, abandon_cap=0.03)
    await ana.change_campaign(world.campaign, selection={"parts": parts[1:]}, pacing={"abandon_cap": 0.01})
    assert (await sofia.changes(world.campaign))["settings"]["abandon_cap"] == 0.01
    [shown] = [one for one in (await sofia.floor())["campaigns"] if one["id"] == world.campaign]
    assert shown["abandon_cap"] == 0.01


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"abandon_cap": 0.2}, "allows 0.03 at most"),
        ({}, "at least one setting"),
        ({"note": "why"}, "at least one setting"),
        ({"intensity": 99.0}, "intensity"),
        ({"minutes": -5.0, "target": 0.5}, "minutes"),
        ({"target": 0.5, "hours": {"days": [0], "opens": "09:00", "closes": "09:00"}}, "open and close at 09:00"),
    ],
)
async def test_a_senseless_change_changes_nothing(world: World, fields: dict[str, object], complaint: str) -> None:
    sofia = await world.supervisor()
    with pytest.raises(ApiError, match=complaint):
        await sofia.add_change(world.campaign, **fields)
    assert (await sofia.changes(world.campaign))["changes"] == []


async def test_why_says_in_a_sentence_why_nothing_is_dialled(world: World) -> None:
    sofia = await world.supervisor()
    await sofia.pause_campaign(world.campaign)
    why = await sofia.why(world.campaign)
    assert why["status"] == "paused"
    assert isinstance(why["decisions"], list)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Spring"},  # taken
        {"name": ""},
        {"name": "A\nB"},
        {"name": "X", "client": 99},
        {"name": "X", "mode": "loud"},
        {"name": "X", "lines_max": "7"},
        {"name": "X", "lines_max": -1},
        {"name": "X", "unknown": 1},
        {"name": "X", "pacing": {"abandon_cap": 0.9}},
        {"name": "X", "message": "../../etc/passwd;rm"},
        {"name": "X", "rules": {"windows": [{"days": [1], "opens": "20:00", "closes": "08:00"}]}},
        {"name": "X", "rules": {"windows": [{"days": [7], "opens": "08:00", "closes": "20:00"}]}},
        {"name": "X", "dispositions": [{"code": "A B", "label": "x", "category": "other"}]},
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_kept(world: World, fields: dict[str, object]) -> None:
    ana = await world.administrator()
    with pytest.raises(ApiError) as refused:
        await ana.add_campaign(**({"client": 1, "mode": "manual"} | fields))
    assert refused.value.status in (404, 409, 422)
    assert refused.value.detail
    assert len(await world.store.campaigns.list()) == 1


async def test_a_new_agent_signs_in_at_once_and_no_secret_comes_out(world: World) -> None:
    ana = await world.administrator()
    made = await ana.add_agent(
        name="New", login="new", code="2000", pin=PIN, campaigns=[world.campaign], endpoint="PJSIP/new"
    )
    assert PIN not in json.dumps(made)
    assert "hash" not in json.dumps(await ana.agents())
    client = world.client()
    await client.sign_in_agent("2000", PIN)
    assert (await client.desk_sign_in())["agent"] == made["id"]


@pytest.mark.parametrize(
    "fields",
    [
        {"login": "agent1"},
        {"login": "sofia"},
        {"code": "1001"},
        {"campaigns": [99]},
        {"pin": "12"},
        {"pin": "abcd"},
        {"endpoint": "Local/123@anywhere"},
    ],
)
async def test_an_agent_that_makes_no_sense_is_refused(world: World, fields: dict[str, object]) -> None:
    ana = await world.administrator()
    with pytest.raises(ApiError) as refused:
        await ana.add_agent(**({"name": "New", "login": "new", "code": "2000", "pin": PIN, "campaigns": []} | fields))
    assert refused.value.status in (404, 409, 422)
    assert len(await world.store.agents.list()) == len(world.agents)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("dial", {"campaign": 1}),
        ("dial", {"campaign": 1, "number": "+525512345678", "lead": 1}),
        ("dial", {"campaign": 1, "number": "12345678"}),  # without its area
        ("dial", {"campaign": 1, "number": "+52\r\nAction: Originate"}),
        ("dial", {"campaign": 1 << 60, "lead": 1}),
        ("transfer", {"number": "+٥٥١٢٣٤٥٦٧٨"}),
        ("sign-in", {"endpoint": "PJSIP/5512@trunk"}),
        ("disposition", {"call": 1, "code": "PTP", "callback_at": -1.0}),
        ("disposition", {"call": 1, "code": "PTP", "notes": "\ud800"}),
        ("disposition", {"call": 1, "code": "PTP", "notes": "x" * 4001}),
        ("pause", {"reason": 7}),
    ],
)
async def test_what_an_agent_cannot_mean_is_refused(world: World, verb: str, body: dict[str, object]) -> None:
    agent = await world.agent()
    async with world.http(Authorization=f"Bearer {agent.token}") as http:
        answer = await http.post(
            f"/api/v1/desk/{verb}", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"invalid", "number_unreadable"}


async def test_how_leads_are_chosen_is_kept_and_they_are_rearranged(world: World) -> None:
    ana = await world.administrator()
    after = await ana.change_campaign(
        world.campaign,
        selection={
            "order": "balance",
            "filter": "balance > 100",
            "parts": [{"name": "old", "filter": "segment = 'old'", "share": 0.4, "calls_24h_max": 9}],
            "caps": [{"scope": "account", "count": 3, "span_s": 604800}],
        },
        recycling=[{"code": "busy", "delay_s": 60, "factor": 2, "same_number": True}],
    )
    assert after["selection"]["order"] == "balance"
    kept = await world.store.campaigns.get(world.campaign)
    assert kept is not None
    assert kept.selection.parts[0].share == 0.4
    assert kept.recycling[0][1].factor == 2
    back = await ana.change_campaign(world.campaign, selection={"order": "due"})
    assert (back["selection"]["order"], back["selection"]["filter"]) == ("due", "balance > 100")


@pytest.mark.parametrize(
    "selection",
    [
        {"filter": "saldo > 1"},
        {"filter": "1; DROP TABLE leads"},
        {"order": "expression"},
        {
            "parts": [
                {"name": "a", "filter": "rank = 1", "share": 0.7},
                {"name": "b", "filter": "rank = 2", "share": 0.7},
            ]
        },
    ],
)
async def test_what_no_lead_can_be_chosen_by_is_refused(world: World, selection: dict[str, object]) -> None:
    ana = await world.administrator()
    with pytest.raises(ApiError) as refusal:
        await ana.change_campaign(world.campaign, selection=selection)
    assert refusal.value.status == 422


async def test_a_lead_is_dialled_now_by_a_supervisor_alone(world: World) -> None:
    sofia = await world.supervisor()
    urged = await sofia.dial_lead(1)
    assert urged == {"lead": 1, "campaign": world.campaign}
    view = await world.store.leads.view(LeadId(1))
    assert view is not None
    assert view.priority == 0
    with pytest.raises(ApiError) as refusal:
        await sofia.dial_lead(999)
    assert refusal.value.status == 404
