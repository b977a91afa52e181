"""Answering machine detection at work: what the verdict makes of a call, and what its errors make of the campaign."""

from collections import deque
from dataclasses import dataclass, field

from dialer.core.calls import TRANSITIONS, Call, CallState, FoundMachine, FoundPerson, ScreeningBegun
from dialer.core.campaigns import Work
from dialer.core.connecting import answered, person_waits
from dialer.core.detection import (
    WEEK_S,
    WINDOW_S,
    Audit,
    OnMachine,
    Screening,
    Verdict,
    eats_cap,
    is_sampled,
    screening_for,
)
from dialer.core.messages import Alarm, AuditTold, CallAnswered, CallScreened, MessageBegun
from dialer.core.model import Campaign, ChannelRow, DialFacts
from dialer.core.state import State
from dialer.core.trunks import Sign
from pacing import WindowKind

HOUR_S = 3600.0
NOT_AUDITED = Audit()
MACHINE_PLACES = frozenset({"machine", "beep", "drop"})


@dataclass(slots=True)
class Hour:
    """Machines hung up on in the hour from `since` on, and the people among them that the ledger was told of."""

    since: float
    machines: int = 0
    charged: int = 0


@dataclass(slots=True)
class Screen:
    """How a campaign's detection fares."""

    audit: Audit = NOT_AUDITED
    hours: deque[Hour] = field(default_factory=deque)
    off: str = ""  # why it switched itself off; empty while it did not

    @property
    def machines(self) -> int:
        """Hung up on in the last day."""
        return sum(hour.machines for hour in self.hours)

    def roll(self, now: float) -> None:
        """Forget what is older than a day."""
        while self.hours and self.hours[0].since + HOUR_S <= now - WINDOW_S:
            self.hours.popleft()

    def hour(self, now: float) -> Hour:
        """The hour of `now`."""
        since = now // HOUR_S * HOUR_S
        if not self.hours or self.hours[-1].since < since:
            self.hours.append(Hour(since))
        return self.hours[-1]


# ---------------------------------------------------------------- before the answer


def screening_of(state: State, work: Work, call: Call, facts: DialFacts) -> Screening | None:
    """How the call is to be screened; None where it is not."""
    detection = work.campaign.detection
    if not detection.on or not call.paced or screen_of(state, work).off:
        return None
    assert call.lead is not None
    since = state.now - WEEK_S
    messages = sum(dial.message and dial.person and dial.at >= since for dial in facts.dials)
    sampled = is_sampled(call.id, detection.audit_share)
    return screening_for(
        detection,
        call.lead.country,
        work.campaign.wait_max_s,
        now=state.now,
        messages=messages,
        audit=f"audit/{call.id}" if sampled else "",
    )


def screen_of(state: State, work: Work) -> Screen:
    """The campaign's detection as it fares."""
    return state.screens.setdefault(work.campaign.id, Screen())


def configured_anew(state: State, before: Campaign, after: Campaign) -> None:
    """Another configuration of detection is another chance for it."""
    screen = state.screens.get(after.id)
    if screen is not None and before.detection != after.detection:
        screen.off = ""


# ---------------------------------------------------------------- the answer and the verdict


def call_answered(state: State, event: CallAnswered) -> None:
    """The call was answered: by a person, as far as anybody knows, where no detector listens."""
    call = state.calls.get(event.call)
    if call is not None and call.screening is not None and call.verdict is None:
        _listen(state, call, event)
    else:
        answered(state, event)


def _listen(state: State, call: Call, event: CallAnswered) -> None:
    """Somebody or something answered; the detector listens."""
    if state.advance(call, ScreeningBegun(event.call)):
        if (trunk := state.trunks.get(call.trunk)) is not None:
            trunk.told(state.now, call.id, Sign.ANSWER)
        state.save(call)


def told(state: State, event: CallScreened) -> None:
    """The detector's word. The first one stands: what was done by it is not undone by a later one."""
    call = state.calls.get(event.call)
    if call is not None and call.verdict is not None:
        state.ignore(event)
        return
    screened(state, event)


def screened(state: State, event: CallScreened) -> None:
    """The verdict: a person waits for an agent from now on, within what is left of the limit."""
    call = state.call_of(event)
    if call is None:
        return
    if call.answered_at is None and ScreeningBegun in TRANSITIONS[call.state]:
        _listen(state, call, CallAnswered(call.id))
    call.detection_s, call.verdict_reason = event.took_s, event.reason
    gets = call.screening.on_machine if call.screening is not None else call.campaign.detection.on_machine
    if event.verdict is Verdict.NOBODY or (event.verdict is Verdict.MACHINE and gets is not OnMachine.AGENT):
        _machine(state, call, event)
    else:
        _person(state, call, event)


def _person(state: State, call: Call, event: CallScreened) -> None:
    call.verdict = event.verdict
    if call.state is not CallState.SCREENING:
        state.save(call)
        return
    state.advance(call, FoundPerson(call.id))
    person_waits(state, call)


def _machine(state: State, call: Call, event: CallScreened) -> None:
    call.verdict = event.verdict
    if not state.advance(call, FoundMachine(call.id)):
        return
    work = state.campaigns[call.campaign.id]
    work.waiting.pop(call.id, None)
    if call.paced:
        work.pacer.call_ended(state.now, call.id, "machine")
        call.told_machine = True
    state.save(call)
    if event.verdict is Verdict.MACHINE:  # nobody whistles like a fax machine: no error of the detector's to be feared
        screen_of(state, work).hour(state.now).machines += 1
        look(state, work)


def message_begun(state: State, event: MessageBegun) -> None:
    """What is left on the machine counts from its first word."""
    call = state.call_of(event)
    if call is not None and call.state is CallState.MACHINE:
        call.message_at = call.message_at or state.now
        call.after_beep = event.after_beep
        state.save(call)


def agree(state: State, call: Call, row: ChannelRow) -> bool:
    """Hold the call against its place on the switch; whether that says all there is to say."""
    if row.place in MACHINE_PLACES and FoundMachine in TRANSITIONS[call.state]:
        if call.state is not CallState.MACHINE:
            screened(state, CallScreened(call.id, Verdict.MACHINE, "seen there", 0.0, 0.0))
        return True
    if call.state is CallState.SCREENING and row.place == "park":
        screened(state, CallScreened(call.id, Verdict.UNSURE, "seen there", 0.0, 0.0))
        return True
    if row.place == "screen" and ScreeningBegun in TRANSITIONS[call.state]:
        _listen(state, call, CallAnswered(call.id))
        return True
    return row.place in {"screen", *MACHINE_PLACES} and call.state in {CallState.SCREENING, CallState.MACHINE}


# ---------------------------------------------------------------- what the errors cost


def audit_told(state: State, event: AuditTold) -> None:
    """What audits showed; a new engine takes over the machines of the last day."""
    work = state.campaigns.get(event.campaign)
    if work is None:
        state.ignore(event)
        return
    screen = screen_of(state, work)
    screen.audit = Audit(event.heard, event.persons)
    if not screen.hours:
        screen.hours.extend(Hour(since, machines) for since, machines in event.machines)
    look(state, work)


def look(state: State, work: Work) -> None:
    """Tell the ledger of the people whom detection cut off, as estimated, and end it where they eat the cap."""
    screen, detection = screen_of(state, work), work.campaign.detection
    screen.roll(state.now)
    errors = screen.audit.error(detection.assumed_error) * screen.machines
    more = int(errors - sum(hour.charged for hour in screen.hours))
    if more > 0:
        screen.hour(state.now).charged += more
        work.pacer.ledger.add_detection_errors(state.now, more)
    cap = work.abandon_cap
    work.pacer.ledger.roll(state.now)
    answered_all = max(float(work.pacer.ledger.answered_in(WindowKind.HOURS_24)), errors)  # as the machines are counted
    if detection.on and not screen.off and eats_cap(errors, answered_all, cap):
        heard, persons = screen.audit.heard, screen.audit.persons
        share = (
            f"{100 * errors / answered_all:.1f} % of {answered_all:.0f} people who answered; the cap is {100 * cap:g} %"
        )
        basis = f"{persons} of {heard} audited were people" if heard else "nothing audited yet"
        screen.off = f"{errors:.1f} people taken for machines ({basis}): {share}"
        state.say(Alarm("detection_off", f"detection is off: {screen.off}", work.campaign.id))
