"""What the engine does with leads beyond dialling them: callbacks, caps of the campaign, scores, a changed list."""

from dialer.core.agents import AgentState
from dialer.core.callbacks import LOOK_EVERY_S
from dialer.core.ids import ANYBODY, AgentId, CampaignId, LeadId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    Alarm,
    CallbacksClaimed,
    CallDispositioned,
    CallQueued,
    CallRang,
    CallReserved,
    CampaignSet,
    CampaignStatusSet,
    ClaimCallbacks,
    ClaimLeads,
    LeadsClaimed,
    ListChanged,
    NumberDialled,
    PlaceCall,
    PreviewAccepted,
    ReleaseCall,
    ReserveCall,
    ReturnLeads,
    SaveLead,
    SavePhone,
    ScoreSet,
)
from dialer.core.model import CampaignStatus, DialFacts, Mode, Recycling
from dialer.core.packs.schema import Dial, Reached
from dialer.core.score import Model, Side
from dialer.core.selection import Cap, Scope, Selection
from tests.core.floor import CAMPAIGN, NOON, campaign, floor, hangup, lead, only, those

HOUR = 3600.0


def promise(number: int = 1, agent: int = 1) -> CallbacksClaimed:
    return CallbacksClaimed(CAMPAIGN, (lead(number, agent=AgentId(agent)),))


def test_the_callbacks_of_the_agents_at_work_are_asked_for_now_and_then() -> None:
    made = floor(agents=2)
    asked = those(made.tick(2 * LOOK_EVERY_S + 1), ClaimCallbacks)
    assert 2 <= len(asked) <= 3
    assert asked[-1].agents == (1, 2)
    assert not those(floor(agents=0).tick(60), ClaimCallbacks)


def test_an_agents_own_wish_brings_the_lead_onto_no_campaigns_list() -> None:
    made = floor(mode=Mode.MANUAL, recycling=(("no_answer", Recycling(60.0, campaign=CampaignId(3))),))
    wish = only(made.tell(NumberDialled(AgentId(1), CAMPAIGN, lead=LeadId(5))), ReserveCall)
    said = made.tell(CallReserved(wish.call, DialFacts(lead=lead(5, listed=False))))
    placed = only(said, PlaceCall)
    kept = only(made.tell(CallQueued(placed.call), CallRang(placed.call), hangup(placed.call)), SaveLead)
    assert (kept.due_at, kept.campaign) == (None, None)


def test_leads_that_come_after_the_campaign_went_over_to_manual_go_back() -> None:
    made = floor(agents=1)
    assert those(made.said, ClaimLeads)
    made.tell(CampaignSet(campaign(mode=Mode.MANUAL)))
    assert only(made.give_leads(3), ReturnLeads).leads == (1, 2, 3)
    assert made.work().leads_at_hand == 0


def test_a_due_callback_is_shown_to_its_agent_in_any_mode_and_dialled_on_accept() -> None:
    made = floor(agents=2, mode=Mode.PREDICTIVE)
    made.tell(promise(7, agent=2))
    shown = made.agent(2)
    assert (shown.state, shown.reason, shown.lead) == ("previewing", "callback", 7)
    assert made.agent(1).state == "ready"
    wish = only(made.tell(PreviewAccepted(AgentId(2))), ReserveCall)
    assert (wish.agent, wish.lead and wish.lead.id) == (2, 7)
    only(made.reserve(wish), PlaceCall)


def test_an_agent_on_a_break_is_waited_for_and_a_supervisor_is_told() -> None:
    made = floor()
    made.tell(AgentPaused(AgentId(1), "lunch"))
    alarm = only(made.tell(promise()), Alarm)
    assert (alarm.code, alarm.campaign) == ("callback_due", CAMPAIGN)
    assert made.agent(1).callbacks_due == 1
    made.tell(AgentReady(AgentId(1)))
    made.tick()
    assert (made.agent(1).state, made.agent(1).callbacks_due) == ("previewing", 0)


def test_a_callback_whose_agent_does_not_come_goes_back() -> None:
    made = floor(selection=Selection(callback_grace_s=60.0))
    made.tell(AgentPaused(AgentId(1), "lunch"))
    made.tell(promise(7))
    assert not those(made.tick(59), ReturnLeads)
    assert only(made.tick(2), ReturnLeads) == ReturnLeads((7,))  # type: ignore[arg-type]
    assert made.agent(1).callbacks_due == 0


def test_a_callback_for_nobody_here_goes_straight_back() -> None:
    made = floor()
    assert only(made.tell(promise(7, agent=99)), ReturnLeads).leads == (7,)


def test_a_promise_is_kept_with_the_lead() -> None:
    made = floor()
    call = made.talk()
    made.tell(CallDispositioned(AgentId(1), call, "CALLBACK", made.now + HOUR, "", True))
    saved = those(made.tell(hangup(call)), SaveLead)[-1]
    assert (saved.agent, saved.due_at is not None) == (1, True)
    assert made.agent(1).state != AgentState.WRAPPING


def test_a_callback_that_is_nobodys_own_is_anybodys() -> None:
    made = floor()
    call = made.talk()
    made.tell(CallDispositioned(AgentId(1), call, "CALLBACK", made.now + HOUR))
    assert those(made.tell(hangup(call)), SaveLead)[-1].agent == ANYBODY


def test_a_call_teaches_of_its_number() -> None:
    made = floor()
    call = made.place()
    saved = only(made.tell(hangup(call, cause=1)), SavePhone)
    assert (saved.quality, saved.calls, saved.answers) == ("suspect", 1, 0)


def test_the_campaigns_own_cap_holds_at_the_instant_of_dialling() -> None:
    made = floor(selection=Selection(caps=(Cap(Scope.ACCOUNT, 2, 7 * 24 * HOUR),)))
    wish = only(made.give_leads(1), ReserveCall)
    past = tuple(Dial(NOON - days * 24 * HOUR, NOON - days * 24 * HOUR, Reached.NOBODY) for days in (6, 3))
    released = only(made.reserve(wish, dials=past), ReleaseCall)
    assert (released.reason, released.retry_at) == ("campaign.account_cap", NOON + 24 * HOUR)
    assert dict(made.work().refused) == {"campaign.account_cap": 1}


SIDE = Side(-1.0, (("type:mobile", 1.5), ("hour:18", 3.0)))
MODEL = Model(SIDE, SIDE, 1000, 0.0, 1.0)


def test_what_was_learned_goes_with_each_lead_into_pacing() -> None:
    made = floor()
    made.tell(ScoreSet(CAMPAIGN, MODEL))
    wish = only(
        made.tell(LeadsClaimed(CAMPAIGN, (lead(1, phone_type="mobile"), lead(2, phone_type="fixed")))), ReserveCall
    )
    assert wish.lead is not None
    assert wish.lead.p_answer is not None
    assert 0.6 < wish.lead.p_answer < 0.65
    assert only(floor().give_leads(1), ReserveCall).lead == lead(1)  # without a model nothing is known


def test_a_lead_is_tried_again_at_its_best_hour_within_the_campaigns_own() -> None:
    made = floor(selection=Selection(best_hour=True))
    made.tell(ScoreSet(CAMPAIGN, MODEL))
    call = made.place()
    saved = only(made.tell(hangup(call, cause=19)), SaveLead)
    assert saved.due_at is not None
    local = (saved.due_at - 3 * HOUR) % 86_400 // HOUR  # Santiago in November
    assert (local, saved.due_at - made.now < 24 * HOUR + 3 * HOUR) == (18, True)


def test_a_changed_list_is_claimed_anew_at_once() -> None:
    made = floor()
    made.talk()
    made.give_leads(3)
    said = made.tell(ListChanged(CAMPAIGN))
    assert only(said, ReturnLeads).leads == (2, 3, 4)
    assert only(said, ClaimLeads).campaign == CAMPAIGN


def test_callbacks_at_hand_go_back_when_the_campaign_is_paused() -> None:
    made = floor()
    made.tell(AgentPaused(AgentId(1), "lunch"))
    made.tell(promise(7))
    said = made.tell(CampaignStatusSet(CAMPAIGN, CampaignStatus.PAUSED))
    assert only(said, ReturnLeads).leads == (7,)
