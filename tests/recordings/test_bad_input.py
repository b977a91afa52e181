"""What is no recording of a call is refused with an error that names it, and nothing is harmed."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]

from recordings.analysis import analyze
from recordings.audio import locate
from recordings.errors import (
    EmptyRecordingError,
    RecordingError,
    RecordingNotFoundError,
    RecordingPathError,
    RecordingTooLongError,
    TruncatedRecordingError,
    WrongFormatError,
)
from recordings.settings import Settings
from tests.recordings.calls import RATE_HZ, noise, spoken, write

Make = Callable[[Path], object]


def sound(
    path: Path, *, channels: int = 2, seconds: float = 2.0, rate_hz: int = RATE_HZ, kind: str | None = None
) -> None:
    samples = noise(seconds * channels, -30, rate_hz=rate_hz).reshape(-1, channels)
    soundfile.write(path, samples, rate_hz, format=kind)


def cut(path: Path, *, kind: str | None = None) -> None:
    sound(path, kind=kind, seconds=20)
    os.truncate(path, path.stat().st_size * 2 // 3)


def header_alone_never_completed(path: Path) -> None:
    """What a recorder leaves that was killed: sound, and a header that still says none."""
    sound(path)
    data = bytearray(path.read_bytes())
    data[40:44] = bytes(4)
    path.write_bytes(data)


def not_numbers(path: Path) -> None:
    samples = np.zeros((RATE_HZ, 2), np.float32)
    samples[77, 0] = np.nan
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")


def promising(path: Path, hours: float) -> None:
    """A file with holes: hours long, and hardly a block on the disk."""
    sound(path)
    data = bytearray(path.read_bytes()[:44])
    length = round(hours * 3600 * RATE_HZ) * 4
    data[4:8], data[40:44] = (length + 36).to_bytes(4, "little"), length.to_bytes(4, "little")
    path.write_bytes(data)
    os.truncate(path, 44 + length)


def link_to(path: Path) -> None:
    sound(path.with_name("other.wav"))
    path.symlink_to(path.with_name("other.wav"))


BAD: dict[str, tuple[Make, type[RecordingError], str]] = {
    "no such file": (lambda path: None, RecordingNotFoundError, "no such file"),
    "no bytes": (lambda path: path.write_bytes(b""), EmptyRecordingError, "empty"),
    "no sound": (lambda path: sound(path, seconds=0), EmptyRecordingError, "no sound"),
    "text": (lambda path: path.write_text("not a sound\n" * 99), WrongFormatError, "no sound file"),
    "random bytes": (lambda path: path.write_bytes(bytes(range(256)) * 99), WrongFormatError, "no sound file"),
    "a header's first half": (
        lambda path: path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt "),
        TruncatedRecordingError,
        "ends before",
    ),
    "cut WAV": (cut, TruncatedRecordingError, "promises"),
    "cut FLAC": (lambda path: cut(path, kind="FLAC"), TruncatedRecordingError, "ends before|damaged after|ends after"),
    "cut Ogg": (lambda path: cut(path, kind="OGG"), TruncatedRecordingError, "last page"),
    "never completed": (header_alone_never_completed, TruncatedRecordingError, "never completed"),
    "one channel": (lambda path: sound(path, channels=1), WrongFormatError, "1 channel"),
    "three channels": (lambda path: sound(path, channels=3), WrongFormatError, "3 channels"),
    "a rate of no telephone": (lambda path: sound(path, rate_hz=1_000), WrongFormatError, "1000 Hz"),
    "not numbers": (not_numbers, WrongFormatError, "no numbers"),
    "30 hours": (lambda path: promising(path, 30), RecordingTooLongError, "longer than 24 h"),
    "a link": (link_to, RecordingPathError, "link"),
    "a broken link": (lambda path: path.symlink_to("/nowhere"), RecordingPathError, "link"),
    "a folder": (Path.mkdir, RecordingPathError, "no ordinary file"),
    "a pipe": (os.mkfifo, RecordingPathError, "no ordinary file"),
}


@pytest.mark.parametrize(("make", "error", "says"), BAD.values(), ids=BAD)
def test_bad_files(tmp_path: Path, make: Make, error: type[RecordingError], says: str) -> None:
    path = tmp_path / "call.wav"
    make(path)
    before = sorted((one.name, one.lstat().st_size, one.lstat().st_mtime_ns) for one in tmp_path.iterdir())
    with pytest.raises(error, match=says) as raised:
        analyze(path)
    assert type(raised.value) is error
    assert str(path) in str(raised.value)
    assert sorted((one.name, one.lstat().st_size, one.lstat().st_mtime_ns) for one in tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_devices(name: str) -> None:
    with pytest.raises((RecordingPathError, RecordingNotFoundError)):
        analyze(name)


@pytest.mark.parametrize("name", ["../call.wav", "a/../../call.wav", "..", "", "call\0.wav"])
def test_paths_that_lead_away(tmp_path: Path, name: str) -> None:
    sound(tmp_path / "call.wav")
    (tmp_path / "below").mkdir()
    with pytest.raises(RecordingPathError):
        locate(name, folder=tmp_path / "below")
    with pytest.raises(RecordingPathError):
        analyze(name)


def test_nothing_outside_the_folder_is_opened(tmp_path: Path) -> None:
    room = tmp_path / "room"
    (room / "day").mkdir(parents=True)
    sound(tmp_path / "secret.wav")
    sound(room / "day" / "call.wav")
    (room / "out").symlink_to(tmp_path)
    assert locate("day/call.wav", folder=room).paths == ((room / "day" / "call.wav").resolve(),)
    for name in (str(tmp_path / "secret.wav"), "out/secret.wav", "out/secret"):
        with pytest.raises(RecordingPathError):
            locate(name, folder=room)


def test_a_lost_leg_is_named(tmp_path: Path) -> None:
    sound(tmp_path / "call-agent.wav", channels=1)
    with pytest.raises(RecordingNotFoundError, match=r"call-customer\.wav"):
        analyze(tmp_path / "call")


def test_a_leg_that_is_a_link(tmp_path: Path) -> None:
    sound(tmp_path / "call-agent.wav", channels=1)
    (tmp_path / "call-customer.wav").symlink_to("call-agent.wav")
    with pytest.raises(RecordingPathError, match="link"):
        analyze(tmp_path / "call")


def test_legs_of_different_rates(tmp_path: Path) -> None:
    sound(tmp_path / "call-agent.wav", channels=1)
    sound(tmp_path / "call-customer.wav", channels=1, rate_hz=16_000)
    with pytest.raises(WrongFormatError, match="different sample rates"):
        analyze(tmp_path / "call")


def test_a_length_that_no_header_tells_is_limited_while_reading(tmp_path: Path) -> None:
    path = write(tmp_path / "call.wav", spoken(30, [(1, 5)]), spoken(30, [(6, 9)]))
    with pytest.raises(RecordingTooLongError):
        analyze(path, Settings(hours_max=20 / 3600))
    assert analyze(path, Settings(hours_max=31 / 3600)).duration_s == 30


def test_the_shortest_calls(tmp_path: Path) -> None:
    for samples in (1, 159, 160, 161, 4_000):
        path = write(tmp_path / "call.wav", np.zeros(samples), np.full(samples, 0.1))
        assert analyze(path).duration_s == samples / RATE_HZ
