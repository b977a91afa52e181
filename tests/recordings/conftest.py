"""A call whose truth is known, to be measured."""

from pathlib import Path

import pytest

from tests.recordings.calls import conversation, spoken, write


@pytest.fixture
def good_call(tmp_path: Path) -> Path:
    """Twenty seconds of conversation."""
    agent, customer = conversation(20, 1)
    return write(tmp_path / "good.wav", spoken(20, agent, seed=1), spoken(20, customer, seed=2))
