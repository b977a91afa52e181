"""What a campaign does with people who call one of its numbers back. Settings alone; `callers` works by them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dialer.core.rules import Rules, Window, opens_at

POSITION_MIN_S = 15.0


class Place(StrEnum):
    """Where a caller is sent: the dialplan's extensions in its context for people who call."""

    QUEUE = "queue"  # music until an agent comes free
    MENU = "menu"  # who called you; keys: an agent, a call at a time, no more calls
    POSITION = "position"  # which place in the queue; the offer to be called back
    OFFER = "offer"  # nobody is free for long: a call at a time, no more calls
    CLOSED = "closed"  # outside the hours; the same keys


class Wish(StrEnum):
    """What becomes of a caller's wish to be called at a time, and so what they are told of it."""

    NONE = ""  # nothing: nobody knows whom to call
    NOTED = "noted"  # they are called then
    PASSED_ON = "passed_on"  # a do-not-call list forbids it: a supervisor is asked to see to it


LANGUAGES: Final = ("es", "pt", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Off unless it is switched on: then callers hear the closing word of the switch, with its keys."""

    on: bool = False
    numbers: tuple[str, ...] = ()  # further numbers that lead to the campaign, beside those it shows; E.164 with +
    windows: tuple[Window, ...] = ()  # when agents take such calls; empty: the campaign's own hours
    zone: str = ""  # whose clock the hours are read by; empty: the person's
    menu_first: bool = False  # the menu before the queue
    queue_max_s: int = 180
    last_agent_wait_s: float = 15.0  # how long an agent who is signed in is waited for, who spoke with them last
    position_every_s: float = 45.0  # 0: the place in the queue is never said
    offer_callback: bool = True  # with it
    greeting: str = ""  # sound of the menu: who called; empty: the switch's own
    closed: str = ""  # sound outside the hours
    language: str = ""  # of what callers hear, and of the recogniser: one of LANGUAGES; empty: the switch's own

    def __post_init__(self) -> None:
        for number in self.numbers:
            if not (number.startswith("+") and number[1:].isdecimal() and 8 <= len(number) <= 16):
                raise ValueError(f"numbers holds {number!r}: must be E.164, + and 7 to 15 digits")
        if self.language not in {"", *LANGUAGES}:
            raise ValueError(f"language is {self.language!r}: must be one of {', '.join(LANGUAGES)}, or empty")
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name):g}: must be {low:g} to {high:g}")
        if 0 < self.position_every_s < POSITION_MIN_S:
            raise ValueError(f"position_every_s is {self.position_every_s:g}: must be {POSITION_MIN_S:g} or more, or 0")

    def is_open(self, rules: Rules, zones: tuple[str, ...], now: float) -> bool:
        """Whether agents take such calls now, by the clock of `zone` or of all zones the person may be in."""
        hours = Rules(windows=self.windows) if self.windows else rules
        opening = opens_at((self.zone,) if self.zone else zones, hours, now)
        return opening is not None and opening <= now


_RANGES: Final = (("queue_max_s", 10, 3600), ("last_agent_wait_s", 0.0, 600.0), ("position_every_s", 0.0, 3600.0))


def is_withheld(number: str) -> bool:
    """Whether a caller's number was not told: what carriers write in its place has no digits; a name is no number."""
    return not any(sign.isdecimal() for sign in number) or any(sign.isalpha() for sign in number)


def is_same_number(one: str, other: str) -> bool:
    """Whether two ways of writing a number mean the same one: digits alone, the shorter an ending of the longer."""
    first, second = ("".join(sign for sign in text if sign.isdecimal()) for text in (one, other))
    short, long = sorted((first, second), key=len)
    return len(short) >= 7 and long.endswith(short.lstrip("0") or short)
