"""The list that the demo imports: invented people with plausible numbers whose last six digits say what happens.

Names and identities are plainly made up, and the numbers go to the demo's own carrier alone: nobody real is called.
Pure but for writing the file.
"""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from random import Random

from simulation.carrier.numbers import ANSWERS, Behaviour, number

FIRST_NAMES = (
    "Abril", "Alba", "Amparo", "Aurora", "Azul", "Bruno", "Celeste", "Cielo", "Clara", "Dalia", "Estrella", "Fabio",
    "Flor", "Gema", "Iris", "Jacinto", "Jazmín", "Leo", "Lucero", "Luna", "Mar", "Margarita", "Marina", "Nieves",
    "Olivo", "Paloma", "Perla", "Rocío", "Rubí", "Sol", "Valle", "Violeta",
)  # fmt: skip
LAST_NAMES = (
    "Acantilado", "Arrecife", "Bahía", "Barranco", "Cascada", "Cordillera", "Cumbre", "Desierto", "Ensenada", "Estepa",
    "Glaciar", "Helecho", "Laguna", "Lluvia", "Manantial", "Médano", "Meseta", "Neblina", "Pampa", "Península",
    "Pradera", "Quebrada", "Relámpago", "Sauce", "Sendero", "Tormenta", "Volcán",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Country:
    """Where a share of the people live: what their numbers begin with and what they owe in."""

    code: str  # ISO 3166 alpha-2
    weight: int
    prefixes: tuple[str, ...]  # before the last six digits; valid with any six
    currency: str
    balance: tuple[int, int]  # from and to, in the currency


COUNTRIES = (
    Country("MX", 40, ("+525510", "+528110", "+523310", "+522220", "+526640", "+529990"), "MXN", (500, 60_000)),
    Country("CO", 25, ("+573001", "+573011", "+573101", "+573151", "+573201", "+573501"), "COP", (100_000, 12_000_000)),
    Country("CL", 20, ("+56920", "+56930", "+56940", "+56950", "+56961", "+56981"), "CLP", (20_000, 3_000_000)),
    Country("PE", 15, ("+51921", "+51934", "+51945", "+51956", "+51967", "+51978"), "PEN", (100, 12_000)),
)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the list: what happens when these numbers are called, with seconds from and to."""

    behaviour: Behaviour
    weight: float  # per cent
    ring_s: tuple[int, int] = (0, 0)
    talk_s: tuple[int, int] = (0, 99)  # where nobody talks it tells numbers apart, no more


TALK_MAX_S = 40

MIX = (
    Share(Behaviour.PERSON, 31, (2, 14), (8, TALK_MAX_S)),
    Share(Behaviour.PERSON_WITHOUT_RINGING, 1, (1, 4), (8, TALK_MAX_S)),
    Share(Behaviour.PERSON_HANGS_UP_SOON, 1, (2, 10)),
    Share(Behaviour.PERSON_OPTS_OUT, 1, (2, 10), (8, 20)),
    Share(Behaviour.MACHINE, 6, (10, 18), (5, 15)),
    Share(Behaviour.NO_ANSWER, 27, (0, 99)),
    Share(Behaviour.BUSY, 12, (1, 4)),
    Share(Behaviour.INVALID, 7, (0, 2)),
    Share(Behaviour.UNAVAILABLE, 5, (1, 6)),
    Share(Behaviour.REQUEST_TIMEOUT, 2, (3, 9)),
    Share(Behaviour.DECLINED, 2, (1, 5)),
    Share(Behaviour.PROGRESS_ONLY, 2, (0, 99)),
    Share(Behaviour.PROGRESS_UNAVAILABLE, 2, (3, 12)),
    Share(Behaviour.INCOMPLETE, 0.5, (0, 1)),
    Share(Behaviour.CONGESTION, 0.5, (0, 1)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    external_id: str
    name: str
    national_id: str
    phone: str
    country: str
    balance: str
    currency: str
    days_past_due: int


def rows(count: int, *, seed: int, talk_max_s: int) -> Iterator[Row]:
    """`count` people, no number twice, none of whom talks longer than `talk_max_s`; the same seed, the same list."""
    chance = Random(f"{seed}:leads")  # noqa: S311 - no secrets
    taken: set[str] = set()
    for index in range(1, count + 1):
        country = chance.choices(COUNTRIES, [one.weight for one in COUNTRIES])[0]
        phone = _number(country, talk_max_s, chance)
        while phone in taken:
            phone = _number(country, talk_max_s, chance)
        taken.add(phone)
        low, high = country.balance
        yield Row(
            external_id=f"D-{index:05d}",
            name=f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)} {chance.choice(LAST_NAMES)}",
            national_id=f"DEMO-{index:05d}",
            phone=phone,
            country=country.code,
            balance=f"{low * (high / low) ** chance.random():.2f}",
            currency=country.currency,
            days_past_due=chance.randint(1, 180),
        )


def _number(country: Country, talk_max_s: int, chance: Random) -> str:
    share = chance.choices(MIX, [one.weight for one in MIX])[0]
    talk_s = chance.randint(*share.talk_s)
    return number(
        chance.choice(country.prefixes),
        share.behaviour,
        ring_s=chance.randint(*share.ring_s),
        talk_s=min(talk_s, talk_max_s) if share.behaviour in ANSWERS else talk_s,
    )


def write(path: Path, count: int, *, seed: int, talk_max_s: int) -> None:
    """Write the list as CSV with a header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows(count, seed=seed, talk_max_s=talk_max_s))
