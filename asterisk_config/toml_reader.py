"""TOML into frozen dataclasses, with the line of everything that is wrong.

A dataclass is the schema: its fields' names, types and defaults, and checks as a type's metadata, for instance
`Annotated[int, between(1, 9)]`. All problems are collected, so that a person mends a file in one go. Must not know
what the settings mean.
"""

import dataclasses
import difflib
import math
import re
import tomllib
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from asterisk_config.toml_lines import Key, line_of, lines_of_keys

Check = Callable[[Any], str | None]
"""What is wrong with a value, in words that follow its name; None when it is good."""

Schema = TypeVar("Schema")

_KINDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number", Path: "a path as text"}
_TOML_KINDS = {**_KINDS, list: "an array", dict: "a table"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a settings file; `line` counts from 1."""

    line: int
    key: str  # empty: of the file as a whole
    reason: str

    @property
    def said(self) -> str:
        return f"{self.key}: {self.reason}" if self.key else self.reason


class SettingsError(Exception):
    """A settings file that cannot be used, with every problem found in it."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order of their lines."""
        self.source = source
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(f"{source}:{one.line}: {one.said}" for one in self.problems))


@dataclass(frozen=True, slots=True)
class Named:
    """Metadata of a field that has another name in the file: Annotated[..., Named("trunk")]."""

    key: str


def read(
    schema: type[Schema], text: str, source: str, validate: Callable[[Schema], Iterable[tuple[Key, str]]]
) -> Schema:
    """The settings in `text`; `source` names it in errors, `validate` yields what is wrong between fields.

    Raises SettingsError with every problem, each at its line.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        line = int(where[1]) if where else len(text.splitlines())
        raise SettingsError(source, [Problem(line, "TOML", str(error))]) from error
    reader = _Reader()
    settings = reader.table(schema, table, ())
    problems = reader.problems or list(validate(typing.cast("Schema", settings)))
    if problems:
        lines = lines_of_keys(text)
        raise SettingsError(source, [Problem(line_of(key, lines), _name(key), reason) for key, reason in problems])
    return typing.cast("Schema", settings)


class _Wrong(Exception):  # noqa: N818 - carries a reason to the reader, never to a caller
    pass


class _Reader:
    """Walks one file's tables and keeps what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[tuple[Key, str]] = []

    def table(self, schema: type[object], table: dict[str, object], at: Key) -> object:
        """An instance of the dataclass, or None when one of its own values is wrong."""
        kinds = typing.get_type_hints(schema, include_extras=True)
        fields = {_key_of(one.name, kinds[one.name]): one for one in dataclasses.fields(typing.cast("Any", schema))}
        before = len(self.problems)
        for unknown in table.keys() - fields.keys():
            self.problems.append(((*at, unknown), _unknown(unknown, fields)))
        values = {}
        for key, one in fields.items():
            if key in table:
                values[one.name] = self.value(kinds[one.name], table[key], (*at, key))
            elif one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING:
                self.problems.append(((*at, key), "is required"))
        return schema(**values) if len(self.problems) == before else None

    def value(self, kind: object, value: object, at: Key) -> object:
        """The value as `kind`; what is wrong with it is kept as a problem."""
        checks = [one for one in getattr(kind, "__metadata__", ()) if callable(one)]
        try:
            converted = self._converted(_bare(kind), value, at)
        except _Wrong as wrong:
            self.problems.append((at, str(wrong)))
            return None
        self.problems += [(at, complaint) for check in checks if (complaint := check(converted))]
        return converted

    def _converted(self, kind: object, value: object, at: Key) -> object:
        if typing.get_origin(kind) is tuple:
            return self._many(typing.get_args(kind)[0], value, at)
        if dataclasses.is_dataclass(kind):
            if not isinstance(value, dict):
                raise _Wrong(f"must be a table, not {_kind_of(value)}")
            return self.table(typing.cast("type[object]", kind), value, at)
        plain = typing.cast("type[Any]", kind)
        expected = str if plain is Path else plain
        if type(value) is expected or (expected is float and type(value) is int):
            if expected is float and not math.isfinite(value):  # type: ignore[arg-type]
                raise _Wrong("must be a number, neither nan nor inf")
            return plain(value)
        raise _Wrong(f"must be {_KINDS[plain]}, not {_kind_of(value)}")

    def _many(self, kind: object, values: object, at: Key) -> tuple[object, ...]:
        if not isinstance(values, list):
            raise _Wrong(f"must be an array, not {_kind_of(values)}")
        return tuple(self.value(kind, value, (*at, index)) for index, value in enumerate(values))


def _bare(kind: object) -> object:
    """The type without its metadata and without `| None`."""
    if typing.get_origin(kind) is Annotated:
        kind = typing.get_args(kind)[0]
    if isinstance(kind, types.UnionType):
        return next(one for one in typing.get_args(kind) if one is not type(None))
    return kind


def _key_of(name: str, kind: object) -> str:
    return next((one.key for one in getattr(kind, "__metadata__", ()) if isinstance(one, Named)), name)


def _unknown(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return "is not a setting" + (f" (is {close[0]} meant?)" if close else f" (known here: {', '.join(known)})")


def _kind_of(value: object) -> str:
    return _TOML_KINDS.get(type(value), type(value).__name__)


def _name(key: Key) -> str:
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
