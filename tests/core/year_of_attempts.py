"""A year of generated attempts in all countries and zones, each verdict held against the oracle.

The tests run some of them; all ten million: `python -m benchmarks lawful_year --attempts 10000000`.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from dialer.core.ids import CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.lawful import lawful
from dialer.core.model import Campaign, DialFacts, Lead, Mode
from dialer.core.packs.lawbook import Lawbook
from dialer.core.packs.schema import Dial, Hours, Kept, Purpose, Reached, Stop
from dialer.core.rules import EVERY_DAY, Allowed, Forbidden, Rules, Window
from dialer.rules.packs import rulebook
from tests.core.rules_oracle import Asked, Known, Oracle, Past

YEAR = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
YEAR_S = 365 * 86_400
MEMORY_S = 62 * 86_400
ATTEMPTS_EACH = 150  # of one person in the year, or the caps would hide all else
LETTER = {"c": Purpose.COLLECTIONS, "t": Purpose.TELEMARKETING, "s": Purpose.SURVEY, "v": Purpose.SERVICE}
PLAIN = ("person", "account", "number", "client")
NO_HOUSE_RULES = Rules(
    windows=(Window(EVERY_DAY, 0, 1440),),
    number_dials_24h_max=None,
    person_dials_24h_max=None,
    person_dials_7d_max=None,
    number_gap_min_s=0.0,
    contact_gap_min_s=0.0,
)

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
Where = tuple[str, str, tuple[str, ...], tuple[str, ...], str]
CASES = [(where, letter) for where in WHERE for letter in LETTER]


@cache
def law() -> Lawbook:
    return Lawbook(rulebook(built_in=True, folder=None, now=YEAR + 3600))


def campaign_of(where: Where, letter: str, chance: random.Random) -> Campaign:
    """Shows the number that the place asks for; one in eight shows another, or none."""
    right = "809" if (where[0], letter) == ("CL", "t") else where[4]
    return Campaign(
        id=CampaignId(1),
        client=ClientId(1),
        name="year",
        mode=chance.choice((Mode.PREDICTIVE, Mode.PREDICTIVE, Mode.PREVIEW)),
        purpose=LETTER[letter],
        caller_id=right if chance.random() < 0.875 else chance.choice(("", "+34612000000", "600", "+33162000000")),
        rules=NO_HOUSE_RULES,
    )


def known_of(chance: random.Random) -> tuple[Known, dict[str, object]]:
    """What is kept of one person, as the oracle and as the dialer read it."""
    consent = chance.choice((True, True, True, True, True, None, False))
    consent_at = YEAR + chance.uniform(-900, 100) * 86_400
    stops = tuple(
        None if chance.random() < 0.2 else YEAR + chance.uniform(0, YEAR_S)
        for _ in range(chance.choice((0, 0, 0, 0, 0, 1, 2)))
    )
    told = tuple(
        (tuple(sorted(chance.sample(range(7), chance.randint(1, 7)))), *chance.choice(TOLD))
        for _ in range(chance.choice((0, 0, 1, 2)))
    )
    third, voice = chance.random() < 0.08, chance.random() > 0.05
    kinds = (Kept.DECEASED, Kept.LAWSUIT, Kept.CEASE_REQUEST, Kept.INSOLVENCY, Kept.MINOR, Kept.PAYMENT)
    return Known(stops, consent, consent_at, third, voice, told), {
        "stops": tuple(Stop(chance.choice(kinds), until) for until in stops),
        "consent": consent,
        "consent_at": consent_at,
        "third_party": third,
        "channels": () if voice else ("whatsapp", "email"),
        "inconvenient": tuple(Hours(days, _minute(begins), _minute(ends)) for days, begins, ends in told),
    }


TOLD = (("00:00", "10:30"), ("12:00", "14:00"), ("17:15", "24:00"), ("01:30", "02:45"))


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


@dataclass
class Person:
    oracle: Oracle
    facts: DialFacts
    campaign: Campaign
    past: list[Past] = field(default_factory=list)
    dials: list[Dial] = field(default_factory=list)

    @classmethod
    def made(cls, where: Where, letter: str, chance: random.Random) -> "Person":
        country, number, more, zones, _ = where
        lead = Lead(
            id=LeadId(1), campaign=CampaignId(1), person=PersonId(1), phone=PhoneId(1), number=number,
            country="MX" if "MX" in more else country, zones=zones,
        )  # fmt: skip
        campaign = campaign_of(where, letter, chance)
        known, facts = known_of(chance)
        places = tuple({country, *more} - {""})
        asked = Asked(places, zones, letter, campaign.caller_id, campaign.mode is Mode.PREVIEW, known)
        return cls(Oracle(asked), DialFacts(lead=lead, residence=country, **facts), campaign)  # type: ignore[arg-type]

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
        return copied(self.facts, tuple(self.dials))


def copied(facts: DialFacts, dials: tuple[Dial, ...]) -> DialFacts:
    """Quicker than `dataclasses.replace`, ten million times."""
    return DialFacts(
        lead=facts.lead, residence=facts.residence, dials=dials, stops=facts.stops, third_party=facts.third_party,
        consent=facts.consent, consent_at=facts.consent_at, channels=facts.channels, inconvenient=facts.inconvenient,
    )  # fmt: skip


def judge(where: Where, letter: str, attempts: int, seed: str = "") -> Counter[str]:
    """Try to call people of one place for one purpose over the year. Raises AssertionError at the first wrong verdict.

    Counts by verdict, and by the rule that the oracle names for each refusal.
    """
    chance = random.Random(f"{where[1]}{where[3]}{letter}{seed}")
    people = [Person.made(where, letter, chance) for _ in range(max(12, attempts // ATTEMPTS_EACH))]
    count = Counter[str]()
    for now in sorted(_times(chance, attempts)):
        one = chance.choice(people)
        facts = one.at(now)
        verdict = lawful(facts, one.campaign, law(), now)
        wrong = one.oracle.broken(one.past, now)
        when = f"{datetime.fromtimestamp(now, UTC)} {where[:3]} {letter}"
        if isinstance(verdict, Allowed):
            assert wrong == [], f"{when}: allowed by {verdict.rule}: {wrong}"
            one.dial(now, chance)
        else:
            # Where the clock changes, a little more may be closed; never elsewhere.
            assert wrong or _clock_changes(where[3], now), f"{when}: {verdict}"
            if chance.random() < 0.03:
                _exact(one.campaign, facts, verdict, now)
            count.update(set(wrong))
        count[type(verdict).__name__] += 1
    return count


def _times(chance: random.Random, count: int) -> list[float]:
    """Instants over the year, a third of them within seconds of a full or half hour."""
    times = []
    for _ in range(count):
        at = YEAR + chance.uniform(0, YEAR_S)
        if chance.random() < 0.33:
            at = at // 1800 * 1800 + chance.choice((-1.0, -0.001, 0.0, 0.5, 59.0))
        times.append(at)
    return times


def _clock_changes(zones: tuple[str, ...], now: float) -> bool:
    for zone in zones:
        shifts = {
            datetime.fromtimestamp(now + step, UTC).astimezone(ZoneInfo(zone)).utcoffset()
            for step in (-86400, 0, 86400)
        }
        if len(shifts) > 1:
            return True
    return False


def _exact(campaign: Campaign, facts: DialFacts, refusal: Forbidden, now: float) -> None:
    """At `until` it is allowed, and not a second before."""
    if refusal.until is None:
        for days in (1, 3, 8, 30):
            assert isinstance(lawful(facts, campaign, law(), now + days * 86_400), Forbidden)
        return
    assert refusal.until > now
    assert isinstance(lawful(facts, campaign, law(), refusal.until), Allowed), refusal
    if refusal.until - 1.0 > now:
        assert isinstance(lawful(facts, campaign, law(), refusal.until - 1.0), Forbidden), refusal
