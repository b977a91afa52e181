"""Checks of a file's words, shared by all that is read from TOML with its lines."""

from collections.abc import Callable
from enum import StrEnum


def one_of(kind: type[StrEnum]) -> Callable[[str], str | None]:
    """The text is one of the words."""
    return lambda text: None if text in set(kind) else f"is none of: {', '.join(kind)}"


def some_of(kind: type[StrEnum]) -> Callable[[tuple[str, ...]], str | None]:
    """Each text is one of the words, and there is one at least."""

    def wrong(texts: tuple[str, ...]) -> str | None:
        if texts and set(texts) <= set(kind):
            return None
        return f"must be some of: {', '.join(kind)}"

    return wrong
