"""Screen-pop: the page of another system that belongs to the lead on the line, as an address made from a template.

Values come from lists, so they are data and nothing else: each is percent-encoded and stands behind the host. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, quote, urlsplit

NAMES = (
    "lead", "call", "campaign", "external_id", "national_id", "name", "number", "balance", "currency", "days_past_due",
    "agent",
)  # fmt: skip
LENGTH_MAX = 500
EXAMPLE = "https://crm.example/accounts/{external_id}"
_PLACE = re.compile(r"\{([^{}]*)\}")
_FIELD = re.compile(r"field\.[^{}\x00-\x1f]{1,80}")
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%{}]*")
_SECRET = re.compile(r"passw|pwd|secret|token|api_?key|credential|^auth", re.IGNORECASE)


class Opens(StrEnum):
    """How the desk offers the page: as a link, or by opening it in a tab of its own."""

    LINK = "link"
    TAB = "tab"
    OFF = "off"  # not at all, whatever the campaign's client has


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenPop:
    """`template` as ``https://crm.example/accounts/{external_id}``; empty: none. Raises ValueError for a wrong one."""

    template: str = ""
    opens: Opens = Opens.LINK

    def __post_init__(self) -> None:
        if self.template and (fault := template_fault(self.template)):
            raise ValueError(f"screen_pop.template: {fault}")


def in_force(own: ScreenPop, clients: ScreenPop) -> ScreenPop:
    """What holds in a campaign: its own, else its client's; none where either is switched off."""
    chosen = own if own.template or own.opens is Opens.OFF else clients
    return ScreenPop() if chosen.opens is Opens.OFF else chosen


def template_fault(template: str) -> str:
    """What is wrong with a template, and the mend; empty where nothing is."""
    bare = _PLACE.sub("0", template)
    try:
        parts = urlsplit(_PLACE.sub("{}", template))
        known = parts.hostname
        _ = parts.port
    except ValueError:
        return f"this is no address; write one as {EXAMPLE}"
    unknown = [one for one in _PLACE.findall(template) if one not in NAMES and not _FIELD.fullmatch(one)]
    faults = (
        (len(template) > LENGTH_MAX, f"longer than {LENGTH_MAX} signs"),
        (parts.scheme != "https", "must begin with https://"),
        (not known, f"names no host; write one as {EXAMPLE}"),
        ("@" in parts.netloc, "must hold no user and password"),
        ("{" in parts.netloc or "}" in parts.netloc, "the host cannot come from a lead: put fields behind it"),
        (not _PLAIN.fullmatch(bare), "has signs that an address has not: write them percent-encoded"),
        ("{" in bare or "}" in bare, "a { or } without its other one"),
        (bool(unknown), f"no such field: {', '.join(unknown)}; there are {', '.join(NAMES)} and field.COLUMN"),
        (_names_secret(parts.query), "must hold no password or token: the agent signs in at the other system"),
    )
    return next((what for holds, what in faults if holds), "")


def _names_secret(query: str) -> bool:
    return any(_SECRET.search(name) for name, _ in parse_qsl(query, keep_blank_values=True))


def address(template: str, values: Mapping[str, str]) -> str | None:
    """The template with the values in it; None where one is missing or empty: that would be somebody else's page."""
    wanted = _PLACE.findall(template)
    if not template or any(not values.get(one) for one in wanted):
        return None
    made = _PLACE.sub(lambda found: quote(values[found[1]], safe=""), template)
    segments = re.sub("%2e", ".", urlsplit(made).path, flags=re.IGNORECASE).split("/")
    if any(one in {".", ".."} for one in segments):  # would lead out of the place that the template names
        return None
    return made
