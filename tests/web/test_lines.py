"""Trunks and the numbers shown: what the API tells of them, and the configuration read anew."""

from dataclasses import replace
from pathlib import Path

import pytest

from dialer.config import load
from dialer.core.caller_ids import Pool
from dialer.core.messages import CallerIdsSet, TrunkSet
from dialer.core.routing import Tariff
from dialer.rereading import Rereader
from dialer.web.client import ApiError, Client, Json
from tests.web.world import World

POOL = Pool(name="mexico", numbers=("+525500000001", "+525500000002"))
FILE = """
[asterisk]
username = "cadencia"
secret = "a-long-secret"
recordings_dir = "/tmp"

[[trunk]]
name = "carrier"
dial = "PJSIP/{number}@carrier"
lines_max = %d
"""


async def listed(client: Client, path: str) -> list[Json]:
    found = await client.request("GET", path)
    assert isinstance(found, list)
    return found


async def costs(client: Client, until: float, campaign: int | None = None) -> list[Json]:
    asked = {"since": 0, "until": until, "campaign": campaign}
    found = await client.request("GET", "/trunks/costs", query=asked)
    assert isinstance(found, list)
    return found


async def test_a_trunk_is_told_with_its_configuration_its_health_and_who_dials_by_it(world: World) -> None:
    [trunk] = await listed(await world.supervisor(), "/trunks")
    assert (trunk["name"], trunk["state"], trunk["campaigns"]) == ("carrier", "healthy", ["Spring"])
    assert (trunk["calls_per_second"], trunk["format"], trunk["open"]) == (1000.0, "e164", True)
    assert {one["fault"] for one in trunk["watched"]} == {"refused", "no_sign", "late_sign", "busy_at_once"}


async def test_what_people_are_handed_on_by_stands_in_the_costs(world: World) -> None:
    trunk = world.runtime.view().trunks[0].config
    world.runtime.tell(TrunkSet(replace(trunk, currency="MXN", tariffs=(Tariff(per_minute=60.0, first_s=6),))))
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    await agent.transfer("+525555550001")
    await world.desk(agent, "wrapping")
    await world.runtime.flush()
    ana = await world.administrator()
    [cost] = await costs(ana, 9e9, world.campaign)
    assert (cost["campaign"], cost["trunk"], cost["onward"]) == ("Spring", "carrier", 1)
    assert (cost["onward_cost"], cost["currency"]) == (6.0, "MXN")
    assert await costs(ana, 1.0) == []


async def test_who_was_shown_a_number_is_found_by_it(world: World) -> None:
    world.runtime.tell(CallerIdsSet((POOL,)))
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    supervisor = await world.supervisor()
    [used] = [one for one in await listed(supervisor, "/caller-ids") if one["today"] == 1]
    await world.runtime.flush()
    page = await supervisor.calls(caller_id=used["number"])
    assert [(one["person_name"], one["caller_id"]) for one in page["items"]] == [("Person 1", used["number"])]
    assert (await supervisor.calls(caller_id="+525500000099"))["items"] == []


async def test_a_rest_is_told_with_who_wished_it_and_ends_by_hand(world: World) -> None:
    world.runtime.tell(CallerIdsSet((POOL,)))
    ana = await world.administrator()
    number = POOL.numbers[0]
    await ana.request("POST", "/caller-ids/rest", {"number": number, "days": 3, "reason": "labelled"})
    [pool] = await listed(ana, "/caller-ids/pools")
    assert (pool["name"], pool["numbers"]) == ("mexico", list(POOL.numbers))
    shown = {one["number"]: one for one in await listed(ana, "/caller-ids")}
    assert (shown[number]["state"], shown[number]["by"], shown[number]["reason"]) == ("resting", "Ana", "labelled")
    await world.runtime.flush()
    [rest] = await listed(ana, "/caller-ids/rests")
    assert (rest["number"], rest["by"], rest["against"]) == (number, "Ana", None)
    await ana.request("POST", "/caller-ids/rest", {"number": number, "days": 0})
    shown = {one["number"]: one for one in await listed(ana, "/caller-ids")}
    assert shown[number]["state"] == "free"


async def test_a_campaign_keeps_its_own_turns_of_trunks(world: World) -> None:
    ana = await world.administrator()
    turn = {"trunk": "carrier", "priority": 2, "weight": 1.5}
    changed = await ana.change_campaign(world.campaign, trunk_turns=[turn])
    assert changed["trunk_turns"] == [turn]
    with pytest.raises(ApiError) as caught:
        await ana.change_campaign(world.campaign, trunk_turns=[turn, turn])
    assert caught.value.status == 422


def _with_file(world: World, path: Path) -> None:
    path.write_text(FILE % 100)
    rereader = Rereader(load(path), path, world.store, world.runtime.tell, world.app.state.console.now)
    console = world.app.state.console
    world.app.state.console = replace(console, operations=replace(console.operations, reread=rereader))


async def test_a_changed_configuration_is_read_while_calls_go_on(world: World, tmp_path: Path) -> None:
    file = tmp_path / "cadencia.toml"
    _with_file(world, file)
    ana = await world.administrator()
    second = """calls_per_second = 3.0
[[trunk]]
name = "second"
dial = "PJSIP/{number}@second"
[[caller_ids]]
name = "mexico"
numbers = ["+525512345678"]
[web]
port = 8181
"""
    file.write_text(FILE % 7 + second)
    found = await ana.request("POST", "/trunks/reread")
    assert found == {"trunks": ["carrier", "second"], "pools": True, "restart": ["web"]}
    trunks = {one["name"]: one for one in await listed(ana, "/trunks")}
    assert (trunks["carrier"]["lines_max"], trunks["carrier"]["calls_per_second"]) == (7, 3.0)
    assert trunks.keys() == {"carrier", "second"}
    assert len(await listed(ana, "/caller-ids")) == 1
    file.write_text(FILE % 7)
    found = await ana.request("POST", "/trunks/reread")
    assert found == {"trunks": ["carrier"], "pools": True, "restart": ["trunk second", "web"]}


async def test_a_mistake_in_the_configuration_is_named_by_its_line_and_changes_nothing(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "cadencia.toml"
    _with_file(world, file)
    ana = await world.administrator()
    file.write_text(FILE % 0)
    with pytest.raises(ApiError) as caught:
        await ana.request("POST", "/trunks/reread")
    assert "cadencia.toml:10" in str(caught.value)
    assert "lines_max" in str(caught.value)
    [trunk] = await listed(ana, "/trunks")
    assert trunk["lines_max"] == 100


async def test_trunks_and_numbers_are_the_whole_houses(world: World) -> None:
    world.runtime.tell(TrunkSet(world.runtime.view().trunks[0].config))
    rival = await world.signed_in("rival_sofia")
    for path in ("/trunks", "/caller-ids", "/caller-ids/pools", "/caller-ids/rests"):
        with pytest.raises(ApiError) as caught:
            await rival.request("GET", path)
        assert caught.value.status == 403
    with pytest.raises(ApiError) as caught:
        await costs(rival, 9.0)
    assert caught.value.status == 403
