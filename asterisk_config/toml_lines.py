"""On which line of a TOML text each key stands.

The standard reader tells values but not where they came from. Reads positions only: the text must already have
been accepted by that reader, and what a value is, is not looked at.
"""

import re
from collections.abc import Iterable, Iterator

Key = tuple[str | int, ...]
"""Where a value stands: names of tables and keys, and the index in an array of tables."""

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_ARRAY_HEADER = re.compile(rf"\s*\[\[\s*({_DOTTED})\s*\]\]")
_HEADER = re.compile(rf"\s*\[\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=")
_VALUE = re.compile(r"""\"\"\"|'''|"(?:\\.|[^"\\])*"|'[^']*'|#.*|[\[\]{},]|[^\s\[\]{},"'#]+""")
_STRING_OR_COMMENT = re.compile(r"""\"\"\"|'''|"(?:\\.|[^"\\])*"|'[^']*'|#.*""")


def lines_of_keys(text: str) -> dict[Key, int]:
    """The line, from 1, of every table header, every key, and every element of an array that is a key's value.

    The insides of inline tables are not listed.
    """
    found: dict[Key, int] = {(): 1}
    counts: dict[Key, int] = {}
    table: Key = ()
    for number, line in _statements(text):
        if header := _ARRAY_HEADER.match(line):
            base = _within_arrays(_parts(header[1]), counts)
            counts[base] = counts.get(base, -1) + 1
            table = (*base, counts[base])
            found.setdefault(base, number)
            found[table] = number
        elif header := _HEADER.match(line):
            table = _within_arrays(_parts(header[1]), counts)
            found.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            parts = _parts(assignment[1])
            for length in range(1, len(parts) + 1):
                found.setdefault(table + parts[:length], number)
            lines = text.splitlines()[number - 1 :]
            for index, offset in enumerate(_elements([lines[0][assignment.end() :], *lines[1:]])):
                found[(*table, *parts, index)] = number + offset
    return found


def line_of(key: Key, lines: dict[Key, int]) -> int:
    """The line of `key`, or of the nearest table around it that has one."""
    while key not in lines:
        key = key[:-1]
    return lines[key]


def _elements(lines: Iterable[str]) -> Iterator[int]:
    """Where the value that begins the lines is an array: on which line, from 0, each of its elements begins."""
    depth, fresh, quote = 0, False, ""
    for number, line in enumerate(lines):
        rest = line
        while token := re.search(re.escape(quote), rest) if quote else _VALUE.search(rest):
            sign, rest = token[0], rest[token.end() :]
            if sign.startswith("#"):
                continue
            if quote:
                quote = ""
                continue
            if sign in {'"""', "'''"}:
                quote = sign
            if depth == 0 and sign != "[":
                return
            if sign in {"]", "}"}:
                depth -= 1
                if depth == 0:
                    return
            elif sign == ",":
                fresh = fresh or depth == 1
            else:
                if depth == 1 and fresh:
                    yield number
                    fresh = False
                depth += sign in {"[", "{"}
                fresh = fresh or (depth == 1 and sign == "[")


def _parts(dotted: str) -> Key:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


def _within_arrays(parts: Key, counts: dict[Key, int]) -> Key:
    """A header's names with the index of the array's latest table after each array's name."""
    resolved: Key = ()
    for part in parts[:-1]:
        resolved = (*resolved, part)
        if resolved in counts:
            resolved = (*resolved, counts[resolved])
    return (*resolved, *parts[-1:])


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Lines that begin a statement: those inside a long string or an array of several lines are left out."""
    quote, depth = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not quote and depth == 0:
            yield number, line
        quote, depth = _after(line, quote, depth)


def _after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """The open long quote and the open brackets at the end of a line."""
    while True:
        if quote:
            _, closed, line = line.partition(quote)
            if not closed:
                return quote, depth
            quote = ""
        bare = ""
        rest = line
        while token := _STRING_OR_COMMENT.search(rest):
            bare += rest[: token.start()]
            rest = rest[token.end() :]
            if token[0] in {'"""', "'''"}:
                quote = token[0]
                break
        else:
            bare, rest = bare + rest, ""
        depth += bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")
        if not quote:
            return "", depth
        line = rest
