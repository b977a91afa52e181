"""The process beside: it works while the other lives, and no longer."""

import subprocess
import sys

import pytest

TIMEOUT_S = 15
OTHER = """
import os, sys
from recordings.helping import helper

if __name__ == "__main__":
    pool = helper(niceness=1)
    print(pool.submit(os.getpid).result(), flush=True)
    sys.stdin.read()
"""


@pytest.mark.timeout(60)
def test_it_is_gone_when_the_other_is_killed() -> None:
    """It holds the other's output open for as long as it lives: the end of that is the end of both."""
    other = subprocess.Popen([sys.executable, "-c", OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    helping = int(other.stdout.readline())
    assert helping != other.pid
    other.kill()
    said, _ = other.communicate(timeout=TIMEOUT_S)
    assert said == ""
