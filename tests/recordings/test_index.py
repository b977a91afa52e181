"""Laws of the index: each talk gets one file that is its own, whatever is missing, cut off, in the way or killed."""

import asyncio
import io
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile  # type: ignore[import-untyped]

from dialer.core.model import CallRecord
from dialer.store import RecordingState as State
from dialer.store import Store
from recordings import making
from recordings.errors import NoRoomError, RecordingError
from recordings.making import Job, Made
from recordings.problems import Lacking, Problem, packed, unpacked
from recordings.states import TABLE
from recordings.tree import digest_of, files_of, opened
from recordings.vault import Keys, locked_with, new_key
from recordings.worker import Indexer, OwnProcess, alone
from tests.new_database import new_database
from tests.recordings.calls import Sound, tone
from tests.recordings.floor import LATER, Floor, main_tone_hz, speech_legs, unfinished
from tests.store.world import NOW


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with await Store.open(new_database(tmp_path / "dialer.db")) as store:
        yield await Floor.made(store, tmp_path)


def sound_of(floor: Floor, name: str, keys: Keys | None = None) -> tuple[Sound, int]:
    with opened(floor.settings.folder, name, keys) as file:
        sound, rate = soundfile.read(io.BytesIO(b"".join(file.read())), always_2d=True)
    return sound, rate


async def test_a_talk_becomes_one_stereo_file_with_the_agent_left(floor: Floor) -> None:
    record = await floor.talked(notes="Prometió pagar el viernes")
    assert await floor.indexer().step() == 2  # found, and made
    one = await floor.recording(record)
    assert (one.state, one.campaign, one.agent, one.lead) == (State.INDEXED, record.campaign, floor.agent, record.lead)
    assert (one.number, one.outcome, one.disposition, one.client) == (record.number, "connected", "PTP", record.client)
    assert (one.seconds, one.at, one.legs, one.problem) == (3.0, NOW + 1, False, "")
    assert digest_of(floor.settings.folder, one.file, None) == one.sha256
    sound, rate = sound_of(floor, one.file)
    own = 300 + record.id % 50 * 40
    assert rate == 8000
    assert [round(main_tone_hz(side)) for side in sound.T] == [own, own + 20]
    assert not any(floor.spool.rglob("*.wav"))
    assert await floor.indexer().step() == 0


async def test_nothing_is_touched_before_the_call_is_over_and_settled(floor: Floor) -> None:
    record = await floor.talked()
    assert await floor.indexer(now=record.ended_at or 0.0).step() == 0
    assert (await floor.recording(record)).state is State.EXPECTED


async def test_a_late_file_is_waited_for_and_a_file_that_never_comes_is_missing(floor: Floor) -> None:
    record = await floor.talk()
    ended = record.ended_at or 0.0
    assert await floor.indexer(ended + 10).step() == 0
    floor.legs(record)
    assert await floor.indexer(ended + 30).step() == 2
    lost = await floor.talk(at=NOW + 100)
    assert await floor.indexer().step() == 1
    one = await floor.recording(lost)
    assert (one.state, one.problem) == (State.MISSING, packed(Lacking(Problem.NO_FILE)))


async def test_a_leg_whose_recorder_was_killed_is_kept_as_far_as_it_goes(floor: Floor) -> None:
    record = await floor.talked()
    unfinished(floor.spool / f"{record.recording}-agent.wav", tone(2.0, 700))
    await floor.indexer(now=4e9).step()
    one = await floor.recording(record)
    assert (one.state, one.problem) == (State.INDEXED, packed(Lacking(Problem.AGENT_CUT_OFF)))
    sound, _ = sound_of(floor, one.file)
    assert main_tone_hz(sound[:16_000, 0]) == 700


async def test_a_leg_that_is_missing_counts_as_silence_and_is_told(floor: Floor) -> None:
    record = await floor.talked()
    (floor.spool / f"{record.recording}-customer.wav").unlink()
    await floor.indexer(now=4e9).step()
    one = await floor.recording(record)
    assert (one.state, one.problem, one.seconds) == (State.INDEXED, packed(Lacking(Problem.CUSTOMER_MISSING)), 3.0)
    measures = await floor.store.recordings.measures(one.call)
    assert measures is not None
    assert measures["customer_dbfs"] is None


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        (lambda path: path.write_bytes(b""), Problem.EMPTY, "empty file"),
        (lambda path: path.write_bytes(b"RIFF"), Problem.CUT_OFF, "ends before its sound begins"),
        (lambda path: path.write_bytes(b"no sound at all" * 99), Problem.WRONG_FORMAT, "no sound file that can be"),
        (lambda path: (path.unlink(), path.symlink_to("/etc/hostname")), Problem.WRONG_PLACE, "is a link"),
    ],
)
async def test_bad_files_leave_the_index_whole(floor: Floor, what: object, code: Problem, says: str) -> None:
    bad, good = await floor.talked(), await floor.talked(at=NOW + 100)
    leg = floor.spool / f"{bad.recording}-agent.wav"
    assert callable(what)
    what(leg)
    indexer = floor.indexer(now=4e9)
    await indexer.step()
    await indexer.step()
    one = await floor.recording(bad)
    assert one.state is State.DAMAGED
    [told] = unpacked(one.problem)
    assert (told.code, says in told.detail) == (code, True)
    assert leg.is_symlink() or leg.exists()
    assert (await floor.recording(good)).state is State.INDEXED


async def test_a_base_name_that_leads_elsewhere_is_never_followed(floor: Floor, tmp_path: Path) -> None:
    record = await floor.talked()
    await floor.store.recordings.change(record.id, State.EXPECTED, base="../outside", state=State.RAW)
    await floor.indexer().step()
    assert (await floor.recording(record)).state is State.DAMAGED


async def test_measures_flags_and_words_come_with_the_index(floor: Floor) -> None:
    record = await floor.talk(8.0, notes="Prometió pagar el viernes")
    floor.legs(record, *speech_legs())
    await floor.indexer().step()
    measures = await floor.store.recordings.measures(record.id)
    assert measures is not None
    assert measures["duration_s"] == 8.0
    assert 0.27 < float(str(measures["agent_share"])) < 0.36
    assert (await floor.recording(record)).flags == ""


async def test_recordings_are_locked_where_there_are_keys(floor: Floor, tmp_path: Path) -> None:
    new_key(tmp_path / "keys.toml", "first")
    floor.settings = replace(floor.settings, keys=tmp_path / "keys.toml", format="wav")
    record = await floor.talked()
    await floor.indexer().step()
    one = await floor.recording(record)
    assert locked_with(floor.settings.folder / one.file) == "first"
    assert b"RIFF" not in (floor.settings.folder / one.file).read_bytes()
    assert digest_of(floor.settings.folder, one.file, Keys.read(tmp_path / "keys.toml")) == one.sha256


async def test_without_room_nothing_is_lost_and_it_is_tried_again(floor: Floor) -> None:
    record = await floor.talked()
    full = True

    async def maker(job: Job) -> Made:
        if full:
            raise NoRoomError("no room")
        return making.make(job)

    now = LATER
    indexer = Indexer(floor.store, floor.spool, floor.settings, now=lambda: now, maker=maker)
    assert await indexer.step() == 1
    assert indexer.full
    one = await floor.recording(record)
    assert (one.state, one.problem, len(list(floor.spool.rglob("*.wav")))) == (
        State.RAW,
        packed(Lacking(Problem.NO_ROOM, "no room")),
        3,
    )
    full, now = False, now + 60
    await indexer.step()
    assert (await floor.recording(record)).state is State.INDEXED
    assert not indexer.full


async def test_what_brings_its_process_down_is_set_aside_after_some_tries(floor: Floor) -> None:
    record = await floor.talked()

    async def maker(_: Job) -> Made:
        raise BrokenProcessPool

    now = LATER
    indexer = Indexer(floor.store, floor.spool, floor.settings, now=lambda: now, maker=maker)
    for _ in range(3):
        await indexer.step()
        now += 60
    assert (await floor.recording(record)).state is State.DAMAGED


async def test_the_work_may_go_to_a_process_of_its_own(floor: Floor) -> None:
    record = await floor.talked()
    process = OwnProcess()
    await Indexer(floor.store, floor.spool, floor.settings, now=lambda: LATER, maker=process.make).step()
    process.close()
    assert (await floor.recording(record)).state is State.INDEXED


async def test_recordings_of_another_cell_are_left_to_it(floor: Floor, tmp_path: Path) -> None:
    record = await floor.talked()
    async with await Store.open(f"sqlite:///{tmp_path}/dialer.db", cell=1) as other:
        assert await Indexer(other, floor.spool, floor.settings, now=lambda: LATER).step() == 0
    assert (await floor.recording(record)).state is State.EXPECTED


async def test_a_tree_has_one_indexer(floor: Floor) -> None:
    tree = floor.settings.folder
    with alone(tree), pytest.raises(RecordingError, match="another process"), alone(tree):
        pass


def test_every_state_but_the_last_leads_somewhere() -> None:
    assert {state for state, _ in TABLE} == set(State) - {State.DELETED}


KILLED = Path(__file__).parent / "killed_indexer.py"


async def test_kill_9_at_random_points_loses_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/dialer.db"
    async with await Store.open(url) as store:
        floor = await Floor.made(store, tmp_path)
        records = [await floor.talked(0.5, at=NOW + n) for n in range(60)]
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, str(KILLED), url, str(tmp_path), "40"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    killed_at_work = int(done.stdout)
    assert killed_at_work >= 20
    async with await Store.open(url) as store:
        floor.world.store = store
        with alone(floor.settings.folder):
            while await floor.indexer().step():
                pass
        for record in records:
            one = await floor.recording(record)
            assert (one.state, one.legs, one.problem) == (State.INDEXED, False, "")
            sound, _ = sound_of(floor, one.file)
            assert round(main_tone_hz(sound[:, 0]), -1) == 300 + record.id % 50 * 40
        assert len(list(files_of(floor.settings.folder))) == len(records) + 1  # and the lock
        assert not any(floor.spool.rglob("*.wav"))


async def test_sound_of_a_call_that_does_not_name_it_is_taken_in_and_nobody_elses(floor: Floor) -> None:
    """The dialer was killed before it wrote down that it recorded: the file's name says whose it is."""
    cut_short, other = await floor.talk(), await floor.talk()
    day = "2023/11/14"
    orphan = replace(cut_short, recording=f"{day}/{cut_short.id}")
    floor.legs(replace(orphan, recording=f"{day}/{cut_short.id}-2"))  # bridged anew: the last one counts
    floor.legs(orphan)
    unknown = floor.legs(replace(other, recording=f"{day}/{other.id + 1000}"))
    for record in (cut_short, other):
        await forget(floor, record)
    assert await floor.indexer().step() >= 1
    one = await floor.recording(cut_short)
    assert (one.base, one.state) == (f"{day}/{cut_short.id}-2", State.INDEXED)
    assert await floor.store.recordings.by_call(other.id) is None
    assert unknown.with_name(f"{unknown.name}-agent.wav").exists()


async def test_what_was_deleted_is_not_taken_in_again(floor: Floor) -> None:
    record = await floor.talk()
    floor.legs(replace(record, recording=f"2023/11/14/{record.id}"))
    await floor.store.recordings.bury(record.id, State.EXPECTED, LATER, "retention")
    await floor.indexer().step()
    assert (await floor.recording(record)).state is State.DELETED


async def forget(floor: Floor, record: CallRecord) -> None:
    """As if the record of the talk had never been written to its end."""
    async with floor.store._database.writing() as session:
        await session.run("DELETE FROM recordings WHERE call = $1", record.id)
        await session.run("UPDATE calls SET recording = '', bridged_at = NULL WHERE id = $1", record.id)
