"""Over a year, in all countries and zones, no call is placed that a rule forbids: held against a second reading."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from dialer.core.ids import CampaignId, LeadId, PersonId, PhoneId
from dialer.core.model import DialFacts, Lead
from dialer.core.packs.lawbook import Lawbook, Terms
from dialer.core.packs.schema import Dial, Purpose, Reached
from dialer.core.rules import Allowed, Forbidden
from dialer.rules.packs import rulebook
from tests.core.rules_oracle import Past, broken

YEAR = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
YEAR_S = 365 * 86_400
MEMORY_S = 62 * 86_400
ATTEMPTS = 200_000
LETTER = {"c": Purpose.COLLECTIONS, "t": Purpose.TELEMARKETING, "s": Purpose.SURVEY, "v": Purpose.SERVICE}
PLAIN = ("person", "account", "number", "client")

# country, number, places beside the country, zones, number shown
WHERE: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("US", "+12125550100", (), ("America/New_York",), "+12125550199"),
    ("US", "+18005550100", (), ("America/New_York", "America/Los_Angeles", "Pacific/Honolulu"), "+12125550199"),
    ("US", "+13055550100", ("US-FL",), ("America/New_York", "America/Chicago"), "+12125550199"),
    ("GB", "+447700900100", (), ("Europe/London",), "+442079460000"),
    ("FR", "+33612345678", (), ("Europe/Paris",), "+33162000000"),
    ("ES", "+34612345678", (), ("Europe/Madrid", "Atlantic/Canary"), "+34910000000"),
    ("DE", "+4915123456789", (), ("Europe/Berlin",), "+49301234567"),
    ("CA", "+14165550100", (), ("America/Toronto", "America/Vancouver", "America/St_Johns"), "+14165550199"),
    ("AU", "+61412345678", (), ("Australia/Sydney", "Australia/Perth", "Australia/Adelaide"), "+61291234567"),
    ("AU", "+61412345678", (), ("Australia/Lord_Howe",), "+61291234567"),
    ("MX", "+525512345678", (), ("America/Mexico_City",), "+525500000000"),
    ("MX", "+526641234567", (), ("America/Tijuana", "America/Cancun"), "+525500000000"),
    ("CL", "+56912345678", (), ("America/Santiago", "Pacific/Easter", "America/Punta_Arenas"), "600"),
    ("CO", "+573001234567", (), ("America/Bogota",), "+576010000000"),
    ("PE", "+51912345678", (), ("America/Lima",), "+5110000000"),
    ("BR", "+5511912345678", ("BR-SP",), ("America/Sao_Paulo",), "+551130000000"),
    ("BR", "+5521912345678", ("BR-RJ",), ("America/Sao_Paulo",), "+551130000000"),
    ("BR", "+5527912345678", ("BR-ES",), ("America/Sao_Paulo",), "+551130000000"),
    ("BR", "+5592912345678", ("BR-AM",), ("America/Manaus", "America/Eirunepe"), "+551130000000"),
    ("BR", "+5582912345678", ("BR-AL",), ("America/Maceio",), "+551130000000"),
    ("BR", "+5585912345678", ("BR-CE",), ("America/Fortaleza",), "+551130000000"),
    ("BR", "+5561912345678", ("BR-DF",), ("America/Sao_Paulo",), "+551130000000"),
    ("BR", "+5571912345678", (), ("America/Bahia", "America/Noronha"), "+551130000000"),
    ("AR", "+5491123456789", (), ("America/Argentina/Buenos_Aires",), "+541140000000"),
    ("EC", "+593991234567", (), ("America/Guayaquil", "Pacific/Galapagos"), "+59320000000"),
    ("US", "+525512345678", ("MX",), ("America/Mexico_City", "America/Los_Angeles"), "+12125550199"),
    ("", "+9991", (), ("Asia/Kathmandu",), "1"),
)
CASES = [(where, letter) for where in WHERE for letter in LETTER]


@pytest.fixture(scope="module")
def law() -> Lawbook:
    return Lawbook(rulebook(built_in=True, folder=None, now=YEAR + 3600))


@dataclass
class Person:
    facts: DialFacts
    past: list[Past] = field(default_factory=list)
    dials: list[Dial] = field(default_factory=list)

    def dial(self, at: float, chance: random.Random) -> None:
        reached = chance.choices(list(Reached), (60, 10, 4, 4, 18, 4))[0]
        same = frozenset(one for one in PLAIN if chance.random() < (1.0 if one == "person" else 0.8))
        over_at = at + chance.randrange(5, 900)
        self.past.append(Past(at, over_at, str(reached), same))
        self.dials.append(
            Dial(
                at, over_at, reached,
                person=True, account="account" in same, number="number" in same, client="client" in same,
            )
        )  # fmt: skip

    def at(self, now: float) -> DialFacts:
        while self.past and self.past[0].at <= now - MEMORY_S:
            del self.past[0], self.dials[0]
        lead = self.facts
        return DialFacts(lead=lead.lead, residence=lead.residence, dials=tuple(self.dials))


def person(where: tuple[str, str, tuple[str, ...], tuple[str, ...], str]) -> Person:
    country, number, more, zones, _ = where
    lead = Lead(
        id=LeadId(1),
        campaign=CampaignId(1),
        person=PersonId(1),
        phone=PhoneId(1),
        number=number,
        country="MX" if "MX" in more else country,
        zones=zones,
    )
    return Person(DialFacts(lead=lead, residence=country))


@pytest.mark.parametrize(("where", "letter"), CASES, ids=[f"{w[0] or 'none'}-{w[1]}-{p}-{len(w[3])}" for w, p in CASES])
def test_no_call_outside_a_rule(
    law: Lawbook, where: tuple[str, str, tuple[str, ...], tuple[str, ...], str], letter: str
) -> None:
    chance = random.Random(f"{where[1]}{where[3]}{letter}")
    places = tuple({where[0], *where[2]} - {""})
    people = [person(where) for _ in range(12)]
    terms = Terms(LETTER[letter], where[4] if (where[0], letter) != ("CL", "t") else "809")
    count = Counter[str]()
    for now in sorted(_times(chance, where[3], ATTEMPTS // len(CASES) + 1)):
        one = chance.choice(people)
        verdict = law.verdict(one.at(now), terms, now)
        wrong = broken(places, where[3], letter, one.past, now)
        if isinstance(verdict, Allowed):
            assert wrong == [], f"{datetime.fromtimestamp(now, UTC)}: allowed by {verdict.rule}"
            one.dial(now, chance)
        else:
            # Where the clock changes, a little more may be closed; never elsewhere.
            assert wrong or _clock_changes(where[3], now), f"{datetime.fromtimestamp(now, UTC)}: {verdict}"
            if chance.random() < 0.03:
                _exact(law, terms, one.at(now), verdict, now)
        count[type(verdict).__name__] += 1
    assert count["Allowed"] > 0, count


def _times(chance: random.Random, zones: tuple[str, ...], count: int) -> list[float]:
    """Instants over the year, a third of them within seconds of a full or half hour."""
    times = []
    for _ in range(count):
        at = YEAR + chance.uniform(0, YEAR_S)
        if chance.random() < 0.33:
            at = at // 1800 * 1800 + chance.choice((-1.0, -0.001, 0.0, 0.5, 59.0))
        times.append(at)
    return times


def _clock_changes(zones: tuple[str, ...], now: float) -> bool:
    from zoneinfo import ZoneInfo

    for zone in zones:
        shifts = {
            datetime.fromtimestamp(now + step, UTC).astimezone(ZoneInfo(zone)).utcoffset()
            for step in (-86400, 0, 86400)
        }
        if len(shifts) > 1:
            return True
    return False


def _exact(law: Lawbook, terms: Terms, facts: DialFacts, refusal: Forbidden, now: float) -> None:
    """At `until` it is allowed, and not a second before."""
    assert refusal.until is not None
    assert refusal.until > now
    assert isinstance(law.verdict(facts, terms, refusal.until), Allowed)
    if refusal.until - 1.0 > now:
        assert isinstance(law.verdict(facts, terms, refusal.until - 1.0), Forbidden)
