"""Calling rules through the API: which are in force, a number tried at an hour, the week of a lead."""

from itertools import pairwise
from pathlib import Path

import pytest

from dialer.core.packs.lawbook import Lawbook
from dialer.rules.packs import rulebook
from dialer.web.client import ApiError
from tests.web.world import World, world

LAW = Lawbook(rulebook(built_in=True, folder=None, now=1_795_449_600.0))


async def test_the_rules_in_force_are_told_with_what_counsel_must_check(tmp_path: Path) -> None:
    async with world(tmp_path, law=LAW) as house:
        found = await (await house.signed_in("aura")).request("GET", "/rules")
    assert isinstance(found, list)
    assert {one["name"] for one in found} == {one.name for one in LAW.book.rules}
    assert {one["name"] for one in found if one["verify"]} == {one.name for one in LAW.book.rules if one.verify}
    assert all(one["source"] for one in found)


async def test_a_number_is_tried_at_an_hour_of_the_persons_clock(tmp_path: Path) -> None:
    async with world(tmp_path, law=LAW, hours=(8, 20)) as house:
        sofia = await house.supervisor()
        asked = {"campaign": house.campaign, "number": "+52 55 1234 0001"}
        noon = await sofia.request("POST", "/rules/try", {**asked, "local": "2026-11-25T12:00"})
        night = await sofia.request("POST", "/rules/try", {**asked, "local": "2026-11-25T23:00"})
        stranger = await sofia.request("POST", "/rules/try", {**asked, "number": "+56 2 2200 0001"})
        await sofia.request("POST", "/do-not-call/entries", {"numbers": ["+525512340001"]})
        barred = await sofia.request("POST", "/rules/try", {**asked, "local": "2026-11-25T12:00"})
        with pytest.raises(ApiError) as caught:
            await sofia.request("POST", "/rules/try", {**asked, "number": "+56 9 1234 5678"})
    assert isinstance(noon, dict)
    assert isinstance(night, dict)
    assert isinstance(stranger, dict)
    assert isinstance(barred, dict)
    assert (noon["allowed"], noon["known"], noon["country"]) == (True, True, "MX")
    assert any(name.startswith("mx.") for name in noon["rules"])
    assert (night["allowed"], night["rule"], night["until"] - night["at"]) == (False, "default.hours", 9 * 3600.0)
    assert (stranger["known"], stranger["country"]) == (False, "CL")
    assert (barred["allowed"], barred["rule"]) == (False, "do_not_call")
    assert caught.value.status == 422


async def test_the_week_of_a_lead_names_the_rule_of_each_closed_stretch(tmp_path: Path) -> None:
    async with world(tmp_path, hours=(9, 18)) as house:
        week = await (await house.supervisor()).request("GET", f"/leads/{house.leads[0]}/week")
        rival = await house.signed_in("rival_sofia")
        with pytest.raises(ApiError) as caught:
            await rival.request("GET", f"/leads/{house.leads[0]}/week")
    assert isinstance(week, dict)
    assert week["zone"] == "America/Mexico_City"
    spans = week["stretches"]
    assert all(one["until"] == following["since"] for one, following in pairwise(spans))
    assert sum(one["until"] - one["since"] for one in spans if not one["rule"]) == 7 * 9 * 3600.0
    assert {one["rule"] for one in spans if one["rule"]} == {"default.hours"}
    assert caught.value.status == 404


async def test_why_a_lead_is_not_dialled_and_the_list_by_reason(world: World) -> None:
    supervisor, lead = await world.supervisor(), world.leads[0]
    await supervisor.request("POST", "/restrictions", {"lead": lead, "kind": "lawsuit"})
    told = await supervisor.request("GET", f"/leads/{lead}/why")
    assert isinstance(told, dict)
    assert (told["lead"], told["reason"], told["until"]) == (lead, "withdrawn", None)
    assert "the stop being lifted" in told["frees"]
    counted = await supervisor.request("GET", f"/campaigns/{world.campaign}/leads/why")
    assert isinstance(counted, dict)
    assert counted["looked_at"] == counted["leads"] == sum(one["leads"] for one in counted["totals"])
    [stopped] = [one for one in counted["totals"] if one["reason"] == "withdrawn"]
    assert stopped["examples"] == [lead]
    rival = await world.signed_in("rival_sofia")
    for path in (f"/leads/{lead}/why", f"/campaigns/{world.campaign}/leads/why"):
        with pytest.raises(ApiError) as caught:
            await rival.request("GET", path)
        assert caught.value.status == 404


async def test_why_shows_no_whole_number_to_those_who_may_not_read_it(world: World) -> None:
    told = await (await world.signed_in("aura")).request("GET", f"/leads/{world.leads[1]}/why")
    assert isinstance(told, dict)
    assert "+5255" not in told["text"]


async def test_the_week_of_no_lead_is_not_found(world: World) -> None:
    with pytest.raises(ApiError) as caught:
        await (await world.supervisor()).request("GET", "/leads/999/week")
    assert caught.value.status == 404
