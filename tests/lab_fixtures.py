"""Real Asterisks for tests: ours, as `asterisk_config` renders it, and one that plays carrier, people and phones.

    pytest_plugins = ["tests.lab_fixtures"]          # once, in tests/conftest.py

    @pytest.mark.asterisk
    def test_something(floor: Floor) -> None: ...    # one pair per test module, on free ports of loopback

`lab` is the Asterisk 22 of this session (`lab16`: Asterisk 16), fetched on first use. `make_floor` starts further
pairs, with settings of one's own. All of them die with the test run, however it ends.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from asterisk_config.install import write_all
from asterisk_config.lab import HOME_VARIABLE, Instance, Lab
from asterisk_config.settings import Agi, Host, Manager, Phone, Settings, Trunk, Web
from simulation.carrier.carrier import Carrier, DeskPhone, Wiring
from simulation.demo.switches import free_ports

PROJECT = Path(__file__).parent.parent
SECRET = "floor-secret"
TRUNK = "carrier"


@dataclass(frozen=True, slots=True)
class Floor:
    """Our Asterisk and the carrier's, both running, and where to find them."""

    folder: Path
    settings: Settings
    dialer: Instance
    carrier: Carrier
    lab: Lab

    @property
    def ami(self) -> tuple[str, int]:
        """Address and port of the manager interface."""
        return self.settings.manager.address, self.settings.manager.port

    @property
    def user(self) -> tuple[str, str]:
        """Name and secret at the manager interface."""
        return self.settings.manager.user, self.settings.manager.secret

    @property
    def agi(self) -> tuple[str, int]:
        """Where our Asterisk looks for the FastAGI server; nobody listens there unless the test does."""
        return self.settings.agi.address, self.settings.agi.port

    @property
    def recordings(self) -> Path:
        """Where our Asterisk may write recordings."""
        return self.settings.host.recordings

    def dial(self, number: str) -> str:
        """The dial string of a number behind the carrier."""
        return f"PJSIP/{number}@{TRUNK}"

    def phone(self, name: str) -> str:
        """The dial string of an agent's phone (names 1001, 1002, ... talk; 7001 sends 700 Hz, 7101 440 Hz; 8001 echoes;
        6001 talks and has a password)."""
        return f"PJSIP/{name}"


Change = Callable[[Settings], Settings]
FloorMaker = Callable[..., Floor]


def floor_settings(folder: Path, lab: Lab, *, carrier_port: int, ports: list[int], phones: int = 20) -> Settings:
    """Settings of our Asterisk on a floor; `ports`: SIP, AMI, AGI, HTTP."""
    sip, ami, agi, web = ports
    host = Host(name="floor", sip_port=sip, rtp_first=30000, rtp_last=39999)
    contact = f"@127.0.0.3:{carrier_port}"
    settings = Settings(
        Manager(secret=SECRET, port=ami),
        host=host,
        agi=Agi(port=agi),
        web=Web(port=web),
        trunks=(Trunk(TRUNK, "127.0.0.2", lines=200, calls_per_second=100, port=carrier_port, qualify_s=0),),
        phones=(
            Phone("1001", count=phones, contact="sip:phone-{name}" + contact),
            Phone("7001", count=4, contact="sip:tone-{name}" + contact),
            Phone("7101", contact="sip:low-{name}" + contact),
            Phone("8001", contact="sip:echo-{name}" + contact),
            Phone("6001", password="secret-6001", contact="sip:phone-{name}" + contact),
            Phone("9001", password="secret-9001", webrtc=True),
        ),
    )
    return lab.placed(settings, folder)


def start_floor(folder: Path, lab: Lab, held: ExitStack, change: Change = lambda settings: settings) -> Floor:
    """Render and start a pair in `folder`; both stop when `held` closes."""
    carrier_port, *ports = free_ports(5)
    settings = change(floor_settings(folder, lab, carrier_port=carrier_port, ports=ports))
    write_all(settings)
    dialer = lab.instance(settings.directories.etc)
    desks = [DeskPhone(phone.name, phone.password) for phone in settings.each_phone if phone.contact]
    wiring = Wiring(port=carrier_port, dialer_port=settings.host.sip_port)
    carrier = Carrier(folder / "carrier", lab=lab, wiring=wiring, phones=desks)
    held.callback(carrier.stop)
    carrier.start(die_with_parent=True)
    held.callback(dialer.stop)
    dialer.start(die_with_parent=True)
    return Floor(folder, settings, dialer, carrier, lab)


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Asterisk 22, fetched if need be."""
    return _installed("forky")


@pytest.fixture(scope="session")
def lab16() -> Lab:
    """Asterisk 16, fetched if need be."""
    return _installed("bullseye")


@pytest.fixture(scope="module")
def make_floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FloorMaker]:
    """Start a pair: `make_floor(lab)`, or `make_floor(lab, change)` with a function that changes the settings."""
    with ExitStack() as held:
        yield lambda lab, change=lambda settings: settings: start_floor(
            tmp_path_factory.mktemp("floor"), lab, held, change
        )


@pytest.fixture(scope="module")
def floor(make_floor: FloorMaker, lab: Lab) -> Floor:
    """One pair for the tests of a module."""
    return make_floor(lab)


def _installed(suite: str) -> Lab:
    lab = Lab.of(None if HOME_VARIABLE in os.environ else PROJECT / ".lab", suite)
    lab.install()
    return lab
