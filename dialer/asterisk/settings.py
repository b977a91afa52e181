"""What the AMI side must be told: where Asterisk is, who we are to it, and the names that its dialplan uses."""

import re
from dataclasses import dataclass, field

from dialer.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9_-]+")
# Asterisk joins MixMonitor's parts with commas and reads brackets in its options: none of that may be in a path.
_PATH = re.compile(r"[A-Za-z0-9_./-]+")
_POSITIVE = (
    "agent_ring_s",
    "third_ring_s",
    "action_timeout_s",
    "ping_every_s",
    "list_every_s",
    "reconnect_min_s",
    "reconnect_max_s",
)
_CONTEXTS = ("customer_context", "agent_context", "third_context", "spy_context", "inbound_context")


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiSettings:
    """One Asterisk's manager interface. Raises ConfigError where a value cannot be used."""

    username: str
    secret: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 5038
    recordings_dir: str = "/var/spool/asterisk/cadencia"  # as Asterisk sees it; it makes the folders beneath itself
    customer_context: str = "dialer-customer"
    agent_context: str = "dialer-agent"
    third_context: str = "dialer-third"
    inbound_context: str = "dialer-inbound"
    spy_context: str = "dialer-spy"
    agent_ring_s: float = 30.0
    third_ring_s: float = 30.0
    action_timeout_s: float = 5.0
    ping_every_s: int = 5  # one ping unanswered when the next is due: the link is dead
    list_every_s: float = 15.0
    reconnect_min_s: float = 0.25
    reconnect_max_s: float = 15.0

    def __post_init__(self) -> None:
        for key in _CONTEXTS:
            if not _NAME.fullmatch(getattr(self, key)):
                raise ConfigError(f"asterisk.{key} = {getattr(self, key)!r}: use letters, digits, - and _ only")
        if not _PATH.fullmatch(self.recordings_dir) or not self.recordings_dir.startswith("/"):
            raise ConfigError(
                f"asterisk.recordings_dir = {self.recordings_dir!r}: give a full path of letters, digits and . _ - /"
            )
        if not 0 < self.port < 1 << 16:
            raise ConfigError(f"asterisk.port = {self.port}: give 1 to 65535, 5038 as a rule")
        for key in _POSITIVE:
            if getattr(self, key) <= 0:
                raise ConfigError(f"asterisk.{key} = {getattr(self, key)}: give a time above 0")
        for key in ("username", "secret"):
            if not getattr(self, key) or not getattr(self, key).isprintable():
                raise ConfigError(f"asterisk.{key}: give a text without line breaks")
