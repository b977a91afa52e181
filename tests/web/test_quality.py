"""Quality assurance over the API: from a form to a score that its agent disputes, each by who may."""

from typing import Any

import pytest

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
    with pytest.raises(ApiError, match="nothing waits"):
        await asked(quique, "POST", "/queue/claim")
    task = claimed["task"]
    with pytest.raises(ApiError, match="is not answered"):
        await asked(quique, "POST", "/evaluations", {"task": task["id"], "answers": {"greets": "yes"}})
    answers = {"greets": "yes", "identity": "no"}
    bad = await asked(quique, "POST", "/evaluations", {"task": task["id"], "answers": answers})
    assert (bad["score"], bad["passed"], bad["critical"]) == (1.0, False, ["compliance"])
    [told] = await asked(agent, "GET", "/mine")
    assert told["id"] == bad["id"]
    words = {"dispute": True, "words": "I asked for the RUT"}
    await asked(agent, "POST", f"/evaluations/{bad['id']}/reply", words)
    again = {"call": task["call"], "form": form["id"], "replaces": bad["id"], "answers": answers | {"identity": "yes"}}
    assert (await asked(quique, "POST", "/evaluations", again))["passed"] is True
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


async def test_a_calibration_needs_two(world: World) -> None:
    await calls_made(world, 1)
    await sounds(world)
    quique = await world.signed_in("quique")
    form = await asked(quique, "POST", "/forms", FORM)
    [one] = (await quique.recordings())["items"]
    begun = {"name": "march", "form": form["id"], "calls": [one["call"]], "evaluators": ["Quique", "Rosa"]}
    assert (await asked(quique, "POST", "/calibrations", begun))["new"] == 2
    task = (await asked(quique, "POST", "/queue/claim"))["task"]
    assert task["kind"] == "calibration"
    answers = {"greets": "yes", "identity": "yes"}
    await asked(quique, "POST", "/evaluations", {"task": task["id"], "answers": answers})
    shown = await asked(quique, "GET", "/calibrations/march")
    assert (shown["handed_in"], shown["whole"], shown["scores"]) == (1, False, [])
    assert await asked(quique, "GET", "/evaluations") == []
