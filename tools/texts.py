"""Bring the console's catalogues up to date with what its pages, modules and routes say: `make texts`.

New keys come in empty and are named; keys that nothing uses any more go. Translations are never guessed.
"""

import re
import sys
from collections.abc import Sequence
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dialer.web.settings import LANGUAGES
from dialer.web.texts import HERE
from dialer.web.texts.words import keys

WEB = HERE.parent
# t("key") is a text, tn("key", n) one with plural forms, text_key("key") names one that is shown elsewhere.
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"t": None, "tn": (1, 1), "text_key": None}
_OPTIONS = {"**.js": {"parse_template_string": "true"}}
_HEAD = ("msgid", "msgstr", '"Language:', '"Plural-Forms', '"MIME', '"Content')
_METHODS = [("templates/**.html", "jinja2"), ("static/js/**.js", "javascript"), ("**.py", "python")]


def extracted() -> Catalog:
    """Every text that the console asks for, without translations."""
    found = Catalog(fuzzy=False)
    for file, line, message, _, _ in extract_from_dir(
        WEB, _METHODS, keywords=_KEYWORDS, comment_tags=(), options_map=_OPTIONS
    ):
        found.add(message, locations=[(file, line)])
    for key in keys():
        found.add(key)
    return found


def unreadable() -> list[str]:
    """Calls of t or tn in modules whose key is no plain text: extraction would miss them."""
    return [
        f"{path.relative_to(WEB)}:{number}"
        for path in sorted((WEB / "static" / "js").rglob("*.js"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"(?<![\w.])tn?\((?![\"'])", line) and "export function" not in line
    ]


def current(language: str) -> Catalog:
    with (HERE / f"{language}.po").open("rb") as file:
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


def main() -> int:
    template = extracted()
    missing = 0
    for language in LANGUAGES:
        catalogue = current(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        (HERE / f"{language}.po").write_text(written(catalogue), encoding="utf-8")
        for key in untranslated(catalogue):
            missing += 1
            print(f"{language}.po: {key} has no text yet", file=sys.stderr)  # noqa: T201
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
