"""Whom the console believes beside its own passwords: a provider of OpenID Connect. Values only."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dialer.errors import ConfigError
from dialer.store.rows import Role

AGENT = "agent"  # beside the roles of users
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcRole:
    """Who has `value` in the claim is let in with `role`, or as an agent; of a client's role, `client` is its name."""

    value: str
    role: str
    client: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """`public_url` is where browsers reach us; the provider must know PUBLIC_URL/sign-in/back. Raises ConfigError."""

    issuer: str = ""  # empty: local accounts alone
    client_id: str = ""
    client_secret: str = field(default="", repr=False)  # empty: a public client; PKCE is used either way
    public_url: str = ""
    label: str = ""  # on the button; empty: the issuer's host
    claim: str = "groups"  # of the id token; a text or a list of texts
    login_claim: str = "preferred_username"
    roles: tuple[OidcRole, ...] = ()  # the first that fits

    def __post_init__(self) -> None:
        if not self.issuer:
            return
        for key in ("issuer", "public_url"):
            if not is_safe(getattr(self, key)):
                raise ConfigError(f"web.oidc.{key} is {getattr(self, key)!r}; it must be an address with https://")
        if not self.client_id:
            raise ConfigError("web.oidc.client_id is missing: the provider gives it")
        if not self.roles:
            raise ConfigError("[[web.oidc.roles]]: at least one is needed, with value and role; else nobody is let in")
        for one in self.roles:
            if one.role not in {*Role, AGENT}:
                raise ConfigError(f"web.oidc.roles: role is {one.role!r}; there are: {', '.join((*Role, AGENT))}")
            if (one.role == Role.CLIENT) is not bool(one.client):
                raise ConfigError(
                    f"web.oidc.roles of {one.value!r}: the role client, and no other, needs client's name"
                )

    @property
    def back(self) -> str:
        """Where the provider sends browsers back to."""
        return self.public_url.rstrip("/") + "/sign-in/back"

    @property
    def name(self) -> str:
        """What the provider is called on the button."""
        return self.label or str(urlsplit(self.issuer).hostname)


def is_safe(address: str) -> bool:
    """https; plain http on this machine alone."""
    try:
        url = urlsplit(address)
        host = url.hostname
    except ValueError:
        return False
    return bool(host) and (url.scheme == "https" or (url.scheme == "http" and host in LOOPBACK_NAMES))
