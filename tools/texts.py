"""Bring the catalogues of console and simulator up to date with what their pages and modules say: `make texts`.

New keys come in empty and are named; keys that nothing uses any more go. Translations are never guessed.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dialer.web import texts as of_console
from dialer.web.settings import LANGUAGES
from dialer.web.texts import words
from simulation import texts as of_simulator
from simulation.scenario import names


@dataclass(frozen=True, slots=True)
class Home:
    """Where catalogues stand, in the room whose modules and pages ask for their texts."""

    folder: Path
    methods: tuple[tuple[str, str], ...]  # which files of the room are read, and how
    more: Callable[[], Iterable[str]]  # keys that no file writes out

    @property
    def room(self) -> Path:
        return self.folder.parent


CONSOLE = Home(
    of_console.HERE,
    (("templates/**.html", "jinja2"), ("static/js/**.js", "javascript"), ("**.py", "python")),
    words.keys,
)
SIMULATOR = Home(
    of_simulator.HERE,
    (("pages/**.j2", "jinja2"), ("**.py", "python")),
    lambda: (f"scenario.{name}" for name in names()),
)
# t("key") is a text, tn("key", n) one with plural forms, text_key("key") names one that is shown elsewhere.
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"t": None, "tn": (1, 1), "text_key": None}
_OPTIONS = {"**.js": {"parse_template_string": "true"}}
_HEAD = ("msgid", "msgstr", '"Language:', '"Plural-Forms', '"MIME', '"Content')


def extracted(home: Home = CONSOLE) -> Catalog:
    """Every text that is asked for, without translations."""
    found = Catalog(fuzzy=False)
    for file, line, message, _, _ in extract_from_dir(
        home.room, list(home.methods), keywords=_KEYWORDS, comment_tags=(), options_map=_OPTIONS
    ):
        found.add(message, locations=[(file, line)])
    for key in home.more():
        found.add(key)
    return found


def unreadable() -> list[str]:
    """Calls of t or tn in modules whose key is no plain text: extraction would miss them."""
    return [
        f"{path.relative_to(CONSOLE.room)}:{number}"
        for path in sorted((CONSOLE.room / "static" / "js").rglob("*.js"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"(?<![\w.])tn?\((?![\"'])", line) and "export function" not in line
    ]


def current(language: str, home: Home = CONSOLE) -> Catalog:
    with (home.folder / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def untranslated(catalogue: Catalog) -> list[str]:
    """The keys without a text, in one plural form or all."""

    def whole(text: str | Sequence[str] | None) -> bool:
        return bool(text) and (isinstance(text, str) or all(text or ()))

    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and not whole(message.string)
    ]


def written(catalogue: Catalog) -> str:
    """The catalogue as a file, by key; without the header's dates and versions, which only make two changes collide."""
    file = BytesIO()
    write_po(file, catalogue, width=0, no_location=True, sort_output=True)
    head, _, rest = file.getvalue().decode().partition("\n\n")
    return "\n".join(line for line in head.splitlines() if line.startswith(_HEAD)) + "\n\n" + rest


def renewed(home: Home) -> list[str]:
    """Write the catalogues anew; what has no text yet."""
    template, missing = extracted(home), list[str]()
    for language in LANGUAGES:
        catalogue = current(language, home)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        (home.folder / f"{language}.po").write_text(written(catalogue), encoding="utf-8")
        missing += [f"{language}.po: {key} has no text yet" for key in untranslated(catalogue)]
    return missing


def main() -> int:
    missing = [line for home in (CONSOLE, SIMULATOR) for line in renewed(home)]
    for line in missing:
        print(line, file=sys.stderr)  # noqa: T201
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
