"""How a call that reached nobody is named, from what was seen of it and how it ended."""

from enum import StrEnum

from pacing.fixed import fixed


class Outcome(StrEnum):
    """What became of a call. Every call that was placed gets exactly one."""

    CONNECTED = "connected"  # a person and an agent were in conversation
    ABANDONED = "abandoned"  # a person answered and met no agent within the limit
    EARLY_HANGUP = "early_hangup"  # a person answered and hung up within the limit, before an agent came
    MACHINE = "machine"
    NO_ANSWER = "no_answer"  # rang (or seemed to) until our time-out
    BUSY = "busy"
    REJECTED = "rejected"  # the person or their network declined (603, 607, 608, 403)
    UNREACHABLE = "unreachable"  # switched off, out of reach (480, 408)
    INVALID = "invalid"  # no such number (404, 410, 484)
    CONGESTION = "congestion"  # the carrier had no room (503, 34)
    FAILED = "failed"  # the carrier or the switch could not carry it
    CANCELLED = "cancelled"  # we hung up before an answer
    CALLER_LEFT = "caller_left"  # called us, and hung up before an agent came
    CALLER_SERVED = "caller_served"  # called us, and was served by a message or the menu alone
    UNKNOWN = "unknown"  # over while we could not see it


OUTCOMES: dict[str, Outcome] = {one.value: one for one in Outcome}


class EndedBy(StrEnum):
    PERSON = "person"  # the far end
    DIALER = "dialer"  # the engine's own hang-up
    AGENT = "agent"
    DIALPLAN = "dialplan"  # after the abandonment message or an apology
    TIMEOUT = "timeout"  # our ring time-out
    SWITCH = "switch"  # anything else


@fixed(kw_only=True)
class Ending:
    """How the switch says a call ended. `cause` is Q.850 (0 = none given), `tech_cause` the SIP code where told."""

    cause: int
    tech_cause: int | None = None
    by: EndedBy = EndedBy.SWITCH


# Both tables speak of an attempt that the far end or the network ended before an answer.
_BY_SIP_CODE = {
    401: Outcome.FAILED,  # our own credentials
    403: Outcome.REJECTED,
    404: Outcome.INVALID,
    407: Outcome.FAILED,
    408: Outcome.UNREACHABLE,
    410: Outcome.INVALID,
    480: Outcome.UNREACHABLE,
    484: Outcome.INVALID,
    485: Outcome.INVALID,
    486: Outcome.BUSY,
    503: Outcome.CONGESTION,
    600: Outcome.BUSY,
    603: Outcome.REJECTED,
    604: Outcome.INVALID,
    607: Outcome.REJECTED,
    608: Outcome.REJECTED,
}
_BY_CAUSE = {  # Q.850, where no SIP code is told: Asterisk 16 never tells one
    1: Outcome.INVALID,
    17: Outcome.BUSY,
    18: Outcome.UNREACHABLE,
    19: Outcome.UNREACHABLE,
    20: Outcome.UNREACHABLE,
    21: Outcome.REJECTED,
    22: Outcome.INVALID,
    28: Outcome.INVALID,
    34: Outcome.CONGESTION,
    42: Outcome.CONGESTION,
}
_NONE_GIVEN = {0, 16, 31}  # the causes that say no more than "over"


def classify(*, rang: bool, progressed: bool, answered: bool, ending: Ending) -> Outcome:
    """Name a call that no agent took.

    `rang` is 180, `progressed` 183, either is taken for a phone that rings until our own time-out; without both,
    nothing shows that the carrier reached anybody. An answered call is early_hangup where the person ended it and
    abandoned in all other cases: the cautious reading, for an engine that knows of a limit to overrule.
    """
    if answered:
        return Outcome.EARLY_HANGUP if ending.by is EndedBy.PERSON else Outcome.ABANDONED
    if ending.by in (EndedBy.DIALER, EndedBy.AGENT):
        return Outcome.CANCELLED
    if ending.by is EndedBy.TIMEOUT:
        return Outcome.NO_ANSWER if rang or progressed else Outcome.FAILED
    if ending.tech_cause is None:
        named = _BY_CAUSE.get(ending.cause, Outcome.FAILED)
    else:
        named = _BY_SIP_CODE.get(ending.tech_cause, Outcome.FAILED)
    if rang and (named is Outcome.UNREACHABLE or (ending.cause in _NONE_GIVEN and ending.by is EndedBy.PERSON)):
        return Outcome.NO_ANSWER  # it rang until the carrier's own time-out
    return named
