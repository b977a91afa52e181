"""How far an earlier call got, in the words that rules count by."""

from dialer.core.model import Category
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Reached

_BY_OUTCOME = {
    Outcome.CONNECTED: Reached.SPOKEN,
    Outcome.ABANDONED: Reached.ABANDONED,
    Outcome.EARLY_HANGUP: Reached.ANSWERED,
    Outcome.MACHINE: Reached.MACHINE,
}
_BY_CATEGORY = {
    Category.REFUSED: Reached.REFUSED,
    Category.DO_NOT_CALL: Reached.REFUSED,
    Category.CEASE: Reached.REFUSED,
    Category.MACHINE: Reached.MACHINE,
}


def reached(outcome: Outcome | None, category: Category | None, *, answered: bool, bridged: bool) -> Reached:
    """What the agent said goes before the outcome; without either, the milestones tell."""
    if category in _BY_CATEGORY:
        return _BY_CATEGORY[category]
    if outcome is None and bridged:
        return Reached.SPOKEN
    if outcome in {None, Outcome.UNKNOWN} and answered:
        return Reached.ANSWERED
    return Reached.NOBODY if outcome is None else _BY_OUTCOME.get(outcome, Reached.NOBODY)
