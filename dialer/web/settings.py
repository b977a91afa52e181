"""How the web server is set up. Values only, checked where they are born; nothing here opens a socket."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dialer.errors import ConfigError
from dialer.web.oidc_settings import LOOPBACK_NAMES, OidcSettings

LANGUAGES = ("es", "en", "pt")  # the first is shown where the browser likes none of them
_LOCALE = re.compile(rf"(?:{'|'.join(LANGUAGES)})(?:-(?:[A-Z]{{2}}|\d{{3}}))?")
_DIGITS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the console listens and what it lets be seen. Raises ConfigError for what cannot be, or is not safe."""

    host: str = "127.0.0.1"
    port: int = 8080  # 0 = any free one
    open_floor: bool = False  # the floor is readable without sign-in, numbers masked; on loopback alone
    locale: str = ""  # es, en or pt, also with a region (es-MX); empty = as the browser asks
    session_hours: float = 12.0
    hosts: tuple[str, ...] = ()  # further names under which it is reached, where a proxy stands in front
    requests_per_s: float = 1_000.0  # of each caller; twice as many at once
    vicidial_api: bool = False  # serve the calls of VICIdial's APIs that integrators use most
    behind_tls: bool = False  # a proxy in front speaks https: cookies are sent over that alone
    phone_url: str = ""  # Asterisk's WebSocket for phones in the page: ws on loopback, else wss; empty = none
    phone_key: str = ""  # from which their passwords follow: web.phones_key of the Asterisk host
    phone_name: str = "{code}"  # the phone of the agent with that code
    supervisor_phones: str = (
        ""  # a row of names, 901-950: the user with id 1 has the first; empty = none in their pages
    )
    oidc: OidcSettings = field(default_factory=OidcSettings)  # signing in through the house's own accounts

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise ConfigError(f"web.port is {self.port}; it must lie between 0 and 65535")
        if not self.requests_per_s > 0:
            raise ConfigError(f"web.requests_per_s is {self.requests_per_s}; it must be above 0")
        if not 0 < self.session_hours <= 24 * 31:
            raise ConfigError(f"web.session_hours is {self.session_hours}; it must lie between 0 and 744")
        if self.locale and not _LOCALE.fullmatch(self.locale):
            raise ConfigError(
                f"web.locale is {self.locale!r}; it must be one of {', '.join(LANGUAGES)}, with a region where wanted "
                "(es-MX), or empty"
            )
        self._check_phone()
        if self.open_floor and not self.loopback:
            raise ConfigError(
                f"web.open_floor with web.host {self.host!r} would show the floor to the network without sign-in; "
                "set web.host to 127.0.0.1, or web.open_floor to false"
            )

    def _check_phone(self) -> None:
        if not self.phone_url:
            return
        url = urlsplit(self.phone_url)
        if url.scheme not in ("ws", "wss") or not url.hostname:
            raise ConfigError(f"web.phone_url is {self.phone_url!r}; it must be like wss://phones.example:8089/ws")
        if url.scheme == "ws" and url.hostname not in LOOPBACK_NAMES:
            raise ConfigError(
                f"web.phone_url {self.phone_url!r} would carry passwords in the clear, and browsers refuse it: "
                "use wss, with a certificate in [tls] of the Asterisk host"
            )
        if not self.phone_key:
            raise ConfigError("web.phone_key is missing: web.phone_url needs the key of the Asterisk host's phones")
        if not re.fullmatch(r"[A-Za-z0-9_-]*\{code\}[A-Za-z0-9_-]*", self.phone_name):
            raise ConfigError(f"web.phone_name is {self.phone_name!r}; it must hold {{code}}, as in 9{{code}}")
        if self.supervisor_phones and self._supervisor_row is None:
            raise ConfigError(
                f"web.supervisor_phones is {self.supervisor_phones!r}; it must be a row of names, as in 901-950"
            )

    @property
    def _supervisor_row(self) -> range | None:
        first, _, last = self.supervisor_phones.partition("-")
        if not (_DIGITS.fullmatch(first) and _DIGITS.fullmatch(last) and len(first) == len(last)):
            return None
        return range(int(first), int(last) + 1) or None

    def supervisor_phone(self, user: int) -> str:
        """The name of the phone in that user's page; empty where there is none, or the row is too short."""
        row = self._supervisor_row if self.phone_url else None
        width = len(self.supervisor_phones) // 2
        return f"{row[user - 1]:0{width}d}" if row is not None and 1 <= user <= len(row) else ""

    def is_supervisor_phone(self, name: str) -> bool:
        """Whether a phone of that name stands in the row of the supervisors'."""
        row, width = self._supervisor_row, len(self.supervisor_phones) // 2
        return row is not None and bool(_DIGITS.fullmatch(name)) and len(name) == width and int(name) in row

    @property
    def phone_origin(self) -> str:
        """Where a page's phone connects to; empty where there is none."""
        url = urlsplit(self.phone_url)
        return f"{url.scheme}://{url.netloc}" if self.phone_url else ""

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def names(self) -> frozenset[str] | None:
        """The host names that a request may be for; None = any.

        On loopback a page from elsewhere could have its own name point here: only our names are answered.
        """
        if not self.loopback and not self.hosts:
            return None
        own = (self.host, *LOOPBACK_NAMES) if self.loopback else (self.host,)
        return frozenset((*own, *self.hosts))

    @property
    def url(self) -> str:
        """Where a program on this machine reaches it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
