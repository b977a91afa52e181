"""What the network sounds before the answer, heard beside the call: which calls, and by which actions. Pure.

A Local channel listens to the call's own, so that the call, its answer and whoever answers know nothing of it. With
the dialer dead nothing comes of it, and the call goes on as ever.
"""

from collections.abc import Callable

from dialer.asterisk.names import call_channel, ear_channel
from dialer.asterisk.protocol import Fields, pairs
from dialer.core.ids import CallId
from dialer.core.messages import CallAnswered, CallEnded, CallProgressed, Event, PlaceCall

_START_MS = 5000
_SOUND, _EAR, _EAR_EXTEN = "Local/hear@dialer-early/n", "dialer-early", "listen"


class EarlyMedia:
    """The calls of a link that are to be heard before their answer."""

    def __init__(self) -> None:
        self._wanted: dict[CallId, str] = {}  # the detector, of calls of which nothing was heard yet
        self._heard: set[CallId] = set()

    def placed(self, command: PlaceCall) -> None:
        """A call is about to leave."""
        if command.early_media:
            self._wanted[command.call] = command.early_media

    def told(self, event: Event, name_of: Callable[[str], str]) -> Fields | None:
        """The action that an event of a call asks for: begin when early media does, and end with the answer."""
        match event:
            case CallProgressed(call) if call in self._wanted:
                self._heard.add(call)
                return _listen(call, name_of(call_channel(call)), self._wanted.pop(call))
            case CallAnswered(call) | CallEnded(call):
                self._wanted.pop(call, None)
                if call in self._heard:
                    self._heard.discard(call)
                    return {"Action": "Hangup", "Channel": ear_channel(call), "Cause": "16"}
        return None


def _listen(call: CallId, channel: str, detector: str) -> Fields:
    variables = {"DIALER_WITH": channel, "DIALER_OF": call_channel(call), "DIALER_DETECTOR": detector}
    return {
        "Action": "Originate",
        "Channel": _SOUND,
        "ChannelId": ear_channel(call),
        "Context": _EAR,
        "Exten": _EAR_EXTEN,
        "Priority": "1",
        "Timeout": str(_START_MS),
        "Async": "true",
        "Variable": pairs(variables),
    }
