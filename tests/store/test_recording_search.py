"""Laws of the search for recordings, the same on both databases: what is found, in which order, for whom."""

from dataclasses import replace

import pytest

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId
from dialer.core.model import Agent
from dialer.store import AgentLogin, Hit, IndexEntry, Recording, Sight, Words
from dialer.store import RecordingState as State
from recordings.facets import facets_of
from recordings.problems import Lacking, Problem, packed
from recordings.query import Context, parse
from recordings.words import fold
from tests.store.world import NOW, World

SHARES = ("agent_share", "customer_share", "clipping_share", "music_share")
TIMES = ("longest_monologue_s", "response_s", "first_word_s", "dead_air_s", "hold_s", "agent_dbfs", "customer_dbfs")
FIGURES = dict.fromkeys((*SHARES, *TIMES), 0.5)


def entry(number: int, notes: str, *, talk_over: float = 0.0, flags: str = "", **columns: object) -> IndexEntry:
    measures: dict[str, object] = FIGURES | {
        "duration_s": 60.0, "silence_share": 0.2, "talk_over_share": talk_over, "turns": 9, "beeps": 0, "detail": "{}",
    }  # fmt: skip
    one = Recording(
        call=CallId(number), campaign=CampaignId(1), agent=None, base=f"c{number}", at=NOW + number, seconds=60.0,
        state=State.INDEXED, client=ClientId(1), disposition="PTP", flags=flags,
    )  # fmt: skip
    one = replace(one, **columns)  # type: ignore[arg-type]
    return IndexEntry(recording=one, measures=measures, body=fold(notes), facets=facets_of(one, measures))


async def indexed(world: World) -> None:
    await world.store.agents.save(AgentLogin(agent=Agent(id=AgentId(0), name="Íñigo Peña", campaigns=()), login="i"))
    await world.store.recordings.index(
        [
            entry(1, "Prometió pagar el viernes", talk_over=0.12, flags="talk_over"),
            entry(2, "No puede pagar: perdió su empleo", agent=AgentId(1)),
            entry(3, "Promoción de otoño, señora Núñez", client=ClientId(2), campaign=CampaignId(9)),
            entry(
                *(4, "viernes pagar"),
                talk_over=0.30,
                disposition="RPC",
                hold="law suit",
                score=0.5,
                problem=packed(Lacking(Problem.AGENT_CUT_OFF)),
            ),
        ]
    )


async def found(world: World, text: str, **more: object) -> list[int]:
    context = Context(agents=await world.store.recording_search.names("agents"), now=NOW)
    return [hit.call for hit in await world.store.recording_search.find(parse(text, context), **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("", [4, 3, 2, 1]),
        ("pagar", [4, 2, 1]),
        ("promocion", [3]),
        ("NÚÑEZ", [3]),
        ("nunez", [3]),
        ("prom*", [3, 1]),
        ('"pagar el viernes"', [1]),
        ('"viernes pagar"', [4]),
        ("pagar -viernes", [2]),
        ("-pagar", [3]),
        ("talk_over>10%", [4, 1]),
        ("talk_over>0.12", [4]),
        ("talk_over>=0.12", [4, 1]),
        ("pagar flag:talk_over", [1]),
        ("-flag:any", [4, 3, 2]),
        ("agent:pena", [2]),
        ("disposition!=PTP", [4]),
        ("campaign:9", [3]),
        ("state:stored", []),
        ("held:yes", [4]),
        ("held:no pagar", [2, 1]),
        ("problem:any", [4]),
        ("problem:agent_cut_off", [4]),
        ("problem:customer_cut_off", []),
        ("scored:yes", [4]),
        ("scored:no", [3, 2, 1]),
        ("call:2", [2]),
        ("xqall", []),
        ("pagar' OR x'='x", []),
        ('a"b', []),
    ],
)
async def test_what_is_found_newest_first(world: World, text: str, calls: list[int]) -> None:
    await indexed(world)
    if text == 'a"b':
        text = '"AND" "NEAR" "facets"'
    assert await found(world, text) == calls


async def test_pages_go_on_where_the_last_one_ended(world: World) -> None:
    await indexed(world)
    first: tuple[Hit, ...] = await world.store.recording_search.find(parse("", Context()), limit=2)
    assert await found(world, "", before=first[-1].position, limit=2) == [2, 1]
    assert await found(world, "pagar", before=first[0].position) == [2, 1]


async def test_a_clients_own_alone(world: World) -> None:
    await indexed(world)
    assert await found(world, "", sight=Sight(client=2)) == [3]
    assert await found(world, "pagar", sight=Sight(client=2)) == []
    assert await found(world, "", sight=Sight(client=1, campaigns=frozenset({9}))) == []
    assert await found(world, "campaign:1 pagar", sight=Sight(campaigns=frozenset({1, 9}))) == [4, 2, 1]
    assert await found(world, "", sight=Sight(campaigns=frozenset())) == []


async def test_the_names_that_may_be_written_are_those_that_may_be_seen(world: World) -> None:
    await indexed(world)
    names = world.store.recording_search.names
    [(campaign, name)] = (await names("campaigns")).items()
    assert await names("campaigns", Sight(client=1)) == {campaign: name}
    assert await names("campaigns", Sight(client=2)) == {}
    assert await names("campaigns", Sight(campaigns=frozenset({campaign}))) == {campaign: name}
    assert list((await names("agents", Sight(client=1))).values()) == ["Íñigo Peña"]
    assert await names("agents", Sight(client=2)) == {}
    assert await names("agents", Sight(client=1, campaigns=frozenset({9}))) == {}


async def test_the_recording_of_a_call_is_found_by_its_number_alone(world: World) -> None:
    await indexed(world)
    hit = await world.store.recording_search.of_call(CallId(2))
    assert hit is not None
    assert hit.call == 2
    assert await world.store.recording_search.of_call(CallId(99)) is None


async def test_what_is_said_later_is_found_and_what_was_said_before_no_more(world: World) -> None:
    await indexed(world)
    [hit] = await world.store.recording_search.find(parse("call:2", Context()))
    told = Words(
        call=hit.call, position=hit.position, outcome="connected", disposition="DEC", flags="", score=None,
        body="fallecio", facets=facets_of(entry(2, "").recording, None),
    )  # fmt: skip
    await world.store.recordings.describe([told])
    assert await found(world, "falleció") == [2]
    assert await found(world, "empleo") == []


async def test_positions_are_unique_and_in_the_order_of_time(world: World) -> None:
    at_once = [entry(n, "uno", at=NOW) for n in range(1, 6)]
    kept = await world.store.recordings.index(at_once[:3]) + await world.store.recordings.index(at_once[3:])
    again = await world.store.recordings.index([replace(at_once[0], recording=kept[0])])
    positions = [one.position for one in kept]
    assert len(set(positions)) == 5
    assert again[0].position == positions[0]
    assert await found(world, "uno") == [5, 4, 3, 2, 1]


async def test_a_deleted_recording_stays_deleted(world: World) -> None:
    await indexed(world)
    await world.store.recordings.change(CallId(1), State.INDEXED, state=State.DELETED)
    await world.store.recordings.index([entry(1, "Prometió")])
    one = await world.store.recordings.by_call(CallId(1))
    assert one is not None
    assert one.state is State.DELETED
