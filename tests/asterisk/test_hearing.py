"""What the doctor says of Asterisk's own machine: whether the program that listens runs, and which sounds there are."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_config.program import NAME, folder
from dialer.asterisk.settings import AmiSettings
from dialer.config import Config
from dialer.core.detection import Detection, OnMachine
from dialer.core.inbound import Inbound
from dialer.core.model import Campaign
from dialer.doctor.findings import Area, Code
from dialer.doctor.switch import switch_findings
from dialer.doctor.told import told
from tests.core.floor import campaign
from tests.lab_fixtures import Floor

pytestmark = pytest.mark.asterisk
LISTENS = campaign(wait_max_s=4.0, detection=Detection(on=True))


async def found(floor: Floor, *campaigns: Campaign) -> dict[Code, str]:
    """What is found of detection and campaigns, with its words and mend."""
    (host, port), (user, secret) = floor.ami, floor.user
    config = Config(asterisk=AmiSettings(username=user, secret=secret, host=host, port=port))
    findings = [one async for one in switch_findings(config, campaigns)]
    return {
        one.code: " ".join((told(one, "en").found, told(one, "en").mend))
        for one in findings
        if one.area in {Area.DETECTION, Area.CAMPAIGN} or one.code is Code.EDITION_OTHER
    }


async def test_sounds_and_detectors_that_campaigns_name_are_looked_for_where_calls_are_heard(floor: Floor) -> None:
    program = folder(floor.settings) / NAME
    assert f"{program} listens (Python 3" in (await found(floor, LISTENS))[Code.LISTENER]
    message = str(floor.settings.sounds.folder / "placeholder-abandon")
    many = tuple(f"/nowhere/{'long' * 40}-{n}" for n in range(8))  # more than one line of the manager's takes
    detection = Detection(
        on=True, detector="mine", early_media="tones", on_machine=OnMachine.MESSAGE, message="/nowhere/voicemail"
    )
    first = replace(LISTENS, message=message, detection=detection, inbound=Inbound(on=True, closed="beep"))
    rest = [replace(LISTENS, name=f"more {n}", message=one) for n, one in enumerate(many)]
    said = await found(floor, *rest, first)
    assert said[Code.CAMPAIGN_SOUND_MISSING].startswith(
        "Asterisk does not find what people are to hear: /nowhere/voice"
    )
    assert "[dialer-detector-mine] into detectors.conf" in said[Code.CAMPAIGN_DETECTOR_UNKNOWN]
    said = await found(floor, replace(first, detection=replace(detection, message=message, detector="amd")))
    assert said.keys() == {Code.LISTENER}


async def test_a_sound_of_one_language_is_found_for_callers_who_hear_that_language(floor: Floor) -> None:
    sounds = floor.settings.sounds.folder
    (sounds / "pt").mkdir(exist_ok=True)
    (sounds / "pt" / "closed.wav").write_bytes((sounds / "placeholder-closed.wav").read_bytes())
    for language, codes in (("pt", {Code.LISTENER}), ("es", {Code.LISTENER, Code.CAMPAIGN_SOUND_MISSING})):
        inbound = Inbound(on=True, closed=str(sounds / "closed"), language=language)
        assert (await found(floor, replace(LISTENS, inbound=inbound))).keys() == codes


async def test_a_program_that_cannot_run_is_told_with_its_mend_where_a_campaign_needs_it(floor: Floor) -> None:
    program = folder(floor.settings) / NAME
    whole = program.read_bytes()
    cases: Sequence[tuple[Code, bytes | None, int, str]] = (
        (Code.LISTENER_LOCKED, whole, 0o644, f"`chmod 755 {program}`"),
        (
            Code.LISTENER_BROKEN,
            b"#!/nowhere/python3\n" + whole,
            0o755,
            f"Python 3.8 or later as {floor.settings.host.python}",
        ),
        (Code.LISTENER_MISSING, None, 0o755, "`dialer asterisk render` on that machine writes it"),
    )
    try:
        for code, contents, mode, mend in cases:
            _put(program, contents, mode)
            said = await found(floor, LISTENS)
            assert said.keys() == {code}
            assert mend in said[code]
            assert f"needed by: {LISTENS.name}" in said[code]
            assert (await found(floor, campaign())).keys() == {Code.LISTENER_NOT_NEEDED}
    finally:
        _put(program, whole, 0o755)


def _put(path: Path, contents: bytes | None, mode: int) -> None:
    path.unlink(missing_ok=True)
    if contents is not None:
        path.write_bytes(contents)
        path.chmod(mode)


async def test_an_older_dialplan_is_told(floor: Floor) -> None:
    conf = floor.settings.directories.etc / "extensions.conf"
    text = conf.read_text()
    conf.write_text(text.replace("[dialer-look]", "[dialer-other]").replace("DIALER_EDITION = ", "DIALER_EDITION = 0"))
    floor.dialer.cli("dialplan reload")
    try:
        said = await found(floor, LISTENS)
        assert "edition 0" in said[Code.EDITION_OTHER]
        assert "dialer asterisk render host.toml" in said[Code.EDITION_OTHER]
        assert "has no context dialer-look" in said[Code.LISTENER_UNKNOWN]
    finally:
        conf.write_text(text)
        floor.dialer.cli("dialplan reload")
