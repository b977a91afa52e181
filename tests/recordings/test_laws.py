"""Laws that hold for every call: legs may be swapped, calls joined, gain turned, files cut into any blocks."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recordings.analysis import analyze
from recordings.frames import LegListener
from recordings.legs import Leg
from recordings.resample import Resampler
from recordings.runs import bridged, mask_of, runs_of
from recordings.settings import Settings
from recordings.turns import stretches, turns
from recordings.voice import FRAME, RATE_HZ, WebRtcDetector
from tests.recordings.calls import Sound, conversation, spoken, tone, write

masks = st.lists(st.booleans(), max_size=60).map(lambda values: np.array(values, np.bool_))


def legs_of(seconds: float, seed: int) -> tuple[Sound, Sound]:
    agent, customer = conversation(seconds, seed)
    return spoken(seconds, agent, seed=seed), spoken(seconds, customer, seed=seed + 50)


@pytest.mark.parametrize("seed", range(3))
def test_swapping_the_legs_swaps_the_measures(tmp_path: Path, seed: int) -> None:
    agent, customer = legs_of(30, seed)
    one = analyze(write(tmp_path / "one.wav", agent, customer))
    other = analyze(write(tmp_path / "other.wav", customer, agent))
    assert other.longest_monologue_by is not None
    swapped = replace(
        other,
        agent=other.customer,
        customer=other.agent,
        first_agent_speech_s=other.first_customer_speech_s,
        first_customer_speech_s=other.first_agent_speech_s,
        longest_monologue_by=other.longest_monologue_by.other,
        flags=one.flags,
    )
    assert swapped == one


@pytest.mark.parametrize("seed", range(3))
def test_a_call_after_another_has_the_mean_of_their_shares(tmp_path: Path, seed: int) -> None:
    first, second = legs_of(20, seed), legs_of(20, seed + 10)
    both = [np.concatenate(pair) for pair in zip(first, second, strict=True)]
    parts = [analyze(write(tmp_path / f"{name}.wav", *legs)) for name, legs in (("a", first), ("b", second))]
    whole = analyze(write(tmp_path / "whole.wav", *both))
    for share in ("silence_share", "talk_over_share"):
        assert getattr(whole, share) == pytest.approx(np.mean([getattr(part, share) for part in parts]), abs=0.01)
    assert whole.agent.speech_share == pytest.approx(np.mean([part.agent.speech_share for part in parts]), abs=0.01)


@pytest.mark.parametrize("gain_db", [-20.0, -6.0, 6.0])
def test_gain_changes_levels_and_no_share(tmp_path: Path, gain_db: float) -> None:
    agent, customer = legs_of(30, 3)
    gain = 10 ** (gain_db / 20)
    plain = analyze(write(tmp_path / "plain.wav", agent, customer))
    turned = analyze(write(tmp_path / "turned.wav", agent * gain, customer * gain))
    assert turned.silence_share == pytest.approx(plain.silence_share, abs=0.005)
    assert turned.talk_over_share == pytest.approx(plain.talk_over_share, abs=0.005)
    assert turned.agent.loudness_dbfs == pytest.approx((plain.agent.loudness_dbfs or 0) + gain_db, abs=0.1)
    assert turned.agent.loudness_lufs == pytest.approx((plain.agent.loudness_lufs or 0) + gain_db, abs=0.1)


@given(cuts=st.lists(st.integers(1, 40_000), max_size=8), rate_hz=st.sampled_from([8_000, 16_000, 44_100]))
@settings(max_examples=30, deadline=None)
def test_blocks_of_any_size_count_the_same(cuts: list[int], rate_hz: int) -> None:
    samples = np.clip(1.5 * tone(1.0, 300, -3.0, rate_hz), -1, 1).astype(np.float32)

    def heard(parts: list[np.ndarray[tuple[int], np.dtype[np.float32]]]) -> tuple[int, int, float]:
        listener = LegListener(rate_hz, WebRtcDetector(1))
        for part in parts:
            if part.size:
                listener.feed(part)
        frames = listener.finish()
        return listener.clipped, len(frames), float(frames.level.sum())

    clipped, count, levels = heard(np.split(samples, sorted(cuts)))
    whole = heard([samples])
    assert (clipped, count) == whole[:2]
    assert levels == pytest.approx(whole[2], rel=1e-4)
    assert count == RATE_HZ // FRAME


@pytest.mark.parametrize("rate_hz", [4_000, 6_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000])
def test_another_rate_keeps_a_tone_and_drops_what_it_cannot_hold(rate_hz: int) -> None:
    time_s = np.arange(rate_hz) / rate_hz
    resampler = Resampler(rate_hz, 8_000)
    wave = np.sin(2 * np.pi * 700 * time_s).astype(np.float32)
    made = np.concatenate([resampler.feed(wave[:1000]), resampler.feed(wave[1000:]), resampler.finish()])
    assert made.size == 8_000
    expected = np.sin(2 * np.pi * 700 * np.arange(8_000) / 8_000)
    assert np.abs(made - expected)[200:-200].max() < 0.001
    if rate_hz > 10_000:
        resampler = Resampler(rate_hz, 8_000)
        too_high = resampler.feed(np.sin(2 * np.pi * 4_600 * time_s).astype(np.float32))
        assert np.abs(too_high[200:-200]).max() < 0.003


@given(masks)
def test_runs_and_masks_are_each_others_opposite(mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    assert (mask_of(runs_of(mask), mask.size) == mask).all()


@given(masks, st.integers(1, 10))
def test_bridging_closes_exactly_the_short_gaps(mask: np.ndarray[tuple[int], np.dtype[np.bool_]], gap: int) -> None:
    closed = bridged(runs_of(mask), gap)
    assert (mask_of(closed, mask.size) | ~mask).all()
    assert ((closed[1:, 0] - closed[:-1, 1]) >= gap).all()
    assert set(closed.ravel().tolist()) <= set(runs_of(mask).ravel().tolist())


@given(masks, masks)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_turns_alternate_and_stretches_cover_all_speech(
    agent: np.ndarray[tuple[int], np.dtype[np.bool_]], customer: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> None:
    speech = {Leg.AGENT: runs_of(agent), Leg.CUSTOMER: runs_of(customer)}
    spoken_stretches = stretches(speech, Settings())
    for leg, mask in ((Leg.AGENT, agent), (Leg.CUSTOMER, customer)):
        own = np.array([(one.start, one.end) for one in spoken_stretches if one.leg is leg], np.int64).reshape(-1, 2)
        assert (mask_of(own, mask.size) | ~mask).all()
    taken = turns(spoken_stretches, Settings())
    assert all(before.leg is not after.leg for before, after in pairwise(taken))
    assert bool(taken) == bool(spoken_stretches)
