"""What a recording is found by beside its words: one word for each thing that is equal, one for each measure's range.

They stand in the full text index with the words, so that text and filters are met in one pass, however common each is.
A measure's word only narrows: the exact figure is compared afterwards. Pure.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dialer.store.rows import Recording
from recordings.problems import unpacked
from recordings.words import fold

HELD = "xqhld"  # under a legal hold
PROBLEM = "prb"  # the kind of what is wrong with a recording
ANY = "any"
EVERY = "xqall"  # on every recording: what a search without words begins from
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_SECONDS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1800.0)
_COUNTS = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
_LEVELS = (-50.0, -45.0, -40.0, -35.0, -30.0, -25.0, -20.0, -15.0, -10.0)
_FINE = (0.0001, 0.001, 0.005, 0.01, 0.05)

# By the measure's column: the word's beginning, and where its ranges begin.
RANGES: Mapping[str, tuple[str, tuple[float, ...]]] = MappingProxyType(
    {
        "duration_s": ("du", _SECONDS),
        "agent_share": ("as", _SHARES),
        "customer_share": ("cs", _SHARES),
        "silence_share": ("si", _SHARES),
        "talk_over_share": ("to", _SHARES),
        "longest_monologue_s": ("mo", _SECONDS),
        "turns": ("tu", _COUNTS),
        "response_s": ("re", (-2.0, -1.0, 0.0, 0.2, 0.5, 1.0, 2.0, 5.0)),
        "first_word_s": ("fw", (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)),
        "dead_air_s": ("da", _SECONDS),
        "hold_s": ("ho", _SECONDS),
        "agent_dbfs": ("al", _LEVELS),
        "customer_dbfs": ("cl", _LEVELS),
        "clipping_share": ("ci", _FINE),
        "music_share": ("mu", _SHARES),
        "beeps": ("be", _COUNTS),
        "score": ("sc", _SHARES),
    }
)


def word(kind: str, value: object) -> str:
    """The word for a thing of that kind; values are folded and joined, so that each is one word."""
    return f"xq{kind}{fold(str(value)).replace(' ', 'x')}"


def facets_of(recording: Recording, measures: Mapping[str, object] | None, country: str = "") -> str:
    """All words of a recording, divided by spaces."""
    return " ".join(dict.fromkeys(_facets(recording, measures or {}, country)))


def _facets(one: Recording, measures: Mapping[str, object], country: str) -> Iterator[str]:
    yield EVERY
    yield word("cmp", one.campaign)
    if one.client is not None:
        yield word("cli", one.client)
    if one.agent is not None:
        yield word("agt", one.agent)
    if one.lead is not None:
        yield word("led", one.lead)
    for kind, text in (("out", one.outcome), ("dsp", one.disposition), ("org", one.origin), ("cty", country)):
        if text:
            yield word(kind, text)
    if one.number:
        yield word("num", one.number)
    yield from _signs(one)
    for column, (kind, edges) in RANGES.items():
        value = one.score if column == "score" else measures.get(column)
        if isinstance(value, int | float):
            yield f"xq{kind}{bisect_right(edges, value)}"


def _signs(one: Recording) -> Iterator[str]:
    """What somebody should know of it: flags, what is wrong with it, a hold."""
    for kind, signs in (("flg", one.flags.split()), (PROBLEM, [lacking.code for lacking in unpacked(one.problem)])):
        yield from (word(kind, sign) for sign in (*signs, ANY) if signs)
    if one.hold:
        yield HELD


def ranges_for(column: str, low: float | None, high: float | None) -> tuple[str, ...]:
    """The words of the ranges that may hold a value from `low` to `high`."""
    kind, edges = RANGES[column]
    first = 0 if low is None else bisect_right(edges, low)
    last = len(edges) if high is None else bisect_right(edges, high)
    return tuple(f"xq{kind}{n}" for n in range(first, last + 1))
