"""A whole CoreShowChannels listing, read into rows of our terms. Pure; what to make of them is the engine's business.

A talk is told by a bridge that holds a call and a leg, or an agent's and a third party's leg: the application and place
that Asterisk shows are where a channel was taken from, and all who wait in one place share one bridge.
"""

from collections.abc import Sequence

from dialer.asterisk.channels import RINGING, UP
from dialer.asterisk.names import adopted_call, agent_of, call_of, leg_of
from dialer.asterisk.protocol import Message, number
from dialer.asterisk.settings import AmiSettings
from dialer.core.ids import CallId, LegId
from dialer.core.model import ChannelRow


def call_in(row: Message, *, cell: int) -> CallId | None:
    """The call of this cell that a channel is, by its id or, where somebody called us, by what it was adopted as."""
    found = call_of(row.get("Uniqueid", ""), cell=cell)
    return found if found is not None else adopted_call(row.get("ChanVariable", ""), cell=cell)


def is_ours(row: Message, settings: AmiSettings, *, cell: int) -> bool:
    """Whether a channel is a call of this cell or a leg: by its id, or an agent's by the place where it stands."""
    uniqueid = row.get("Uniqueid", "")
    return (
        call_in(row, cell=cell) is not None
        or leg_of(uniqueid) is not None
        or (bool(uniqueid) and row.get("Context") == settings.agent_context)
    )


def talks_in(listing: Sequence[Message], settings: AmiSettings) -> set[str]:
    """The bridges that are talks, not waiting rooms: those with members of more than one context."""
    contexts: dict[str, set[str]] = {}
    for row in listing:
        if bridge := row.get("BridgeId"):
            contexts.setdefault(bridge, set()).add(_role(row, settings))
    return {bridge for bridge, roles in contexts.items() if len(roles) > 1}


def rows_of(listing: Sequence[Message], settings: AmiSettings, *, cell: int) -> tuple[ChannelRow, ...]:
    """The rows of the channels that are ours, in the order of the listing."""
    talks = talks_in(listing, settings)
    members: dict[str, list[Message]] = {}
    for row in listing:
        if row.get("BridgeId", "") in talks:
            members.setdefault(row["BridgeId"], []).append(row)
    return tuple(
        _row(row, _leg_beside(row, members.get(row.get("BridgeId", ""), []), settings), settings, cell=cell)
        for row in listing
        if is_ours(row, settings, cell=cell)
    )


def _row(row: Message, beside: LegId | None, settings: AmiSettings, *, cell: int) -> ChannelRow:
    uniqueid = row["Uniqueid"]
    call = call_in(row, cell=cell)
    variables = dict(line.split("=", 1) for line in row.get("ChanVariable", "").split("\n") if "=" in line)
    in_place = row.get("Context") in (settings.agent_context, settings.third_context)
    return ChannelRow(
        call=call,
        leg=LegId(uniqueid) if call is None else None,
        agent=agent_of(uniqueid, number(variables.get("DIALER_AGENT"))) if call is None else None,
        place=variables.get("DIALER_PLACE", "") if call is not None else row.get("Exten", "") if in_place else "",
        rings=row.get("ChannelState") == RINGING,
        up=row.get("ChannelState") == UP,
        talking_with=beside,
        talks=number(variables.get("DIALER_TALK")) or 0,
        muted=variables.get("DIALER_MUTED") == "1",
    )


def _leg_beside(row: Message, members: Sequence[Message], settings: AmiSettings) -> LegId | None:
    """The leg that hears this channel: an agent's before a third party's."""
    legs = [one for one in members if one is not row and _role(one, settings) in ("agent", "spy", "third")]
    legs.sort(key=lambda one: _role(one, settings))
    return LegId(legs[0]["Uniqueid"]) if legs else None


def _role(row: Message, settings: AmiSettings) -> str:
    match row.get("Context"):
        case context if context == settings.agent_context:
            return "agent"
        case context if context == settings.third_context:
            return "third"
        case context if context == settings.spy_context:
            return "spy"
        case context if context in (settings.customer_context, settings.inbound_context):
            return "call"
        case _:
            return "other"
