"""Numbers that nobody can answer by their nature: told by causes and timings, and taken out with a reason. Pure.

A carrier's announcement may come before the answer (183, then a refusal), or as an answer of its own that ends with the
cause "no such number" or begins with tones, as a fax machine's does (the detector's verdict "nobody"); a number that
was dialled on several days and never once rang leads nowhere.
"""

from collections.abc import Sequence

from dialer.core.outcomes import EndedBy, Ending, Outcome
from dialer.core.packs.schema import Dial
from dialer.core.rules import DAY_S, Forbidden

SILENT_CALLS, SILENT_DAYS = 8, 4  # so many calls of a number, on so many days, without a ring: nobody is there
SILENT_REST_S = 30 * DAY_S
FAKE_MAX_S = 20.0  # a carrier's announcement is over by then
NO_SUCH = frozenset({1, 22, 28})  # Q.850: unallocated, changed, incomplete
# What a call that never rang says of its number. A carrier that tells of early media alone (183) lets a phone ring
# unseen until our time-out; an engaged line and a declined call are somebody's. What is in neither set (the carrier had
# no room, refused, or was not heard of) says nothing of the number.
_THERE = frozenset({Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REJECTED})
_NOT_THERE = frozenset({Outcome.INVALID, Outcome.UNREACHABLE})


def rang(outcome: Outcome | None, *, heard: bool, ended_by: EndedBy | None) -> bool | None:
    """Whether a call found a phone; None where it tells nothing of that. `heard`: it rang, or was answered.

    A call of which nothing was heard until our own time-out found none.
    """
    if heard or outcome is None or outcome in _THERE:
        return True
    silent = outcome is Outcome.FAILED and ended_by is EndedBy.TIMEOUT
    return False if outcome in _NOT_THERE or silent else None


def never_connects(dials: Sequence[Dial], now: float) -> Forbidden | None:
    """What forbids a number that was dialled often enough and never rang; None where it may be tried."""
    if len(dials) < SILENT_CALLS:
        return None
    silent = [dial for dial in dials if dial.number and dial.rang is False]
    days = {int(dial.at // DAY_S) for dial in silent}
    if len(silent) < SILENT_CALLS or len(days) < SILENT_DAYS or any(dial.number and dial.rang for dial in dials):
        return None
    why = f"{len(silent)} calls on {len(days)} days, and it never rang"
    return Forbidden("never_connects", why, now + SILENT_REST_S, of_number=True)


def is_fake_answer(*, answered_at: float | None, ended_at: float, ending: Ending | None) -> bool:
    """Whether the network itself answered, to say that there is no such number."""
    if answered_at is None or ending is None or ending.by not in {EndedBy.PERSON, EndedBy.SWITCH}:
        return False
    return ending.cause in NO_SUCH and ended_at - answered_at <= FAKE_MAX_S


def taught(outcome: Outcome, *, fake: bool) -> Outcome:
    """The outcome by which the number is judged: an announcement in an answer's place is a number that is not there."""
    return Outcome.INVALID if fake and outcome is not Outcome.CONNECTED else outcome
