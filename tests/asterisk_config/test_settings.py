"""Settings are taken whole or refused with every problem at its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asterisk_config.phone_secret import phone_password
from asterisk_config.settings import Phone, Settings, read_settings
from asterisk_config.toml_lines import lines_of_keys
from asterisk_config.toml_reader import Problem, SettingsError

MANAGER = '[manager]\nsecret = "long-enough"\n'
TRUNK = '[[trunk]]\nname = "carrier"\nhost = "sip.example.net"\nlines = 30\ncalls_per_second = 2\n'
PHONE = '[[phone]]\nname = "1001"\npassword = "secret-{name}"\n'


def problems(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(SettingsError) as caught:
        read_settings(text, "host.toml")
    assert all(line.startswith("host.toml:") for line in str(caught.value).splitlines())
    return [(one.line, one.key, one.reason) for one in caught.value.problems]


def test_a_secret_is_all_that_must_be_said() -> None:
    settings = read_settings(MANAGER)
    assert settings.manager.secret == "long-enough"
    assert settings.host.sip_port == 5060
    assert settings.trunks == ()


def test_a_number_may_be_whole_where_a_fraction_is_allowed() -> None:
    assert read_settings(MANAGER + TRUNK).trunks[0].calls_per_second == 2.0


REFUSED = {
    "required": ("[manager]\n", 1, "manager.secret", "is required"),
    "unknown key": (MANAGER + "prot = 5038\n", 3, "manager.prot", "is not a setting (is port meant?)"),
    "unknown table": (MANAGER + "[modem]\nx = 1\n", 3, "modem", "is not a setting (known here: manager, host"),
    "wrong type": (MANAGER + 'port = "5038"\n', 3, "manager.port", "must be a whole number, not text"),
    "bool is no number": (MANAGER + "port = true\n", 3, "manager.port", "must be a whole number, not true or false"),
    "table expected": ("manager = 3\n", 1, "manager", "must be a table, not a whole number"),
    "array expected": (MANAGER + 'permit = "10.0.0.0/8"\n', 3, "manager.permit", "must be an array, not text"),
    "port range": (MANAGER + "port = 70000\n", 3, "manager.port", "must be between 1 and 65535"),
    "network": (MANAGER + 'permit = [\n "127.0.0.1",\n "ten"\n]\n', 5, "manager.permit[2]", "'ten' does not appear"),
    "short secret": ('[manager]\nsecret = "short"\n', 2, "manager.secret", "must have 8 to 64 characters"),
    "secret that breaks files": ('[manager]\nsecret = "abc;defgh"\n', 2, "manager.secret", "must not contain ';'"),
    "line break in a name": (MANAGER + '[host]\nname = "a\\nb"\n', 4, "host.name", "must be 1 to 40 letters"),
    "path": (MANAGER + '[sounds]\nfolder = "sounds"\n', 4, "sounds.folder", "must be an absolute path"),
    "sound with its ending": (MANAGER + '[sounds]\nmenu = "/s/menu.wav"\n', 4, "sounds.menu", "without its ending"),
    "codec": (MANAGER + TRUNK + 'codecs = ["mp3"]\n', 8, "trunk[1].codecs[1]", "must be one of alaw"),
    "second trunk's key": (MANAGER + TRUNK + TRUNK.replace("30", "0"), 11, "trunk[2].lines", "must be between 1"),
    "duplicate trunk": (MANAGER + TRUNK + TRUNK, 9, "trunk[2].name", "carrier is already the name of trunk 1"),
    "phone named as a trunk": (MANAGER + TRUNK + PHONE.replace("1001", "carrier"), 9, "phone[1].name", "of trunk 1"),
    "overlapping phones": (
        MANAGER + PHONE + "count = 5\n" + PHONE.replace("1001", "1004"),
        8,
        "phone[2].name",
        "1004 is already the name of phone 1",
    ),
    "counting letters": (MANAGER + PHONE.replace("1001", "ana") + "count = 2\n", 6, "phone[1].count", "name of digits"),
    "phone without password": (
        MANAGER + '[[phone]]\nname = "1001"\n',
        3,
        "phone[1].password",
        "is required for a phone",
    ),
    "browser without web": (MANAGER + PHONE + "webrtc = true\n", 6, "phone[1].webrtc", "needs [web] port"),
    "user without password": (MANAGER + TRUNK + 'username = "me"\n', 3, "trunk[1].password", "go together"),
    "tls without certificate": (
        MANAGER + TRUNK + 'transport = "tls"\n',
        8,
        "trunk[1].transport",
        "needs a [tls] section",
    ),
    "one port twice": (MANAGER + "port = 4573\n", 1, "agi.port", "port 4573 is already used by manager.port"),
    "rtp upside down": (MANAGER + "[host]\nrtp_first = 20000\n", 3, "host.rtp_last", "at least 3 above"),
    "equal codes": (MANAGER + '[dialplan]\nsign_out_code = "*10"\n', 4, "dialplan.sign_out_code", "must differ"),
    "echo like sign-in": (MANAGER + '[dialplan]\necho_code = "*10"\n', 4, "dialplan.echo_code", "must differ"),
    "not TOML": (MANAGER + "port 5038\n", 3, "TOML", "Expected '='"),
    "twice in TOML": (MANAGER + "port = 1\nport = 2\n", 4, "TOML", "overwrite"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_not_work_is_refused_with_line_and_reason(name: str) -> None:
    text, line, key, reason = REFUSED[name]
    found = problems(text)
    assert any((one[0], one[1]) == (line, key) and reason in one[2] for one in found), found


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    found = problems('[manager]\nsecret = 1\nport = 0\n[[trunk]]\nname = "a b"\nhost = "h"\nlines = "x"\n')
    assert [line for line, _, _ in found] == [2, 3, 4, 5, 7]


def test_a_range_of_phones_is_counted_out_with_each_its_own_name() -> None:
    group = Phone("0998", count=4, password="secret-{name}", contact="sip:phone-{name}@127.0.0.3:5060")
    phones = list(group.each())
    assert [phone.name for phone in phones] == ["0998", "0999", "1000", "1001"]
    assert phones[3].password == "secret-1001"
    assert phones[3].contact == "sip:phone-1001@127.0.0.3:5060"
    assert phones[3].contact_host == "127.0.0.3"


LINES = '''\
top = """
[not.a.table]
x = 1
"""
array = [
  "a = 1", # b = 2
  [1, 2],
]
[one]
k = "text # no comment"
"quoted key" = 1
a.b.c = 2
[[many]]
k = [{ a = "],", b = [1, 2] }, \'\'\'
  , x\'\'\', # ,
  3 ]
[[many]]
k = 2
[many.sub]
k = 3
'''


def test_each_key_is_found_on_its_line() -> None:
    found = lines_of_keys(LINES)
    assert {key: line for key, line in found.items() if key} == {
        ("top",): 1,
        ("array",): 5,
        ("array", 0): 6,
        ("array", 1): 7,
        ("one",): 9,
        ("one", "k"): 10,
        ("one", "quoted key"): 11,
        ("one", "a"): 12,
        ("one", "a", "b"): 12,
        ("one", "a", "b", "c"): 12,
        ("many",): 13,
        ("many", 0): 13,
        ("many", 0, "k"): 14,
        ("many", 0, "k", 0): 14,
        ("many", 0, "k", 1): 14,
        ("many", 0, "k", 2): 16,
        ("many", 1): 17,
        ("many", 1, "k"): 18,
        ("many", 1, "sub"): 19,
        ("many", 1, "sub", "k"): 20,
    }


@given(st.text(max_size=200))
def test_any_text_is_taken_or_refused_and_never_anything_else(text: str) -> None:
    found: list[Problem] = []
    try:
        read_settings(text)
    except SettingsError as error:
        found = error.problems or [Problem(0, "", "refused without a problem")]
    assert all(1 <= one.line <= max(1, len(text.splitlines())) for one in found)


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF), min_size=1, max_size=80))
def test_no_accepted_secret_can_break_out_of_its_line(secret: str) -> None:
    escaped = "".join(f"\\U{ord(one):08X}" for one in secret)
    try:
        settings: Settings = read_settings(f'[manager]\nsecret = "{escaped}"\n')
    except SettingsError:
        return
    assert settings.manager.secret == secret
    assert not set(secret) & set(";\r\n\"'\\<>, \t")


def test_phones_of_pages_have_passwords_that_follow_from_one_key_and_differ() -> None:
    text = (
        MANAGER
        + '[web]\nport = 8088\nphones_key = "the-key-of-phones"\n[[phone]]\nname = "2001"\ncount = 3\nwebrtc = true\n'
    )
    passwords = [phone.password for phone in read_settings(text).each_phone]
    assert passwords == [phone_password("the-key-of-phones", name) for name in ("2001", "2002", "2003")]
    assert len(set(passwords)) == 3
    assert phone_password("another-key", "2001") not in passwords
