"""Which configuration a command uses where none is named."""

from pathlib import Path

import pytest

from dialer.cli.reach import VARIABLE, Reach, config_file
from dialer.errors import ConfigError

TEXT = """
database = "sqlite:///{name}.db"
[asterisk]
username = "cadencia"
secret = "a long secret"
[[trunk]]
name = "carrier"
dial = "PJSIP/{{number}}@carrier"
"""


def test_one_named_goes_before_the_environments_and_that_before_the_one_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match="dialer init DIR"):
        config_file(None)
    for name in ("cadencia", "environment", "named"):
        (tmp_path / f"{name}.toml").write_text(TEXT.format(name=name))
    used = [Reach.of(None).database]
    monkeypatch.setenv(VARIABLE, "environment.toml")
    used += [Reach.of(None).database, Reach.of(Path("named.toml")).database, Reach.of(None, "sqlite:///x.db").database]
    assert [Path(one).name for one in used] == ["cadencia.db", "environment.db", "named.db", "x.db"]
    with pytest.raises(ConfigError, match="one of them"):
        Reach.of(Path("named.toml"), "sqlite:///x.db")
