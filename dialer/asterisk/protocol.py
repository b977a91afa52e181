"""AMI as text: bytes to messages and header checks. No sockets, no meaning.

Events that nobody asked for are dropped before they are parsed: that is most of what Asterisk says. So are those that a
caller's number forged.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from dialer.errors import ActionRefusedError, SwitchUnavailableError

Message: TypeAlias = dict[str, str]
Fields: TypeAlias = Mapping[str, str | tuple[str, ...]]

BLOCK_SIZE_MAX = 1 << 18  # bytes of one message; the largest that Asterisk sends us has about 1 kB
BANNER_SIZE_MAX = 200
_BANNER = b"Asterisk Call Manager/"
_END = b"\r\n\r\n"
_REPEATED = frozenset({"ChanVariable", "Variable"})
# How every event of a channel begins, and it has one Uniqueid. Asterisk writes a caller's number as it came (79
# characters of it), line breaks and all, and with them headers and events of the caller's own: this they cannot hold.
_OF_CHANNEL = re.compile(
    rb"\r\nChannel: [^\r\n]+\r\nChannelState: \d+\r\nChannelStateDesc: [^\r\n]*\r\nCallerIDNum: [^\r\n]*"
    rb"\r\nCallerIDName: [^\r\n]*\r\nConnectedLineNum: [^\r\n]*\r\nConnectedLineName: "
)
_SAY_LESS = frozenset(
    {b"Rename", b"OriginateResponse"}
)  # of a channel; nor is there room for what would make one matter
_FORBIDDEN = re.compile(r"[\r\n\0]")


class Parser:
    """Cuts a stream of bytes into messages, wherever the network cut it."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self.version = ""
        self.skipped = 0
        self._wanted = frozenset(name.encode() for name in wanted)
        self._unread = b""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete: responses, and the events that are wanted.

        Raises SwitchUnavailableError where the other side does not speak AMI.
        """
        unread = self._unread + data if self._unread else data
        if not self.version:
            unread = self._read_banner(unread)
        *blocks, self._unread = unread.split(_END)
        if len(self._unread) > BLOCK_SIZE_MAX:
            raise SwitchUnavailableError(f"a message of over {BLOCK_SIZE_MAX} bytes came from Asterisk")
        return [parse(block) for block in blocks if self._is_wanted(block)]

    def _read_banner(self, unread: bytes) -> bytes:
        line, end, rest = unread.partition(b"\r\n")
        fits = line.startswith(_BANNER) if end else _BANNER.startswith(line[: len(_BANNER)])
        if not fits or len(line) > BANNER_SIZE_MAX:
            raise SwitchUnavailableError("the port answered, but not as an Asterisk manager does: is it the AMI port?")
        if not end:
            return unread
        self.version = line[len(_BANNER) :].decode("ascii", "replace") or "?"
        return rest

    def _is_wanted(self, block: bytes) -> bool:
        if not block.startswith(b"Event: "):
            return bool(block.strip())
        end = block.find(b"\r\n")
        name = block[7:end] if end > 0 else block[7:]
        if name in self._wanted and (name in _SAY_LESS or _is_unforged(block)):
            return True
        self.skipped += 1
        return False


def _is_unforged(block: bytes) -> bool:
    count = block.count(b"\r\nUniqueid: ")
    return count == 0 or (count == 1 and _OF_CHANNEL.search(block) is not None)


def parse(block: bytes) -> Message:
    """One message. The first of several equal headers counts, so that a later one cannot forge the channel's own;
    of those that are meant to repeat, all are kept, one to a line."""
    message: Message = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        key, _, value = line.partition(": ")
        if key not in message:
            message[key] = value
        elif key in _REPEATED:
            message[key] += "\n" + value
    return message


def number(text: str | None) -> int | None:
    """A whole number as Asterisk writes it, or None."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None


def check(fields: Fields) -> None:
    """Raise ActionRefusedError where a header would break out of its line: it could carry another action."""
    for key, value in fields.items():
        for text in (key, *((value,) if isinstance(value, str) else value)):
            if _FORBIDDEN.search(text):
                raise ActionRefusedError(f"{fields.get('Action')}: line break or NUL in {key!r}; nothing was sent")


def pairs(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Variables as Originate's repeated header takes them. Raises ActionRefusedError for what Asterisk would split."""
    for name, value in variables.items():
        if any(sign in value for sign in ',"\\'):
            raise ActionRefusedError(f"{name} = {value!r}: comma, quote and backslash cannot be sent; nothing was sent")
    return tuple(f"{name}={value}" for name, value in variables.items())
