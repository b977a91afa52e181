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
from collections.abc import Iterator, Mapping
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
_FILES = "files"  # what the configuration names beside the database, as it lies below the configuration's folder


def backup(
    to: Annotated[Path, typer.Argument(help="The file to write, as backup.tar.gz.")],
    *,
    config: ConfigFile = None,
) -> None:
    """Write configuration, database, rules and keys into one file, while the dialer runs. It holds secrets: keep it as
    such.
    """
    if to.exists():
        raise ConfigError(f"{to} is there already: nothing was written")
    config = config_file(config)
    loaded, folder = load(config), config.resolve().parent
    outside = []
    with _beside(to) as part:
        with _for_nobody_else(part) as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
            about = {"made_at": time.time(), "version": version("cadencia"), "cell": loaded.cell}
            _add_text(archive, _ABOUT, json.dumps(about))
            archive.add(config, _CONFIG)
            for path in _named_by(loaded):
                if path.is_relative_to(folder):
                    archive.add(path, f"{_FILES}/{path.relative_to(folder)}")
                else:
                    outside.append(path)
            _add_database(archive, loaded, to.resolve().parent)
        part.rename(to)
    typer.echo(f"{to}: {to.stat().st_size:,} bytes; recordings are not in it ({loaded.asterisk.recordings_dir})")
    for path in outside:
        typer.echo(f"{path} lies outside of {folder} and is not in it: keep it yourself", err=True)


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
            if not {_ABOUT, _CONFIG} <= {*archive.getnames()}:
                raise ConfigError(f"{file}: is no backup of ours")
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            archive.extractall(folder, filter="data")
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except (OSError, tarfile.TarError, EOFError) as error:
        raise ConfigError(f"{file}: is no backup of ours ({error})") from error
    config = folder / _CONFIG
    config.chmod(0o600)
    _put_files(folder)
    loaded = load(config)
    if (folder / _SQLITE).exists():
        _put_sqlite(folder, loaded)
    else:
        address, environment = _of_postgres(database or loaded.database)
        _run("pg_restore", "--no-owner", "--dbname", address, str(folder / _DUMP), environment=environment)
        (folder / _DUMP).unlink()
    (folder / _ABOUT).unlink()
    typer.echo(f"{config}: `dialer doctor -c {config}` looks at it, `dialer serve -c {config}` goes on from it")


def _named_by(config: Config) -> Iterator[Path]:
    """The files without which the configuration is worth little: rules of one's own, the keys of recordings and feeds,
    the mark of a stop that holds. Whoever loses the keys of the recordings loses the recordings.
    """
    wanted = [
        config.recordings.keys,
        *(Path(one) for feed in config.feeds for one in (feed.key_file, feed.known_hosts) if one),
    ]
    if config.rules_dir is not None:
        wanted += sorted(config.rules_dir.glob("*.toml"))
    wanted += [config.data_dir / "recordings.signing_key", config.data_dir / f"stopped-{config.cell}"]
    yield from dict.fromkeys(one.resolve() for one in wanted if one is not None and one.is_file())


def _put_files(folder: Path) -> None:
    """What lay below the configuration's folder lies there again."""
    kept = folder / _FILES
    for path in sorted(kept.rglob("*")) if kept.exists() else ():
        if path.is_file():
            place = folder / path.relative_to(kept)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.rename(place)
    shutil.rmtree(kept, ignore_errors=True)


@contextmanager
def _beside(to: Path) -> Iterator[Path]:
    """A name beside the file, so that a half-written one never has the right name."""
    part = to.with_name(f".{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _for_nobody_else(part: Path) -> Iterator[io.BufferedWriter]:
    """The file, which nobody else may read, not even while it is written."""
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(text.encode()), int(time.time()), 0o600
    archive.addfile(info, io.BytesIO(text.encode()))


def _add_database(archive: tarfile.TarFile, config: Config, where: Path) -> None:
    """Its copy lies beside the backup meanwhile: a machine's folder for such is small, and often kept in memory."""
    url = make_url(config.database_url)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=where) as folder:
        if url.get_backend_name() == "sqlite":
            copy = Path(folder) / _SQLITE
            _copy_sqlite(Path(url.database or ""), copy)
            archive.add(copy, _SQLITE)
        else:
            copy, (address, environment) = Path(folder) / _DUMP, _of_postgres(config.database_url)
            dump = ("--format=custom", "--no-owner", "--file", str(copy), address)
            _run("pg_dump", *dump, environment=environment)
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
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(folder / _SQLITE, target)


def _of_postgres(url: str) -> tuple[str, Mapping[str, str]]:
    """The database's address without its password, and that as the programs take it: everybody on a machine reads the
    words that a program is started with.
    """
    made = make_url(url).set(drivername="postgresql")
    secret = {"PGPASSWORD": str(made.password)} if made.password else {}
    return made._replace(password=None).render_as_string(hide_password=False), secret


def _run(program: str, *given: str, environment: Mapping[str, str]) -> None:
    found = shutil.which(program)
    if found is None:
        raise ConfigError(f"{program} is missing: install PostgreSQL's client programs")
    done = subprocess.run(  # noqa: S603 - our own words
        [found, *given], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    if done.returncode:
        raise StoreError(f"{program}: {done.stderr.strip()[:500]}")
