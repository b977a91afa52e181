"""What the stand-in must do beyond the traces: refuse, keep its order by seed, record, call scripts, carry a load."""

import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.asterisk.agi_scripts import AgentScripts, OptOutScript, routes
from dialer.asterisk.agi_server import AgiServer
from dialer.asterisk.names import call_of
from dialer.core.ids import AgentId, LegId
from dialer.core.messages import AgentDialledIn, Event, OptedOut
from simulation.carrier.numbers import ANSWERS, Behaviour, number
from simulation.standin import StandInSwitch, Timing
from simulation.standin.people import REFUSALS, by_number
from simulation.standin.tape import AGENT_HZ, PERSON_HZ, RATE_HZ
from simulation.standin.wire import Parser, WireError, encode
from tests import virtual_time
from tests.standin.client import Client, Floor, floor, session

CALL = "cadencia-0000000000000001"

# ---------------------------------------------------------------- the wire

STREAM = b"".join(
    encode([("Action", name), ("ActionID", str(at)), ("Variable", "a=1"), ("Variable", "b=\u00f1")])
    for at, name in enumerate(("Ping", "Originate", "Bridge"))
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_the_same_actions_however_the_network_cuts_them(cuts: list[int]) -> None:
    parser, places = Parser(), sorted([0, *cuts, len(STREAM)])
    pieces = (STREAM[first:last] for first, last in pairwise(places))
    actions = [action for piece in pieces for action in parser.feed(piece)]
    assert [action.get("action") for action in actions] == ["Ping", "Originate", "Bridge"]
    assert all(action.get_all("VARIABLE") == ("a=1", "b=\u00f1") for action in actions)


def test_an_endless_action_is_no_action() -> None:
    with pytest.raises(WireError):
        Parser().feed(b"x" * 70_000)


# ---------------------------------------------------------------- people


@pytest.mark.parametrize("behaviour", Behaviour)
def test_every_number_of_the_carrier_means_the_same_here(behaviour: Behaviour) -> None:
    far = by_number(number("+5215", behaviour, ring_s=3, talk_s=9))
    assert (far.refusal is None and not far.silent) == (behaviour in ANSWERS)
    assert far.silent or far.after_s == 3
    assert far.refusal is None or far.refusal in REFUSALS
    assert by_number(number("", behaviour)).talk_s in {None, 0.0, 0.3}


@pytest.mark.parametrize("dialled", ["", "1", "990000", "12345", "5215555990000"])
def test_a_number_without_a_meaning_does_not_exist(dialled: str) -> None:
    assert by_number(dialled).refusal == 404


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "192.0.2.1"])
def test_it_listens_on_loopback_alone(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        StandInSwitch(host)


def test_there_are_two_versions() -> None:
    with pytest.raises(ValueError, match="18"):
        StandInSwitch(version=18)


async def test_a_wrong_secret_is_told_and_the_link_ends() -> None:
    async with StandInSwitch() as switch, session(switch, secret="no") as ami:
        assert ami.responses["t1"]["Message"] == "Authentication failed"
        await ami.until(lambda: ami.closed)


async def test_nothing_goes_without_log_in() -> None:
    async with StandInSwitch() as switch:
        client = Client(*await asyncio.open_connection("127.0.0.1", switch.port))
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(client.listen())
            assert (await client.act("Ping"))["Message"] == "Permission denied"
            listening.cancel()
        client.writer.close()


GONE = "PJSIP/gone-00000000"


@pytest.mark.parametrize(
    ("action", "headers", "message"),
    [
        ("Nonsense", {}, "Invalid/unknown command: Nonsense. Use Action: ListCommands to show available commands."),
        ("Originate", {}, "Channel not specified"),
        ("Originate", {"Channel": "rubbish"}, "Invalid channel"),
        ("Hangup", {"Channel": GONE}, "No such channel"),
        ("Setvar", {"Channel": GONE, "Variable": "A", "Value": "1"}, "No such channel"),
        ("Getvar", {"Channel": GONE, "Variable": "A"}, "No such channel"),
        ("MixMonitor", {"Channel": GONE, "File": "x"}, "No such channel"),
        ("MixMonitorMute", {"Channel": GONE}, "No such channel"),
        ("StopMixMonitor", {"Channel": GONE}, "No such channel"),
        ("MuteAudio", {"Channel": GONE}, "No such channel"),
        ("Redirect", {"Channel": GONE}, f"Channel does not exist: {GONE}"),
        ("Bridge", {"Channel1": GONE, "Channel2": GONE}, f"Channel1 does not exist: {GONE}"),
    ],
)
async def test_errors_read_as_on_asterisk(action: str, headers: dict[str, str], message: str) -> None:
    async with floor() as at:
        answer = await at.ami.act(action, **headers)
    assert answer["Response"] == "Error"
    assert answer["Message"] == message


async def test_a_redirect_to_nowhere_succeeds_and_the_call_is_gone() -> None:
    async with floor() as at:
        person = await at.person(CALL)
        answer = await at.ami.act("Redirect", Channel=person, Context="dialer-customer", Exten="nowhere", Priority="1")
        assert answer["Response"] == "Success"
        assert (await at.ami.event("Hangup", Channel=person))["Cause"] == "16"


@pytest.mark.parametrize(("version", "second", "taken"), [(22, CALL[:-1], True), (16, CALL[:-1], False),
                                                          (22, CALL.upper(), True), (16, CALL.upper(), True),
                                                          (22, CALL + "0", False)])  # fmt: skip
async def test_an_id_in_use_is_refused_as_the_version_does(version: int, second: str, taken: bool) -> None:
    async with floor(version=version) as at:
        await at.person(CALL)
        await at.originate("PJSIP/a1", second, "dialer-agent,idle")
        response = await at.ami.event("OriginateResponse", Uniqueid=second)
        assert (response["Response"] == "Failure") == taken


# ---------------------------------------------------------------- order, links, listings


async def names_told(seed: int) -> list[str]:
    async with floor(seed=seed) as at:
        agent, person = await at.agent(), await at.person(CALL)
        await at.connect(person, agent)
        await at.hang_up(agent)
        await at.ami.event("BridgeEnter", Channel=person, Exten="lost")
        return [f"{event['Event']} {event.get('Channel', '')}" for event in at.ami.events]


async def test_the_order_is_the_seeds() -> None:
    first = await names_told(1)
    assert await names_told(1) == first
    others = [await names_told(seed) for seed in range(2, 6)]
    assert any(other != first for other in others)
    assert all(sorted(other) == sorted(first) for other in others)


@asynccontextmanager
async def on(switch: StandInSwitch) -> AsyncIterator[Floor]:
    async with session(switch) as ami:
        yield Floor(switch, ami)


async def test_calls_outlive_the_link_and_every_session_hears_them() -> None:
    async with StandInSwitch(timing=Timing(park_s=0.5, message_s=0.1, opt_out_s=0.1)) as switch:
        async with on(switch) as at:
            await at.originate("PJSIP/5215555110000@trunk", CALL, "dialer-customer,park")
            switch.cut_links()
            await at.ami.until(lambda: at.ami.closed)
        async with session(switch) as first, session(switch) as second:
            assert (await first.event("Hangup"))["Uniqueid"] == CALL
            assert (await second.event("Hangup"))["Uniqueid"] == CALL


async def test_a_restart_loses_the_calls_without_a_word() -> None:
    async with StandInSwitch() as switch:
        async with on(switch) as at:
            await at.connect(await at.person(CALL), await at.agent())
            switch.restart()
            await at.ami.until(lambda: at.ami.closed)
            assert not any(event["Event"] == "Hangup" for event in at.ami.events)
        async with session(switch) as ami:
            await ami.act("CoreShowChannels")
            assert (await ami.event("CoreShowChannelsComplete"))["ListItems"] == "0"


def test_on_a_loop_of_virtual_time_nobody_waits_for_limits() -> None:
    async def held_for_long() -> float:
        async with floor() as at:
            began = asyncio.get_running_loop().time()
            person = await at.person(CALL, "dialer-customer,hold")
            await at.ami.event("UserEvent", UserEvent="DialerSorry")
            await at.ami.event("Hangup", Channel=person)
            return asyncio.get_running_loop().time() - began

    assert 123 <= virtual_time.run(held_for_long()) < 125


def test_a_talk_outlives_the_limit_of_the_place_it_began_in() -> None:
    async def talk() -> float:
        async with floor(timing=Timing(park_s=2)) as at:
            agent = await at.agent()
            began = asyncio.get_running_loop().time()
            dialled = number("5215", Behaviour.PERSON, talk_s=30)
            await at.originate(f"PJSIP/{dialled}@trunk", CALL, "dialer-customer,park")
            person = (await at.ami.event("BridgeEnter", Uniqueid=CALL))["Channel"]
            await at.connect(person, agent)
            await at.ami.event("Hangup", Channel=person)
            assert not any(event["Event"] == "UserEvent" for event in at.ami.events)
            return asyncio.get_running_loop().time() - began

    assert 30 <= virtual_time.run(talk()) < 31


async def test_a_listing_tells_talks_by_their_bridge() -> None:
    async with floor() as at:
        agent, person = await at.agent(), await at.person(CALL)
        await at.connect(person, agent)
        await at.ami.act("CoreShowChannels")
        await at.ami.event("CoreShowChannelsComplete", ListItems="2")
        rows = {row["Channel"]: row for row in at.ami.events if row["Event"] == "CoreShowChannel"}
    assert rows[agent]["BridgeId"] == rows[person]["BridgeId"] != ""
    assert rows[person]["Application"] == "BridgeWait"
    assert rows[person]["Linkedid"] == "cadencia-a7-1"


# ---------------------------------------------------------------- recordings


def loudest_hz(samples: "np.typing.NDArray[np.int16]") -> float:
    """The strongest tone; 0 for silence."""
    if not samples.any():
        return 0.0
    return float(np.abs(np.fft.rfft(samples)).argmax() * RATE_HZ / samples.size)


def heard(path: Path) -> "np.typing.NDArray[np.int16]":
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)


async def test_a_recording_has_both_legs_of_one_length(tmp_path: Path) -> None:
    names = {leg: str(tmp_path / "day" / f"call{leg}.wav") for leg in ("", "-r", "-t")}
    options = f"r({names['-r']})t({names['-t']})S"
    async with floor(recordings=tmp_path, speed=20.0) as at:
        agent, person = await at.agent(), await at.person(CALL, "dialer-customer,hold")
        await at.ami.act("MixMonitor", Channel=person, File=names[""], Options=options)
        await at.connect(person, agent)
        await at.send(person, "hold")
        await at.ami.act("StopMixMonitor", Channel=person)
    mix, person_leg, agent_leg = (heard(Path(name)) for name in names.values())
    assert mix.size == person_leg.size == agent_leg.size > 0
    assert abs(loudest_hz(person_leg) - PERSON_HZ) < 30
    talk = agent_leg[np.flatnonzero(agent_leg)[0] : np.flatnonzero(agent_leg)[-1] + 1]
    assert abs(loudest_hz(talk) - AGENT_HZ) < 60
    assert np.array_equal(mix, person_leg + agent_leg)


@pytest.mark.parametrize("name", ["/tmp/elsewhere.wav", "../elsewhere.wav"])
async def test_no_recording_leaves_its_folder(name: str, tmp_path: Path) -> None:
    async with floor(recordings=tmp_path) as at:
        person = await at.person(CALL, "dialer-customer,hold")
        answer = await at.ami.act("MixMonitor", Channel=person, File=name)
    assert answer["Message"] == "Could not start monitoring channel"


# ---------------------------------------------------------------- scripts


class Ear:
    def __init__(self) -> None:
        self.heard: asyncio.Queue[Event] = asyncio.Queue()

    def scripts(self) -> AgiServer:
        agents = AgentScripts(
            verify=lambda code, pin: AgentId(7) if (code, pin) == ("7", "4711") else None,
            tell=self.heard.put_nowait,
            clock=lambda: 0.0,
        )
        opt_out = OptOutScript(call_of=lambda uniqueid: call_of(uniqueid, cell=0), tell=self.heard.put_nowait)
        return AgiServer("127.0.0.1", 0, routes(agents, opt_out))


FAST = Timing(park_s=0.1, message_s=0.1, opt_out_s=0.1, prompt_s=0.05)


async def test_an_agent_signs_in_by_phone() -> None:
    ear = Ear()
    async with ear.scripts() as agi, floor(agi_port=agi.port, timing=FAST, speed=10.0) as at:
        channel = at.switch.call_in("1001", "sign-in", keys="7#1#7#4711#")
        assert await ear.heard.get() == AgentDialledIn(AgentId(7), LegId(channel.uniqueid))
        idle = await at.ami.event("BridgeEnter", Channel=channel.name)
        assert (idle["Context"], idle["Exten"]) == ("dialer-agent", "idle")


async def test_a_stranger_does_not() -> None:
    ear = Ear()
    async with ear.scripts() as agi, floor(agi_port=agi.port, timing=FAST, speed=100.0) as at:
        channel = at.switch.call_in("1001", "sign-in", keys="7#1#")
        await at.ami.event("Hangup", Channel=channel.name)
    assert ear.heard.empty()


async def test_a_person_opts_out_by_key() -> None:
    ear = Ear()
    async with ear.scripts() as agi, floor(agi_port=agi.port, timing=FAST) as at:
        dialled = number("5215", Behaviour.PERSON_OPTS_OUT)
        await at.originate(f"PJSIP/{dialled}@trunk", CALL, "dialer-customer,park")
        await at.ami.event("UserEvent", UserEvent="DialerOptOut")
        assert isinstance(await ear.heard.get(), OptedOut)
        await at.ami.event("Hangup", Uniqueid=CALL)


async def test_the_dialplan_goes_on_without_a_script_server() -> None:
    async with AgiServer("127.0.0.1", 0, {}) as closed:
        port = closed.port
    async with floor(agi_port=port, timing=FAST) as at:
        dialled = number("5215", Behaviour.PERSON_OPTS_OUT)
        await at.originate(f"PJSIP/{dialled}@trunk", CALL, "dialer-customer,park")
        await at.ami.event("Hangup", Uniqueid=CALL)


# ---------------------------------------------------------------- load


async def test_five_hundred_agents_and_a_thousand_calls_at_once() -> None:
    async with floor(timing=Timing(park_s=0.2, message_s=0.2, opt_out_s=0.1)) as at:
        for agent in range(500):
            await at.originate(f"PJSIP/a{agent}", f"cadencia-a{agent}-1", "dialer-agent,idle")
        for call in range(1000):
            behaviour = (Behaviour.PERSON, Behaviour.BUSY, Behaviour.UNAVAILABLE)[call % 3]
            dial = f"PJSIP/{number('5215', behaviour)}@trunk"
            await at.originate(dial, f"cadencia-{call:016d}", "dialer-customer,park")
        ended: set[str] = set()
        seen = 0

        def all_over() -> bool:
            nonlocal seen
            ended.update(event["Uniqueid"] for event in at.ami.events[seen:] if event["Event"] == "Hangup")
            seen = len(at.ami.events)
            return len(ended) == 1000

        await at.ami.until(all_over)
        assert len(at.switch.channels) == 500
