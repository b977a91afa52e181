"""Text for values, and values for text, without loss: the journal's bodies and the settings kept as JSON.

Every dataclass is written as a JSON object with its name under "type"; None is left out where reading puts it back.
Reading follows the type hints, so that tuples, enumerations and nested values come back as what they were.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from enum import Enum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from dialer.core.messages import Command, Event
from dialer.errors import StoreError

T = TypeVar("T")
Reader = Callable[[Any], Any]
Shape = tuple[tuple[str, ...], Callable[[Any], tuple[object, ...]], frozenset[str]]
TAG = "type"
_OWN = "type_"  # under which a field of that name stands
_SHAPES: dict[type, Shape] = {}
_READERS: dict[type, Reader] = {}


class CodecError(StoreError):
    """A stored text cannot be read: it was damaged or written by another release. The text names the value."""


def encode(message: Event | Command) -> str:
    """One line of JSON."""
    return to_json(message)


def decode(text: str) -> Event | Command:
    """The message again, equal to the one encoded. Raises CodecError."""
    try:
        body = json.loads(text)
        kind = _MESSAGES[body[TAG]]
    except (ValueError, TypeError, KeyError):
        raise CodecError(f"not a message of the journal: {text[:80]!r}") from None
    message: Event | Command = _read(kind, body)
    return message


def to_json(value: object) -> str:
    """Any frozen dataclass of the core, or a tuple of them, as one line of JSON."""
    return _ENCODER.encode(value)


def from_json(kind: type[T], text: str) -> T:
    """The value of the dataclass `kind` again. Raises CodecError."""
    try:
        body = json.loads(text)
    except ValueError:
        raise CodecError(f"not JSON: {text[:80]!r}") from None
    return _read(kind, body)


def from_row(kind: type[T], row: Mapping[Any, Any]) -> T:
    """A value of the dataclass `kind` from a row with its fields' names. Raises CodecError."""
    return _read(kind, row)


def _read(kind: type[T], body: Mapping[Any, Any]) -> T:
    try:
        value: T = _dataclass_reader(kind)(body)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CodecError(f"{kind.__name__} cannot be read: {error}") from error
    return value


# ---------------------------------------------------------------- writing


def _written(value: object) -> dict[str, object]:
    kind: type = type(value)
    if kind not in _SHAPES:
        _SHAPES[kind] = _shape(kind)
    names, values, kept = _SHAPES[kind]
    told = {name: one for name, one in zip(names, values(value), strict=True) if one is not None or name in kept}
    if TAG in told:
        told[_OWN] = told.pop(TAG)
    return {TAG: kind.__name__, **told}


def _shape(kind: type) -> Shape:
    """The names of the fields, how to get all their values, and the fields whose None must be written."""
    names = tuple(field.name for field in fields(kind))
    kept = frozenset(field.name for field in fields(kind) if not _required(field) and field.default is not None)
    if len(names) > 1:
        return names, attrgetter(*names), kept
    return names, lambda value: tuple(getattr(value, name) for name in names), kept


_ENCODER = json.JSONEncoder(default=_written, separators=(",", ":"), ensure_ascii=False, check_circular=False)

# ---------------------------------------------------------------- reading


def _reader(hint: Any) -> Reader:  # noqa: ANN401 - a type hint may be anything
    if isinstance(hint, NewType):
        return _reader(hint.__supertype__)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _union(tuple(one for one in arguments if one is not NoneType), optional=NoneType in arguments)
    if origin is tuple:
        return _tuple(arguments)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hasattr(hint, "__dataclass_fields__"):
        return _dataclass_reader(hint)
    return _plain


def _plain(value: object) -> object:
    return value


def _union(kinds: tuple[Any, ...], *, optional: bool) -> Reader:
    if len(kinds) == 1:
        one = _reader(kinds[0])
        if one is _plain:
            return _plain
        return lambda value: None if value is None else one(value)
    named = {kind.__name__: _reader(kind) for kind in kinds if hasattr(kind, "__dataclass_fields__")}
    assert len(named) == len(kinds), f"{kinds}: a union of more than dataclasses cannot be told apart"
    return lambda value: None if optional and value is None else named[value[TAG]](value)


def _tuple(arguments: tuple[Any, ...]) -> Reader:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        each = _reader(arguments[0])
        return tuple if each is _plain else lambda value: tuple([each(one) for one in value])
    readers = [_reader(one) for one in arguments]
    return lambda value: tuple([read(one) for read, one in zip(readers, value, strict=True)])


def _dataclass_reader(kind: type) -> Reader:
    if kind not in _READERS:
        _READERS[kind] = _dataclass(kind)
    return _READERS[kind]


def _dataclass(kind: type) -> Reader:
    hints = get_type_hints(kind)
    names = frozenset(field.name for field in fields(kind))
    readers = [(name, one) for name in names if (one := _reader(hints[name])) is not _plain]
    # A field that may be None and has no default was left out when it was None.
    absent = tuple(field.name for field in fields(kind) if _required(field) and NoneType in get_args(hints[field.name]))

    def read(body: Mapping[str, Any]) -> object:
        values = {name: value for name, value in body.items() if name != TAG}
        if _OWN in values:
            values[TAG] = values.pop(_OWN)
        for name, convert in readers:
            if name in values:
                values[name] = convert(values[name])
        for name in absent:
            values.setdefault(name, None)
        return kind(**values)

    return read


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


_MESSAGES: dict[str, type] = {kind.__name__: kind for union in (Event, Command) for kind in get_args(union)}
