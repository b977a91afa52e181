"""Asterisk as the dialer's Switch: stay connected, tell what happens, carry commands out. It decides nothing.

What was sent and not answered is never sent again. After each connect the first thing told is everything that exists.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from panoramisk.message import Message as Answer

from dialer.asterisk.actions import Plan, parties, plan
from dialer.asterisk.channels import Channel
from dialer.asterisk.early_media import EarlyMedia
from dialer.asterisk.link import Link
from dialer.asterisk.names import is_monitor
from dialer.asterisk.protocol import Fields, Message
from dialer.asterisk.reconcile import rows_of
from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.translate import Translator
from dialer.asterisk.waiting import Turns, Waits
from dialer.core.ids import CallId
from dialer.core.messages import (
    AdoptCaller,
    CallAgent,
    CallJoined,
    CallThird,
    Connect,
    ConnectLegs,
    DropLeg,
    Guide,
    HangUp,
    Hold,
    JoinThree,
    Monitor,
    MonitorOther,
    MuteRecording,
    OptedOut,
    PlaceCall,
    SetMonitorMode,
    SwitchCommand,
    SwitchLost,
    SwitchSeen,
    Transfer,
)
from dialer.errors import ActionRefusedError, ConfigError, SwitchUnavailableError
from dialer.ports import Tell

_LISTED, _LIST_ENDS, _BOOTED = "CoreShowChannel", "CoreShowChannelsComplete", "FullyBooted"
_KEPT = "DBGetTreeResponse"
_OPT_OUTS = "dialer-opt-out"  # where the dialplan keeps them until they are taken
_BIRTH_S = 0.3  # between a failed OriginateResponse and a Newchannel that it overtook
_PLACE_S = 1.0  # patience for a channel on its way from one place to the next
_BOOT_S = 20.0  # patience for an Asterisk that takes log-ins before it is fully booted
_STEADY_S = 5.0  # a session that lasted this long starts the back-off afresh

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Listing:
    """One CoreShowChannels on its way."""

    link: Link
    action_id: str
    asked_at: float
    reconnected: bool
    rows: list[Message] = field(default_factory=list)
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class AsteriskSwitch:
    """The Switch port on one Asterisk. `now` gives seconds since 1970, `chance` the jitter of reconnecting."""

    def __init__(
        self, settings: AmiSettings, tell: Tell, *, cell: int, now: Callable[[], float], chance: random.Random
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._cell = cell
        self._now = now
        self._chance = chance
        self._translator = Translator(settings, cell=cell)
        self._early_media = EarlyMedia()
        self._turns = Turns()
        self._waits = Waits()
        self._booted = asyncio.Event()
        self._link: Link | None = None  # in use: logged in and listed
        self._listing: _Listing | None = None
        self._counts = {"events": 0, "listings": 0, "connects": 0, "recordings_failed": 0}

    # ---------------------------------------------------------------- staying connected

    async def run(self) -> None:
        """Connect and stay connected until cancelled. Raises ConfigError where trying again will not help."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while True:
            began_at = loop.time()
            try:
                await self._session()
            except (OSError, SwitchUnavailableError) as error:
                log.warning("no link to Asterisk", action="switch_unavailable", reason=str(error), attempt=attempt)
            attempt = 0 if loop.time() - began_at > _STEADY_S else attempt + 1
            await asyncio.sleep(self._delay_s(attempt))

    def _delay_s(self, attempt: int) -> float:
        longest = min(self._settings.reconnect_max_s, self._settings.reconnect_min_s * 2.0 ** min(attempt, 30))
        return longest * self._chance.uniform(0.5, 1.0)

    async def _session(self) -> None:
        """One link, from connecting to its loss, which is raised."""
        self._translator = Translator(self._settings, cell=self._cell)
        self._early_media = EarlyMedia()
        self._booted.clear()
        wanted = self._translator.wanted | {_LISTED, _LIST_ENDS, _BOOTED, _KEPT}
        link = Link(self._settings, wanted, self._hear)
        try:
            await link.open()
            await self._boot(link)
            self._counts["connects"] += 1
            await self._list(link, reconnected=True)
            link.send({"Action": "DBGetTree", "Family": _OPT_OUTS})  # one older than 16.20 knows it not, and keeps them
            while not (await asyncio.wait({link.lost}, timeout=self._settings.list_every_s))[0]:
                await self._list(link, reconnected=False)
            raise SwitchUnavailableError(link.lost.result())
        finally:
            was_up, self._link = self._link is not None, None
            link.close()
            self._waits.end()
            if was_up:
                self._tell(SwitchLost())

    async def _boot(self, link: Link) -> None:
        booted = asyncio.ensure_future(self._booted.wait())
        waiting: set[asyncio.Future[Any]] = {booted, link.lost}
        try:
            await asyncio.wait(waiting, timeout=_BOOT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            booted.cancel()

    async def _list(self, link: Link, *, reconnected: bool) -> None:
        """Ask for all channels; what they are is told in the order of the wire (`_hear`)."""
        self._counts["listings"] += 1
        listing = _Listing(link, f"cadencia-list-{self._counts['listings']}", self._now(), reconnected)
        self._listing = listing
        [future] = link.send({"Action": "CoreShowChannels", "ActionID": listing.action_id})
        try:
            await link.answer(future)
        except ActionRefusedError as error:
            raise ConfigError(
                f"{error}: the AMI user {self._settings.username!r} may not list channels; "
                "give it read=system,call,user and write=system,call,originate,reporting in manager.conf"
            ) from None
        waiting: set[asyncio.Future[Any]] = {listing.done, link.lost}
        await asyncio.wait(waiting, timeout=self._settings.action_timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if not listing.done.done():
            raise SwitchUnavailableError("the list of channels did not come to its end")

    # ---------------------------------------------------------------- hearing

    def _hear(self, message: Message) -> None:
        """Take one event in. Everything here is done before the next event is looked at."""
        self._counts["events"] += 1
        event, listing = message["Event"], self._listing
        if event == _LISTED:
            if listing is not None and message.get("ActionID") == listing.action_id:
                listing.rows.append(message)
        elif event == _LIST_ENDS:
            if listing is not None and message.get("ActionID") == listing.action_id:
                self._seen(listing)
        elif event == _BOOTED:
            self._booted.set()
        elif event == _KEPT:
            self._take_kept(message)
        else:
            self._translate(message)

    def _translate(self, message: Message) -> None:
        translator = self._translator
        for event in translator.take(message):
            self._tell(event)
            self._send_along(self._early_media.told(event, self._name_of))
        self._send_along(translator.hang_up_early(message))
        if message["Event"] == "OriginateResponse" and (uniqueid := message.get("Uniqueid")) in translator.stillborn:
            asyncio.get_running_loop().call_later(_BIRTH_S, self._bury, translator, uniqueid)
        self._waits.look()

    def _send_along(self, action: Fields | None) -> None:
        """An action that no command asked for, and whose answer changes nothing."""
        if action is not None and self._link is not None:
            self._link.send(action)

    def _take_kept(self, message: Message) -> None:
        """An opt-out by key or word that came while the dialer was dead holds from now on."""
        found, link = self._translator.kept(message), self._link
        if found is not None and link is not None:
            key, call = found
            self._tell(OptedOut(call))
            link.send({"Action": "DBDel", "Family": _OPT_OUTS, "Key": key})

    def _bury(self, translator: Translator, uniqueid: str) -> None:
        for event in translator.bury(uniqueid) if translator is self._translator else ():
            self._tell(event)

    def _seen(self, listing: _Listing) -> None:
        self._listing = None
        self._translator.refresh(listing.rows)
        self._link = listing.link
        rows = rows_of(listing.rows, self._settings, cell=self._cell)
        self._tell(SwitchSeen(rows, listing.asked_at, listing.reconnected))
        listing.done.set_result(None)

    # ---------------------------------------------------------------- carrying out

    async def execute(self, command: SwitchCommand) -> None:
        """Carry one command out; see the port for the errors and the order."""
        async with self._turns.of(*parties(command)):
            link = self._link
            if link is None:
                raise SwitchUnavailableError("there is no link to Asterisk; nothing was sent")
            await link.ready()
            match command:
                case PlaceCall() | CallAgent() | CallThird() | Monitor():
                    await self._originate(link, command)
                case HangUp() | DropLeg():
                    await self._hang_up(link, command)
                case Connect() | ConnectLegs():
                    await self._connect(link, command)
                case AdoptCaller(call, channel):
                    await self._adopt(link, command, call, channel)
                case Guide():
                    await self._carry_out(link, plan(command, self._settings, self._name_of))
                case Hold() | Transfer() | JoinThree():
                    await self._move(link, command)
                case MuteRecording() | MonitorOther() | SetMonitorMode():
                    await self._carry_out(link, plan(command, self._settings, self._name_of))

    async def _originate(self, link: Link, command: PlaceCall | CallAgent | CallThird | Monitor) -> None:
        [uniqueid] = parties(command)
        translator = self._translator
        wanted = plan(command, self._settings, self._name_of)
        translator.placed(uniqueid)
        if isinstance(command, PlaceCall):
            self._early_media.placed(command)
        try:
            await self._carry_out(link, wanted)
        except ActionRefusedError:
            translator.refused(uniqueid)
            raise
        for event in translator.queued(uniqueid):
            self._tell(event)

    async def _adopt(self, link: Link, command: AdoptCaller, call: CallId, uniqueid: str) -> None:
        """Ours from here on; what is said of it meanwhile is said to us."""
        name = self._translator.arrival(uniqueid)
        if not name:
            raise ActionRefusedError(f"there is no caller {uniqueid}; nothing was sent")
        self._translator.adopted(uniqueid, call)
        await self._carry_out(link, plan(command, self._settings, lambda _: name))

    async def _hang_up(self, link: Link, command: HangUp | DropLeg) -> None:
        [uniqueid] = parties(command)
        translator = self._translator
        await self._waits.until(lambda: not translator.expects(uniqueid), patience_s=_PLACE_S)
        translator.dropped(uniqueid)
        wanted = plan(command, self._settings, self._name_of)
        known = translator.channels.get(uniqueid)
        if known is not None:  # a caller's channel has an id of the switch's own
            wanted = Plan(decisive={**wanted.decisive, "Channel": known.uniqueid})
        await self._carry_out(link, wanted)

    async def _connect(self, link: Link, command: Connect | ConnectLegs) -> None:
        first, second = parties(command)
        await self._waits.until(lambda: not self._on_the_way(first, second), patience_s=_PLACE_S)
        wanted = plan(command, self._settings, self._name_of)
        one, other = self._channel(first), self._channel(second)
        self._refuse_theft(command, one, other)
        if not self._are_together(one, other):
            await self._carry_out(link, wanted)
            await self._waits.until(lambda: self._are_together(one, other), patience_s=_PLACE_S)
        elif isinstance(command, Connect):
            # A second Bridge would tear the two apart: only the count and the recording are new.
            await self._carry_out(link, Plan(decisive=wanted.before[0], after=wanted.after))
            self._tell(CallJoined(command.call, command.leg))

    async def _move(self, link: Link, command: Hold | Transfer | JoinThree) -> None:
        """Redirect, and wait for the move itself: Asterisk answers before it is done, and a Bridge then is a race."""
        wanted = plan(command, self._settings, self._name_of)
        channels, channel = self._translator.channels, self._channel(parties(command)[0])
        old, partners = channel.bridge, channels.partners(channel)
        await self._carry_out(link, wanted)
        leaving = isinstance(command, Transfer)
        fallen = partners if len(partners) == 1 else []

        def settled() -> bool:
            gone = channels.get(channel.uniqueid) is None or (
                channel.bridge != old and (leaving or channel.bridge != "")
            )
            return gone and all(channels.get(one.uniqueid) is None or one.bridge not in ("", old) for one in fallen)

        await self._waits.until(settled, patience_s=_PLACE_S)

    async def _carry_out(self, link: Link, wanted: Plan) -> None:
        futures = link.send(*wanted.before, wanted.decisive, *wanted.after)
        decisive = len(wanted.before)
        for future in futures[decisive + 1 :]:
            future.add_done_callback(self._recording_answered)
        try:
            await link.answer(futures[decisive])
        except ActionRefusedError:
            if wanted.undo:
                link.send(*wanted.undo)
            raise

    def _recording_answered(self, future: asyncio.Future[Answer]) -> None:
        if future.cancelled() or future.exception() is not None or not future.result().success:
            self._counts["recordings_failed"] += 1
            log.error("a recording did not start", action="recording_failed")

    # ---------------------------------------------------------------- what is known of channels

    def _channel(self, uniqueid: str) -> Channel:
        channel = self._translator.channels.get(uniqueid)
        if channel is None:
            raise ActionRefusedError(f"there is no channel {uniqueid}; nothing was sent")
        return channel

    def _name_of(self, uniqueid: str) -> str:
        return self._channel(uniqueid).name

    def _on_the_way(self, *uniqueids: str) -> bool:
        standing = [uniqueid for uniqueid in uniqueids if not is_monitor(uniqueid)]  # one that listens is in no bridge
        channels = [self._translator.channels.get(uniqueid) for uniqueid in standing]
        return any(channel is not None and not channel.bridge for channel in channels)

    def _are_together(self, one: Channel, other: Channel) -> bool:
        """Whether the two are alone in one talk."""
        return self._translator.channels.partners(one) == [other]

    def _refuse_theft(self, command: Connect | ConnectLegs, one: Channel, other: Channel) -> None:
        """Asterisk would take anybody out of any talk without a word, and a message it would cut off."""
        if one.abandoned:
            raise ActionRefusedError("the abandonment message plays already; nothing was sent")
        talks = [partner.call for partner in self._translator.channels.partners(other) if partner.call is not None]
        if any(call != getattr(command, "call", None) for call in talks):
            raise ActionRefusedError(f"{other.uniqueid} talks with another call; nothing was sent")

    def health(self) -> dict[str, float | bool | str]:
        """Connected or not, seconds since the last sign of life, ping time, events seen, actions in flight."""
        figures: dict[str, float | bool | str] = {"connected": self._link is not None, **self._counts}
        figures["channels"] = len(self._translator.channels)
        return figures if self._link is None else figures | self._link.health()
