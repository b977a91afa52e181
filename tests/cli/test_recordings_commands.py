"""`dialer recordings` at the command line: what is typed is found, asked for, held, or refused in words."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dialer.cli import build
from dialer.core.model import CallRecord
from dialer.store import RecordingState, Store
from recordings.found import as_typed
from recordings.problems import Lacking, Problem, packed
from tests.new_database import new_database
from tests.recordings.floor import Floor
from tests.store.world import NOW


def dialer(*words: object) -> Result:
    return CliRunner().invoke(build(), list(map(str, words)))


def floor_in(folder: Path, count: int, **settings: object) -> tuple[str, list[CallRecord]]:
    """The address of a database with recordings, and their calls."""
    url = new_database(folder / "dialer.db")

    async def made() -> list[CallRecord]:
        async with await Store.open(url) as store:
            floor = await Floor.made(store, folder, **settings)
            records = [await floor.talked(at=NOW + 100 * n, notes="paga el viernes") for n in range(count)]
            await floor.indexer().step()
            return records

    return url, asyncio.run(made())


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["paga el viernes"], '"paga el viernes"'),
        (["viernes", "paga"], "viernes paga"),
        (["duration>1s silence<=100%"], "duration>1s silence<=100%"),
        (['"el viernes" paga'], '"el viernes" paga'),
        (["agent:ana since:7d", "paga ya"], 'agent:ana since:7d "paga ya"'),
    ],
)
def test_what_the_shell_keeps_together_is_a_phrase_unless_the_language_says_more(words: list[str], text: str) -> None:
    assert as_typed(words) == text


def test_a_search_by_two_figures_in_one_word_of_the_shell_finds(tmp_path: Path) -> None:
    url, _ = floor_in(tmp_path, 1)
    told = dialer("recordings", "search", "duration>1s silence<=100%", "--database", url, "--json", "-")
    assert len(json.loads(told.stdout)) == 1


def test_transcripts_are_asked_for_by_a_search_and_counted(tmp_path: Path) -> None:
    url, _ = floor_in(tmp_path, 2)
    told = dialer("recordings", "transcribe", "viernes", "--database", url, "--json", "-")
    assert json.loads(told.stdout) == {"queued_now": 2, "queued": 2}
    shown = dialer("recordings", "transcribe", "viernes", "--database", url)
    assert "0 asked for" in shown.stdout
    assert json.loads(dialer("recordings", "transcribe", "--database", url, "--json", "-").stdout) == {
        "queued_now": 0, "queued": 2,
    }  # fmt: skip


def test_a_tombstone_cannot_be_held(tmp_path: Path) -> None:
    url, [record] = floor_in(tmp_path, 1)

    async def buried() -> None:
        async with await Store.open(url) as store:
            one = await store.recordings.by_call(record.id)
            assert one is not None
            await store.recordings.bury(record.id, one.state, NOW, "all")

    assert "held: law suit" in dialer("recordings", "hold", record.id, "law suit", "--database", url).stdout
    assert "no longer held" in dialer("recordings", "hold", record.id, "--database", url).stdout
    asyncio.run(buried())
    refused = dialer("recordings", "hold", record.id, "law suit", "--database", url)
    assert "tombstone" in str(refused.exception)


CONFIG = """
database = "{url}"
data_dir = "data"
[asterisk]
username = "dialer"
secret = "secret"
recordings_dir = "{folder}/spool"
[web]
locale = "es"
[[trunk]]
name = "carrier"
dial = "PJSIP/{{number}}@carrier"
[recordings]
folder = "tree"
[[recordings.retention]]
name = "audits"
of = "audits"
days = 5
"""


def test_what_retention_would_do_is_told_of_talks_and_audits_apart(tmp_path: Path) -> None:
    url, [_, record] = floor_in(tmp_path, 2)
    config = tmp_path / "cadencia.toml"
    config.write_text(CONFIG.format(url=url, folder=tmp_path))

    async def sampled() -> None:
        async with await Store.open(url) as store, store._database.writing() as session:
            named = "UPDATE calls SET outcome = 'machine', audit = 'audit/' || id WHERE id = $1"
            await session.run(named, record.id)

    asyncio.run(sampled())
    audit = tmp_path / "spool" / "audit" / f"{record.id}.wav"
    audit.parent.mkdir()
    audit.write_bytes(b"an answer")
    assert "held: law suit" in dialer("recordings", "hold", record.id, "law suit", "-c", config).stdout
    told = json.loads(dialer("recordings", "retain", "-c", config, "--json", "-").stdout)
    assert (told["kept"], told["audits"]["held"], told["audits"]["due"]) == ({"": 2}, [record.id], {})
    assert told["held"] == []  # no rule fits the talk that it holds too
    assert "no longer held" in dialer("recordings", "hold", record.id, "-c", config).stdout
    shown = dialer("recordings", "retain", "-c", config).stdout
    assert "1 would be deleted" in shown
    assert "1 of the audits that are due have not been judged" in shown
    done = json.loads(dialer("recordings", "retain", "--act", "-c", config, "--json", "-").stdout)
    assert (done["deleted"], done["audits"]["deleted"], done["files_left"], audit.exists()) == (1, 1, {}, False)


def test_what_is_wrong_with_a_recording_is_told_in_the_askers_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    url, [record] = floor_in(tmp_path, 1)
    config = tmp_path / "cadencia.toml"
    config.write_text(CONFIG.format(url=url, folder=tmp_path))

    async def spoilt() -> None:
        async with await Store.open(url) as store:
            problem = packed(Lacking(Problem.AGENT_CUT_OFF), Lacking(Problem.GONE, "c1.flac"))
            await store.recordings.change(record.id, RecordingState.INDEXED, problem=problem)

    asyncio.run(spoilt())
    for words, said in (
        (("--database", url), "the agent's leg was cut off; its file is gone from the tree"),
        (("-c", config), "el lado del agente quedó cortado; su archivo ya no está en el árbol"),
        (("-c", config, "--language", "pt"), "o lado do agente ficou cortado; seu arquivo não está mais na árvore"),
    ):
        [one] = json.loads(dialer("recordings", "search", *words, "--json", "-").stdout)
        assert one["problem"] == said
        assert said.split(";")[0] in dialer("recordings", "search", *words).stdout
