"""Names of channels: the one place where our ids become Asterisk's Uniqueids and back. Pure.

A call is `cadencia-<call id in 16 digits>`, an agent's leg `cadencia-a<agent>-<n>`, a third party's leg
`cadencia-t<n>`, the leg of somebody who hears an agent `cadencia-s<n>`, what hears a call's early media
`cadencia-e<call id in 16 digits>`. An agent who dialled in has the Uniqueid that
Asterisk gave, and a channel that carries DIALER_AGENT.
"""

import re

from dialer.core.ids import CELL_SHIFT, AgentId, CallId, LegId

PREFIX = "cadencia-"
# Of fixed width: Asterisk 22 takes an id for used while a living one begins with it.
_CALL = re.compile(r"cadencia-([0-9]{16})")
_LEG = re.compile(r"cadencia-(?:a([1-9][0-9]{0,15})-|t|s)[0-9A-Za-z-]+")
_ADOPTED = re.compile(r"(?:^|\n)DIALER_CALL=([0-9]{1,16})(?:\n|$)")
_THIRD = f"{PREFIX}t"
_MONITOR = f"{PREFIX}s"


def call_channel(call: CallId) -> str:
    """The ChannelId to place a call with."""
    return f"{PREFIX}{call:016d}"


def ear_channel(call: CallId) -> str:
    """The ChannelId of what hears a call before its answer: neither a call nor a leg."""
    return f"{PREFIX}e{call:016d}"


def call_of(uniqueid: str, *, cell: int) -> CallId | None:
    """The call of this cell that a channel carries, or None."""
    found = _CALL.fullmatch(uniqueid)
    if found is None or int(found[1]) >> CELL_SHIFT != cell:
        return None
    return CallId(int(found[1]))


def ids_of(uniqueid: str) -> dict[str, object]:
    """What a channel is in our words, for the log: a call of whatever cell, or a leg; nothing for a foreign one."""
    call = _CALL.fullmatch(uniqueid)
    if call is not None:
        return {"call": int(call[1])}
    return {"leg": uniqueid} if _LEG.fullmatch(uniqueid) else {}


def adopted_call(variables: str, *, cell: int) -> CallId | None:
    """The call of this cell that a caller's channel was adopted as, by the variables on its event; or None."""
    found = _ADOPTED.search(variables)
    call = CallId(int(found[1])) if found is not None else None
    return call if call is not None and call >> CELL_SHIFT == cell else None


def is_third(uniqueid: str) -> bool:
    """Whether a leg is a third party's."""
    return uniqueid.startswith(_THIRD)


def is_monitor(uniqueid: str) -> bool:
    """Whether a leg is of somebody who hears an agent."""
    return uniqueid.startswith(_MONITOR)


def leg_of(uniqueid: str) -> LegId | None:
    """The leg that a channel of ours carries, or None."""
    return LegId(uniqueid) if _LEG.fullmatch(uniqueid) else None


def agent_of(uniqueid: str, signed_in: int | None) -> AgentId | None:
    """The agent whose leg a channel is: by its id or, for one that dialled in, by the `signed_in` that it carries."""
    found = _LEG.fullmatch(uniqueid)
    if found is not None:
        return AgentId(int(found[1])) if found[1] else None
    return AgentId(signed_in) if signed_in else None
