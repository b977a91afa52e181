"""The ports of the live shell: what the runtime needs of a switch and of a store. Each has one conformance suite."""

from collections.abc import Callable, Mapping
from typing import Protocol

from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages import Event, Refused, SwitchCommand
from dialer.core.model import CallRecord
from dialer.core.view import FloorView

Tell = Callable[[Event], None]  # puts an event into the engine's inbox; never blocks, called on the event loop


class Switch(Protocol):
    """The telephone switch. Events go out through the `tell` given at construction."""

    async def run(self) -> None:
        """Connect and stay connected (back-off with jitter) until cancelled.

        Tells SwitchSeen after each connect and every 15 s, SwitchLost when the link goes. Raises ConfigError where
        log-in is refused: trying again will not help.
        """

    async def execute(self, command: SwitchCommand) -> None:
        """Carry one command out. Returns when the switch has taken it.

        Raises ActionRefusedError (it did not happen) or SwitchUnavailableError (no link, or the answer was lost:
        it may have happened). Commands for one call or leg are carried out in the order given.
        """

    def health(self) -> dict[str, float | bool | str]:
        """Connected or not, seconds since the last sign of life, ping time, events seen, actions in flight."""


class Forecaster(Protocol):
    """Says what a change would bring. Another room provides it, where it is installed."""

    async def forecast(
        self, campaign: CampaignId, change: Mapping[str, object], minutes: float
    ) -> Mapping[str, object]:
        """The forecast for the next minutes, with the change and without it, as plain values.

        Raises DialerError with the reason where there is none.
        """

    async def ready(self) -> None:
        """Somebody thinks of a change: prepare, so that the forecast comes quickly."""

    def close(self) -> None:
        """No forecast will be asked for any more."""


class Floor(Protocol):
    """What consoles may ask of the running dialer. The runtime is it."""

    async def ask(self, event: Event) -> Refused | None:
        """Put a console's event to the engine; None when it was taken, else why not."""

    def view(self) -> FloorView:
        """The floor as it is now."""

    def on_call_placed(self, listener: Callable[[CallRecord], None]) -> None:
        """Call `listener` with the record of each call that goes out."""

    def subscribe(self, listener: Callable[[frozenset[AgentId]], None]) -> Callable[[], None]:
        """Call `listener` after each batch of events with the agents whose view changed; the answer ends that."""
