"""`dialer user`: what an administrator types."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
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


def trail(folder: Path) -> list[tuple[str, str, dict[str, object]]]:
    with closing(sqlite3.connect(folder / "day.db")) as database:
        rows = database.execute("SELECT action, by_whom, detail FROM audit ORDER BY id").fetchall()
    return [(action, by_whom, json.loads(detail)) for action, by_whom, detail in rows]


def test_what_commands_change_stands_in_the_trail(dialer: Run, tmp_path: Path) -> None:
    """Whoever has the machine could else give themselves anything, unseen."""
    add(dialer, "maria", "--role", "supervisor")
    dialer("user", "grant", "maria", "exports")
    dialer("user", "password", "maria", "--password-file", "{secret}")
    dialer("user", "totp", "maria")
    dialer("user", "totp", "maria", "--off")
    dialer("user", "token", "maria", "--name", "crm", "--scope", "calls.read")
    dialer("user", "disable", "maria")
    dialer("campaign", "add", "Cards", "--client", "Bank")
    dialer("campaign", "start", "Cards")
    dialer("agent", "add", "Ana", "--campaign", "Cards", "--login", "ana", "--password-file", "{secret}")
    lines = trail(tmp_path)
    assert [action for action, _, _ in lines] == [
        "user.add", "user.change", "user.change", "user.totp", "user.totp_reset", "token.add", "user.change",
        "campaign.add", "campaign.running", "agent.add",
    ]  # fmt: skip
    assert {by_whom for _, by_whom, _ in lines} == {"local administrator"}
    assert all(detail["typed_by"] for _, _, detail in lines)
    granted, password = lines[1][2], lines[2][2]
    assert (granted["before"], granted["after"]) == ({"grants": []}, {"grants": ["exports"]})
    assert (password["secrets"], password["after"]) == (["password"], {})
    assert PASSWORD not in str(lines)
