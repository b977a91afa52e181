"""How fast a call is measured: times real time on one core, beside the bare libraries doing the same reading.

    python -m benchmarks.recordings [--minutes 30] [--rate 8000] [--subtype PCM_16]

The bare pass reads the file with soundfile and asks webrtcvad about every 20 ms of both legs, and does nothing else:
what any measuring costs at least. CPU time of the process, the best of the repeats, all threads counted.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]
import webrtcvad  # type: ignore[import-untyped]

from benchmarks.tables import machine, table
from recordings.analysis import analyze


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=int, default=8_000)
    parser.add_argument("--subtype", default="PCM_16", help="PCM_16, ULAW, ALAW, FLAC or OPUS")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = made_call(Path(folder), options.minutes, options.rate, options.subtype)
        seconds = soundfile.info(str(path)).duration
        print(f"{seconds / 60:.0f} minutes, {options.rate} Hz stereo, {options.subtype}")
        ours = best(lambda: analyze(path), options.repeats)
        bare = (
            best(lambda: bare_pass(path), options.repeats) if options.rate in (8_000, 16_000, 32_000, 48_000) else None
        )
    rows: list[list[object]] = [["dialer recordings analyze", seconds / ours]]
    if bare is not None:
        rows.append(["soundfile + webrtcvad alone", seconds / bare])
    print(table(["what", "x real time"], rows))
    if bare is not None:
        print(f"measuring takes {ours / bare:.2f} times the bare pass")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def made_call(folder: Path, minutes: float, rate_hz: int, subtype: str) -> Path:
    """Bursts in the rhythm of syllables, the legs in turns over noise, written a minute at a time."""
    path = folder / {"FLAC": "call.flac", "OPUS": "call.opus"}.get(subtype, "call.wav")
    chance = np.random.default_rng(1)
    time_s = np.arange(60 * rate_hz) / rate_hz
    voice = sum(np.sin(2 * np.pi * 130 * harmonic * time_s) / harmonic for harmonic in range(1, 20))
    voice *= 0.15 * (1 + np.sin(2 * np.pi * 4 * time_s)) / 2
    minute = chance.normal(0, 0.002, (time_s.size, 2))
    for side in (0, 1):
        minute[:, side] += voice * ((time_s // 4) % 3 == side)
    kind = "PCM_16" if subtype == "FLAC" else subtype
    form = "OGG" if subtype == "OPUS" else None
    with soundfile.SoundFile(path, "w", rate_hz, 2, subtype=kind, format=form) as sound:
        for _ in range(max(1, round(minutes))):
            sound.write(minute)
    return path


def bare_pass(path: Path) -> None:
    """What is read and asked at least."""
    detectors = [webrtcvad.Vad(1), webrtcvad.Vad(1)]
    with soundfile.SoundFile(path) as sound:
        rate_hz = sound.samplerate
        size = 2 * rate_hz // 50
        for block in sound.blocks(blocksize=20 * rate_hz, dtype="int16", always_2d=True):
            for side, detector in enumerate(detectors):
                data = block[:, side].tobytes()
                for at in range(0, len(data) - size + 1, size):
                    detector.is_speech(data[at : at + size], rate_hz)


def best(run: Callable[[], object], repeats: int) -> float:
    """Least CPU seconds of the repeats: others on the machine only ever make it slower."""
    taken = []
    for _ in range(repeats):
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return min(taken)


if __name__ == "__main__":
    print(machine())
    main(sys.argv[1:])
