"""People who call back: who they are, and where they stand on the switch until an agent takes them.

The switch's part follows the dialplan for callers: it rings until somebody guides it, and says that nobody is there
where nobody does. Callers use lines of their own, not those of the trunks we dial by.
"""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import simpy

from dialer.core.ids import CallId, CampaignId, LeadId
from dialer.core.inbound import Inbound, Place
from dialer.core.messages import (
    AdoptCaller,
    CallbackAsked,
    CallerArrived,
    CallerQueued,
    Event,
    Guide,
    OptedOut,
    PlaceCall,
)
from dialer.core.model import CampaignStatus
from dialer.core.outcomes import EndedBy, Ending
from simulation.world.bridges import SimCall
from simulation.world.detector import BY_DIALPLAN
from simulation.world.people import Fate
from simulation.world.planned import Planned

if TYPE_CHECKING:
    from simulation.world.world import World

LOOK_UP_S = 8.0  # a caller to whom nobody says anything hears the closing word then
PROMPT_S = 4.0
BY_CALLER = Ending(cause=16, by=EndedBy.PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who calls a campaign back. Times in seconds; none where `per_hour` is 0."""

    per_hour: float = 0.0
    patience_s: float = 120.0  # mean of what they wait until they hang up
    opts_out_share: float = 0.03  # of those who hear the keys
    asks_share: float = 0.1  # want to be called instead
    queue_max_s: int = 180
    menu_first: bool = False

    def __post_init__(self) -> None:
        if self.per_hour < 0 or self.patience_s <= 0:
            raise ValueError("per_hour is 0 or more, patience_s above 0")
        if min(self.opts_out_share, self.asks_share) < 0 or self.opts_out_share + self.asks_share > 1:
            raise ValueError("opts_out_share and asks_share are shares, together 1 at most")
        self.configured()

    def configured(self) -> Inbound:
        """What the dialer is told. Raises ValueError."""
        return Inbound(on=self.per_hour > 0, queue_max_s=self.queue_max_s, menu_first=self.menu_first)


@dataclass(slots=True, eq=False)
class Ringing:
    """A caller's channel that nobody has taken over yet."""

    channel: str
    lead: LeadId
    campaign: CampaignId
    number: str
    fate: Fate
    key: str  # what they press where keys are asked for; empty: nothing
    came_at: float


class Lobby:
    """The places of callers on one switch, which lends it its ways to move calls."""

    def __init__(
        self,
        env: simpy.Environment,
        calls: dict[CallId, SimCall],
        *,
        leave: Callable[[SimCall], None],
        enter: Callable[[SimCall, str], None],
        later: Callable[[SimCall, float, Callable[[], None]], None],
        end: Callable[[SimCall, Ending], None],
        tell: Callable[[Event], None],
    ) -> None:
        self._env = env
        self._calls = calls
        self._leave, self._enter, self._later, self._end, self._tell = leave, enter, later, end, tell
        self._ringing: dict[str, Ringing] = {}
        self._inside: dict[CallId, Ringing] = {}  # as they came, of those who were taken over

    def rings(self, caller: Ringing, called: str) -> None:
        """Somebody calls a number of ours."""
        self._ringing[caller.channel] = caller
        patience_s = min(LOOK_UP_S + PROMPT_S, caller.fate.wait_s)
        Planned(self._env, patience_s, lambda _: self._gone(caller))
        self._tell(CallerArrived(caller.channel, caller.number, called))

    def _gone(self, caller: Ringing) -> None:
        self._ringing.pop(caller.channel, None)

    def restart(self) -> None:
        """Everything is gone at once."""
        self._ringing.clear()
        self._inside.clear()

    def adopt(self, command: AdoptCaller) -> str:
        """The channel gets the dialer's own id."""
        caller = self._ringing.pop(command.channel, None)
        if caller is None:
            return "there is no such caller"
        order = PlaceCall(
            call=command.call, trunk="", dial=f"PJSIP/{caller.number[1:]}@in", caller_id="",
            ring_timeout_s=LOOK_UP_S, wait_max_s=0.0, message="", lead=caller.lead, campaign=caller.campaign,
        )  # fmt: skip
        call = SimCall(
            command.call, order, caller.fate, caller.came_at, inbound=True, talk_left_s=caller.fate.talk_s,
            place="arrive",
        )  # fmt: skip
        self._calls[call.id], self._inside[call.id] = call, caller
        self._later(call, max(0.0, caller.came_at + LOOK_UP_S - self._env.now), lambda: self._closing(call))
        self._lose_patience(call)
        return ""

    def guide(self, command: Guide) -> str:
        """The caller goes where the dialer says."""
        call = self._calls.get(command.call)
        if call is None or not call.inbound:
            return "no such call"
        self._leave(call)
        match command.place:
            case Place.QUEUE:
                self._queue(call, command.queue_s)
            case Place.MENU:
                self._stand(call, "menu")
                self._later(call, PROMPT_S, lambda: self._keyed(call, command.queue_s))
            case Place.POSITION:
                self._stand(call, "position")
                told = self._keyed if command.offer else self._queue
                self._later(call, PROMPT_S, lambda: told(call, command.queue_s))
            case _:
                self._closing(call)
        return ""

    def forget(self, call: SimCall) -> None:
        """The call is over."""
        self._inside.pop(call.id, None)

    def _stand(self, call: SimCall, place: str) -> None:
        if not call.up:
            call.up, call.answered_at = True, self._env.now
        self._enter(call, place)
        self._lose_patience(call)

    def _lose_patience(self, call: SimCall) -> None:
        left_s = call.placed_at + call.fate.wait_s - self._env.now
        self._later(call, max(0.0, left_s), lambda: self._end(call, BY_CALLER))

    def _queue(self, call: SimCall, limit_s: int) -> None:
        self._stand(call, "queue")
        self._later(call, float(limit_s), lambda: self._closing(call))
        self._tell(CallerQueued(call.id))

    def _keyed(self, call: SimCall, limit_s: int) -> None:
        if not self._asked_for(call):
            self._queue(call, limit_s)

    def _closing(self, call: SimCall) -> None:
        self._stand(call, "closed")
        self._later(call, PROMPT_S, lambda: self._bye(call))

    def _bye(self, call: SimCall) -> None:
        if not self._asked_for(call):
            self._end(call, BY_DIALPLAN)

    def _asked_for(self, call: SimCall) -> bool:
        key = self._inside[call.id].key
        if key:
            self._enter(call, "optout" if key == "opt out" else "callback")
            self._tell(OptedOut(call.id) if key == "opt out" else CallbackAsked(call.id, ""))
            self._later(call, PROMPT_S, lambda: self._end(call, BY_DIALPLAN))
        return bool(key)


# ---------------------------------------------------------------- who calls


def begin(world: "World") -> None:
    """People call back, each campaign's by its own stream, until it is paused."""
    for number, plan in enumerate(world.scenario.campaigns, start=1):
        if plan.callers.per_hour > 0:
            draw = world.chance.stream(f"callers:{number}")
            world.env.process(_call_in(world, CampaignId(number), plan.callers, draw))


def _call_in(
    world: "World", campaign: CampaignId, plan: Callers, draw: random.Random
) -> Generator[simpy.Event, object, None]:
    count = 0
    while True:
        yield world.env.timeout(draw.expovariate(plan.per_hour / 3600.0))
        lead_id = world.store.somebody(campaign, draw)
        if lead_id is None or world.campaigns[campaign].status is not CampaignStatus.RUNNING:
            continue
        count += 1
        at = draw.random() - plan.opts_out_share
        key = "opt out" if at < 0 else "callback" if at < plan.asks_share else ""
        caller = Ringing(
            channel=f"in-{campaign}-{count}",
            lead=lead_id,
            campaign=campaign,
            number=world.store.lead(lead_id).number,
            fate=world.crowd.caller(draw, wait_s=draw.expovariate(1 / plan.patience_s)),
            key=key,
            came_at=world.env.now,
        )
        world.switch.lobby.rings(caller, world.campaigns[campaign].caller_id)
