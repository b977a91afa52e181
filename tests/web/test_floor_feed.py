"""The stream of what changed: together, its messages are the floor; a client that missed one is sent the whole."""

import asyncio
import json
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from dialer.core.ids import AgentId
from dialer.core.messages import AgentPaused, AgentReady
from dialer.web.floor_feed import TOPIC, Feed
from dialer.web.hub import AT_ONCE, Hub, Mailbox
from tests.core.floor import Floor, floor

Json = dict[str, Any]


def told(text: str) -> Json:
    data: Json = json.loads(text)["data"]
    return data


def agents(known: dict[int, Json], data: Json) -> dict[int, Json]:
    """What a page knows after a message."""
    kept = (
        {}
        if data["whole"]
        else {one: agent for one, agent in known.items() if one not in data["gone"].get("agents", [])}
    )
    return kept | {agent["id"]: agent for agent in data["agents"]}


def test_changes_upon_the_whole_are_the_whole() -> None:
    made, feed = floor(agents=5), Feed()
    feed.take(made.engine.view(made.now), ())
    known = agents({}, told(feed.whole()))
    for agent, event in ((1, AgentPaused), (3, AgentPaused), (1, AgentReady)):
        made.tell(event(AgentId(agent), "lunch") if event is AgentPaused else event(AgentId(agent)), after_s=1.0)  # type: ignore[call-arg]
        data = told(feed.take(made.engine.view(made.now), ()))
        assert [one["id"] for one in data["agents"]] == [agent]
        known = agents(known, data)
        assert known == agents({}, told(feed.whole()))
    seen = made.engine.view(made.now)
    data = told(feed.take(replace(seen, agents=seen.agents[1:]), ()))
    assert data["gone"] == {"agents": [1]}
    assert agents(known, data).keys() == {2, 3, 4, 5}


def test_nothing_new_is_told_of_a_floor_that_only_grew_older() -> None:
    made, feed = floor(agents=5), Feed()
    feed.take(made.engine.view(made.now), ())
    data = told(feed.take(made.engine.view(made.now + 1.0), ()))
    assert data["agents"] == data["calls"] == data["trunks"] == []


class Standing:
    """A floor to look at, which nothing is asked of."""

    def __init__(self, made: Floor) -> None:
        self._made = made

    def view(self) -> Any:
        return self._made.engine.view(self._made.now)


async def test_a_client_that_reads_slowly_is_sent_the_whole() -> None:
    made = floor(agents=3)
    hub, slow, quick = Hub(Standing(made)), Mailbox(), Mailbox()  # type: ignore[arg-type]
    with hub.changes_to(slow), hub.changes_to(quick):
        for box in (slow, quick):
            assert told((await box.take())[0])["whole"]
        for agent in (1, 2):
            made.tell(AgentPaused(AgentId(agent), "lunch"), after_s=1.0)
            await hub._feed_changes()
            [text] = await quick.take()
            assert not told(text)["whole"]
        [text] = await slow.take()
        assert told(text)["whole"]
        assert sum(one["state"] == "break" for one in told(text)["agents"]) == 2
    assert hub.clients == 0
    assert TOPIC == "floor_changes"


async def test_many_clients_are_told_in_turns_and_who_leaves_or_comes_between_two_harms_nothing() -> None:
    made = floor(agents=2)
    hub, boxes = Hub(Standing(made)), [Mailbox() for _ in range(3 * AT_ONCE)]  # type: ignore[arg-type]
    with ExitStack() as feeds, ExitStack() as leaving:
        for box in boxes[:-1]:
            feeds.enter_context(hub.changes_to(box))
        leaving.enter_context(hub.changes_to(boxes[-1]))
        for box in boxes:
            await box.take()
        made.tell(AgentPaused(AgentId(1), "lunch"), after_s=1.0)
        telling = asyncio.create_task(hub._feed_changes())
        await asyncio.sleep(0)
        assert sum(box.waits(TOPIC) for box in boxes) == AT_ONCE  # the loop had its turn in between
        leaving.close()
        late = Mailbox()
        feeds.enter_context(hub.changes_to(late))
        await telling
        assert all(box.waits(TOPIC) for box in boxes)
        [text] = await late.take()
        assert told(text)["whole"]
        assert [one["state"] for one in told(text)["agents"]].count("break") == 1
