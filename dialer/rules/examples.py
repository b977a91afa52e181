"""A pack's own examples: calls at a time, each with the verdict that its author expects. They show that a rule does
what was meant, and that a change of it breaks nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asterisk_config.toml_lines import line_of, lines_of_keys
from dialer.core.ids import CampaignId, LeadId, PersonId, PhoneId
from dialer.core.model import DialFacts, Lead
from dialer.core.packs.lawbook import Lawbook, Terms
from dialer.core.packs.schema import Dial, Purpose, Reached
from dialer.core.rules import Allowed
from dialer.rules.texts import one_of

ALLOWED = "allowed"
_AT = "%Y-%m-%d %H:%M"
_TALK_S = 60.0


def _time(text: str) -> str | None:
    try:
        datetime.strptime(text, _AT)  # noqa: DTZ007 - of the example's zone
    except ValueError:
        return "must be a day and a time, as 2026-03-04 21:30"
    return None


def _zone(text: str) -> str | None:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        return "must be an IANA name, such as America/Mexico_City"
    return None


def _number(text: str) -> str | None:
    return None if re.fullmatch(r"\+[0-9]{7,15}", text) else "must be a number with + and the country first"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierText:
    """An earlier call to the person, at this number."""

    at: Annotated[str, _time]
    reached: Annotated[str, one_of(Reached)] = Reached.NOBODY.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleText:
    """A call. `verdict`: allowed, or how the name of the rule that forbids it begins, as mx.condusef or its whole name
    mx.condusef@2014.hours."""

    says: str = ""
    at: Annotated[str, _time]
    zone: Annotated[str, _zone]
    number: Annotated[str, _number]
    purpose: Annotated[str, one_of(Purpose)] = Purpose.COLLECTIONS.value
    caller_id: str = ""  # empty: the number itself
    region: str = ""  # where the person lives, as a list writes it
    consent_days: float | None = None  # how old the consent is; without: none was given
    guaranteed: bool = False
    lists: tuple[str, ...] | None = None  # those that are loaded; without: all that are asked for
    earlier: tuple[EarlierText, ...] = ()
    verdict: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An example that does not hold; `line` is where it stands in the file."""

    line: int
    index: int
    what: str


def failed(path: Path, examples: tuple[ExampleText, ...], country: str, law: Lawbook) -> Iterator[Failed]:
    """The examples of a file that do not hold under the law."""
    lines = lines_of_keys(path.read_text(encoding="utf-8"))
    for index, one in enumerate(examples):
        verdict = verdict_on(one, country, law)
        if verdict != one.verdict and not re.match(rf"{re.escape(one.verdict)}(?=[@.])", verdict):
            told = f" ({one.says})" if one.says else ""
            what = f"expected {one.verdict}, the rules say {verdict}{told}"
            yield Failed(line_of(("example", index), lines), index + 1, what)


def verdict_on(one: ExampleText, country: str, law: Lawbook) -> str:
    """`allowed`, or the name of the rule that forbids the call."""
    zone = ZoneInfo(one.zone)
    now = _instant(one.at, zone)
    lead = Lead(
        id=LeadId(1), campaign=CampaignId(1), person=PersonId(1), phone=PhoneId(1), number=one.number, country=country,
        zones=(one.zone,),
    )  # fmt: skip
    dials = tuple(_dial(_instant(call.at, zone), Reached(call.reached)) for call in one.earlier)
    facts = DialFacts(
        lead=lead,
        residence=country,
        region=one.region,
        dials=tuple(sorted(dials, key=lambda dial: dial.at)),
        consent=True if one.consent_days is not None else None,
        consent_at=now - one.consent_days * 86_400.0 if one.consent_days is not None else None,
        lists=None if one.lists is None else tuple((name, now) for name in one.lists),
    )
    terms = Terms(Purpose(one.purpose), one.caller_id or one.number, guaranteed=one.guaranteed)
    found = law.verdict(facts, terms, now)
    return ALLOWED if isinstance(found, Allowed) else found.rule


def _instant(text: str, zone: ZoneInfo) -> float:
    return datetime.strptime(text, _AT).replace(tzinfo=zone).timestamp()


def _dial(at: float, reached: Reached) -> Dial:
    return Dial(at=at, over_at=at + _TALK_S, reached=reached)
