"""What quality assurance keeps, the same on both databases: the index, the queue, scores, transcripts, the log."""

from pathlib import Path

from dialer.store import Access, Comment, RecordingState, SavedSearch, Segment, Store, Transcript
from recordings.calibrating import begin_calibration, calibration
from recordings.evaluating import Given, draw_plan, evaluate, reply
from recordings.forms import Form, Item, Section
from recordings.found import search
from recordings.renewal import renew_words
from recordings.said import SaidRule
from recordings.sampling import Plan
from tests.recordings.floor import LATER, Floor
from tests.store.world import NOW

FORM = Form(name="f", sections=(Section(name="s", items=(Item(key="a", label="A"),)),))


async def test_from_the_index_to_the_score(store: Store, tmp_path: Path) -> None:
    floor = await Floor.made(store, tmp_path)
    records = [await floor.talked(at=NOW + 100 * n, notes="Prometió pagar") for n in range(3)]
    assert await floor.indexer().step() == 6
    assert await store.recordings.counts() == {"indexed": 3}
    form = await store.quality.save_form(FORM.name, FORM, "Ana", NOW)
    again = await store.quality.save_form(FORM.name, FORM, "Ana", NOW)
    assert (form.version, again.version, len(await store.quality.forms())) == (1, 2, 1)
    await store.quality.save_plan("p", Plan(name="p", form=form.id, count=2, seconds_min=0), "Ana", NOW)
    assert await draw_plan(store, "p", NOW, NOW + 1e6, seed="s", now=NOW) == (3, 2)
    task = await store.quality.claim(1, NOW, 60)
    assert task is not None
    given = await evaluate(store, Given(evaluator=1, answers={"a": "no"}, task=task.id), NOW + 1)
    assert [hit.call for hit in await search(store, "score<50% prometio")] == [task.call]
    await reply(store, given.id, floor.agent, dispute=True, words="no")
    assert [one.state for one in await store.quality.evaluations(agent=floor.agent)] == ["disputed"]
    calls = [records[2].id]
    await begin_calibration(store, "c", form=form.id, calls=calls, evaluators=[1, 2], now=NOW)
    assert (await calibration(store, "c")).handed_in == 0
    assert [hour.calls for hour in await store.quality_figures.hours(NOW, NOW + 3600)] == []
    ends = await store.quality_figures.ends(NOW, NOW + 3600, seconds_min=1.0, campaigns=[records[0].campaign])
    assert [(one.promised, one.kept) for one in ends] == [(False, None)] * 3
    assert await store.quality_figures.ends(NOW, NOW + 3600, seconds_min=1.0, campaigns=[]) == ()
    assert await store.quality.close_round("calibration", "c") == 2
    assert (await calibration(store, "c")).whole
    await _noted(store, records[0].id)
    assert await store.recordings.keep(records[0].id, hold="law suit", muted="[[0.0, 1.0]]")
    assert not await store.recordings.bury(records[0].id, RecordingState.INDEXED, NOW, "all")
    assert await store.recordings.keep(records[0].id, hold="")
    assert await store.recordings.bury(records[0].id, RecordingState.INDEXED, NOW, "all")
    assert len(await store.recordings.unburied()) == 1
    erased = await store.people.erase(records[1].person, LATER)
    assert len(erased.files) == 1
    assert [hit.call for hit in await search(store, "prometio")] == [records[2].id]


async def _noted(store: Store, call: int) -> None:
    """A transcript held against a rule, a comment, a saved search, the log."""
    [recording] = [one for one in await store.recordings.after(0) if one.call == call]
    rule = SaidRule(name="greeting", phrases=("buenos días",))
    await store.quality.save_said_rule(rule.name, rule, "Ana", NOW)
    assert await store.quality.said_rules(SaidRule) == (rule,)
    assert await store.transcripts.queue([recording.call], NOW, waiting_max=5) == 1
    assert await store.transcripts.next() == call
    segments = (Segment(0.0, 1.0, "agent", "Hola, señora"),)
    transcript = Transcript(call=recording.call, source="x", language="es", at=NOW, segments=segments)
    await store.transcripts.save(transcript)
    assert await store.transcripts.of([recording.call]) == {call: transcript}
    await renew_words(store, [recording.call])
    assert [hit.flags.split()[-1] for hit in await search(store, "senora flag:unsaid_greeting")] == ["unsaid_greeting"]
    comment = Comment(call=recording.call, at=NOW, by_user=1, from_s=1.0, body="well")
    number = await store.recording_notes.comment(comment)
    assert [one.id for one in await store.recording_notes.comments(recording.call)] == [number]
    await store.recording_notes.save_search(SavedSearch(owner="Ana", name="n", query="q", at=NOW))
    await store.recording_notes.save_search(SavedSearch(owner="Ana", name="n", query="q2", at=NOW))
    assert [one.query for one in await store.recording_notes.searches("Ana")] == ["q2"]
    entry = Access(at=NOW, call=recording.call, by_whom="Ana", role="analyst", what="listen")
    await store.recording_notes.accessed([entry])
    assert [one.what for one in await store.recording_notes.accesses(call=recording.call)] == ["listen"]
    assert len(await store.recording_notes.accesses()) == 1
    assert await store.recording_search.values("disposition") == ("PTP",)
