"""What the engine makes of the detector's verdict, and of the detector's errors."""

from dataclasses import replace

import pytest

from dialer.core.detection import (
    REST_MIN_MS,
    TUNINGS,
    Audit,
    Detection,
    OnMachine,
    Tuning,
    Verdict,
    is_sampled,
    screening_for,
)
from dialer.core.ids import CallId
from dialer.core.messages import (
    Alarm,
    AuditTold,
    CallAnswered,
    CallQueued,
    CallRang,
    CallScreened,
    CampaignSet,
    Connect,
    MessageBegun,
    PlaceCall,
    ReserveCall,
    SaveCall,
    SavePhone,
    SwitchSeen,
)
from dialer.core.model import ChannelRow
from dialer.core.outcomes import EndedBy, Outcome
from dialer.core.packs.schema import Dial
from dialer.core.quality import Quality
from pacing import Rule, Settings, WindowKind
from tests.core.floor import CAMPAIGN, Floor, campaign, floor, hangup, only, those

ON = Detection(on=True)


def screened_floor(detection: Detection = ON, *, agents: int = 1) -> Floor:
    return floor(agents=agents, detection=detection, wait_max_s=4.0)


def answered(made: Floor) -> CallId:
    call = made.place()
    assert those(made.tell(CallAnswered(call), after_s=6.0), Connect) == []  # the detector listens
    return call


def verdict(made: Floor, call: CallId, says: Verdict, reason: str = "") -> list[object]:
    return list(made.tell(CallScreened(call, says, reason, 1.4, 6.0), after_s=1.4))


def last_record(made: Floor, call: CallId) -> SaveCall:
    return [one for one in those(made.said, SaveCall) if one.record.id == call][-1]


@pytest.mark.parametrize("says", [Verdict.PERSON, Verdict.UNSURE])
def test_a_person_and_whoever_is_not_surely_a_machine_meets_an_agent_at_the_verdict(says: Verdict) -> None:
    made = screened_floor()
    call = answered(made)
    assert [one for one in verdict(made, call, says, "HUMAN") if isinstance(one, Connect)]
    record = last_record(made, call).record
    assert (record.verdict, record.verdict_reason, record.detection_s) == (says, "HUMAN", 1.4)


def test_the_time_of_detection_counts_in_the_limit() -> None:
    made = screened_floor(agents=2)
    made.give_leads(2)
    calls = [only(made.reserve(wish), PlaceCall).call for wish in those(made.said, ReserveCall)]
    for call in calls:
        made.tell(CallQueued(call), CallRang(call), CallAnswered(call))
    late = made.tell(CallScreened(calls[0], Verdict.PERSON, "HUMAN", 3.99, 6.0), after_s=3.99)
    assert those(late, Connect) == []  # the dialplan's message begins in this instant
    assert made.work().answered == 1


def test_a_machine_never_counts_as_a_person_who_answered() -> None:
    made = screened_floor()
    call = answered(made)
    verdict(made, call, Verdict.MACHINE, "LONGGREETING")
    made.tell(hangup(call, by=EndedBy.DIALPLAN))
    record = last_record(made, call).record
    assert (record.outcome, record.verdict) == (Outcome.MACHINE, Verdict.MACHINE)
    assert made.work().answered == 0
    assert made.work().abandoned == 0


@pytest.mark.parametrize("gets", [OnMachine.HANG_UP, OnMachine.AGENT])
def test_the_tones_of_a_fax_machine_take_the_number_out_and_are_no_error_of_the_detectors(gets: OnMachine) -> None:
    made = screened_floor(replace(ON, on_machine=gets))
    call = answered(made)
    verdict(made, call, Verdict.NOBODY, "TONES")
    said = made.tell(hangup(call, by=EndedBy.DIALPLAN))
    record = last_record(made, call).record
    assert (record.outcome, record.verdict) == (Outcome.MACHINE, Verdict.NOBODY)
    assert [one.quality for one in those(said, SavePhone)] == [Quality.SUSPECT]  # as after "no such number"
    assert made.work().answered == 0
    assert made.engine._state.screens[CAMPAIGN].machines == 0


def test_a_message_left_is_kept_with_its_time_and_the_call_is_a_machines() -> None:
    made = screened_floor(replace(ON, on_machine=OnMachine.MESSAGE, message="voicemail"))
    call = answered(made)
    verdict(made, call, Verdict.MACHINE)
    made.tell(MessageBegun(call, after_beep=True), after_s=9.0)
    made.tell(hangup(call, by=EndedBy.DIALPLAN), after_s=8.0)
    record = last_record(made, call).record
    assert record.outcome is Outcome.MACHINE
    assert (record.message_at, record.after_beep) == (made.now - 8.0, True)


def test_a_machine_may_go_to_an_agent_where_the_campaign_says_so() -> None:
    made = screened_floor(replace(ON, on_machine=OnMachine.AGENT))
    call = answered(made)
    assert [one for one in verdict(made, call, Verdict.MACHINE) if isinstance(one, Connect)]
    assert last_record(made, call).record.verdict is Verdict.MACHINE


def test_a_person_who_hangs_up_while_the_detector_listens_was_answered_and_not_abandoned() -> None:
    made = screened_floor()
    call = answered(made)
    made.tell(hangup(call, by=EndedBy.PERSON), after_s=1.0)
    assert last_record(made, call).record.outcome is Outcome.EARLY_HANGUP


def test_every_call_of_the_campaign_says_who_hears_what_the_network_sounds_before_the_answer() -> None:
    for detection in (Detection(early_media="tones"), replace(ON, early_media="tones")):
        made = screened_floor(detection)
        placed = only(made.reserve(only(made.give_leads(1), ReserveCall)), PlaceCall)
        assert (placed.early_media, placed.screening is None) == ("tones", not detection.on)


def test_a_verdict_that_never_came_is_read_from_the_place_on_the_switch() -> None:
    made = screened_floor()
    call = answered(made)
    made.now += 2.0
    made.tell(SwitchSeen((ChannelRow(call=call, place="drop", up=True),), made.now, reconnected=False))
    made.tell(hangup(call, by=EndedBy.DIALPLAN), after_s=1.0)
    assert last_record(made, call).record.outcome is Outcome.MACHINE


@pytest.mark.parametrize(("left", "gets"), [(0, OnMachine.MESSAGE), (1, OnMachine.HANG_UP)])
def test_no_more_messages_are_left_for_a_person_than_the_cap_allows(left: int, gets: OnMachine) -> None:
    made = screened_floor(replace(ON, on_machine=OnMachine.MESSAGE, message="voicemail", messages_7d_max=1))
    wish = only(made.give_leads(1), ReserveCall)
    dials = (Dial(made.now - 86_400.0 * 2, made.now - 86_400.0 * 2, message=True),) * left
    placed = only(made.reserve(wish, dials=dials), PlaceCall)
    assert placed.screening is not None
    assert placed.screening.on_machine is gets


def test_detection_whose_errors_eat_the_cap_switches_itself_off_with_an_alarm() -> None:
    made = screened_floor()
    said = made.tell(AuditTold(CAMPAIGN, heard=200, persons=40, machines=((made.now - 3600.0, 60),)))
    alarm = only(said, Alarm)
    assert alarm.code == "detection_off"
    assert "40 of 200 audited were people" in alarm.text
    assert made.work().detection_off == alarm.text.removeprefix("detection is off: ")
    wish = only(made.give_leads(1), ReserveCall)
    assert only(made.reserve(wish), PlaceCall).screening is None
    changed = replace(ON, late_from_s=20.0)
    made.tell(CampaignSet(campaign(detection=changed, wait_max_s=4.0)))  # another configuration, another chance
    assert made.work().detection_off == ""
    made.tell(hangup(wish.call))
    wish = only(made.give_leads(1), ReserveCall)
    assert only(made.reserve(wish), PlaceCall).screening is not None


@pytest.mark.parametrize(("window", "days_ago"), [(WindowKind.DAYS_30, 5.0), (WindowKind.DAY, 0.8)])
def test_errors_of_a_day_are_held_against_the_answers_of_that_day(window: WindowKind, days_ago: float) -> None:
    """A month of answers hides no bad day; and those of yesterday evening count for its machines after midnight."""
    made = screened_floor()
    made.tell(CampaignSet(campaign(detection=ON, wait_max_s=4.0, pacing=Settings(abandon_cap=0.03, window=window))))
    pacer = made.engine._state.campaigns[CAMPAIGN].pacer
    pacer.ledger.add(made.now - days_ago * 86_400.0, answered=5000)
    machines = ((made.now - 0.8 * 86_400.0, 60 if days_ago > 1 else 400),)
    said = made.tell(AuditTold(CAMPAIGN, heard=200, persons=40, machines=machines))
    codes = [one.code for one in those(said, Alarm)]
    assert codes == (["detection_off"] if days_ago > 1 else [])


def test_the_cap_that_errors_must_not_eat_is_the_strictest_that_holds() -> None:
    made = screened_floor()
    work = made.engine._state.campaigns[CAMPAIGN]
    work.pacer.ledger.add(made.now - 3600.0, answered=1000)
    work.pacer.change(made.now, replace(work.pacer.settings, abandon_cap=0.03, rules=(Rule(0.005),)))
    said = made.tell(AuditTold(CAMPAIGN, heard=200, persons=40, machines=((made.now - 3600.0, 60),)))
    assert "the cap is 0.5 %" in only(said, Alarm).text  # some 10 people of 1,010: within 3 %, beyond the law's 0.5 %


def test_estimated_errors_are_answers_and_abandons_of_the_ledger() -> None:
    made = screened_floor(replace(ON, assumed_error=0.02))
    made.tell(AuditTold(CAMPAIGN, 0, 0, machines=((made.now - 3600.0, 149),)))
    pacer = made.engine._state.campaigns[CAMPAIGN].pacer
    assert (pacer.ledger.answered, pacer.ledger.abandoned) == (2, 2)  # 0.02 * 149 = 2.98
    made.tell(AuditTold(CAMPAIGN, 950, 0))
    assert (pacer.ledger.answered, pacer.ledger.abandoned) == (2, 2)  # what was told is not told again


def test_the_estimate_moves_from_the_assumed_share_to_what_was_heard() -> None:
    assert Audit().error(0.02) == pytest.approx(0.02)
    assert Audit(1000, 5).error(0.02) == pytest.approx(0.0057, abs=1e-4)
    low, high = Audit(1000, 5).interval
    assert (round(low, 4), round(high, 4)) == (0.0016, 0.0116)
    assert Audit().interval == (0.0, 1.0)


def test_the_sample_has_the_size_asked_for_and_is_the_same_each_time() -> None:
    sample = [call for call in range(1, 20_001) if is_sampled(call, 0.05)]
    assert 900 < len(sample) < 1100
    assert sample == [call for call in range(1, 20_001) if is_sampled(call, 0.05)]


def test_listening_leaves_an_agent_time_within_the_limit() -> None:
    screening = screening_for(ON, "MX", 3.0, now=0.0, messages=0, audit="")
    assert int(screening.early.split(",")[3]) == 3000 - REST_MIN_MS
    early, late = (int(text.split(",")[1]) for text in (screening.early, screening.late))
    assert late < TUNINGS["es"].greeting_ms < early  # age at the answer is evidence


def test_settings_that_cannot_work_are_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="wait_max_s is 2: with detection on it must be 3"):
        campaign(detection=ON)
    with pytest.raises(ValueError, match="message names no sound"):
        Detection(on=True, on_machine=OnMachine.MESSAGE)
    with pytest.raises(ValueError, match="greeting_ms is 5: must be 300 to 10000"):
        Tuning(greeting_ms=5)
    with pytest.raises(ValueError, match="language is 'fr'"):
        Detection(language="fr")


@pytest.mark.parametrize("first", [Verdict.PERSON, Verdict.UNSURE, Verdict.MACHINE])
@pytest.mark.parametrize("late", [Verdict.PERSON, Verdict.UNSURE, Verdict.MACHINE, Verdict.NOBODY])
def test_the_first_verdict_stands_whatever_a_late_one_says(first: Verdict, late: Verdict) -> None:
    made = screened_floor()
    call = only(made.reserve(only(made.give_leads(1), ReserveCall)), PlaceCall).call
    made.tell(CallQueued(call), CallRang(call), CallAnswered(call))
    made.tell(CallScreened(call, first, "first", 1.5, 20.0))
    state = made.engine.view(made.now).last_calls[0].state
    said = made.tell(CallScreened(call, late, "late", 3.5, 22.0))
    assert those(said, Connect) == []
    assert made.engine.view(made.now).last_calls[0].state == state
    made.tell(hangup(call))
    kept = [one.record for one in those(made.said, SaveCall) if one.record.id == call][-1]
    assert (kept.verdict, kept.verdict_reason, kept.detection_s) == (first, "first", 1.5)
    assert dict(made.engine.view(made.now).ignored)["CallScreened"] == 1
