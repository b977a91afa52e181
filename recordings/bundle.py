"""A call as one signed file, for a dispute: sound, what is known, receipts, forms, and who heard it.

A zip whose manifest names every file by its SHA-256; the manifest is signed with Ed25519. The public key is in it, so
anybody can check that nothing was changed since; whose key it is, the house says elsewhere (`fingerprint`).
"""

import asyncio
import base64
import io
import json
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dialer.core.ids import CallId
from dialer.store import Access, NotFoundError, Recording, Store
from recordings.archive import ArchiveSettings
from recordings.errors import RecordingError, TamperedRecordingError
from recordings.playing import playable
from recordings.silenced import readable
from recordings.target import at_hand
from recordings.tree import opened
from recordings.vault import Keys

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
_PACKED = (".flac", ".opus", ".ogg", ".mp3")  # sound that deflating makes no smaller
# What reading a zip and a manifest of anybody's making may raise.
_NO_BUNDLE = (
    OSError, zipfile.BadZipFile, zlib.error, RuntimeError, KeyError, ValueError, TypeError, AttributeError,
)  # fmt: skip


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The house's key, made at the first export; only its owner may read it. Raises RecordingError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            raw = base64.b64decode(path.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise RecordingError(f"{path}: the signing key cannot be read ({error})") from error
        if len(raw) != 32:
            raise RecordingError(f"{path}: is no signing key; move it away, and a new one is made") from None
        return Ed25519PrivateKey.from_private_bytes(raw)
    key = Ed25519PrivateKey.generate()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(base64.b64encode(key.private_bytes_raw()).decode())
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """What a person compares: SHA-256 of the public key."""
    return sha256(key.public_bytes_raw()).hexdigest()


async def export_call(
    store: Store,
    settings: ArchiveSettings,
    call: CallId,
    receipts: list[object],
    *,
    key: Ed25519PrivateKey,
    by_whom: str,
    now: float,
) -> bytes:
    """The bundle. Logged before it is made. Raises NotFoundError, RecordingError."""
    recording = await store.recordings.by_call(call)
    if recording is None:
        raise NotFoundError(f"call {call} has no recording")
    recording = await at_hand(store, settings, recording, now)
    await store.recording_notes.accessed(
        [Access(at=now, call=call, by_whom=by_whom, role="export", what="export", detail="signed bundle")]
    )
    facts = (await store.call_facts.of([call])).get(call)
    evaluations = await store.quality.evaluations(call=call)
    names = await store.users.names()
    forms = {one.form: await store.quality.form(one.form) for one in evaluations}
    transcript = (await store.transcripts.of([call])).get(call)
    if transcript is not None:
        transcript = replace(transcript, segments=readable(transcript.segments, recording.muted))
    measures = await store.recordings.measures(call)
    told: dict[str, object] = {
        "recording.json": asdict(recording),
        "call.json": asdict(facts) if facts is not None else None,
        "measures.json": json.loads(str(measures["detail"])).get("audio") if measures is not None else None,
        "receipts.json": receipts,
        "evaluations.json": [asdict(one) | {"evaluator_name": names.get(one.evaluator, "")} for one in evaluations],
        "forms.json": [{**asdict(form), "body": json.loads(form.body)} for form in forms.values()],
        "comments.json": [
            asdict(one) | {"by_whom": names.get(one.by_user, "")} for one in await store.recording_notes.comments(call)
        ],
        "transcript.json": asdict(transcript) if transcript is not None else None,
        "access.json": [asdict(one) for one in await store.recording_notes.accesses(call=call)],
    }
    files = {name: _json(value) for name, value in told.items() if value is not None}
    files |= await asyncio.to_thread(_sound, recording, settings)
    return await asyncio.to_thread(_signed, files, call, key, by_whom, now)


async def receipts_of(store: Store, call: CallId) -> list[object]:
    """The compliance log's entries about the call, as they stand there."""
    recording = await store.recordings.by_call(call)
    if recording is None or recording.lead is None:
        return []
    entries = store.compliance.stream(lead=recording.lead)
    return [asdict(one) async for one in entries if one.entry.call == call]


def _sound(recording: Recording, settings: ArchiveSettings) -> dict[str, bytes]:
    """The file as it was made, so that its checksum proves it; where parts were silenced, what may be heard of it."""
    if not recording.file or recording.deleted_at is not None:
        return {}
    keys = Keys.read(settings.keys) if settings.keys is not None else None
    if recording.muted == "[]":
        with opened(settings.folder, recording.file, keys) as file:
            suffix = Path(recording.file.removesuffix(".locked")).suffix
            return {f"audio{suffix}": b"".join(file.read())}
    with playable(settings.folder, recording.file, keys, muted=recording.muted) as sound:
        return {"audio_with_silenced_parts.wav": b"".join(sound.read(0, sound.size))}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str).encode()


def _signed(files: Mapping[str, bytes], call: int, key: Ed25519PrivateKey, by_whom: str, now: float) -> bytes:
    public = key.public_key()
    manifest = _json(
        {
            "made_by": "Cadencia",
            "call": call,
            "exported_at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
            "exported_by": by_whom,
            "public_key": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
            "fingerprint": fingerprint(public),
            "files": {name: sha256(data).hexdigest() for name, data in files.items()},
        }
    )
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(MANIFEST, manifest)
        bundle.writestr(SIGNATURE, base64.b64encode(key.sign(manifest)))
        for name, data in files.items():
            packed = name.endswith(_PACKED)
            bundle.writestr(name, data, zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED)
    return whole.getvalue()


@dataclass(frozen=True, slots=True)
class Verified:
    """A bundle in which nothing was changed."""

    call: int
    exported_at: str
    exported_by: str
    fingerprint: str
    files: tuple[str, ...]


def verify(path: Path, expected: str = "") -> Verified:
    """Check a bundle, and with `expected` whose it is. Raises TamperedRecordingError with what is wrong."""
    try:
        with zipfile.ZipFile(path) as bundle:
            manifest = bundle.read(MANIFEST)
            told = json.loads(manifest)
            public = _public(told["public_key"])
            public.verify(base64.b64decode(bundle.read(SIGNATURE)), manifest)
            # Of two files of one name this would read the last, and another program the first.
            twice = sorted(name for name, times in Counter(bundle.namelist()).items() if times > 1)
            names = sorted(set(bundle.namelist()) - {MANIFEST, SIGNATURE})
            listed = dict(told["files"])
            digests = {name: sha256(bundle.read(name)).hexdigest() for name in names}
    except InvalidSignature as error:
        raise TamperedRecordingError(f"{path}: the signature does not fit the manifest") from error
    except _NO_BUNDLE as error:
        raise TamperedRecordingError(f"{path}: no whole bundle ({error})") from error
    wrong = sorted({name for name in {*digests, *listed} if digests.get(name) != listed.get(name)} | set(twice))
    if wrong:
        raise TamperedRecordingError(f"{path}: changed, added or missing: {', '.join(wrong)}")
    whose = fingerprint(public)
    if expected and whose != expected:
        raise TamperedRecordingError(f"{path}: signed by {whose}, not by {expected}")
    return Verified(told["call"], told["exported_at"], told["exported_by"], whose, tuple(names))


def _public(pem: str) -> Ed25519PublicKey:
    body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(body)[-32:])
