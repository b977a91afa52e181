"""Hears a call for the dialplan, as an EAGI program: Asterisk gives it the far end's sound at descriptor 3.

    EAGI(cadencia-listen,answer,2500/1400/500/3800/...)      sets DIALER_VERDICT and DIALER_REASON, as AMD would
    EAGI(cadencia-listen,beep,1600,25)                       sets DIALER_HEARD: BEEP, QUIET or NOTHING
    EAGI(cadencia-listen,ask,SOUND,4,9,/my/recogniser,es)    sets DIALER_KEY, and DIALER_ASKED to yes
    EAGI(cadencia-listen,early)                              sets DIALER_CAUSE to 20: nobody will answer
    EAGI(cadencia-listen,look,SOUND|SOUND)                   sets DIALER_LISTENS to its Python, and DIALER_LACKS

`answer` tells a person from a machine by AMD's rules and thresholds; a tone before the greeting is no word to it.

`beep` waits for the moment at which a machine records: the end of a single steady tone, or quiet for so many
milliseconds where there was none; NOTHING where neither comes within so many seconds.

`ask` plays a sound and waits for a key behind it, as Read does; what the far end says meanwhile is given to a
recogniser, and words that ask not to be called are the same as the key 9.

`early` hears what a network sounds before the answer, for as long as it lasts: the three tones of an announcement.

`look` is for `dialer doctor`: it tells that the program runs with a call's sound, and which sounds Asterisk lacks.

It needs the standard library alone (Python 3.8 and later) and nobody of ours, so that it works with the dialer dead.
Where it cannot run, these stay as they were, and the dialplan has another way.
"""

from __future__ import annotations

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

from asterisk_config.scripts.answer import UNSURE, Answer, thresholds
from asterisk_config.scripts.information import Information
from asterisk_config.scripts.opt_out_words import asks_to_stop
from asterisk_config.scripts.tones import BEEP_MIN_MS, FRAME, FRAME_MS, RATE_HZ, STEADY_HZ, TAIL_MS, tone_in

AUDIO = 3  # the descriptor that Asterisk writes 16-bit samples to
LATE_S = 0.5  # a far end that sends nothing for so long is quiet

BEEP_MAX_MS = 5000  # longer is no beep
REST_MS = 240  # of quiet behind a beep: neither another beep nor a voice follows
QUIET = 256.0  # mean amplitude of a quiet frame, as Asterisk's own silence detection has it
WORD_MIN_MS = 100  # of sound: less is a click
PAUSE_MS = 700  # that ends an utterance
BEFORE_MS = 300  # kept of what was before it: words begin softly
UTTERANCE_MAX_S = 6
RECOGNISE_S = 5.0
ASK_MAX_S = 90.0
EARLY_MAX_S = 60.0
KEYS = "0123456789*#"
BEYOND = 2_000_000_000  # samples: behind the end of every sound
QUIET_BELOW_TONE = 0.1  # on a noisy line a frame is quiet that has less than this part of the beep's amplitude


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

    def has_sound(self, name: str) -> bool:
        """Whether Asterisk finds a sound, in whatever format and language it looks for it. Nothing of it is heard: it
        is played from behind its end, where Asterisk says how far it came; of one that is not there, where it began."""
        self.send(f'STREAM FILE {name} "" {BEYOND}')
        return f"endpos={BEYOND}" not in self._line()

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


def answer(asterisk: Asterisk, tuning: str) -> tuple[str, str]:
    """Who answered, and why that is thought; unsure where not enough was heard in time."""
    limits = thresholds(tuning)
    ear = Answer(limits)
    for frame in asterisk.frames(time.monotonic() + limits.total / 1000.0 + LATE_S):
        if told := ear.hears(frame):
            return told
    return UNSURE, "TOOLONG"


def early(asterisk: Asterisk) -> bool:
    """Whether the tones before a network's announcement are heard before the answer."""
    ear = Information()
    return any(ear.hears(frame) for frame in asterisk.frames(time.monotonic() + EARLY_MAX_S))


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


def look(asterisk: Asterisk, sounds: str) -> list[str]:
    """Those of the sounds that Asterisk has not got. Raises OSError where it gives no sound of the call."""
    os.fstat(AUDIO)
    return [name for name in sounds.split("|") if name and not asterisk.has_sound(name)]


def serve(asterisk: Asterisk) -> None:
    """What the dialplan asks for."""
    kind = asterisk.arguments[:1]
    if kind == ["answer"]:
        verdict, reason = answer(asterisk, asterisk.arguments[1])
        asterisk.tell(DIALER_VERDICT=verdict, DIALER_REASON=reason)
    elif kind == ["beep"]:
        _, quiet_ms, patience_s = asterisk.arguments
        asterisk.tell(DIALER_HEARD=beep(asterisk, int(quiet_ms), float(patience_s)))
    elif kind == ["ask"]:
        _, sound, wait_s, stop_key, command, language = asterisk.arguments
        key = ask(asterisk, sound, float(wait_s), stop_key, Recogniser(command, language))
        asterisk.tell(**({"DIALER_KEY": key} if key else {}), DIALER_ASKED="yes")
    elif kind == ["early"]:
        if early(asterisk):
            asterisk.tell(DIALER_CAUSE="20")  # subscriber absent: which reason is announced, the tones do not tell
    elif kind == ["look"]:
        lacks = look(asterisk, "".join(asterisk.arguments[1:]))
        told = {"DIALER_LACKS": "|".join(lacks)} if lacks else {}
        asterisk.tell(**told, DIALER_LISTENS=".".join(map(str, sys.version_info[:3])))


def main() -> None:
    """Serve one call."""
    try:
        serve(Asterisk())
    except (EOFError, BrokenPipeError):
        sys.exit(1)  # the call is over
