"""The doctor asks the stand-in what it asks an Asterisk, and finds the same."""

import pytest

from dialer.asterisk.settings import AmiSettings
from dialer.config import Config
from dialer.core.model import Trunk
from dialer.doctor.findings import State
from dialer.doctor.switch import switch_findings
from dialer.doctor.told import told
from simulation.standin import StandInSwitch


@pytest.mark.parametrize("version", [16, 22])
async def test_the_doctor_finds_version_and_trunks(version: int) -> None:
    async with StandInSwitch(endpoints=("carrier",), version=version) as switch:
        config = Config(
            asterisk=AmiSettings(username="dialer", secret="secret", port=switch.port),
            trunks=(
                Trunk(name="good", dial="PJSIP/{number}@carrier"),
                Trunk(name="lost", dial="PJSIP/{number}@nowhere"),
            ),
        )
        found = {one.place: one async for one in switch_findings(config)}
    assert found["asterisk"].state is State.OK
    said = told(found["asterisk"], "en").found
    assert f"Asterisk {version}." in said
    assert "stand-in" in said
    assert found["asterisk configuration"].state is State.OK
    assert (found["trunk good"].state, told(found["trunk good"], "en").found) == (State.OK, "carrier: NonQualified")
    assert found["trunk lost"].state is State.FAILED
    assert "knows no endpoint nowhere" in told(found["trunk lost"], "en").found
    assert "no conoce ningún endpoint nowhere" in told(found["trunk lost"], "es").found
