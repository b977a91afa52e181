"""Findings in words, as the catalogues have them: for the command, the page and the API."""

from dataclasses import dataclass

from dialer.doctor.findings import Finding, State
from dialer.web.texts.saying import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A finding as it is shown. `area` and `code` are the same in every language; `mend` is empty where all is well."""

    area: str
    code: str
    state: str
    title: str
    found: str
    mend: str


def told(one: Finding, language: str) -> Told:
    """The finding in a language of the catalogues."""
    title = f"{say(f'area.{one.area}', {}, language)} {one.subject}".rstrip()
    mend = "" if one.state is State.OK else say(f"mend.{one.code}", one.figures, language)
    said = say(f"doctor.{one.code}", one.figures, language)
    return Told(area=one.place, code=one.code, state=one.state, title=title, found=said, mend=mend)
