"""The measures of a call, from what was heard on its two legs. Pure; times in seconds from the recording's start.

The recording starts with the bridge, so the start is the moment when the two began to hear each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import median

import numpy as np

from recordings.frames import Levels, Mask
from recordings.hearing import Heard, has_signal
from recordings.legs import Leg
from recordings.loudness import level_dbfs, loudness_lufs
from recordings.runs import Runs, longer, mask_of, runs_of
from recordings.settings import Settings
from recordings.turns import Turn, responses_s, stretches, turns
from recordings.voice import FRAME_S

SILENCE_S, TALK_OVER_S = 1.0, 0.3  # shorter ones are not listed


class Flag(StrEnum):
    """What somebody should listen to."""

    DEAD_AIR = "dead_air"
    TALK_OVER = "talk_over"
    ONE_WAY = "one_way"
    NO_AUDIO = "no_audio"
    CLIPPING = "clipping"
    TOO_QUIET = "too_quiet"
    LATE_FIRST_WORD = "late_first_word"
    HUNG_UP_ON_GREETING = "hung_up_on_greeting"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the call."""

    at_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Beep:
    """A single steady tone."""

    at_s: float
    seconds: float
    hz: float  # to 16 Hz


@dataclass(frozen=True, slots=True)
class LegMeasures:
    """One side of the call. None where there is nothing to measure."""

    speech_share: float
    loudness_dbfs: float | None  # root mean square of its speech
    loudness_lufs: float | None  # the leg's, by BS.1770-4's gates
    clipping_share: float
    noise_floor_dbfs: float  # mean of the level between sounds
    turns: int
    response_median_s: float | None  # from the end of the other's turn to the start of its own; below 0: spoke before
    music_share: float
    music: tuple[Stretch, ...]
    beeps: tuple[Beep, ...]


@dataclass(frozen=True, slots=True)
class CallAudio:
    """Everything measured of one call. Shares are of its whole duration."""

    duration_s: float
    rate_hz: int
    format: str
    legs_differ_s: float
    agent: LegMeasures
    customer: LegMeasures
    silence_share: float  # nobody speaks
    talk_over_share: float  # both do
    longest_monologue_s: float
    longest_monologue_by: Leg | None
    turns: int
    response_median_s: float | None
    first_agent_speech_s: float | None
    first_customer_speech_s: float | None
    dead_air: tuple[Stretch, ...]
    silences: tuple[Stretch, ...]  # of a second and more in which nobody speaks, music included
    talk_overs: tuple[Stretch, ...]  # of 0.3 s and more
    one_way: bool
    silent_legs: tuple[Leg, ...]  # those without any signal
    hung_up_on_greeting: bool
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of the files themselves."""

    duration_s: float
    rate_hz: int
    format: str
    legs_differ_s: float
    clipping_share: Mapping[Leg, float]


def measure(recorded: Recorded, heard: Mapping[Leg, Heard], settings: Settings) -> CallAudio:
    """All measures and flags of a call."""
    spoken = stretches({leg: one.speech for leg, one in heard.items()}, settings)
    taken = turns(spoken, settings)
    longest = max(spoken, key=lambda turn: turn.frames, default=None)
    waits = responses_s(taken)
    agent, customer = (heard[leg].speech_mask for leg in Leg)
    silent = tuple(leg for leg in Leg if not has_signal(heard[leg], settings))
    call = CallAudio(
        duration_s=recorded.duration_s,
        rate_hz=recorded.rate_hz,
        format=recorded.format,
        legs_differ_s=recorded.legs_differ_s,
        agent=_leg(Leg.AGENT, heard[Leg.AGENT], recorded, taken, waits),
        customer=_leg(Leg.CUSTOMER, heard[Leg.CUSTOMER], recorded, taken, waits),
        silence_share=float((~(agent | customer)).mean()),
        talk_over_share=float((agent & customer).mean()),
        longest_monologue_s=longest.frames * FRAME_S if longest else 0.0,
        longest_monologue_by=longest.leg if longest else None,
        turns=len(taken),
        response_median_s=_median([wait for each in waits.values() for wait in each]),
        first_agent_speech_s=_first_s(heard[Leg.AGENT].speech),
        first_customer_speech_s=_first_s(heard[Leg.CUSTOMER].speech),
        dead_air=_dead_air(~(agent | customer), heard, settings),
        silences=_as_stretches(longer(runs_of(~(agent | customer)), round(SILENCE_S / FRAME_S))),
        talk_overs=_as_stretches(longer(runs_of(agent & customer), round(TALK_OVER_S / FRAME_S))),
        one_way=len(silent) == 1,
        silent_legs=silent,
        hung_up_on_greeting=_hung_up_on_greeting(recorded.duration_s, heard, spoken, settings),
        flags=(),
    )
    return replace(call, flags=flags_of(call, settings))


def flags_of(call: CallAudio, settings: Settings) -> tuple[Flag, ...]:
    """The flags that the measures raise. None of the others where there is no sound to speak of."""
    if len(call.silent_legs) == len(Leg):
        return (Flag.NO_AUDIO,)
    legs = (call.agent, call.customer)
    first = call.first_agent_speech_s
    raised = {
        Flag.DEAD_AIR: bool(call.dead_air),
        Flag.TALK_OVER: call.talk_over_share > settings.talk_over_share_max,
        Flag.ONE_WAY: call.one_way,
        Flag.CLIPPING: any(leg.clipping_share > settings.clipping_share_max for leg in legs),
        Flag.TOO_QUIET: any((leg.loudness_dbfs or 0.0) < settings.loudness_min_dbfs for leg in legs),
        Flag.LATE_FIRST_WORD: (call.duration_s if first is None else first) > settings.first_word_max_s,
        Flag.HUNG_UP_ON_GREETING: call.hung_up_on_greeting,
    }
    return tuple(flag for flag, is_raised in raised.items() if is_raised)


def _leg(
    leg: Leg, heard: Heard, recorded: Recorded, taken: list[Turn], waits: Mapping[Leg, list[float]]
) -> LegMeasures:
    frames, speech, hz = heard.frames, heard.speech_mask, heard.frames.line_hz
    music = mask_of(heard.music, len(frames))
    between = ~(speech | music | mask_of(heard.beeps, len(frames)))
    return LegMeasures(
        speech_share=float(speech.mean()),
        loudness_dbfs=level_dbfs(frames.level[speech]),
        loudness_lufs=loudness_lufs(frames.weighted),
        clipping_share=recorded.clipping_share[leg],
        noise_floor_dbfs=_noise_floor_dbfs(frames.level, between, heard),
        turns=sum(turn.leg is leg for turn in taken),
        response_median_s=_median(waits[leg]),
        music_share=float(music.mean()),
        music=_as_stretches(heard.music),
        beeps=tuple(
            Beep(start * FRAME_S, (end - start) * FRAME_S, float(np.median(hz[start:end])))
            for start, end in heard.beeps.tolist()
        ),
    )


def _noise_floor_dbfs(level: Levels, between: Mask, heard: Heard) -> float:
    """The middle of the level between sounds; the lowest levels where the leg never pauses."""
    return float(np.median(level[between] if between.any() else heard.floor))


def _dead_air(nobody: Mask, heard: Mapping[Leg, Heard], settings: Settings) -> tuple[Stretch, ...]:
    """Stretches without speech and without music: who is on hold hears that the line lives."""
    for one in heard.values():
        nobody = nobody & ~mask_of(one.music, nobody.size)
    return _as_stretches(longer(runs_of(nobody), round(settings.dead_air_s / FRAME_S)))


def _hung_up_on_greeting(duration_s: float, heard: Mapping[Leg, Heard], spoken: list[Turn], settings: Settings) -> bool:
    """A short call in which the customer said nothing of note once the agent had begun."""
    agent = [turn for turn in spoken if turn.leg is Leg.AGENT]
    if not agent or duration_s > settings.greeting_max_s:
        return False
    after = mask_of(heard[Leg.CUSTOMER].speech, len(heard[Leg.CUSTOMER].frames))[agent[0].start :]
    return float(after.sum()) * FRAME_S < settings.backchannel_max_s


def _as_stretches(runs: Runs) -> tuple[Stretch, ...]:
    return tuple(Stretch(start * FRAME_S, (end - start) * FRAME_S) for start, end in runs.tolist())


def _first_s(speech: Runs) -> float | None:
    return float(speech[0, 0]) * FRAME_S if len(speech) else None


def _median(values: list[float]) -> float | None:
    return median(values) if values else None
