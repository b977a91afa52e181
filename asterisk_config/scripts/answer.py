"""Person or machine, by how long the far end speaks before it is quiet: for the program that Asterisk runs.

The rules are those of Asterisk's AMD, on the same thresholds: longer silence at first, a longer greeting, a longer word
or more words than they say are a machine's; quiet behind a shorter greeting is a person's. To AMD a signal before the
greeting is a word with quiet behind it, a person's. Here a steady tone that comes first is no word: listening begins
anew behind it. Since few people whistle before they speak, less speech than usual is then enough for a machine; silence
is not, for a line or a switchboard may have sounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from asterisk_config.scripts.tones import BEEP_MIN_MS, FRAME_MS, TAIL_MS, tone_in

HUMAN, MACHINE, UNSURE = "HUMAN", "MACHINE", "NOTSURE"
EVEN_HZ = 12.0  # within the whole tone: a held vowel wanders further
TONE_LESS_MS = 300  # of greeting, behind a tone


class Thresholds(NamedTuple):
    """In the order of AMD's arguments; milliseconds but for words and the mean amplitude of a quiet frame."""

    initial_silence: int
    greeting: int
    after_greeting_silence: int
    total: int
    min_word: int
    between_words_silence: int
    words: int
    quiet_below: int
    word: int


def thresholds(text: str) -> Thresholds:
    """As the dialplan has them, with slashes between."""
    return Thresholds(*map(int, text.split("/")))


class Answer:
    """What whoever answered says, fed frame by frame from the answer on."""

    def __init__(self, limits: Thresholds) -> None:
        self._limits = limits
        self._total_ms = 0
        self._greeting_ms = limits.greeting
        self._tones_ms = 0  # of those heard before the greeting
        self._tone = _Tone()
        self._begin()

    def _begin(self) -> None:
        """Nothing is heard yet."""
        self._quiet_ms = 0
        self._voice_ms = 0
        self._word_ms = 0
        self._words = 0
        self._in_word = True  # until the first quiet, as AMD has it
        self._greeted = False

    def hears(self, frame: Sequence[int]) -> tuple[str, str] | None:
        """Take 20 ms; the verdict and its reason once it is known."""
        self._total_ms += FRAME_MS
        if self._total_ms >= self._limits.total:
            return UNSURE, self._because("TOOLONG", self._total_ms)
        loud = sum(map(abs, frame)) >= self._limits.quiet_below * len(frame)
        if self._is_tone(frame, loud=loud):
            return None
        return self._voice() if loud else self._silence()

    def _is_tone(self, frame: Sequence[int], *, loud: bool) -> bool:
        """Whether the frame belongs to a tone that came before any word."""
        if self._voice_ms - self._tone.ms >= self._limits.min_word:
            return False
        if self._tone.takes(frame if loud else ()):
            self._tones_ms += FRAME_MS
            self._greeting_ms = self._limits.greeting - TONE_LESS_MS
            self._begin()
            return True
        return False

    def _silence(self) -> tuple[str, str] | None:
        limits = self._limits
        self._quiet_ms += FRAME_MS
        if self._quiet_ms >= limits.between_words_silence:
            self._in_word = False
            self._word_ms = 0
        if not (self._greeted or self._tones_ms) and self._quiet_ms >= limits.initial_silence:
            return MACHINE, self._because("INITIALSILENCE", self._quiet_ms, limits.initial_silence)
        if self._greeted and self._quiet_ms >= limits.after_greeting_silence:
            return HUMAN, self._because("HUMAN", self._quiet_ms, limits.after_greeting_silence)
        return None

    def _voice(self) -> tuple[str, str] | None:
        limits = self._limits
        self._quiet_ms = 0
        self._voice_ms += FRAME_MS
        self._word_ms += FRAME_MS
        if self._word_ms >= limits.min_word and not self._in_word:
            self._in_word = True
            self._words += 1
        if self._word_ms >= limits.word:
            return MACHINE, self._because("MAXWORDLENGTH", self._word_ms)
        if self._words >= limits.words:
            return MACHINE, self._because("MAXWORDS", self._words, limits.words)
        if self._greeted and self._voice_ms >= self._greeting_ms:
            return MACHINE, self._because("LONGGREETING", self._voice_ms, self._greeting_ms)
        self._greeted = self._greeted or self._word_ms >= limits.min_word
        return None

    def _because(self, reason: str, *figures: int) -> str:
        told = [reason, *map(str, figures)]
        return "-".join([*told, "TONE", str(self._tones_ms)] if self._tones_ms else told)


class _Tone:
    """A steady tone, fed frame by frame."""

    def __init__(self) -> None:
        self.ms = 0
        self._low = self._high = 0.0
        self._tail_ms = TAIL_MS

    def takes(self, frame: Sequence[int]) -> bool:
        """Whether a tone is being heard that is long enough to be one, or its last echo. An empty frame is quiet."""
        hz = tone_in(frame) if frame else 0.0
        if hz and self.ms and max(self._high, hz) - min(self._low, hz) <= EVEN_HZ:
            self._low, self._high, self.ms = min(self._low, hz), max(self._high, hz), self.ms + FRAME_MS
        elif hz:
            self._low, self._high, self.ms = hz, hz, FRAME_MS
        else:
            self.ms = 0
        if self.ms >= BEEP_MIN_MS:
            self._tail_ms = 0
            return True
        self._tail_ms += FRAME_MS
        return bool(frame) and self._tail_ms <= TAIL_MS
