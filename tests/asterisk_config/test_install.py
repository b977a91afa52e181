"""Files reach the disk whole, and nobody else's work is overwritten."""

from pathlib import Path

import pytest

from asterisk_config.install import InstallError, State, plan, signed, write, write_all
from asterisk_config.settings import Directories, Host, Manager, Settings, Sounds


def states(folder: Path, files: dict[str, str]) -> dict[str, State]:
    return {change.path.name: change.state for change in plan(files, folder)}


def test_a_new_file_is_written_and_then_the_same(tmp_path: Path) -> None:
    files = {"a.conf": "[a]\nx = 1\n"}
    assert states(tmp_path, files) == {"a.conf": State.NEW}
    assert write(plan(files, tmp_path)) == [tmp_path / "a.conf"]
    assert states(tmp_path, files) == {"a.conf": State.SAME}
    assert write(plan(files, tmp_path)) == []


def test_our_own_file_is_replaced_when_the_settings_change(tmp_path: Path) -> None:
    write(plan({"a.conf": "x = 1\n"}, tmp_path))
    changes = plan({"a.conf": "x = 2\n"}, tmp_path)
    assert changes[0].state is State.CHANGED
    assert "-x = 1\n+x = 2\n" in changes[0].diff()
    write(changes)
    assert (tmp_path / "a.conf").read_text() == signed("x = 2\n")


@pytest.mark.parametrize(
    ("before", "state"),
    [
        ("[mine]\n", State.FOREIGN),
        ("", State.FOREIGN),
        (signed("x = 1\n") + "y = 2\n", State.EDITED),
        (signed("x = 1\n").replace("x = 1", "x = 3"), State.EDITED),
    ],
)
def test_what_we_did_not_write_is_never_overwritten_without_force(tmp_path: Path, before: str, state: State) -> None:
    (tmp_path / "b.conf").write_text(before)
    changes = plan({"a.conf": "new\n", "b.conf": "x = 2\n"}, tmp_path)
    assert changes[1].state is state
    with pytest.raises(InstallError, match=r"b\.conf"):
        write(changes)
    assert (tmp_path / "b.conf").read_text() == before
    assert not (tmp_path / "a.conf").exists()
    assert len(write(changes, force=True)) == 2
    assert (tmp_path / "b.conf").read_text() == signed("x = 2\n")


def test_a_diff_shows_no_password(tmp_path: Path) -> None:
    write(plan({"m.conf": "[a]\nsecret = first-one\n"}, tmp_path))
    diff = plan({"m.conf": "[a]\nsecret = second-one\npassword=third\nx = 1\n"}, tmp_path)[0].diff()
    assert "+x = 1" in diff
    assert not {"first-one", "second-one", "third"} & set(diff.replace("=", " ").split())


def test_files_keep_their_permissions_and_new_ones_are_closed_to_others(tmp_path: Path) -> None:
    write(plan({"a.conf": "1\n"}, tmp_path))
    assert (tmp_path / "a.conf").stat().st_mode & 0o777 == 0o640
    (tmp_path / "a.conf").chmod(0o600)
    write(plan({"a.conf": "2\n"}, tmp_path))
    assert (tmp_path / "a.conf").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a.conf"]


def test_placeholders_are_made_only_for_sounds_that_nobody_named(tmp_path: Path) -> None:
    settings = Settings(
        Manager(secret="manager-secret"),
        host=Host(recordings=tmp_path / "recordings"),
        directories=Directories(etc=tmp_path / "etc"),
        sounds=Sounds(folder=tmp_path / "sounds", sorry="my-own"),
    )
    made = {path.relative_to(tmp_path / "sounds").name for path in write_all(settings) if path.suffix == ".wav"}
    assert "placeholder-abandon.wav" in made
    assert "placeholder-hold.wav" in made
    assert "placeholder-sorry.wav" not in made
    assert (tmp_path / "recordings").is_dir()
    (tmp_path / "sounds" / "placeholder-abandon.wav").write_bytes(b"my own recording")
    assert write_all(settings) == []
    assert (tmp_path / "sounds" / "placeholder-abandon.wav").read_bytes() == b"my own recording"
