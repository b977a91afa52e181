"""What people said, in the verdict and in the engine: stops, consent, channels, hours, receipts."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialer.core.ids import AgentId
from dialer.core.lawful import NO_LAW, lawful, stretches, unread
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    CallbacksClaimed,
    CallDispositioned,
    CallReserved,
    LeadsChanged,
    LeadsClaimed,
    NumberDialled,
    PlaceCall,
    ReleaseCall,
    ReserveCall,
    Restored,
    RestPhone,
    Restrict,
    ReturnLeads,
    RulesSet,
    SaveReceipt,
)
from dialer.core.model import CallRecord, DialFacts, Mode
from dialer.core.packs.lawbook import Lawbook
from dialer.core.packs.schema import (
    STOPS,
    ConsentDemand,
    Hours,
    Kept,
    Region,
    Rule,
    Rulebook,
    Stop,
)
from dialer.core.receipts import FOUND, RESTART
from dialer.core.rules import Allowed, Forbidden
from tests.core.floor import CAMPAIGN, NOON, campaign, floor, hangup, lead, only, those
from tests.core.test_calling_rules import rule

DAY = 86_400.0


def verdict(now: float = NOON, *rules: Rule, **facts: object) -> Allowed | Forbidden:
    given = DialFacts(lead=lead(1), **facts)  # type: ignore[arg-type]
    return lawful(given, campaign(), Lawbook(Rulebook(rules)), now)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Santiago")).timestamp()


@pytest.mark.parametrize("kind", sorted(STOPS))
def test_every_stop_stops_without_any_law_until_it_ends(kind: Kept) -> None:
    found = verdict(stops=(Stop(kind),))
    assert isinstance(found, Forbidden)
    assert (found.rule, found.until) == (f"stop.{kind}", None)
    found = verdict(stops=(Stop(kind, NOON + 60), Stop(Kept.PAYMENT, NOON + 90)))
    assert isinstance(found, Forbidden)
    assert found.until == NOON + 90
    assert isinstance(verdict(NOON + 90, stops=(Stop(kind, NOON + 60), Stop(Kept.PAYMENT, NOON + 90))), Allowed)


def test_what_the_person_chose_holds_without_any_law() -> None:
    assert verdict(channels=("whatsapp", "email")) == Forbidden(
        "channel", "the person chose whatsapp, email, not calls", None
    )
    assert isinstance(verdict(channels=("whatsapp", "voice")), Allowed)
    found = verdict(consent=False)
    assert isinstance(found, Forbidden)
    assert found.rule == "no_consent"
    assert isinstance(verdict(consent=None), Allowed)


@pytest.mark.parametrize(
    ("consent", "age_days", "rule_"),
    [(True, 9.99, None), (True, 10.0, "cl.test@1.consent"), (None, 0.0, "cl.test@1.consent")],
)
def test_a_rule_that_asks_for_consent(consent: bool | None, age_days: float, rule_: str | None) -> None:
    demand = rule(consent=ConsentDemand(days=10))
    found = verdict(NOON, demand, consent=consent, consent_at=NOON - age_days * DAY)
    assert (found.rule if isinstance(found, Forbidden) else None) == rule_
    assert isinstance(lawful(unread(lead(1), NOON), campaign(), Lawbook(Rulebook((demand,))), NOON), Allowed)


def test_a_rule_against_third_parties() -> None:
    closed = rule(third_parties_closed=True)
    found = verdict(NOON, closed, third_party=True)
    assert isinstance(found, Forbidden)
    assert (found.rule, found.until, found.of_number) == ("cl.test@1.third_party", None, True)
    assert isinstance(verdict(NOON, third_party=True), Allowed)


@pytest.mark.parametrize(
    ("loaded", "says"),
    [
        ((("cl.register", NOON - 29 * DAY),), None),
        ((("cl.register", NOON - 30 * DAY),), "more than 30 days ago"),
        ((("another", NOON),), "cl.register is not loaded"),
        ((), "cl.register is not loaded"),
        (None, None),  # not asked yet: the reservation asks
    ],
)
def test_a_rule_that_asks_for_a_list_forbids_where_it_is_not_loaded(
    loaded: tuple[tuple[str, float], ...] | None, says: str | None
) -> None:
    found = verdict(NOON, rule(lists=("cl.register",), lists_days=30), lists=loaded)
    assert isinstance(found, Allowed) == (says is None)
    if isinstance(found, Forbidden):
        assert (found.rule, found.until, found.of_number, found.mends) == ("cl.test@1.lists", None, False, True)
        assert says is not None
        assert says in found.reason


def test_hours_told_to_be_inconvenient_are_passed_over_and_shown() -> None:
    told = (Hours((0, 1, 2, 3, 4), 8 * 60, 12 * 60), Hours((1,), 12 * 60, 13 * 60))
    tuesday = at("2026-11-24T09:00")
    found = verdict(tuesday, inconvenient=told)
    assert isinstance(found, Forbidden)
    assert (found.rule, found.until) == ("inconvenient_time", at("2026-11-24T13:00"))
    assert isinstance(verdict(at("2026-11-24T13:00"), inconvenient=told), Allowed)
    facts = DialFacts(lead=lead(1), inconvenient=told)
    week = stretches(facts, campaign(), NO_LAW, since=at("2026-11-24T00:00"), until=at("2026-11-25T00:00"))
    assert [(one.since, one.shut.rule if one.shut else "") for one in week] == [
        (at("2026-11-24T00:00"), "default.hours"),
        (at("2026-11-24T13:00"), ""),
        (at("2026-11-24T20:00"), "default.hours"),
    ]


def test_hours_that_leave_nothing_leave_nothing() -> None:
    found = verdict(inconvenient=(Hours(tuple(range(7)), 0, 1440),))
    assert isinstance(found, Forbidden)
    assert found.until is None


def test_a_region_counts_by_number_by_code_and_by_name() -> None:
    book = Lawbook(
        Rulebook(
            (rule(id="sp", country="BR", region="BR-SP", hours=(Hours((0,), 0, 1),)),),
            regions=(Region("BR-SP", ("+5511",), ("São Paulo",)),),
        )
    )
    elsewhere = lead(1, country="BR", number="+552199999999")
    for facts, counts in (
        (DialFacts(lead=elsewhere, residence="BR", region="SAO PAULO"), True),
        (DialFacts(lead=elsewhere, residence="BR", region="sp"), True),
        (DialFacts(lead=elsewhere, residence="BR", region="RJ"), False),
        (DialFacts(lead=elsewhere, residence="CL", region="SP"), False),
        (DialFacts(lead=replace(elsewhere, number="+551199999999"), residence="BR"), True),
    ):
        assert bool(book.rules_for(facts, campaign().purpose)) == counts


# ---------------------------------------------------------------- in the engine


def test_each_verdict_at_the_instant_of_dialling_leaves_a_receipt() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    said = made.reserve(wish, dials_of_person_24h=2, consent=True, consent_at=NOON - DAY)
    receipt = only(said, SaveReceipt).receipt
    assert (receipt.call, receipt.allowed, receipt.rule, receipt.at) == (wish.call, True, "default", made.now)
    assert "2 of 5 dials (person, 24 h)" in receipt.why
    assert "in America/Santiago" in receipt.why
    assert "agreed" in receipt.why
    assert said.index(only(said, SaveReceipt)) < said.index(only(said, PlaceCall))
    assert not any(part in receipt.why for part in (receipt.number, str(receipt.number)[1:]))


def test_a_refusal_leaves_a_receipt_and_no_call() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    said = made.reserve(wish, stops=(Stop(Kept.LAWSUIT),))
    receipt = only(said, SaveReceipt).receipt
    assert (receipt.allowed, receipt.rule, receipt.why) == (False, "stop.lawsuit", "the matter is before a court")
    assert those(said, PlaceCall) == []
    assert only(said, ReleaseCall).retry_at == made.now + DAY


def test_a_forbidden_number_rests_and_the_lead_comes_again_with_another() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    said = made.reserve(wish, do_not_call=("house",))
    assert wish.lead is not None
    assert only(said, RestPhone) == RestPhone(wish.lead.phone, made.now + DAY)
    assert only(said, ReleaseCall).retry_at == made.now + 60


def test_a_reservation_found_at_a_restart_leaves_a_receipt_of_that() -> None:
    made = floor()
    found = CallRecord(
        id=only(made.give_leads(1), ReserveCall).call, campaign=CAMPAIGN, client=campaign().client,
        mode=Mode.PREDICTIVE, lead=lead(1).id, person=lead(1).person, phone=lead(1).phone, number=lead(1).number,
        trunk="", caller_id="", reserved_at=NOON,
    )  # fmt: skip
    again = floor()
    receipt = only(again.tell(Restored((found,), (), found.id, 1)), SaveReceipt).receipt
    assert (receipt.call, receipt.rule, receipt.why) == (found.id, RESTART, FOUND)
    kept = replace(found, rule="default")
    assert those(floor().tell(Restored((kept,), (), kept.id, 1)), SaveReceipt) == []


@pytest.mark.parametrize(
    ("code", "kind", "account"),
    [("DECEASED", Kept.DECEASED, False), ("DISPUTE", Kept.DISPUTE, True), ("CEASE", Kept.CEASE_REQUEST, False)],
)
def test_what_an_agent_says_of_a_call_is_kept_of_the_person(code: str, kind: Kept, *, account: bool) -> None:
    made = floor()
    call = made.talk()
    made.tell(CallDispositioned(made.agent(1).id, call, code))
    said = made.tell(hangup(call), after_s=5.0)
    kept = only(said, Restrict)
    assert (kept.kind, kept.account, kept.number, kept.call) == (kind, account, None, call)


def test_leads_at_hand_that_are_stopped_go_back_and_are_not_dialled() -> None:
    made = floor(agents=0)
    made.tell(LeadsClaimed(CAMPAIGN, (lead(1), lead(2), lead(3))))
    assert only(made.tell(LeadsChanged((lead(2).id,), stopped=True)), ReturnLeads) == ReturnLeads((lead(2).id,))
    assert made.work().leads_at_hand == 2


def test_a_stop_that_comes_while_the_reservation_is_asked_for_is_kept_at_the_instant_of_dialling() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    assert wish.lead is not None
    made.tell(LeadsChanged((wish.lead.id,), stopped=True))
    said = made.reserve(wish)  # read before the stop was kept, and held up since: an outside check takes its time
    assert not those(said, PlaceCall)
    assert only(said, ReleaseCall).call == wish.call
    assert not only(said, SaveReceipt).receipt.allowed


def test_a_stop_holds_for_a_number_that_an_agent_typed_too() -> None:
    made = floor()
    made.tell(AgentPaused(AgentId(1), "calls back"))
    wish = only(made.tell(NumberDialled(AgentId(1), CAMPAIGN, "+56911111111")), ReserveCall)
    made.tell(LeadsChanged((lead(900_000 + wish.call).id,), stopped=True))
    assert not those(made.reserve(wish), PlaceCall)


def test_a_stop_of_another_lead_lets_the_call_be_placed() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    made.tell(LeadsChanged((lead(77).id,), stopped=True))
    only(made.reserve(wish), PlaceCall)


def test_a_due_callback_of_a_stopped_lead_goes_back() -> None:
    made = floor(agents=1)
    made.tell(AgentPaused(AgentId(1), "lunch"))
    made.tell(CallbacksClaimed(CAMPAIGN, (lead(7, agent=AgentId(1)),)))
    assert ReturnLeads((lead(7).id,)) in made.tell(LeadsChanged((lead(7).id,), stopped=True))
    made.tell(AgentReady(AgentId(1)))
    assert made.agent(1).state == "ready"


def test_a_preview_of_a_stopped_lead_is_taken_away() -> None:
    made = floor(mode=Mode.PREVIEW)
    made.give_leads(1)
    shown = made.agent(1).preview
    assert shown is not None
    said = made.tell(LeadsChanged((shown.id,), stopped=True))
    assert ReturnLeads((shown.id,)) in said
    assert made.agent(1).preview is None


def test_news_of_the_lead_in_talk_are_told_to_its_agent_alone() -> None:
    made = floor()
    made.talk()
    before = made.agent(1)
    assert before.lead is not None
    made.engine.take_changed()
    made.tell(LeadsChanged((lead(999).id,)))
    assert made.agent(1).lead_news == before.lead_news
    made.tell(LeadsChanged((before.lead,), stopped=True))
    assert made.agent(1).lead_news == before.lead_news + 1
    assert before.id in made.engine.take_changed()
    assert made.agent(1).call == before.call


def test_rules_of_consent_do_not_hold_back_leads_that_nobody_has_read() -> None:
    made = floor()
    made.tell(RulesSet(Rulebook((rule(consent=ConsentDemand()),))))
    wish = only(made.give_leads(1), ReserveCall)
    assert isinstance(wish, ReserveCall)
    said = made.tell(CallReserved(wish.call, DialFacts(lead=wish.lead or lead(1))))
    assert only(said, SaveReceipt).receipt.rule == "cl.test@1.consent"
