"""Every switch there is, under one name for each: real Asterisk 22 and 16, and the stand-in as either."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asterisk_config.lab import Lab
from dialer.asterisk.settings import AmiSettings
from simulation.standin import StandInSwitch
from tests.asterisk.stage import Place, Stage
from tests.lab_fixtures import Change, FloorMaker

REAL = ("asterisk22", "asterisk16")
SWITCHES = [*(pytest.param(name, marks=pytest.mark.asterisk) for name in REAL), "standin22", "standin16"]


@pytest.fixture(scope="module", params=SWITCHES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def host_change() -> Change:
    """What a module wants otherwise of the real switch's host."""
    return lambda settings: settings


@pytest.fixture(scope="module")
def floor_of_kind(kind: str, host_change: Change, request: pytest.FixtureRequest) -> Place | None:
    """The real switch of the kind, running; None for a stand-in, which each test starts for itself."""
    if kind not in REAL:
        return None
    lab: Lab = request.getfixturevalue("lab" if kind == "asterisk22" else "lab16")
    make_floor: FloorMaker = request.getfixturevalue("make_floor")
    floor = make_floor(lab, host_change)
    (host, port), (user, secret) = floor.ami, floor.user
    settings = AmiSettings(
        username=user, secret=secret, host=host, port=port, recordings_dir=str(floor.recordings), list_every_s=1.0
    )
    return Place(
        settings,
        floor.dial,
        floor.phone,
        int(kind[-2:]),
        floor.recordings,
        talks=True,
        calls_in=floor.carrier.calls_in,
        floor=floor,
    )


@pytest.fixture
def speed() -> float:
    """Seconds of the stand-in that go by in one of ours."""
    return 4.0


@pytest.fixture
async def place(kind: str, floor_of_kind: Place | None, speed: float, tmp_path: Path) -> AsyncIterator[Place]:
    if floor_of_kind is not None:
        yield floor_of_kind
        return
    async with StandInSwitch(
        seed=1, version=int(kind[-2:]), recordings=tmp_path, speed=speed, endpoints=("carrier", "7001", "7002", "7101")
    ) as switch:
        settings = AmiSettings(
            username="dialer", secret="secret", port=switch.port, recordings_dir=str(tmp_path), list_every_s=1.0
        )
        version, dial, phone = int(kind[-2:]), "PJSIP/{}@carrier".format, "PJSIP/{}".format
        yield Place(settings, dial, phone, version, tmp_path, talks=False, calls_in=switch.somebody_calls)


@pytest.fixture
async def stage(place: Place) -> AsyncIterator[Stage]:
    async with Stage(place) as stage:
        yield stage
