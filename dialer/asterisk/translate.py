"""AMI messages to the core's events: one row for each message, with the little memory that takes. Pure.

The order of OriginateResponse, Newstate and Hangup is not fixed, so each fact is taken from whichever tells it first,
and a call is over with its Hangup - or with a failed OriginateResponse where no channel was ever made. It decides
nothing.
"""

from collections.abc import Callable, Sequence
from typing import Final

from dialer.asterisk.channels import RINGING, UP, Channel, Channels
from dialer.asterisk.names import adopted_call, call_channel, call_of, is_third, leg_of
from dialer.asterisk.protocol import Fields, Message, number
from dialer.asterisk.reconcile import call_in, is_ours, talks_in
from dialer.asterisk.settings import AmiSettings
from dialer.core.detection import MACHINES, Verdict
from dialer.core.ids import CallId, LegId
from dialer.core.messages import (
    AbandonmentPlayed,
    CallAnswered,
    CallbackAsked,
    CallEnded,
    CallerArrived,
    CallerQueued,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallProgressed,
    CallQueued,
    CallRang,
    CallScreened,
    CallTransferred,
    Event,
    LegEnded,
    LegUp,
    MessageBegun,
    MonitorUp,
    OnwardAnswered,
    OptedOut,
    ThirdAnswered,
)
from dialer.core.outcomes import EndedBy, Ending

_TIMED_OUT = "3"  # Reason of OriginateResponse
_SILENT_TIME_OUT = {0, 19}  # the causes after our ring time-out: Asterisk 16 says 0, Asterisk 22 says 19
_CAUSE_MAX = 127  # of Q.850
_NOTHING: Final[list[Event]] = []
_VERDICTS: Final = {"HUMAN": Verdict.PERSON, "MACHINE": Verdict.MACHINE, "NOBODY": Verdict.NOBODY}  # else unsure


class Translator:
    """Takes messages in the order of the wire and answers with what they mean, empty for what is not our business."""

    def __init__(self, settings: AmiSettings, *, cell: int) -> None:
        self.channels = Channels()
        # Originate failed and no channel was seen: over, unless one is seen yet; whether CallQueued was told
        self.stillborn: dict[str, bool] = {}
        self._settings = settings
        self._cell = cell
        self._placed: dict[str, bool] = {}  # by us on this link, no channel seen yet; whether CallQueued was told
        self._arrivals: dict[str, str] = {}  # names of channels from outside that are nobody's yet, by Uniqueid
        self._rows: dict[str, Callable[[Message], list[Event]]] = {
            "Newchannel": self._newchannel,
            "Rename": self._rename,
            "Newstate": self._newstate,
            "DialState": self._dialstate,
            "DialEnd": self._dial_end,
            "OriginateResponse": self._originated,
            "HangupRequest": self._hangup_request,
            "Hangup": self._hangup,
            "BridgeEnter": self._bridge_enter,
            "BridgeLeave": self._bridge_leave,
            "UserEvent": self._user_event,
            "ChanSpyStart": self._spying,
        }
        self._user_rows: dict[str, Callable[[Channel, Message], list[Event]]] = {
            "DialerAbandon": self._abandon,
            "DialerLost": self._lost,
            "DialerSorry": self._sorry,
            "DialerOut": self._out,
            "DialerOptOut": self._opt_out,
            "DialerVerdict": self._verdict,
            "DialerMessage": self._message,
            "DialerCallback": self._callback,
        }

    @property
    def wanted(self) -> frozenset[str]:
        """The events that have a row."""
        return frozenset(self._rows)

    def take(self, message: Message) -> list[Event]:
        """What one message means."""
        row = self._rows.get(message["Event"])
        return row(message) if row is not None else _NOTHING

    # ---------------------------------------------------------------- what we did ourselves

    def placed(self, uniqueid: str) -> None:
        """An Originate with this ChannelId is about to be sent."""
        self._placed[uniqueid] = False

    def queued(self, uniqueid: str) -> list[Event]:
        """Asterisk took the Originate."""
        channel = self.channels.get(uniqueid)
        if channel is not None:
            return self._told_queued(channel)
        call = call_of(uniqueid, cell=self._cell)
        if call is None or not self.expects(uniqueid):
            return _NOTHING
        waiting = self._placed if uniqueid in self._placed else self.stillborn
        told, waiting[uniqueid] = waiting[uniqueid], True
        return _NOTHING if told else [CallQueued(call)]

    def hang_up_early(self, message: Message) -> Fields | None:
        """The action that ends a call of which early media said that nobody will answer it; None for all else."""
        if message.get("UserEvent") != "DialerEarly":
            return None
        channel = self.channels.get(message.get("Call", ""))
        if channel is None or not channel.network_cause or channel.up:
            return None
        return {"Action": "Hangup", "Channel": channel.uniqueid, "Cause": str(channel.network_cause)}

    def arrival(self, uniqueid: str) -> str:
        """The name of a channel that came from outside and is nobody's yet; empty where there is none."""
        return self._arrivals.get(uniqueid, "")

    def adopted(self, uniqueid: str, call: CallId) -> None:
        """A channel that came from outside is this call from now on."""
        name = self._arrivals.pop(uniqueid, "")
        if name:
            channel = Channel(uniqueid, name, call, None, queued=True, answered=True)
            self.channels.adopt(call_channel(call), channel)

    def expects(self, uniqueid: str) -> bool:
        """Whether a channel asked for may still come."""
        return uniqueid in self._placed or uniqueid in self.stillborn

    def refused(self, uniqueid: str) -> None:
        """Asterisk did not take the Originate."""
        self._placed.pop(uniqueid, None)

    def dropped(self, uniqueid: str) -> None:
        """A Hangup of ours is about to be sent."""
        channel = self.channels.get(uniqueid)
        if channel is not None and channel.ended_by is None:
            channel.ended_by = EndedBy.DIALER

    def bury(self, uniqueid: str) -> list[Event]:
        """Some time after an Originate failed: over, where no channel came meanwhile."""
        if uniqueid not in self.stillborn:
            return _NOTHING
        del self.stillborn[uniqueid]
        return _ended(call_of(uniqueid, cell=self._cell), leg_of(uniqueid), Ending(cause=0))

    def kept(self, message: Message) -> tuple[str, CallId] | None:
        """An opt-out that Asterisk kept while nobody of ours was there: its key, and this cell's call."""
        key = message.get("Key", "")
        uniqueid = key.rpartition("/")[2]
        _, _, adopted = message.get("Val", "").partition(" ")[2].partition(" ")
        call = call_of(uniqueid, cell=self._cell) or adopted_call(f"DIALER_CALL={adopted.strip()}", cell=self._cell)
        return (uniqueid, call) if call is not None else None

    def refresh(self, listing: Sequence[Message]) -> None:
        """Take over what a whole CoreShowChannels listing says."""
        talks = talks_in(listing, self._settings)
        for row in listing:
            if not is_ours(row, self._settings, cell=self._cell):
                continue
            channel = self._known(row, adopt=True)
            assert channel is not None
            channel.name, channel.up = row.get("Channel", ""), row.get("ChannelState") == UP
            if bridge := row.get("BridgeId"):
                self.channels.enter(channel, bridge, talking=bridge in talks)
            else:
                self.channels.leave(channel)
        self.channels.keep(row.get("Uniqueid", "") for row in listing)

    # ---------------------------------------------------------------- one row for each message

    def _newchannel(self, message: Message) -> list[Event]:
        channel = self._known(message, adopt=True)
        return self._told_queued(channel) if channel is not None else _NOTHING

    def _rename(self, message: Message) -> list[Event]:
        if channel := self._known(message):
            channel.name = message.get("Newname", channel.name)
        return _NOTHING

    def _newstate(self, message: Message) -> list[Event]:
        channel = self._known(message, adopt=True)
        match channel, message.get("ChannelState"):
            case Channel(), state if state == RINGING:
                return self._told_ringing(channel)
            case Channel(), state if state == UP:
                return self._told_up(channel)
            case _:
                return _NOTHING

    def _dialstate(self, message: Message) -> list[Event]:
        channel = self.channels.get(message.get("DestUniqueid", ""))
        match channel, message.get("DialStatus"):
            case Channel(), "PROGRESS":
                return self._told_progress(channel)
            case Channel(), "RINGING":
                return self._told_ringing(channel)
            case _:
                return _NOTHING

    def _dial_end(self, message: Message) -> list[Event]:
        """A line that the dialplan dialled for a person, who is handed on by it; our own calls have no caller."""
        channel = self.channels.get(message.get("Uniqueid", ""))
        if channel is None or channel.call is None or message.get("DialStatus") != "ANSWER":
            return _NOTHING
        return [OnwardAnswered(channel.call)]

    def _originated(self, message: Message) -> list[Event]:
        uniqueid = message.get("Uniqueid", "")
        channel = self.channels.get(uniqueid)
        if channel is not None:
            if message.get("Response") == "Success":
                return self._told_up(channel)
            channel.originate_reason = message.get("Reason", "")  # of an id in use, too: the live call goes on
        elif uniqueid in self._placed and message.get("Response") != "Success":
            self.stillborn[uniqueid] = self._placed.pop(uniqueid)
        return _NOTHING

    def _hangup_request(self, message: Message) -> list[Event]:
        channel = self._known(message)
        if channel is not None and channel.ended_by is None:
            channel.ended_by = EndedBy.PERSON
        return _NOTHING

    def _hangup(self, message: Message) -> list[Event]:
        self._arrivals.pop(message.get("Uniqueid", ""), None)
        channel = self.channels.remove(message.get("Uniqueid", ""))
        if channel is None:
            return _NOTHING
        cause = number(message.get("Cause")) or 0
        if channel.network_cause and not channel.up:  # our hang-up was the network's word
            return _ended(channel.call, channel.leg, Ending(cause=channel.network_cause, by=EndedBy.SWITCH))
        ending = Ending(cause=cause, tech_cause=number(message.get("TechCause")), by=_ended_by(channel, cause))
        return _ended(channel.call, channel.leg, ending)

    def _bridge_enter(self, message: Message) -> list[Event]:
        channel = self._known(message, adopt=True)
        if channel is None:
            return _NOTHING
        talking = message.get("BridgeTechnology") != "holding_bridge"
        self.channels.enter(channel, message.get("BridgeUniqueid", ""), talking=talking)
        return self._joined(channel) if talking else self._stands(channel, message)

    def _bridge_leave(self, message: Message) -> list[Event]:
        channel = self._known(message)
        if channel is not None and channel.bridge == message.get("BridgeUniqueid"):
            self.channels.leave(channel)
        return _NOTHING

    def _user_event(self, message: Message) -> list[Event]:
        if message.get("UserEvent") == "DialerInbound":
            return self._arrived(message)
        if message.get("UserEvent") == "DialerEarly":
            return self._heard_early(message)
        channel = self._known(message)
        row = self._user_rows.get(message.get("UserEvent", ""))
        return row(channel, message) if channel is not None and row is not None else _NOTHING

    def _spying(self, message: Message) -> list[Event]:
        leg = leg_of(message.get("SpyerUniqueid", ""))
        return [MonitorUp(leg)] if leg is not None else _NOTHING

    def _abandon(self, channel: Channel, _: Message) -> list[Event]:
        channel.abandoned = channel.ends_itself = True
        return [AbandonmentPlayed(channel.call)] if channel.call is not None else _NOTHING

    def _lost(self, channel: Channel, _: Message) -> list[Event]:
        return [CallLeftAlone(channel.call)] if channel.call is not None else _NOTHING

    def _sorry(self, channel: Channel, _: Message) -> list[Event]:
        channel.ends_itself = True
        return _NOTHING

    def _out(self, channel: Channel, message: Message) -> list[Event]:
        answered = message.get("DialStatus") == "ANSWER"
        channel.ends_itself = answered
        return [CallTransferred(channel.call, answered)] if channel.call is not None else _NOTHING

    def _opt_out(self, channel: Channel, _: Message) -> list[Event]:
        channel.ends_itself = True  # behind the wish there is a word of thanks, and no more
        return [OptedOut(channel.call)] if channel.call is not None else _NOTHING

    def _arrived(self, message: Message) -> list[Event]:
        uniqueid = message.get("Uniqueid", "")
        if (number(message.get("Cell")) or 0) != self._cell:  # another cell's, on the same Asterisk
            return _NOTHING
        self._arrivals[uniqueid] = message.get("Channel", "")
        return [CallerArrived(uniqueid, message.get("Caller", ""), message.get("Did", ""))]

    def _heard_early(self, message: Message) -> list[Event]:
        """What was heard before the answer says why nobody will; said too late, it says nothing."""
        channel, cause = self.channels.get(message.get("Call", "")), number(message.get("Cause")) or 0
        if channel is not None and not channel.up and 0 < cause <= _CAUSE_MAX:
            channel.network_cause = cause
        return _NOTHING

    def _callback(self, channel: Channel, message: Message) -> list[Event]:
        return [CallbackAsked(channel.call, message.get("Clock", ""))] if channel.call is not None else _NOTHING

    def _verdict(self, channel: Channel, message: Message) -> list[Event]:
        verdict = _VERDICTS.get(message.get("Verdict", ""), Verdict.UNSURE)
        channel.ends_itself = verdict in MACHINES
        if channel.call is None:
            return _NOTHING
        took_ms, age_ms = (number(message.get(key)) or 0 for key in ("TookMs", "AgeMs"))
        reason = message.get("Reason", "")
        return [*self._told_up(channel), CallScreened(channel.call, verdict, reason, took_ms / 1000, age_ms / 1000)]

    def _message(self, channel: Channel, message: Message) -> list[Event]:
        after_beep = message.get("Heard") == "BEEP"
        return [MessageBegun(channel.call, after_beep)] if channel.call is not None else _NOTHING

    # ---------------------------------------------------------------- facts, told once

    def _told_queued(self, channel: Channel) -> list[Event]:
        if channel.call is None or channel.queued:
            return _NOTHING
        channel.queued = True
        return [CallQueued(channel.call)]

    def _told_progress(self, channel: Channel) -> list[Event]:
        if channel.call is None or channel.progressed:
            return _NOTHING
        channel.progressed = True
        return [CallProgressed(channel.call)]

    def _told_ringing(self, channel: Channel) -> list[Event]:
        if channel.call is None or channel.rang:
            return _NOTHING
        channel.rang = True
        return [CallRang(channel.call)]

    def _told_up(self, channel: Channel) -> list[Event]:
        channel.up = True
        if channel.call is None or channel.answered:
            return _NOTHING
        channel.answered = True
        return [CallAnswered(channel.call)]

    def _joined(self, channel: Channel) -> list[Event]:
        others = sorted(self.channels.partners(channel), key=lambda one: is_third(one.uniqueid))  # agents first
        if channel.call is not None:
            return [CallJoined(channel.call, other.leg) for other in others if other.leg is not None]
        assert channel.leg is not None
        return [CallJoined(other.call, channel.leg) for other in others if other.call is not None]

    def _stands(self, channel: Channel, message: Message) -> list[Event]:
        match message.get("Context"), message.get("Exten"):
            case context, "hold" if channel.call is not None and context == self._settings.customer_context:
                return [CallHeld(channel.call)]
            case context, "queue" if channel.call is not None and context == self._settings.inbound_context:
                return [CallerQueued(channel.call)]
            case context, "idle" if channel.leg is not None and context == self._settings.agent_context:
                return [LegUp(channel.leg)]
            case context, "wait" if channel.leg is not None and context == self._settings.third_context:
                return [ThirdAnswered(channel.leg)]
            case _:
                return _NOTHING

    # ---------------------------------------------------------------- whose channel it is

    def _known(self, message: Message, *, adopt: bool = False) -> Channel | None:
        """The channel that a message speaks of; with `adopt`, one not seen before is remembered where it is ours."""
        uniqueid = message.get("Uniqueid", "")
        channel = self.channels.get(uniqueid)
        if channel is not None or not adopt or not is_ours(message, self._settings, cell=self._cell):
            return channel
        call = call_in(message, cell=self._cell)
        leg = LegId(uniqueid) if call is None else None
        queued = self._placed.pop(uniqueid, False) or self.stillborn.pop(uniqueid, False)
        found = Channel(uniqueid, message.get("Channel", ""), call, leg, queued=queued)
        if call is not None and uniqueid != call_channel(call):  # somebody called us
            found.queued = found.answered = True
            self.channels.adopt(call_channel(call), found)
            return found
        return self.channels.add(found)


def _ended(call: CallId | None, leg: LegId | None, ending: Ending) -> list[Event]:
    if call is not None:
        return [CallEnded(call, ending)]
    return [LegEnded(leg, ending.cause)] if leg is not None else _NOTHING


def _ended_by(channel: Channel, cause: int) -> EndedBy:
    """Who ended it: whoever asked first; else the dialplan where it said so; else, before an answer, our time-out."""
    if channel.ended_by is not None:
        return channel.ended_by
    if channel.ends_itself:
        return EndedBy.DIALPLAN
    timed_out = channel.originate_reason == _TIMED_OUT or (
        not channel.originate_reason and cause in _SILENT_TIME_OUT  # its OriginateResponse may come yet
    )
    return EndedBy.TIMEOUT if timed_out and not channel.up else EndedBy.SWITCH
