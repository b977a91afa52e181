"""Which trunk a call goes out by, how the number is written there, and what the call costs. Pure.

A trunk says what it carries; among those with room the cheapest goes first where the campaign wants that, else the one
of the lowest priority number, and within one priority they take turns by their weights. A campaign may set another
priority and weight of a trunk than the trunk's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from math import ceil, fsum
from typing import TypeVar

from dialer.core.rules import Rules, Window, opens_at

MINUTE_S = 60.0
INSIDE_DIGITS_MIN, INSIDE_DIGITS_MAX = 2, 6


def is_inside(number: str) -> bool:
    """Whether it is a number of a house's own exchange, such as 2001, and none of the world's (E.164, with +)."""
    return number.isascii() and number.isdecimal() and INSIDE_DIGITS_MIN <= len(number) <= INSIDE_DIGITS_MAX


class NumberFormat(StrEnum):
    """How a trunk wants numbers."""

    E164 = "e164"  # digits, the country first
    PLUS = "plus"  # the same with + before it
    NATIONAL = "national"  # as dialled within the trunk's country; abroad with its prefix for that


@dataclass(frozen=True, slots=True)
class TrunkHours:
    """Hours in which a trunk is used, by the clock of its zone."""

    days: tuple[int, ...]  # 0 = Monday
    opens: str  # HH:MM
    closes: str  # HH:MM, later the same day; 24:00 = midnight

    def problem(self) -> str:
        """What is wrong with them, in words; empty where nothing is."""
        if not self.days or not set(self.days) <= set(range(7)):
            return "days are numbers from 0 (Monday) to 6"
        if (opens := _minute(self.opens)) is None or (closes := _minute(self.closes)) is None:
            return f"opens {self.opens!r} and closes {self.closes!r} are written as HH:MM"
        return (
            "" if opens < closes else "closes must be later than opens; write a night as two, to 24:00 and from 00:00"
        )


@dataclass(frozen=True, slots=True)
class Tariff:
    """What calls to numbers of a beginning cost. The longest matching beginning holds."""

    prefix: str = ""  # E.164 with +; empty: any number
    per_minute: float = 0.0
    per_call: float = 0.0  # answered ones
    first_s: int = 1  # billed at the least
    step_s: int = 1  # billed in steps of

    def problem(self) -> str:
        """What is wrong with it, in words; empty where nothing is."""
        if self.prefix and not (self.prefix.startswith("+") and self.prefix[1:].isdecimal()):
            return f"prefix {self.prefix!r} must begin with + and go on in digits"
        if min(self.per_minute, self.per_call) < 0:
            return "per_minute and per_call are 0 or more"
        return "" if self.first_s >= 1 and self.step_s >= 1 else "first_s and step_s are 1 or more"

    def cost(self, seconds: float) -> float:
        """Of an answered call of this length."""
        billed = max(self.first_s, ceil(max(0.0, seconds) / self.step_s) * self.step_s)
        return self.per_call + self.per_minute * billed / MINUTE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A trunk's part in routing, numbers and tariffs; a part of `model.Trunk`."""

    format: str = NumberFormat.E164
    country_code: str = ""  # of the trunk's country, as 56; for the national format
    national_prefix: str = ""  # before national numbers, as 0
    international_prefix: str = ""  # before others, as 00
    tech_prefix: str = ""  # the carrier's own, before everything
    countries: tuple[str, ...] = ()  # ISO 3166 alpha-2 that it carries; empty: all
    prefixes: tuple[str, ...] = ()  # beginnings that it carries, E.164 with +; empty: all
    types: tuple[str, ...] = ()  # number types that it carries, as mobile; empty: all
    inside: bool = False  # leads to the house's own exchange: carries its numbers, and none of the world's
    hours: tuple[TrunkHours, ...] = ()  # empty: always
    zone: str = "UTC"
    priority: int = 0  # lower goes first
    weight: float = 0.0  # share within one priority; 0: in the campaign's order
    currency: str = ""
    tariffs: tuple[Tariff, ...] = ()

    def written(self, number: str) -> str:
        """The E.164 number as this trunk wants it; one inside the house as it is."""
        if is_inside(number):
            return self.tech_prefix + number
        digits = number.removeprefix("+")
        match self.format:
            case NumberFormat.PLUS:
                digits = f"+{digits}"
            case NumberFormat.NATIONAL if digits.startswith(self.country_code):
                digits = self.national_prefix + digits[len(self.country_code) :]
            case NumberFormat.NATIONAL:
                digits = self.international_prefix + digits
        return self.tech_prefix + digits

    def carries(self, number: str, country: str, phone_type: str, now: float) -> bool:
        """Whether such a number may go out here now. An unknown type is any."""
        return (
            self.inside is is_inside(number)
            and (not self.countries or country in self.countries)
            and (not self.prefixes or number.startswith(self.prefixes))
            and (not self.types or not phone_type or any(kind in phone_type for kind in self.types))
            and self.is_open(now)
        )

    def is_open(self, now: float) -> bool:
        """Whether it is used at this time."""
        if not self.hours:
            return True
        opening = opens_at((self.zone,), _rules(self.hours), now)
        return opening is not None and opening <= now

    def bill(self, number: str, answered_s: float | None) -> tuple[float | None, str]:
        """What a call to the number costs, and its currency; None where no tariff holds. None seconds: unanswered."""
        tariff = self.tariff(number)
        if tariff is None:
            return None, ""
        return 0.0 if answered_s is None else tariff.cost(answered_s), self.currency

    def tariff(self, number: str) -> Tariff | None:
        """The tariff that holds for the number."""
        if not self.tariffs:
            return None
        fitting = (one for one in self.tariffs if number.startswith(one.prefix))
        return max(fitting, key=lambda one: len(one.prefix), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkTurn:
    """What one campaign sets of a trunk in place of the trunk's own priority and weight; None: as the trunk says."""

    trunk: str
    priority: int | None = None
    weight: float | None = None


W = TypeVar("W", bound=Way)


def comparable(ways: Iterable[tuple[str, Way]]) -> bool:
    """Whether costs can be held against each other: one currency in all tariffs."""
    return len({way.currency for _, way in ways if way.tariffs}) <= 1


def in_campaign(name: str, way: W, turns: Iterable[TrunkTurn]) -> W:
    """The trunk's way with the priority and weight that hold in a campaign."""
    own = next((one for one in turns if one.trunk == name), None)
    if own is None:
        return way
    return replace(
        way,
        priority=way.priority if own.priority is None else own.priority,
        weight=way.weight if own.weight is None else own.weight,
    )


def problems(way: Way) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """What is wrong with a trunk's way, each with its key."""
    if way.format not in set(NumberFormat):
        yield ("format",), f"must be one of {', '.join(NumberFormat)}"
    if way.format == NumberFormat.NATIONAL and not way.country_code.isdecimal():
        yield ("country_code",), "the national format needs the trunk's country, as 56"
    for key in ("national_prefix", "international_prefix", "tech_prefix"):
        if any(sign not in "0123456789*#+" for sign in getattr(way, key)):
            yield (key,), "must be of digits, *, # and +"
    for index, prefix in enumerate(way.prefixes):
        if not (prefix.startswith("+") and prefix[1:].isdecimal()):
            yield ("prefixes", index), f"{prefix!r} must begin with + and go on in digits"
    yield from country_problems(way.countries)
    for key in ("countries", "prefixes", "types"):
        if way.inside and getattr(way, key):
            yield (key,), "goes not with `inside`: such a trunk carries the house's own numbers, and all of them"
    for index, hours in enumerate(way.hours):
        if what := hours.problem():
            yield ("hours", index), what
    if way.weight < 0:
        yield ("weight",), "must be 0 or more"
    yield from _tariff_problems(way)


def country_problems(countries: Iterable[str]) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Those that are no ISO 3166 alpha-2 code, each with its key."""
    for index, country in enumerate(countries):
        if not (len(country) == 2 and country.isalpha() and country.isupper()):
            yield ("countries", index), f"{country!r} must be two capital letters, as CL"


def _tariff_problems(way: Way) -> Iterable[tuple[tuple[str | int, ...], str]]:
    if way.tariffs and not way.currency:
        yield ("currency",), "tariffs need one, as USD"
    elif way.currency and not (len(way.currency) == 3 and way.currency.isalpha() and way.currency.isupper()):
        yield ("currency",), f"{way.currency!r} must be three capital letters, as USD"
    seen: set[str] = set()
    for index, tariff in enumerate(way.tariffs):
        if what := tariff.problem():
            yield ("tariffs", index), what
        if tariff.prefix in seen:
            yield ("tariffs", index, "prefix"), f"{tariff.prefix!r} stands here twice"
        seen.add(tariff.prefix)


def in_turn(ways: Sequence[tuple[str, Way]], dealt: dict[str, float], number: str, *, least_cost: bool) -> list[str]:
    """The names of trunks with room in the order in which they are to be tried; who takes a call says so by `deal`."""
    dear = number if least_cost else ""
    return [name for name, _ in sorted(ways, key=lambda one: _rank(one[0], one[1], dealt, dear))]


def deal(
    ways: Sequence[tuple[str, Way]], dealt: dict[str, float], taken: str, number: str, *, least_cost: bool
) -> None:
    """One call goes to `taken`: smooth weighted turns among those that nothing but their turn stood between.

    `ways` are those with room: one that rests or is full misses its turns, and has none to make up for afterwards.
    """
    dear = number if least_cost else ""
    best = next(_before_turns(way, dear) for name, way in ways if name == taken)
    group = [(name, way) for name, way in ways if way.weight > 0 and _before_turns(way, dear) == best]
    if taken not in (name for name, _ in group):
        return
    for name, way in group:
        dealt[name] = dealt.get(name, 0.0) + way.weight
    dealt[taken] -= fsum(way.weight for _, way in group)


def _rank(name: str, way: Way, dealt: dict[str, float], dear: str) -> tuple[float, int, bool, float]:
    turn = dealt.get(name, 0.0) + way.weight if way.weight > 0 else 0.0
    return (*_before_turns(way, dear), way.weight == 0, -turn)


def _before_turns(way: Way, dear: str) -> tuple[float, int]:
    """What goes before turns: the cost of a minute, where `dear` is the number to be called cheaply; the priority."""
    return _minute_cost(way, dear) if dear else 0.0, way.priority


def _minute_cost(way: Way, number: str) -> float:
    tariff = way.tariff(number)
    return tariff.cost(MINUTE_S) if tariff is not None else float("inf")


def _minute(clock: str) -> int | None:
    hours, _, minutes = clock.partition(":")
    if not (len(hours) == len(minutes) == 2 and (hours + minutes).isdecimal()):
        return None
    minute = 60 * int(hours) + int(minutes)
    return minute if int(minutes) < 60 and minute <= 24 * 60 else None


@lru_cache(maxsize=64)
def _rules(hours: tuple[TrunkHours, ...]) -> Rules:
    return Rules(windows=tuple(Window(one.days, _minute(one.opens) or 0, _minute(one.closes) or 0) for one in hours))
