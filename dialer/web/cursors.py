"""The store's cursors as a text that callers hand back and need not understand."""

import base64
import binascii
import json
import math

from dialer.store import Cursor
from dialer.web.problems import ProblemError


def cursor_text(cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode().rstrip("=")


def cursor_of(text: str | None) -> Cursor | None:
    """The cursor that a page gave out. Raises ProblemError(invalid) for another text."""
    if text is None:
        return None
    try:
        read = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        read = None
    match read:
        case [float() | int() as at, int() as last] if math.isfinite(at) and 0 <= last < 1 << 63:
            return float(at), last
        case _:
            raise ProblemError("invalid", "cursor: give back the `next` of a page, as it is")
