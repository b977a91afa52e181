"""Laws of recycling: what becomes of a lead after each outcome and disposition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.ids import CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.leads import BY_CATEGORY, BY_OUTCOME, next_attempt
from dialer.core.messages import SaveLead
from dialer.core.model import DISPOSITIONS, Campaign, Category, Lead, Mode, Recycling
from dialer.core.outcomes import Outcome

NOW = 1_700_000_000.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

CODES = st.sampled_from([*Outcome, *(one.code for one in DISPOSITIONS), "NO_LONGER_KNOWN"])


def campaign(mode: Mode = Mode.PREDICTIVE, *recycling: tuple[str, Recycling], attempts_max: int = 10) -> Campaign:
    return Campaign(
        id=CampaignId(1),
        client=ClientId(1),
        name="spring",
        mode=mode,
        recycling=recycling,
        attempts_max=attempts_max,
    )


def lead(attempts: int = 0) -> Lead:
    return Lead(
        id=LeadId(7),
        campaign=CampaignId(1),
        person=PersonId(1),
        phone=PhoneId(1),
        number="+525555550000",
        country="MX",
        zones=("America/Mexico_City",),
        attempts=attempts,
    )


@pytest.mark.parametrize(
    ("code", "attempts", "delay_s"),
    [
        ("no_answer", 1, 2 * HOUR),
        ("busy", 1, 15 * MINUTE),
        ("machine", 1, 4 * HOUR),
        ("unreachable", 1, 3 * HOUR),
        ("abandoned", 1, 72 * HOUR),
        ("congestion", 0, 10 * MINUTE),  # the carrier's trouble is not the lead's attempt
        ("failed", 0, 10 * MINUTE),
        ("invalid", 1, 15 * MINUTE),  # another number's turn
        ("unknown", 1, HOUR),
        ("RPC", 1, None),
        ("PTP", 1, None),
        ("WRONG", 1, 15 * MINUTE),
        ("DNC", 1, None),
        ("MACHINE", 1, 4 * HOUR),
        ("THIRD", 1, DAY),
        ("NO_LONGER_KNOWN", 1, DAY),
    ],
)
def test_the_standard_table(code: str, attempts: int, delay_s: float | None) -> None:
    due_at = None if delay_s is None else NOW + delay_s
    assert next_attempt(campaign(), lead(), code, NOW) == SaveLead(LeadId(7), attempts, due_at, code)


def test_every_outcome_and_category_has_its_row() -> None:
    assert set(BY_OUTCOME) == set(Outcome)
    assert set(BY_CATEGORY) == set(Category)


def test_an_abandoned_person_is_tried_sooner_where_an_agent_is_guaranteed() -> None:
    sooner = next_attempt(campaign(Mode.PREVIEW), lead(), "abandoned", NOW).due_at
    assert sooner is not None
    assert sooner < NOW + 72 * HOUR


def test_a_campaign_goes_by_its_own_table_first() -> None:
    own = campaign(
        Mode.PREDICTIVE, ("busy", Recycling(MINUTE)), ("RPC", Recycling(DAY)), ("no_answer", Recycling(None))
    )
    assert next_attempt(own, lead(), "busy", NOW).due_at == NOW + MINUTE
    assert next_attempt(own, lead(), "RPC", NOW).due_at == NOW + DAY
    assert next_attempt(own, lead(), "no_answer", NOW).due_at is None


def test_a_callback_is_due_at_its_time_and_never_in_the_past() -> None:
    assert next_attempt(campaign(), lead(), "CALLBACK", NOW, callback_at=NOW + 5).due_at == NOW + 5
    assert next_attempt(campaign(), lead(), "CALLBACK", NOW, callback_at=NOW - 5).due_at == NOW


@given(CODES, st.integers(0, 20), st.integers(1, 20))
def test_the_attempts_never_pass_their_most(code: str, attempts: int, attempts_max: int) -> None:
    saved = next_attempt(campaign(attempts_max=attempts_max), lead(attempts), code, NOW)
    assert saved.attempts - attempts in (0, 1)
    assert saved.due_at is None or saved.attempts < attempts_max


@given(CODES, st.integers(0, 20), st.integers(1, 20))
def test_a_time_that_was_asked_for_is_kept_whatever_the_attempts(code: str, attempts: int, attempts_max: int) -> None:
    saved = next_attempt(campaign(attempts_max=attempts_max), lead(attempts), code, NOW, callback_at=NOW + 5)
    assert saved.due_at == NOW + 5


@given(CODES, st.integers(0, 20))
def test_nothing_is_due_before_now(code: str, attempts: int) -> None:
    due_at = next_attempt(campaign(), lead(attempts), code, NOW).due_at
    assert due_at is None or due_at > NOW
