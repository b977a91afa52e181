"""The whole rulebook of an engine: built-in packs, an administrator's own, and the public holidays they ask about."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import holidays

from dialer.core.packs.schema import EVERYWHERE, Holidays, Rule, Rulebook
from dialer.errors import ConfigError
from dialer.rules.files import Pack, read_pack

BUILT_IN = Path(__file__).parent
YEARS_BACK, YEARS_AHEAD = 1, 2


def rulebook(*, built_in: bool, folder: Path | None, now: float) -> Rulebook:
    """Every rule that holds, with the holidays of the years around `now` (seconds since 1970).

    Raises ConfigError: a file is wrong, or one rule's version stands in two files.
    """
    packs = [read_pack(path) for path in files_of(built_in=built_in, folder=folder)]
    year = datetime.fromtimestamp(now, UTC).year
    return book_of(packs, range(year - YEARS_BACK, year + YEARS_AHEAD + 1))


def files_of(*, built_in: bool, folder: Path | None) -> list[Path]:
    """The files read, in order. Raises ConfigError where the folder is none."""
    found = sorted(BUILT_IN.glob("*.toml")) if built_in else []
    if folder is None:
        return found
    if not folder.is_dir():
        raise ConfigError(f"rules_dir: {folder} is no folder")
    return found + sorted(folder.glob("*.toml"))


def book_of(packs: Sequence[Pack], years: Iterable[int]) -> Rulebook:
    """The packs as one book. Raises ConfigError where a rule's version stands in two of them."""
    rules = [rule for pack in packs for rule in pack.rules]
    names = [rule.name for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"rules in two files: {', '.join(twice)}; give yours another id")
    return Rulebook(
        rules=tuple(rules),
        holidays=tuple(_holidays(packs, rules, sorted(set(years)))),
        regions=tuple(region for pack in packs for region in pack.regions),
    )


def _holidays(packs: Sequence[Pack], rules: Sequence[Rule], years: Sequence[int]) -> Iterable[Holidays]:
    """The holidays of every country that has a rule about them, and of its regions that have rules."""
    countries = {rule.country for rule in rules if rule.holidays_closed and rule.country != EVERYWHERE}
    regions = {region.code for pack in packs for region in pack.regions if region.code[:2] in countries}
    more = [one for pack in packs for one in pack.more_holidays]
    for place in sorted(countries | regions | {place for place, _ in more}):
        days = {day for named, added in more if named == place for day in added}
        yield Holidays(place, tuple(sorted(days | _calendar(place, years))))


def _calendar(place: str, years: Sequence[int]) -> set[int]:
    """The public holidays of a place as ordinals; none where the calendars do not know the place."""
    country, _, region = place.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=list(years))
    except NotImplementedError:
        return set()
    return {day.toordinal() for day in found}
