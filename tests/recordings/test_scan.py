"""Laws of scanning and adopting: disk and index are held against each other; nothing is guessed, moved or deleted."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
import soundfile  # type: ignore[import-untyped]

from dialer.leads.vicidial import rows_of
from dialer.store import RecordingState as State
from dialer.store import Store
from recordings.adopting import Archive, adopt
from recordings.errors import FormError
from recordings.foreign import compiled, read_log, read_name
from recordings.found import search
from recordings.renewal import renew_words
from recordings.scan import Scan, scan
from tests.new_database import new_database
from tests.recordings.calls import speech, write
from tests.recordings.floor import Floor
from tests.store.world import NOW


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with await Store.open(new_database(tmp_path / "dialer.db")) as store:
        yield await Floor.made(store, tmp_path)


async def scanned(floor: Floor, *, mend: bool = False) -> Scan:
    return await scan(floor.store, floor.spool, floor.settings, mend=mend)


async def test_an_index_that_fits_its_disk_is_clean(floor: Floor) -> None:
    for n in range(3):
        await floor.talked(at=NOW + n)
    await floor.indexer().step()
    found = await scanned(floor)
    assert (found.clean, found.recordings, found.files, found.verified) == (True, 3, 3, 3)


async def test_everything_that_does_not_fit_is_named(floor: Floor) -> None:
    records = [await floor.talked(at=NOW + n) for n in range(4)]
    await floor.indexer().step()
    tree = floor.settings.folder
    files = [tree / (await floor.recording(record)).file for record in records]
    files[0].unlink()
    files[1].write_bytes(files[2].read_bytes())
    files[3].unlink()
    files[3].symlink_to(files[2])
    (files[2].parent / "notes.txt").write_text("whose is this?")
    found = await scanned(floor)
    assert (found.gone, found.changed) == ([records[0].id], [records[1].id])
    assert [call for call, why in found.unreadable if "is a link" in why] == [records[3].id]
    assert [Path(one).name for one in found.strangers] == ["notes.txt"]
    assert len(found.links) == 1
    assert not found.clean
    assert (await floor.recording(records[0])).state is State.INDEXED  # only looked


async def test_mending_tells_what_is_gone_and_makes_again_what_is_there_again(floor: Floor) -> None:
    floor.settings = replace(floor.settings, keep_legs=True)
    gone = await floor.talked()
    await floor.indexer().step()
    (floor.settings.folder / (await floor.recording(gone)).file).unlink()
    await scanned(floor, mend=True)
    assert (await floor.recording(gone)).state is State.MISSING
    await scanned(floor, mend=True)  # its raw files are there still
    assert (await floor.recording(gone)).state is State.RAW
    await floor.indexer().step()
    assert (await floor.recording(gone)).state is State.INDEXED
    assert (await scanned(floor)).clean


async def test_a_missing_recording_is_found_in_searches(floor: Floor) -> None:
    record = await floor.talk(notes="Prometió")
    await floor.indexer(now=4e9).step()
    [hit] = await search(floor.store, "prometio state:missing")
    assert hit.call == record.id


NAMES = [
    ("vicidial", "20260304-101500_525512345678-all.mp3", "525512345678", "", 1772619300.0),
    ("vicidial", "CARDS_ana01_20260304-101500_525512345678-all.wav", "525512345678", "ana01", 1772619300.0),
    ("vicidial", "20260304-101500_525512345678_ana01.wav", "525512345678", "ana01", 1772619300.0),
    ("freepbx", "out-5512345678-1001-20260304-101500-1772619299.42.wav", "5512345678", "1001", 1772619299.0),
    ("issabel", "OUT5512345678-1001-20260304-101500-1772619299.42.wav", "5512345678", "1001", 1772619299.0),
    ("omnileads", "dialer-1-7-20260304-33-5512345678-1772619299.42.wav", "5512345678", "33", 1772619299.0),
]


@pytest.mark.parametrize(("kind", "name", "number", "agent", "at"), NAMES)
def test_names_of_other_dialers(kind: str, name: str, number: str, agent: str, at: float) -> None:
    told = read_name(name, compiled(kind), UTC)
    assert told is not None
    assert (told.number, told.agent, told.at) == (number, agent, at)


@pytest.mark.parametrize("name", ["notes.txt", "../20260304-101500_5255.wav", "20260304_5255.wav", "call.wav"])
def test_other_names_are_not_guessed_at(name: str) -> None:
    assert all(read_name(name, compiled(kind), UTC) is None for kind in ("vicidial", "freepbx", "issabel", "omnileads"))


@pytest.mark.parametrize(
    ("kind", "own", "says"),
    [("asternic", "", "no such archive"), ("x", "(", "--pattern"), ("x", r"(?P<when>.*)\.wav", "name its groups")],
)
def test_patterns_that_cannot_be_used(kind: str, own: str, says: str) -> None:
    with pytest.raises(FormError, match=says):
        compiled(kind, own)


async def test_an_archive_is_adopted_once_and_what_is_bad_is_refused(floor: Floor, tmp_path: Path) -> None:
    archive = tmp_path / "monitor"
    (archive / "MIX").mkdir(parents=True)
    good = archive / "MIX" / "20260304-101500_525512345678-all.wav"
    write(good, speech(3.0, seed=1), speech(3.0, seed=2))
    (archive / "20260304-101501_525512345678-all.wav").write_bytes(b"")
    one_side = tmp_path / "one_side.wav"
    soundfile.write(one_side, speech(3.0, seed=3), 8000, subtype="PCM_16")
    (archive / "20260304-101505_525512345678-all.wav").write_bytes(one_side.read_bytes()[:9000])
    (archive / "20260304-101502_525512345678-all.wav").write_bytes(b"noise" * 99)
    (archive / "20260304-101503_525512345678-all.wav").symlink_to("/etc/hostname")
    (archive / "20260304-101500_525512345678-in.wav").write_bytes(good.read_bytes())
    (archive / "readme").write_text("not a recording")
    os.mkfifo(archive / "20260304-101504_525512345678-all.wav")
    asked = Archive(folder=archive, kind="vicidial", origin="old", zone=None)
    before = sorted(archive.rglob("*"))
    result = await adopt(floor.store, asked, floor.settings, NOW)
    assert (result.seen, result.adopted, result.measured, result.sides) == (8, 1, 1, 1)
    assert sorted(why.split(": ")[-1].split(" (")[0] for _, why in result.refused) == [
        "an empty file", "is a link; give the file itself", "is no ordinary file",
        "its header promises 48000 bytes of sound, 8956 are there", "no sound file that can be read",
    ]  # fmt: skip
    assert result.not_named_so == ["readme"]
    again = await adopt(floor.store, asked, floor.settings, NOW)
    assert (again.adopted, again.known) == (0, 1)
    assert sorted(archive.rglob("*")) == before
    [hit] = await search(floor.store, "origin:old number:525512345678 duration>2s")
    assert (hit.origin, hit.state) == ("old", "indexed")
    assert (await scanned(floor)).clean


LOG = """recording_id,start_epoch,filename,lead_id,user,vicidial_id
1,1772619299,20260304-101500_525512345678,4711,ana01,1772619290.7
2,1772619400,strange-name,4712,bea02,1772619391.8
3,1772619500,20260304-102000_525512345679,4713,ana01,1772619491.9
4,0,never-written,4714,ana01,
"""


async def test_vicidials_own_index_tells_time_agent_and_lead_of_what_lies_in_the_folder(
    floor: Floor, tmp_path: Path
) -> None:
    archive = tmp_path / "monitor"
    archive.mkdir()
    for name in ("20260304-101500_525512345678-all.wav", "strange-name-all.wav", "in-no-log.wav"):
        write(archive / name, speech(2.5, seed=1), speech(2.5, seed=2))
    (tmp_path / "log.csv").write_text(LOG)
    log = read_log(rows_of(tmp_path / "log.csv"))
    asked = Archive(folder=archive, kind="vicidial", origin="old", log=log)
    result = await adopt(floor.store, asked, floor.settings, NOW)
    assert (result.adopted, result.without_file, result.not_named_so) == (2, 1, ["in-no-log.wav"])
    [first] = await search(floor.store, "4711 number:525512345678")
    [second] = await search(floor.store, "bea02 4712")
    assert (first.at, second.at) == (1772619299.0, 1772619400.0)
    await renew_words(floor.store, [second.call])  # as after a score or a transcript
    assert [hit.call for hit in await search(floor.store, "bea02 4712")] == [second.call]


def test_a_log_without_its_columns_is_refused_at_its_line() -> None:
    with pytest.raises(FormError, match="line 2: no column start_epoch"):
        read_log([{"filename": "x", "user": "", "lead_id": "", "vicidial_id": ""}])
