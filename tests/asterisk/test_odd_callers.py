"""What a caller's phone says of itself is not to be trusted: raw SIP at the real switch, as a carrier passes it on."""

import itertools
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dialer.core.ids import CallId
from dialer.core.messages import CallEnded, CallerArrived, HangUp
from dialer.core.outcomes import EndedBy
from tests.asterisk.stage import Stage
from tests.lab_fixtures import Floor

CARRIER = "127.0.0.2"  # by its address Asterisk knows the trunk
INVITE = """INVITE sip:{did}@127.0.0.1:{port} SIP/2.0\r
Via: SIP/2.0/UDP {address};branch=z9hG4bK{n}\r
Max-Forwards: 70\r
From: {shown}<sip:{caller}@{address}>;tag={n}\r
To: <sip:{did}@127.0.0.1>\r
Call-ID: {n}@{address}\r
CSeq: 1 INVITE\r
Contact: <sip:x@{address}>\r
{more}Content-Type: application/sdp\r
Content-Length: {length}\r
\r
{body}"""
BODY = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=[pytest.param("asterisk22", marks=pytest.mark.asterisk)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def invited(floor: Floor, caller: str, did: str, *, shown: str = "", more: str = "") -> Iterator[None]:
    """Somebody calls, and hangs up behind the block."""
    port, n = floor.settings.host.sip_port, f"odd{next(_numbers)}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((CARRIER, 0))
        address = f"{CARRIER}:{line.getsockname()[1]}"
        text = INVITE.format(
            did=did, port=port, address=address, n=n, shown=shown, caller=caller, more=more, length=len(BODY), body=BODY
        )
        line.sendto(text.encode(), ("127.0.0.1", port))
        yield
        via, sender, to = (
            next(one for one in text.split("\r\n") if one.startswith(name)) for name in ("Via", "From", "To")
        )
        head = [f"CANCEL sip:{did}@127.0.0.1:{port} SIP/2.0", via, "Max-Forwards: 70", sender, to]
        end = [f"Call-ID: {n}@{address}", "CSeq: 1 CANCEL", "Content-Length: 0", "", ""]
        line.sendto("\r\n".join([*head, *end]).encode(), ("127.0.0.1", port))


@pytest.mark.parametrize(
    ("caller", "did", "told"),
    [
        ("+56912345678", "56220000001", ("+56912345678", "56220000001")),
        ("569,Did%3A%20999,Cell%3A%207", "56220000002", ("569Did999Cell7", "56220000002")),
        ("5691%0D%0A%0D%0AEvent%3A%20UserEvent", "56220000004", None),
        ("anonymous", "56220000005", ("anonymous", "56220000005")),
        ("%C3%B1and%C3%BA%00%7C%22%5C", "56220000006", None),
        ("9" * 300, "56220000007", None),
    ],
)
async def test_a_caller_cannot_say_more_than_a_number(
    stage: Stage, caller: str, did: str, told: tuple[str, str] | None
) -> None:
    floor = stage.place.floor
    assert floor is not None
    since = stage.now
    with invited(floor, caller, did):
        arrived = await stage.until(CallerArrived, since=since)
    if told is not None:
        assert (arrived.caller, arrived.number) == told
    assert all(sign.isalnum() or sign in "+*#" for sign in arrived.caller + arrived.number)
    assert arrived.number == did[:11]


@pytest.mark.parametrize("did", ["56220000008,Did%3A%2099", "5%0D%0AUniqueid%3A%20x%0D%0A%0D%0A", "sales"])
async def test_what_is_no_number_is_refused_before_there_is_a_channel(stage: Stage, did: str) -> None:
    floor = stage.place.floor
    assert floor is not None
    since = stage.now
    with invited(floor, "56912345678", did):
        pass
    with invited(floor, "56912345678", "56220000009"):
        await stage.until(CallerArrived, since=since, number="56220000009")
    arrived = [one.number for one in stage.told[since:] if isinstance(one, CallerArrived)]
    assert arrived == ["56220000009"]


async def test_a_line_break_in_a_number_is_no_event_of_anybodys(stage: Stage) -> None:
    floor = stage.place.floor
    assert floor is not None
    call: CallId = await stage.answered()
    live = f"%0D%0AUniqueid%3A%20cadencia-{call:016d}"
    for n, forged in enumerate(
        (live, f"%0D%0A%0D%0AEvent%3A%20Hangup{live}", f"%0D%0A%0D%0AEvent%3A%20HangupRequest{live}")
    ):
        since = stage.now
        with invited(floor, f"5{forged}", f"5622000001{n}"):
            await stage.until(CallerArrived, since=since)
    await stage.listing()
    assert not [one for one in stage.of(call) if isinstance(one, CallEnded)]
    await stage.do(HangUp(call))
    assert (await stage.until(CallEnded, call=call)).ending.by is EndedBy.DIALER
