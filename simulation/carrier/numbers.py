"""What happens when a number is called: coded in its last six digits, BBRRTT.

BB is the behaviour, RR the seconds before it (ringing where there is ringing), TT the seconds of talk (00: until
the other side hangs up). One table for everybody who plays a carrier. Pure: numbers in, numbers out.
"""

from dataclasses import dataclass
from enum import StrEnum

CODE_DIGITS = 6
SECONDS_MAX = 99


class Behaviour(StrEnum):
    """What the far end does. The value is BB; a comment gives the SIP that the dialer sees."""

    FAX = "10"  # 180, 200: the answer tone of a fax machine, TT seconds of quiet
    PERSON = "11"  # 180, 200: greets, talks TT seconds, hangs up
    PERSON_HANGS_UP = "12"  # 180, 200, BYE at once
    PERSON_HANGS_UP_SOON = "13"  # 180, 200, BYE after 300 ms
    PERSON_WITHOUT_RINGING = "14"  # 200 after RR seconds of nothing; then as PERSON
    TONE = "15"  # 180, 200: 1004 Hz for TT seconds
    MACHINE = "16"  # 180, 200: a long greeting, a beep, TT seconds of quiet
    PERSON_OPTS_OUT = "17"  # 180, 200: says hello, presses 9 while the other side talks, stays TT seconds
    PIPS = "18"  # 180, 200: at each whole second of the clock a pip that says two digits of the number, for TT seconds
    ANNOUNCEMENT = "19"  # 180, 200: the three tones before an operator's announcement, then talk, TT seconds of it
    BUSY = "21"  # 180, 486
    NO_ANSWER = "22"  # 180 for ever
    UNAVAILABLE = "23"  # 480
    REQUEST_TIMEOUT = "24"  # 408
    DECLINED = "25"  # 603
    FORBIDDEN = "26"  # 403
    INCOMPLETE = "27"  # 484
    INVALID = "28"  # 404
    CONGESTION = "29"  # 503
    PROGRESS_ONLY = "31"  # 183 for ever
    PROGRESS_UNAVAILABLE = "32"  # 183, 480
    PROGRESS_BUSY = "33"  # 183, 486
    REDIRECT = "34"  # 302 to another number


ANSWERS = frozenset(behaviour for behaviour in Behaviour if behaviour.value.startswith("1"))
"""Behaviours that end in a 200."""


@dataclass(frozen=True, slots=True)
class Script:
    """A number's meaning."""

    behaviour: Behaviour
    ring_s: int
    talk_s: int


def number(prefix: str, behaviour: Behaviour, *, ring_s: int = 0, talk_s: int = 0) -> str:
    """A number that begins with `prefix` (digits, perhaps a + before them) and does what is asked."""
    for name, seconds in (("ring_s", ring_s), ("talk_s", talk_s)):
        if not 0 <= seconds <= SECONDS_MAX:
            raise ValueError(f"{name} must be between 0 and {SECONDS_MAX}, not {seconds}")
    return f"{prefix}{behaviour.value}{ring_s:02d}{talk_s:02d}"


def parse(dialled: str) -> Script | None:
    """The meaning of a dialled number; None when it has none (such a number is answered with 404)."""
    code = dialled[-CODE_DIGITS:]
    if len(code) < CODE_DIGITS or not (code.isascii() and code.isdecimal()):
        return None
    try:
        behaviour = Behaviour(code[:2])
    except ValueError:
        return None
    return Script(behaviour, ring_s=int(code[2:4]), talk_s=int(code[4:]))
