"""The demo's folder: emptied when it is the demo's, left alone when it is anybody else's."""

from pathlib import Path

import pytest

from simulation.demo.folder import FolderError, fresh


def test_each_run_begins_in_an_empty_folder(tmp_path: Path) -> None:
    with fresh(tmp_path / "new" / "demo") as folder:
        folder.database.write_text("of the last run")
        (folder.path / "asterisk" / "etc").mkdir(parents=True)
    with fresh(folder.path) as again:
        assert not again.database.exists()
        assert not (again.path / "asterisk").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "thesis.txt"
    mine.write_text("years of work")
    with pytest.raises(FolderError, match="--keep"), fresh(tmp_path):
        pass
    assert mine.read_text() == "years of work"


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    with fresh(tmp_path / "demo") as folder:
        (folder.path / "link").symlink_to(outside)
    with fresh(tmp_path / "demo"):
        assert (outside / "file").exists()


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with fresh(tmp_path / "demo"), pytest.raises(FolderError, match="another demo"), fresh(tmp_path / "demo"):
        pass
