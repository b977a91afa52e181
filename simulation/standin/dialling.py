"""Outgoing legs: what the far end does until it answers, refuses or is given up. It knows no dialplan.

Whoever placed the leg learns the end by callbacks; the channel's own events are told here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from simulation.standin.calls import NORMAL, Calls
from simulation.standin.channels import Channel, State
from simulation.standin.people import REFUSALS, FarEnd
from simulation.standin.wire import Fields
from simulation.standin.world import Timer

NO_ANSWER = 19
TIMED_OUT = 3  # OriginateResponse's Reason


class Placer(Protocol):
    """Who placed the leg. It is told of an answer or of a failure, once."""

    def answered(self) -> None:
        """Say so to whoever asked for the leg."""

    def start(self) -> None:
        """Let the answered channel run."""

    def failed(self, reason: int, status: str) -> None: ...

    def fields(self) -> Fields:
        """The calling channel in Dial events, if there is one."""


@dataclass(slots=True, eq=False)
class Leg:
    """One leg on its way out. It starts to dial when it is made."""

    calls: Calls
    channel: Channel
    far: FarEnd
    placer: Placer
    dialled: str
    timeout: Timer | None = None

    def start(self, timeout_s: float) -> None:
        self.calls.world.emit("DialBegin", [*self._dial_fields(), ("DialString", self.dialled)])
        self.channel.cancel = self._cancelled
        self.timeout = self.calls.world.after(timeout_s, self._timed_out)
        self._next(0.0, self._first_sign)

    def _first_sign(self) -> None:
        """180 or 183, if any comes before the answer."""
        if self.far.rings:
            self.calls.world.shuffle(
                partial(self.calls.set_state, self.channel, State.RINGING), partial(self._dial_state, "RINGING")
            )
        if self.far.progress:
            self._dial_state("PROGRESS")
        if not self.far.silent:
            self._next(self.far.after_s, self._answered if self.far.refusal is None else self._refused)

    def _answered(self) -> None:
        self._over()
        channel = self.channel
        if self.far.talk_s is not None:
            bye = partial(self.calls.far_end_hangs_up, channel, NORMAL)
            channel.far = self.calls.world.after(self.far.talk_s, bye)
        channel.keys.extend(self.far.keys)
        channel.nature = self.far.nature
        channel.state = State.UP
        self.calls.world.shuffle(self._up, self.placer.answered)

    def _up(self) -> None:
        self.calls.tell("Newstate", self.channel)
        self.calls.world.shuffle(partial(self._dial_end, "ANSWER"), self.placer.start)

    def _refused(self) -> None:
        sip = self.far.refusal or 0
        refusal = REFUSALS[sip]
        cause = refusal.cause_on(self.calls.world.version)

        def refuse() -> None:
            self.calls.tell("HangupRequest", self.channel, self.calls.causes(cause, sip))
            self._dial_end(refusal.status)
            self.calls.hang_up(self.channel, cause, sip)

        self._fail(refuse, reason=0, status=refusal.status)

    def _timed_out(self) -> None:
        cause, sip = (0, None) if self.calls.world.version == 16 else (NO_ANSWER, 480)
        self._fail(partial(self.calls.hang_up, self.channel, cause, sip), reason=TIMED_OUT, status="NOANSWER")

    def _cancelled(self, cause: int) -> None:
        def cancel() -> None:
            self._dial_end("NOANSWER")
            self.calls.hang_up(self.channel, cause)

        self._fail(cancel, reason=0, status="NOANSWER")

    def _fail(self, end: Callable[[], None], *, reason: int, status: str) -> None:
        self._over()
        self.calls.world.shuffle(end, partial(self.placer.failed, reason, status))

    def _over(self) -> None:
        self.channel.cancel = None
        if self.timeout is not None:
            self.timeout.cancel()
        if self.channel.far is not None:
            self.channel.far.cancel()

    def _next(self, delay_s: float, deed: Callable[[], None]) -> None:
        self.channel.far = self.calls.world.after(delay_s, deed) if delay_s else self.calls.world.soon(deed)

    def _dial_fields(self) -> list[tuple[str, str]]:
        return [*self.placer.fields(), *self.calls.sheet.channel(self.channel, "Dest")]

    def _dial_state(self, status: str) -> None:
        self.calls.world.emit("DialState", [*self._dial_fields(), ("DialStatus", status)])

    def _dial_end(self, status: str) -> None:
        self.calls.world.emit("DialEnd", [*self._dial_fields(), ("DialStatus", status)])
