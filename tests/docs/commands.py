"""What the documents tell people to type: their files and commands, in order, as they stand there."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?:<!-- test: ([^\n]*) -->\n)?```([a-z]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^# (\S+\.(?:toml|csv|py))$\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """A block whose first line names a file: it is to be written."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a `console` block. `how`: `exit 1`, `background WORD`, `instead OLD NEW`, or nothing."""

    text: str
    how: str = ""

    @property
    def exit_code(self) -> int:
        """What it ends with where all is as the document says."""
        return int(self.how.removeprefix("exit ")) if self.how.startswith("exit ") else 0

    @property
    def said_once_up(self) -> str:
        """Of a command that runs on beside the others: what it says when they may go on; else empty."""
        return self.how.removeprefix("background ") if self.how.startswith("background ") else ""

    @property
    def shortened(self) -> str:
        """The command, with the shorter option that its block allows a test."""
        if not self.how.startswith("instead "):
            return self.text
        many, few = shlex.split(self.how.removeprefix("instead "))
        assert many in self.text, f"{many!r} is not in {self.text!r}"
        return self.text.replace(many, few)


def steps(document: Path) -> Iterator[File | Command]:
    """The document's files and commands. A comment lasts for the block below it."""
    for how, kind, text in FENCE.findall(document.read_text(encoding="utf-8")):
        if kind == "console":
            yield from (Command(one, how) for one in typed(text))
        elif kind in {"toml", "csv", "python"} and (named := FILE.match(text)):
            yield File(named[1], text[named.end() :] if kind == "csv" else text)


def typed(block: str) -> Iterator[str]:
    """The commands of a block: lines that begin with `$`, with the lines that they go on in."""
    lines = iter(block.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line.removeprefix("$ ")
            while command.endswith("\\"):
                command = command.removesuffix("\\") + next(lines).strip()
            yield command


def mentioned(document: Path) -> Iterator[str]:
    """Every command of ours that a document shows or names, tutorials' or not: what stands behind `dialer`."""
    for line in document.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        shown = re.findall(r"`dialer ([^`]+)`", line)
        typed_in = re.match(r"(?:\$ )?dialer (.+)", line)
        yield from [*shown, *([typed_in[1]] if typed_in else [])]
