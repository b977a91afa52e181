"""What the far end of a call does: chosen by the dialled number alone, the same as on the real carrier.

`simulation.carrier.numbers` says what a number means; here it becomes deeds with times. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from simulation.carrier.numbers import Behaviour, Script, parse
from simulation.standin.channels import Nature

GREETING_S = 6.0  # of an answering machine
SOON_S = 0.3
DESK_PREFIXES = ("phone-", "tone-", "echo-")  # agents' phones on the carrier's machine


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnd:
    """A far end's deeds, in seconds. After `after_s` it answers, refuses, or (silent) does nothing for ever."""

    rings: bool = False  # says 180
    progress: bool = False  # says 183
    after_s: float = 0.0
    refusal: int | None = None  # a SIP code instead of an answer
    silent: bool = False
    talk_s: float | None = None  # from the answer until it hangs up; None = never
    keys: str = ""  # typed on the keypad when asked
    nature: Nature = Nature.PERSON


People: TypeAlias = Callable[[str], FarEnd]  # by dialled number

PHONE = FarEnd(after_s=0.005)  # an agent's phone: picks up by itself and stays

REFUSING = {  # SIP code, and whether it rings before
    Behaviour.BUSY: (486, True),
    Behaviour.UNAVAILABLE: (480, False),
    Behaviour.REQUEST_TIMEOUT: (408, False),
    Behaviour.DECLINED: (603, False),
    Behaviour.FORBIDDEN: (403, False),
    Behaviour.INCOMPLETE: (484, False),
    Behaviour.INVALID: (404, False),
    Behaviour.CONGESTION: (503, False),
    Behaviour.PROGRESS_UNAVAILABLE: (480, False),
    Behaviour.PROGRESS_BUSY: (486, False),
    Behaviour.REDIRECT: (302, False),
}
SILENT = {Behaviour.NO_ANSWER, Behaviour.PROGRESS_ONLY}
PROGRESSING = {Behaviour.PROGRESS_ONLY, Behaviour.PROGRESS_UNAVAILABLE, Behaviour.PROGRESS_BUSY}
NATURES = {
    Behaviour.MACHINE: Nature.MACHINE,
    Behaviour.FAX: Nature.TONES,
    Behaviour.ANNOUNCEMENT: Nature.TONES,
}
SHORT = {Behaviour.PERSON_HANGS_UP: 0.0, Behaviour.PERSON_HANGS_UP_SOON: SOON_S}


def far_end(people: People, called: str) -> tuple[str, FarEnd]:
    """The endpoint and who answers behind `NUMBER@ENDPOINT`; a bare endpoint is an agent's phone."""
    number, _, endpoint = called.rpartition("@")
    phone = not number or number.startswith(DESK_PREFIXES)
    return endpoint, PHONE if phone else people(number)


def by_number(dialled: str) -> FarEnd:
    """The person or machine behind a number."""
    script = parse(dialled)
    if script is None:
        return FarEnd(refusal=404)
    if script.behaviour in SILENT:
        progress = script.behaviour in PROGRESSING
        return FarEnd(rings=not progress, progress=progress, silent=True)
    if script.behaviour in REFUSING:
        code, rings = REFUSING[script.behaviour]
        progress = script.behaviour in PROGRESSING
        return FarEnd(rings=rings, progress=progress, after_s=script.ring_s, refusal=code)
    return _who_answers(script)


def _who_answers(script: Script) -> FarEnd:
    behaviour = script.behaviour
    talk_s: float | None = float(script.talk_s) or None
    if behaviour is Behaviour.MACHINE and talk_s is not None:
        talk_s += GREETING_S
    return FarEnd(
        rings=behaviour is not Behaviour.PERSON_WITHOUT_RINGING,
        after_s=script.ring_s,
        talk_s=SHORT.get(behaviour, talk_s),
        keys="9" if behaviour is Behaviour.PERSON_OPTS_OUT else "",
        nature=NATURES.get(behaviour, Nature.PERSON),
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """How Asterisk takes a SIP refusal."""

    cause: int
    status: str = "NOANSWER"  # DialStatus
    cause_16: int | None = None  # where Asterisk 16 says another

    def cause_on(self, version: int) -> int:
        return self.cause_16 if version == 16 and self.cause_16 is not None else self.cause


REFUSALS = {
    302: Refusal(23, "CANCEL", cause_16=0),
    403: Refusal(21),
    404: Refusal(1),
    408: Refusal(18),
    410: Refusal(22),
    480: Refusal(19),
    484: Refusal(28),
    486: Refusal(17, "BUSY"),
    500: Refusal(38),
    502: Refusal(27),
    503: Refusal(34, "CONGESTION"),
    603: Refusal(21),
    607: Refusal(127),
    608: Refusal(127),
}
