"""AMI on the wire, as a server sees it: actions in, responses and events out. No sockets, no clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Fields: TypeAlias = Sequence[tuple[str, str]]  # in order; a name may come twice

ACTION_BYTES_MAX = 65_536


class WireError(Exception):
    """The client sent what is no AMI. Close the connection."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action. Header names are compared without regard to case, as Asterisk does."""

    headers: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    def get_all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key.lower() == name.lower())


class Parser:
    """Cuts a stream of bytes into actions, wherever the network cut it."""

    def __init__(self) -> None:
        self._unread = b""

    def feed(self, data: bytes) -> Iterator[Action]:
        *blocks, self._unread = (self._unread + data).split(b"\r\n\r\n")
        if len(self._unread) > ACTION_BYTES_MAX:
            raise WireError(f"an action of over {ACTION_BYTES_MAX} bytes")
        return (parse(block) for block in blocks if block.strip())


def parse(block: bytes) -> Action:
    pairs = (line.partition(":") for line in block.decode("utf-8", "replace").split("\r\n") if ":" in line)
    return Action(tuple((key.strip(), value.strip()) for key, _, value in pairs))


def encode(fields: Fields) -> bytes:
    lines = [f"{key}: {value}" for key, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
