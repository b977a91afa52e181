"""Calls of which everything is known are measured right: shares within 3 points, times within 0.2 s."""

from pathlib import Path

import numpy as np
import pytest

from recordings.analysis import analyze
from recordings.measures import CallAudio, Flag
from simulation.carrier.audio import files as far_ends
from tests.recordings import calls
from tests.recordings.calls import Spans, conversation, music, noise, put, share, silence, speech, spoken, tone, write

POINTS = 0.03
NEAR_S = 0.2


def assert_true(measured: CallAudio, agent: Spans, customer: Spans) -> None:
    """Every share and time that the spans tell."""
    seconds = measured.duration_s
    assert measured.agent.speech_share == pytest.approx(share([agent], seconds, speaking=1), abs=POINTS)
    assert measured.customer.speech_share == pytest.approx(share([customer], seconds, speaking=1), abs=POINTS)
    assert measured.silence_share == pytest.approx(share([agent, customer], seconds, speaking=0), abs=POINTS)
    assert measured.talk_over_share == pytest.approx(share([agent, customer], seconds, speaking=2), abs=POINTS)
    for first, spans in ((measured.first_agent_speech_s, agent), (measured.first_customer_speech_s, customer)):
        assert first == (pytest.approx(spans[0][0], abs=NEAR_S) if spans else None)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("speech_dbfs", "noise_dbfs"), [(-22, -90), (-22, -65), (-22, -45), (-22, -38), (-40, -65), (-12, -30)]
)
def test_conversations_over_noise(tmp_path: Path, seed: int, speech_dbfs: float, noise_dbfs: float) -> None:
    agent, customer = conversation(60, seed)
    legs = [
        spoken(60, spans, dbfs=speech_dbfs, noise_dbfs=noise_dbfs, seed=2 * seed + side)
        for side, spans in enumerate((agent, customer))
    ]
    measured = analyze(write(tmp_path / "call.wav", *legs))
    assert_true(measured, agent, customer)
    longest = max(end - start for start, end in agent + customer)
    assert measured.longest_monologue_s == pytest.approx(longest, abs=NEAR_S)
    assert measured.turns == len(agent) + len(customer)
    assert measured.agent.noise_floor_dbfs == pytest.approx(noise_dbfs, abs=1.5)
    assert measured.agent.loudness_dbfs == pytest.approx(speech_dbfs, abs=1.5)
    assert (measured.agent.beeps, measured.agent.music) == ((), ())


@pytest.mark.parametrize(
    ("rate_hz", "suffix", "subtype"),
    [
        (8_000, "wav", "ULAW"), (8_000, "wav", "ALAW"), (8_000, "flac", "PCM_16"),
        (16_000, "wav", "PCM_16"), (48_000, "wav", "PCM_24"), (44_100, "wav", "FLOAT"), (11_025, "wav", "PCM_U8"),
        (48_000, "opus", "OPUS"), (16_000, "mp3", "MPEG_LAYER_III"), (32_000, "ogg", "VORBIS"),
    ],
)  # fmt: skip
def test_every_format_and_rate(tmp_path: Path, rate_hz: int, suffix: str, subtype: str) -> None:
    agent, customer = conversation(30, 4)
    legs = [
        spoken(30, spans, noise_dbfs=-50, seed=side, rate_hz=rate_hz) for side, spans in enumerate((agent, customer))
    ]
    measured = analyze(write(tmp_path / f"call.{suffix}", *legs, rate_hz=rate_hz, subtype=subtype))
    assert measured.rate_hz == rate_hz
    assert measured.duration_s == pytest.approx(30, abs=0.1)
    assert_true(measured, agent, customer)


def test_two_legs_are_measured_like_one_stereo_file(tmp_path: Path) -> None:
    agent, customer = conversation(30, 5)
    legs = spoken(30, agent, seed=1), spoken(30, customer, seed=2)
    assert analyze(calls.write_legs(tmp_path / "call", *legs)) == analyze(write(tmp_path / "call.wav", *legs))


def test_legs_in_gsm(tmp_path: Path) -> None:
    agent, customer = conversation(30, 6)
    legs = spoken(30, agent, noise_dbfs=-50, seed=1), spoken(30, customer, noise_dbfs=-50, seed=2)
    assert_true(analyze(calls.write_legs(tmp_path / "call", *legs, subtype="GSM610")), agent, customer)


def test_a_shorter_leg_is_filled_up_with_silence(tmp_path: Path) -> None:
    measured = analyze(calls.write_legs(tmp_path / "call", spoken(30, [(1, 4)], seed=1), spoken(20, [(5, 9)], seed=2)))
    assert (measured.duration_s, measured.legs_differ_s) == (30, 10)
    assert_true(measured, [(1, 4)], [(5, 9)])


def test_music_on_hold_is_neither_speech_nor_dead_air(tmp_path: Path) -> None:
    agent, customer = [(10.0, 20.0), (75.0, 88.0)], [(4.0, 9.0), (90.0, 97.0)]
    leg = spoken(100, customer, noise_dbfs=-55, seed=2)
    put(leg, 40, music(30))
    measured = analyze(write(tmp_path / "call.wav", spoken(100, agent, noise_dbfs=-55, seed=1), leg))
    assert_true(measured, agent, customer)
    (stretch,) = measured.customer.music
    assert [stretch.at_s, stretch.seconds] == pytest.approx([40, 30], abs=0.6)
    (dead,) = measured.dead_air
    assert [dead.at_s, dead.seconds] == pytest.approx([20, 20], abs=0.5)


def test_music_all_the_time_is_no_speech(tmp_path: Path) -> None:
    agent, _ = conversation(60, 7)
    measured = analyze(write(tmp_path / "call.wav", spoken(60, agent, seed=1), music(60)))
    assert_true(measured, agent, [])
    assert measured.customer.music_share > 0.9


def test_loud_noise_that_begins_in_the_call_is_no_speech(tmp_path: Path) -> None:
    agent, customer = [(2.0, 8.0), (40.0, 44.0)], [(9.0, 14.0), (45.0, 50.0)]
    leg = spoken(60, customer, noise_dbfs=-60, seed=2)
    put(leg, 20, noise(15, -28, seed=9))
    assert_true(analyze(write(tmp_path / "call.wav", spoken(60, agent, seed=1), leg)), agent, customer)


def test_hum_is_neither_music_nor_speech(tmp_path: Path) -> None:
    agent, customer = conversation(60, 8)
    hum = tone(60, 50, -43) + tone(60, 150, -49)
    legs = [spoken(60, spans, seed=side) + hum for side, spans in enumerate((agent, customer))]
    measured = analyze(write(tmp_path / "call.wav", *legs))
    assert_true(measured, agent, customer)
    assert measured.agent.music == ()


@pytest.mark.parametrize("other", [silence(40), noise(40, -60), noise(40, -40)], ids=["silence", "faint", "noise"])
@pytest.mark.parametrize("lost", ["agent", "customer"])
def test_one_way_audio(tmp_path: Path, other: calls.Sound, lost: str) -> None:
    spans = [(1.0, 5.0), (10.0, 18.0), (20.0, 33.0)]
    heard = spoken(40, spans, seed=1)
    measured = analyze(write(tmp_path / "call.wav", *((other, heard) if lost == "agent" else (heard, other))))
    assert measured.one_way
    assert measured.silent_legs == (lost,)
    assert Flag.ONE_WAY in measured.flags
    assert_true(measured, *(([], spans) if lost == "agent" else (spans, [])))


def test_a_call_without_any_sound(tmp_path: Path) -> None:
    measured = analyze(write(tmp_path / "call.wav", silence(20), silence(20)))
    assert (measured.silence_share, measured.one_way, measured.flags) == (1.0, False, (Flag.NO_AUDIO,))
    assert measured.agent.loudness_dbfs is None
    assert measured.agent.loudness_lufs is None
    assert measured.response_median_s is None


def test_tones_are_found_and_are_no_speech(tmp_path: Path) -> None:
    leg = noise(40, -60)
    for at_s, seconds, hz in ((5.0, 0.5, 1000), (12.0, 0.2, 1400), (20.0, 8.0, 425)):
        put(leg, at_s, tone(seconds, hz, -25))
    measured = analyze(write(tmp_path / "call.wav", spoken(40, [(30.0, 35.0)], seed=1), leg))
    assert [round(beep.at_s, 1) for beep in measured.customer.beeps] == [5.0, 12.0, 20.0]
    assert [beep.seconds for beep in measured.customer.beeps] == pytest.approx([0.5, 0.2, 8.0], abs=0.06)
    assert [beep.hz for beep in measured.customer.beeps] == pytest.approx([1000, 1400, 425], abs=16)
    assert measured.customer.speech_share == 0


def test_clipping_is_the_share_of_samples_at_the_edge(tmp_path: Path) -> None:
    leg = np.asarray(speech(20, -8, seed=3))
    edge = float(np.mean(np.abs(leg) >= 1))
    measured = analyze(write(tmp_path / "call.wav", leg, speech(20, -25, seed=4)))
    assert edge > 0.01
    assert measured.agent.clipping_share == pytest.approx(edge, rel=0.25)
    assert measured.customer.clipping_share == 0
    assert Flag.CLIPPING in measured.flags


def test_a_loud_tone_just_below_the_edge_is_not_clipped(tmp_path: Path) -> None:
    leg = 0.97 * tone(5, 300, -3.01)
    assert analyze(write(tmp_path / "call.wav", leg, leg)).agent.clipping_share == 0


def test_the_far_ends_of_the_carrier_speak(tmp_path: Path) -> None:
    sounds = far_ends()
    customer = np.concatenate([sounds["talk1"], sounds["quiet"], sounds["talk2"]])
    measured = analyze(write(tmp_path / "call.wav", np.zeros(customer.size), customer))
    talk_s = (sounds["talk1"].size + sounds["talk2"].size) / calls.RATE_HZ
    assert 0.5 * talk_s < measured.customer.speech_share * measured.duration_s < 0.9 * talk_s
    assert measured.customer.music == ()
    (dead,) = measured.dead_air
    assert dead.seconds == pytest.approx(sounds["quiet"].size / calls.RATE_HZ + 1, abs=1)


def test_loudness_of_a_known_tone(tmp_path: Path) -> None:
    measured = analyze(write(tmp_path / "call.wav", tone(10, 997, -3.01), tone(10, 997, -23)))
    assert measured.agent.loudness_lufs == pytest.approx(-3.01, abs=0.1)  # BS.1770-4: a full-scale sine in one channel
    assert measured.customer.loudness_lufs == pytest.approx(-23, abs=0.1)
