"""`dialer doctor`, `dialer backup` and `dialer restore` on an ordinary folder."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from dialer.cli.backup import _of_postgres as of_postgres
from dialer.config import load
from tests.cli.conftest import Run


@pytest.fixture
def house(tmp_path: Path, dialer: Run) -> Path:
    """A folder as `dialer init` leaves it; no Asterisk answers."""
    folder = tmp_path / "house"
    code, said = dialer("init", str(folder), "--password", "a long password")
    assert code == 0, said
    config = folder / "cadencia.toml"
    config.write_text(config.read_text().replace("port = 5038", "port = 1"))
    return folder


def test_the_doctor_names_what_is_wrong_and_its_mend(house: Path, dialer: Run) -> None:
    code, said = dialer("doctor", "-c", str(house / "cadencia.toml"), "--json")
    found = json.loads(said)
    assert code == 1
    assert {one["state"] for one in found} <= {"ok", "warning", "failed"}
    by_area = {one["area"]: one for one in found}
    assert by_area["asterisk"]["state"] == "failed"
    assert "dialer asterisk check" in by_area["asterisk"]["mend"]
    assert by_area["database"]["state"] == "ok"
    assert by_area["users"]["mend"].startswith("dialer user totp admin")
    assert all(one["mend"] for one in found if one["state"] != "ok")


def found_by(dialer: Run, config: Path) -> dict[str, list[str]]:
    """What the doctor says, by area."""
    areas: dict[str, list[str]] = {}
    for one in json.loads(dialer("doctor", "-c", str(config), "--json")[1]):
        areas.setdefault(one["area"], []).append(one["found"])
    return areas


CHEAP = "[campaign]\nleast_cost = true\n"
DEARER = """
[[trunk]]
name = "other"
dial = "PJSIP/{number}@other"
currency = "CLP"
tariffs = [{ per_minute = 9.0 }]
"""
POOL = """
[[caller_ids]]
name = "chile"
numbers = ["+56222000001"]
campaigns = ["Silent", "Gone"]
"""


def test_the_doctor_names_what_people_would_not_see_and_costs_that_cannot_be_compared(house: Path, dialer: Run) -> None:
    config, cheap = house / "cadencia.toml", house / "cheap.toml"
    first = load(config).trunks[0].name
    priced = f'name = "{first}"\ncurrency = "USD"\ntariffs = [{{}}]'
    config.write_text(config.read_text().replace(f'name = "{first}"', priced, 1) + DEARER)
    for name, number in (("Silent", ""), ("Odd", "12345"), ("Good", "+56222000001")):
        added = ("campaign", "add", name, "--client", "Bank", "--trunk", first, "--trunk", "other", "-c", str(config))
        assert dialer(*added, *(("--caller-id", number) if number else ()))[0] == 0
        assert dialer("campaign", "start", name, "-c", str(config))[0] == 0
    cheap.write_text(CHEAP)
    assert dialer("campaign", "load", "Good", str(cheap), "-c", str(config))[0] == 0
    found = found_by(dialer, config)
    assert [one for one in found["campaign Silent"] if one.startswith("it shows no number")]
    assert [one for one in found["campaign Odd"] if one.startswith("the number shown, '12345', is no valid number")]
    assert [one for one in found["campaign Good"] if one.endswith("costs are in CLP, USD")]
    config.write_text(config.read_text() + POOL)
    found = found_by(dialer, config)
    assert found["caller_ids chile"] == ["there is no campaign 'Gone'"]
    assert not any("number" in one for one in found["campaign Silent"])
    config.write_text(config.read_text() + 'clients = ["Nobody"]\n')
    [said] = found_by(dialer, config)["caller_ids"]
    assert said.endswith("caller_ids 'chile': there is no client 'Nobody'")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("C.UTF-8", "", ()), "start Asterisk"),
        (("C.UTF-8", "es-MX", ()), "inicie Asterisk"),
        (("pt_BR.UTF-8", "es-MX", ()), "inicie o Asterisk"),
        (("pt_BR.UTF-8", "", ("--language", "es")), "inicie Asterisk"),
    ],
)
def test_the_doctor_speaks_as_is_asked_else_as_the_terminal_does_else_as_the_console(
    house: Path, dialer: Run, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, str, tuple[str, ...]], said: str
) -> None:
    (local, configured, option), config = asked, house / "cadencia.toml"
    config.write_text(config.read_text().replace("[web]", f'[web]\nlocale = "{configured}"', 1))
    monkeypatch.setenv("LC_ALL", local)
    code, text = dialer("doctor", *option, "-c", str(config))
    assert code == 1
    assert said in text
    told = json.loads(dialer("doctor", *option, "-c", str(config), "--json")[1])
    by_code = {one["code"]: one for one in told}
    assert said in by_code["switch_silent"]["mend"]
    assert by_code["switch_silent"]["area"] == "asterisk"


def test_an_interrupted_init_is_taken_up_and_a_finished_one_is_left_alone(tmp_path: Path, dialer: Run) -> None:
    folder = tmp_path / "house"
    config = folder / "cadencia.toml"
    assert dialer("init", str(folder), "--password", "a long password")[0] == 0
    assert config.stat().st_mode & 0o077 == 0
    written = config.read_text()
    code, said = dialer("init", str(folder), "--password", "another password")
    assert (code, "nothing was changed" in said, config.read_text()) == (1, True, written)
    (folder / "cadencia.db").unlink()  # killed after the configuration was written
    code, said = dialer("init", str(folder), "--password", "a long password")
    assert (code, config.read_text()) == (0, written)
    assert "stays as it is" in said
    assert "admin" in dialer("user", "list", "-c", str(config))[1]
    assert [one.name for one in folder.iterdir() if one.name.endswith(".part")] == []


def test_a_backup_brings_everything_back(house: Path, dialer: Run, tmp_path: Path) -> None:
    config = str(house / "cadencia.toml")
    assert dialer("campaign", "add", "Cards", "--client", "Bank", "-c", config)[0] == 0
    file = tmp_path / "backup.tar.gz"
    assert dialer("backup", str(file), "-c", config)[0] == 0
    assert file.stat().st_mode & 0o077 == 0
    shutil.rmtree(house)
    code, said = dialer("restore", str(file), str(tmp_path / "again"))
    assert code == 0, said
    code, said = dialer("campaign", "list", "-c", str(tmp_path / "again" / "cadencia.toml"), "--json")
    assert [one["name"] for one in json.loads(said)] == ["Cards"]


def test_a_backup_never_overwrites_and_nothing_else_is_restored(house: Path, dialer: Run, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    file.write_text("mine")
    assert dialer("backup", str(file), "-c", str(house / "cadencia.toml")) == (
        1,
        f"dialer: {file} is there already: nothing was written\n",
    )
    code, said = dialer("restore", str(file), str(tmp_path / "again"))
    assert (code, "is no backup of ours" in said) == (1, True)
    code, said = dialer("restore", str(file), str(house))
    assert (code, "is not empty" in said) == (1, True)


def test_a_backup_holds_what_the_configuration_names(house: Path, dialer: Run, tmp_path: Path) -> None:
    """Without its rules nothing starts again, without the keys no recording is ever heard again."""
    config, file, again = house / "cadencia.toml", tmp_path / "backup.tar.gz", tmp_path / "again"
    own = {house / "rules" / "own.toml": "own = true\n", house / "data" / "stopped-0": "Ana"}
    own |= {house / "keys" / "recordings.keys": "a key", house / "keys" / "bank": "another key"}
    feed = '[[feed]]\nname = "f"\nclient = "b"\nplace = "sftp://b@h/in"\nevery_s = 300\nkey_file = "keys/bank"\n'
    text = config.read_text().replace("built_in_rules = true", 'built_in_rules = true\nrules_dir = "rules"')
    far = tmp_path / "known_hosts"
    far.write_text("h")
    text += f'\n[recordings]\nkeys = "keys/recordings.keys"\n\n{feed}known_hosts = "{far}"\n'
    config.write_text(text)
    for path, held in own.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(held)
    code, said = dialer("backup", str(file), "-c", str(config))
    assert code == 0, said
    assert f"{far} lies outside of" in said
    assert dialer("restore", str(file), str(again))[0] == 0
    assert {path: (again / path.relative_to(house)).read_text() for path in own} == own
    assert sorted(one.name for one in again.iterdir()) == ["cadencia.db", "cadencia.toml", "data", "keys", "rules"]


def test_another_archive_is_refused_before_anything_is_written(dialer: Run, tmp_path: Path) -> None:
    file = tmp_path / "other.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        archive.add(__file__, "cadencia.toml")
    code, said = dialer("restore", str(file), str(tmp_path / "again"))
    assert (code, "is no backup of ours" in said, (tmp_path / "again").exists()) == (1, True, False)


def test_the_databases_password_is_in_no_programs_words() -> None:
    address, environment = of_postgres("postgresql+asyncpg://dialer:se%40cret@db.example:5433/day")
    assert (address, environment) == ("postgresql://dialer@db.example:5433/day", {"PGPASSWORD": "se@cret"})
