"""A listing of all channels, as rows of our terms."""

from dialer.asterisk.names import call_channel
from dialer.asterisk.protocol import Message
from dialer.asterisk.reconcile import rows_of, talks_in
from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.model import ChannelRow
from tests.asterisk.tracing import SETTINGS

AGENT_1, AGENT_2, THIRD = LegId("cadencia-a1-5"), LegId("cadencia-a2-5"), LegId("cadencia-t9")


def row(uniqueid: str, place: str, bridge: str, *, state: str = "6", variables: str = "") -> Message:
    context, _, exten = place.partition(",")
    return {
        "Event": "CoreShowChannel",
        "Uniqueid": uniqueid,
        "Context": context,
        "Exten": exten,
        "BridgeId": bridge,
        "ChannelState": state,
        "ChanVariable": variables,
    }


LISTING = [
    row(call_channel(CallId(1)), "from-trunk,s", "", state="5"),
    row(call_channel(CallId(2)), "dialer-customer,park", "parked", variables="DIALER_PLACE=park\nDIALER_TALK="),
    row(call_channel(CallId(3)), "dialer-customer,park", "parked", variables="DIALER_PLACE=park\nDIALER_TALK="),
    row(call_channel(CallId(4)), "dialer-customer,hold", "talk", variables="DIALER_PLACE=hold\nDIALER_TALK=2"),
    row(THIRD, "dialer-third,wait", "talk"),
    row(AGENT_1, "dialer-agent,idle", "talk"),
    row(AGENT_2, "dialer-agent,idle", "idle"),
    row("asterisk-1.7", "dialer-agent,idle", "idle", variables="DIALER_AGENT=12"),
    row("asterisk-1.9", "from-trunk,s", "elsewhere"),
]


def test_each_channel_of_ours_is_a_row() -> None:
    assert rows_of(LISTING, SETTINGS, cell=0) == (
        ChannelRow(call=CallId(1), rings=True),
        ChannelRow(call=CallId(2), place="park", up=True),
        ChannelRow(call=CallId(3), place="park", up=True),
        ChannelRow(call=CallId(4), place="hold", up=True, talking_with=AGENT_1, talks=2),
        ChannelRow(leg=THIRD, place="wait", up=True, talking_with=AGENT_1),
        ChannelRow(leg=AGENT_1, agent=AgentId(1), place="idle", up=True, talking_with=THIRD),
        ChannelRow(leg=AGENT_2, agent=AgentId(2), place="idle", up=True),
        ChannelRow(leg=LegId("asterisk-1.7"), agent=AgentId(12), place="idle", up=True),
    )


def test_those_who_wait_in_one_place_share_a_bridge_and_do_not_talk() -> None:
    assert talks_in(LISTING, SETTINGS) == {"talk"}


def test_a_talk_with_an_outside_party_is_a_talk_with_no_leg() -> None:
    listing = [
        row(call_channel(CallId(4)), "dialer-customer,out", "away", variables="DIALER_PLACE=out"),
        row("asterisk-1.8", "from-trunk,", "away"),
    ]
    assert rows_of(listing, SETTINGS, cell=0) == (ChannelRow(call=CallId(4), place="out", up=True),)


def test_another_cells_calls_are_left_out() -> None:
    assert all(row.call is None for row in rows_of(LISTING, SETTINGS, cell=1))
