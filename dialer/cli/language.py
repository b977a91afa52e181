"""In which language a command says why: the option, else the terminal's locale, else the console's, else English."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from dialer.core.decided import decision_of
from dialer.core.model import DecisionRecord
from dialer.errors import ConfigError
from dialer.web.settings import LANGUAGES
from dialer.web.texts import language_of
from dialer.web.texts.saying import say
from pacing.decision import sentence

Language = Annotated[
    str,
    typer.Option(
        "--language",
        help="In which language it is said: es, en or pt. [default: as LANG says, else as web.locale does]",
    ),
]
_ELSE = "en"


def spoken(wanted: str, configured: str = "") -> str:
    """The language; `configured` is the console's locale, where there is one. Raises ConfigError for one that nobody
    speaks here."""
    if wanted and wanted not in LANGUAGES:
        raise ConfigError(f"--language {wanted}: there are {', '.join(LANGUAGES)}")
    local = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return next((one for one in (wanted, local[:2], language_of(configured)) if one in LANGUAGES), _ELSE)


def standstill(why: Mapping[str, Any], language: str) -> str:
    """Why a campaign dials as it does, or does not, of an answer of `/campaigns/{id}/why`."""
    code = (why["standstill"] or {}).get("code")
    if code:
        return say(f"standstill.{code}", why["standstill"]["figures"], language)
    return str(why["pace_reasons"].get(language) or why["not_dialling"])


def reason(record: DecisionRecord, language: str) -> str:
    """The reason of a kept decision."""
    decision = decision_of(record)
    return sentence(decision, language) if decision is not None else record.reason
