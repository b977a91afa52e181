"""Laws of the codec: every message comes back equal, and what is no message is refused by name."""

from dataclasses import fields, replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.detection import Detection, OnMachine
from dialer.core.ids import CallId, CampaignId, ClientId
from dialer.core.inbound import Inbound
from dialer.core.messages import CallEnded, Command, CommandFailed, Event, HangUp, Hold
from dialer.core.model import Campaign, Mode, Recycling
from dialer.core.outcomes import EndedBy, Ending
from dialer.core.rules import EVERY_DAY, Rules, Window
from dialer.core.screen_pop import ScreenPop
from dialer.core.selection import Cap, Order, Part, Scope, Selection
from dialer.store.codec import CodecError, decode, encode, from_json, to_json
from pacing import Rule, Settings, VicidialOptions

st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(
    Window,
    st.builds(
        Window,
        st.lists(st.sampled_from(EVERY_DAY), min_size=1, max_size=3).map(tuple),
        st.integers(0, 700),
        st.integers(701, 1440),
    ),
)
st.register_type_strategy(
    Detection,
    st.sampled_from([Detection(), Detection(on=True, on_machine=OnMachine.MESSAGE, message="hello", language="pt")]),
)
st.register_type_strategy(
    ScreenPop, st.sampled_from([ScreenPop(), ScreenPop(template="https://crm.example/{external_id}")])
)
st.register_type_strategy(Inbound, st.sampled_from([Inbound(), Inbound(windows=(Window((0, 6), 60, 120),))]))
st.register_type_strategy(Rule, st.builds(Rule, st.floats(0, 0.5)))
st.register_type_strategy(VicidialOptions, st.just(VicidialOptions()))
st.register_type_strategy(
    Campaign,
    st.builds(
        Campaign, **{field.name: ... for field in fields(Campaign)} | {"wait_max_s": st.integers(3, 60).map(float)}
    ),
)
st.register_type_strategy(
    Recycling, st.builds(Recycling, st.none() | st.floats(0, 1e6), st.floats(1, 9), campaign=st.none() | st.just(3))
)
st.register_type_strategy(
    Selection,
    st.builds(
        Selection,
        order=st.sampled_from([one for one in Order if one is not Order.EXPRESSION]),
        filter=st.sampled_from(["", "balance > 1"]),
        parts=st.sampled_from([(), (Part("old", 'segment = "old"', 0.5, 9, None),)]),
        caps=st.sampled_from([(), (Cap(Scope.ACCOUNT, 2, 86_400.0),)]),
    ),
)
st.register_type_strategy(Settings, st.builds(Settings, rules=st.lists(st.builds(Rule, st.floats(0, 0.5))).map(tuple)))

MESSAGES = sorted({kind for union in (Event, Command) for kind in get_args(union)}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_message_comes_back_equal(kind: type[Event | Command], data: st.DataObject) -> None:
    message = data.draw(st.from_type(kind))
    again = decode(encode(message))
    assert again == message
    assert type(again) is type(message)


def test_a_command_inside_an_event_keeps_its_kind() -> None:
    # The two have the same fields: only the tag tells them apart.
    for command in (HangUp(CallId(7)), Hold(CallId(7))):
        assert decode(encode(CommandFailed(command, "no link", lost=True))) == CommandFailed(
            command, "no link", lost=True
        )


def test_enumerations_come_back_as_themselves() -> None:
    again = decode(encode(CallEnded(CallId(1), Ending(cause=16, by=EndedBy.PERSON))))
    assert isinstance(again, CallEnded)
    assert again.ending.by is EndedBy.PERSON


def test_no_limit_is_not_the_default_limit() -> None:
    campaign = Campaign(
        id=CampaignId(1),
        client=ClientId(1),
        name="spring",
        mode=Mode.PREDICTIVE,
        rules=Rules(number_dials_24h_max=None, windows=(Window((0, 6), 60, 120),)),
        recycling=(("busy", Recycling(None)), ("no_answer", Recycling(60.0))),
    )
    again = from_json(Campaign, to_json(campaign))
    assert again == campaign
    assert again != replace(campaign, rules=replace(campaign.rules, number_dials_24h_max=3))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "nonsense", '{"type":"Unheard"}', '{"type":"CallRang"}', '{"type":"CallRang","call":1,"more":2}'],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        decode(text)
