"""`dialer backup` and `dialer restore`: one file that holds everything but recordings and Asterisk's own."""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from dialer.cli.reach import ConfigFile, config_file
from dialer.config import Config, load
from dialer.errors import ConfigError, StoreError

_ABOUT, _CONFIG, _SQLITE, _DUMP = "about.json", "cadencia.toml", "database.sqlite", "database.pgdump"


def backup(
    to: Annotated[Path, typer.Argument(help="The file to write, as backup.tar.gz.")],
    *,
    config: ConfigFile = None,
) -> None:
    """Write configuration and database into one file, while the dialer runs. It holds secrets: keep it as such."""
    if to.exists():
        raise ConfigError(f"{to} is there already: nothing was written")
    config = config_file(config)
    loaded = load(config)
    with _beside(to) as part:
        with tarfile.open(part, "w:gz") as archive:
            about = {"made_at": time.time(), "version": version("cadencia"), "cell": loaded.cell}
            _add_text(archive, _ABOUT, json.dumps(about))
            archive.add(config, _CONFIG)
            _add_database(archive, loaded)
        part.chmod(0o600)
        part.rename(to)
    typer.echo(f"{to}: {to.stat().st_size:,} bytes; recordings are not in it ({loaded.asterisk.recordings_dir})")


def restore(
    file: Annotated[Path, typer.Argument(help="What `dialer backup` wrote.", dir_okay=False)],
    folder: Annotated[Path, typer.Argument(help="Where to put it; must be empty, or not there.")],
    *,
    database: Annotated[str, typer.Option(help="Of a PostgreSQL backup: the empty database to fill.")] = "",
) -> None:
    """Put a backup back into a new folder. `dialer serve -c FOLDER/cadencia.toml` then goes on from it."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty: nothing was written")
    try:
        with tarfile.open(file) as archive:
            folder.mkdir(parents=True, exist_ok=True)
            archive.extractall(folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise ConfigError(f"{file}: is no backup of ours ({error})") from error
    config = folder / _CONFIG
    if not (folder / _ABOUT).exists() or not config.exists():
        raise ConfigError(f"{file}: is no backup of ours")
    config.chmod(0o600)
    loaded = load(config)
    if (folder / _SQLITE).exists():
        _put_sqlite(folder, loaded)
    else:
        _run("pg_restore", "--no-owner", "--dbname", _plain(database or loaded.database), str(folder / _DUMP))
    typer.echo(f"{config}: `dialer doctor -c {config}` looks at it, `dialer serve -c {config}` goes on from it")


@contextmanager
def _beside(to: Path) -> Iterator[Path]:
    """A name beside the file, so that a half-written one never has the right name."""
    part = to.with_name(f".{to.name}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(text.encode()), int(time.time()), 0o600
    archive.addfile(info, io.BytesIO(text.encode()))


def _add_database(archive: tarfile.TarFile, config: Config) -> None:
    url = make_url(config.database_url)
    with tempfile.TemporaryDirectory() as folder:
        if url.get_backend_name() == "sqlite":
            copy = Path(folder) / _SQLITE
            _copy_sqlite(Path(url.database or ""), copy)
            archive.add(copy, _SQLITE)
        else:
            copy = Path(folder) / _DUMP
            _run("pg_dump", "--format=custom", "--no-owner", "--file", str(copy), _plain(config.database_url))
            archive.add(copy, _DUMP)


def _copy_sqlite(source: Path, copy: Path) -> None:
    """A copy of one moment, though others write meanwhile; looked over, so that no damage is kept as a backup."""
    if not source.exists():
        raise StoreError(f"{source}: there is no database yet")
    with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(copy)) as after:
        before.backup(after)
        [(verdict,)] = after.execute("PRAGMA quick_check").fetchall()
    if verdict != "ok":
        raise StoreError(f"{source}: the database is damaged ({verdict}); nothing was written")


def _put_sqlite(folder: Path, config: Config) -> None:
    """The database goes to where the configuration looks for it, within the folder."""
    place = Path(make_url(config.database_url).database or "cadencia.db")
    target = place if place.is_absolute() and place.is_relative_to(folder.resolve()) else folder / place.name
    if target.resolve() != place.resolve():
        text = (folder / _CONFIG).read_text(encoding="utf-8")
        lines = [
            f'database = "sqlite:///{target.name}"' if one.startswith("database =") else one
            for one in text.splitlines()
        ]
        (folder / _CONFIG).write_text("\n".join([*lines, ""]), encoding="utf-8")
    os.replace(folder / _SQLITE, target)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _run(program: str, *given: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise ConfigError(f"{program} is missing: install PostgreSQL's client programs")
    done = subprocess.run([found, *given], capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise StoreError(f"{program}: {done.stderr.strip()[:500]}")
