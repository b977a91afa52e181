"""Laws of what happens at once: who silences, deletes, transcribes, adopts or lets go of a recording beside another."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]

from dialer.store import Segment, Store, Transcript
from recordings.adopting import Archive, adopt
from recordings.archive import RetentionRule
from recordings.errors import RecordingError
from recordings.found import search
from recordings.playing import playable
from recordings.renewal import renew_words
from recordings.retention import plan
from recordings.scan import scan
from recordings.scribe import Scribe
from recordings.target import Target, Uploader, at_hand
from recordings.tree import ADOPTING, WORK, held
from recordings.vault import Keys, new_key
from tests.new_database import new_database
from tests.recordings.calls import tone
from tests.recordings.floor import LATER, Floor
from tests.store.world import DAY, NOW

SAID = (Segment(0.0, 1.0, "agent", "Prometió pagar"),)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    keys = tmp_path / "keys"
    new_key(keys, "first")
    async with await Store.open(new_database(tmp_path / "dialer.db")) as store:
        yield await Floor.made(store, tmp_path, target=f"file://{tmp_path}/far", keys=keys)


async def test_two_who_silence_parts_at_once_never_let_the_others_part_be_heard(floor: Floor) -> None:
    record = await floor.talked()
    await floor.indexer().step()
    assert await floor.store.recordings.keep(record.id, was_muted="[]", muted="[[0.0, 1.0]]")
    assert not await floor.store.recordings.keep(record.id, was_muted="[]", muted="[[2.0, 3.0]]")
    assert (await floor.recording(record)).muted == "[[0.0, 1.0]]"
    assert await floor.store.recordings.keep(record.id, was_muted="[[0.0, 1.0]]", muted="[[0.0, 1.0], [2.0, 3.0]]")


async def test_what_is_deleted_while_it_is_transcribed_or_described_has_no_words_again(floor: Floor) -> None:
    record = await floor.talked(notes="Prometió")
    await floor.indexer().step()
    before = await floor.recording(record)
    taken = floor.store.recordings.by_calls

    async def deleted_meanwhile(calls: list[int]) -> object:
        found = await taken(calls)  # type: ignore[arg-type]
        assert await floor.store.recordings.bury(record.id, before.state, NOW, "all")
        return found

    floor.store.recordings.by_calls = deleted_meanwhile  # type: ignore[method-assign, assignment]
    await renew_words(floor.store, [record.id])
    floor.store.recordings.by_calls = taken  # type: ignore[method-assign]
    assert await search(floor.store, "prometio") == ()
    transcript = Transcript(call=record.id, source="x", language="es", at=NOW, segments=SAID)
    assert not await floor.store.transcripts.save(transcript)
    assert await floor.store.transcripts.of([record.id]) == {}


async def test_what_is_unlocked_for_a_transcript_lies_where_the_next_start_empties(floor: Floor) -> None:
    record = await floor.talked()
    await floor.indexer().step()
    await floor.store.transcripts.queue([record.id], NOW, waiting_max=5)
    seen: list[Path] = []

    def written(path: Path, call: int) -> Transcript:
        seen.append(path)
        assert soundfile.info(str(path)).channels == 2
        return Transcript(call=record.id, source="x", language="es", at=NOW, segments=SAID)

    assert await Scribe(floor.store, floor.settings, now=lambda: LATER, writer=written).step()
    [path] = seen
    assert path.is_relative_to(floor.settings.folder / WORK)
    assert [hit.call for hit in await search(floor.store, "prometio")] == [record.id]


async def test_two_archives_are_never_adopted_at_once(floor: Floor, tmp_path: Path) -> None:
    archive = Archive(folder=tmp_path / "theirs", kind="vicidial", origin="theirs")
    archive.folder.mkdir()
    soundfile.write(archive.folder / "20231114-101500_5512345678.wav", tone(1.0, 400), 8_000)
    with held(floor.settings.folder, ADOPTING), pytest.raises(RecordingError, match="another process adopts"):
        await adopt(floor.store, archive, floor.settings, NOW)
    assert (await adopt(floor.store, archive, floor.settings, NOW)).adopted == 1
    assert (await scan(floor.store, floor.spool, floor.settings)).clean


async def test_what_is_adopted_into_a_campaign_is_kept_by_that_campaigns_rule(floor: Floor, tmp_path: Path) -> None:
    campaign = floor.world.campaign
    archive = Archive(folder=tmp_path / "theirs", kind="vicidial", origin="theirs", campaign=campaign.id)
    archive.folder.mkdir()
    soundfile.write(archive.folder / "20231114-101500_5512345678.wav", tone(1.0, 400), 8_000)
    await adopt(floor.store, archive, floor.settings, NOW)
    rules = (
        RetentionRule(name="old", days=1, campaign="theirs"),
        RetentionRule(name="own", days=1, campaign=campaign.name),
    )
    made = await plan(floor.store, replace(floor.settings, retention=rules), NOW + 9 * DAY, {})
    assert made.by_rule == {"own": 1}


async def test_what_is_gone_from_the_tree_is_heard_from_the_target_at_once(floor: Floor) -> None:
    record = await floor.talked()
    await floor.indexer().step()
    assert await Uploader(floor.store, floor.settings, Target(floor.settings.target), now=lambda: LATER).step() == 1
    one = await floor.recording(record)
    (floor.settings.folder / one.file).unlink()
    again = await at_hand(floor.store, floor.settings, one, LATER)
    assert (floor.settings.folder / again.file).is_file()
    assert again.local


async def test_what_was_asked_of_a_target_that_is_down_stays_at_the_target_alone(floor: Floor, tmp_path: Path) -> None:
    record = await floor.talked()
    await floor.indexer().step()
    await Uploader(floor.store, floor.settings, Target(floor.settings.target), now=lambda: LATER).step()
    one = await floor.recording(record)
    (floor.settings.folder / one.file).unlink()
    (tmp_path / "far").rename(tmp_path / "away")
    with pytest.raises(RecordingError, match="does not give it"):
        await at_hand(floor.store, floor.settings, one, LATER)
    assert not (await floor.recording(record)).local
    assert (await scan(floor.store, floor.spool, floor.settings)).clean


@pytest.mark.parametrize(("suffix", "kind"), [("gsm", "GSM610"), ("ulaw", "ULAW"), ("alaw", "ALAW")])
async def test_bare_sound_of_an_archive_is_adopted_so_that_anything_plays_it(
    floor: Floor, tmp_path: Path, suffix: str, kind: str
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    name = f"20231114-101500_5512345678.{suffix}"
    soundfile.write(folder / name, tone(2.0, 400), 8_000, subtype=kind, format="RAW")
    (folder / "20231114-101501_5512345678.gsm").write_bytes(b"no sound at all, in whole frames".ljust(33, b"x") * 9)
    if suffix == "gsm":
        whole = (folder / name).read_bytes()
        (folder / "20231114-101502_5512345678.gsm").write_bytes(whole[:-7])
    result = await adopt(floor.store, Archive(folder=folder, kind="vicidial", origin="v"), floor.settings, NOW)
    assert result.adopted == 1
    refused = {"20231114-101501_5512345678.gsm"} | ({"20231114-101502_5512345678.gsm"} if suffix == "gsm" else set())
    assert {name for name, _ in result.refused} == refused
    [hit] = await search(floor.store, "origin:v")
    assert hit.seconds is not None
    assert abs(hit.seconds - 2.0) < 0.021
    [one] = await floor.store.recordings.after(0)
    assert one.file.endswith(".wav.locked")
    assert floor.settings.keys is not None
    with playable(floor.settings.folder, one.file, Keys.read(floor.settings.keys)) as sound:
        data = b"".join(sound.read(44, sound.size))
    heard = np.frombuffer(data, "<i2") / 32768
    assert 0.1 < float(np.abs(heard).max()) <= 1.0
    assert not list((floor.settings.folder / WORK).iterdir())
