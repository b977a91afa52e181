"""How a call leaves: by which trunk, and showing which number of ours. Chooses; placing is done elsewhere."""

from dialer.core import showing
from dialer.core.caller_ids import Number
from dialer.core.calls import Call
from dialer.core.campaigns import Work
from dialer.core.messages import (
    Alarm,
    CallerIdRested,
    CallerIdsSet,
    CallerIdsTold,
    Refused,
    SaveCallerIdRest,
)
from dialer.core.model import CallRecord, Campaign, DialFacts
from dialer.core.routing import comparable, deal, in_campaign, in_turn, is_inside
from dialer.core.state import State
from dialer.core.trunks import Trunk

NO_WAY = "no_way"  # for consoles: no trunk carries the number
NO_ROOM = "no_room"  # those that do rest, or are full
NO_WAY_S = 1800.0  # trunks have hours, and their configuration changes
NO_ROOM_S = 5.0  # a line comes free, or a call that tries the trunk ends


# ---------------------------------------------------------------- trunks


def is_the_houses(campaign: Campaign, number: str) -> bool:
    """Whether no calling rule is held against the number: inside the house, or in the campaign's own directory."""
    return is_inside(number) or any(one.number == number for one in campaign.directory)


def outwards(state: State, campaign: Campaign) -> tuple[Trunk, ...]:
    """The trunks that there are of the campaign's; one that leads inside the house takes none of its calls."""
    found = state.outwards.get(campaign.trunks)
    if found is None:  # until a trunk is configured
        known = (state.trunks[name] for name in campaign.trunks if name in state.trunks)
        found = state.outwards[campaign.trunks] = tuple(one for one in known if not one.config.inside)
    return found


def room(state: State, work: Work) -> int:
    """Calls that the campaign's trunks take now, less those being reserved on them."""
    trunks = outwards(state, work.campaign)
    rooms = 0
    for one in trunks:
        rooms += one.room(state.now)
    for other in state.campaigns.values():
        if other.reserving and (other is work or any(one.config.name in other.campaign.trunks for one in trunks)):
            rooms -= other.reserving
    return max(0, rooms)


def _carriers(state: State, work: Work, number: str, country: str, phone_type: str) -> list[Trunk]:
    """The trunks that carry the number now: of the campaign's; to the house's own exchange, whichever leads there."""
    trunks = state.trunks.values() if is_inside(number) else outwards(state, work.campaign)
    return [one for one in trunks if one.config.carries(number, country, phone_type, state.now)]


def trunk_for(state: State, work: Work, number: str, country: str, phone_type: str = "") -> Trunk | None:
    """The trunk that a call goes out by, of those that carry the number now and have room."""
    campaign = work.campaign
    ways = [
        (one.config.name, in_campaign(one.config.name, one.config, campaign.trunk_turns))
        for one in _carriers(state, work, number, country, phone_type)
        if one.room(state.now) > 0
    ]
    if not ways:
        return None
    if len(ways) == 1:
        return state.trunks[ways[0][0]]  # nobody's turn is passed over
    cheapest = campaign.least_cost and comparable(ways)
    [taken, *_] = in_turn(ways, work.dealt, number, least_cost=cheapest)
    deal(ways, work.dealt, taken, number, least_cost=cheapest)
    return state.trunks[taken]


def no_trunk(state: State, work: Work, number: str, country: str, phone_type: str = "") -> tuple[str, str, float]:
    """Why no trunk takes the call, as a code and in words, and when it may be tried again.

    Not at once: while the trunks of one country rest, the leads of another take their turn.
    """
    carriers = _carriers(state, work, number, country, phone_type)
    if not carriers:
        return NO_WAY, "no trunk carries the number", state.now + NO_WAY_S
    soon = state.now + NO_ROOM_S
    return NO_ROOM, "no trunk has room", max(soon, min(one.opens_at or soon for one in carriers))


# ---------------------------------------------------------------- the number shown


def as_shown(state: State, campaign: Campaign, facts: DialFacts) -> Campaign | None:
    """The campaign with the number that this person is to be shown; None where none may be shown now."""
    return showing.as_shown(state.shown, campaign, facts, state.law, state.now)


def shown_beside(state: State, call: Call, number: str, country: str) -> str:
    """What somebody is shown who is brought into a talk: what the person was; of a caller, a number of the campaign's.

    Empty where none may be shown.
    """
    if call.caller_id and not call.inbound:
        return call.caller_id
    campaign = call.campaign
    if campaign.caller_id and state.shown.is_own_free(campaign, state.now):
        return campaign.caller_id
    assert call.lead is not None
    numbers = state.shown.candidates(campaign, country, number, call.lead.person, state.now)
    return next(iter(numbers), "")


def learn_number(state: State, record: CallRecord) -> None:
    """What a call that is over tells of the number it showed."""
    rested = state.shown.ended(record, state.now)
    if rested is not None:
        state.say(_rest(rested, state.now))
        state.say(Alarm("caller_id_rests", f"{rested.number} of pool {rested.pool.name}: {rested.reason}"))


def numbers_set(state: State, event: CallerIdsSet) -> None:
    """The pools as configured."""
    state.shown.configure(event.pools)


def numbers_told(state: State, event: CallerIdsTold) -> None:
    """What the store knows of the numbers' use and rests."""
    showing.learn_use(state.shown, event, state.now)


def number_rested(state: State, event: CallerIdRested) -> None:
    """Somebody sends a number to rest, or back to work (0 days)."""
    one = state.shown.numbers.get(event.number)
    if one is None:
        state.say(Refused("unknown_number", "no pool holds this number"))
        return
    if event.days > 0:
        one.rest(state.now, event.reason, event.days, by=event.by)
    else:
        one.wake()
    state.say(_rest(one, state.now))


def _rest(one: Number, now: float) -> SaveCallerIdRest:
    return SaveCallerIdRest(one.number, now, one.rests_until or now, one.reason, one.against, one.by)
