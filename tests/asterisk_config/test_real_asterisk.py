"""What is rendered, on real Asterisks 22 and 16: it boots without an error and looks after callers by itself."""

import asyncio
import os
import select
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_config.check_calls import CONTRACT, contract
from asterisk_config.lab import Instance, Lab, LabError
from asterisk_config.settings import Dialplan
from simulation.carrier.numbers import Behaviour, number
from tests.asterisk_config.minimal_ami import Manager, logged_in
from tests.lab_fixtures import Floor, FloorMaker

pytestmark = pytest.mark.asterisk

OPT_OUT_WAIT_S = 1
MESSAGE_S = 2.5
"""How long the placeholder of the abandonment message lasts."""


@pytest.fixture(scope="module", params=["lab", "lab16"])
def pair(request: pytest.FixtureRequest, make_floor: FloorMaker) -> Floor:
    """A pair of each version, with limits that do not keep tests waiting."""
    limits = Dialplan(opt_out_wait_s=OPT_OUT_WAIT_S, agi_max_s=2)
    return make_floor(request.getfixturevalue(request.param), lambda settings: replace(settings, dialplan=limits))


@pytest.fixture
async def ami(pair: Floor) -> AsyncIterator[Manager]:
    async with logged_in(pair.ami, pair.user) as manager:
        yield manager


def called(behaviour: Behaviour, talk_s: int = 0) -> str:
    return number("5255", behaviour, talk_s=talk_s)


def test_it_boots_without_an_error_or_a_warning(pair: Floor) -> None:
    assert pair.dialer.log_lines("ERROR", "WARNING") == []
    assert pair.carrier.instance.log_lines("ERROR", "WARNING") == []


@pytest.mark.parametrize("context", CONTRACT)
def test_every_extension_of_the_contract_is_there(pair: Floor, context: str) -> None:
    shown = pair.dialer.cli(f"dialplan show {context}")
    for extension in contract()[context].extensions:
        assert f"'{extension}' =>" in shown


def test_sip_manager_and_audio_listen_on_loopback_alone(pair: Floor) -> None:
    ours = {pair.settings.host.sip_port, pair.settings.manager.port, pair.settings.web.port, pair.carrier.wiring.port}
    seen = set()
    for table in ("tcp", "udp"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, port = line.split()[1].split(":")
            if int(port, 16) in ours:
                seen.add(int(port, 16))
                assert address.endswith("7F"), f"{table} port {int(port, 16)} is bound to {address}"
    assert seen == ours


async def test_the_dialers_account_cannot_run_console_commands(ami: Manager) -> None:
    answer = await ami.act("Command", Command="core show version")
    assert answer["Response"] == "Error"


async def test_without_an_engine_a_person_hears_the_message_in_time_and_is_hung_up(pair: Floor, ami: Manager) -> None:
    await ami.place("alone-0001", pair.dial(called(Behaviour.PERSON)), Variable="DIALER_LEAD=77", Account="lead-77")
    answered = await ami.until(lambda event: event["Event"] == "Newstate" and event["ChannelStateDesc"] == "Up")
    abandoned = await ami.until(lambda event: event.get("UserEvent") == "DialerAbandon")
    ended = await ami.ended("alone-0001")
    assert (abandoned["Attempt"], abandoned["Lead"]) == ("alone-0001", "77")
    waited_s, heard_s = (
        float(b["Timestamp"]) - float(a["Timestamp"]) for a, b in ((answered, abandoned), (abandoned, ended))
    )
    assert 1.9 < waited_s < 3.0
    assert MESSAGE_S + OPT_OUT_WAIT_S - 0.5 < heard_s < MESSAGE_S + OPT_OUT_WAIT_S + 1.5
    assert ended["Cause"] == "16"
    assert "DIALER_PLACE=abandon" in ended["ChanVariable"].split(",")


async def test_a_call_may_bring_its_own_wait_and_message(pair: Floor, ami: Manager) -> None:
    own = f"DIALER_WAIT=1,DIALER_MESSAGE={pair.settings.sounds.folder}/placeholder-goodbye"
    await ami.place("own-000001", pair.dial(called(Behaviour.PERSON)), Variable=own)
    ended = await ami.ended("own-000001")
    answered = await ami.until(lambda event: event["Event"] == "Newstate" and event["ChannelStateDesc"] == "Up")
    lasted_s = float(ended["Timestamp"]) - float(answered["Timestamp"])
    # Asterisk counts its waits from when it starts them and stamps events as it sends them: a millisecond either way.
    assert 1 + 0.5 + OPT_OUT_WAIT_S - 0.1 < lasted_s < 1 + 0.5 + OPT_OUT_WAIT_S + 1


@pytest.mark.parametrize("peer", ["refuses", "accepts and is silent", "hangs up", "serves"])
async def test_an_opt_out_is_kept_until_the_dialer_has_taken_it(pair: Floor, ami: Manager, peer: str) -> None:
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\n\n")).decode())
        if peer == "accepts and is silent":
            await reader.read()
        if peer == "serves":
            writer.write(b"SET VARIABLE DIALER_OPTED_OUT yes\n")
            await reader.readline()
        writer.close()

    call = f"optout-{len(peer):04}"
    server = None if peer == "refuses" else await asyncio.start_server(serve, *pair.agi)
    await ami.place(call, pair.dial(called(Behaviour.PERSON_OPTS_OUT)), Variable="DIALER_LEAD=99")
    ended = await ami.ended(call, 30)
    if server is not None:
        server.close()
        assert "agi_network_script: opt-out" in asked[0]
        assert "agi_arg_1: 99" in asked[0]
    assert ami.of(call, "UserEvent", "UserEvent") == ["DialerAbandon", "DialerOptOut"]
    assert ended["Cause"] == "16"
    kept = f"/dialer-opt-out/{call}" in pair.dialer.cli("database show dialer-opt-out")
    assert kept == (peer != "serves")


async def test_another_key_does_not_cut_the_message_short(pair: Floor, ami: Manager) -> None:
    await ami.place("otherkey-1", pair.dial(called(Behaviour.PERSON)))
    abandoned = await ami.until(lambda event: event.get("UserEvent") == "DialerAbandon")
    channel = ami.of("otherkey-1", "Newchannel", "Channel")[0]
    assert (await ami.act("PlayDTMF", Channel=channel, Digit="5", Receive="true"))["Response"] == "Success"
    ended = await ami.ended("otherkey-1")
    assert ami.of("otherkey-1", "UserEvent", "UserEvent") == ["DialerAbandon"]
    # Asterisk plays in packets of 20 ms and stamps events when it sends them.
    assert float(ended["Timestamp"]) - float(abandoned["Timestamp"]) > MESSAGE_S - 0.02


async def test_an_agents_leg_lost_in_mid_talk_leaves_the_customer_with_a_tone_and_then_an_apology(
    pair: Floor, ami: Manager
) -> None:
    customer, agent = await talk(pair, ami, "lostleg")
    await ami.act("Hangup", Channel=agent, Cause=16)
    await ami.until(lambda event: event.get("UserEvent") == "DialerLost")
    shown = (await ami.act("Getvar", Channel=customer, Variable="DIALER_PLACE"))["Value"]
    assert shown == "lost"
    # The apology itself, without the 15 seconds before it.
    await ami.act("Redirect", Channel=customer, Context="dialer-customer", Exten="sorry", Priority=1)
    assert (await ami.ended("lostleg-customer"))["Cause"] == "16"
    assert ami.of("lostleg-customer", "UserEvent", "UserEvent") == ["DialerLost", "DialerSorry"]


async def test_after_a_talk_the_agent_falls_back_by_himself(pair: Floor, ami: Manager) -> None:
    customer, agent = await talk(pair, ami, "fallback")
    await ami.until(lambda event: event["Event"] == "BridgeEnter" and event["BridgeTechnology"] == "simple_bridge")
    ami.events.clear()
    await ami.act("Hangup", Channel=customer, Cause=16)
    await ami.until(lambda event: event.get("Channel") == agent and event.get("BridgeTechnology") == "holding_bridge")
    await ami.act("Hangup", Channel=agent, Cause=16)
    await ami.ended("fallback-agent")


async def talk(pair: Floor, ami: Manager, name: str) -> tuple[str, str]:
    """A customer and an agent in a talk, as the dialer makes it: their channels."""
    await ami.place(f"{name}-agent", pair.phone("7001"), Context="dialer-agent", Exten="idle")
    await ami.until(lambda event: event["Event"] == "BridgeEnter" and event["Uniqueid"] == f"{name}-agent")
    await ami.place(f"{name}-customer", pair.dial(called(Behaviour.PERSON)))
    await ami.until(lambda event: event["Event"] == "OriginateResponse" and event["Uniqueid"] == f"{name}-customer")
    customer, agent = (ami.of(f"{name}-{who}", "Newchannel", "Channel")[0] for who in ("customer", "agent"))
    await ami.act("Setvar", Channel=customer, Variable="DIALER_TALK", Value=1)
    assert (await ami.act("Bridge", Channel1=customer, Channel2=agent))["Response"] == "Success"
    return customer, agent


async def test_a_transfer_that_nobody_takes_comes_back_to_hold(pair: Floor, ami: Manager) -> None:
    customer, agent = await talk(pair, ami, "transfer")
    await ami.act("Setvar", Channel=customer, Variable="DIALER_DIAL", Value=pair.dial(called(Behaviour.BUSY)))
    await ami.act("Redirect", Channel=customer, Context="dialer-customer", Exten="out", Priority=1)
    out = await ami.until(lambda event: event.get("UserEvent") == "DialerOut")
    assert (out["Attempt"], out["DialStatus"]) == ("transfer-customer", "BUSY")
    await ami.until(
        lambda event: event["Event"] == "BridgeEnter" and event["Channel"] == customer and event["Exten"] == "hold"
    )
    for channel, call in ((customer, "transfer-customer"), (agent, "transfer-agent")):
        await ami.act("Hangup", Channel=channel, Cause=16)
        await ami.ended(call)


async def test_a_phone_signs_in_with_a_pin_and_waits(pair: Floor, ami: Manager) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\n\n")
        if b"agi_network_script: sign-in" in head:
            writer.write(b"SET VARIABLE DIALER_AGENT ana\n")
            await reader.readline()
        writer.close()

    server = await asyncio.start_server(serve, *pair.agi)
    pair.carrier.phone_dials("1002", "*10", "ww1234#")
    waiting = await ami.until(lambda event: event["Event"] == "BridgeEnter" and event["Context"] == "dialer-agent")
    server.close()
    assert (waiting["CallerIDNum"], waiting["Exten"]) == ("1002", "idle")
    await ami.act("Hangup", Channel=waiting["Channel"], Cause=16)


async def test_a_phone_is_refused_when_no_dialer_is_there(pair: Floor, ami: Manager) -> None:
    pair.carrier.phone_dials("6001", "*10")
    ended = await ami.until(lambda event: event["Event"] == "Hangup" and event["CallerIDNum"] == "6001")
    assert (ended["Context"], ended["Exten"], ended["Cause"]) == ("dialer-agent", "refused", "16")


async def test_who_calls_in_hears_a_polite_word_and_can_go_nowhere(pair: Floor, ami: Manager) -> None:
    pair.carrier.calls_in("5512345678")
    ended = await ami.until(lambda event: event["Event"] == "Hangup" and event["Context"] == "dialer-inbound")
    assert (ended["Exten"], ended["Cause"]) == ("closing", "16")
    assert not [event for event in ami.events if event["Event"] == "DialBegin"]


async def test_a_redirection_by_the_carrier_is_not_followed(pair: Floor, ami: Manager) -> None:
    await ami.place("moved-0001", pair.dial(called(Behaviour.REDIRECT)))
    await ami.ended("moved-0001")
    answer = await ami.until(lambda event: event["Event"] == "OriginateResponse")  # it may come after the Hangup
    channels = [event["Channel"] for event in ami.events if event["Event"] == "Newchannel"]
    assert not [name for name in channels[1:] if not name.startswith("Local/5500110000@dialer-refuse")]
    assert not [event for event in ami.events if event.get("ChannelStateDesc") == "Up"]
    assert answer["Response"] == "Failure"


def test_a_folder_that_cannot_boot_says_why(lab: Lab, tmp_path: Path) -> None:
    instance = lab.instance(tmp_path / "etc")
    with pytest.raises(LabError, match=r"asterisk\.conf is missing"):
        instance.start()


def test_a_broken_configuration_ends_with_its_last_log_lines(make_floor: FloorMaker, lab: Lab) -> None:
    floor = make_floor(lab)
    floor.dialer.stop()
    modules = floor.settings.directories.etc / "modules.conf"
    modules.write_text(modules.read_text().replace("require = app_read.so", "require = app_nothing.so"))
    with pytest.raises(LabError, match="app_nothing"):
        floor.dialer.start()
    assert floor.dialer.status() == "not running"


def test_it_is_started_once_and_stopped_by_any_process(make_floor: FloorMaker, lab: Lab) -> None:
    floor = make_floor(lab)
    pid = floor.dialer.start()
    assert floor.dialer.status() == f"running, pid {pid}"
    assert floor.dialer.start() == pid
    other = Instance(floor.dialer.etc, lab)
    assert other.pid == pid
    other.stop()
    assert floor.dialer.pid is None
    other.stop()
    assert floor.dialer.start() != pid


STARTER = """
import sys
from pathlib import Path
from asterisk_config.lab import Lab
lab = Lab(Path(sys.argv[1]))
print(lab.instance(Path(sys.argv[2])).start(die_with_parent=True), flush=True)
sys.stdin.read()
"""


def test_it_dies_with_the_process_that_asked_for_that(make_floor: FloorMaker, lab: Lab) -> None:
    floor = make_floor(lab)
    floor.dialer.stop()
    command = [sys.executable, "-c", STARTER, str(lab.home), str(floor.dialer.etc)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        handle = os.pidfd_open(int(starter.stdout.readline()))
        assert floor.dialer.pid is not None
        starter.kill()
        ended, _, _ = select.select([handle], [], [], 10)
        os.close(handle)
    assert ended
    assert floor.dialer.pid is None
