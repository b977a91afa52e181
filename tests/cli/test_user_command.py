"""`dialer user`: what an administrator types."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dialer.cli import main

Run = Callable[..., str]
PASSWORD = "averylongsecret"


@pytest.fixture
def dialer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a fresh database; what it said. Exit codes other than 0 raise."""
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)

    def run(*given: str) -> str:
        place = ["--database", f"sqlite:///{tmp_path / 'day.db'}"]
        monkeypatch.setattr("sys.argv", ["dialer", *(one.format(secret=secret) for one in given), *place])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert not ended.value.code, said.err
        return said.out

    return run


def add(dialer: Run, login: str, *more: str) -> str:
    return dialer("user", "add", login, "--password-file", "{secret}", *more)


def test_users_are_added_listed_and_disabled(dialer: Run) -> None:
    assert "supervisor" in add(dialer, "maria", "--role", "supervisor", "--grant", "exports")
    dialer("user", "disable", "maria")
    assert '"active": false' in dialer("user", "list", "--json")
    dialer("user", "enable", "maria")
    assert '"active": true' in dialer("user", "list", "--json")


def test_a_token_is_told_once_and_kept_as_a_digest(dialer: Run, tmp_path: Path) -> None:
    add(dialer, "maria", "--role", "supervisor")
    token = dialer("user", "token", "maria", "--name", "crm", "--scope", "calls.read").strip()
    assert token.startswith("cad_")
    assert token.encode() not in (tmp_path / "day.db").read_bytes()


def test_a_one_time_code_is_set_up_and_taken_off(dialer: Run) -> None:
    add(dialer, "maria", "--role", "auditor")
    assert "otpauth://totp/Cadencia:maria" in dialer("user", "totp", "maria")
    assert '"second_factor": true' in dialer("user", "list", "--json")
    dialer("user", "totp", "maria", "--off")
    assert '"second_factor": false' in dialer("user", "list", "--json")


@pytest.mark.parametrize(
    "wrong",
    [
        ("add", "x", "--role", "client", "--password-file", "{secret}"),
        ("add", "x", "--role", "analyst", "--grant", "everything", "--password-file", "{secret}"),
        ("token", "maria", "--name", "x", "--scope", "users.write"),
        ("disable", "nobody"),
    ],
)
def test_what_cannot_be_is_refused(dialer: Run, wrong: tuple[str, ...]) -> None:
    add(dialer, "maria", "--role", "supervisor")
    with pytest.raises(AssertionError, match="dialer: "):
        dialer("user", *wrong)
