"""What was silenced for privacy is neither heard nor read: parts of a call, and what was said in them. Pure."""

import json
from collections.abc import Sequence

from dialer.store import Segment, Transcript

Part = tuple[float, float]
_MOMENT_S = 1e-3  # of a saying that begins where it ends


def parts_of(muted: str) -> tuple[Part, ...]:
    """The silenced parts in seconds, from and until, as the index keeps them."""
    return tuple((float(start), float(end)) for start, end in json.loads(muted))


def readable(segments: Sequence[Segment], muted: str) -> tuple[Segment, ...]:
    """What may be read of a transcript. A saying that touches a silenced part is left out whole, whoever it is of:
    which of its words fell into the part is not known.
    """
    parts = parts_of(muted)
    return tuple(
        one
        for one in segments
        if not any(one.start_s < end and start < max(one.end_s, one.start_s + _MOMENT_S) for start, end in parts)
    )


def said_in(transcript: Transcript | None, muted: str) -> str:
    """The words that a call is found by."""
    return " ".join(one.text for one in readable(transcript.segments, muted)) if transcript is not None else ""
