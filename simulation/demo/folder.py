"""The demo's work folder: what lies where in it, and that nobody else's folder is ever emptied."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MARK = ".cadencia-demo"


class FolderError(Exception):
    """The folder cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths in one work folder."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "cadencia.toml"

    @property
    def database(self) -> Path:
        return self.path / "cadencia.db"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def recordings(self) -> Path:
        return self.path / "recordings"

    @property
    def leads(self) -> Path:
        return self.path / "leads.csv"

    @property
    def agents(self) -> Path:
        return self.path / "agents.csv"

    def log(self, name: str) -> Path:
        return self.path / f"{name}.log"


@contextmanager
def fresh(path: Path) -> Iterator[Folder]:
    """An emptied work folder, ours alone until the end. Raises FolderError where it is in use or somebody else's."""
    path = path.absolute()
    if path.exists() and not (path / MARK).exists() and any(path.iterdir()):
        raise FolderError(f"{path} holds something else than a demo: name an empty or a new folder with --keep")
    path.mkdir(parents=True, exist_ok=True)
    with (path / MARK).open("w", encoding="utf-8") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderError(f"another demo runs in {path}: give this one a folder of its own with --keep") from error
        _empty(path)
        yield Folder(path)


def _empty(path: Path) -> None:
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MARK:
            entry.unlink()
