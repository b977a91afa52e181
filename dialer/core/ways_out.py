"""How a call leaves: by which trunk, and showing which number of ours. Chooses; placing is done elsewhere."""

from dialer.core import showing
from dialer.core.caller_ids import Number
from dialer.core.campaigns import Work
from dialer.core.messages import (
    Alarm,
    CallerIdRested,
    CallerIdsSet,
    CallerIdsTold,
    Refused,
    SaveCallerIdRest,
)
from dialer.core.model import CallRecord, Campaign, DialFacts, Lead
from dialer.core.routing import deal, in_campaign, in_turn
from dialer.core.state import State
from dialer.core.trunks import Trunk

NO_WAY_S = 1800.0  # trunks have hours, and their configuration changes


# ---------------------------------------------------------------- trunks


def room(state: State, work: Work) -> int:
    """Calls that the campaign's trunks take now, less those being reserved on them."""
    names = [name for name in work.campaign.trunks if name in state.trunks]
    rooms = sum(state.trunks[name].room(state.now) for name in names)
    others = [other for other in state.campaigns.values() if other.reserving]
    reserving = sum(other.reserving for other in others if set(names) & set(other.campaign.trunks))
    return max(0, rooms - reserving)


def trunk_for(state: State, work: Work, lead: Lead) -> Trunk | None:
    """The trunk that this call goes out by, of those that carry the number now and have room."""
    ways = [
        (name, in_campaign(name, state.trunks[name].config, work.campaign.trunk_turns))
        for name in work.campaign.trunks
        if name in state.trunks
        and state.trunks[name].config.carries(lead.number, lead.country, lead.phone_type, state.now)
    ]
    for name in in_turn(ways, work.dealt, lead.number, least_cost=work.campaign.least_cost):
        if state.trunks[name].room(state.now) > 0:
            deal(ways, work.dealt, name)
            return state.trunks[name]
    return None


def no_trunk(state: State, work: Work, lead: Lead) -> tuple[str, float]:
    """Why no trunk takes the call, and when it may be tried again."""
    trunks = [state.trunks[name].config for name in work.campaign.trunks if name in state.trunks]
    if any(one.carries(lead.number, lead.country, lead.phone_type, state.now) for one in trunks):
        return "no trunk has room", state.now
    return "no trunk carries the number", state.now + NO_WAY_S


# ---------------------------------------------------------------- the number shown


def as_shown(state: State, campaign: Campaign, facts: DialFacts) -> Campaign | None:
    """The campaign with the number that this person is to be shown; None where none may be shown now."""
    return showing.as_shown(state.shown, campaign, facts, state.law, state.now)


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
