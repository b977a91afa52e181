"""The shell's one clock: seconds since 1970 that never run backwards; and times of day.

Dialling hours need the wall clock, patience needs monotony: the wall clock is followed forwards, never back.
"""

import re
import time
from datetime import datetime, timedelta

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


def is_time(text: str) -> bool:
    """Whether it is a time of day, as 03:30."""
    return re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text) is not None


def next_time(text: str, now: float) -> float:
    """When it is that time of day next, after `now`, by the machine's own clock."""
    local = datetime.fromtimestamp(now).astimezone()
    due = local.replace(hour=int(text[:2]), minute=int(text[3:]), second=0, microsecond=0)
    if due.timestamp() <= now:
        due = (due.replace(tzinfo=None) + timedelta(days=1)).astimezone()
    return due.timestamp()
