"""Asking by word not to be called, on a real Asterisk, with a recogniser that knows two sounds."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_config.lab import Lab
from asterisk_config.settings import Settings, Words
from dialer.core.messages import AbandonmentPlayed, CallEnded, OptedOut
from simulation.carrier.numbers import Behaviour
from tests.asterisk.stage import Stage
from tests.asterisk.test_screening import staged
from tests.lab_fixtures import FloorMaker

pytestmark = pytest.mark.asterisk

# It is given a WAV file and the language, as any recogniser is: the whistle of a fax machine stands for the words.
RECOGNISER = """#!{python}
import sys, wave
with wave.open(sys.stdin.buffer) as file:
    raw = file.readframes(file.getnframes())
    assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
samples = memoryview(raw).cast("h")
turns = sum((a < 0) != (b < 0) for a, b in zip(samples, samples[1:]))
hz = turns / 2 / (len(samples) / 8000)
assert sys.argv[1] == "es"
print("Por favor, no me llamen más" if 1900 < hz < 2300 else "¿Aló, quién habla?")
"""


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recogniser") / "hear"
    path.write_text(RECOGNISER.format(python=Path(sys.executable).resolve()))
    path.chmod(0o755)
    return path


@pytest.fixture
async def stage(make_floor: FloorMaker, lab: Lab, recogniser: Path) -> AsyncIterator[Stage]:
    def change(settings: Settings) -> Settings:
        return replace(settings, words=Words(str(recogniser)), host=replace(settings.host, language="es"))

    async with staged(make_floor(lab, change)) as stage:
        yield stage


async def test_words_opt_out_as_the_key_does_and_other_words_and_keys_mean_what_they_mean(stage: Stage) -> None:
    asks, talks, presses = (
        stage.attempt(behaviour, wait_max_s=1.0, talk_s=12)
        for behaviour in (Behaviour.FAX, Behaviour.PERSON, Behaviour.PERSON_OPTS_OUT)
    )
    await stage.at_once(asks, talks, presses)
    for attempt in (asks, presses):
        await stage.until(AbandonmentPlayed, call=attempt.call)
        await stage.until(OptedOut, call=attempt.call)
    await asyncio.gather(*(stage.until(CallEnded, call=one.call) for one in (asks, talks, presses)))
    assert not [one for one in stage.of(talks.call) if isinstance(one, OptedOut)]
