"""How many calls to place, and why: policies, estimators, the abandonment ledger, exact bounds.

Pure: no clock, no chance, no I/O, and nothing of the dialer. Drive a `Pacer` with facts and ask it to `decide`.
"""

from pacing.calls import Outcome
from pacing.decision import Binding, Decision, Why, sentence
from pacing.ledger import Ledger, Standing
from pacing.pacer import Pacer
from pacing.settings import Limits, PacingError, Policy, Rule, Settings, VicidialMethod, VicidialOptions, WindowKind

__all__ = [
    "Binding",
    "Decision",
    "Ledger",
    "Limits",
    "Outcome",
    "Pacer",
    "PacingError",
    "Policy",
    "Rule",
    "Settings",
    "Standing",
    "VicidialMethod",
    "VicidialOptions",
    "Why",
    "WindowKind",
    "sentence",
]
