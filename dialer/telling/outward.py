"""Requests to addresses that others chose: to public ones alone, or to networks that the house allows. One way out.

The address that is connected to is the one that was looked at: a name that answers otherwise the second time gains
nothing. Redirects are not followed, answers not read beyond a little, and nobody takes longer than the limit.
"""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

import httpcore

from dialer.errors import ConfigError, DialerError

TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 16_384
NAMES_AT_ONCE = 8
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class OutwardError(DialerError):
    """The address cannot be told, or may not be. Nothing is known of what it took; try again later, or mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutwardSettings:
    """`allow`: networks of the house's own that webhooks may lie in, as 10.1.0.0/16; all others must be public."""

    allow: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for one in self.allow:
            try:
                ipaddress.ip_network(one)
            except ValueError as error:
                raise ConfigError(f"webhooks.allow: {one!r} is no network; write it as 10.1.0.0/16") from error

    @property
    def networks(self) -> tuple[Network, ...]:
        return tuple(ipaddress.ip_network(one) for one in self.allow)


def check_url(url: str) -> None:
    """Raises OutwardError for an address that is none, or names what it may not."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutwardError("url: cannot be read") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise OutwardError("url: write http(s)://host/path, without a name or password")
    if port == 0 or any(sign <= " " or sign == "\x7f" for sign in url):
        raise OutwardError("url: cannot be read")
    if not url.isascii():
        raise OutwardError("url: plain signs alone; write a host as xn--..., others as %C3%B1")


class _Names:
    """Addresses of names, each looked up in a thread of its own, once at a time.

    A name server may take half a minute to say nothing. In the loop's own threads, which are few, passwords and files
    would wait behind it, and whoever may name an address could keep everybody out.
    """

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def addresses(self, host: str, port: int) -> list[str]:
        """Raises OutwardError."""
        found = self._under_way.get((host, port))
        if found is None:
            if len(self._under_way) >= NAMES_AT_ONCE:
                raise OutwardError(f"{host}: was not looked up: the name servers are slow")
            found = self._begin(host, port)
        try:
            return await asyncio.shield(found)
        except (OSError, ValueError) as error:
            raise OutwardError(f"{host}: has no address") from error

    def _begin(self, host: str, port: int) -> asyncio.Future[list[str]]:
        loop = asyncio.get_running_loop()
        found = self._under_way[host, port] = loop.create_future()
        found.add_done_callback(partial(self._over, host, port))
        threading.Thread(target=_look_up, args=(host, port, loop, found), name="webhook name", daemon=True).start()
        return found

    def _over(self, host: str, port: int, found: asyncio.Future[list[str]]) -> None:
        del self._under_way[host, port]
        if not found.cancelled():
            found.exception()  # seen, though whoever asked may have given up waiting


def _look_up(host: str, port: int, loop: asyncio.AbstractEventLoop, found: asyncio.Future[list[str]]) -> None:
    """What the thread does."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        tell = partial(_settle, found, [str(entry[4][0]) for entry in entries], None)
    except (OSError, ValueError) as error:
        tell = partial(_settle, found, [], error)
    with suppress(RuntimeError):  # the loop ended meanwhile
        loop.call_soon_threadsafe(tell)


def _settle(found: asyncio.Future[list[str]], addresses: list[str], error: Exception | None) -> None:
    if error is not None:
        found.set_exception(error)
    else:
        found.set_result(addresses)


class _Guarded(httpcore.AsyncNetworkBackend):
    """Opens connections to addresses that may be told, and to no other."""

    def __init__(self, allow: Iterable[Network]) -> None:
        self._allow = tuple(allow)
        self._backend = httpcore.AnyIOBackend()
        self._names = _Names()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await self._looked_up(host, port)
        return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise OutwardError("url: a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)

    async def _looked_up(self, host: str, port: int) -> str:
        addresses = await self._names.addresses(host, port)
        if not addresses:
            raise OutwardError(f"{host}: has no address")
        for address in addresses:
            if not self._may(ipaddress.ip_address(address.split("%")[0])):
                raise OutwardError(f"{host}: lies in a network that may not be told; see webhooks.allow")
        return addresses[0]

    def _may(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        plain = _carried(address) or address
        allowed = any(plain in network for network in self._allow if network.version == plain.version)
        return allowed or (plain.is_global and not plain.is_multicast)


def _carried(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: mapped, or by a translator (NAT64, 6to4, Teredo)."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


class Outward:
    """Sends bodies out."""

    def __init__(self, settings: OutwardSettings, *, timeout_s: float = TIMEOUT_S) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=_Guarded(settings.networks),
            max_connections=None,  # each webhook has its own few: of a common store the slow would leave others nothing
            max_keepalive_connections=32,
            keepalive_expiry=15.0,
        )
        self._timeout_s = timeout_s

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that was answered. Raises OutwardError where nothing was."""
        check_url(url)
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            async with asyncio.timeout(self._timeout_s):
                async with self._pool.stream("POST", url, headers=given, content=body) as answer:
                    taken = 0
                    async for part in answer.aiter_stream():
                        taken += len(part)
                        if taken > ANSWER_BYTES_MAX:
                            raise OutwardError("the answer is longer than any that is needed")
                    return int(answer.status)
        except TimeoutError as error:
            raise OutwardError(f"no answer within {self._timeout_s:g} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpcore.ProxyError) as error:
            raise OutwardError(f"{type(error).__name__}: {error}"[:200]) from error
        except (httpcore.UnsupportedProtocol, OSError, ValueError) as error:
            raise OutwardError(f"{type(error).__name__}"[:200]) from error

    async def close(self) -> None:
        await self._pool.aclose()
