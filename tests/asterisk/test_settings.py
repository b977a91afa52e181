"""What cannot be used is refused by name."""

import pytest

from dialer.asterisk.settings import AmiSettings
from dialer.errors import ConfigError


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("recordings_dir", "relative/path"),
        ("recordings_dir", "/var/a,b"),
        ("recordings_dir", "/var/a)t(b"),
        ("recordings_dir", "/var/my files"),
        ("customer_context", "dialer customer"),
        ("agent_context", ""),
        ("third_context", "x\r\nAction: Logoff"),
        ("username", ""),
        ("port", 0),
        ("port", 70_000),
        ("ping_every_s", 0),
        ("reconnect_min_s", -1.0),
        ("secret", "a\r\nb"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(key: str, value: object) -> None:
    given = {"username": "dialer", "secret": "good", key: value}
    with pytest.raises(ConfigError, match=f"asterisk.{key}"):
        AmiSettings(**given)  # type: ignore[arg-type]


def test_the_secret_is_not_shown() -> None:
    assert "hush" not in repr(AmiSettings(username="dialer", secret="hush"))
