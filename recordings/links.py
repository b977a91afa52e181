"""Short-lived signed links to a recording: who asks through one needs no session, and the log knows whose it was.

The secret lives as long as the process, so a restart ends all links.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

LASTS_S = 300.0
LASTS_MAX_S = 3600.0


@dataclass(frozen=True, slots=True)
class Link:
    """What a link lets one do: hear this call, or a part of it alone (in seconds), as that person, until then."""

    call: int
    by_whom: str
    expires_at: int
    part: tuple[float, float] | None = None


class Links:
    """Signs and reads them."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)

    def query(
        self, call: int, by_whom: str, now: float, lasts_s: float = LASTS_S, *, part: tuple[float, float] | None = None
    ) -> str:
        """What stands after the ? of an address that opens the call's audio, or that of a part of it."""
        link = Link(call, by_whom, int(now + min(lasts_s, LASTS_MAX_S)), part)
        ends = {"from_s": part[0], "until_s": part[1]} if part is not None else {}
        return urlencode({"by": by_whom, "expires": link.expires_at, **ends, "signature": self._signature(link)})

    def read(
        self,
        call: int,
        by_whom: str,
        expires_at: int,
        signature: str,
        now: float,
        *,
        part: tuple[float, float] | None = None,
    ) -> Link | None:
        """The link where it is ours, whole and in time."""
        link = Link(call, by_whom, expires_at, part)
        good = hmac.compare_digest(self._signature(link).encode(), signature.encode())
        return link if good and now < expires_at else None

    def _signature(self, link: Link) -> str:
        of = f"{link.part[0]!r} {link.part[1]!r}" if link.part is not None else "whole"
        told = f"{link.call}\n{link.expires_at}\n{of}\n{link.by_whom}".encode()
        return hmac.new(self._secret, told, hashlib.sha256).hexdigest()
