"""What the web settings allow."""

import pytest

from dialer.errors import ConfigError
from dialer.web.settings import WebSettings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_an_open_floor_on_loopback_is_allowed(host: str) -> None:
    assert WebSettings(host=host, open_floor=True).loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.5", "dialer.example", ""])
def test_an_open_floor_on_the_network_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match=r"web\.open_floor"):
        WebSettings(host=host, open_floor=True)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"port": -1}, "port"),
        ({"port": 65_536}, "port"),
        ({"locale": "fr"}, "locale"),
        ({"session_hours": 0}, "session"),
        ({"locale": "es-mx"}, "locale"),
        ({"phone_url": "http://127.0.0.1:8088/ws", "phone_key": "k"}, "phone_url"),
        ({"phone_url": "ws://phones.example/ws", "phone_key": "k"}, "phone_url"),  # in the clear, over a network
        ({"phone_url": "ws://127.0.0.1:8088/ws"}, "phone_key"),
        ({"phone_url": "wss://phones.example/ws", "phone_key": "k", "phone_name": "all"}, "phone_name"),
        *(
            ({"phone_url": "ws://localhost/ws", "phone_key": "k", "supervisor_phones": row}, "supervisor_phones")
            for row in ("901", "901-", "90-901", "950-901", "a-b", "901-9a1")
        ),
    ],
)
def test_a_wrong_value_names_its_key(wrong: dict[str, int | str], key: str) -> None:
    with pytest.raises(ConfigError, match=f"web.{key}"):
        WebSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "known", "foreign"),
    [
        (WebSettings(), "localhost", "evil.example"),
        (WebSettings(hosts=("dialer.example",)), "dialer.example", "evil.example"),
        (WebSettings(host="192.168.0.5", hosts=("dialer.example",)), "192.168.0.5", "localhost"),
    ],
)
def test_the_names_that_are_answered(settings: WebSettings, known: str, foreign: str) -> None:
    assert settings.names is not None
    assert known in settings.names
    assert foreign not in settings.names


def test_on_the_network_any_name_is_answered_unless_names_are_given() -> None:
    assert WebSettings(host="192.168.0.5").names is None


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80"), ("127.0.0.1", "http://127.0.0.1:80")],
)
def test_the_address_for_programs_on_this_machine(host: str, url: str) -> None:
    assert WebSettings(host=host, port=80).url == url


@pytest.mark.parametrize("url", ["ws://127.0.0.1:8088/ws", "ws://localhost/ws", "wss://phones.example:8089/ws"])
def test_phones_in_pages_speak_in_the_clear_on_loopback_alone(url: str) -> None:
    settings = WebSettings(phone_url=url, phone_key="k", phone_name="9{code}", locale="es-419")
    assert url.startswith(settings.phone_origin)
