"""What an administrator may set about an Asterisk that serves the dialer, read from one TOML file.

`read_settings` refuses what would not work, with line and reason. Values end up in Asterisk's files, so every
text is checked against what may stand there. Must not render anything.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from asterisk_config.phone_secret import phone_password
from asterisk_config.toml_lines import Key
from asterisk_config.toml_reader import Check, Named, read

LOOPBACK = "127.0.0.1"
TONE_ZONES = ("br", "cl", "es", "mx", "us")


def _matches(pattern: str, must: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(str(value)) else f"must be {must}"


def _between(low: float, high: float) -> Check:
    return lambda value: None if low <= value <= high else f"must be between {low:g} and {high:g}"


def _one_of(*allowed: str) -> Check:
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def _or_empty(check: Check) -> Check:
    return lambda value: None if value == "" else check(value)


def _network(value: str) -> str | None:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        return str(error)
    return None


def _address(value: str) -> str | None:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return "must be an IP address"
    return None


def _secret(value: str) -> str | None:
    if not 8 <= len(value) <= 64:
        return "must have 8 to 64 characters"
    if bad := sorted(set(re.findall(r"[^!-~]|[;\"'\\<>,]", value))):
        return f"must not contain {' '.join(map(repr, bad))}, which Asterisk's files give a meaning of their own"
    return None


_host = _matches(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", "a host name or an IPv4 address")
_path = _matches(r"/[A-Za-z0-9._/+@=-]*", "an absolute path of letters, digits and . _ / + @ = -")
_sound_name = _matches(r"[A-Za-z0-9._/+@=-]+", "a sound's name or path, of letters, digits and . _ / + @ = -")


def _sound(value: str) -> str | None:
    if re.search(r"\.(wav|wav49|gsm|[au]law|sln\d*|g722|mp3|ogg)$", value, re.IGNORECASE):
        return "must be the sound without its ending: Asterisk looks for it in every format"
    return _sound_name(value)


_username = _matches(r"[A-Za-z0-9_.+@-]{1,80}", "letters, digits or _ . + @ -")
_contact = _matches(r"sips?:[A-Za-z0-9_.{}+-]+@[A-Za-z0-9.-]+(:\d+)?", "like sip:name@host:port")

Name = Annotated[str, _matches(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "1 to 40 letters, digits, - or _")]
Address = Annotated[str, _address]
HostName = Annotated[str, _host]
Network = Annotated[str, _network]
Secret = Annotated[str, _secret]
Port = Annotated[int, _between(1, 65535)]
PortOrOff = Annotated[int, _between(0, 65535)]
RtpPort = Annotated[int, _between(1024, 65535)]
Folder = Annotated[Path, _path]
Sound = Annotated[str, _or_empty(_sound)]
Codec = Annotated[str, _one_of("alaw", "g722", "g729", "gsm", "opus", "ulaw")]
Transport = Annotated[str, _one_of("udp", "tcp", "tls")]
Code = Annotated[str, _matches(r"\*?\d{1,6}", "digits, with a * before them if wished")]


@dataclass(frozen=True, slots=True)
class Directories:
    """Where this Asterisk keeps what; the defaults are Debian's."""

    etc: Folder = Path("/etc/asterisk")
    modules: Folder = Path("/usr/lib/x86_64-linux-gnu/asterisk/modules")
    data: Folder = Path("/usr/share/asterisk")
    agi: Folder = Path("/usr/share/asterisk/agi-bin")
    programs: Folder = Path("/usr/sbin")
    state: Folder = Path("/var/lib/asterisk")
    spool: Folder = Path("/var/spool/asterisk")
    run: Folder = Path("/var/run/asterisk")
    log: Folder = Path("/var/log/asterisk")
    cache: Folder = Path("/var/cache/asterisk")


@dataclass(frozen=True, slots=True)
class Host:
    """The machine: its name, its addresses, its ports."""

    name: Name = "dialer"
    sip_address: Address = LOOPBACK
    sip_port: Port = 5060
    rtp_first: RtpPort = 10000
    rtp_last: RtpPort = 19999
    external_address: Annotated[str, _or_empty(_host)] = ""
    local_networks: tuple[Network, ...] = ()
    recordings: Folder = Path("/var/spool/asterisk/monitor")
    python: Folder = Path("/usr/bin/python3")  # 3.8 or later; runs what listens beside the dialplan
    max_calls: Annotated[int, _between(0, 100_000)] = 0
    language: Annotated[str, _matches(r"[a-z]{2}(_[A-Z]{2})?", "like es or es_MX")] = "en"
    tones: Annotated[str, _one_of(*TONE_ZONES)] = "us"


@dataclass(frozen=True, slots=True)
class Manager:
    """The dialer's own account at the manager interface (AMI)."""

    secret: Secret
    user: Name = "dialer"
    address: Address = LOOPBACK
    port: Port = 5038
    permit: tuple[Network, ...] = ("127.0.0.0/8",)


@dataclass(frozen=True, slots=True)
class Agi:
    """Where the dialer's FastAGI server listens."""

    address: HostName = LOOPBACK
    port: Port = 4573


@dataclass(frozen=True, slots=True)
class Web:
    """The HTTP server that browsers' phones use; port 0: none. From `phones_key` follow the passwords of those phones
    that have none of their own; the dialer's `web.phone_key` is the same."""

    address: Address = LOOPBACK
    port: PortOrOff = 0
    phones_key: Annotated[str, _or_empty(_secret)] = ""


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate and the ports that use it; 0: none."""

    certificate: Folder
    private_key: Folder
    sip_port: PortOrOff = 0
    web_port: PortOrOff = 0
    manager_port: PortOrOff = 0


@dataclass(frozen=True, slots=True)
class Dialplan:
    """Codes agents dial, and how long a caller may be kept in each place, in seconds."""

    sign_in_code: Code = "*10"
    sign_out_code: Code = "*11"
    echo_code: Code = "*43"
    opt_out_key: Annotated[str, _matches(r"[0-9*]", "a digit or *")] = "9"
    opt_out_wait_s: Annotated[int, _between(1, 15)] = 4
    wait_s: Annotated[int, _between(1, 30)] = 2
    lost_s: Annotated[int, _between(1, 60)] = 15
    hold_s: Annotated[int, _between(5, 900)] = 120
    third_s: Annotated[int, _between(5, 300)] = 30
    transfer_ring_s: Annotated[int, _between(5, 120)] = 20
    message_max_s: Annotated[int, _between(5, 300)] = 60
    agent_key: Annotated[str, _matches(r"[0-9*]", "a digit or *")] = "1"
    callback_key: Annotated[str, _matches(r"[0-9*]", "a digit or *")] = "2"
    key_wait_s: Annotated[int, _between(1, 15)] = 4
    look_up_s: Annotated[int, _between(1, 15)] = 4
    queue_s: Annotated[int, _between(10, 3600)] = 180
    beep_silence_ms: Annotated[int, _between(500, 5000)] = 1600
    fax_tone_ms: Annotated[int, _between(100, 2000)] = 300  # heard without a break; its phase may turn every 450 ms
    agi_max_s: Annotated[int, _between(1, 30)] = 5
    sign_in_max_s: Annotated[int, _between(10, 300)] = 90


@dataclass(frozen=True, slots=True)
class Words:
    """A recogniser of what people say where they may press keys: a command on Asterisk's host. Empty: keys alone."""

    recogniser: Annotated[str, _or_empty(_path)] = ""


@dataclass(frozen=True, slots=True)
class Sounds:
    """Recordings that callers hear, without the ending; empty: a placeholder of tones is made in `folder`."""

    folder: Folder = Path("/var/lib/asterisk/cadencia")
    abandon: Sound = ""
    opted_out: Sound = ""
    sorry: Sound = ""
    closed: Sound = ""
    refused: Sound = ""
    goodbye: Sound = ""
    menu: Sound = ""
    position: Sound = ""
    offer: Sound = ""
    clock: Sound = ""
    noted: Sound = ""
    passed_on: Sound = ""
    not_noted: Sound = ""
    hold_folder: Annotated[str, _or_empty(_path)] = ""


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier. `lines` and `calls_per_second` are kept by the dialer; Asterisk shows `busy` at `lines`."""

    name: Name
    host: HostName
    lines: Annotated[int, _between(1, 10_000)]
    calls_per_second: Annotated[float, _between(0.1, 1000)]
    port: Port = 5060
    transport: Transport = "udp"
    username: Annotated[str, _or_empty(_username)] = ""
    password: Annotated[str, _or_empty(_secret)] = ""
    register: bool = False
    networks: tuple[Network, ...] = ()
    codecs: tuple[Codec, ...] = ("alaw", "ulaw")
    from_domain: Annotated[str, _or_empty(_host)] = ""
    qualify_s: Annotated[int, _between(0, 3600)] = 60
    cell: Annotated[int, _between(0, 8191)] = 0  # whose callers come in here, where several cells share this Asterisk


@dataclass(frozen=True, slots=True)
class Phone:
    """An agent's phone, or `count` of them with counted-up names; `{name}` stands for each one's name."""

    name: Name
    count: Annotated[int, _between(1, 2000)] = 1
    password: Annotated[str, _or_empty(_secret)] = ""
    contact: Annotated[str, _or_empty(_contact)] = ""
    webrtc: bool = False
    codecs: tuple[Codec, ...] = ("alaw", "ulaw")
    rtp_timeout_s: Annotated[int, _between(0, 60)] = 6

    def each(self) -> "Iterator[Phone]":
        """The phones one by one, with their own names, passwords and contacts."""
        for offset in range(self.count):
            name = f"{int(self.name) + offset:0{len(self.name)}d}" if self.count > 1 else self.name
            yield Phone(
                name=name,
                password=self.password.replace("{name}", name),
                contact=self.contact.replace("{name}", name),
                webrtc=self.webrtc,
                codecs=self.codecs,
                rtp_timeout_s=self.rtp_timeout_s,
            )

    @property
    def contact_host(self) -> str:
        """The host of a phone that does not register."""
        return re.split(r"[@:]", self.contact)[2]


@dataclass(frozen=True, slots=True)
class Settings:
    """One dialer host."""

    manager: Manager
    host: Host = field(default_factory=Host)
    directories: Directories = field(default_factory=Directories)
    agi: Agi = field(default_factory=Agi)
    web: Web = field(default_factory=Web)
    tls: Tls | None = None
    dialplan: Dialplan = field(default_factory=Dialplan)
    words: Words = field(default_factory=Words)
    sounds: Sounds = field(default_factory=Sounds)
    trunks: Annotated[tuple[Trunk, ...], Named("trunk")] = ()
    phones: Annotated[tuple[Phone, ...], Named("phone")] = ()
    extra_modules: tuple[Annotated[str, _matches(r"[a-z0-9_]+\.so", "like res_ari.so")], ...] = ()

    @property
    def each_phone(self) -> tuple[Phone, ...]:
        """All phones, ranges counted out."""
        return tuple(self._with_password(phone) for group in self.phones for phone in group.each())

    def _with_password(self, phone: Phone) -> Phone:
        if phone.webrtc and not phone.password:
            return replace(phone, password=phone_password(self.web.phones_key, phone.name))
        return phone


def read_settings(text: str, source: str = "settings") -> Settings:
    """The settings in a TOML text; `source` names it in errors. Raises SettingsError with every problem."""
    return read(Settings, text, source, _contradictions)


def _contradictions(settings: Settings) -> Iterator[tuple[Key, str]]:
    if settings.host.rtp_last - settings.host.rtp_first < 3:
        yield ("host", "rtp_last"), "must be at least 3 above rtp_first"
    if settings.dialplan.sign_in_code == settings.dialplan.sign_out_code:
        yield ("dialplan", "sign_out_code"), "must differ from sign_in_code"
    keys = (settings.dialplan.agent_key, settings.dialplan.callback_key, settings.dialplan.opt_out_key)
    if len(set(keys)) < len(keys):
        yield ("dialplan", "callback_key"), "agent_key, callback_key and opt_out_key must differ"
    if settings.dialplan.echo_code in (settings.dialplan.sign_in_code, settings.dialplan.sign_out_code):
        yield ("dialplan", "echo_code"), "must differ from the codes that sign in and out"
    seen: dict[str, str] = {}
    yield from _wrong_trunks(settings, seen)
    yield from _wrong_phones(settings, seen)
    yield from _shared_ports(settings)


def _wrong_trunks(settings: Settings, seen: dict[str, str]) -> Iterator[tuple[Key, str]]:
    for index, trunk in enumerate(settings.trunks):
        at: Key = ("trunk", index)
        if trunk.name in seen:
            yield (*at, "name"), f"{trunk.name} is already the name of {seen[trunk.name]}"
        seen[trunk.name] = f"trunk {index + 1}"
        if bool(trunk.username) != bool(trunk.password):
            yield (*at, "password" if trunk.username else "username"), "username and password go together"
        if trunk.register and not trunk.username:
            yield (*at, "register"), "needs username and password"
        if trunk.transport == "tls" and not (settings.tls and settings.tls.sip_port):
            yield (*at, "transport"), "tls needs a [tls] section with sip_port"


def _wrong_phones(settings: Settings, seen: dict[str, str]) -> Iterator[tuple[Key, str]]:
    web_on = settings.web.port or (settings.tls and settings.tls.web_port)
    for index, phone in enumerate(settings.phones):
        at: Key = ("phone", index)
        if phone.count > 1 and not phone.name.isdecimal():
            yield (*at, "count"), "needs a name of digits to count up from"
            continue
        for name in (one.name for one in phone.each()):
            if name in seen:
                yield (*at, "name"), f"{name} is already the name of {seen[name]}"
                break
            seen[name] = f"phone {index + 1}"
        if not phone.password and not phone.contact and not (phone.webrtc and settings.web.phones_key):
            yield (
                (*at, "password"),
                (
                    "is required for a phone that registers (one with a contact can do without, and a browser's with "
                    "[web] phones_key)"
                ),
            )
        if phone.webrtc and phone.contact:
            yield (*at, "contact"), "a browser registers: leave contact out"
        if phone.webrtc and not web_on:
            yield (*at, "webrtc"), "needs [web] port or [tls] web_port"
        if 0 < phone.rtp_timeout_s < 4:
            yield (*at, "rtp_timeout_s"), "must be 0 (never) or at least 4: a short gap must not cut a talk"


def _shared_ports(settings: Settings) -> Iterator[tuple[Key, str]]:
    tls = settings.tls
    wanted: list[tuple[Key, str, int]] = [
        (("manager", "port"), settings.manager.address, settings.manager.port),
        (("web", "port"), settings.web.address, settings.web.port),
        (("agi", "port"), settings.agi.address, settings.agi.port),
    ]
    if tls is not None:
        wanted += [
            (("tls", "sip_port"), settings.host.sip_address, tls.sip_port),
            (("tls", "web_port"), settings.web.address, tls.web_port),
            (("tls", "manager_port"), settings.manager.address, tls.manager_port),
        ]
    taken: dict[tuple[str, int], Key] = {}
    for key, address, port in wanted:
        if port and (other := taken.setdefault((address, port), key)) != key:
            yield key, f"port {port} is already used by {'.'.join(map(str, other))}"
