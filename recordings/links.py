"""Short-lived signed links to a recording: who asks through one needs no session, and the log knows whose it was.

The secret lives as long as the process, so a restart ends all links.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

LASTS_S = 300.0
LASTS_LONG_S = 3600.0  # of a playlist, which is heard one after the other


@dataclass(frozen=True, slots=True)
class Link:
    """What a link lets one do: hear this call, or a part of it alone (in seconds), as that person, until then."""

    call: int
    user: int  # whose it is, by id: it lets nobody hear what that one may not hear by then
    by_whom: str
    expires_at: int
    part: tuple[float, float] | None = None


class Links:
    """Signs and reads them."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)

    def query(self, link: Link) -> str:
        """What stands after the ? of an address that opens the call's audio, or that of a part of it."""
        ends = {"from_s": link.part[0], "until_s": link.part[1]} if link.part is not None else {}
        told = {"user": link.user, "by": link.by_whom, "expires": link.expires_at, **ends}
        return urlencode({**told, "signature": self._signature(link)})

    def good(self, link: Link, signature: str, now: float) -> bool:
        """Whether the link is ours, whole and in time."""
        return hmac.compare_digest(self._signature(link).encode(), signature.encode()) and now < link.expires_at

    def _signature(self, link: Link) -> str:
        of = f"{link.part[0]!r} {link.part[1]!r}" if link.part is not None else "whole"
        told = f"{link.call}\n{link.user}\n{link.expires_at}\n{of}\n{link.by_whom}".encode()
        return hmac.new(self._secret, told, hashlib.sha256).hexdigest()
