"""The special information tones (ITU-T E.180) by which a network begins to say why nobody answers: for the program that
Asterisk runs.

Three tones one after the other, each a third of a second: 950, 1400 and 1800 Hz, 50 Hz off at most, with no more than a
thirtieth of a second between them. Networks that code the reason in the tones move them a little further, and shorten
them. The last two are asked for: they sound at once, and who listens may come in the middle of the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from asterisk_config.scripts.tones import FRAME_MS, tone_in

TONES_HZ = (1400.0, 1800.0)
OFF_HZ = 60.0
TONE_MIN_MS, TONE_MAX_MS = 160, 500  # of whole frames; the shortest of them is 276 ms long
GAP_MAX_MS = 100


class Information:
    """What frames add up to, fed one after the other."""

    def __init__(self) -> None:
        self._nth = 0  # of the two: the one that is heard or waited for
        self._ms = 0  # of it
        self._gap_ms = 0

    def hears(self, frame: Sequence[int]) -> bool:
        """Take 20 ms; whether the last tone is long enough by now."""
        hz = tone_in(frame)
        if self._is(hz, self._nth):
            self._ms, self._gap_ms = self._ms + FRAME_MS, 0
            if self._ms > TONE_MAX_MS:
                self._begin()
        elif self._ms >= TONE_MIN_MS and self._is(hz, self._nth + 1):
            self._nth, self._ms, self._gap_ms = self._nth + 1, FRAME_MS, 0
        elif self._nth or self._ms:
            self._gap_ms += FRAME_MS
            if self._gap_ms > GAP_MAX_MS:
                self._begin()
                self._ms = FRAME_MS if self._is(hz, 0) else 0
        return self._nth == len(TONES_HZ) - 1 and self._ms >= TONE_MIN_MS

    def _begin(self) -> None:
        self._nth = self._ms = self._gap_ms = 0

    @staticmethod
    def _is(hz: float, nth: int) -> bool:
        return nth < len(TONES_HZ) and abs(hz - TONES_HZ[nth]) <= OFF_HZ
