"""TOML over a frozen dataclass: what a file names is changed, all else stays; and the way back.

Every problem is collected, each with its line. What a value means is not known here: a dataclass that raises
ValueError says what is wrong with its values together.
"""

import difflib
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

from asterisk_config.toml_lines import Key, line_of, lines_of_keys
from dialer.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Node = TypeVar("Node", bound="DataclassInstance")
NUMBER_MAX = 10**15  # every whole number up to it is a float
_KINDS: dict[type, str] = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
_KINDS |= {list: "an array", dict: "a table"}


class Found(NamedTuple):
    """One thing that is wrong."""

    line: int
    key: str
    text: str


class Unreadable(Exception):  # noqa: N818 - the file is what is wrong
    """The values cannot be used; `found` says why, in the order of lines."""

    def __init__(self, found: list[Found]) -> None:
        super().__init__("; ".join(one.text for one in found))
        self.found = found


@dataclass(frozen=True, slots=True)
class _Wrong(Exception):  # noqa: N818 - carries a reason to the reader, never to a caller
    text: str


def read_tree(path: Path) -> tuple[str, dict[str, Any]]:
    """A file's text and what it says. Raises ConfigError with the file and, where there is one, the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}, line {line}: this is not UTF-8; save the file as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error


def filled(base: Node, tree: Mapping[str, object], text: str) -> Node:
    """A copy of `base` with the tree's values; `text` is where the tree was read from. Raises Unreadable."""
    problems = list[tuple[Key, str]]()
    made = _table(base, tree, (), problems)
    if problems:
        lines = lines_of_keys(text)
        found = [Found(line_of(key, lines), _named(key), why) for key, why in problems]
        raise Unreadable(sorted(found))
    return made


def _table(base: Node, tree: Mapping[str, object], at: Key, problems: list[tuple[Key, str]]) -> Node:
    hints = get_type_hints(type(base))
    changes = dict[str, Any]()
    before = len(problems)
    for key, value in tree.items():
        here = (*at, key)
        if key not in hints:
            close = difflib.get_close_matches(key, hints, n=1)
            meant = f"is {close[0]} meant?" if close else f"there are {', '.join(hints)}"
            problems.append((here, f"no such key; {meant}"))
            continue
        try:
            changes[key] = _value(hints[key], getattr(base, key), value, here, problems)
        except _Wrong as wrong:
            problems.append((here, wrong.text))
    if len(problems) == before:
        try:
            return replace(base, **changes)
        except ValueError as error:
            named = [word for word in re.findall(r"\w+", str(error)) if word in tree]
            problems.append(((*at, named[0]) if named else at, str(error)))
    return base


def _value(hint: Any, base: object, value: object, at: Key, problems: list[tuple[Key, str]]) -> object:  # noqa: ANN401
    if isinstance(hint, UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is tuple:
        former = base if isinstance(base, tuple) else ()
        return _row(get_args(hint)[0], former, _of(list, value), at, problems)
    if is_dataclass(hint):
        start = base if is_dataclass(base) else _blank(hint)
        return _table(cast("Any", start), _of(dict, value), at, problems)
    if issubclass(hint, StrEnum):
        try:
            return hint(str(value))
        except ValueError:
            raise _Wrong(f"{value!r} is not one of {', '.join(hint)}") from None
    if hint is float and type(value) is int:
        if abs(value) > NUMBER_MAX:
            raise _Wrong("is too large a number")
        return float(value)
    if hint is float and not math.isfinite(_of(float, value)):
        raise _Wrong("is not a finite number")
    if hint is int and abs(_of(int, value)) > NUMBER_MAX:
        raise _Wrong("is too large a number")
    return _of(hint, value)


def _blank(kind: Any) -> Any:  # noqa: ANN401 - any dataclass
    """One with its defaults, and nothing where it has none."""
    hints = get_type_hints(kind)
    needed = [one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
    return kind(**{name: hints[name]() for name in needed})


def _row(
    inner: Any,  # noqa: ANN401 - a type hint is of any kind
    former: tuple[object, ...],
    values: list[object],
    at: Key,
    problems: list[tuple[Key, str]],
) -> tuple[object, ...]:
    made = []
    for index, value in enumerate(values):
        start = former[0] if former and index == 0 else None
        made.append(_value(inner, start, value, (*at, index), problems))
    return tuple(made)


Plain = TypeVar("Plain")


def _of(kind: type[Plain], value: object) -> Plain:
    if type(value) is not kind:
        raise _Wrong(f"{value!r} is {_KINDS.get(type(value), 'of another kind')}; {_KINDS[kind]} is wanted")
    return value


def _named(key: Key) -> str:
    return ".".join(f"{part + 1}" if isinstance(part, int) else part for part in key) or "the file"


# ---------------------------------------------------------------- the way back


def text(node: object, base: object) -> str:
    """The dataclass as TOML: what differs from `base`, tables after plain values."""
    return "\n".join(_lines(node, base, "")).strip() + "\n"


def _lines(node: Any, base: Any, place: str) -> Iterator[str]:  # noqa: ANN401 - any dataclass
    tables = list[str]()
    for one in fields(node):
        value, former = getattr(node, one.name), getattr(base, one.name)
        at = f"{place}.{one.name}" if place else one.name
        if value == former:
            continue
        if is_dataclass(value):
            tables += ["", f"[{at}]", *_lines(value, former if former is not None else _blank(type(value)), at)]
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            for number, element in enumerate(value):
                start = former[0] if number == 0 and former else _blank(type(element))
                tables += ["", f"[[{at}]]", *_lines(element, start, at)]
        elif value is not None:
            yield f"{one.name} = {_plain(value)}"
    yield from tables


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, tuple):
        return f"[{', '.join(_plain(one) for one in value)}]"
    return repr(value)
