"""What `dialer` says before any command of it is reached: never a trace, always what to do instead."""

from pathlib import Path

from dialer import __version__
from tests.cli.conftest import Run


def test_alone_it_shows_its_commands(dialer: Run) -> None:
    _, said = dialer()
    assert "init" in said
    assert "serve" in said


def test_it_tells_its_release(dialer: Run) -> None:
    assert dialer("--version") == (0, f"Cadencia {__version__}\n")


def test_a_command_that_there_is_not_is_refused_with_those_like_it(dialer: Run) -> None:
    code, said = dialer("campagn", "list")
    assert code == 2
    assert "campaign" in said


def test_a_password_that_the_console_would_refuse_is_refused_before_anything_is_written(
    dialer: Run, tmp_path: Path
) -> None:
    code, said = dialer("init", str(tmp_path / "house"), "--password", "short")
    assert code == 1
    assert "at least 10" in said
    assert not (tmp_path / "house").exists()


def test_a_configuration_that_is_not_there_is_named_with_the_mend(dialer: Run, tmp_path: Path) -> None:
    code, said = dialer("campaign", "list", "-c", str(tmp_path / "none.toml"))
    assert code == 1
    assert said == (
        f"dialer: {tmp_path}/none.toml: cannot be read (No such file or directory); `dialer init DIR` writes one to"
        " begin with\n"
    )


def test_where_nothing_is_yet_lists_say_so(dialer: Run, tmp_path: Path) -> None:
    config = tmp_path / "house" / "cadencia.toml"
    assert dialer("init", str(config.parent), "--password", "a long password")[0] == 0
    assert "none yet" in dialer("campaign", "list", "-c", str(config))[1]
    assert dialer("campaign", "start", "Cards", "-c", str(config)) == (
        1,
        "dialer: there is no campaign 'Cards'; there are: none yet: `dialer campaign add` adds one\n",
    )
