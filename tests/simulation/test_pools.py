"""Processes that simulate are never left behind: a pipe that all of them hold ends when the last of them has."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

BESIDE = """
import os, signal, sys
from simulation.pools import pool

def busy():
    os.write(1, b"here\\n")
    while True:
        signal.pause()

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have it ignored
    with pool(2, method=sys.argv[1]) as executor:
        for future in [executor.submit(busy) for _ in range(5)]:
            future.result()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_they_end_with_the_one_that_began_them(tmp_path: Path, method: str, how: signal.Signals) -> None:
    script = tmp_path / "beside.py"
    script.write_text(BESIDE)
    with subprocess.Popen(
        [sys.executable, str(script), method], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        for _ in range(2):
            assert process.stdout.readline() == b"here\n"
        process.send_signal(how)
        process.communicate(timeout=60)
