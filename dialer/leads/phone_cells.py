"""The telephone numbers of one cell: a number, several that people parted, or a list of a file that has lists. Pure."""

import json
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from dialer.leads.columns import Meaning, meaning_of

_PARTED = re.compile(r"\s*[/;|,\n]\s*|\s+(?:y|e|o|ou|and|or)\s+", re.IGNORECASE)
SEVERAL_FROM = 14  # signs: two numbers have no fewer
_DIGITS_MIN = 7  # of each: fewer are an extension, or the other last digits of the same number
LISTS = "[{"
_TYPE, _CONSENT = frozenset({"type", "tipo", "kind"}), frozenset({"consent", "consentimiento", "consentimento"})


class Written(NamedTuple):
    """A number as it stands in its cell, with what the cell itself says of it; empty: nothing."""

    text: str
    type: str = ""
    consent: str = ""
    day: str = ""  # of the consent


def written_in(cell: str) -> Iterable[Written]:
    """The numbers of a cell that is not empty. Raises ValueError for a list that holds something else."""
    if cell[0] in LISTS:
        return _listed(cell)
    if len(cell) >= SEVERAL_FROM and _PARTED.search(cell) is not None:
        parts = [one for one in _PARTED.split(cell) if one]
        if all(sum(map(str.isdigit, one)) >= _DIGITS_MIN for one in parts):
            return [Written(one) for one in parts]
    return (Written(cell),)


def _listed(cell: str) -> list[Written]:
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return [Written(cell)]
    entries = found if isinstance(found, list) else [found]
    return [_written(one) for one in entries if one is not None and one != ""]


def _written(one: object) -> Written:
    if isinstance(one, str | int) and not isinstance(one, bool):
        return Written(str(one).strip())
    if isinstance(one, float) and one.is_integer():
        return Written(str(int(one)))
    if not isinstance(one, dict):
        raise ValueError(f"{json.dumps(one, ensure_ascii=False)[:40]} is no number")  # noqa: TRY004 - of the file
    number = _first(one, lambda key: meaning_of(key) is Meaning.PHONE)
    if not number:
        raise ValueError("an object of a list of numbers must have a key `number`")
    return Written(
        number,
        type=_first(one, lambda key: key.lower() in _TYPE or meaning_of(key) is Meaning.TYPE),
        consent=_first(one, lambda key: key.lower() in _CONSENT or meaning_of(key) is Meaning.CONSENT),
        day=_first(one, lambda key: meaning_of(key) is Meaning.CONSENT_DAY),
    )


def _first(one: dict[str, object], meant: Callable[[str], bool]) -> str:
    for key, value in one.items():
        if value is not None and meant(key):
            return {True: "1", False: "0"}[value] if isinstance(value, bool) else str(value).strip()
    return ""
