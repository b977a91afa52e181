"""`dialer recordings analyze`: its keys are a contract, its report is for people, its errors name the file."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialer.cli.recordings import app
from recordings.errors import RecordingError
from tests.recordings.calls import noise, put, spoken, tone, write, write_legs

KEYS = {
    "duration_s", "agent", "customer", "silence_share", "talk_over_share", "longest_monologue_s",
    "first_agent_speech_s", "one_way",
}  # fmt: skip
LEG_KEYS = {"speech_share", "loudness_dbfs", "clipping_share"}


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["analyze", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_json_on_standard_output_has_the_promised_keys(good_call: Path) -> None:
    told = json.loads(run(good_call, "--json", "-"))
    assert told.keys() >= KEYS
    assert told["agent"].keys() == told["customer"].keys() >= LEG_KEYS
    assert told["duration_s"] == 20
    assert told["one_way"] is False
    assert 0 < told["agent"]["speech_share"] < 1


def test_json_in_a_file(good_call: Path, tmp_path: Path) -> None:
    run(good_call, "--json", tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == json.loads(run(good_call, "--json", "-"))


def test_legs_by_their_base_name(tmp_path: Path) -> None:
    base = write_legs(tmp_path / "call", spoken(10, [(1, 4)]), spoken(10, [(5, 9)], seed=1))
    assert json.loads(run(base, "--json", "-"))["first_agent_speech_s"] == pytest.approx(1, abs=0.2)


def test_the_report_names_what_to_listen_to(tmp_path: Path) -> None:
    leg = noise(30, -60)
    put(leg, 20, tone(0.4, 1000))
    report = run(write(tmp_path / "call.wav", spoken(30, [(3, 8)]), leg))
    assert "agent    speaks 16" in report
    assert "tones: 0:20.0 (0.4 s, 1000 Hz)" in report
    assert "dead air: 0:08.0" in report
    assert "the agent's first word is late" in report


def test_a_recording_is_never_overwritten_by_json(good_call: Path) -> None:
    before = good_call.read_bytes()
    with pytest.raises(RecordingError, match="name another file"):
        run(good_call, "--json", good_call)
    assert good_call.read_bytes() == before


def test_json_that_cannot_be_written(good_call: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be written"):
        run(good_call, "--json", tmp_path / "nowhere" / "out.json")
