"""Recordings encrypted at rest: AES-256-GCM in chunks, so that a part can be read without the whole.

A file begins with a head: magic, the id of the key that it is locked with, and the file's own data key wrapped by that
key. Each chunk is sealed with its number and whether it is the last one, so that none can be swapped, dropped or cut
off unnoticed. Rotating a key rewrites heads only: the sound is never decrypted for it.
"""

import base64
import os
import re
import secrets
import struct
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.errors import LockedRecordingError, RecordingError, TamperedRecordingError

MAGIC = b"CADREC1\n"
CHUNK = 1 << 16
TAG = 16
_ID_BYTES, _NONCE = 16, 12
_ID = re.compile(rf"[A-Za-z0-9._-]{{1,{_ID_BYTES}}}")
_WRAPPED = _NONCE + 32 + TAG
_HEAD = struct.Struct(f">8s{_ID_BYTES}s{_WRAPPED}s8s")  # magic, key id, wrapped data key, the chunks' nonce prefix


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of this house, by id, newest last. A file is locked with the newest and opened with its own."""

    by_id: dict[str, bytes]

    @property
    def newest(self) -> str:
        return next(reversed(self.by_id))

    @classmethod
    def read(cls, path: Path) -> "Keys":
        """The keys of a file as `new_key` writes it. Raises LockedRecordingError."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            keys = {str(one["id"]): base64.b64decode(one["key"], validate=True) for one in table["key"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LockedRecordingError(
                f"{path}: no keys can be read there ({error}); `dialer recordings key` makes one"
            ) from error
        if not keys or any(len(key) != 32 for key in keys.values()) or any(len(one) > _ID_BYTES for one in keys):
            raise LockedRecordingError(f"{path}: each [[key]] needs an id of at most 16 signs and 32 bytes as base64")
        return cls(keys)


def new_key(path: Path, name: str) -> None:
    """Add a key to the file, which from now on locks new recordings. The file is replaced at once, never half written.

    Raises LockedRecordingError where the name is taken or the file cannot be used.
    """
    present = Keys.read(path).by_id if path.exists() else {}
    if name in present:
        raise LockedRecordingError(f"{name!r}: there is a key of that name; give the new one another")
    if not _ID.fullmatch(name):  # it stands in the file between quotes
        raise LockedRecordingError(f"{name!r}: a key's name has at most {_ID_BYTES} letters, digits and . _ -")
    lines = ["# Keys of the recordings, newest last. Whoever loses this file loses the recordings.", ""]
    for one, key in (present | {name: secrets.token_bytes(32)}).items():
        lines += ["[[key]]", f'id = "{one}"', f'key = "{base64.b64encode(key).decode()}"', ""]
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)  # what is locked with it must not outlive it
    finally:
        os.close(descriptor)


def seal(plain: BinaryIO, sealed: BinaryIO, keys: Keys) -> None:
    """Encrypt the whole of `plain` with the newest key."""
    data_key, prefix = secrets.token_bytes(32), secrets.token_bytes(8)
    sealed.write(_head(keys, keys.newest, data_key, prefix))
    cipher = AESGCM(data_key)
    block, number = plain.read(CHUNK), 0
    while True:
        following = plain.read(CHUNK)
        last = not following
        sealed.write(cipher.encrypt(_nonce(prefix, number), block, _place(number, last=last)))
        if last:
            return
        block, number = following, number + 1


class Opened:
    """A file of the tree or target, sealed or not, read from any place on."""

    def __init__(self, file: BinaryIO, size: int, keys: Keys | None, name: str) -> None:
        """Raises LockedRecordingError where a key is lacking, TamperedRecordingError where it is not what it was."""
        self._file, self._name = file, name
        self._cipher: AESGCM | None = None
        head = file.read(_HEAD.size)
        if head[: len(MAGIC)] != MAGIC:
            self.size = size
            return
        if len(head) < _HEAD.size:
            raise TamperedRecordingError(f"{name}: cut off within its head")
        self._prefix = head[-8:]
        self._cipher = AESGCM(_unwrapped(keys, head, name))
        body = size - _HEAD.size
        self._chunks = max(1, -(-body // (CHUNK + TAG)))
        self.size = body - self._chunks * TAG
        last = body - (self._chunks - 1) * (CHUNK + TAG)
        if last < TAG or (last == TAG and self._chunks > 1):  # nobody writes an empty chunk after a full one
            raise TamperedRecordingError(f"{name}: cut off")

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The sound file's bytes from `start` until before `end`, in pieces. Raises TamperedRecordingError."""
        end = self.size if end is None else min(end, self.size)
        if self._cipher is None:
            self._file.seek(start)
            left = end - start
            while left > 0 and (piece := self._file.read(min(CHUNK, left))):
                left -= len(piece)
                yield piece
            return
        number = start // CHUNK
        while number * CHUNK < end or (end == 0 and number == 0):
            block = self._chunk(number)
            yield block[max(0, start - number * CHUNK) : end - number * CHUNK]
            number += 1

    def _chunk(self, number: int) -> bytes:
        assert self._cipher is not None
        self._file.seek(_HEAD.size + number * (CHUNK + TAG))
        sealed = self._file.read(CHUNK + TAG)
        try:
            return self._cipher.decrypt(
                _nonce(self._prefix, number), sealed, _place(number, last=number == self._chunks - 1)
            )
        except (InvalidTag, ValueError) as error:
            raise TamperedRecordingError(f"{self._name}: chunk {number} is not what was written") from error


def locked_with(path: Path) -> str:
    """The id of the key that the file is locked with; empty where it is not locked. Raises RecordingError."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror})") from error
    if head[: len(MAGIC)] != MAGIC or len(head) < _HEAD.size:
        return ""
    return bytes(_HEAD.unpack(head)[1]).rstrip(b"\0").decode()


def rekey(path: Path, keys: Keys) -> bool:
    """Lock the file with the newest key; whether it was not already. A kill leaves the old or the new file, whole."""
    with path.open("rb") as file:
        head = file.read(_HEAD.size)
        if head[: len(MAGIC)] != MAGIC:
            return False
        _, key_id, _, prefix = _HEAD.unpack(head)
        if key_id.rstrip(b"\0").decode() == keys.newest:
            return False
        data_key = _unwrapped(keys, head, str(path))
        part = path.with_name(path.name + ".part")
        with part.open("wb") as renewed:
            renewed.write(_head(keys, keys.newest, data_key, prefix))
            while piece := file.read(1 << 20):
                renewed.write(piece)
            renewed.flush()
            os.fsync(renewed.fileno())
    part.replace(path)
    return True


def _head(keys: Keys, name: str, data_key: bytes, prefix: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    key_id = name.encode().ljust(_ID_BYTES, b"\0")
    wrapped = nonce + AESGCM(keys.by_id[name]).encrypt(nonce, data_key, MAGIC + key_id + prefix)
    return _HEAD.pack(MAGIC, key_id, wrapped, prefix)


def _unwrapped(keys: Keys | None, head: bytes, name: str) -> bytes:
    """The data key in a head. The wrapping vouches for the rest of the head too."""
    _, key_id, wrapped, prefix = _HEAD.unpack(head)
    known = key_id.rstrip(b"\0").decode(errors="replace")
    if keys is None or known not in keys.by_id:
        raise LockedRecordingError(f"{name}: locked with the key {known!r}, which is not among the keys")
    try:
        return AESGCM(keys.by_id[known]).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], MAGIC + key_id + prefix)
    except (InvalidTag, ValueError) as error:
        raise TamperedRecordingError(f"{name}: its head is not what was written") from error


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + struct.pack(">I", number)


def _place(number: int, *, last: bool) -> bytes:
    return struct.pack(">IB", number, last)
