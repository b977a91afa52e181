"""Laws of keeping: what is locked never changes unseen, a target that is down loses nothing, deletion is told first."""

import io
import shutil
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.messages import Alarm, CampaignSet, Event
from dialer.core.model import CampaignStatus
from dialer.disk_guard import DiskGuard
from dialer.store import RecordingState as State
from dialer.store import Segment, Store, Transcript
from recordings.archive import ArchiveSettings, CampaignDisk, RetentionRule
from recordings.bundle import export_call, fingerprint, receipts_of, signing_key, verify
from recordings.errors import (
    EngineMissingError,
    FormError,
    LockedRecordingError,
    RecordingError,
    TamperedRecordingError,
)
from recordings.found import search
from recordings.retention import act, plan
from recordings.scan import scan
from recordings.scribe import Scribe
from recordings.target import Target, Uploader, fetch
from recordings.transcribing import whisper
from recordings.vault import CHUNK, Keys, Opened, locked_with, new_key, rekey, seal
from tests.new_database import new_database
from tests.recordings.floor import LATER, Floor
from tests.store.world import DAY, NOW

# ---------------------------------------------------------------- locks


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    new_key(tmp_path / "keys.toml", "one")
    return Keys.read(tmp_path / "keys.toml")


def sealed(data: bytes, keys: Keys) -> bytes:
    out = io.BytesIO()
    seal(io.BytesIO(data), out, keys)
    return out.getvalue()


def read(data: bytes, keys: Keys | None, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(Opened(io.BytesIO(data), len(data), keys, "it").read(start, end))


KEYS = Keys({"one": b"k" * 32})


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3 * CHUNK + 5), st.integers(0, 3 * CHUNK + 5), st.integers(0, 3 * CHUNK + 5))
def test_any_part_of_what_is_locked_can_be_read(size: int, start: int, end: int) -> None:
    data = bytes(n * 7 % 251 for n in range(size))
    assert read(sealed(data, KEYS), KEYS, start, end) == data[start:end]


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_what_was_changed_cut_off_or_swapped_is_refused(size: int) -> None:
    data = sealed(bytes(range(256)) * (size // 256) + bytes(size % 256), KEYS)
    chunk = CHUNK + 16
    spoilt = [data[:-1], data[: len(data) // 2], data + b"x", data[:40] + bytes([data[40] ^ 1]) + data[41:]]
    if size > CHUNK:
        head = len(data) - len(data[-(len(data) - 92) :])
        body = data[head:]
        spoilt += [data[:head] + body[chunk:] + body[:chunk], data[: head + chunk]]
    for other in spoilt:
        with pytest.raises((TamperedRecordingError, LockedRecordingError)):
            read(other, KEYS)


def test_rotating_a_key_rewrites_heads_alone(tmp_path: Path, keys: Keys) -> None:
    path = tmp_path / "call.flac.locked"
    path.write_bytes(sealed(b"sound" * 50_000, keys))
    before = path.read_bytes()
    assert not rekey(path, keys)
    new_key(tmp_path / "keys.toml", "two")
    both = Keys.read(tmp_path / "keys.toml")
    assert rekey(path, both)
    assert locked_with(path) == "two"
    assert path.read_bytes()[92:] == before[92:]
    assert read(path.read_bytes(), Keys({"two": both.by_id["two"]})) == b"sound" * 50_000
    with pytest.raises(LockedRecordingError, match="locked with the key 'two'"):
        read(path.read_bytes(), keys)
    assert (tmp_path / "keys.toml").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "key = 3", '[[key]]\nid = "a"\nkey = "AAAA"\n'])
def test_keys_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    with pytest.raises(LockedRecordingError):
        Keys.read(tmp_path / "keys.toml")


# ---------------------------------------------------------------- the target


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with await Store.open(new_database(tmp_path / "dialer.db")) as store:
        yield await Floor.made(store, tmp_path, target=f"file://{tmp_path}/far")


class Down(Target):
    """A target whose disk is away while `down`: its folder is moved aside and a file lies in its place."""

    def __init__(self, address: str, place: Path) -> None:
        super().__init__(address)
        self.place = place
        place.mkdir(exist_ok=True)

    def down(self) -> None:
        self.place.rename(self.place.with_suffix(".away"))
        self.place.write_text("no folder")

    def up(self) -> None:
        self.place.unlink()
        self.place.with_suffix(".away").rename(self.place)


async def test_a_target_that_is_down_for_an_hour_loses_nothing(floor: Floor, tmp_path: Path) -> None:
    records = [await floor.talked(at=NOW + n) for n in range(4)]
    await floor.indexer().step()
    target = Down(floor.settings.target, tmp_path / "far")
    now = LATER
    uploader = Uploader(floor.store, floor.settings, target, now=lambda: now)
    target.down()
    for _ in range(12):
        assert await uploader.step() == 0
        now += 300
    assert {(await floor.recording(record)).state for record in records} == {State.INDEXED}
    assert (await scan(floor.store, floor.spool, floor.settings)).clean
    target.up()
    assert await uploader.step() == 4
    assert {(await floor.recording(record)).state for record in records} == {State.STORED}
    assert await uploader.step() == 0


async def test_old_copies_go_once_the_target_has_them_and_come_back_when_they_are_heard(
    floor: Floor, tmp_path: Path
) -> None:
    record = await floor.talked()
    await floor.indexer().step()
    now = LATER
    target = Target(floor.settings.target)
    uploader = Uploader(floor.store, floor.settings, target, now=lambda: now)
    await uploader.step()
    now += 31 * DAY
    assert await uploader.step() == 1
    one = await floor.recording(record)
    path = floor.settings.folder / one.file
    assert not one.local
    assert not path.exists()
    assert (await scan(floor.store, floor.spool, floor.settings)).clean
    assert (await fetch(floor.store, floor.settings, one, now)).local
    assert path.exists()
    now += 31 * DAY
    (tmp_path / "far" / one.file).write_bytes(b"cut")  # the target lost it: the local copy stays
    assert await uploader.step() == 0
    assert path.exists()


def test_a_target_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be used"):
        Target("nowhere://bucket")


# ---------------------------------------------------------------- retention

RULES = (
    RetentionRule(name="promises", days=400, disposition="PTP"),
    RetentionRule(name="all", days=10),
)


async def test_a_plan_is_shown_before_it_acts_and_what_is_deleted_leaves_a_tombstone(floor: Floor) -> None:
    floor.settings = replace(floor.settings, retention=RULES[1:], target="")
    records = [await floor.talked(at=NOW + n, notes="Prometió") for n in range(3)]
    await floor.indexer().step()
    await floor.store.recordings.change(records[1].id, State.INDEXED, hold="law suit")
    now = NOW + 20 * DAY
    made = await plan(floor.store, floor.settings, now, {})
    assert ([one.call for one in made.due], made.held) == ([records[0].id, records[2].id], [records[1].id])
    assert (await scan(floor.store, floor.spool, floor.settings)).clean
    before = await floor.recording(records[0])
    assert (await act(floor.store, floor.spool, floor.settings, made, by_whom="Ana", now=now)).count == 2
    stone = await floor.recording(records[0])
    assert (stone.state, stone.sha256, stone.deleted_by) == (State.DELETED, before.sha256, "all; Ana")
    assert not (floor.settings.folder / before.file).exists()
    assert [hit.call for hit in await search(floor.store, "prometio")] == [records[1].id]
    assert [one.what for one in await floor.store.recording_notes.accesses(call=stone.call)] == ["delete"]
    assert (await scan(floor.store, floor.spool, floor.settings)).clean
    assert await floor.indexer(now=now).step() == 0  # nothing is made of a tombstone


@pytest.mark.parametrize(
    ("rules", "laws", "due"), [(RULES, {}, 0), (RULES[1:], {}, 1), (RULES[1:], {"MX": 365}, 0), ((), {}, 0)]
)
async def test_the_first_rule_that_fits_holds_and_never_less_than_the_law(
    floor: Floor, rules: tuple[RetentionRule, ...], laws: dict[str, int], due: int
) -> None:
    floor.settings = replace(floor.settings, retention=rules)
    await floor.talked()
    await floor.indexer().step()
    assert len((await plan(floor.store, floor.settings, NOW + 20 * DAY, laws)).due) == due


async def test_a_deletion_that_was_cut_off_is_finished_by_the_next(floor: Floor) -> None:
    floor.settings = replace(floor.settings, retention=RULES[1:], target="")
    record = await floor.talked()
    await floor.indexer().step()
    one = await floor.recording(record)
    await floor.store.recordings.bury(one.call, one.state, NOW, "all")  # killed right after the tombstone
    made = await plan(floor.store, floor.settings, NOW + 20 * DAY, {})
    await act(floor.store, floor.spool, floor.settings, made, by_whom="Ana", now=NOW)
    assert not (floor.settings.folder / one.file).exists()


async def test_an_erased_person_is_erased_from_the_index_too(floor: Floor) -> None:
    gone, other = await floor.talked(notes="Prometió"), await floor.talked(at=NOW + 100, notes="Prometió")
    await floor.indexer().step()
    file = (await floor.recording(gone)).file
    erased = await floor.store.people.erase(gone.person, LATER)
    assert (erased.recordings, erased.files) == ((gone.recording,), (file,))
    assert [hit.call for hit in await search(floor.store, "prometio")] == [other.id]
    assert await floor.store.recordings.by_call(gone.id) is None


# ---------------------------------------------------------------- bundles


async def test_a_bundle_proves_itself_and_shows_what_was_changed(floor: Floor, tmp_path: Path) -> None:
    record = await floor.talked(notes="Prometió")
    await floor.indexer().step()
    key = signing_key(tmp_path / "key")
    assert signing_key(tmp_path / "key").private_bytes_raw() == key.private_bytes_raw()
    receipts = await receipts_of(floor.store, record.id)
    data = await export_call(floor.store, floor.settings, record.id, receipts, key=key, by_whom="Ana", now=NOW)
    path = tmp_path / "call.zip"
    path.write_bytes(data)
    good = verify(path, fingerprint(key.public_key()))
    assert (good.call, good.exported_by) == (record.id, "Ana")
    assert {"audio.flac", "call.json", "receipts.json", "evaluations.json", "access.json"} <= set(good.files)
    assert [one.what for one in await floor.store.recording_notes.accesses(call=record.id)] == ["export"]
    with pytest.raises(TamperedRecordingError, match="not by"):
        verify(path, "0" * 64)
    for name, says in (("call.json", "changed, added or missing: call.json"), ("manifest.json", "signature")):
        with pytest.raises(TamperedRecordingError, match=says):
            verify(_with(path, name, tmp_path / f"changed-{name}.zip"), "")
    with pytest.raises(TamperedRecordingError, match="no whole bundle"):
        verify(Path(__file__), "")


def _with(path: Path, name: str, other: Path) -> Path:
    """The bundle with one letter of a file changed."""
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(other, "w") as bad:
        for one in good.namelist():
            data = good.read(one)
            bad.writestr(one, data.replace(b"0", b"1", 1) if one == name else data)
    return other


# ---------------------------------------------------------------- transcripts by a queue


async def test_transcripts_are_made_from_a_queue_that_does_not_grow_without_end(floor: Floor) -> None:
    records = [await floor.talked(at=NOW + n) for n in range(3)]
    await floor.indexer().step()
    queue = floor.store.transcripts.queue
    assert await queue([one.id for one in records], NOW, waiting_max=2) == 2

    def writer(path: Path, call: int) -> Transcript:
        assert path.suffix == ".flac"
        if call == records[1].id:
            raise FormError("the engine gave up")
        segments = (Segment(0.0, 1.0, "agent", "Habla del banco"),)
        return Transcript(call=records[0].id, source="test", language="es", at=NOW, segments=segments)

    scribe = Scribe(floor.store, floor.settings, now=lambda: LATER, writer=writer)
    assert [await scribe.step() for _ in range(3)] == [True, True, False]
    assert await floor.store.transcripts.counts() == {"done": 1, "failed": 1}
    assert [hit.call for hit in await search(floor.store, "banco")] == [records[0].id]


def test_without_an_engine_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineMissingError, match="faster-whisper"):
        whisper(tmp_path / "a.wav", tmp_path, 1, "es", NOW)


# ---------------------------------------------------------------- a full disk


@pytest.mark.parametrize(
    ("policy", "held"), [("stop", (CampaignStatus.PAUSED, True)), ("unrecorded", (CampaignStatus.RUNNING, False))]
)
async def test_a_full_disk_stops_a_campaign_or_lets_it_go_on_unrecorded(
    floor: Floor, policy: str, held: tuple[CampaignStatus, bool]
) -> None:
    campaign = await floor.store.campaigns.save(replace(floor.world.campaign, status=CampaignStatus.RUNNING))
    told: list[Event] = []
    free = [10 << 20]
    kept = ArchiveSettings(free_min_mb=500, campaigns=(CampaignDisk(campaign=campaign.name, when_full=policy),))
    alarms: list[Alarm] = []
    guard = DiskGuard((floor.spool,), kept, floor.store, told.append, alarm=alarms.append, free=lambda _: free[0])
    assert await guard.look()
    assert [(one.code, one.campaign) for one in alarms] == [(f"recordings_full_{policy}", campaign.id)]
    [event] = told
    assert isinstance(event, CampaignSet)
    assert (event.campaign.status, event.campaign.record) == held
    assert await guard.look()  # said again, so that nobody undoes it unawares
    assert told[1] == event
    assert len(alarms) == 1
    free[0] = 900 << 20
    assert not await guard.look()
    assert told[2] == CampaignSet(campaign)
    assert not await guard.look()
    assert len(told) == 3


def test_the_room_is_looked_at_where_the_folder_will_be(tmp_path: Path) -> None:
    looked: Callable[[Path], int] = DiskGuard((), ArchiveSettings(), None, lambda _: None)._free  # type: ignore[arg-type]
    assert abs(looked(tmp_path / "not" / "yet") - shutil.disk_usage(tmp_path).free) < 1 << 30
