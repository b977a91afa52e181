"""Sentences of the catalogues with their figures, as each language writes them: for what is no page."""

import re
from collections.abc import Mapping
from datetime import datetime

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent

from dialer.web.texts import CATALOGUES
from recordings.errors import QueryError
from recordings.problems import unpacked

SHARES = frozenset({"share", "ratio", "cap"})
TIMES = frozenset({"due_at"})
_BLANK = re.compile(r"\{(\w+)\}")


def say(key: str, figures: Mapping[str, float | str], language: str) -> str:
    """The text of that key, filled in; the key itself where the catalogues do not know it."""
    said = str(CATALOGUES[language].get(key, key))
    return _BLANK.sub(lambda blank: _filled(blank, figures, language), said)


def problems_said(packed: str, language: str) -> str:
    """What was wrong with a recording, as the store keeps it, in words."""
    return "; ".join(say(f"recording_problem.{one.code}", {}, language) for one in unpacked(packed))


def misread_said(error: QueryError, language: str) -> str:
    """What cannot be understood of a search, and where."""
    said = say(f"search_wrong.{error.code}", error.figures, language)
    return say("search_wrong.at", {"place": error.place, "said": said}, language)


def _filled(blank: re.Match[str], figures: Mapping[str, float | str], language: str) -> str:
    """A blank's figure; the blank itself where there is none of that name."""
    name = blank[1]
    return _shown(name, figures[name], language) if name in figures else blank[0]


def _named(name: str, value: str, language: str) -> str:
    """A rule's name (house.hours, stop.paid) or a trunk's fault in words; as it is where no catalogue knows it."""
    if name == "rule":
        group = "kept" if value.startswith("stop.") else "reason"
        return str(CATALOGUES[language].get(f"{group}.{value.rpartition('.')[2]}", value))
    return str(CATALOGUES[language].get(f"fault.{value}", value)) if name == "fault" else value


def _when(at: datetime, language: str) -> str:
    """The hour and minute, with the day where that is not today."""
    clock = f"{at:%H:%M}"
    if at.date() == datetime.now(at.tzinfo).date():
        return clock
    return f"{format_skeleton('MMMd', at, locale=language)}, {clock}"


def _shown(name: str, value: float | str, language: str) -> str:
    if isinstance(value, str):
        return _named(name, value, language)
    if name in SHARES:
        return str(format_percent(value, "#,##0.0%", locale=language))
    if name in TIMES:
        return _when(datetime.fromtimestamp(value).astimezone(), language)
    return str(format_decimal(round(value, 1), locale=language))
