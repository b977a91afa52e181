"""Sound whose call does not name it: the dialer was killed before it could write down that it recorded.

The engine names a recording after the day and the call, so that the file's own name says for certain whose it is.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from dialer.core.ids import CallId
from recordings.legs import Leg

_NAME = re.compile(rf"(?P<base>(?P<call>\d{{1,19}})(?:-(?P<talk>\d{{1,4}}))?)-(?:{'|'.join(Leg)})\.wav")
_DAY_S = 86_400.0


def named(spool: Path, calls: range, since: float = 0.0) -> dict[CallId, str]:
    """The base names that the switch's files have for these calls, in the folders of the days (UTC) from `since` on.

    Of a call that was bridged anew it is the last one.
    """
    found: dict[CallId, tuple[int, str]] = {}
    first = datetime.fromtimestamp(since, UTC).strftime("%Y/%m/%d")
    for day in sorted(path for path in spool.glob("[0-9]*/[0-9]*/[0-9]*") if path.is_dir() and not path.is_symlink()):
        folder = day.relative_to(spool).as_posix()
        if folder < first:
            continue
        for name in os.listdir(day):
            told = _NAME.fullmatch(name)
            if told is None or int(told["call"]) not in calls:
                continue
            call, talk = CallId(int(told["call"])), int(told["talk"] or 1)
            found[call] = max(found.get(call, (0, "")), (talk, f"{folder}/{told['base']}"))
    return {call: base for call, (_, base) in found.items()}


def lately(now: float) -> float:
    """From when on a talk may have been recorded that is over by now."""
    return now - _DAY_S
