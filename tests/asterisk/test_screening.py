"""Answering machine detection on each switch: the verdict as told, and what people and machines then meet."""

import asyncio
import re
import sys
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asterisk_config.lab import Lab
from asterisk_config.settings import Settings
from asterisk_config.sounds import RATE_HZ
from dialer.asterisk.settings import AmiSettings
from dialer.core.detection import Detection, OnMachine, Tuning, Verdict, screening_for
from dialer.core.messages import (
    AbandonmentPlayed,
    CallAnswered,
    CallEnded,
    CallJoined,
    CallScreened,
    Connect,
    MessageBegun,
    PlaceCall,
)
from dialer.core.outcomes import EndedBy
from simulation.carrier.numbers import Behaviour
from tests.asterisk.stage import Place, Stage
from tests.lab_fixtures import Floor, FloorMaker

BEEP_HZ, MESSAGE_HZ = 1000, 1320
DETECTION = Detection(on=True, audit_share=1.0)
DOCUMENTED = Path(__file__).parents[2] / "docs" / "detection.md"


# On Asterisk 16, two of them together at the end.
@pytest.fixture(
    scope="module", params=[pytest.param("asterisk22", marks=pytest.mark.asterisk), "standin22", "standin16"]
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def speed() -> float:
    return 6.0


@asynccontextmanager
async def staged(floor: Floor) -> AsyncIterator[Stage]:
    (host, port), (user, secret) = floor.ami, floor.user
    settings = AmiSettings(
        username=user, secret=secret, host=host, port=port, recordings_dir=str(floor.recordings), list_every_s=1.0
    )
    async with Stage(Place(settings, floor.dial, floor.phone, 22, floor.recordings, talks=True)) as stage:
        yield stage


def screened(
    stage: Stage, behaviour: Behaviour, detection: Detection = DETECTION, *, wait_max_s: float = 5.0, **script: int
) -> PlaceCall:
    """An attempt that is screened and recorded from its answer on."""
    attempt = stage.attempt(
        behaviour, wait_max_s=wait_max_s, talk_s=script.get("talk_s", 0), ring_s=script.get("ring_s", 0)
    )
    screening = screening_for(detection, "CL", wait_max_s, now=time.time(), messages=0, audit=f"audit/{attempt.call}")
    return replace(attempt, screening=screening)


def plug_in(stage: Stage, contexts: str) -> None:
    """Give our Asterisk detectors of its administrator's own."""
    floor = stage.place.floor
    assert floor is not None
    (floor.settings.directories.etc / "detectors.conf").write_text(contexts)
    floor.dialer.cli("dialplan reload")


def documented(folder: Path) -> str:
    """The contexts that the documentation shows, with the program that it shows beside them."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", DOCUMENTED.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    contexts: str
    [contexts] = [one for one in blocks if one.startswith("[dialer-detector-mine]")]
    [program] = [one for one in blocks if one.startswith("#!/usr/bin/python3")]
    path = folder / "mine"
    path.write_text(program.replace("/usr/bin/python3", str(Path(sys.executable).resolve()), 1))
    path.chmod(0o755)
    return contexts.replace("/usr/local/bin/mine", str(path))


async def test_a_person_is_told_for_one_and_can_be_connected_within_what_is_left(stage: Stage) -> None:
    leg = await stage.agent()
    attempt = screened(stage, Behaviour.PERSON)
    await stage.do(attempt)
    told = await stage.until(CallScreened, call=attempt.call)
    assert told.verdict is Verdict.PERSON, told
    assert 0.5 < told.took_s < 3.9
    assert told.age_s < 3.0
    await stage.do(Connect(attempt.call, leg, 1))
    await stage.until(CallJoined, call=attempt.call)


@pytest.mark.alone
async def test_nobody_waits_longer_than_the_limit_the_detector_included(stage: Stage) -> None:
    attempt = screened(stage, Behaviour.PERSON)
    await stage.do(attempt)
    told = await stage.until(CallScreened, call=attempt.call)
    at = time.time()
    await stage.until(AbandonmentPlayed, call=attempt.call)
    assert told.took_s + (time.time() - at) < 5.5  # the limit is 5 s


async def test_a_machine_is_hung_up_on_and_recorded_for_the_audit(stage: Stage) -> None:
    attempt = screened(stage, Behaviour.MACHINE)
    await stage.do(attempt)
    assert (await stage.until(CallScreened, call=attempt.call)).verdict is Verdict.MACHINE
    assert (await stage.until(CallEnded, call=attempt.call)).ending.by is EndedBy.DIALPLAN
    if stage.place.talks:
        assert recorded(stage, attempt).size > RATE_HZ  # what was heard until the verdict


async def test_a_fax_machine_and_an_announcement_are_known_by_their_tones_and_hung_up_on(stage: Stage) -> None:
    attempts = [
        screened(stage, behaviour, replace(DETECTION, on_machine=gets, message="beep"), talk_s=20)
        for behaviour in (Behaviour.FAX, Behaviour.ANNOUNCEMENT)
        for gets in (OnMachine.MESSAGE, OnMachine.AGENT)
    ]
    await stage.at_once(*attempts)
    for attempt in attempts:
        told = await stage.until(CallScreened, call=attempt.call)
        assert (told.verdict, told.reason) == (Verdict.NOBODY, "TONES")
        assert (await stage.until(CallEnded, call=attempt.call)).ending.by is EndedBy.DIALPLAN


@pytest.mark.alone
async def test_a_message_is_left_after_the_beep(stage: Stage) -> None:
    sound = stage.place.recordings / "voicemail"
    write_tone(sound.with_suffix(".wav"), MESSAGE_HZ, 2.0)
    detection = replace(DETECTION, on_machine=OnMachine.MESSAGE, message=str(sound))
    attempt = screened(stage, Behaviour.MACHINE, detection, talk_s=20)
    await stage.do(attempt)
    assert (await stage.until(MessageBegun, call=attempt.call)).after_beep
    await stage.until(CallEnded, call=attempt.call)
    if not stage.place.talks:
        return
    heard = recorded(stage, attempt)
    beep, message = frames(heard, BEEP_HZ), frames(heard, MESSAGE_HZ)
    assert beep.any()
    assert message.any()
    assert 0 < message.nonzero()[0].min() - beep.nonzero()[0].max() <= 10  # tenths of a second, Python's start included


@pytest.mark.asterisk
@pytest.mark.parametrize("kind", ["asterisk22"], indirect=True)
async def test_a_detector_that_hangs_costs_no_more_than_the_limit_and_takes_nobody_for_a_machine(stage: Stage) -> None:
    detection = replace(DETECTION, detector="stuck")
    attempt = screened(stage, Behaviour.PERSON, detection)
    plug_in(stage, "[dialer-detector-stuck]\nexten => detect,1,Wait(600)\nexten => T,1,Goto(dialer-customer,T,1)\n")
    await stage.do(attempt)
    await stage.until(AbandonmentPlayed, call=attempt.call)


@pytest.mark.asterisk
@pytest.mark.parametrize("kind", ["asterisk22"], indirect=True)
async def test_a_model_of_ones_own_is_plugged_in_as_documented_and_of_one_that_is_not_there_ours_stands_in(
    stage: Stage, tmp_path: Path
) -> None:
    plug_in(stage, documented(tmp_path))
    mine, nowhere = (replace(DETECTION, detector=name) for name in ("mine", "nowhere"))
    talks, person, other = (
        screened(stage, Behaviour.TONE, mine),
        screened(stage, Behaviour.PERSON, mine),
        screened(stage, Behaviour.PERSON, nowhere),
    )
    await stage.at_once(talks, person, other)
    told = [await stage.until(CallScreened, call=one.call) for one in (talks, person, other)]
    assert [one.verdict for one in told] == [Verdict.MACHINE, Verdict.PERSON, Verdict.PERSON]
    assert [one.reason for one in told[:2]] == ["MINE", "MINE"]
    assert told[2].reason.startswith("HUMAN")


@pytest.mark.asterisk
@pytest.mark.parametrize("kind", ["asterisk22"], indirect=True)
async def test_what_the_network_sounds_before_the_answer_ends_a_call_and_never_one_that_is_answered(
    stage: Stage, tmp_path: Path
) -> None:
    plug_in(stage, documented(tmp_path))
    early_media(stage)
    dead, own, person, unknown = (
        replace(stage.attempt(Behaviour.PERSON, dial=stage.place.dial(number)), early_media=detector)
        for number, detector in (("0001", "tones"), ("0003", "mine"), ("0002", "tones"), ("0002", "nowhere"))
    )
    leg = await stage.agent()
    await stage.at_once(dead, own, person, unknown)
    for one, cause in ((dead, 20), (own, 1)):
        ended = await stage.until(CallEnded, call=one.call)
        assert (ended.ending.cause, ended.ending.by) == (cause, EndedBy.SWITCH)
        assert not [event for event in stage.of(one.call) if isinstance(event, CallAnswered)]
    for one in (person, unknown):
        await stage.until(CallAnswered, call=one.call)
    await stage.do(Connect(person.call, leg, 1))
    await stage.until(CallJoined, call=person.call)
    assert stage.place.floor is not None
    async with asyncio.timeout(10):
        while "dialer-early" in stage.place.floor.dialer.cli("core show channels concise"):
            await stage.listing()


EARLY_MEDIA = """
[carrier]
exten => 0001,1,Progress()
 same => n,Wait(1)
 same => n,Playback({audio}/information,noanswer)
 same => n,Wait(600)
exten => 0002,1,Progress()
 same => n,Playback({audio}/hello1,noanswer)
 same => n,Goto(behaviour,talk,1)
exten => 0003,1,Progress()
 same => n(on),Playback({audio}/tone,noanswer)
 same => n,Goto(on)
"""


def early_media(stage: Stage) -> None:
    """Give the carrier numbers that sound before an answer: an announcement's tones, somebody who answers, a tone."""
    floor = stage.place.floor
    assert floor is not None
    conf = floor.carrier.folder / "etc" / "extensions.conf"
    conf.write_text(conf.read_text() + EARLY_MEDIA.format(audio=floor.carrier.folder / "audio"))
    floor.carrier.instance.cli("dialplan reload")


@pytest.mark.asterisk
@pytest.mark.parametrize("kind", ["asterisk22"], indirect=True)
async def test_a_tone_first_is_no_word_and_makes_nobody_a_machine(stage: Stage) -> None:
    detection = replace(DETECTION, tuning=Tuning(greeting_ms=300, total_ms=1000))
    attempt = screened(stage, Behaviour.TONE, detection)
    await stage.do(attempt)
    told = await stage.until(CallScreened, call=attempt.call)
    assert (told.verdict, "-TONE-" in told.reason) == (Verdict.UNSURE, True), told  # to AMD: a long greeting


def write_tone(path: Path, hz: int, seconds: float) -> None:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((8000 * np.sin(2 * np.pi * hz * time_s)).astype("<i2").tobytes())


def recorded(stage: Stage, attempt: PlaceCall) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    assert attempt.screening is not None
    with wave.open(str(stage.place.recordings / f"{attempt.screening.audit}.wav")) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64)


def frames(
    samples: np.ndarray[tuple[int], np.dtype[np.float64]], hz: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each 100 ms, whether this tone makes up most of the sound in it."""
    size = RATE_HZ // 10
    cut = samples[: samples.size // size * size].reshape(-1, size)
    spectrum = np.abs(np.fft.rfft(cut, axis=1)) ** 2
    bin_ = round(hz * size / RATE_HZ)
    near = spectrum[:, bin_ - 1 : bin_ + 2].sum(axis=1)
    return np.asarray((near > 0.7 * spectrum.sum(axis=1)) & (spectrum.sum(axis=1) > 1e9))


@pytest.mark.asterisk
async def test_asterisk_16_gives_the_same_verdicts_and_a_host_without_python_waits_for_quiet(
    lab16: Lab, make_floor: FloorMaker
) -> None:
    def without_python(settings: Settings) -> Settings:
        return replace(settings, host=replace(settings.host, python=Path("/nowhere/python3")))

    detection = replace(DETECTION, on_machine=OnMachine.MESSAGE, message="beep")
    async with staged(make_floor(lab16, without_python)) as stage:
        person, machine = (
            screened(stage, one, detection, wait_max_s=6.0, talk_s=20) for one in (Behaviour.PERSON, Behaviour.MACHINE)
        )
        await stage.at_once(person, machine)
        verdicts = [(await stage.until(CallScreened, call=one.call)).verdict for one in (person, machine)]
        assert verdicts == [Verdict.PERSON, Verdict.MACHINE]
        assert not (await stage.until(MessageBegun, call=machine.call)).after_beep
