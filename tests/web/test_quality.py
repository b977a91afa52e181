"""Quality assurance over the API: from a form to a score that its agent disputes, each by who may."""

from dataclasses import replace
from typing import Any

import pytest

from dialer.store.schedules import Profile
from dialer.web.client import ApiError, Client
from tests.web.recorded import calls_made, sounds
from tests.web.world import World

FORM = {
    "name": "collections",
    "sections": [
        {"name": "opening", "items": [{"key": "greets", "label": "Greets"}]},
        {"name": "law", "items": [{"key": "identity", "label": "Identity", "critical": "compliance"}]},
    ],
}


async def asked(client: Client, method: str, path: str, body: dict[str, Any] | None = None, **query: object) -> Any:
    return await client.request(method, f"/quality{path}", body, query)


async def test_from_a_form_to_a_dispute_and_another_score(world: World) -> None:
    await calls_made(world, 2)
    await sounds(world)
    quique, sofia, agent = await world.signed_in("quique"), await world.supervisor(), await world.agent()
    with pytest.raises(ApiError, match="this needs quality"):
        await asked(sofia, "POST", "/forms", FORM)
    form = await asked(quique, "POST", "/forms", FORM)
    assert (form["version"], form["form"]["pass_at"]) == (1, 0.8)
    assert (await asked(quique, "POST", "/forms", FORM))["version"] == 2
    await asked(quique, "POST", "/plans", {"name": "weekly", "form": form["id"], "count": 1, "seconds_min": 0})
    drawing = {"since": 1.7e9, "until": 2e9, "seed": "w1"}
    assert await asked(quique, "POST", "/plans/weekly/draw", drawing) == {"candidates": 2, "new": 1}
    claimed = await asked(quique, "POST", "/queue/claim")
    task = claimed["task"]
    assert (await asked(quique, "POST", "/queue/claim"))["task"]["id"] == task["id"]  # one's own is not lost
    rosa = await world.signed_in((await evaluators(world, "Rosa"), "rosa")[1])
    with pytest.raises(ApiError, match="nothing_to_score: Nothing waits to be scored"):
        await asked(rosa, "POST", "/queue/claim")
    await asked(quique, "DELETE", f"/queue/{task['id']}/claim")
    assert (await asked(rosa, "POST", "/queue/claim"))["task"]["id"] == task["id"]
    await asked(rosa, "DELETE", f"/queue/{task['id']}/claim")
    await asked(quique, "POST", "/queue/claim")
    with pytest.raises(ApiError, match="is not answered"):
        await asked(quique, "POST", "/evaluations", {"task": task["id"], "answers": {"greets": "yes"}})
    answers = {"greets": "yes", "identity": "no"}
    bad = await asked(quique, "POST", "/evaluations", {"task": task["id"], "answers": answers})
    assert (bad["score"], bad["passed"], bad["critical"]) == (1.0, False, ["compliance"])
    [told] = await asked(agent, "GET", "/mine")
    assert told["id"] == bad["id"]
    assert (told["labels"]["identity"], told["form_name"]) == ("Identity", "collections")
    words = {"dispute": True, "words": "I asked for the RUT"}
    await asked(agent, "POST", f"/evaluations/{bad['id']}/reply", words)
    [waiting] = await asked(sofia, "GET", "/evaluations", state="disputed")
    assert (waiting["reply"], waiting["agent_name"]) == ("I asked for the RUT", "Agent 1")
    again = {"call": task["call"], "form": form["id"], "replaces": bad["id"], "answers": answers | {"identity": "yes"}}
    assert (await asked(quique, "POST", "/evaluations", again))["passed"] is True
    with pytest.raises(ApiError, match="replaced by another"):
        await asked(quique, "POST", "/evaluations", again)
    [trend] = await asked(sofia, "GET", "/trends", by="agent")
    assert (trend["score"]["mean"], trend["passed"]["count"]) == (1.0, 1)
    assert [row["item"] for row in await asked(sofia, "GET", "/pareto")] == ["greets", "identity"]
    links = await asked(sofia, "GET", "/links", since=1.7e9, until=1.7e9 + 7200)
    assert links["talk_over_share"]["rho"] is None


async def test_rules_answer_items_beforehand(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    quique = await world.signed_in("quique")
    form = await asked(quique, "POST", "/forms", FORM)
    rule = {"name": "greeting", "phrases": ["buenos días"], "within_s": 5.0, "item": "collections/greets"}
    await asked(quique, "POST", "/rules", rule)
    [one] = (await quique.recordings())["items"]
    vtt = "WEBVTT\n\n00:00.500 --> 00:01.500\n<v Agente>Hola"
    await quique.request("PUT", f"/recordings/{one['call']}/transcript", {"source": "theirs", "text": vtt})
    [one] = (await quique.recordings())["items"]
    assert "unsaid_greeting" in one["flags"]
    await asked(quique, "POST", "/plans", {"name": "p", "form": form["id"], "method": "flags", "seconds_min": 0})
    await asked(quique, "POST", "/plans/p/draw", {"since": 1.7e9, "until": 2e9, "seed": "s"})
    assert (await asked(quique, "POST", "/queue/claim"))["answers"] == {"greets": "no"}


async def evaluators(world: World, *names: str) -> list[int]:
    """Analysts of those names, who sign in as them; their ids."""
    quique = await world.store.users.by_login("quique")
    assert quique is not None
    fresh = [replace(quique, id=0, login=name.lower(), name=name) for name in names]
    return [quique.id, *[(await world.store.users.save(one)).id for one in fresh]]


async def test_a_calibration_is_between_users_and_tells_who_said_what_at_its_end(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    quique, sofia = await world.signed_in("quique"), await world.supervisor()
    first, second = await evaluators(world, "Rosa")
    assert {"id": second, "name": "Rosa"} in await asked(sofia, "GET", "/evaluators")
    form = await asked(quique, "POST", "/forms", FORM)
    [one] = (await quique.recordings())["items"]
    begun: dict[str, Any] = {"name": "march", "form": form["id"], "calls": [one["call"]]}
    with pytest.raises(ApiError, match="no user who may score is 9999"):
        await asked(quique, "POST", "/calibrations", begun | {"evaluators": [first, 9999]})
    begun["evaluators"] = [first, second]
    assert (await asked(quique, "POST", "/calibrations", begun))["new"] == 2
    for client, identity in ((quique, "yes"), (await world.signed_in("rosa"), "no")):
        shown = await asked(sofia, "GET", "/calibrations/march")
        assert shown["scores"] == shown["items"][0]["answers"] == []
        task = (await asked(client, "POST", "/queue/claim"))["task"]
        assert (task["kind"], task["evaluator"]) == ("calibration", task["claimed_by"])
        answers = {"greets": "yes", "identity": identity}
        await asked(client, "POST", "/evaluations", {"task": task["id"], "answers": answers})
    shown = await asked(sofia, "GET", "/calibrations/march")
    assert shown["names"] == {str(first): "Quique", str(second): "Rosa"}
    assert [said["answer"] for said in shown["items"][1]["answers"]] == ["yes", "no"]
    assert (shown["items"][0]["same"], shown["items"][1]["same"]) == (1.0, 0.0)
    [listed] = await asked(sofia, "GET", "/calibrations")
    assert (listed["name"], listed["tasks"], listed["done"]) == ("march", 2, 2)
    assert await asked(quique, "GET", "/evaluations") == []
    await asked(quique, "POST", "/calibrations", begun | {"name": "april"})
    with pytest.raises(ApiError, match="this needs quality"):
        await asked(sofia, "POST", "/calibrations/april/close")
    assert (await asked(sofia, "GET", "/calibrations/april"))["whole"] is False
    answers = {"greets": "no", "identity": "no"}
    await asked(quique, "POST", "/evaluations", {"call": one["call"], "form": form["id"], "answers": answers})
    rosa = await world.signed_in("rosa")
    await rosa.request("POST", f"/recordings/{one['call']}/comments", {"from_s": 1.0, "body": "she does not ask"})
    for client, blind in ((quique, True), (sofia, False)):  # whose turn it is sees no other's word of the call
        assert len(await asked(client, "GET", "/evaluations", call=one["call"])) == (not blind)
        detail = await client.request("GET", f"/recordings/{one['call']}")
        assert isinstance(detail, dict)
        assert ([said["body"] for said in detail["comments"]] == []) is blind
        assert (detail["shown"]["score"] is None) is blind
    await asked(quique, "POST", "/calibrations/april/close")
    assert (await asked(sofia, "GET", "/calibrations/april"))["whole"] is True
    with pytest.raises(ApiError, match="nothing_to_score: Nothing waits to be scored"):
        await asked(quique, "POST", "/queue/claim")


async def test_who_takes_a_name_over_inherits_nothing(world: World) -> None:
    await calls_made(world, 2)
    await sounds(world)
    quique = await world.signed_in("quique")
    form = await asked(quique, "POST", "/forms", FORM)
    await asked(quique, "POST", "/plans", {"name": "p", "form": form["id"], "count": 2, "seconds_min": 0})
    await asked(quique, "POST", "/plans/p/draw", {"since": 1.7e9, "until": 2e9, "seed": "s"})
    task = (await asked(quique, "POST", "/queue/claim"))["task"]
    comment = await quique.request("POST", f"/recordings/{task['call']}/comments", {"from_s": 1.0, "body": "well"})
    assert isinstance(comment, dict)
    row = await world.store.users.by_login("quique")
    assert row is not None
    await world.store.users.save(replace(row, name="Enrique"))
    await world.store.users.save(replace(row, id=0, login="other", name="Quique"))
    other = await world.signed_in("other")
    with pytest.raises(ApiError, match="not claimed by you"):
        await asked(other, "DELETE", f"/queue/{task['id']}/claim")
    with pytest.raises(ApiError, match="no such comment"):
        await other.request("DELETE", f"/recordings/{task['call']}/comments/{comment['id']}")
    answers = {"greets": "yes", "identity": "yes"}
    with pytest.raises(ApiError, match="another has it"):
        await asked(other, "POST", "/evaluations", {"task": task["id"], "answers": answers})
    told = await asked(quique, "POST", "/evaluations", {"task": task["id"], "answers": answers})
    assert told["evaluator_name"] == "Enrique"
    shown = await quique.request("GET", f"/recordings/{task['call']}")
    assert isinstance(shown, dict)
    assert [(one["by_whom"], one["mine"]) for one in shown["comments"]] == [("Enrique", True)]


async def test_trends_by_team_campaign_and_item_and_what_goes_with_outcomes(world: World) -> None:
    await calls_made(world, 2)
    await sounds(world)
    quique = await world.signed_in("quique")
    form = await asked(quique, "POST", "/forms", FORM)
    for one, identity in zip((await quique.recordings())["items"], ("yes", "no"), strict=True):
        answers = {"greets": "yes", "identity": identity}
        await asked(quique, "POST", "/evaluations", {"call": one["call"], "form": form["id"], "answers": answers})
    await world.store.profiles.save([Profile(agent=world.agents[0], team="North")])
    for by, name in (("team", "North"), ("agent", "Agent 1"), ("campaign", "Spring"), ("evaluator", "Quique")):
        [row] = await asked(quique, "GET", "/trends", by=by)
        assert (row["name"], row["passed"]["count"], row["passed"]["of"]) == (name, 1, 2), by
        assert row["passed"]["low"] < 0.5 < row["passed"]["high"]
    items = await asked(quique, "GET", "/trends", by="item", team="North")
    assert [(row["name"], row["critical"]["count"]) for row in items] == [("Greets", 0), ("Identity", 1)]
    assert await asked(quique, "GET", "/trends", by="week", team="South") == []
    told = await asked(quique, "GET", "/outcomes", since=1.79e9, until=1.797e9, seconds_min=0.0)
    assert (told["talks"], told["promised"]) == (2, 0)
    assert told["score"]["promised"]["link"] == {"pairs": 2, "rho": None, "low": None, "high": None}
    rival = await world.signed_in("rival_quique")
    assert (await asked(rival, "GET", "/outcomes", since=1.79e9, until=1.797e9, seconds_min=0.0))["talks"] == 0


async def test_a_rule_is_tried_before_it_is_kept_and_removed_after(world: World) -> None:
    quique = await world.signed_in("quique")
    rule = {"name": "notice", "phrases": ["llamada es grabada"], "within_s": 5.0}
    said = "0:02 agente: Buenos días\n0:04 agente: Esta llamada es grabada\ncliente: Diga"
    tried = await asked(quique, "POST", "/rules/try", {"rule": rule, "text": said})
    assert [(one["leg"], one["start_s"]) for one in tried["segments"]] == [
        ("agent", 2.0), ("agent", 4.0), ("customer", 7.0),
    ]  # fmt: skip
    [verdict] = tried["verdicts"]
    assert (verdict["kept"], verdict["heard_at_s"], verdict["flag"]) == (True, 4.75, "unsaid_notice")
    never = rule | {"never": True, "within_s": None}
    [verdict] = (await asked(quique, "POST", "/rules/try", {"rule": never, "text": said}))["verdicts"]
    assert (verdict["kept"], verdict["flag"]) == (False, "said_notice")
    with pytest.raises(ApiError, match="type what was said"):
        await asked(quique, "POST", "/rules/try", {"rule": rule, "text": "  "})
    assert (await asked(quique, "POST", "/rules/try", {"text": said}))["verdicts"] == []  # nothing was kept by trying
    await asked(quique, "POST", "/rules", rule)
    assert len((await asked(quique, "POST", "/rules/try", {"text": said}))["verdicts"]) == 1
    await asked(quique, "DELETE", "/rules/notice")
    with pytest.raises(ApiError, match="there is no rule"):
        await asked(quique, "DELETE", "/rules/notice")
