"""The language in which recordings are searched: words, "phrases", name:value, figure>number, and - for not.

    promesa agent:ana campaign:"Cards, spring" talk_over>10% -flag:one_way since:2026-11-01

Pure: a text becomes an `Asked`, or a QueryError that points at the place and says what would be right.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

from dialer.store import Asked, Clause, Comparison, RecordingState, Term
from dialer.store.recordings import position_at
from recordings.errors import QueryError
from recordings.facets import ANY, HELD, PROBLEM, RANGES, ranges_for, word
from recordings.problems import Problem
from recordings.words import fold

_TOKEN = re.compile(
    r"""(?P<minus>-)?(?:(?P<name>[^\W\d]+)(?P<operator><=|>=|!=|[:=<>]))?(?P<value>"[^"]*"?|[^\s"]+)?""", re.VERBOSE
)
_NUMBER = re.compile(r"(?P<number>-?\d+(?:[.,]\d+)?)(?P<unit>%|s|m|min|h|db)?", re.IGNORECASE)
_UNITS = {"%": 0.01, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "db": 1.0}
_VALUE = re.compile(r'([^\W\d]+)(:|!=|=)"?(.*)$')  # of a field, begun
_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"flag": "flags", "outcome": "outcome", "disposition": "disposition", "origin": "origin"}
)
LENGTH_MAX = 2_000

# By name: the column. What each field is the catalogues say, by its name.
FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "duration": "duration_s",
        "agent_share": "agent_share",
        "customer_share": "customer_share",
        "silence": "silence_share",
        "talk_over": "talk_over_share",
        "monologue": "longest_monologue_s",
        "turns": "turns",
        "response": "response_s",
        "first_word": "first_word_s",
        "dead_air": "dead_air_s",
        "hold": "hold_s",
        "agent_level": "agent_dbfs",
        "customer_level": "customer_dbfs",
        "clipping": "clipping_share",
        "music": "music_share",
        "beeps": "beeps",
        "score": "score",
    }
)
# By name: the kind of facet.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "campaign": "cmp",
        "agent": "agt",
        "outcome": "out",
        "disposition": "dsp",
        "flag": "flg",
        "country": "cty",
        "origin": "org",
        "number": "num",
        "lead": "led",
    }
)
OTHERS = ("since", "until", "on", "state", "call", "problem", "held", "scored")
NAMES = (*KINDS, *FIGURES, *OTHERS)
# What people write for them in Spanish and Portuguese, folded.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("campana", "campanha"), "campaign"),
        **dict.fromkeys(("agente", "asesor", "operador", "atendente"), "agent"),
        "resultado": "outcome",
        **dict.fromkeys(("disposicion", "disposicao", "tipificacion", "tipificacao"), "disposition"),
        "aviso": "flag",
        "pais": "country",
        **dict.fromkeys(("origen", "origem"), "origin"),
        **dict.fromkeys(("numero", "telefono", "telefone"), "number"),
        "registro": "lead",
        **dict.fromkeys(("duracion", "duracao"), "duration"),
        "silencio": "silence",
        "monologo": "monologue",
        "turnos": "turns",
        "espera": "hold",
        "musica": "music",
        **dict.fromkeys(("puntaje", "nota"), "score"),
        "desde": "since",
        **dict.fromkeys(("hasta", "ate"), "until"),
        "dia": "on",
        "estado": "state",
        **dict.fromkeys(("llamada", "chamada"), "call"),
        "problema": "problem",
        **dict.fromkeys(("retenida", "retida"), "held"),
        **dict.fromkeys(("evaluada", "avaliada"), "scored"),
    }
)
# Of the others those that are one of a few.
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "state": tuple(RecordingState),
        "problem": (ANY, *Problem),
        "held": ("yes", "no"),
        "scored": ("yes", "no"),
    }
)
_YES_NO: Mapping[str, str] = MappingProxyType({"si": "yes", "sim": "yes", "nao": "no"})


class Misread(StrEnum):
    """Why a search cannot be understood."""

    TOO_LONG = "too_long"
    NO_MEANING = "no_meaning"
    NOT_CLOSED = "not_closed"
    NO_VALUE = "no_value"
    NO_FIELD = "no_field"
    NO_FIELD_BUT = "no_field_but"
    NO_WORD = "no_word"
    NO_CHOICE = "no_choice"
    NO_NOT = "no_not"
    NO_COMPARISON = "no_comparison"
    TURN_AROUND = "turn_around"
    NO_NUMBER = "no_number"
    NOBODY = "nobody"
    NOBODY_BUT = "nobody_but"
    NO_DAY = "no_day"
    MASKED = "masked"


# As they are said to a program; the catalogues have them for people.
SAID: Mapping[Misread, str] = MappingProxyType(
    {
        Misread.TOO_LONG: "a search has at most {most} signs; this one has {count}",
        Misread.NO_MEANING: "'{what}' means nothing here",
        Misread.NOT_CLOSED: 'this " is never closed',
        Misread.NO_VALUE: "{what} lacks its value",
        Misread.NO_FIELD: "'{what}' is no field; there are {names}",
        Misread.NO_FIELD_BUT: "'{what}' is no field; did you mean {near}?",
        Misread.NO_WORD: "'{what}' holds no word",
        Misread.NO_CHOICE: "{name} is one of {names}, not '{what}'",
        Misread.NO_NOT: "{name} cannot be negated",
        Misread.NO_COMPARISON: "{name} takes : or !=, not {operator}",
        Misread.TURN_AROUND: "write {name}!= or turn the comparison around instead of -",
        Misread.NO_NUMBER: "'{what}' is no number; write 10%, 0.1, 90s or 2m",
        Misread.NOBODY: "no {name} is named '{what}'; write it as it is listed, in quotes where it has spaces",
        Misread.NOBODY_BUT: "no {name} is named '{what}'; did you mean {near}?",
        Misread.NO_DAY: "'{what}' is no day; write 2026-11-01, 2026-11-01T09:00, today or 7d",
        Misread.MASKED: "numbers are masked for you: write the whole of '{what}'",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a search is read with: the names of campaigns and agents by id, the time, the zone of its dates."""

    campaigns: Mapping[int, str] = field(default_factory=dict)
    agents: Mapping[int, str] = field(default_factory=dict)
    now: float = 0.0
    zone: tzinfo | None = None  # None: the machine's
    numbers: bool = True  # may be seen: else none is told digit by digit


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
        raise _wrong(LENGTH_MAX, Misread.TOO_LONG, most=str(LENGTH_MAX), count=str(len(text)))
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
            raise _wrong(at, Misread.NO_MEANING, what=text[at])
        value = found["value"] or ""
        if value.startswith('"') and (len(value) < 2 or not value.endswith('"')):
            raise _wrong(found.start("value"), Misread.NOT_CLOSED)
        if not value:
            asked = f"{found['name']}{found['operator']}" if found["name"] else "-"
            raise _wrong(found.end(), Misread.NO_VALUE, what=asked)
        yield _Token(at, found["minus"] is not None, _named(found["name"] or ""), found["operator"] or "", value)
        at = found.end()


def _named(written: str) -> str:
    """The field that is meant by that name."""
    return ALIASES.get(fold(written), written.lower())


def _wrong(at: int, code: Misread, **figures: str) -> QueryError:
    text = f"place {at + 1}: {SAID[code].format(**figures)}"
    return QueryError(text, code=code, place=at + 1, figures=figures)


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
            if near:
                raise _wrong(token.at, Misread.NO_FIELD_BUT, what=token.name, near=near[0])
            raise _wrong(token.at, Misread.NO_FIELD, what=token.name, names=", ".join(NAMES))

    def _words(self, token: _Token) -> None:
        bare = token.value.strip('"')
        prefix = token.value.endswith("*")
        folded = fold(bare)
        if not folded:
            raise _wrong(token.at, Misread.NO_WORD, what=token.value)
        if prefix and not self._context.numbers and folded.replace(" ", "").isdecimal():
            raise _wrong(token.at, Misread.MASKED, what=bare)
        self.clauses.append(Clause((Term(folded, prefix),), token.negated))

    def _facet(self, token: _Token) -> None:
        kind = KINDS[token.name]
        negated = token.negated != _is_not(token)
        value = token.value.strip('"')
        if token.name in ("campaign", "agent"):
            known = self._context.campaigns if token.name == "campaign" else self._context.agents
            terms = tuple(Term(word(kind, one), facet=True) for one in _ids(token, value, known))
        else:
            terms = (Term(word(kind, value), facet=True),)
        self.clauses.append(Clause(terms, negated))

    def _figure(self, token: _Token) -> None:
        column = FIGURES[token.name]
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
        if token.name in CHOICES:
            self._choice(token, value)
        elif token.negated:
            raise _wrong(token.at, Misread.NO_NOT, name=token.name)
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

    def _choice(self, token: _Token, value: str) -> None:
        """One of a few values."""
        value, choices = _YES_NO.get(fold(value), value), CHOICES[token.name]
        if value not in choices:
            raise _wrong(token.at, Misread.NO_CHOICE, what=value, name=token.name, names=", ".join(choices))
        negated = token.negated != _is_not(token)
        if token.name == "state":
            self.comparisons.append(Comparison("state", "<>" if negated else "=", value))
            return
        words = {
            "problem": (word(PROBLEM, value),),
            "held": (HELD,),
            "scored": ranges_for("score", None, None),
        }[token.name]
        self.clauses.append(Clause(tuple(Term(one, facet=True) for one in words), negated != (value == "no")))


def _is_not(token: _Token) -> bool:
    if token.operator not in (":", "=", "!="):
        raise _wrong(token.at, Misread.NO_COMPARISON, name=token.name, operator=token.operator)
    return token.operator == "!="


def _compared(token: _Token) -> str:
    if token.negated:
        raise _wrong(token.at, Misread.TURN_AROUND, name=token.name)
    return {":": "=", "!=": "<>"}.get(token.operator, token.operator)


def _number(token: _Token) -> float:
    found = _NUMBER.fullmatch(token.value.strip('"'))
    if found is None:
        raise _wrong(token.at, Misread.NO_NUMBER, what=token.value)
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
        if near:
            raise _wrong(token.at, Misread.NOBODY_BUT, name=token.name, what=value, near=", ".join(near))
        raise _wrong(token.at, Misread.NOBODY, name=token.name, what=value)
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
        raise _wrong(token.at, Misread.NO_DAY, what=value) from None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may stand at the end of a search: the text that replaces it from `start` on; `field`: which it begins, empty
    where it is a value."""

    start: int
    text: str
    field: str = ""


def columns_of(text: str) -> tuple[str, ...]:
    """Whose values `complete` asks for at the end of this text: columns of the recordings."""
    found = _VALUE.match(_last_word(text).removeprefix("-"))
    column = _COLUMNS.get(_named(found[1])) if found is not None else None
    return (column,) if column is not None else ()


def complete(
    text: str, context: Context, values: Callable[[str], Sequence[str]], *, limit: int = 12
) -> tuple[Suggestion, ...]:
    """What may follow at the end of the text. `values` tells what stands in a column of the recordings."""
    last = _last_word(text).removeprefix("-")
    start = len(text) - len(last)
    found = _VALUE.match(last)
    if found is None:
        meant = {name for alias, name in ALIASES.items() if alias.startswith(fold(last))} if fold(last) else set[str]()
        begun = [name for name in NAMES if name.startswith(last.lower()) or name in meant]
        return tuple(Suggestion(start, f"{one}{':' if one not in FIGURES else '>'}", one) for one in begun[:limit])
    name = _named(found[1])
    offered = _offered(name, context, values)
    fits = [one for one in offered if any(part.startswith(fold(found[3])) for part in _beginnings(one))]
    lead = f"{found[1]}{found[2]}"
    return tuple(Suggestion(start, f'{lead}"{one}"' if " " in one else f"{lead}{one}") for one in fits[:limit])


def _last_word(text: str) -> str:
    """What is being typed: from the last space that stands in no quotes."""
    quoted, start = False, 0
    for at, sign in enumerate(text):
        quoted ^= sign == '"'
        if sign.isspace() and not quoted:
            start = at + 1
    return text[start:]


def _offered(name: str, context: Context, values: Callable[[str], Sequence[str]]) -> Sequence[str]:
    if name == "flag":
        return sorted({flag for row in values(_COLUMNS[name]) for flag in row.split()} | {ANY})
    if name in _COLUMNS:
        return values(_COLUMNS[name])
    if name in ("since", "until", "on"):
        return ("today", "yesterday", "7d", "30d")
    people = {"campaign": context.campaigns, "agent": context.agents}
    return sorted(people[name].values()) if name in people else CHOICES.get(name, ())
