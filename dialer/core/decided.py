"""A kept decision made whole again, so that its reason can be said in any language. Pure."""

from typing import Any

from dialer.core.model import DecisionRecord
from pacing.decision import Binding, Decision, Why

_WHOLE = frozenset({"agents", "free", "waiting", "in_flight", "answered", "abandoned", "wanted", "resets", "failures"})
_BROKEN = frozenset({"frees", "answers", "within_s", "risk", "price", "cap"})
_DETAIL = "frozen: "  # why it was frozen by hand is no figure: it ends the English sentence


def decision_of(record: DecisionRecord) -> Decision | None:
    """The decision with its figures; None where another release bound it by something that is not known here."""
    if record.binding not in set(Binding):
        return None
    known = _WHOLE | _BROKEN
    figures: dict[str, Any] = {
        name: round(value) if name in _WHOLE else value for name, value in record.inputs if name in known
    }
    _, _, detail = record.reason.rpartition(_DETAIL)
    binding = Binding(record.binding)
    why = Why(binding=binding, policy="", detail=detail if binding is Binding.FROZEN else "", **figures)
    return Decision(record.calls, why)
