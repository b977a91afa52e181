"""Commands as a shell runs them."""

from collections.abc import Callable

import pytest

from dialer.cli import main

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def dialer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; its exit code and what it said."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*given: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["dialer", *given])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return run
