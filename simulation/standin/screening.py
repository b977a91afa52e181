"""Answering machine detection on the stand-in: who a far end is, is known; the verdict takes as long as it would.

It follows `screen` of the dialplan that `asterisk_config` renders, with a detector that is never wrong.
"""

from functools import partial

from simulation.standin.calls import Calls
from simulation.standin.channels import Channel, Nature
from simulation.standin.steps import CUSTOMERS, Place, Steps

# The detector's word, its reason, and the seconds it takes.
VERDICTS = {
    Nature.PERSON: ("HUMAN", "HUMAN-500-500", 2.2),
    Nature.MACHINE: ("MACHINE", "MAXWORDS-4-4", 3.0),
    Nature.TONES: ("NOBODY", "TONES", 1.2),
}
BEEP_S = 4.0  # from the verdict to the moment behind the beep


class Screening:
    """The places of calls that are screened. `park` and `abandon` are those of people."""

    def __init__(self, calls: Calls, steps: Steps, park: Place, abandon: Place) -> None:
        self._calls = calls
        self._steps = steps
        self._park = park
        self._abandon = abandon
        self._timing = calls.world.timing

    def places(self) -> dict[tuple[str, str], Place]:
        """Each by context and extension."""
        return {(CUSTOMERS, "screen"): self._screen}

    def _screen(self, channel: Channel) -> None:
        self._steps.enter(channel, "screen")
        if audit := channel.variables.get("DIALER_AUDIT"):
            self._calls.tape.start(channel, audit, "")
        limit_s = float(channel.variables.get("DIALER_WAIT") or self._timing.park_s)
        took_s = VERDICTS[channel.nature][2]
        then = partial(self._screened, channel, limit_s) if took_s < limit_s else partial(self._abandon, channel)
        self._steps.play(channel, min(took_s, limit_s), then)

    def _screened(self, channel: Channel, limit_s: float) -> None:
        verdict, reason, took_s = VERDICTS[channel.nature]
        age_ms = round((self._calls.world.now() - channel.since - took_s) * 1000)
        took_ms = str(round(took_s * 1000))
        told = {"Verdict": verdict, "Reason": reason, "TookMs": took_ms, "AgeMs": str(max(0, age_ms))}
        self._calls.user_event(channel, "DialerVerdict", *told.items())
        gets = channel.variables.get("DIALER_MACHINE", "")
        if verdict == "NOBODY" or (verdict == "MACHINE" and gets != "agent"):
            self._machine(channel, leaves=verdict == "MACHINE" and gets == "message")
            return
        self._calls.stop_recording(channel)
        channel.variables["DIALER_WAIT"] = str(max(1, int(limit_s - took_s)))
        self._park(channel)

    def _machine(self, channel: Channel, *, leaves: bool) -> None:
        self._steps.enter(channel, "machine")
        if not leaves or not channel.variables.get("DIALER_VOICEMAIL"):
            self._steps.bye(channel)
            return
        self._steps.enter(channel, "beep")
        self._steps.play(channel, BEEP_S, partial(self._drop, channel))

    def _drop(self, channel: Channel) -> None:
        self._steps.enter(channel, "drop")
        self._calls.user_event(channel, "DialerMessage", ("Heard", "BEEP"))
        self._steps.play(channel, self._timing.message_s, partial(self._steps.bye, channel))
