"""Bytes to messages and headers to bytes, whatever the network and the people in the data do."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.asterisk.protocol import BLOCK_SIZE_MAX, Fields, Message, Parser, check, number, pairs, parse
from dialer.errors import ActionRefusedError, SwitchUnavailableError

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = (
    BANNER
    + (
        "Response: Success\r\nActionID: 1\r\nMessage: José Ñandú 李\r\n\r\n"
        "Event: VarSet\r\nVariable: X\r\nValue: 1\r\n\r\n"
        "Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/t-1\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"
        "CallerIDNum: 1\r\nCallerIDName: ü\r\nConnectedLineNum: 2\r\nConnectedLineName: \r\n"
        "Uniqueid: ü\r\nAccountCode: \r\nCause: 16\r\n\r\n"
        "\r\n\r\n"
        "Event: OriginateResponse\r\nResponse: Failure\r\nActionID: 7\r\n\r\n"
    ).encode()
)
WANTED = {"Hangup", "OriginateResponse"}


def read(pieces: list[bytes]) -> list[Message]:
    parser = Parser(WANTED)
    return [message for piece in pieces for message in parser.feed(piece)]


WHOLE = read([STREAM])


def test_a_stream_is_read_whole() -> None:
    assert [message.get("Event", "-") for message in WHOLE] == ["-", "Hangup", "OriginateResponse"]
    assert WHOLE[0]["Message"] == "José Ñandú 李"
    assert WHOLE[1]["AccountCode"] == ""


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_the_same_messages_however_the_network_cuts_them(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[a:b] for a, b in pairwise(places)]) == WHOLE


def test_the_same_messages_byte_by_byte() -> None:
    assert read([bytes([byte]) for byte in STREAM]) == WHOLE


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_no_bytes_do_harm(pieces: list[bytes]) -> None:
    parser = Parser(WANTED)
    parser.feed(BANNER)
    for message in (message for piece in pieces for message in parser.feed(piece)):
        assert all(isinstance(value, str) for value in message.values())


def test_what_nobody_wants_is_counted_and_not_parsed() -> None:
    parser = Parser(WANTED)
    parser.feed(STREAM)
    assert parser.skipped == 1
    assert parser.version == "11.0.0"


def test_bytes_that_are_no_text_do_not_hide_a_message() -> None:
    assert read([BANNER + b"Event: Hangup\r\nChannel: \xff\xfe\r\n\r\n"]) == [
        {"Event": "Hangup", "Channel": "\N{REPLACEMENT CHARACTER}" * 2}
    ]


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0", b"\r\n", b"Asterisk Call Manager/" + b"9" * 300]
)
def test_another_service_is_told_apart_from_ami(first: bytes) -> None:
    with pytest.raises(SwitchUnavailableError, match="AMI port"):
        Parser(WANTED).feed(first)


def test_a_message_without_end_is_refused() -> None:
    parser = Parser(WANTED)
    parser.feed(BANNER + b"x" * BLOCK_SIZE_MAX)
    with pytest.raises(SwitchUnavailableError, match="bytes"):
        parser.feed(b"x")


def test_a_later_header_cannot_forge_the_channels_own() -> None:
    message = parse(b"Event: UserEvent\r\nUniqueid: mine\r\nUserEvent: X\r\nUniqueid: other\r\nEvent: Hangup")
    assert message == {"Event": "UserEvent", "Uniqueid": "mine", "UserEvent": "X"}


NUMBER_MAX = 79  # signs of a caller's number that Asterisk keeps
LIVE = "Uniqueid: cadencia-0000000000000007"


@pytest.mark.parametrize(
    "number",
    [
        f"5\r\n{LIVE}",
        f"5\r\nExten: s\r\nPriority: 1\r\n{LIVE}",
        f"\r\n\r\nEvent: Hangup\r\n{LIVE}",
        f"\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\n{LIVE}",
        f"\r\n\r\nEvent: Hangup\r\n{LIVE}\r\nCallerIDNum: 5",
        f"\r\n\r\nEvent: Hangup\r\nChannel: x\r\n{LIVE}",
        "\r\n\r\nEvent: Hangup\r\nChannel: x\r\nChannelState: 6\r\nChannelStateDesc: U",
        f"\r\n\r\nEvent: Hangup\r\n{LIVE}\r\n\r\n",
        f"5\r\n{LIVE}\r\n\r\n",
    ],
)
@pytest.mark.parametrize("event", ["Hangup", "OriginateResponse"])
def test_a_callers_number_cannot_forge_an_event_of_another_channel(event: str, number: str) -> None:
    assert len(number) <= NUMBER_MAX
    told = (
        "Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/t-1\r\nChannelState: 4\r\nChannelStateDesc: Ring\r\n"
        f"CallerIDNum: {number.replace('Hangup', event)}\r\nCallerIDName: \r\nConnectedLineNum: 2\r\n"
        "ConnectedLineName: \r\nExten: s\r\nPriority: 1\r\n"
        "Uniqueid: 1.1\r\nCause: 0\r\n\r\n"
    )
    forged = [one for one in read([BANNER + told.encode()]) if "cadencia-" in one.get("Uniqueid", "")]
    assert [one for one in forged if one["Event"] == "Hangup" or "Response" in one] == []


def test_headers_that_repeat_are_all_kept() -> None:
    assert parse(b"Event: X\r\nChanVariable: A=1\r\nChanVariable: B=2")["ChanVariable"] == "A=1\nB=2"


@pytest.mark.parametrize("bad", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\0b"])
@pytest.mark.parametrize("where", ["key", "value", "list"])
def test_a_value_cannot_carry_another_action(bad: str, where: str) -> None:
    wheres: dict[str, Fields] = {"key": {bad: "x"}, "value": {"CallerID": bad}, "list": {"Variable": ("a=1", bad)}}
    with pytest.raises(ActionRefusedError, match="nothing was sent"):
        check({"Action": "Originate", **wheres[where]})


@given(st.dictionaries(st.text(), st.text()))
def test_what_passes_the_check_stays_on_its_line(fields: dict[str, str]) -> None:
    try:
        check(fields)
    except ActionRefusedError:
        return
    text = "\r\n".join(f"{key}: {value}" for key, value in fields.items())
    assert len(text.encode().split(b"\r\n")) == max(1, len(fields))
    assert b"\n" not in text.encode().replace(b"\r\n", b"")


@pytest.mark.parametrize("bad", ["a,b", 'a"b', "a\\b"])
def test_variables_that_asterisk_would_split_are_refused(bad: str) -> None:
    with pytest.raises(ActionRefusedError, match="DIALER_MESSAGE"):
        pairs({"DIALER_MESSAGE": bad})


@pytest.mark.parametrize(
    ("text", "value"),
    [("16", 16), ("0", 0), ("", None), (None, None), ("-1", None), ("٣", None), ("1e3", None), ("9" * 5000, None)],
)
def test_numbers(text: str | None, value: int | None) -> None:
    assert number(text) == value
