"""Laws of mishaps: one bad file, a place that is away, two at once. Nothing else stops for it, or is lost by it."""

import asyncio
import resource
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import CallId
from dialer.core.model import CallRecord
from dialer.store import ConflictError, Recording, Segment, Store, Transcript
from dialer.store import RecordingState as State
from recordings import making
from recordings.archive import RetentionRule
from recordings.bundle import export_call, signing_key, verify
from recordings.errors import (
    EngineMissingError,
    FormError,
    LockedRecordingError,
    RecordingError,
    TamperedRecordingError,
)
from recordings.evaluating import Given, evaluate
from recordings.forms import Form, Item, Section
from recordings.found import search
from recordings.making import Job, Made
from recordings.problems import Lacking, Problem, packed
from recordings.rekeying import rekey_all
from recordings.renewal import renew_words
from recordings.retention import act, plan
from recordings.scan import Scan, scan
from recordings.scribe import Scribe
from recordings.silenced import readable
from recordings.target import Target, Uploader, fetch
from recordings.tree import put
from recordings.vault import Keys, locked_with, new_key
from recordings.worker import Indexer
from tests.new_database import new_database
from tests.recordings.floor import LATER, Floor
from tests.store.world import DAY, NOW

FORM = Form(name="f", sections=(Section(name="s", items=(Item(key="a", label="A"),)),))
EVERYTHING = (RetentionRule(name="all", days=1),)
LONG_AFTER = NOW + 20 * DAY


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with await Store.open(new_database(tmp_path / "dialer.db")) as store:
        yield await Floor.made(store, tmp_path, target=f"file://{tmp_path}/far")


def uploader(floor: Floor, now: float = LATER) -> Uploader:
    return Uploader(floor.store, floor.settings, Target(floor.settings.target), now=lambda: now)


async def stored(floor: Floor, count: int = 1) -> list[CallRecord]:
    """Recordings that stand in the tree and at the target."""
    records = [await floor.talked(at=NOW + 100 * n, notes="Prometió") for n in range(count)]
    await floor.indexer().step()
    assert await uploader(floor).step() == count
    return records


def file_of(floor: Floor, one: Recording) -> Path:
    return floor.settings.folder / one.file


async def scanned(floor: Floor, *, mend: bool = False) -> Scan:
    return await scan(floor.store, floor.spool, floor.settings, mend=mend)


# ---------------------------------------------------------------- the index at work


@pytest.mark.parametrize("data", [b"no sound" * 30, b"RIFF" + bytes(200), b"fLaC" + bytes(500)])
async def test_a_leg_that_cannot_be_read_beside_one_that_is_missing_stops_no_other_recording(
    floor: Floor, data: bytes
) -> None:
    bad, good = await floor.talked(), await floor.talked(at=NOW + 100)
    (floor.spool / f"{bad.recording}-agent.wav").unlink()
    (floor.spool / f"{bad.recording}-customer.wav").write_bytes(data)
    indexer = floor.indexer(now=4e9)
    await indexer.step()
    await indexer.step()
    assert (await floor.recording(bad)).state is State.DAMAGED
    assert (await floor.recording(good)).state is State.INDEXED


async def test_what_fails_as_nobody_foresaw_is_set_aside_and_stops_no_other_recording(floor: Floor) -> None:
    bad, good = await floor.talked(), await floor.talked(at=NOW + 100)
    now = LATER

    async def maker(job: Job) -> Made:
        if job.call == bad.id:
            raise ArithmeticError("nobody thought of it")
        return making.make(job)

    indexer = Indexer(floor.store, floor.spool, floor.settings, now=lambda: now, maker=maker)
    for _ in range(3):
        await indexer.step()
        assert (await floor.recording(good)).state is State.INDEXED
        now += 60
    one = await floor.recording(bad)
    assert (one.state, one.problem) == (
        State.DAMAGED,
        packed(Lacking(Problem.NOT_MADE, "ArithmeticError('nobody thought of it')")),
    )
    assert len(list(floor.spool.rglob("*.wav"))) == 3


async def test_where_the_switchs_files_cannot_be_removed_recordings_are_made_and_uploaded_all_the_same(
    floor: Floor,
) -> None:
    stuck, other = await floor.talked(), await floor.talked(at=NOW + 100)
    mixed = floor.spool / f"{stuck.recording}.wav"
    mixed.unlink()
    mixed.mkdir()  # as good as a file of somebody else's: it cannot be unlinked
    indexer = floor.indexer()
    await indexer.step()
    await indexer.step()
    assert await uploader(floor).step() == 2
    kept, gone = await floor.recording(stuck), await floor.recording(other)
    assert [(one.state, one.legs) for one in (kept, gone)] == [(State.STORED, True), (State.STORED, False)]
    mixed.rmdir()
    await floor.indexer(now=LATER + DAY).step()
    assert not (await floor.recording(stuck)).legs


async def test_a_key_that_is_added_locks_what_is_recorded_from_then_on(floor: Floor, tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    new_key(keys, "first")
    floor.settings = replace(floor.settings, keys=keys)
    indexer = floor.indexer()
    records = [await floor.talked()]
    await indexer.step()
    new_key(keys, "second")
    records.append(await floor.talked(at=NOW + 100))
    await indexer.step()
    files = [file_of(floor, await floor.recording(record)) for record in records]
    assert [locked_with(file) for file in files] == ["first", "second"]


@pytest.mark.parametrize("name", ['a"b', "a\\u0041", "", "a b", "á", "x" * 17, "first"])
def test_a_keys_name_never_spoils_the_file_of_keys(tmp_path: Path, name: str) -> None:
    new_key(tmp_path / "keys.toml", "first")
    with pytest.raises(LockedRecordingError, match="name"):
        new_key(tmp_path / "keys.toml", name)
    assert list(Keys.read(tmp_path / "keys.toml").by_id) == ["first"]


def test_what_finds_no_room_gives_back_what_it_took(tmp_path: Path) -> None:
    made, keys = tmp_path / "made.flac", Keys({"one": b"k" * 32})
    made.write_bytes(bytes(100_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # a file's lock makes it longer
    try:
        with pytest.raises(OSError, match="too large"):
            put(made, tmp_path / "tree", "2026/11/26/1.flac.locked", keys)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path for path in (tmp_path / "tree").rglob("*") if path.is_file()] == []


async def test_a_new_key_reaches_the_target_too_and_one_spoilt_file_stops_no_other(
    floor: Floor, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.toml"
    new_key(keys, "first")
    floor.settings = replace(floor.settings, keys=keys)
    near, away, spoilt = await stored(floor, 3)
    one = await floor.recording(away)
    file_of(floor, one).unlink()
    await floor.store.recordings.change(one.call, one.state, local=False)
    broken = file_of(floor, await floor.recording(spoilt))
    broken.write_bytes(broken.read_bytes()[:30] + b"x" + broken.read_bytes()[31:])
    new_key(keys, "second")
    done = await rekey_all(floor.store, floor.settings, Keys.read(keys), lambda: LATER)
    assert (done.locked, done.changed, done.sent_again, done.far, len(done.failed)) == (2, 1, 1, 1, 1)
    done = await rekey_all(floor.store, floor.settings, Keys.read(keys), lambda: LATER, target=True)
    assert (done.changed, done.sent_again, done.far) == (1, 1, 0)
    broken.unlink()
    await uploader(floor).step()
    files = [(await floor.recording(record)).file for record in (near, away)]
    for place in (floor.settings.folder, tmp_path / "far"):
        assert [locked_with(place / file) for file in files] == ["second", "second"]
    assert [(await floor.recording(record)).state for record in (near, away)] == [State.STORED, State.STORED]


# ---------------------------------------------------------------- tree and target


async def test_a_file_that_is_gone_keeps_no_other_from_the_target(floor: Floor) -> None:
    gone, other = await floor.talked(), await floor.talked(at=NOW + 100)
    await floor.indexer().step()
    away = file_of(floor, await floor.recording(gone))
    away.rename(away.with_suffix(".away"))
    assert await uploader(floor).step() == 1
    assert (await floor.recording(other)).state is State.STORED
    away.with_suffix(".away").rename(away)
    assert await uploader(floor, LATER + DAY).step() == 1
    assert (await floor.recording(gone)).state is State.STORED


async def test_what_was_mended_is_still_told_once_it_is_at_the_target(floor: Floor) -> None:
    record = await floor.talked()
    (floor.spool / f"{record.recording}-customer.wav").unlink()
    await floor.indexer(now=4e9).step()
    await uploader(floor).step()
    assert (await floor.recording(record)).problem == packed(Lacking(Problem.CUSTOMER_MISSING))


@pytest.mark.parametrize("harm", ["gone", "changed", "cut off"])
async def test_what_is_spoilt_in_the_tree_is_heard_from_the_target(floor: Floor, tmp_path: Path, harm: str) -> None:
    new_key(tmp_path / "keys.toml", "first")
    floor.settings = replace(floor.settings, keys=tmp_path / "keys.toml")
    [record] = await stored(floor)
    one = await floor.recording(record)
    file = file_of(floor, one)
    if harm == "gone":
        file.unlink()
    else:
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] if harm == "cut off" else whole[:-1] + bytes([whole[-1] ^ 1]))
    found = await scanned(floor, mend=True)
    assert (found.far, found.clean) == ([one.call], False)
    after = await floor.recording(record)
    assert (after.state, after.local) == (State.STORED, False)
    await fetch(floor.store, floor.settings, after, LATER)
    found = await scanned(floor)
    assert (found.verified, found.clean) == (1, True)


async def test_a_file_put_back_from_a_backup_is_a_recording_again(floor: Floor, tmp_path: Path) -> None:
    floor.settings = replace(floor.settings, target="")
    record = await floor.talked()
    await floor.indexer().step()
    file = file_of(floor, await floor.recording(record))
    file.rename(tmp_path / "backup")
    assert (await scanned(floor, mend=True)).gone == [record.id]
    assert (await floor.recording(record)).state is State.MISSING
    file.write_bytes(b"another one")
    await scanned(floor, mend=True)
    assert (await floor.recording(record)).state is State.MISSING
    (tmp_path / "backup").rename(file)
    found = await scanned(floor, mend=True)
    assert (found.restored, found.clean) == ([record.id], False)
    one = await floor.recording(record)
    assert (one.state, one.problem) == (State.INDEXED, "")
    assert (await scanned(floor)).clean


async def test_what_is_made_while_the_disk_is_looked_at_is_no_stranger(floor: Floor) -> None:
    record = await floor.talked()

    def work(done: int, _: int) -> None:  # told after the index was read, before the folder is
        job = Job(call=record.id, at=NOW + 1, base=record.recording, spool=floor.spool, tree=floor.settings.folder)
        making.make(job)
        (floor.settings.folder / "2023/11/14/9.flac.part").write_bytes(b"half")
        assert done == 1

    found = await scan(floor.store, floor.spool, floor.settings, progress=work)
    assert (found.files, found.strangers, found.clean) == (1, [], True)


async def test_two_who_listen_at_once_fetch_a_whole_file(floor: Floor) -> None:
    [record] = await stored(floor)
    one = await floor.recording(record)
    file = file_of(floor, one)
    file.unlink()
    await floor.store.recordings.change(one.call, one.state, local=False)
    await asyncio.gather(*(fetch(floor.store, floor.settings, one, LATER) for _ in range(4)))
    assert (await scanned(floor)).clean
    assert list(file.parent.glob("*.part")) == []


async def test_what_was_deleted_while_it_was_fetched_or_sent_lives_on_nowhere(floor: Floor, tmp_path: Path) -> None:
    [record] = await stored(floor)
    one = await floor.recording(record)
    file_of(floor, one).unlink()
    await floor.store.recordings.change(one.call, one.state, local=False)
    await floor.store.recordings.bury(one.call, one.state, LATER, "all")
    with pytest.raises(RecordingError, match="deleted meanwhile"):
        await fetch(floor.store, floor.settings, one, LATER)
    assert not file_of(floor, one).exists()

    class Slow(Target):
        """Something else happens while it takes a file."""

        def put(self, tree: Path, name: str) -> None:
            super().put(tree, name)
            asyncio.run_coroutine_threadsafe(bury(), loop).result()

    async def bury() -> None:
        await floor.store.recordings.bury(late.id, State.INDEXED, LATER, "all")

    loop = asyncio.get_running_loop()
    late = await floor.talked(at=NOW + 500)
    await floor.indexer().step()
    await Uploader(floor.store, floor.settings, Slow(floor.settings.target), now=lambda: LATER).step()
    assert not (tmp_path / "far" / (await floor.recording(late)).file).exists()


async def test_a_call_that_stands_at_the_target_alone_is_exported_with_its_sound(floor: Floor, tmp_path: Path) -> None:
    [record] = await stored(floor)
    one = await floor.recording(record)
    file_of(floor, one).unlink()
    await floor.store.recordings.change(one.call, one.state, local=False)
    key = signing_key(tmp_path / "key")
    data = await export_call(floor.store, floor.settings, one.call, [], key=key, by_whom="Ana", now=LATER)
    (tmp_path / "call.zip").write_bytes(data)
    assert "audio.flac" in verify(tmp_path / "call.zip").files


# ---------------------------------------------------------------- deleting and holding


async def test_a_target_that_is_down_keeps_no_deletion_from_being_done_and_the_next_finishes_it(
    floor: Floor, tmp_path: Path
) -> None:
    records = await stored(floor, 2)
    floor.settings = replace(floor.settings, retention=EVERYTHING)
    far = tmp_path / "far"
    far.rename(tmp_path / "away")
    far.write_text("no folder")
    made = await plan(floor.store, floor.settings, LONG_AFTER, {})
    done = await act(floor.store, floor.spool, floor.settings, made, by_whom="Ana", now=LONG_AFTER)
    assert (done.count, sorted(done.left)) == (2, sorted(record.id for record in records))
    assert list(floor.settings.folder.rglob("*.flac")) == []
    far.unlink()
    (tmp_path / "away").rename(far)
    done = await act(floor.store, floor.spool, floor.settings, made, by_whom="Ana", now=LONG_AFTER)
    assert (done.count, done.left, list(far.rglob("*.flac"))) == (0, {}, [])


async def test_a_hold_counts_at_every_step_until_it_is_lifted(floor: Floor) -> None:
    record = await floor.talked()
    await floor.indexer().step()
    seen = await floor.recording(record)
    await uploader(floor).step()  # it moves on while somebody reads the page
    assert await floor.store.recordings.keep(record.id, hold="law suit", muted="[[0.0, 1.0]]")
    one = await floor.recording(record)
    assert (seen.state, one.state, one.hold, one.muted) == (State.INDEXED, State.STORED, "law suit", "[[0.0, 1.0]]")
    assert not await floor.store.recordings.bury(record.id, State.STORED, LATER, "all")
    with pytest.raises(ConflictError, match="law suit"):
        await floor.store.people.erase(record.person, LATER)
    assert await floor.store.recordings.keep(record.id, hold="")
    assert await floor.store.recordings.bury(record.id, State.STORED, LATER, "all")
    assert not await floor.store.recordings.keep(record.id, hold="too late")
    form = await floor.store.quality.save_form("f", FORM, "Ana", LATER)
    with pytest.raises(FormError, match="nobody can hear"):
        await evaluate(floor.store, Given(evaluator=1, answers={"a": "yes"}, call=record.id, form=form.id), LATER)


# ---------------------------------------------------------------- what was silenced

SAID = (
    Segment(0.0, 1.0, "agent", "Su número de tarjeta"),
    Segment(1.0, 2.0, "customer", "cuatro uno uno cero"),
    Segment(2.0, 3.0, "agent", "Gracias"),
)


def test_what_touches_a_silenced_part_is_not_read() -> None:
    assert readable(SAID, "[]") == SAID
    assert readable(SAID, "[[1.0, 2.0]]") == (SAID[0], SAID[2])
    assert readable(SAID, "[[1.9, 2.1]]") == SAID[:1]
    assert readable((Segment(1.0, 1.0, "", "cero"),), "[[1.0, 2.0]]") == ()


async def test_what_was_said_in_a_silenced_part_is_neither_found_nor_exported(floor: Floor, tmp_path: Path) -> None:
    record = await floor.talked()
    await floor.store.transcripts.save(Transcript(call=record.id, source="x", language="es", at=NOW, segments=SAID))
    await floor.store.recordings.keep(record.id, muted="[[1.0, 2.0]]")
    await floor.indexer().step()
    for _ in range(2):
        assert await search(floor.store, "tarjeta gracias")
        assert not await search(floor.store, "cuatro")
        await renew_words(floor.store, [record.id])
    key = signing_key(tmp_path / "key")
    data = await export_call(floor.store, floor.settings, record.id, [], key=key, by_whom="Ana", now=LATER)
    (tmp_path / "call.zip").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "call.zip") as bundle:
        told = bundle.read("transcript.json").decode()
    assert "Gracias" in told
    assert "cuatro" not in told


# ---------------------------------------------------------------- bundles


async def test_a_bundle_with_two_files_of_one_name_is_no_proof(floor: Floor, tmp_path: Path) -> None:
    [record] = await stored(floor)
    key = signing_key(tmp_path / "key")
    data = await export_call(floor.store, floor.settings, record.id, [], key=key, by_whom="Ana", now=LATER)
    path = tmp_path / "call.zip"
    path.write_bytes(data)
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(tmp_path / "two.zip", "w") as two:
        for name in good.namelist():
            two.writestr(name, good.read(name))
        with pytest.warns(UserWarning, match="Duplicate name"):
            two.writestr("call.json", good.read("call.json"))
    with pytest.raises(TamperedRecordingError, match=r"call\.json"):
        verify(tmp_path / "two.zip")


def test_what_is_no_bundle_or_no_key_is_told_as_such(tmp_path: Path) -> None:
    for manifest in (b"[]", b'{"public_key": 3, "files": {}}', b'{"public_key": "", "files": []}', b"\xff"):
        with zipfile.ZipFile(tmp_path / "call.zip", "w") as bundle:
            bundle.writestr("manifest.json", manifest)
            bundle.writestr("manifest.sig", b"AAAA")
        with pytest.raises(TamperedRecordingError, match="no whole bundle"):
            verify(tmp_path / "call.zip")
    (tmp_path / "key").write_text("no base64!")
    with pytest.raises(RecordingError, match="signing key"):
        signing_key(tmp_path / "key")


# ---------------------------------------------------------------- transcripts


async def test_without_an_engine_calls_wait_and_one_that_fails_keeps_no_other_from_being_written(floor: Floor) -> None:
    records = [await floor.talked(at=NOW + n) for n in range(2)]
    await floor.indexer().step()
    await floor.store.transcripts.queue([one.id for one in records], NOW, waiting_max=5)

    def none(_: Path, __: int) -> Transcript:
        raise EngineMissingError("no model")

    def broken(_: Path, call: int) -> Transcript:
        if call == records[0].id:
            raise RuntimeError("the engine's own")
        return Transcript(call=CallId(call), source="x", language="es", at=NOW, segments=())

    with pytest.raises(EngineMissingError):
        await Scribe(floor.store, floor.settings, now=lambda: LATER, writer=none).step()
    assert await floor.store.transcripts.counts() == {"queued": 2}
    scribe = Scribe(floor.store, floor.settings, now=lambda: LATER, writer=broken)
    assert [await scribe.step() for _ in range(3)] == [True, True, False]
    assert await floor.store.transcripts.counts() == {"done": 1, "failed": 1}
    calls = [one.id for one in records]
    assert await floor.store.transcripts.queue(calls, LATER, waiting_max=5) == 1  # what failed may be asked for anew
    assert await floor.store.transcripts.next() == records[0].id
