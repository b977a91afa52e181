"""What one leg's frames are: speech, music, beeps, noise. The whole call is known, so every threshold fits its line.

A frame is speech where the detector says so and the level stands above the leg's noise, unless it belongs to a sound
that is too steady for a voice. Pauses within the flow of words count as speech. Pure: no file is read here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.frames import FLOOR_DBFS, Frames, Levels, Mask
from recordings.runs import Runs, bridged, longer, mask_of, runs_of
from recordings.settings import Settings
from recordings.voice import FRAME_S

_FLOOR_WINDOW = round(10 / FRAME_S)
_WINDOW = round(2 / FRAME_S)
_STEP = round(0.1 / FRAME_S)
_EDGE = round(0.24 / FRAME_S)  # a window passes with a twentieth of it outside
_MUSIC_GAP = round(2.5 / FRAME_S)  # a bar in which the lines move too fast
_TONE_EDGE = 2  # where a tone fills half a frame
_LINE_BACK = round(0.1 / FRAME_S)
_LINE = 2  # bins
_HUM_MAX_HZ = 190
_NONE: Runs = np.zeros((0, 2), np.int64)
_WINDOWS_AT_ONCE = 6_000  # ten minutes: keeps the working memory flat


@dataclass(frozen=True, slots=True)
class Heard:
    """One leg: its frames, and which of them are what. Runs are in frames."""

    frames: Frames
    speech: Runs
    music: Runs
    beeps: Runs
    floor: Levels  # dBFS, of the noise, for each frame

    @property
    def speech_mask(self) -> Mask:
        return mask_of(self.speech, len(self.frames))


def hear(frames: Frames, settings: Settings) -> Heard:
    """Tell the frames of one leg apart."""
    floor = noise_floor(frames.level)
    loud = _above(frames.level, floor, settings)
    beeps = _beeps(frames, loud, settings)
    music, steady = _goes_on(frames, loud, settings)
    no_voice = mask_of(
        np.concatenate([_widened(music, _EDGE), _widened(steady, _EDGE), _widened(beeps, _TONE_EDGE)]), len(frames)
    )
    speech = bridged(runs_of(loud & frames.voice & ~no_voice), _count(settings.pause_min_s))
    return Heard(frames, longer(speech, _count(settings.speech_min_s)), music, beeps, floor)


def noise_floor(level: Levels) -> Levels:
    """The level that nine of ten frames exceed, in the quietest of the ten seconds around and their neighbours."""
    windows = -(-level.size // _FLOOR_WINDOW)
    padded = np.pad(level, (0, windows * _FLOOR_WINDOW - level.size), mode="reflect" if level.size > 1 else "edge")
    tenth = np.percentile(padded.reshape(windows, _FLOOR_WINDOW), 10, axis=1)
    around = np.pad(tenth, 1, mode="edge")
    quietest = np.minimum(np.minimum(around[:-2], around[1:-1]), around[2:])
    return np.repeat(quietest, _FLOOR_WINDOW)[: level.size].astype(np.float32)


def _above(level: Levels, floor: Levels, settings: Settings) -> Mask:
    """The frames that stand out: of the noise, beside the leg's own loud moments, and at all."""
    rising = level > floor + settings.above_floor_db
    if not rising.any():
        return rising
    loud = float(np.percentile(level[rising], 95))
    return rising & (level > max(loud - settings.below_loud_db, settings.audible_dbfs))


def _beeps(frames: Frames, loud: Mask, settings: Settings) -> Runs:
    """Single steady tones: one line that neither moves nor swells."""
    same = np.abs(np.diff(frames.line.astype(np.int16), prepend=frames.line[:1].astype(np.int16))) <= 1
    calm = np.abs(np.diff(frames.level, prepend=frames.level[:1])) < 3.0
    pure = frames.pure(settings.beep_purity) & (frames.line_hz >= settings.beep_min_hz)
    going_on = runs_of(pure & loud & same & calm)
    # A frame goes on from the one before: that one belongs to the tone too.
    return longer(np.clip(going_on - np.array([1, 0]), 0, None), _count(settings.beep_min_s))


def _goes_on(frames: Frames, loud: Mask, settings: Settings) -> tuple[Runs, Runs]:
    """Stretches that go on for music_min_s and more as no voice does: music, whose lines stay and then move on; and
    other sound above the noise whose level hardly stirs. What is steady in many lines that stay is left to the
    detector: a buzz, but also a held vowel.
    """
    if len(frames) < _WINDOW:
        return _NONE, _NONE
    starts = np.arange(0, len(frames) - _WINDOW + 1, _STEP)
    chunks = np.split(starts, range(_WINDOWS_AT_ONCE, starts.size, _WINDOWS_AT_ONCE))
    spread = np.concatenate([_spread(frames.level, chunk, settings) for chunk in chunks])
    stays = _share(_lined(frames), starts) >= settings.line_share
    pure = _share(frames.pure(0.5), starts) > 0.5
    least = _count(settings.music_min_s)
    musical = starts[(spread < settings.music_range_db) & stays]
    standing = _share(loud, starts) > 0.5
    steady = starts[standing & (spread < settings.steady_range_db) & (pure | ~stays)]
    music = [run for run in longer(bridged(_covered(musical, len(frames)), _MUSIC_GAP), least) if _moves(frames, run)]
    return np.array(music, np.int64).reshape(-1, 2), longer(_covered(steady, len(frames)), least)


def _spread(level: Levels, starts: Runs, settings: Settings) -> Levels:
    """From the quiet to the loud frames of each window, in dB; infinite where they cannot be heard."""
    part = level[starts[0] : starts[-1] + _WINDOW]
    windows = np.lib.stride_tricks.sliding_window_view(part, _WINDOW)[::_STEP]
    low, high = np.percentile(windows, [5, 95], axis=1)
    return np.where(low > settings.audible_dbfs, high - low, np.inf)


def _share(mask: Mask, starts: Runs) -> NDArray[np.float64]:
    """Share of each window's frames for which the mask is true."""
    sums = np.cumsum(np.append(0, mask))
    return np.asarray((sums[starts + _WINDOW] - sums[starts]) / _WINDOW)


def _covered(starts: Runs, size: int) -> Runs:
    return runs_of(mask_of(np.column_stack([starts, starts + _WINDOW]), size))


def _lined(frames: Frames) -> Mask:
    """The frames whose strongest line is where it was a tenth of a second ago, and higher than mains hum."""
    line = frames.line.astype(np.int16)
    stays = np.append(np.zeros(_LINE_BACK, np.bool_), np.abs(line[_LINE_BACK:] - line[:-_LINE_BACK]) <= 1)
    return stays & (frames.line_hz > _HUM_MAX_HZ)


def _moves(frames: Frames, run: Runs) -> bool:
    """Whether the strongest line changes over the run: a tune does, hum and a dial tone do not."""
    low, high = np.percentile(frames.line[run[0] : run[1]], [10, 90])
    return bool(high - low >= _LINE)


def _widened(runs: Runs, frames: int) -> Runs:
    """Some frames more on either side."""
    return np.asarray(np.clip(runs + np.array([-frames, frames]), 0, None))


def _count(seconds: float) -> int:
    return max(1, round(seconds / FRAME_S))


def has_signal(heard: Heard, settings: Settings) -> bool:
    """Whether anything but silence or steady noise is on the leg."""
    frames = heard.frames
    if len(heard.speech) or len(heard.music) or len(heard.beeps):
        return True
    if len(frames) * FRAME_S < settings.one_way_min_s:
        return bool((frames.level > max(FLOOR_DBFS, settings.audible_dbfs)).any())
    return False
