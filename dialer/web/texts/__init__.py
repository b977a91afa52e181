"""Every text that the console shows, in each of its languages, and the choice of the language."""

from collections.abc import Mapping

from dialer.web.settings import LOCALES
from dialer.web.texts import en, es, pt

CATALOGUES: Mapping[str, Mapping[str, str]] = {"en": en.TEXTS, "es": es.TEXTS, "pt": pt.TEXTS}
FALLBACK = "en"


def choose_locale(accepted: str, fixed: str = "") -> str:
    """The language to show: the fixed one, else the one that an Accept-Language header likes best, else English."""
    if fixed:
        return fixed
    wishes: list[tuple[float, int, str]] = []
    for place, wish in enumerate(accepted.split(",")[:20]):
        tag, _, quality = wish.strip().partition(";")
        language = tag.split("-")[0].lower()
        if language in LOCALES:
            wishes.append((-_quality(quality), place, language))
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
