"""Every text that the console shows, in each of its languages, and the choice of the language.

The languages are gettext catalogues beside this file, read once. A text's key stands where the source text stands in
other projects (`msgid "desk.hold"`), so that a change of words in one language is no change for the others.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po

from dialer.web.settings import LANGUAGES

HERE = Path(__file__).parent
FALLBACK = LANGUAGES[0]
_TAG = re.compile(r"([a-z]{2})(?:-([A-Z]{2}|\d{3}))?")

Text = str | list[str]
"""One text, or its plural forms in the order of the language's own rule."""


def text_key(key: str) -> str:
    """Mark a key that is named far from where its text is shown, so that it is found for the catalogues."""
    return key


def catalogues(folder: Path) -> dict[str, dict[str, Text]]:
    """The texts of the catalogues in a folder, by language and key."""
    return {language: _read(folder / f"{language}.po", language) for language in LANGUAGES}


def _read(path: Path, language: str) -> dict[str, Text]:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    texts: dict[str, Text] = {}
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            texts[key] = message.string if isinstance(message.string, str) else list(message.string or ())
    return texts


CATALOGUES: Mapping[str, Mapping[str, Text]] = catalogues(HERE)


def language_of(tag: str) -> str:
    """The language of a tag such as es-MX."""
    return tag.split("-", maxsplit=1)[0]


def choose_locale(accepted: str, fixed: str = "") -> str:
    """The tag (es, es-MX) of the language to show: the fixed one, else what an Accept-Language header likes best.

    The region says how numbers, dates and money are written. Where nothing that we speak is liked, Spanish.
    """
    if fixed:
        return fixed
    wishes: list[tuple[float, int, str]] = []
    for place, wish in enumerate(accepted.split(",")[:20]):
        tag, _, quality = wish.strip().partition(";")
        found = _TAG.match(tag)
        if found is not None and found[1] in LANGUAGES:
            wishes.append((-_quality(quality), place, found[0]))
    wished = min(wishes, default=None)
    return wished[2] if wished is not None and wished[0] < 0 else FALLBACK


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
