"""People who call, on the stand-in: they ring until somebody guides them, and where nobody does, they are told so.

It follows the context `dialer-inbound` of the dialplan that `asterisk_config` renders.
"""

from collections.abc import Callable
from functools import partial

from simulation.standin.calls import Calls
from simulation.standin.channels import Channel, State
from simulation.standin.steps import CUSTOMERS, OPT_OUT_KEY, Place, Steps

CONTEXT = "dialer-inbound"
CALLBACK_KEY = "2"
CLOCK_KEYS = 4


class Callers:
    """The places of those who call. `opt_out` and `talked` lead to places of the people whom we call."""

    def __init__(self, calls: Calls, steps: Steps, opt_out: Place, talked: Place) -> None:
        self._calls = calls
        self._steps = steps
        self._opt_out = opt_out
        self._talked = talked
        self._timing = calls.world.timing

    def places(self) -> dict[tuple[str, str], Place]:
        """Each by context and extension."""
        named = {
            "arrive": self._arrive,
            "queue": self._queue,
            "position": self._position,
            "menu": self._menu,
            "offer": self._closing,
            "closed": self._closed,
            "callback": self._callback,
        }
        return {(CONTEXT, exten): place for exten, place in named.items()}

    def _arrive(self, channel: Channel) -> None:
        variables = channel.variables
        variables["DIALER_TALK"] = ""
        self._steps.enter(channel, "arrive")
        told = {"Caller": channel.caller[0], "Did": variables["DIALER_DID"], "Cell": variables["DIALER_CELL"]}
        self._calls.user_event(channel, "DialerInbound", *told.items())
        self._steps.play(channel, self._timing.look_up_s, partial(self._closed, channel))

    def _queue(self, channel: Channel) -> None:
        self._answer(channel)
        given = channel.variables.get("DIALER_QUEUE_S", "")
        limit_s = float(given) if given.isdecimal() and int(given) else self._timing.queue_s
        channel.context = CONTEXT
        self._steps.wait(
            channel, "queue", limit_s=limit_s, options="m(default)e(m)", priority=6, music=True,
            then=partial(self._after_queue, channel),
        )  # fmt: skip

    def _after_queue(self, channel: Channel) -> None:
        variables = channel.variables
        if variables.get("DIALER_TALK", "") != variables.get("DIALER_SEEN", ""):
            channel.context = CUSTOMERS
            self._talked(channel)
        else:
            self._closing(channel)

    def _position(self, channel: Channel) -> None:
        self._steps.enter(channel, "position")
        offers = channel.variables.get("DIALER_OFFER") == "yes"
        then = partial(self._ask, channel, self._keyed) if offers else partial(self._queue, channel)
        self._steps.play(channel, self._timing.prompt_s, then)

    def _menu(self, channel: Channel) -> None:
        self._answer(channel)
        self._steps.enter(channel, "menu")
        self._ask(channel, self._keyed)

    def _keyed(self, channel: Channel, key: str) -> None:
        if not self._asked_for(channel, key):
            self._queue(channel)

    def _asked_for(self, channel: Channel, key: str) -> bool:
        """Follow a key that means the same wherever keys are asked for."""
        if key == OPT_OUT_KEY:
            channel.context = CUSTOMERS
            self._opt_out(channel)
        elif key == CALLBACK_KEY:
            self._callback(channel)
        return key in {OPT_OUT_KEY, CALLBACK_KEY}

    def _closed(self, channel: Channel) -> None:
        self._answer(channel)
        self._closing(channel)

    def _closing(self, channel: Channel) -> None:
        self._steps.tell(channel, "closed", "DialerSorry")
        self._ask(channel, self._last_key)

    def _last_key(self, channel: Channel, key: str) -> None:
        if not self._asked_for(channel, key):
            self._steps.bye(channel)

    def _callback(self, channel: Channel) -> None:
        self._steps.enter(channel, "callback")
        if channel.variables.get("DIALER_WISH") == "noted":
            self._steps.play(channel, self._timing.prompt_s, partial(self._clock, channel))
        else:
            self._told(channel, "")

    def _clock(self, channel: Channel) -> None:
        clock, channel.keys[:CLOCK_KEYS] = "".join(channel.keys[:CLOCK_KEYS]), []
        self._told(channel, clock)

    def _told(self, channel: Channel, clock: str) -> None:
        self._calls.user_event(channel, "DialerCallback", ("Clock", clock))
        self._calls.user_event(channel, "DialerSorry")
        self._steps.play(channel, self._timing.prompt_s, partial(self._steps.bye, channel))

    def _ask(self, channel: Channel, then: Callable[[Channel, str], None]) -> None:
        """Play a sound and read one key, which comes in it or is waited for."""
        wait_s = 0.0 if channel.keys else self._timing.key_wait_s

        def read() -> None:
            then(channel, channel.keys.pop(0) if channel.keys else "")

        self._steps.play(channel, self._timing.prompt_s + wait_s, read)

    def _answer(self, channel: Channel) -> None:
        if channel.state != State.UP:
            self._calls.set_state(channel, State.UP)
