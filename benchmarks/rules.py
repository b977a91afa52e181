"""How long the verdict on one call takes: all rules that ship, leads of many countries, earlier dials.

`python -m benchmarks.rules` prints microseconds and the ratio to the budget of 50 at the median.
"""

import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

from dialer.core.ids import CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.lawful import lawful
from dialer.core.model import Campaign, DialFacts, Lead, Mode
from dialer.core.packs.lawbook import Lawbook
from dialer.core.packs.schema import Dial, Purpose, Reached
from dialer.rules.packs import rulebook

BUDGET_US = 50.0
NOW = 1_795_449_600.0  # a Monday, 16:00 UTC
WHERE = (
    ("CO", "+573001234567", ("America/Bogota",)),
    ("MX", "+525512345678", ("America/Mexico_City",)),
    ("CL", "+56912345678", ("America/Santiago", "Pacific/Easter", "America/Punta_Arenas")),
    ("BR", "+5511912345678", ("America/Sao_Paulo",)),
    ("US", "+13055550100", ("America/New_York", "America/Chicago", "America/Denver")),
    ("FR", "+33612345678", ("Europe/Paris",)),
)
DIALS = (0, 5, 20)


def facts(where: tuple[str, str, tuple[str, ...]], dials: int, chance: random.Random) -> DialFacts:
    country, number, zones = where
    lead = Lead(
        id=LeadId(1),
        campaign=CampaignId(1),
        person=PersonId(1),
        phone=PhoneId(1),
        number=number,
        country=country,
        zones=zones,
    )
    times = sorted(NOW - chance.uniform(3_600, 60 * 86_400) for _ in range(dials))
    reached = list(Reached)[:4]
    return DialFacts(
        lead=lead, residence=country, dials=tuple(Dial(at, at + 60, chance.choice(reached)) for at in times)
    )


def microseconds(all_facts: list[DialFacts], campaign: Campaign, book: Lawbook, step_s: float) -> list[float]:
    taken = []
    for n in range(20_000):
        one, now = all_facts[n % len(all_facts)], NOW + n * step_s
        begun = time.perf_counter_ns()
        lawful(one, campaign, book, now)
        taken.append((time.perf_counter_ns() - begun) / 1000)
    return sorted(taken)


def main(_: Sequence[str] = ()) -> None:
    chance = random.Random(1)
    book = Lawbook(rulebook(built_in=True, folder=None, now=NOW))
    empty = Lawbook(replace(book.book, rules=()))
    campaign = Campaign(
        id=CampaignId(1),
        client=ClientId(1),
        name="one",
        mode=Mode.PREDICTIVE,
        purpose=Purpose.COLLECTIONS,
        caller_id="600",
    )
    for dials in DIALS:
        all_facts = [facts(where, dials, chance) for where in WHERE]
        for name, law, step_s in (
            ("house alone", empty, 0.05),
            ("all rules", book, 0.05),
            ("a day ahead each", book, 7200.0),
        ):
            taken = microseconds(all_facts, campaign, law, step_s)
            median, p99 = statistics.median(taken), taken[len(taken) * 99 // 100]
            print(
                f"{dials:3} dials, {name:16}: median {median:6.1f} us, p99 {p99:6.1f} us, "
                f"{median / BUDGET_US:.2f} of the budget"
            )


if __name__ == "__main__":
    main()
