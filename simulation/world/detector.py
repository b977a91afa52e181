"""The detector in the dialplan: it listens to whoever answered, and what it says decides where they go next."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping

from dialer.core.detection import Audit, OnMachine, Screening, Verdict
from dialer.core.ids import CampaignId
from dialer.core.messages import CallScreened, Event, MessageBegun
from dialer.core.outcomes import EndedBy, Ending
from simulation.world.bridges import SimCall
from simulation.world.detection import Detection
from simulation.world.people import Kind

BY_DIALPLAN = Ending(cause=16, by=EndedBy.DIALPLAN)


class Detector:
    """All campaigns' detection on one switch, which lends it its ways to move calls."""

    def __init__(
        self,
        detections: Mapping[CampaignId, Detection],
        draw: random.Random,
        *,
        enter: Callable[[SimCall, str], None],
        later: Callable[[SimCall, float, Callable[[], None]], None],
        wait: Callable[[SimCall, float], None],
        bear: Callable[[SimCall], None],
        end: Callable[[SimCall, Ending], None],
        tell: Callable[[Event], None],
    ) -> None:
        """`wait` lets a call wait for an agent for so many seconds; `bear` lets a person lose patience."""
        self._detections = detections
        self._draw = draw
        self._enter, self._later, self._wait = enter, later, wait
        self._bear, self._end, self._tell = bear, end, tell
        # What the recordings of machines kept so far show to those who listen.
        self.audits: defaultdict[CampaignId, Audit] = defaultdict(Audit)

    def listen(self, call: SimCall, screening: Screening) -> None:
        """Somebody or something answered."""
        self._enter(call, "screen")
        how = self._detections[call.order.campaign]
        took_s, verdict = how.verdict(call.fate.kind, screening, self._draw)
        self._later(call, took_s, lambda: self._judged(call, screening, took_s, verdict))
        self._bear(call)

    def _judged(self, call: SimCall, screening: Screening, took_s: float, verdict: Verdict) -> None:
        call.verdict = verdict
        if verdict is not Verdict.MACHINE or screening.on_machine is OnMachine.AGENT:
            self._wait(call, max(1.0, float(int(call.order.wait_max_s - took_s))))  # the dialplan's whole seconds
        else:
            call.cut_off = call.fate.kind is Kind.PERSON
            if screening.audit:
                known = self.audits[call.order.campaign]
                self.audits[call.order.campaign] = Audit(known.heard + 1, known.persons + call.cut_off)
            self._enter(call, "machine")
            self._after_machine(call, screening)
        self._tell(CallScreened(call.id, verdict, "", took_s, call.fate.over_at_s))

    def _after_machine(self, call: SimCall, screening: Screening) -> None:
        """Hung up on at once, or told something once its beep is over; where none comes, the dialplan gives up."""
        if screening.on_machine is not OnMachine.MESSAGE:
            self._later(call, 0.0, lambda: self._end(call, BY_DIALPLAN))
            return
        how = self._detections[call.order.campaign]
        beep_s = self._draw.expovariate(1 / how.beep_s)
        if call.fate.kind is not Kind.PERSON and beep_s < screening.beep_wait_max_s:
            self._later(call, beep_s, lambda: self._leave_message(call, how.message_s))
        else:
            self._later(call, screening.beep_wait_max_s, lambda: self._end(call, BY_DIALPLAN))
            self._bear(call)

    def _leave_message(self, call: SimCall, lasts_s: float) -> None:
        self._enter(call, "drop")
        self._later(call, lasts_s, lambda: self._end(call, BY_DIALPLAN))
        self._tell(MessageBegun(call.id))
