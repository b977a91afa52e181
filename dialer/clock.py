"""The shell's one clock: seconds since 1970 that never run backwards.

Dialling hours need the wall clock, patience needs monotony: the wall clock is followed forwards, never back.
"""

import time

STEP_S = 1.0  # a wall clock further ahead than this was set: follow it


class Clock:
    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def __call__(self) -> float:
        """Now, in seconds since 1970."""
        now = time.monotonic() + self._offset_s
        ahead_s = time.time() - now
        if ahead_s > STEP_S:
            self._offset_s += ahead_s
            now += ahead_s
        return now

    def behind_s(self) -> float:
        """How far the wall clock was set back behind ours; 0 where it was not."""
        return max(0.0, time.monotonic() + self._offset_s - time.time())
