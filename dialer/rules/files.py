"""Rule packs from TOML, each error at its line. Says what a file may hold; what a rule means is decided in the core."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

from asterisk_config.toml_lines import Key
from asterisk_config.toml_reader import Named, SettingsError, read
from dialer.core.packs.schema import (
    EVERYWHERE,
    MEMORY_DAYS,
    STOPS,
    Abandonment,
    After,
    CallerId,
    Cap,
    Confidence,
    ConsentDemand,
    Cooldown,
    Hours,
    Kept,
    Kind,
    Purpose,
    Region,
    Rule,
    Scope,
    ShortCalls,
    Span,
    Status,
    Unit,
)
from dialer.errors import ConfigError
from dialer.leads.numbers import COUNTRIES
from dialer.rules.examples import ExampleText
from dialer.rules.texts import one_of, some_of

RING_MAX_S = 120.0  # no phone rings longer

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


def _date(text: str) -> str | None:
    try:
        date.fromisoformat(text or "2026-01-01")
    except ValueError:
        return "must be a date, as 2026-03-01"
    return None


def _dates(texts: tuple[str, ...]) -> str | None:
    return next((wrong for text in texts if (wrong := _date(text) if text else "must not be empty")), None)


def _time(text: str) -> str | None:
    return (
        None
        if _TIME.fullmatch(text) and _minutes(text) <= 1440
        else "must be a time of day, as 08:00; midnight is 24:00"
    )


def _days(text: str) -> str | None:
    return None if _weekdays(text) else "must be days, as mon-fri or sat"


def _open_or_closed(text: str) -> str | None:
    return None if text in {"open", "closed"} else "must be open or closed"


def _stops(texts: tuple[str, ...]) -> str | None:
    return None if set(texts) <= STOPS else f"must be some of: {', '.join(sorted(STOPS))}"


def _said(text: str) -> str | None:
    return None if text.strip() else "must not be empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursText:
    days: Annotated[str, _days]
    opens: Annotated[str, _time]
    closes: Annotated[str, _time]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapText:
    name: Annotated[str, _said]
    count: int
    window: Annotated[str, one_of(Kind)]
    days: float = 0.0
    unit: Annotated[str, one_of(Unit)]
    scope: Annotated[tuple[str, ...], some_of(Scope)]
    counts_abandoned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CooldownText:
    name: Annotated[str, _said]
    after: Annotated[str, one_of(After)]
    window: Annotated[str, one_of(Kind)] = "rolling"
    days: float = 0.0
    scope: Annotated[tuple[str, ...], some_of(Scope)]
    unless_guaranteed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    id: Annotated[str, _said]
    version: Annotated[str, _said]
    region: str = ""
    since: Annotated[str, _date] = ""
    until: Annotated[str, _date] = ""
    purposes: Annotated[tuple[str, ...], some_of(Purpose)]
    status: Annotated[str, one_of(Status)]
    hours: tuple[HoursText, ...] = ()
    holidays: Annotated[str, _open_or_closed] = "open"
    caps: Annotated[tuple[CapText, ...], Named("cap")] = ()
    cooldowns: Annotated[tuple[CooldownText, ...], Named("cooldown")] = ()
    ring_min_s: float = 0.0
    caller_id: CallerId = field(default_factory=CallerId)
    abandonment: Abandonment | None = None
    consent: ConsentDemand | None = None
    third_parties: Annotated[str, _open_or_closed] = "open"
    stop_on: Annotated[tuple[str, ...], _stops] = ()
    lists: tuple[str, ...] = ()
    lists_days: int = 0
    short_calls: ShortCalls | None = None
    retain_days: int = 0
    record_fields: tuple[str, ...] = ()
    source: Annotated[str, _said]
    confidence: Annotated[str, one_of(Confidence)]
    verify: bool = False
    note: str = ""
    note_es: str = ""
    note_pt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayText:
    place: Annotated[str, _said]
    dates: Annotated[tuple[str, ...], _dates]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionText:
    code: Annotated[str, _said]
    prefixes: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackText:
    """One file."""

    country: Annotated[str, _said]
    regions: Annotated[tuple[RegionText, ...], Named("region")] = ()
    holidays: Annotated[tuple[HolidayText, ...], Named("holiday")] = ()
    rules: Annotated[tuple[RuleText, ...], Named("rule")] = ()
    examples: Annotated[tuple[ExampleText, ...], Named("example")] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """One file read: rules, regions, days to add to the public holidays of a place, and what shows that it is right."""

    country: str
    rules: tuple[Rule, ...]
    regions: tuple[Region, ...]
    more_holidays: tuple[tuple[str, tuple[int, ...]], ...]
    examples: tuple[ExampleText, ...] = ()


def read_pack(path: Path) -> Pack:
    """Read and check one file. Raises ConfigError with every problem, each as file:line: key: reason."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from error
    try:
        pack = read(PackText, text, str(path), _problems)
    except SettingsError as error:
        raise ConfigError(str(error)) from error
    return Pack(
        country=pack.country,
        rules=tuple(_rule(pack.country, one) for one in pack.rules),
        regions=tuple(Region(one.code, one.prefixes, one.names) for one in pack.regions),
        more_holidays=tuple((one.place, tuple(map(_ordinal, one.dates))) for one in pack.holidays),
        examples=pack.examples,
    )


def _problems(pack: PackText) -> Iterable[tuple[Key, str]]:
    if pack.country != EVERYWHERE and not re.fullmatch("[A-Z]{2}", pack.country):
        yield ("country",), f"must be two capitals, as MX, or {EVERYWHERE} for everywhere"
    elif pack.country != EVERYWHERE and pack.country not in COUNTRIES:
        yield ("country",), f"{pack.country!r} is no country: its rules would hold for nobody"
    for index, region in enumerate(pack.regions):
        if not region.code.startswith(f"{pack.country}-"):
            yield ("region", index, "code"), f"must begin with the country, as {pack.country}-..."
        if not region.prefixes or not all(re.fullmatch(r"\+[1-9][0-9]{0,14}", one) for one in region.prefixes):
            yield ("region", index, "prefixes"), "must be the beginnings of its numbers, as +5255"
    regions = {one.code for one in pack.regions}
    names: set[tuple[str, str]] = set()
    for index, rule in enumerate(pack.rules):
        at: Key = ("rule", index)
        if (rule.id, rule.version) in names:
            yield (*at, "id"), f"{rule.id!r} of this version stands here twice"
        names.add((rule.id, rule.version))
        if rule.region and rule.region not in regions:
            yield (*at, "region"), f"{rule.region!r} has no [[region]] with its numbers"
        if rule.since and rule.until and rule.since > rule.until:
            yield (*at, "until"), "is before since"
        if rule.holidays == "closed" and not rule.hours:
            yield (*at, "holidays"), "closed holidays need [[rule.hours]], if only mon-sun 00:00 to 24:00"
        yield from _limit_problems(rule, at)
        yield from _figure_problems(rule, at)


def _figure_problems(rule: RuleText, at: Key) -> Iterator[tuple[Key, str]]:
    if not 0 <= rule.ring_min_s <= RING_MAX_S:
        yield (*at, "ring_min_s"), f"must be 0 to {RING_MAX_S:g}"
    if rule.retain_days < 0:
        yield (*at, "retain_days"), "must be 0 (nothing is said) or more"
    for key in ("prefixes", "barred"):
        if "" in getattr(rule.caller_id, key):
            yield (*at, "caller_id", key), "every number begins with an empty text"
    if (own := rule.abandonment) is not None:
        if not 0 < own.cap < 1:
            yield (*at, "abandonment", "cap"), "must be a share above 0 and below 1: 0.03 is 3 %"
        for key in ("window_days", "within_s"):
            if getattr(own, key) <= 0:
                yield (*at, "abandonment", key), "must be above 0"


def _limit_problems(rule: RuleText, at: Key) -> Iterator[tuple[Key, str]]:
    for index, hours in enumerate(rule.hours):
        if _minutes(hours.opens) >= _minutes(hours.closes):
            yield (*at, "hours", index, "closes"), "must be after opens"
    for index, cap in enumerate(rule.caps):
        if cap.count < 1:
            yield (*at, "cap", index, "count"), "must be 1 or more"
        if (wrong := _span_problem(cap.window, cap.days)) is not None:
            yield (*at, "cap", index, "days"), wrong
    if rule.consent is not None and rule.consent.days < 0:
        yield (*at, "consent", "days"), "must be 0 (at any time) or more"
    if rule.lists_days < 0:
        yield (*at, "lists_days"), "must be 0 (any age) or more"
    for index, cooldown in enumerate(rule.cooldowns):
        if (wrong := _span_problem(cooldown.window, cooldown.days)) is not None:
            yield (*at, "cooldown", index, "days"), wrong


def _span_problem(window: str, days: float) -> str | None:
    if window not in {Kind.ROLLING, Kind.CALENDAR}:
        return None if days == 0 else f"means nothing for a {window}"
    if not 0 < days <= MEMORY_DAYS:
        return f"must be above 0 and at most {MEMORY_DAYS}: calls are looked back on no further"
    return "must be whole for a calendar window" if window == Kind.CALENDAR and days != int(days) else None


def _rule(country: str, text: RuleText) -> Rule:
    return Rule(
        id=text.id,
        version=text.version,
        country=country,
        region=text.region,
        since=_ordinal(text.since) if text.since else None,
        until=_ordinal(text.until) if text.until else None,
        purposes=tuple(map(Purpose, text.purposes)),
        status=Status(text.status),
        hours=tuple(Hours(_weekdays(one.days), _minutes(one.opens), _minutes(one.closes)) for one in text.hours),
        holidays_closed=text.holidays == "closed",
        caps=tuple(_cap(one) for one in text.caps),
        cooldowns=tuple(_cooldown(one) for one in text.cooldowns),
        ring_min_s=text.ring_min_s,
        caller_id=text.caller_id,
        abandonment=text.abandonment,
        consent=text.consent,
        third_parties_closed=text.third_parties == "closed",
        stop_on=tuple(map(Kept, text.stop_on)),
        lists=text.lists,
        lists_days=text.lists_days,
        short_calls=text.short_calls,
        retain_days=text.retain_days,
        record_fields=text.record_fields,
        source=text.source,
        confidence=Confidence(text.confidence),
        verify=text.verify,
        note=text.note,
        notes=tuple((one, said) for one, said in (("es", text.note_es), ("pt", text.note_pt)) if said),
    )


def _cap(text: CapText) -> Cap:
    return Cap(
        name=text.name,
        count=text.count,
        span=Span(Kind(text.window), text.days),
        unit=Unit(text.unit),
        scope=tuple(map(Scope, text.scope)),
        counts_abandoned=text.counts_abandoned,
    )


def _cooldown(text: CooldownText) -> Cooldown:
    return Cooldown(
        name=text.name,
        after=After(text.after),
        span=Span(Kind(text.window), text.days),
        scope=tuple(map(Scope, text.scope)),
        unless_guaranteed=text.unless_guaranteed,
    )


def _ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _weekdays(text: str) -> tuple[int, ...]:
    """The days of `mon-fri,sun`; empty where it is no such text."""
    days: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            return ()
        days += range(_DAYS.index(first), _DAYS.index(last or first) + 1)
    return tuple(sorted(set(days)))
