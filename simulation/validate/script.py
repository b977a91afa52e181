"""One list of people for two worlds: what each does when called is drawn once, and coded in the number.

The lab's carrier reads it from the number's last digits (whole seconds); the simulated world reads the same digits. So
both play the same people in the same order, and only what lies between differs.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

from dialer.core.ids import CampaignId, LeadId, PersonId, PhoneId
from dialer.core.model import Lead
from dialer.errors import ConfigError
from simulation.carrier.numbers import SECONDS_MAX, Behaviour, number, parse
from simulation.demo.leads import COUNTRIES, Row
from simulation.scenario import Scenario
from simulation.world.chance import Chance
from simulation.world.lists import NUMBERS_MAX
from simulation.world.people import REFUSALS, Crowd, Fate, Kind

BEHAVIOURS = {
    Kind.PERSON: Behaviour.PERSON,
    Kind.MACHINE: Behaviour.MACHINE,
    Kind.NO_ANSWER: Behaviour.NO_ANSWER,
    Kind.BUSY: Behaviour.BUSY,
    Kind.REJECTS: Behaviour.DECLINED,
    Kind.OFF: Behaviour.UNAVAILABLE,
    Kind.INVALID: Behaviour.INVALID,
}
RINGS_AFTER_S = 0.03  # between two Asterisks of one machine
KINDS = {behaviour: kind for kind, behaviour in BEHAVIOURS.items()}
PREFIXES = tuple((one, prefix) for one in COUNTRIES for prefix in one.prefixes)
SILENT = frozenset({Kind.NO_ANSWER, Kind.BUSY, Kind.REJECTS, Kind.OFF, Kind.INVALID})  # their talk digits are free


def checked(scenario: Scenario) -> Scenario:
    """The scenario, where the lab can play it. Raises ConfigError with what it cannot."""
    people, habits = scenario.people, scenario.habits
    asks = {
        "people.hangs_up_share = 1": people.hangs_up_share == 1.0,
        "people.lead_sigma, people.drift = 0": people.lead_sigma == people.drift == 0.0,
        "people.repeat_factor = 1": people.repeat_factor == 1.0,
        "habits: no breaks, holds, transfers, consultations, early codes": not any(
            (
                habits.break_every_s,
                habits.hold_share,
                habits.transfer_share,
                habits.consult_share,
                habits.code_early_share,
            )
        ),
        "trunks.carrier: no delay, no congestion": not any(
            one.carrier.delay_s or one.carrier.congestion_share for one in scenario.trunks
        ),
        "one campaign and one trunk, everybody working all the time": len(scenario.campaigns)
        == len(scenario.trunks)
        == 1
        and not scenario.shifts,
    }
    missing = [what for what, holds in asks.items() if not holds]
    if missing:
        raise ConfigError(f"the lab cannot play {scenario.name}; it wants {'; '.join(missing)} (see lab_16)")
    return scenario


def numbers(scenario: Scenario, seed: int) -> list[tuple[str, str]]:
    """(country, number) of each lead, in the order of the list."""
    chance = Chance(seed)
    crowd, draw = Crowd(scenario.people, chance, scenario.start()), chance.fresh("script")
    taken: set[str] = set()
    made = []
    for at in range(1, scenario.campaigns[0].leads + 1):
        lead = Lead(
            id=LeadId(at), campaign=CampaignId(1), person=PersonId(at), phone=PhoneId(at * NUMBERS_MAX), number=f"{at}",
            country="MX", zones=(scenario.zone,),
        )  # fmt: skip
        fate = crowd.fate(lead, attempt=1, now=scenario.start(), delay_s=0.0)
        for _ in range(1000):
            country, prefix = PREFIXES[draw.randrange(len(PREFIXES))]
            coded = number(prefix, BEHAVIOURS[fate.kind], ring_s=_ring(fate), talk_s=_talk(fate, draw.randrange(100)))
            if coded not in taken:
                break
        taken.add(coded)
        made.append((country.code, coded))
    return made


def _ring(fate: Fate) -> int:
    return min(SECONDS_MAX, round(fate.over_at_s)) if math.isfinite(fate.over_at_s) else 0


def _talk(fate: Fate, free: int) -> int:
    if fate.kind in SILENT:
        return free
    return max(1, min(SECONDS_MAX, round(fate.talk_s))) if fate.kind is Kind.PERSON else max(1, free)


def write_list(path: Path, listed: list[tuple[str, str]]) -> None:
    """The list as the dialer imports it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in _rows(listed))


def _rows(listed: list[tuple[str, str]]) -> Iterator[Row]:
    for at, (country, coded) in enumerate(listed, start=1):
        yield Row(
            external_id=f"V-{at:05d}", name=f"Persona {at}", national_id=f"LAB-{at:05d}", phone=coded, country=country,
            balance="1000.00", currency="MXN", days_past_due=30,
        )  # fmt: skip


def fate_of(coded: str, machine_talk_s: float) -> Fate:
    """What the number says, for the simulated world. `machine_talk_s`: until the agent has understood."""
    script = parse(coded)
    assert script is not None
    kind = KINDS[script.behaviour]
    return Fate(
        kind=kind,
        sign_at_s=RINGS_AFTER_S,
        progress=False,
        over_at_s=math.inf if kind is Kind.NO_ANSWER else RINGS_AFTER_S + script.ring_s,
        refusal=REFUSALS.get(kind),
        wait_s=math.inf,
        talk_s=machine_talk_s if kind is Kind.MACHINE else float(script.talk_s),
        right_party=kind is Kind.PERSON,
        hangs_up=kind is Kind.PERSON,
        opts_out=False,
    )
