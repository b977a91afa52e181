"""What a check of somebody's configuration found, and the files it looks at."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from asterisk_config.parse import Configuration, ParseError, Place, Section, load


class Weight(StrEnum):
    """How much a finding matters."""

    MISSING = "missing"  # the dialer cannot work, or a caller could be left alone
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the dialer lacks: where, what, and how to mend it."""

    weight: Weight
    place: Place
    what: str
    mend: str


Findings = Iterator[Finding]


def missing(place: Place, what: str, mend: str) -> Finding:
    """A finding without which the dialer cannot work."""
    return Finding(Weight.MISSING, place, what, mend)


def advice(place: Place, what: str, mend: str) -> Finding:
    """A finding that can be lived with."""
    return Finding(Weight.ADVICE, place, what, mend)


@dataclass(frozen=True, slots=True)
class Files:
    """The configuration folder, each file read once; files that are not there are empty."""

    etc: Path
    read: dict[str, Configuration]
    broken: tuple[Finding, ...]

    def __getitem__(self, name: str) -> Configuration:
        return self.read.get(name, Configuration(self.etc / name, ()))

    def place(self, name: str, section: Section | None = None) -> Place:
        """Where something should have been: the section, or the file's first line."""
        return section.place if section else Place(self.etc / name, 1)


Check = Callable[[Files], Findings]


def open_files(etc: Path, names: Iterable[str]) -> Files:
    """Read the files of that folder; those that are absent or cannot be read become findings."""
    read: dict[str, Configuration] = {}
    broken: list[Finding] = []
    for name in names:
        try:
            read[name] = load(etc / name)
        except FileNotFoundError:
            broken.append(
                missing(Place(etc / name, 1), "the file is not there", f"take {name} of `dialer asterisk render`")
            )
        except ParseError as error:
            broken.append(missing(Place(etc / name, 1), str(error), "mend that line"))
    return Files(etc, read, tuple(broken))


def split_words(text: str) -> list[str]:
    """The words of a comma-separated value."""
    return [word.strip() for word in text.split(",") if word.strip()]
