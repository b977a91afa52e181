"""Telephone numbers as written in lists, in the form and with the time zones that the dialer needs.

Pure, from the public number plan alone. An invalid number is flagged, never dropped and never guessed at. The plan is
read by `rphonenumbers` where it is installed, several times as fast, and by `phonenumbers` elsewhere; a test holds the
two against each other.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import NamedTuple

import phonenumbers
from phonenumbers.tzdata import TIMEZONE_DATA

from dialer.core.model import Campaign

try:
    import rphonenumbers as _fast
except ImportError:  # an extra: see docs/design.md
    _fast = None

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)  # ISO 3166 alpha-2
CALLING_CODES = frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))  # as 56


class PhoneType(StrEnum):
    """What kind of line a number is, as the number plan tells. Where it tells no difference: `fixed_or_mobile`."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"
    OTHER = "other"  # toll free, premium, a pager, the internet, ...
    UNKNOWN = ""


_TYPES = {
    phonenumbers.PhoneNumberType.MOBILE: PhoneType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE: PhoneType.FIXED,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneType.FIXED_OR_MOBILE,
    phonenumbers.PhoneNumberType.UNKNOWN: PhoneType.UNKNOWN,
}
_INVALID = phonenumbers.PhoneNumberType.UNKNOWN


_OLD_MEXICAN = re.compile(r"\+52(?:1|0?4[45])([0-9]{10})")
_EXTENSION_WORDS = re.compile(r"(?<=[0-9)])[\s,.-]*(?:ramal|interno|extensi[oó]n)\W*([0-9]{1,6})\W*$", re.IGNORECASE)
_WORDS_BEHIND = re.compile(r"(?<=[0-9)])[^0-9]*[^\W\d_][^0-9]*$")  # as in `55 1234 5678 (casa)`


def current(number: str) -> str:
    """The E.164 number as it is dialled today: Mexico's mobiles were once written with a 1, or dialled with 044 or 045.

    Old lists and registers still have these forms, as +52 1 55 1234 5678, and the plan knows them no more.
    """
    old = _OLD_MEXICAN.fullmatch(number)
    return number if old is None else f"+52{old[1]}"


def national(number: str) -> str:
    """The digits of an E.164 number without its country's code, as within the country; of another text its digits."""
    digits = number.lstrip("+")
    known = (n for n in range(1, 4) if int(digits[:n] or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    return digits[next(known, 0) :] if digits.isdigit() and number.startswith("+") else digits


class Number(NamedTuple):
    """A number read. `number` is E.164 with + where it is valid, else the text as it was written."""

    number: str
    valid: bool
    country: str  # ISO 3166 alpha-2, empty where unknown
    zones: tuple[str, ...] = ()  # every IANA zone that the number plan allows for
    type: PhoneType = PhoneType.UNKNOWN
    extension: str = ""  # behind the switchboard whose number it is


def _rewritten(text: str) -> str | None:
    """The text without what the plan's reader stumbles over: words behind the number; None where there are none."""
    found = _EXTENSION_WORDS.search(text)
    if found is not None:
        return f"{text[: found.start()]} ext. {found[1]}"
    found = _WORDS_BEHIND.search(text)
    return text[: found.start()] if found is not None else None


def reader_of(plan: ModuleType) -> Callable[[str, str | None], Number]:
    """A reader of numbers by one of the two libraries, which have the same functions."""
    parse, kind_of, home_of, wrong = (
        plan.parse,
        plan.number_type,
        plan.region_code_for_number,
        plan.NumberParseException,
    )

    def read(text: str, country: str | None) -> Number:
        """Read a number; `country` (ISO 3166 alpha-2) is where one without + is dialled."""
        try:
            parsed = parse(text, country)
        except wrong:
            plain = _rewritten(text)
            return (
                read(plain, country) if plain is not None else Number(text.strip(), valid=False, country=country or "")
            )
        kind = kind_of(parsed)
        if kind == _INVALID:
            whole = f"+{parsed.country_code}{parsed.national_number}"
            if (today := current(whole)) != whole:
                return read(today, None)._replace(extension=parsed.extension or "")
            if (plain := _rewritten(text)) is not None and (again := read(plain, country)).valid:
                return again
            return Number(text.strip(), valid=False, country=country or "")
        zeros = "0" * (parsed.number_of_leading_zeros or 1) if parsed.italian_leading_zero else ""
        number = f"+{parsed.country_code}{zeros}{parsed.national_number}"
        home = home_of(parsed) or country or ""
        zones = _zones(number, kind, parsed.country_code)
        return Number(number, True, home, zones, _TYPES.get(kind, PhoneType.OTHER), parsed.extension or "")

    return read


@cache
def _tells_place(kind: int, country_code: int) -> bool:
    """Whether the digits of such numbers say where in the country they are."""
    return bool(phonenumbers.is_number_type_geographical(kind, country_code))


@cache
def _longest(country_code: int) -> int:
    """How many digits of the country's numbers tell zones apart at most."""
    return max((len(one) for one in TIMEZONE_DATA if one.startswith(str(country_code))), default=1)


def _zones(number: str, kind: int, country_code: int) -> tuple[str, ...]:
    """Every zone that the plan allows for: the library's own table, without its reading the number once more."""
    digits = number[1 : 1 + _longest(country_code)] if _tells_place(kind, country_code) else str(country_code)
    for length in range(len(digits), 0, -1):
        zones: tuple[str, ...] | None = TIMEZONE_DATA.get(digits[:length])
        if zones is not None:
            return zones
    return ()


read_number = reader_of(phonenumbers if _fast is None else _fast)


def country_of(campaign: Campaign) -> str:
    """Where a campaign's numbers without + are dialled (ISO 3166 alpha-2); empty where nothing tells."""
    return campaign.country or read_number(campaign.caller_id, None).country
