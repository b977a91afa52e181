"""A recorded run decides the same again; what was tampered with is named; another policy is asked and never obeyed."""

import asyncio
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from dialer.core.model import Mode
from pacing import Policy
from simulation.past import PastError
from simulation.replay.compare import Replayed, replay
from simulation.replay.journal import opened, steps
from simulation.replay.tell import tell
from simulation.texts import Tongue
from tests.web import world as worlds

DIALER = str(Path(sys.executable).parent / "dialer")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal that a running dialer left: an agent took two calls and wrote them up."""
    folder = tmp_path_factory.mktemp("recorded")
    asyncio.run(_work(folder))
    return folder / "day.db"


async def _work(folder: Path) -> None:
    async with worlds.world(folder, mode=Mode.PREDICTIVE, agents=1) as world:
        agent = await world.agent_at_work()
        for _ in range(2):
            desk = await world.desk(agent, "talking")
            await agent.hangup()
            await world.desk(agent, "wrapping")
            await agent.disposition(desk["call"], "RPC")
        await world.runtime.flush()


async def replayed(where: Path, policy: Policy | None = None) -> Replayed:
    async with opened(str(where)) as journal:
        [run] = await journal.runs()
        return await replay(run, steps(journal, run), beside=policy)


@cache
def written(database: Path) -> list[str]:
    """The journal as the report writes it."""
    command = [DIALER, "report", "--events", "--since", "2020-01-01", "--until", "2100-01-01"]
    done = subprocess.run([*command, "--database", f"sqlite:///{database}"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


async def test_what_a_running_dialer_recorded_is_decided_again_command_for_command(database: Path) -> None:
    found = await replayed(database)
    assert (found.differing, found.first, found.missing) == (0, None, 0)
    assert found.commands > 20


async def test_the_journal_as_text_is_the_same_journal(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(written(database)))
    assert await replayed(file) == await replayed(database)


async def test_the_first_difference_is_named_with_its_place(database: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in written(database)]
    at = next(n for n, line in enumerate(lines) if line["type"] == "PlaceCall")
    lines[at]["trunk"] = "another"
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    found = await replayed(file)
    assert found.differing == 1
    assert found.first is not None
    event = next(n for n in range(at, -1, -1) if lines[n]["kind"] == "event")
    assert found.first.seq == lines[event]["seq"]
    assert found.first.fields() == (("trunk", '"another"', '"carrier"'),)


def test_the_command_fails_where_something_differs(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(written(database)).replace('"trunk": "carrier"', '"trunk": "another"', 1))
    done = subprocess.run([DIALER, "replay", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "answered otherwise" in done.stdout


async def test_a_command_too_many_is_a_difference(database: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in written(database)]
    lines = [line for line in lines if line["type"] != "PlaceCall"]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    found = await replayed(file)
    assert found.first is not None
    assert "PlaceCall" in found.first.decided


async def test_rows_that_were_taken_out_are_missed_even_where_nothing_was_decided(
    database: Path, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in written(database)]
    kinds = [line["kind"] for line in lines]
    at = next(n for n in range(5, len(lines) - 1) if kinds[n] == kinds[n + 1] == "event")  # answered by nothing
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in (*lines[:at], *lines[at + 1 :])))
    found = await replayed(file)
    assert (found.missing, found.proved) == (1, False)


def test_a_journal_that_was_cut_off_is_told_to_be(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = written(database)
    at = next(n for n, line in enumerate(lines) if n > 20 and json.loads(line)["kind"] == "command")
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(lines[:at]))
    assert tell(str(file), runs=[], policy=None, json_file=None) == 1
    assert "cut off" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"seq": 1,', '"seq": "1",', "line 1: .*whole numbers"),
        ('"at": ', '"at": "x", "was": ', "line 1: .*number"),
        ("{", "\udcff{", "line 1: not a line"),
    ],
)
async def test_a_line_that_is_none_is_named(database: Path, tmp_path: Path, old: str, new: str, words: str) -> None:
    first, *rest = written(database)
    assert old in first
    file = tmp_path / "events.jsonl"
    file.write_bytes("\n".join([first.replace(old, new, 1), *rest]).encode(errors="surrogateescape"))
    with pytest.raises(PastError, match=words):
        await replayed(file)


async def test_an_event_that_the_engine_cannot_take_is_named(database: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in written(database)]
    at = next(n for n, line in enumerate(lines) if line["type"] == "CampaignSet")
    lines[at]["campaign"]["lines_max"] = "many"
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    with pytest.raises(PastError, match="row "):
        await replayed(file)


@pytest.mark.parametrize("policy", list(Policy))
async def test_another_policy_is_asked_at_each_instant_and_changes_nothing(database: Path, policy: Policy) -> None:
    found = await replayed(database, policy)
    assert found.differing == 0
    hours = list(found.hours.values())
    assert sum(hour.decisions for hour in hours) > 2
    if policy is Policy.PREDICTIVE:  # the one that decided: it agrees with itself
        assert sum(hour.more + hour.fewer for hour in hours) == 0
        assert sum(hour.placed for hour in hours) == sum(hour.other_placed for hour in hours) > 0


def test_a_replay_is_told_in_the_language_asked_for(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(str(database), runs=[], policy=Policy.RATIO, json_file=None, tongue=Tongue("pt")) == 0
    said = capsys.readouterr().out
    assert "decidida de novo como foi registrada" in said
    assert "chamadas de ratio" in said
    assert "decided" not in said
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(written(database)).replace('"trunk": "carrier"', '"trunk": "another"', 1))
    assert tell(str(file), runs=[], policy=None, json_file=None, tongue=Tongue("es")) == 1
    assert 'trunk: registrado "another", decidido "carrier"' in capsys.readouterr().out


async def test_what_cannot_be_replayed_says_why(database: Path, tmp_path: Path) -> None:
    lines = written(database)
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(lines[3:]))
    with pytest.raises(PastError, match="what came before is missing"):
        await replayed(file)
    file.write_text("\n".join([lines[0].replace('"type": "', '"type": "Old')]))
    with pytest.raises(PastError, match="release"):
        await replayed(file)
    with pytest.raises(PastError, match=r"day\.txt"):
        await replayed(tmp_path / "day.txt")
    with pytest.raises(PastError, match="no such file"):
        async with opened(f"sqlite:///{tmp_path / 'none.db'}"):
            pass
    assert not (tmp_path / "none.db").exists()
