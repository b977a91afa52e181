"""Text as it is searched: without accents, case and signs, so that `promocion` finds `Promoción`. Pure."""

import re
import unicodedata

_NOT_A_WORD = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """The words of a text, folded, divided by single spaces."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _NOT_A_WORD.sub(" ", bare.casefold()).strip()
