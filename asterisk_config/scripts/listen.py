"""Hears a call for the dialplan, as an EAGI program: Asterisk gives it the far end's sound at descriptor 3.

    EAGI(cadencia-listen,beep,1600,25)                       sets DIALER_HEARD: BEEP, QUIET or NOTHING
    EAGI(cadencia-listen,ask,SOUND,4,9,/my/recogniser,es)    sets DIALER_KEY, and DIALER_ASKED to yes

`beep` waits for the moment at which a machine records: the end of a single steady tone, or quiet for so many
milliseconds where there was none; NOTHING where neither comes within so many seconds.

`ask` plays a sound and waits for a key behind it, as Read does; what the far end says meanwhile is given to a
recogniser, and words that ask not to be called are the same as the key 9.

It needs the standard library alone (Python 3.8 and later) and nobody of ours, so that it works with the dialer dead.
Where it cannot run, DIALER_HEARD stays as it was, and the dialplan has another way.
"""

from __future__ import annotations

import math
import os
import re
import select
import subprocess
import sys
import tempfile
import time
import wave
from array import array
from collections.abc import Iterator, Sequence

from asterisk_config.scripts.opt_out_words import asks_to_stop

RATE_HZ = 8000
FRAME = 160  # samples: 20 ms
FRAME_MS = 20
AUDIO = 3  # the descriptor that Asterisk writes 16-bit samples to
LATE_S = 0.5  # a far end that sends nothing for so long is quiet

BEEP_HZ = (330.0, 2000.0)  # the region's machines sound 350 to 1400
BEEP_MIN_MS = 120  # of whole frames: a beep of 150 ms has no fewer, wherever it begins
BEEP_MAX_MS = 5000  # longer is no beep
PURE = 0.8  # of a frame's power at one frequency
ROOT_MAX = 6  # samples that the lowest of these takes for a quarter of a turn
STEADY_HZ = 20.0  # between neighbouring frames
TONE_RMS = 300.0  # of 32,767: some -41 dBFS
TAIL_MS = 60  # the frame in which a beep ends is half a beep, and lines echo
REST_MS = 240  # of quiet behind a beep: neither another beep nor a voice follows
QUIET = 256.0  # mean amplitude of a quiet frame, as Asterisk's own silence detection has it
WORD_MIN_MS = 100  # of sound: less is a click
PAUSE_MS = 700  # that ends an utterance
BEFORE_MS = 300  # kept of what was before it: words begin softly
UTTERANCE_MAX_S = 6
RECOGNISE_S = 5.0
ASK_MAX_S = 90.0
KEYS = "0123456789*#"
QUIET_BELOW_TONE = 0.1  # on a noisy line a frame is quiet that has less than this part of the beep's amplitude


def tone_in(frame: Sequence[int]) -> float:
    """The frequency in Hz of the single tone that makes up the frame; 0 where it is anything else.

    A sinusoid obeys x[n] + x[n-2k] = 2 cos(kw) x[n-k]. Least squares give w for k = 1, and once more for that k which
    brings kw near a right angle, where noise moves it least; the power at w says how much of the frame it is.
    """
    power = sum(x * x for x in frame[1:-1])
    if power < TONE_RMS**2 * (len(frame) - 2):
        return 0.0
    turn = _turn(frame, 1)
    if not turn:
        return 0.0
    turn = _turn(frame, min(ROOT_MAX, max(1, round(math.pi / 2.0 / turn))))
    hz = turn * RATE_HZ / (2.0 * math.pi)
    if not BEEP_HZ[0] <= hz <= BEEP_HZ[1]:
        return 0.0
    cosine = math.cos(turn)
    before = last = 0.0
    for x in frame:
        before, last = last, x + 2.0 * cosine * last - before
    at_tone = (last * last + before * before - 2.0 * cosine * last * before) * 2.0 / len(frame)
    return hz if at_tone >= PURE * sum(x * x for x in frame) else 0.0


def _turn(frame: Sequence[int], k: int) -> float:
    """Radians a sample of the frame's sinusoid by its samples `k` apart; 0 where it is none."""
    middle = frame[k:-k]
    power = sum(x * x for x in middle)
    both = sum((a + c) * b for a, b, c in zip(frame, middle, frame[2 * k :]))  # noqa: B905 - Python 3.8
    cosine = both / (2.0 * power) if power else 1.0
    return math.acos(cosine) / k if -1.0 < cosine < 1.0 else 0.0


class Beep:
    """What frames add up to, fed one after the other."""

    def __init__(self, quiet_ms: int) -> None:
        """`quiet_ms`: of quiet that says the same as a beep."""
        self._quiet_max_ms = quiet_ms
        self._quiet_ms = 0
        self._tone_ms = 0
        self._tail_ms = 0  # since the beep ended
        self._hz = 0.0
        self._loudest = 0.0  # mean amplitude within the tone
        self._beeped = False

    def hears(self, frame: Sequence[int]) -> str:
        """Take 20 ms; BEEP or QUIET once it is time to speak."""
        hz = tone_in(frame)
        level = sum(map(abs, frame)) / len(frame)
        if hz:
            self._tone(hz, level)
            return ""
        if self._tone_ms:
            self._beeped = BEEP_MIN_MS <= self._tone_ms <= BEEP_MAX_MS
            self._tone_ms = self._tail_ms = 0
        self._tail_ms += FRAME_MS
        if level >= self._quiet_below():
            self._quiet_ms = 0
            self._beeped &= self._tail_ms <= TAIL_MS  # a voice behind a tone: that was no beep
            return ""
        self._quiet_ms += FRAME_MS
        if self._beeped and self._quiet_ms >= REST_MS:
            return "BEEP"
        return "QUIET" if self._quiet_ms >= self._quiet_max_ms else ""

    def _tone(self, hz: float, level: float) -> None:
        if self._tone_ms and abs(hz - self._hz) > STEADY_HZ:
            self._tone_ms = 0
        if not self._tone_ms:
            self._loudest = 0.0
        self._hz, self._loudest = hz, max(self._loudest, level)
        self._tone_ms += FRAME_MS
        self._quiet_ms, self._beeped = 0, False

    def _quiet_below(self) -> float:
        return max(QUIET, QUIET_BELOW_TONE * self._loudest) if self._beeped else QUIET


class Utterance:
    """What the far end says between two silences, fed frame by frame."""

    def __init__(self) -> None:
        self._sound = array("h")
        self._loud_ms = 0
        self._quiet_ms = 0

    @property
    def begun(self) -> bool:
        """Whether somebody is speaking."""
        return self._loud_ms >= WORD_MIN_MS

    def hears(self, frame: Sequence[int]) -> array[int] | None:
        """Take 20 ms; the sound of an utterance that is over with them."""
        loud = sum(map(abs, frame)) / len(frame) >= QUIET
        self._quiet_ms = 0 if loud else self._quiet_ms + FRAME_MS
        self._loud_ms += FRAME_MS if loud else 0
        self._sound.extend(frame)
        if not self.begun:
            self._loud_ms = 0 if self._quiet_ms >= WORD_MIN_MS else self._loud_ms
            del self._sound[: -BEFORE_MS // FRAME_MS * FRAME]
            return None
        if self._quiet_ms < PAUSE_MS and len(self._sound) < UTTERANCE_MAX_S * RATE_HZ:
            return None
        said, self._sound = self._sound, array("h")
        self._loud_ms = self._quiet_ms = 0
        return said


class Recogniser:
    """A command of the user's own: it is given one utterance as a WAV file on its standard input and the language as
    its argument, and writes what was said to its standard output."""

    def __init__(self, command: str, language: str) -> None:
        self._command = [command, language]
        self._process: subprocess.Popen[bytes] | None = None
        self._until = 0.0

    @property
    def busy(self) -> bool:
        """Whether it is still at work."""
        return self._process is not None

    def begin(self, sound: array[int]) -> None:
        """Let it hear an utterance. One that comes while it is busy is not heard: people repeat themselves."""
        if self._process is not None:
            return
        with tempfile.TemporaryFile() as file:  # and no pipe: it may take its time to read
            with wave.open(file, "wb") as made:
                made.setnchannels(1)
                made.setsampwidth(2)
                made.setframerate(RATE_HZ)
                made.writeframes(sound.tobytes())
            file.seek(0)
            try:
                self._process = subprocess.Popen(  # noqa: S603 - what the administrator named
                    self._command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
            except OSError as error:
                sys.stderr.write(f"cadencia-listen: {self._command[0]}: {error.strerror}\n")
        self._until = time.monotonic() + RECOGNISE_S

    def text(self) -> str:
        """What was said, once it knows; empty until then, and where it fails or takes too long."""
        process = self._process
        if process is None:
            return ""
        if process.poll() is None:
            if time.monotonic() < self._until:
                return ""
            process.kill()
        told, _ = process.communicate()
        self._process = None
        return told.decode("utf-8", "replace") if process.returncode == 0 else ""


class Asterisk:
    """The AGI side: one command at a time, and the far end's sound meanwhile."""

    def __init__(self) -> None:
        self._answers = b""
        self._sound = b""
        self.arguments = self._read_header()

    def _read_header(self) -> list[str]:
        given = {}
        while line := self._line():
            key, _, value = line.partition(":")
            given[key] = value.strip()
        return [given[key] for key in sorted(given) if key.startswith("agi_arg_")]

    def _line(self) -> str:
        while b"\n" not in self._answers:
            more = os.read(0, 4096)
            if not more:
                raise EOFError
            self._answers += more
        line, _, self._answers = self._answers.partition(b"\n")
        return line.decode("utf-8", "replace").strip()

    def send(self, command: str) -> None:
        """Ask for something; what is still being done for an earlier command ends with it."""
        os.write(1, command.encode() + b"\n")

    def result(self) -> int:
        """What a command came to: of those that wait for keys the key's code, 0 or less for none."""
        found = re.match(r"200 result=(-?\d+)", self._line())
        return int(found[1]) if found else -1

    def tell(self, **variables: str) -> None:
        """Set variables of the call."""
        for name, value in variables.items():
            self.send(f"SET VARIABLE {name} {value}")
            self.result()

    def frames(self, until: float, *, answer_ends: bool = False) -> Iterator[Sequence[int]]:
        """The far end's sound from now on, 20 ms at a time, until that moment, a command's answer, or the call's end.

        A far end that sends nothing is quiet: frames of zeros stand for what did not come.
        """
        heard = time.monotonic()
        silent = array("h", bytes(2 * FRAME))
        sources = [AUDIO, 0] if answer_ends else [AUDIO]
        while (now := time.monotonic()) < until:
            ready = select.select(sources, [], [], min(0.1, until - now))[0]
            if 0 in ready:
                return
            if AUDIO in ready:
                more = os.read(AUDIO, 65_536)
                if not more:
                    return
                heard, self._sound = now, self._sound + more
            elif now - heard >= LATE_S:
                missing, heard = now - heard, now
                for _ in range(int(missing * 1000 / FRAME_MS)):
                    yield silent
            while len(self._sound) >= 2 * FRAME:
                frame, self._sound = array("h", self._sound[: 2 * FRAME]), self._sound[2 * FRAME :]
                yield frame


def beep(asterisk: Asterisk, quiet_ms: int, patience_s: float) -> str:
    """Wait for the moment to speak to a machine."""
    ear = Beep(quiet_ms)
    for frame in asterisk.frames(time.monotonic() + patience_s):
        if told := ear.hears(frame):
            return told
    return "NOTHING"


def ask(asterisk: Asterisk, sound: str, wait_s: float, stop_key: str, recogniser: Recogniser) -> str:
    """Play a sound and wait behind it: the key that is pressed, or the one that means what was said; empty: neither."""
    ear = Utterance()
    commands = [f'STREAM FILE {sound} "{KEYS}"', f"WAIT FOR DIGIT {int(wait_s * 1000)}"]
    ends = time.monotonic() + ASK_MAX_S
    while time.monotonic() < ends:
        asterisk.send(commands.pop(0) if commands else "WAIT FOR DIGIT 200")
        for frame in asterisk.frames(ends, answer_ends=True):
            if (said := ear.hears(frame)) is not None:
                recogniser.begin(said)
            if asks_to_stop(recogniser.text()):
                return stop_key
        key = asterisk.result()
        if key:
            return chr(key) if key > 0 else ""
        if not commands and not ear.begun and not recogniser.busy:
            return ""
    return ""


def serve(asterisk: Asterisk) -> None:
    """What the dialplan asks for."""
    kind = asterisk.arguments[:1]
    if kind == ["beep"]:
        _, quiet_ms, patience_s = asterisk.arguments
        asterisk.tell(DIALER_HEARD=beep(asterisk, int(quiet_ms), float(patience_s)))
    elif kind == ["ask"]:
        _, sound, wait_s, stop_key, command, language = asterisk.arguments
        key = ask(asterisk, sound, float(wait_s), stop_key, Recogniser(command, language))
        asterisk.tell(**({"DIALER_KEY": key} if key else {}), DIALER_ASKED="yes")


def main() -> None:
    """Serve one call."""
    try:
        serve(Asterisk())
    except (EOFError, BrokenPipeError):
        sys.exit(1)  # the call is over
