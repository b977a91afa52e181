"""Every file locked with the newest key: in the tree, and at the target, where it is sent again with its new head."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dialer.store import Recording, Store
from dialer.store import RecordingState as State
from recordings.archive import ArchiveSettings
from recordings.errors import RecordingError
from recordings.states import Step, after
from recordings.target import fetch
from recordings.tree import LOCKED, files_of, inside
from recordings.vault import Keys, locked_with, rekey

CHUNK = 500


@dataclass(slots=True)
class Rekeyed:
    """What came of it: files by name with the reason where they could not be."""

    locked: int = 0
    changed: int = 0
    sent_again: int = 0  # of those that the target has too
    far: int = 0  # at the target alone, and locked as before
    failed: dict[str, str] = field(default_factory=dict)


async def rekey_all(
    store: Store,
    settings: ArchiveSettings,
    keys: Keys,
    now: Callable[[], float],
    *,
    target: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Rekeyed:
    """Lock everything with the newest key. With `target` what stands at the target alone is fetched for it.

    One that cannot be is told and left. A kill leaves each file whole; the same again goes on. Raises StoreError.
    """
    done = Rekeyed()
    whole = 2 * sum((await store.recordings.counts()).values())  # each is looked at here, and its file below
    last = seen = 0
    while chunk := await store.recordings.after(last, limit=CHUNK):
        for one in chunk:
            if one.state is State.STORED and one.file.endswith(LOCKED):
                await _stored(store, settings, keys, one, done, now=now() if target else None)
        last = chunk[-1].call
        seen += len(chunk)
        if progress is not None:
            progress(seen, whole)
    for name in files_of(settings.folder):
        seen += 1
        if progress is not None:
            progress(min(seen, whole), whole)
        if name.endswith(LOCKED):
            done.locked += 1
            try:
                done.changed += rekey(settings.folder / name, keys)
            except (RecordingError, OSError) as error:
                done.failed[name] = str(error)
    return done


async def _stored(
    store: Store, settings: ArchiveSettings, keys: Keys, one: Recording, done: Rekeyed, *, now: float | None
) -> None:
    """One that the target has: it waits to be sent again before its head is changed, and after."""
    if not one.local and now is None:
        done.far += 1
        return
    try:
        here = one if one.local else await fetch(store, settings, one, now or 0.0)
        path = inside(settings.folder, here.file)
        if locked_with(path) in ("", keys.newest):
            return
        again = after(State.STORED, Step.RELOCKED)
        await store.recordings.change(one.call, State.STORED, state=again, due_at=None)
        done.changed += rekey(path, keys)
        await store.recordings.change(one.call, State.STORED, state=again, due_at=None)
        done.sent_again += 1
    except (RecordingError, OSError) as error:
        if not one.local:  # what is here is told of with the other files
            done.failed[one.file] = str(error)
