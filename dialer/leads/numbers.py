"""Telephone numbers as written in lists, in the form and with the time zones that the dialer needs.

Pure, from the public number plan alone. An invalid number is flagged, never dropped and never guessed at.
"""

from dataclasses import dataclass

import phonenumbers
from phonenumbers import timezone

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)  # ISO 3166 alpha-2
_NO_ZONE = ("Etc/Unknown",)


@dataclass(frozen=True, slots=True)
class Number:
    """A number read. `number` is E.164 with + where it is valid, else the text as it was written."""

    number: str
    valid: bool
    country: str  # ISO 3166 alpha-2, empty where unknown
    zones: tuple[str, ...] = ()  # every IANA zone that the number plan allows for


def read_number(text: str, country: str | None) -> Number:
    """Read a number; `country` (ISO 3166 alpha-2) is where one without + is dialled."""
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return Number(text.strip(), valid=False, country=country or "")
    if not phonenumbers.is_valid_number(parsed):
        return Number(text.strip(), valid=False, country=country or "")
    zones = tuple(timezone.time_zones_for_number(parsed))
    return Number(
        phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
        valid=True,
        country=phonenumbers.region_code_for_number(parsed) or country or "",
        zones=() if zones == _NO_ZONE else zones,
    )
