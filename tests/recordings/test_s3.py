"""Recordings at an S3 server, by the real s3fs over HTTP on loopback: down for an hour, locked at rest, played from."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem  # type: ignore[import-untyped]

from dialer.store import RecordingState as State
from dialer.store import Store
from recordings.playing import playable
from recordings.scan import scan
from recordings.target import Target, Uploader, fetch
from recordings.vault import Keys, new_key
from tests.recordings.floor import LATER, Floor
from tests.store.world import NOW

HOUR_S, MONTH_S = 3600.0, 31 * 86_400.0
BUCKET = "calls"


class S3:
    """A server that can go away and come back with what it holds."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.up()

    def up(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self._server.start()

    def down(self) -> None:
        self._server.stop()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """As an administrator tells s3fs where to go: by the environment."""
    server = S3()
    given = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(S3FileSystem, "retries", 1)  # s3fs waits seconds between its own tries
    S3FileSystem.clear_instance_cache()
    S3FileSystem().mkdir(BUCKET)
    yield server
    server.down()


async def test_a_bucket_that_is_away_for_an_hour_loses_nothing_and_gives_back_what_is_played(
    s3: S3, tmp_path: Path
) -> None:
    new_key(tmp_path / "keys.toml", "one")
    keys = Keys.read(tmp_path / "keys.toml")
    async with await Store.open(f"sqlite:///{tmp_path}/dialer.db") as store:
        floor = await Floor.made(store, tmp_path, target=f"s3://{BUCKET}/recordings", keys=tmp_path / "keys.toml")
        records = [await floor.talked(at=NOW + n) for n in range(3)]
        await floor.indexer().step()
        one = await floor.recording(records[0])
        before = heard(floor, one.file, keys)
        now = LATER
        uploader = Uploader(store, floor.settings, Target(floor.settings.target), now=lambda: now)
        s3.down()
        for _ in range(3):
            assert await uploader.step() == 0
            now += HOUR_S / 3
        assert (await scan(store, floor.spool, floor.settings)).clean
        s3.up()
        assert await uploader.step() == 3
        now += MONTH_S
        assert await uploader.step() == 3  # the tree lets go of what the bucket has had for long
        rows = [await floor.recording(record) for record in records]
        assert [(row.state, row.local) for row in rows] == [(State.STORED, False)] * 3
        assert not [path for path in floor.settings.folder.rglob("*.flac*") if path.is_file()]
        assert b"fLaC" not in S3FileSystem().cat(f"{BUCKET}/recordings/{one.file}")  # locked there too
        again = await fetch(store, floor.settings, rows[0], now)
        assert heard(floor, again.file, keys) == before


def heard(floor: Floor, name: str, keys: Keys) -> bytes:
    """What a player gets that asks for a range."""
    with playable(floor.settings.folder, name, keys) as sound:
        return b"".join(sound.read(20_000, 30_000))
