"""From a call's files to its measures, in one pass through the sound: `analyze`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from recordings.audio import Audio, Samples, Source, locate, opened
from recordings.frames import Frames, LegListener
from recordings.hearing import hear
from recordings.legs import Leg
from recordings.measures import CallAudio, Recorded, measure
from recordings.settings import Settings
from recordings.voice import SpeechDetector, detector_of

Taker = Callable[[Samples], None]  # of blocks of shape (frames, 2), agent first
Progress = Callable[[float], None]  # told the share of the sound that was heard, 0..1


def analyze(
    source: Source | str | Path,
    settings: Settings | None = None,
    *,
    detector: Callable[[], SpeechDetector] | None = None,
    progress: Progress | None = None,
    also: Callable[[int], Taker] | None = None,
) -> CallAudio:
    """Measure a call: a stereo file (agent left), a base name of two legs, or what `locate` found.

    Reads block by block and keeps some figures for every 20 ms: at most 15 MB for an hour of call. `detector` makes
    one for each leg; `also` is told the sample rate and makes somebody who is fed with every block too. Raises a
    RecordingError where the files cannot be used; they are never changed.
    """
    settings = settings or Settings()
    if not isinstance(source, Source):
        source = locate(source)
    make = detector or detector_of(settings.detector, settings.vad_mode)
    with opened(source, hours_max=settings.hours_max) as audio:
        listeners = {leg: LegListener(audio.rate_hz, make()) for leg in Leg}
        _listen(audio, listeners, progress, also(audio.rate_hz) if also is not None else None)
        frames: dict[Leg, Frames] = {leg: listener.finish() for leg, listener in listeners.items()}
        recorded = Recorded(
            duration_s=audio.frames / audio.rate_hz,
            rate_hz=audio.rate_hz,
            format=audio.format,
            legs_differ_s=audio.legs_differ_s,
            clipping_share={leg: listener.clipped / audio.frames for leg, listener in listeners.items()},
        )
    return measure(recorded, {leg: hear(one, settings) for leg, one in frames.items()}, settings)


def _listen(audio: Audio, listeners: dict[Leg, LegListener], progress: Progress | None, taker: Taker | None) -> None:
    for block in audio.blocks():
        if taker is not None:
            taker(block)
        for side, listener in enumerate(listeners.values()):
            listener.feed(np.ascontiguousarray(block[:, side]))
        if progress is not None and audio.frames_expected:
            progress(min(1.0, audio.frames / audio.frames_expected))
