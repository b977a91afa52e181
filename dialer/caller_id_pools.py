"""Pools of numbers that people may be shown, as the configuration names them: `[[caller_ids]]`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from dialer.core.caller_ids import Pool
from dialer.core.ids import ClientId
from dialer.core.routing import country_problems
from dialer.errors import ConfigError
from dialer.leads.numbers import COUNTRIES, read_number

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdPool:
    """One pool. What is left out means all."""

    name: str
    numbers: tuple[str, ...]
    campaigns: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    day_max: int = 300
    warm_from: int = 50
    rest_days: float = 7.0
    zone: str = "UTC"


def pool_problems(pools: Sequence[CallerIdPool]) -> Iterable[tuple[Key, str]]:
    """What is wrong with them, each with its key."""
    seen: dict[str, str] = {}
    names: set[str] = set()
    for index, pool in enumerate(pools):
        at: Key = ("caller_ids", index)
        if not pool.name:
            yield (*at, "name"), "must not be empty"
        if pool.name in names:
            yield (*at, "name"), f"{pool.name!r} stands here twice"
        names.add(pool.name)
        if not pool.numbers:
            yield (*at, "numbers"), "must name one number at least"
        for place, number in enumerate(pool.numbers):
            if what := _wrong(number):
                yield (*at, "numbers", place), what
            if number in seen:
                yield (*at, "numbers", place), f"{number} is in pool {seen[number]!r} already"
            seen[number] = pool.name
        for key, what in _use_problems(pool):
            yield (*at, *key), what


def _use_problems(pool: CallerIdPool) -> Iterable[tuple[Key, str]]:
    yield from country_problems(pool.countries)
    yield from unknown_countries(pool.countries)
    for key in ("day_max", "warm_from"):
        if getattr(pool, key) < 1:
            yield (key,), "must be 1 or more"
    if pool.zone not in available_timezones():
        yield ("zone",), f"{pool.zone!r} is no time zone; write one as America/Santiago"
    if pool.rest_days <= 0:
        yield ("rest_days",), "must be above 0"


def unknown_countries(countries: Sequence[str]) -> Iterable[tuple[Key, str]]:
    """Those of two capital letters that are no country with telephones, each with its key: GB is meant by UK."""
    for index, country in enumerate(countries):
        if country not in COUNTRIES and not any(country_problems([country])):
            yield ("countries", index), f"{country!r} is no country's code (ISO 3166), as CL"


def _wrong(number: str) -> str:
    """Never an invalid number, and never one that nobody can call back."""
    if not number.startswith("+"):
        return f"{number!r} must be E.164: + and the country first"
    return "" if read_number(number, None).valid else f"{number!r} is no valid number"


def pools_of(pools: Sequence[CallerIdPool], clients: Mapping[str, ClientId]) -> tuple[Pool, ...]:
    """As the engine takes them. Raises ConfigError for a client that there is not."""
    for pool in pools:
        for client in pool.clients:
            if client not in clients:
                raise ConfigError(f"caller_ids {pool.name!r}: there is no client {client!r}")
    return tuple(
        Pool(
            name=pool.name,
            numbers=pool.numbers,
            campaigns=pool.campaigns,
            clients=tuple(clients[one] for one in pool.clients),
            countries=pool.countries,
            day_max=pool.day_max,
            warm_from=pool.warm_from,
            rest_days=pool.rest_days,
            zone=pool.zone,
        )
        for pool in pools
    )
