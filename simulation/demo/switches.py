"""What the demo's dialer dials through: two private Asterisks, or the stand-in where it is asked for.

Both are given to the dialer the same way, by address and password; neither can reach anything but this machine.
"""

import errno
import itertools
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from asterisk_config.install import write_all
from asterisk_config.lab import Lab
from asterisk_config.settings import read_settings
from simulation.carrier.carrier import Carrier, DeskPhone, Wiring
from simulation.demo.children import Child
from simulation.demo.folder import Folder

TRUNK = "carrier"
FIRST_PHONE = 1001
PAGE_PHONES = "901-909"  # in supervisors' pages
PORTS = range(61_000, 65_536)  # above those that Linux gives to whoever asks for any
APART = 1_733  # how far from one another processes begin whose numbers follow each other: 0.382 of all
STANDIN_START_S = 20.0

HOST = """\
# Our Asterisk, as `dialer asterisk render` reads it. Everything listens on this machine alone.
[host]
name = "demo"
sip_port = {sip}
rtp_first = 30000
rtp_last = 39999

[manager]
secret = "{secret}"
port = {ami}

[agi]
port = {agi}

[web]
port = {web}            # where phones in pages register
phones_key = "{phones_key}"

[[trunk]]
name = "{trunk}"
host = "127.0.0.2"      # the demo's carrier, on loopback: no call can go elsewhere
port = {carrier}
lines = 200
calls_per_second = 50
qualify_s = 0

[[phone]]
name = "{first_phone}"
count = {agents}
contact = "sip:phone-{{name}}@127.0.0.3:{carrier}"

[[phone]]               # in supervisors' pages: they listen, whisper and barge in
name = "{page_phone}"
count = {page_phones}
webrtc = true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What the dialer must be told of its switch. `version` is Asterisk's, or says that it is the stand-in."""

    version: str
    ami_port: int
    agi_port: int
    secret: str
    recordings: Path
    user: str = "dialer"
    dial: str = f"PJSIP/{{number}}@{TRUNK}"
    phone_url: str = ""  # for phones in pages; empty: it has none
    phone_key: str = ""


_turns = itertools.count()


def endpoint(index: int) -> str:
    """The phone of the agent `index` (from 0)."""
    return f"PJSIP/{FIRST_PHONE + index}"


def free_ports(count: int) -> list[int]:
    """Ports of loopback that were free, for TCP and UDP, a moment ago.

    Whoever takes them does so a second or two later. Until then nobody else gets them: they are of a range that the
    system gives to nobody by itself, and each process looks on from another place in it. Raises OSError.
    """
    found: list[int] = []
    for turn in itertools.islice(_turns, len(PORTS)):
        port = PORTS[(os.getpid() * APART + turn) % len(PORTS)]
        with ExitStack() as held:
            try:
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
                held.enter_context(socket.socket(type=socket.SOCK_DGRAM)).bind(("", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError(errno.EADDRINUSE, f"fewer than {count} of the ports {PORTS[0]} to {PORTS[-1]} are free")


@contextmanager
def asterisks(folder: Folder, *, agents: int, lab: Lab, version: str) -> Iterator[Switch]:
    """Two Asterisks of an installed lab: ours, as `asterisk_config` renders it, and one for carrier, people and phones.

    Call it on the main thread: both die with the thread that starts them. Raises LabError.
    """
    sip, ami, agi, web, carrier_port = free_ports(5)
    secret, phone_key = secrets.token_hex(12), secrets.token_hex(12)
    first, _, last = PAGE_PHONES.partition("-")
    text = HOST.format(
        sip=sip,
        ami=ami,
        agi=agi,
        web=web,
        phones_key=phone_key,
        page_phone=first,
        page_phones=int(last) - int(first) + 1,
        carrier=carrier_port,
        secret=secret,
        trunk=TRUNK,
        first_phone=FIRST_PHONE,
        agents=agents,
    )
    file = folder.path / "asterisk.toml"
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    settings = lab.placed(read_settings(text, str(file)), folder.path / "asterisk")
    write_all(settings)
    ours = lab.instance(settings.directories.etc)
    desks = [DeskPhone(phone.name) for phone in settings.each_phone if phone.contact]
    carrier = Carrier(folder.path / "carrier", lab=lab, wiring=Wiring(port=carrier_port, dialer_port=sip), phones=desks)
    with ExitStack() as held:
        for instance in (carrier, ours):
            held.callback(instance.stop)
            instance.start(die_with_parent=True)
        yield Switch(
            version=version,
            ami_port=ami,
            agi_port=agi,
            secret=secret,
            recordings=settings.host.recordings,
            phone_url=f"ws://127.0.0.1:{web}/ws",
            phone_key=phone_key,
        )


@contextmanager
def standin(folder: Folder) -> Iterator[Switch]:
    """The stand-in switch, a process of its own that speaks AMI: no Asterisk, no SIP, tones for voices."""
    (agi,) = free_ports(1)
    secret = secrets.token_hex(12)
    folder.recordings.mkdir()
    argv = [sys.executable, "-m", "simulation.demo.standin", str(agi), secret, str(folder.recordings)]
    child = Child("the stand-in switch", argv, folder.log("standin"))
    try:
        port = int(child.line("listening ", STANDIN_START_S))
        yield Switch(
            version="none (stand-in switch)", ami_port=port, agi_port=agi, secret=secret, recordings=folder.recordings
        )
    finally:
        child.end()
