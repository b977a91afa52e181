"""A small language for filters and orders of leads: what a person may write without being able to break anything.

    balance > 1000 and days_past_due in (30, 60, 90) and not segment = "litigation"
    balance * score, field("Producto") starts "TC"

Parsed into functions of a lead's facts; nothing of it ever reaches a database. What is not known of a lead (None) is 0
in sums and unlike everything in comparisons. Pure.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

Value = float | str | bool | None
Facts = Mapping[str, Value]
Expression = Callable[[Facts], Value]

NAMES = frozenset(
    {"balance", "days_past_due", "attempts", "priority", "rank", "segment", "region", "country", "result", "score"}
    | {"currency", "streak"}
)
FIELD = "field."  # the list's own columns stand among the facts under this and their name, lower case
LENGTH_MAX = 2_000
DEPTH_MAX = 40

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<text>"[^"]*"|'[^']*')|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"""
    r"""|(?P<sign><=|>=|!=|==|[-+*/()<>=,]))"""
)
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_WITHIN: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda a, b: b.lower() in a.lower(),
    "starts": lambda a, b: a.lower().startswith(b.lower()),
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "log": lambda x: math.log(x) if x > 0 else 0.0,
}
_WORDS = frozenset({"and", "or", "not", "in", *_WITHIN})


class ExpressionError(ValueError):
    """The text is no expression. The message says where and what would do."""


@lru_cache(maxsize=512)
def parse(text: str) -> Expression:
    """The function that the text means. Raises ExpressionError."""
    if len(text) > LENGTH_MAX:
        raise ExpressionError(f"an expression has at most {LENGTH_MAX} characters, this one {len(text)}")
    return _Parser(text).whole()


def number(value: Value) -> float:
    """A value as a number: texts that are none, what is not known, and what has no end are 0."""
    try:
        read = float(value or 0.0)
    except ValueError:
        return 0.0
    return read if math.isfinite(read) else 0.0


class _Parser:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0
        self._kind, self._token = "", ""
        self._step()

    def whole(self) -> Expression:
        made = self._either()
        if self._kind:
            self._wrong("the end")
        return made

    def _step(self) -> None:
        if not self._text[self._at :].strip():
            self._kind, self._token = "", ""
            return
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise ExpressionError(f"{self._text!r}: nothing can be made of {self._text[self._at :].strip()[:12]!r}")
        self._kind = found.lastgroup or ""
        self._token = found[self._kind]
        self._at = found.end()
        if self._kind == "name" and self._token.lower() in _WORDS:
            self._kind, self._token = "word", self._token.lower()

    def _take(self, *tokens: str) -> str:
        """The token, where it is one of these; steps on."""
        if self._kind in {"sign", "word"} and self._token in tokens:
            token = self._token
            self._step()
            return token
        return ""

    def _need(self, token: str) -> None:
        if not self._take(token):
            self._wrong(repr(token))

    def _wrong(self, wanted: str) -> None:
        found = repr(self._token) if self._token else "the end"
        raise ExpressionError(f"{self._text!r}: {wanted} is wanted where {found} is")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise ExpressionError(f"an expression may not be nested deeper than {DEPTH_MAX}")

    def _either(self) -> Expression:
        self._deeper()
        some = [self._both()]
        while self._take("or"):
            some.append(self._both())
        self._depth -= 1
        return some[0] if len(some) == 1 else _any(tuple(some))

    def _both(self) -> Expression:
        some = [self._negated()]
        while self._take("and"):
            some.append(self._negated())
        return some[0] if len(some) == 1 else _all(tuple(some))

    def _negated(self) -> Expression:
        if self._take("not"):
            self._deeper()
            inner = self._negated()
            self._depth -= 1
            return lambda facts: not inner(facts)
        return self._compared()

    def _compared(self) -> Expression:
        left = self._sum()
        if self._take("in"):
            self._need("(")
            among = [self._sum()]
            while self._take(","):
                among.append(self._sum())
            self._need(")")
            return lambda facts: any(_same(left(facts), one(facts)) for one in among)
        sign = self._take("=", "==", "!=", *_COMPARED, *_WITHIN)
        return _comparison(left, sign, self._sum()) if sign else left

    def _sum(self) -> Expression:
        first, more = self._product(), list[tuple[float, Expression]]()
        while sign := self._take("+", "-"):
            more.append((1.0 if sign == "+" else -1.0, self._product()))
        return _added(first, tuple(more)) if more else first

    def _product(self) -> Expression:
        first, more = self._atom(), list[tuple[bool, Expression]]()
        while sign := self._take("*", "/"):
            more.append((sign == "/", self._atom()))
        return _multiplied(first, tuple(more)) if more else first

    def _atom(self) -> Expression:
        if self._take("-"):
            self._deeper()
            inner = self._atom()
            self._depth -= 1
            return lambda facts: -number(inner(facts))
        if self._take("("):
            inner = self._either()
            self._need(")")
            return inner
        kind, token = self._kind, self._token
        if kind in {"", "sign", "word"}:
            self._wrong("a value")
        self._step()
        if kind == "number":
            value = float(token)
            return lambda _: value
        if kind == "text":
            text = token[1:-1]
            return lambda _: text
        return self._called(token) if self._take("(") else self._known(token)

    def _known(self, name: str) -> Expression:
        if name not in NAMES:
            raise ExpressionError(f'{name!r} is nothing of a lead; there are {", ".join(sorted(NAMES))}, field("...")')
        return lambda facts: facts.get(name)

    def _called(self, name: str) -> Expression:
        if name == "field":
            if self._kind != "text":
                self._wrong('the name of a column, as field("Producto")')
            key = FIELD + self._token[1:-1].lower()
            self._step()
            self._need(")")
            return lambda facts: facts.get(key)
        if name not in _FUNCTIONS:
            raise ExpressionError(f"there is no function {name!r}; there are field, {', '.join(sorted(_FUNCTIONS))}")
        function = _FUNCTIONS[name]
        values = [self._either()]
        while self._take(","):
            values.append(self._either())
        self._need(")")
        if (len(values) == 1) != (name in {"abs", "log"}):
            raise ExpressionError(f"{name} takes {'one value' if name in {'abs', 'log'} else 'two values or more'}")
        return lambda facts: function(*(number(one(facts)) for one in values))


# Long chains are gone through in a loop: a function within a function for each link would be too deep to call.


def _any(some: tuple[Expression, ...]) -> Expression:
    return lambda facts: any(one(facts) for one in some)


def _all(some: tuple[Expression, ...]) -> Expression:
    return lambda facts: all(one(facts) for one in some)


def _added(first: Expression, more: tuple[tuple[float, Expression], ...]) -> Expression:
    def added(facts: Facts) -> Value:
        total = number(first(facts))
        for sign, one in more:
            total += sign * number(one(facts))
        return total

    return added


def _multiplied(first: Expression, more: tuple[tuple[bool, Expression], ...]) -> Expression:
    def multiplied(facts: Facts) -> Value:
        total = number(first(facts))
        for divided, one in more:
            by = number(one(facts))
            total = total * by if not divided else total / by if by else 0.0
        return total

    return multiplied


def _same(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return False
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return number(left) == number(right)


def _comparison(left: Expression, sign: str, right: Expression) -> Expression:
    if sign in {"=", "=="}:
        return lambda facts: _same(left(facts), right(facts))
    if sign == "!=":
        return lambda facts: not _same(left(facts), right(facts))
    if sign in _WITHIN:
        within = _WITHIN[sign]
        return lambda facts: within(str(left(facts) or ""), str(right(facts) or ""))
    compare = _COMPARED[sign]

    def compared(facts: Facts) -> Value:
        one, other = left(facts), right(facts)
        return one is not None and other is not None and compare(number(one), number(other))

    return compared
