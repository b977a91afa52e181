"""The dialplan's places: each has a limit and is followed by the same decision, so that nobody waits for ever.

It follows the dialplan that `asterisk_config` renders, by the same names of contexts, extensions and variables.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from simulation.standin.callers import Callers
from simulation.standin.calls import NORMAL, Calls
from simulation.standin.channels import Channel, State
from simulation.standin.dialling import Leg
from simulation.standin.people import People, far_end
from simulation.standin.screening import Screening
from simulation.standin.steps import OPT_OUT_KEY, Place, Steps
from simulation.standin.wire import Fields

# channel, script, its arguments, what follows
RunScript = Callable[[Channel, str, Sequence[str], Callable[[], None]], None]


class Dialplan:
    """Sends channels to places."""

    def __init__(self, calls: Calls, people: People, run_script: RunScript) -> None:
        self._calls = calls
        self._people = people
        self._run_script = run_script
        self._timing = calls.world.timing
        self._steps = Steps(calls)
        self._places: dict[tuple[str, str], Place] = {
            ("dialer-customer", "park"): self._park,
            ("dialer-customer", "hold"): self._hold,
            ("dialer-customer", "lost"): self._lost,
            ("dialer-customer", "add"): self._add,
            ("dialer-customer", "out"): self._out,
            ("dialer-agent", "idle"): self._idle,
            ("dialer-third", "wait"): self._third,
            ("dialer-third", "add"): self._third_add,
            ("dialer-spy", "spy"): self._spy,
            ("dialer-agent", "sign-in"): self._sign_in,
            ("dialer-agent", "sign-out"): self._sign_out,
            **Callers(calls, self._steps, self._opt_out, self._after).places(),
            **Screening(calls, self._steps, self._park, self._abandon).places(),
        }

    def go_to(self, channel: Channel, context: str, exten: str) -> None:
        """Run an extension. One that does not exist ends the call, as on Asterisk."""
        if channel.gone:
            return
        channel.context, channel.exten, channel.priority = context, exten, 1
        place = self._places.get((context, exten))
        if place is None:
            self._calls.hang_up(channel, NORMAL)
        else:
            place(channel)

    def redirect(self, channel: Channel, context: str, exten: str) -> None:
        """Take the channel out of where it is, and those it leaves alone go on."""
        if channel.gone:
            return
        channel.context, channel.exten, channel.priority = context, exten, 1
        ended, channel.on_hangup = channel.on_hangup, None
        if ended is not None:
            ended()
        alone = self._calls.bridges.leave(channel)
        self._calls.world.shuffle(
            partial(self.go_to, channel, context, exten),
            *(partial(self._calls.bridges.go_on, other) for other in alone),
        )

    # ---------------------------------------------------------------- the person's places

    def _park(self, channel: Channel) -> None:
        wait = channel.variables.get("DIALER_WAIT")
        self._wait(channel, "park", limit_s=float(wait) if wait else self._timing.park_s, options="e(n)", priority=2)

    def _hold(self, channel: Channel) -> None:
        options = "m(default)e(m)"
        self._wait(channel, "hold", limit_s=self._timing.hold_s, options=options, priority=2, music=True)

    def _lost(self, channel: Channel) -> None:
        self._steps.tell(channel, "lost", "DialerLost")
        self._wait(channel, "lost", limit_s=self._timing.lost_s, options="e(r)", priority=3)

    def _add(self, channel: Channel) -> None:
        self._steps.enter(channel, "add")
        self._join(channel, partial(self._after, channel))

    def _after(self, channel: Channel) -> None:
        """The one decision behind every place."""
        variables = channel.variables
        channel.exten = "after"
        place = variables.get("DIALER_PLACE")
        if variables.get("DIALER_TALK", "") != variables.get("DIALER_SEEN", "") or place == "add":
            variables["DIALER_SEEN"] = variables.get("DIALER_TALK", "")
            self.go_to(channel, channel.context, "lost")
        elif place == "park":
            self._abandon(channel)
        else:
            self._sorry(channel)

    def _abandon(self, channel: Channel) -> None:
        """The message; a key pressed in it is read at its end, or waited for."""
        self._steps.tell(channel, "abandon", "DialerAbandon")
        wait_s = 0.0 if channel.keys else self._timing.opt_out_s
        self._steps.play(channel, self._timing.message_s + wait_s, partial(self._key_read, channel))

    def _key_read(self, channel: Channel) -> None:
        if OPT_OUT_KEY in channel.keys:
            self._opt_out(channel)
        else:
            self._steps.bye(channel)

    def _opt_out(self, channel: Channel) -> None:
        """The wish is kept until the dialer says that it has taken it."""
        self._steps.tell(channel, "optout", "DialerOptOut")
        lead, call = (channel.variables.get(name, "") for name in ("DIALER_LEAD", "DIALER_CALL"))
        self._calls.kept_opt_outs[channel.uniqueid] = f"{self._calls.world.now():.0f} {lead} {call}"
        self._run_script(channel, "opt-out", (lead, call), partial(self._opted_out, channel))

    def _opted_out(self, channel: Channel) -> None:
        if channel.variables.get("DIALER_OPTED_OUT") == "yes":
            self._calls.kept_opt_outs.pop(channel.uniqueid, None)
        self._steps.enter(channel, "opted")
        self._steps.play(channel, self._timing.prompt_s, partial(self._steps.bye, channel))

    def _sorry(self, channel: Channel) -> None:
        self._steps.tell(channel, "sorry", "DialerSorry")
        self._steps.play(channel, self._timing.message_s, partial(self._steps.bye, channel))

    def _out(self, channel: Channel) -> None:
        self._steps.enter(channel, "out")
        self._calls.stop_recording(channel)
        channel.priority = 3
        dialled = channel.variables.get("DIALER_DIAL", "")
        Transfer(self._calls, channel, dialled, self._people, self._out_done).dial(self._timing.dial_s)

    def _out_done(self, channel: Channel, status: str) -> None:
        channel.exten, channel.priority = "outdone", 1
        self._calls.user_event(channel, "DialerOut", ("DialStatus", status))
        if status == "ANSWER":
            self._steps.bye(channel)
        else:
            self.go_to(channel, channel.context, "hold")

    # ---------------------------------------------------------------- agents and third parties

    def _idle(self, channel: Channel) -> None:
        channel.application, channel.data, channel.priority = "BridgeWait", "idle,participant,e(n)", 2
        self._calls.bridges.wait(channel, "idle", limit_s=None, then=partial(self._idle, channel))

    def _third(self, channel: Channel) -> None:
        limit_s = self._timing.third_s
        channel.application, channel.data = "BridgeWait", f"third,participant,e(r)S({limit_s:.0f})"
        self._calls.bridges.wait(channel, "third", limit_s=limit_s, then=partial(self._steps.bye, channel))

    def _third_add(self, channel: Channel) -> None:
        self._join(channel, partial(self._steps.bye, channel))

    def _spy(self, channel: Channel) -> None:
        """ChanSpy: it ends with the channel that is heard, or is sent to hear another."""
        heard = self._calls.registry.find(channel.variables.get("DIALER_WITH", ""))
        channel.application, channel.data = "ChanSpy", f"{channel.variables.get('DIALER_WITH', '')},qdE"
        for other in self._calls.registry:
            if channel in other.spies:
                other.spies.remove(channel)
        if heard is None:
            self._steps.bye(channel)
            return
        heard.spies.append(channel)
        channel.then = partial(self._steps.bye, channel)
        sheet = self._calls.sheet
        self._calls.world.emit("ChanSpyStart", [*sheet.channel(channel, "Spyer"), *sheet.channel(heard, "Spyee")])

    def _sign_in(self, channel: Channel) -> None:
        self._run_script(channel, "sign-in", (), partial(self._signed_in, channel))

    def _signed_in(self, channel: Channel) -> None:
        if channel.variables.get("DIALER_AGENT"):
            self.go_to(channel, "dialer-agent", "idle")
        else:
            self._steps.bye(channel)

    def _sign_out(self, channel: Channel) -> None:
        self._run_script(channel, "sign-out", (), partial(self._steps.bye, channel))

    # ---------------------------------------------------------------- steps

    def _wait(
        self, channel: Channel, room: str, *, limit_s: float, options: str, priority: int, music: bool = False
    ) -> None:
        """A person's place, with the same decision behind it."""
        then = partial(self._after, channel)
        self._steps.wait(channel, room, limit_s=limit_s, options=options, priority=priority, then=then, music=music)

    def _join(self, channel: Channel, then: Callable[[], None]) -> None:
        other = self._calls.registry.find(channel.variables.get("DIALER_WITH", ""))
        channel.application, channel.data = "BridgeAdd", channel.variables.get("DIALER_WITH", "")
        if other is None or not self._calls.bridges.join(channel, other, then):
            then()


@dataclass(slots=True, eq=False)
class Transfer:
    """Dial() on a person's channel: another number is called, and both talk until one goes."""

    calls: Calls
    caller: Channel
    dialled: str
    people: People
    done: Callable[[Channel, str], None]  # with the DialStatus
    called: Channel | None = None

    def dial(self, timeout_s: float) -> None:
        technology, _, rest = self.dialled.partition("/")
        if not rest:
            self.done(self.caller, "CHANUNAVAIL")
            return
        endpoint, far = far_end(self.people, rest)
        called = self.called = self.calls.create(f"{technology}/{endpoint}", context="from-trunk")
        self.caller.on_hangup = self._caller_gone
        self.caller.application, self.caller.data = "Dial", self.dialled
        self.calls.bridges.play_music(self.caller)
        Leg(self.calls, called, far, self, rest).start(timeout_s)

    def answered(self) -> None:
        """Nobody asked by an action: the caller's own dialplan waits."""

    def start(self) -> None:
        called = self.called
        assert called is not None
        self.calls.bridges.stop_music(self.caller)
        called.then = partial(self.calls.hang_up, called, NORMAL)
        self.calls.bridges.couple(self.caller, called, partial(self._over, "ANSWER"))

    def failed(self, reason: int, status: str) -> None:
        self.calls.bridges.stop_music(self.caller)
        self._over(status)

    def fields(self) -> Fields:
        return self.calls.sheet.channel(self.caller)

    def _over(self, status: str) -> None:
        if self.caller.on_hangup is not None and not self.caller.gone:
            self.caller.on_hangup = None
            self.done(self.caller, status)

    def _caller_gone(self) -> None:
        called = self.called
        if called is None or called.gone:
            return
        if called.state == State.UP:
            self.calls.hang_up(called, NORMAL)
        elif called.cancel is not None:
            called.cancel(NORMAL)
