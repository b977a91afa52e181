"""Recordings as MixMonitor makes them: a mix and a file for each leg, of one length, tones in place of voices.

It writes below one folder and nowhere else; without a folder it writes nothing and only keeps count.
"""

import re
import wave
from array import array
from collections.abc import Iterable, Sequence
from functools import cache
from math import pi, sin
from pathlib import Path

from simulation.standin.channels import Channel, Recording
from simulation.standin.world import World

RATE_HZ = 8000
PERSON_HZ = 500
AGENT_HZ = 700
AMPLITUDE = 8000
SECONDS_MAX = 3600.0

LEG = re.compile(r"([rt])\(([^)]*)\)")
Span = tuple[float, float]


class Tape:
    """Starts, mutes and ends recordings."""

    def __init__(self, world: World, folder: Path | None) -> None:
        self._world = world
        self._folder = folder.resolve() if folder else None

    def start(self, channel: Channel, file: str, options: str) -> bool:
        """False where a file would lie outside the folder."""
        legs = dict(LEG.findall(options))
        files = [file, *legs.values()]
        if self._folder and not all(self._path(name).is_relative_to(self._folder) for name in files):
            return False
        now = self._world.now()
        talking = channel.bridge is not None and not channel.bridge.holding
        channel.recording = Recording(
            file=file,
            received=legs.get("r", ""),
            transmitted=legs.get("t", ""),
            appends="a" in LEG.sub("", options),
            since=now,
            talk_since=now if talking else None,
        )
        return True

    def talk_began(self, channel: Channel) -> None:
        if channel.recording and channel.recording.talk_since is None:
            channel.recording.talk_since = self._world.now()

    def talk_ended(self, channel: Channel) -> None:
        recording = channel.recording
        if recording and recording.talk_since is not None:
            recording.talks.append((recording.talk_since, self._world.now()))
            recording.talk_since = None

    def mute(self, recording: Recording, muted: bool) -> None:
        if muted and recording.mute_since is None:
            recording.mute_since = self._world.now()
        elif not muted and recording.mute_since is not None:
            recording.mutes.append((recording.mute_since, self._world.now()))
            recording.mute_since = None

    def stop(self, channel: Channel) -> None:
        """Close the recording and write its files."""
        self.talk_ended(channel)
        recording, channel.recording = channel.recording, None
        if recording is None or self._folder is None:
            return
        self.mute(recording, False)
        length_s = min(self._world.now() - recording.since, SECONDS_MAX)
        whole = [(recording.since, recording.since + length_s)]
        person = _leg(recording, whole, PERSON_HZ, length_s)
        agent = _leg(recording, recording.talks, AGENT_HZ, length_s)
        for name, samples in ((recording.file, _mix(person, agent)), (recording.received, person)):
            self._write(name, samples, appends=recording.appends)
        self._write(recording.transmitted, agent, appends=recording.appends)

    def _path(self, name: str) -> Path:
        """A name without a folder lies in ours; one without an ending is a wav."""
        path = (self._folder or Path()) / name
        return (path if path.suffix else path.with_suffix(".wav")).resolve()

    def _write(self, name: str, samples: bytes, *, appends: bool) -> None:
        if not name:
            return
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if appends and path.exists():
            with wave.open(str(path)) as before:
                samples = before.readframes(before.getnframes()) + samples
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(samples)


@cache
def _second(frequencies_hz: tuple[int, ...]) -> bytes:
    """One second of the tones; whole periods, so that it can be repeated."""
    steps = (2 * pi * position / RATE_HZ for position in range(RATE_HZ))
    return array("h", (round(AMPLITUDE * sum(sin(hz * step) for hz in frequencies_hz)) for step in steps)).tobytes()


def _leg(recording: Recording, heard: Iterable[Span], hz: int, length_s: float) -> bytes:
    samples = bytearray(2 * round(length_s * RATE_HZ))
    tone = _second((hz,)) * (int(length_s) + 2)
    for since, until in heard:
        first, last = (_offset(at - recording.since, len(samples)) for at in (since, until))
        samples[first:last] = tone[first:last]
    for since, until in recording.mutes:
        first, last = (_offset(at - recording.since, len(samples)) for at in (since, until))
        samples[first:last] = bytes(last - first)
    return bytes(samples)


def _offset(seconds: float, end: int) -> int:
    return max(0, min(end, 2 * round(seconds * RATE_HZ)))


def _mix(*legs: Sequence[int] | bytes) -> bytes:
    """Both legs in one file. The tones are far from clipping."""
    first, second = (array("h", bytes(leg)) for leg in legs)
    return array("h", map(int.__add__, first, second)).tobytes()
