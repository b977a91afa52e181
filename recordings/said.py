"""Rules about what must or must not be said, held against a transcript. Pure: text in, flags out."""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.store import Segment
from recordings.errors import FormError
from recordings.words import fold

SIDES = ("agent", "customer", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRule:
    """One of `phrases` must be said (or, with `never`, none of them may be) by that side, within that time.

    `flag` is raised where the rule is broken. A phrase may end with * to take any ending.
    """

    name: str
    phrases: tuple[str, ...]
    side: str = "agent"  # agent, customer; empty: either
    never: bool = False
    within_s: float | None = None  # from the start of the call
    campaign: int | None = None  # holds for this one alone
    item: str = ""  # of a form, as name/item: it is answered by this rule

    def __post_init__(self) -> None:
        if not self.name or not any(fold(phrase) for phrase in self.phrases):
            raise FormError(f"rule {self.name!r}: give a name and at least one phrase")
        if self.side not in SIDES:
            raise FormError(f"rule {self.name!r}: side must be agent, customer or empty, not {self.side!r}")
        if self.within_s is not None and self.within_s <= 0:
            raise FormError(f"rule {self.name!r}: within_s must be above 0")

    @property
    def flag(self) -> str:
        return ("said_" if self.never else "unsaid_") + fold(self.name).replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the rule was kept, and where the phrase was heard, in seconds."""

    rule: SaidRule
    kept: bool
    heard_at_s: float | None


def judge(rule: SaidRule, segments: Sequence[Segment]) -> Verdict:
    """Hold the transcript against one rule. A segment of nobody in particular counts for either side."""
    at = _heard(rule, segments)
    in_time = at is not None and (rule.within_s is None or at <= rule.within_s)
    return Verdict(rule, in_time != rule.never, at)


def judged(rules: Sequence[SaidRule], segments: Sequence[Segment], campaign: int) -> tuple[Verdict, ...]:
    """All rules that hold for the campaign."""
    return tuple(judge(rule, segments) for rule in rules if rule.campaign in (None, campaign))


def flags(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """The flags of the rules that were broken."""
    return tuple(dict.fromkeys(one.rule.flag for one in verdicts if not one.kept))


def _heard(rule: SaidRule, segments: Sequence[Segment]) -> float | None:
    """When a phrase was first said; it may run over the end of a segment into the next of the same side."""
    spoken = [one for one in segments if not rule.side or one.leg in ("", rule.side)]
    words: list[tuple[str, float]] = []
    for segment in sorted(spoken, key=lambda one: one.start_s):
        parts = fold(segment.text).split()
        long_s = segment.end_s - segment.start_s
        words += [(part, segment.start_s + long_s * n / len(parts)) for n, part in enumerate(parts)]
    found = [at for phrase in rule.phrases if (at := _first(phrase, words)) is not None]
    return min(found, default=None)


def _first(phrase: str, words: Sequence[tuple[str, float]]) -> float | None:
    wanted = fold(phrase).split()
    if not wanted:
        return None
    any_end = phrase.rstrip().endswith("*")
    for start in range(len(words) - len(wanted) + 1):
        spoken = [word for word, _ in words[start : start + len(wanted)]]
        same = spoken[:-1] == wanted[:-1]
        if same and (spoken[-1].startswith(wanted[-1]) if any_end else spoken[-1] == wanted[-1]):
            return words[start][1]
    return None
