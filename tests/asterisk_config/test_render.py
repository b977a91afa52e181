"""Rendering is complete, the same each time, and says what was set."""

from asterisk_config.check import FILES
from asterisk_config.dialplan import OUTWARD_APPLICATIONS, applications, contexts
from asterisk_config.modules import REQUIRED, USEFUL
from asterisk_config.parse import Configuration, loads
from asterisk_config.render import render
from asterisk_config.settings import Settings, read_settings

SETTINGS = """
[manager]
secret = "manager-secret"
user = "cadencia"
permit = ["10.1.2.3"]
[host]
sip_address = "10.1.2.4"
tones = "mx"
[agi]
port = 4574
[web]
port = 8088
[tls]
certificate = "/etc/ssl/a.pem"
private_key = "/etc/ssl/a.key"
sip_port = 5061
web_port = 8089
manager_port = 5039
[dialplan]
wait_s = 3
sign_in_code = "*77"
[sounds]
abandon = "/var/sounds/sorry-es"
[[trunk]]
name = "north"
host = "sip.north.example"
lines = 30
calls_per_second = 2
username = "me"
password = "trunk-secret"
register = true
transport = "tls"
[[trunk]]
name = "south"
host = "192.0.2.7"
networks = ["192.0.2.0/24", "198.51.100.1"]
lines = 5
calls_per_second = 0.5
from_domain = "south.example"
[[phone]]
name = "1001"
count = 2
password = "secret-{name}"
[[phone]]
name = "2001"
password = "secret-2001"
webrtc = true
[[phone]]
name = "3001"
contact = "sip:3001@127.0.0.3:5080"
rtp_timeout_s = 0
"""


def settings() -> Settings:
    return read_settings(SETTINGS)


def rendered(name: str) -> Configuration:
    return loads(render(settings())[name])


def test_the_same_settings_give_the_same_text() -> None:
    assert render(settings()) == render(settings())


def test_every_file_can_be_read_back() -> None:
    files = render(settings())
    assert set(FILES) <= set(files)
    for name, text in files.items():
        loads(text)
        assert text.startswith(("; ", "\n; ", "[")), name
        assert text.endswith("\n"), name


def test_secrets_stand_only_where_asterisk_needs_them() -> None:
    for name, text in render(settings()).items():
        assert ("manager-secret" in text) == (name == "manager.conf")
        assert ("trunk-secret" in text) == (name == "pjsip.conf")


def test_a_trunk_with_an_account_registers_and_one_without_is_known_by_its_networks() -> None:
    pjsip = rendered("pjsip.conf")
    assert [one.name for one in pjsip.typed("registration")] == ["north"]
    north, south = (next(one for one in pjsip.typed("endpoint") if one.name == name) for name in ("north", "south"))
    assert north.value("outbound_auth") == "north"
    assert north.value("transport") == "tls"
    assert north.value("device_state_busy_at") == "30"
    assert south.value("outbound_auth") == ""
    assert south.value("from_domain") == "south.example"
    matches = {one.value("endpoint"): one.value("match") for one in pjsip.typed("identify")}
    assert matches == {"north": "sip.north.example", "south": "192.0.2.0/24,198.51.100.1"}


def test_nobody_but_the_dialer_transfers() -> None:
    pjsip = rendered("pjsip.conf")
    endpoints = [one for one in pjsip.typed("endpoint") if one.value("context").startswith("from-")]
    assert len(endpoints) == 6
    assert {one.value("allow_transfer") for one in endpoints} == {"no"}


def test_each_phone_is_an_endpoint_with_its_address_and_password() -> None:
    pjsip = rendered("pjsip.conf")
    phones = {one.name: one for one in pjsip.typed("endpoint") if one.value("context") == "from-agent"}
    assert list(phones) == ["1001", "1002", "2001", "3001"]
    passwords = {one.value("username"): one.value("password") for one in pjsip.typed("auth")}
    assert passwords == {"me": "trunk-secret", "1001": "secret-1001", "1002": "secret-1002", "2001": "secret-2001"}
    contacts = {one.name: one.value("contact") for one in pjsip.typed("aor")}
    assert contacts["1001"] == ""
    assert contacts["3001"] == "sip:3001@127.0.0.3:5080"
    assert phones["2001"].is_on("webrtc")
    assert phones["1001"].value("rtp_timeout") == "6"
    assert phones["3001"].last("rtp_timeout") is None


def test_a_phone_without_password_is_known_by_its_address_alone() -> None:
    phone = next(one for one in rendered("pjsip.conf").typed("endpoint") if one.name == "3001")
    assert phone.value("permit") == "127.0.0.3/255.255.255.255"
    assert phone.value("deny") == "0.0.0.0/0.0.0.0"


def test_nobody_outside_can_dial_outwards() -> None:
    found = contexts(rendered("extensions.conf"))
    for context in ("from-trunk", "from-agent", "dialer-refuse", "dialer-agent"):
        for steps in found[context].extensions.values():
            assert not OUTWARD_APPLICATIONS & set(applications(steps))
    assert found["dialer-refuse"].extensions == {}


def test_no_agi_stands_between_an_answer_and_the_end_of_the_message() -> None:
    customer = contexts(rendered("extensions.conf"))["dialer-customer"].extensions
    for extension in ("park", "after", "abandon", "lost", "hold", "sorry", "T"):
        assert "agi" not in applications(customer[extension]), extension


def test_every_jump_of_the_dialplan_has_a_target() -> None:
    found = contexts(rendered("extensions.conf"))
    for context in found.values():
        for name, steps in context.extensions.items():
            for step in steps:
                if step.application == "goto" and "," in step.arguments:
                    *there, extension, _ = step.arguments.split(",")
                    target = found[there[0]] if there else context
                    assert extension in target.extensions, f"{context.name},{name}: {step.arguments}"


def test_settings_reach_the_dialplan() -> None:
    extensions = rendered("extensions.conf")
    values = extensions.merged("globals")
    assert values is not None
    assert values.value("DIALER_AGI") == "agi://127.0.0.1:4574"
    assert values.value("DIALER_WAIT_DEFAULT") == "3"
    assert values.value("DIALER_MESSAGE_DEFAULT") == "/var/sounds/sorry-es"
    assert "*77" in contexts(extensions)["from-agent"].extensions


def test_a_placeholder_message_is_marked_as_one() -> None:
    text = render(read_settings('[manager]\nsecret = "manager-secret"\n'))["extensions.conf"]
    assert "A PLACEHOLDER OF TONES" in text
    assert "/placeholder-abandon" in text
    assert "PLACEHOLDER" not in render(settings())["extensions.conf"]


def test_the_manager_account_can_do_what_the_dialer_does_and_no_more() -> None:
    account = rendered("manager.conf").merged("cadencia")
    assert account is not None
    assert set(account.value("write").split(",")) == {"call", "originate", "reporting", "system", "user"}
    assert account.value("permit") == "10.1.2.3"
    assert {entry.value for entry in account.all("eventfilter")} >= {"!Event: CEL", "!Event: TestEvent"}


def test_tls_is_offered_where_asked_and_only_there() -> None:
    assert rendered("http.conf").sections[0].value("tlsbindaddr") == "127.0.0.1:8089"
    assert rendered("manager.conf").sections[0].value("tlsbindaddr") == "127.0.0.1:5039"
    assert {one.name for one in rendered("pjsip.conf").typed("transport")} == {"udp", "tls", "ws", "wss"}
    plain = render(read_settings('[manager]\nsecret = "manager-secret"\n'))
    assert all("tls" not in text for text in plain.values())
    assert "enabled = no" in plain["http.conf"]


def test_no_module_is_named_twice() -> None:
    assert len(set(REQUIRED + USEFUL)) == len(REQUIRED + USEFUL)
