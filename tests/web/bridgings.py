"""When Asterisk brought person and agent together, by its own clock: what the page's promptness is held against."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dialer.asterisk.link import Link
from dialer.asterisk.names import call_of
from dialer.asterisk.protocol import Message
from dialer.asterisk.settings import AmiSettings
from dialer.core.ids import CallId
from tests.lab_fixtures import Floor

TWO = 2


class Bridgings:
    """Hears BridgeEnter on a manager session of its own. `at`: call -> Unix seconds of its first talk's beginning."""

    def __init__(self) -> None:
        self.at: dict[CallId, float] = {}
        self._alone: dict[str, str] = {}  # bridge -> the channel that waits in it for another

    def hear(self, message: Message) -> None:
        """A talk begins when its second channel is in the bridge; places of waiting are bridges too."""
        if message["BridgeTechnology"] == "holding_bridge":
            return
        bridge, here = message["BridgeUniqueid"], message["Uniqueid"]
        if int(message["BridgeNumChannels"]) < TWO:
            self._alone[bridge] = here
            return
        for uniqueid in (self._alone.pop(bridge, ""), here):
            if (call := call_of(uniqueid, cell=0)) is not None:
                self.at.setdefault(call, float(message["Timestamp"]))


@asynccontextmanager
async def bridgings(floor: Floor) -> AsyncIterator[Bridgings]:
    """Listen for as long as the block lasts."""
    (host, port), (username, secret) = floor.ami, floor.user
    heard = Bridgings()
    link = Link(AmiSettings(username=username, secret=secret, host=host, port=port), ["BridgeEnter"], heard.hear)
    try:
        await link.open()
        yield heard
    finally:
        link.close()
