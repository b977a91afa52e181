"""The language in which recordings are searched: words, "phrases", name:value, figure>number, and - for not.

    promesa agent:ana campaign:"Cards, spring" talk_over>10% -flag:one_way since:2026-11-01

Pure: a text becomes an `Asked`, or a QueryError that points at the place and says what would be right.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType

from dialer.store import Asked, Clause, Comparison, RecordingState, Term
from dialer.store.recordings import position_at
from recordings.errors import QueryError
from recordings.facets import RANGES, ranges_for, word
from recordings.words import fold

_TOKEN = re.compile(
    r"""(?P<minus>-)?(?:(?P<name>[A-Za-z_]+)(?P<operator><=|>=|!=|[:=<>]))?(?P<value>"[^"]*"?|[^\s"]+)?""", re.VERBOSE
)
_NUMBER = re.compile(r"(?P<number>-?\d+(?:[.,]\d+)?)(?P<unit>%|s|m|min|h|db)?", re.IGNORECASE)
_UNITS = {"%": 0.01, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "db": 1.0}
LENGTH_MAX = 2_000

# By name: the column, and what it is for a person.
FIGURES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "duration": ("duration_s", "how long, as 90s or 2m"),
        "agent_share": ("agent_share", "share of the call in which the agent speaks"),
        "customer_share": ("customer_share", "share in which the customer speaks"),
        "silence": ("silence_share", "share in which nobody speaks"),
        "talk_over": ("talk_over_share", "share in which both speak"),
        "monologue": ("longest_monologue_s", "longest speech of one side"),
        "turns": ("turns", "changes of the word"),
        "response": ("response_s", "median time until the other answers"),
        "first_word": ("first_word_s", "until the agent's first word"),
        "dead_air": ("dead_air_s", "seconds of dead air in all"),
        "hold": ("hold_s", "seconds on hold"),
        "agent_level": ("agent_dbfs", "loudness of the agent, in dBFS"),
        "customer_level": ("customer_dbfs", "loudness of the customer, in dBFS"),
        "clipping": ("clipping_share", "share of clipped samples, of the worse side"),
        "music": ("music_share", "share of music, of the side with more"),
        "beeps": ("beeps", "steady tones"),
        "score": ("score", "score of the evaluation, as 80%"),
    }
)
# By name: the kind of facet.
KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "campaign": ("cmp", "name or number of a campaign"),
        "agent": ("agt", "name or number of an agent"),
        "outcome": ("out", "what became of the call"),
        "disposition": ("dsp", "what the agent said of it"),
        "flag": ("flg", "raised by the measures or by rules; any"),
        "country": ("cty", "country of the person, as MX"),
        "origin": ("org", "archive it was adopted from"),
        "number": ("num", "telephone number"),
        "lead": ("led", "number of the lead"),
    }
)
OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "since": "from that day or time on, as 2026-11-01 or today or 7d",
        "until": "before that day or time",
        "on": "on that day",
        "state": ", ".join(RecordingState),
        "call": "number of the call",
    }
)
NAMES = (*KINDS, *FIGURES, *OTHERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a search is read with: the names of campaigns and agents by id, the time, the zone of its dates."""

    campaigns: Mapping[int, str] = field(default_factory=dict)
    agents: Mapping[int, str] = field(default_factory=dict)
    now: float = 0.0
    zone: tzinfo | None = None  # None: the machine's


@dataclass(frozen=True, slots=True)
class _Token:
    at: int
    negated: bool
    name: str
    operator: str
    value: str


def parse(text: str, context: Context) -> Asked:
    """What a person means. Raises QueryError."""
    if len(text) > LENGTH_MAX:
        raise QueryError(f"a search has at most {LENGTH_MAX} signs; this one has {len(text)}")
    reading = _Reading(context)
    for token in _tokens(text):
        reading.take(token)
    return Asked(
        clauses=tuple(reading.clauses), comparisons=tuple(reading.comparisons), first=reading.first, last=reading.last
    )


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            raise _wrong(at, f"{text[at]!r} means nothing here")
        value = found["value"] or ""
        if value.startswith('"') and (len(value) < 2 or not value.endswith('"')):
            raise _wrong(found.start("value"), 'this " is never closed')
        if not value:
            asked = f"{found['name']}{found['operator']}" if found["name"] else "-"
            raise _wrong(found.end(), f"{asked} lacks its value")
        yield _Token(at, found["minus"] is not None, (found["name"] or "").lower(), found["operator"] or "", value)
        at = found.end()


def _wrong(at: int, what: str) -> QueryError:
    return QueryError(f"place {at + 1}: {what}")


class _Reading:
    """What was understood so far."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.clauses: list[Clause] = []
        self.comparisons: list[Comparison] = []
        self.first: int | None = None
        self.last: int | None = None

    def take(self, token: _Token) -> None:
        if not token.name:
            self._words(token)
        elif token.name in KINDS:
            self._facet(token)
        elif token.name in FIGURES:
            self._figure(token)
        elif token.name in OTHERS:
            self._other(token)
        else:
            near = get_close_matches(token.name, NAMES, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(NAMES)}"
            raise _wrong(token.at, f"{token.name!r} is no field; {hint}")

    def _words(self, token: _Token) -> None:
        bare = token.value.strip('"')
        prefix = token.value.endswith("*")
        folded = fold(bare)
        if not folded:
            raise _wrong(token.at, f"{token.value!r} holds no word")
        self.clauses.append(Clause((Term(folded, prefix),), token.negated))

    def _facet(self, token: _Token) -> None:
        kind, _ = KINDS[token.name]
        negated = token.negated != _is_not(token)
        value = token.value.strip('"')
        if token.name in ("campaign", "agent"):
            known = self._context.campaigns if token.name == "campaign" else self._context.agents
            terms = tuple(Term(word(kind, one), facet=True) for one in _ids(token, value, known))
        else:
            terms = (Term(word(kind, value), facet=True),)
        self.clauses.append(Clause(terms, negated))

    def _figure(self, token: _Token) -> None:
        column, _ = FIGURES[token.name]
        operator = _compared(token)
        value = _number(token)
        self.comparisons.append(Comparison(column, operator, value))
        if column in RANGES and operator != "<>":
            low = value if operator in (">", ">=", "=") else None
            high = value if operator in ("<", "<=", "=") else None
            words = ranges_for(column, low, high)
            self.clauses.append(Clause(tuple(Term(one, facet=True) for one in words)))

    def _other(self, token: _Token) -> None:
        value = token.value.strip('"')
        if token.name == "state":
            if value not in tuple(RecordingState):
                raise _wrong(token.at, f"{value!r} is no state; there are {', '.join(RecordingState)}")
            operator = "<>" if token.negated != _is_not(token) else "="
            self.comparisons.append(Comparison("state", operator, value))
        elif token.negated:
            raise _wrong(token.at, f"{token.name} cannot be negated")
        elif token.name == "call":
            self.comparisons.append(Comparison("call", _compared(token), int(min(_number(token), float(1 << 53)))))
        else:
            _is_not(token)
            start, end = _span(token, value, self._context)
            if token.name in ("since", "on"):
                self.first = max(self.first or 0, position_at(start))
            if token.name in ("until", "on"):
                last = position_at(end if token.name == "on" else start)
                self.last = last if self.last is None else min(self.last, last)


def _is_not(token: _Token) -> bool:
    if token.operator not in (":", "=", "!="):
        raise _wrong(token.at, f"{token.name} takes : or !=, not {token.operator}")
    return token.operator == "!="


def _compared(token: _Token) -> str:
    if token.negated:
        raise _wrong(token.at, f"write {token.name}!= or turn the comparison around instead of -")
    return {":": "=", "!=": "<>"}.get(token.operator, token.operator)


def _number(token: _Token) -> float:
    found = _NUMBER.fullmatch(token.value.strip('"'))
    if found is None:
        raise _wrong(token.at, f"{token.value!r} is no number; write 10%, 0.1, 90s or 2m")
    return float(found["number"].replace(",", ".")) * _UNITS[(found["unit"] or "s").lower()]


def _ids(token: _Token, value: str, known: Mapping[int, str]) -> list[int]:
    """The ids of that number, or whose name begins so, whatever the accents. Raises QueryError."""
    if value.isascii() and value.isdigit():
        return [int(value)]
    asked = fold(value)
    same = [number for number, name in known.items() if fold(name) == asked]
    found = same or [n for n, name in known.items() if any(one.startswith(asked) for one in _beginnings(name))]
    if not asked or not found:
        near = get_close_matches(asked, [fold(name) for name in known.values()], 3)
        hint = f"did you mean {', '.join(near)}?" if near else "write it as it is listed, in quotes where it has spaces"
        raise _wrong(token.at, f"no {token.name} is named {value!r}; {hint}")
    return found


def _beginnings(name: str) -> list[str]:
    words = fold(name).split()
    return [" ".join(words[n:]) for n in range(len(words))]


_DAYS: Mapping[str, int] = MappingProxyType({"today": 0, "hoy": 0, "hoje": 0, "yesterday": 1, "ayer": 1, "ontem": 1})


def _span(token: _Token, value: str, context: Context) -> tuple[float, float]:
    """The time that is meant, and where the day or moment ends."""
    now = datetime.fromtimestamp(context.now, context.zone).astimezone(context.zone)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ago = re.fullmatch(r"(\d{1,4})([dh])", value)
    if value in _DAYS:
        start = midnight - timedelta(days=_DAYS[value])
        return start.timestamp(), (start + timedelta(days=1)).timestamp()
    if ago is not None:
        start = now - timedelta(**{"days" if ago[2] == "d" else "hours": int(ago[1])})
        return start.timestamp(), now.timestamp()
    try:
        start = datetime.fromisoformat(value)
        if start.tzinfo is None:
            start = start.replace(tzinfo=context.zone) if context.zone is not None else start.astimezone()
        whole_day = len(value) <= 10
        end = start + (timedelta(days=1) if whole_day else timedelta(minutes=1))
        return start.timestamp(), end.timestamp()
    except (ValueError, OverflowError):  # no day, or one at the very ends of the calendar
        raise _wrong(token.at, f"{value!r} is no day; write 2026-11-01, 2026-11-01T09:00, today or 7d") from None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may stand at the end of a search: the text that replaces it from `start` on, and what it is."""

    start: int
    text: str
    tells: str


def complete(
    text: str, context: Context, values: Callable[[str], Sequence[str]], *, limit: int = 12
) -> tuple[Suggestion, ...]:
    """What may follow at the end of the text. `values` tells what stands in a column of the recordings."""
    last = _last_word(text).removeprefix("-")
    start = len(text) - len(last)
    found = re.match(r'([A-Za-z_]+)(:|!=|=)"?(.*)$', last)
    if found is None:
        begun = [name for name in NAMES if name.startswith(last.lower())]
        return tuple(
            Suggestion(start, f"{one}{':' if one not in FIGURES else '>'}", _tells(one)) for one in begun[:limit]
        )
    name = found[1].lower()
    offered = _offered(name, context, values)
    fits = [one for one in offered if any(part.startswith(fold(found[3])) for part in _beginnings(one))]
    lead = f"{found[1]}{found[2]}"
    return tuple(Suggestion(start, f'{lead}"{one}"' if " " in one else f"{lead}{one}", "") for one in fits[:limit])


def _last_word(text: str) -> str:
    """What is being typed: from the last space that stands in no quotes."""
    quoted, start = False, 0
    for at, sign in enumerate(text):
        quoted ^= sign == '"'
        if sign.isspace() and not quoted:
            start = at + 1
    return text[start:]


def _tells(name: str) -> str:
    return (KINDS.get(name) or FIGURES.get(name) or ("", OTHERS.get(name, "")))[1]


def _offered(name: str, context: Context, values: Callable[[str], Sequence[str]]) -> Sequence[str]:
    offers: Mapping[str, Callable[[], Sequence[str]]] = {
        "campaign": lambda: sorted(context.campaigns.values()),
        "agent": lambda: sorted(context.agents.values()),
        "state": lambda: list(RecordingState),
        "flag": lambda: sorted({flag for row in values("flags") for flag in row.split()} | {"any"}),
        **{column: partial(values, column) for column in ("outcome", "disposition", "origin")},
        **dict.fromkeys(("since", "until", "on"), lambda: ["today", "yesterday", "7d", "30d"]),
    }
    return offers.get(name, tuple)()
