"""In which language somebody is answered: as they ask, where the house has not fixed one."""

from fastapi import Request

from dialer.web.console import Console
from dialer.web.texts import choose_locale, language_of

_OF_PROGRAMS = "en"  # that ask for none


def locale_for(request: Request, console: Console) -> str:
    """The tag of the language and region that a page is shown in."""
    return choose_locale(request.headers.get("accept-language", ""), console.settings.locale)


def language_for_programs(request: Request, console: Console) -> str:
    """The language of an answer of the API: a program that asks for none is no person who speaks Spanish."""
    if "accept-language" not in request.headers and not console.settings.locale:
        return _OF_PROGRAMS
    return language_of(locale_for(request, console))
