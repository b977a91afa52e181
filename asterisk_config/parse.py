"""Asterisk's own configuration files, read as Asterisk reads them, with the file and line of each setting.

Sections with templates, `[a](b,c)`, `[a](!)` and `[a](+)`; `#include` and `#tryinclude` with wildcards; `;` and
`;-- --;` comments; `\\;`; `=` and `=>`. `#exec` is refused: reading must not run programs. Only reads.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

INCLUDES_MAX = 20
"""How deep files may include one another."""

_SECTION = re.compile(r"\[([^\]]*)\]\s*(?:\(([^)]*)\))?\s*$")
_DIRECTIVE = re.compile(r"#\s*(\w+)\s+(.*)$")


class ParseError(Exception):
    """A line that Asterisk would not take, or that is refused here; the message begins with file and line."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; lines count from 1."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Entry:
    """`key = value`, where it was written."""

    key: str
    value: str
    place: Place


@dataclass(slots=True)
class Section:
    """A section with its entries in order, those of its templates first."""

    name: str
    place: Place
    is_template: bool = False
    entries: list[Entry] = field(default_factory=list)

    def all(self, key: str) -> list[Entry]:
        """Every entry of that key; keys are compared without regard to case."""
        return [entry for entry in self.entries if entry.key.lower() == key.lower()]

    def last(self, key: str) -> Entry | None:
        """The entry that counts where only one can."""
        found = self.all(key)
        return found[-1] if found else None

    def value(self, key: str, default: str = "") -> str:
        """The value that counts, or the default."""
        found = self.last(key)
        return found.value if found else default

    def is_on(self, key: str, default: bool = False) -> bool:
        """Whether the value means yes, in any of Asterisk's spellings."""
        found = self.last(key)
        return found.value.lower() in {"yes", "true", "y", "t", "1", "on"} if found else default


@dataclass(frozen=True, slots=True)
class Configuration:
    """One file with what it includes: its sections in order. A name may come several times, as pjsip.conf's do."""

    path: Path
    sections: tuple[Section, ...]

    def named(self, name: str) -> list[Section]:
        """The sections of that name, templates left out."""
        return [section for section in self.sections if section.name == name and not section.is_template]

    def merged(self, name: str) -> Section | None:
        """All sections of that name as one, as most files mean it; None when there is none."""
        found = self.named(name)
        if not found:
            return None
        return Section(name, found[0].place, entries=[entry for section in found for entry in section.entries])

    def typed(self, kind: str) -> list[Section]:
        """pjsip.conf's objects of one `type`."""
        return [section for section in self.sections if not section.is_template and section.value("type") == kind]


def load(path: Path) -> Configuration:
    """The configuration in `path`. Raises ParseError, and FileNotFoundError when there is no such file."""
    parser = _Parser(path.parent)
    parser.take_file(path, depth=0)
    return Configuration(path, tuple(parser.sections))


def loads(text: str, path: Path = Path("text.conf")) -> Configuration:
    """The configuration in a text; `path` names it in errors and is where its includes are looked for."""
    parser = _Parser(path.parent)
    parser.take_text(text, path, depth=0)
    return Configuration(path, tuple(parser.sections))


class _Parser:
    """Keeps the sections read so far; the last one is being filled."""

    def __init__(self, etc: Path) -> None:
        self.etc = etc
        self.sections: list[Section] = []

    def take_file(self, path: Path, *, depth: int) -> None:
        self.take_text(path.read_text(encoding="utf-8", errors="replace"), path, depth=depth)

    def take_text(self, text: str, path: Path, *, depth: int) -> None:
        for number, line in _bare_lines(text):
            place = Place(path, number)
            if directive := _DIRECTIVE.match(line):
                self._direct(directive[1].lower(), directive[2], place, depth)
            elif line.startswith("["):
                self._open(line, place)
            else:
                self._add(line, place)

    def _direct(self, name: str, argument: str, place: Place, depth: int) -> None:
        if name == "exec":
            raise ParseError(f"{place}: #exec is refused: reading a configuration must not run programs")
        if name not in {"include", "tryinclude"}:
            raise ParseError(f"{place}: #{name} is not a directive (#include, #tryinclude)")
        if depth >= INCLUDES_MAX:
            raise ParseError(f"{place}: files include one another more than {INCLUDES_MAX} deep")
        wanted = argument.strip().strip('"<>')
        found = self._files(wanted)
        if not found and name == "include":
            raise ParseError(f"{place}: {wanted} is included but is not there")
        for path in found:
            self.take_file(path, depth=depth + 1)

    def _files(self, wanted: str) -> list[Path]:
        path = Path(wanted)
        folder, pattern = (Path("/"), wanted.lstrip("/")) if path.is_absolute() else (self.etc, wanted)
        return sorted(one for one in folder.glob(pattern) if one.is_file())

    def _open(self, line: str, place: Place) -> None:
        if (found := _SECTION.match(line)) is None:
            raise ParseError(f"{place}: a section must look like [name] or [name](template)")
        name, options = found[1], [one.strip() for one in (found[2] or "").split(",") if one.strip()]
        if "+" in options:
            self._reopen(name, place)
            return
        section = Section(name, place, is_template="!" in options)
        for option in options:
            if option != "!":
                section.entries += self._ancestor(option, place).entries
        self.sections.append(section)

    def _reopen(self, name: str, place: Place) -> None:
        """Move the latest section of that name to the end, where it goes on."""
        for index in range(len(self.sections) - 1, -1, -1):
            if self.sections[index].name == name:
                self.sections.append(self.sections.pop(index))
                return
        raise ParseError(f"{place}: [{name}](+) adds to a section that is not there")

    def _ancestor(self, name: str, place: Place) -> Section:
        for section in self.sections:
            if section.name == name:
                return section
        raise ParseError(f"{place}: template {name} is not defined above")

    def _add(self, line: str, place: Place) -> None:
        key, equals, value = line.partition("=")
        if not equals:
            raise ParseError(f"{place}: expected key = value, found {line!r}")
        if not self.sections:
            raise ParseError(f"{place}: a setting before the first [section]")
        value = value.removeprefix(">").strip()
        self.sections[-1].entries.append(Entry(key.strip(), value, place))


def _bare_lines(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers and lines, comments and blanks gone."""
    in_block = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line, in_block = _without_comments(raw, in_block)
        if stripped := line.strip():
            yield number, stripped


def _without_comments(line: str, in_block: bool) -> tuple[str, bool]:
    """The line without `;...` and `;-- ... --;`, `\\;` as `;`, and whether a block is still open at its end."""
    kept = ""
    while line:
        if in_block:
            _, closed, line = line.partition("--;")
            in_block = not closed
        elif line.startswith("\\;"):
            kept, line = kept + ";", line[2:]
        elif line.startswith(";--") and not line.startswith(";---"):
            in_block, line = True, line[3:]
        elif line.startswith(";"):
            return kept, False
        else:
            kept, line = kept + line[0], line[1:]
    return kept, in_block
