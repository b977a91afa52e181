"""Where files of feeds lie: a folder of this machine, or one of another by SFTP. Both take and put the same way."""

import asyncio
import fnmatch
import hashlib
import os
import posixpath
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast
from urllib.parse import unquote, urlsplit

from dialer.errors import ConfigError, DialerError
from dialer.feeds.settings import FeedSettings

if TYPE_CHECKING:
    import asyncssh

DONE = "done"  # the folder below that files which were read are moved to
REJECTED = ".rejected.csv"  # behind the name of the file whose rows they are
PART = ".part"  # the end of a file's name while it is written
CONNECT_MAX_S = 20.0
PIECE = 1 << 20  # bytes copied at a time


class PlaceError(DialerError):
    """The place cannot be reached, or lets us not read or write there. Nothing was done; try again."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to be read; `changed_at` is when it was last written."""

    name: str
    changed_at: float


def _names(name: str) -> Iterator[str]:
    """The name, and others for a further file that is called so."""
    stem, dot, ending = name.rpartition(".")
    yield name
    for n in count(2):
        yield f"{stem}-{n}.{ending}" if dot else f"{name}-{n}"


class Place(Protocol):
    """A folder. Every method raises PlaceError."""

    async def files(self, pattern: str) -> list[Found]:
        """The files whose names fit, by name."""

    async def fetch(self, name: str, to: IO[bytes]) -> str:
        """Copy the file, piece by piece; the SHA-256 of what is in it, in hexadecimal."""

    async def put(self, name: str, data: bytes) -> None:
        """Write the file whole or not at all; one of that name is replaced."""

    async def done(self, name: str, rejected: bytes = b"") -> None:
        """Move a file that was read out of the way, and what was rejected of it beside it; one of that name stays."""


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def files(self, pattern: str) -> list[Found]:
        return await asyncio.to_thread(self._files, pattern)

    def _files(self, pattern: str) -> list[Found]:
        with _our_words(self._path):
            found = [one for one in self._path.iterdir() if one.is_file() and fnmatch.fnmatch(one.name, pattern)]
            return sorted((Found(one.name, one.stat().st_mtime) for one in found), key=lambda one: one.name)

    async def fetch(self, name: str, to: IO[bytes]) -> str:
        return await asyncio.to_thread(self._fetch, name, to)

    def _fetch(self, name: str, to: IO[bytes]) -> str:
        digest = hashlib.sha256()
        with _our_words(self._path), (self._path / name).open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                to.write(piece)
        return digest.hexdigest()

    async def put(self, name: str, data: bytes) -> None:
        await asyncio.to_thread(self._put, self._path / name, data)

    def _put(self, path: Path, data: bytes) -> None:
        with _our_words(self._path):
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + PART)
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)

    async def done(self, name: str, rejected: bytes = b"") -> None:
        with _our_words(self._path):
            (self._path / DONE).mkdir(exist_ok=True)
            kept = next(one for one in _names(name) if not (self._path / DONE / one).exists())
        if rejected:
            await self.put(f"{DONE}/{kept}{REJECTED}", rejected)
        with _our_words(self._path):
            (self._path / name).replace(self._path / DONE / kept)


class _our_words:  # noqa: N801 - a context manager
    """Errors of the system as PlaceError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise PlaceError(f"{self._path}: {error.strerror or error}") from error


class Sftp:
    """A folder reached by SFTP, over one connection."""

    def __init__(self, client: "asyncssh.SFTPClient", folder: str) -> None:
        self._client = client
        self._folder = folder

    async def files(self, pattern: str) -> list[Found]:
        names = await self._client.readdir(self._folder)
        found = [
            Found(str(one.filename), float(one.attrs.mtime or 0))
            for one in names
            if fnmatch.fnmatch(str(one.filename), pattern)
            and (one.attrs.type or 1) == 1
            and "/" not in str(one.filename)
        ]
        return sorted(found, key=lambda one: one.name)

    async def fetch(self, name: str, to: IO[bytes]) -> str:
        import asyncssh  # noqa: PLC0415 - an extra: only those who use SFTP install it

        digest = hashlib.sha256()
        try:
            async with self._client.open(self._at(name), "rb") as file:
                while piece := cast("bytes", await file.read(PIECE)):  # opened so
                    digest.update(piece)
                    to.write(piece)
        except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchFile, asyncssh.SFTPFailure) as error:
            raise PlaceError(f"{self._at(name)}: {error.reason}") from error
        return digest.hexdigest()

    async def put(self, name: str, data: bytes) -> None:
        if "/" in name:
            await self._client.makedirs(self._at(posixpath.dirname(name)), exist_ok=True)
        part = self._at(name + PART)
        async with self._client.open(part, "wb") as file:
            await file.write(data)
        await self._replace(part, self._at(name))

    async def done(self, name: str, rejected: bytes = b"") -> None:
        await self._client.makedirs(self._at(DONE), exist_ok=True)
        names = _names(name)
        while await self._client.exists(self._at(f"{DONE}/{(kept := next(names))}")):
            pass
        if rejected:
            await self.put(f"{DONE}/{kept}{REJECTED}", rejected)
        await self._replace(self._at(name), self._at(f"{DONE}/{kept}"))

    async def _replace(self, source: str, target: str) -> None:
        if await self._client.exists(target):
            await self._client.remove(target)
        await self._client.rename(source, target)

    def _at(self, name: str) -> str:
        return posixpath.join(self._folder, name)


@asynccontextmanager
async def reached(settings: FeedSettings) -> AsyncIterator[Place]:
    """The feed's place. Raises PlaceError, and ConfigError where SFTP is not installed."""
    if not settings.is_sftp:
        yield Folder(Path(settings.place))
        return
    try:
        import asyncssh  # noqa: PLC0415 - an extra: only those who use SFTP install it
    except ImportError:
        raise ConfigError("SFTP needs more: pip install 'cadencia[sftp]'") from None
    url = urlsplit(settings.place)
    secret = os.environ.get(settings.password_env) if settings.password_env else None
    try:
        async with (
            asyncssh.connect(
                url.hostname or "",
                url.port or 22,
                username=unquote(url.username or ""),
                password=secret,
                client_keys=[settings.key_file] if settings.key_file else None,
                known_hosts=settings.known_hosts,
                connect_timeout=CONNECT_MAX_S,
                config=None,
                agent_path=None,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            yield Sftp(client, unquote(url.path) or "/")
    except (OSError, asyncssh.Error) as error:
        raise PlaceError(f"{url.hostname}: {error}") from error
