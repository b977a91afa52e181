"""The filter: every `decide` is answered, and no line can stop it or make it miscount."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pacing import Pacer, Settings, WindowKind
from pacing.command import FACTS, Filter, pace

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from([*FACTS, "start", "decide", "nonsense"])
KEYS = st.sampled_from(
    ["t", "agent", "call", "at", "outcome", "segment", "p_answer", "policy", "abandon_cap", "lines_max", "lines_free",
     "vicidial", "rules", "window"]
)  # fmt: skip
MESSAGES = st.builds(lambda kind, rest: rest | {"type": kind}, TYPES, st.dictionaries(KEYS, JSON, max_size=5))
LINES = st.one_of(MESSAGES.map(json.dumps), st.text(max_size=20), JSON.map(json.dumps))


def run(*lines: str) -> tuple[list[dict[str, object]], list[str]]:
    complaints: list[str] = []
    answers = [json.loads(answer) for answer in Filter(complaints.append).answers(lines)]
    return answers, complaints


@given(st.lists(LINES, max_size=30))
def test_no_line_stops_it_and_every_decide_is_answered(lines: list[str]) -> None:
    answers, _ = run(*lines, '{"t":1,"type":"decide"}')
    assert all(isinstance(answer["calls"], int) and answer["calls"] >= 0 for answer in answers)
    assert answers


def test_a_campaign_by_lines() -> None:
    answers, complaints = run(
        '{"type":"start","policy":"progressive","abandon_cap":0.03,"lines_max":2}',
        '{"t":0,"type":"agent_ready","agent":"a1"}',
        '{"t":0,"type":"agent_ready","agent":"a2"}',
        '{"t":0,"type":"agent_ready","agent":"a3"}',
        '{"t":0,"type":"decide"}',
        '{"t":1,"type":"call_placed","call":1,"segment":"list7/mobile/10h","p_answer":0.31}',
        '{"t":1,"type":"call_placed","call":2}',
        '{"t":1,"type":"decide"}',
        '{"t":9,"type":"call_ended","call":2,"outcome":"no_answer"}',
        '{"t":9,"type":"decide"}',
    )
    assert [answer["calls"] for answer in answers] == [2, 0, 1]  # two lines, then none, then one
    assert not complaints


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"type":"moon"}', "unknown type 'moon'"),
        ('{"type":"agent_ready","agent":"a"}', "t is None"),
        ('{"t":NaN,"type":"agent_ready","agent":"a"}', "t is nan"),
        ('{"t":1,"type":"agent_ready","agent":["a"]}', "agent is ['a']; it must be an id"),
        ('{"t":1,"type":"agent_ready","agent":"a","mood":"good"}', "unknown mood"),
        ('{"t":1,"type":"call_answered","call":7}', "ignored"),
        ('{"type":"start","abandon_cap":7}', "abandon_cap is 7"),
        ('{"type":"start","colour":"blue"}', "unknown key 'colour'"),
        ('{"type":"start","policy":"magic"}', "policy is 'magic'; there are predictive, progressive"),
        ('{"type":"start","window":{}}', "window is {}; there are 24h, 30d"),
        ('{"type":"start","vicidial":3}', "vicidial is 3; it must be an object"),
        ('{"type":"start","vicidial":{"dial_level":1,"colour":2}}', "vicidial: unknown colour"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_not_understood_is_told_with_its_line(line: str, complaint: str) -> None:
    answers, complaints = run("", line)
    assert not answers
    assert len(complaints) == 1
    assert complaints[0].startswith("line 2: ")
    assert complaint in complaints[0]


def test_a_text_that_begins_with_a_byte_order_mark_is_read() -> None:
    answers, complaints = run('\ufeff{"t":0,"type":"decide"}')
    assert len(answers) == 1
    assert not complaints


def test_a_repeated_line_counts_once() -> None:
    answered = ('{"t":5,"type":"call_answered","call":1}',) * 3
    ended = ('{"t":9,"type":"call_ended","call":1,"outcome":"abandoned"}',) * 3
    placed = ('{"t":0,"type":"call_placed","call":1}',) * 2
    start = ('{"type":"start","policy":"predictive"}',) * 2
    answers, complaints = run(*start, *placed, *answered, *start, *ended, '{"t":9,"type":"decide"}')
    assert "100.0 % of 3.0 %" in str(answers[0]["reason"])
    assert len(complaints) == 5


def test_the_real_command_answers_each_question_at_once() -> None:
    code = "from pacing.command import pace; pace()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "--why"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'\xff\xfe nonsense\n{"t":0,"type":"agent_ready","agent":1}\n{"t":0,"type":"decide"}\n')
        answer = json.loads(process.stdout.readline())
        assert (answer["calls"], answer["why"]["free"]) == (1, 1)
        _, errors = process.communicate(timeout=20)
        assert errors.startswith(b"line 1: not JSON")
        assert process.returncode == 0


AGENTS = tuple(f'{{"t":0,"type":"agent_ready","agent":{agent}}}' for agent in range(5))
LEARNED = tuple(
    line
    for call in range(60)
    for line in (
        f'{{"t":{call},"type":"call_placed","call":{call}}}',
        f'{{"t":{call},"type":"call_ended","call":{call},"outcome":"no_answer"}}',
    )
)


@pytest.mark.parametrize(
    "odd",
    [
        {"lines_free": "2"}, {"lines_free": True}, {"lines_free": 10**400}, {"segment": ["x"]},
        {"segment": {"a": 1}}, {"waiting_elsewhere": 10**30}, {"agents_shared": "x"},
        {"agents_shared": 1e300}, {"p_answer": True},
    ],
)  # fmt: skip
def test_an_odd_limit_is_told_and_the_question_answered_without_it(odd: dict[str, object]) -> None:
    plain, _ = run(*AGENTS, *LEARNED, '{"t":100,"type":"decide"}')
    answers, complaints = run(*AGENTS, *LEARNED, json.dumps({"t": 100, "type": "decide"} | odd))
    assert answers == plain
    assert isinstance(answers[0]["calls"], int)
    assert len(complaints) == 1


@pytest.mark.parametrize(
    ("told", "calls", "complaints"),
    [(3.0, 3, 0), (2.5, 2, 1), (0.5, 0, 1), (-1, 0, 1), (-0.5, 0, 1), (0.0, 0, 0)],
)
@pytest.mark.parametrize("key", ["lines_free", "calls_max"])
def test_a_bound_is_kept_however_the_number_is_written(key: str, told: float, calls: int, complaints: int) -> None:
    answers, told_of = run(*AGENTS, *LEARNED, json.dumps({"t": 100, "type": "decide", key: told}))
    assert answers[0]["calls"] == calls
    assert len(told_of) == complaints


@pytest.mark.parametrize(
    "odd",
    [{"level_threshold_agents": "x"}, {"shift_starts": "x"}, {"trunks_max": 1.5}, {"available_only": "x"},
     {"latest_server_time": None}, {"dial_level": True}],
)  # fmt: skip
def test_an_odd_option_of_vicidial_is_told_and_not_taken(odd: dict[str, object]) -> None:
    start = {"type": "start", "policy": "vicidial_adapt"}
    question = '{"t":100,"type":"decide"}'
    plain, _ = run(json.dumps(start), *AGENTS, question)
    answers, complaints = run(json.dumps(start | {"vicidial": odd}), *AGENTS, question)
    assert answers == plain
    assert len(complaints) == 1


def test_a_line_is_free_again_however_its_call_ended() -> None:
    start = '{"type":"start","policy":"progressive","lines_max":1}'
    placed = '{"t":0,"type":"call_placed","call":1}'
    ended = '{"t":5,"type":"call_ended","call":1,"outcome":"congestion"}'
    odd_end, complaints = run(start, *AGENTS, placed, ended, '{"t":6,"type":"decide"}')
    assert odd_end[0]["calls"] == 1
    assert complaints == ["line 8: call_ended: unknown outcome 'congestion'; taken as failed"]
    # An end that never came, and one that came after the call had been given up.
    never, _ = run(start, *AGENTS, placed, *('{"t":200,"type":"decide"}',) * 2)
    late, _ = run(start, *AGENTS, placed, '{"t":200,"type":"decide"}', ended, '{"t":201,"type":"decide"}')
    assert never[-1]["calls"] == late[-1]["calls"] == 1


def test_a_connection_repeated_after_the_call_is_over_keeps_no_agent_busy() -> None:
    connected = '{"t":9,"type":"call_connected","call":1,"agent":0}'
    answers, complaints = run(
        '{"type":"start","policy":"progressive"}',
        AGENTS[0],
        '{"t":0,"type":"call_placed","call":1}',
        connected,
        '{"t":20,"type":"call_ended","call":1,"outcome":"completed"}',
        '{"t":25,"type":"agent_ready","agent":0}',
        connected,
        '{"t":26,"type":"decide"}',
    )
    assert answers[0]["calls"] == 1
    assert len(complaints) == 1


def test_times_may_begin_anywhere() -> None:
    lines = (AGENTS[0], '{"t":0,"type":"call_placed","call":1}', '{"t":40,"type":"decide"}')
    early = [json.dumps(json.loads(line) | {"t": json.loads(line)["t"] - 1000}) for line in lines]
    start = '{"type":"start","policy":"predictive"}'
    assert run(start, *early) == run(start, *lines)


def counted(filtering: Filter) -> tuple[int, int, int]:
    pacer = filtering._pacer
    return pacer.ledger.answered, pacer.ledger.abandoned, pacer.live_calls


ABANDONED = ('{"t":50,"type":"call_placed","call":"a"}', '{"t":55,"type":"call_answered","call":"a"}',
             '{"t":58,"type":"call_ended","call":"a","outcome":"abandoned"}',
             '{"t":60,"type":"call_placed","call":"b"}')  # fmt: skip


def test_one_time_that_makes_no_sense_wrecks_nothing() -> None:
    """Milliseconds instead of seconds: every window would forget, and every call in flight be given up."""
    complaints: list[str] = []
    filtering = Filter(complaints.append)
    for line in (*AGENTS, *ABANDONED, '{"t":1769817600000,"type":"decide"}', '{"t":61,"type":"decide"}'):
        filtering.feed(line)
    assert counted(filtering) == (1, 1, 1)
    assert len(complaints) == 1
    assert "ahead" in complaints[0]


def test_after_a_long_week_end_times_are_believed() -> None:
    complaints: list[str] = []
    filtering = Filter(complaints.append)
    monday = 3 * 86_400
    for line in (*AGENTS, *ABANDONED, f'{{"t":{monday},"type":"decide"}}', f'{{"t":{monday + 1},"type":"decide"}}'):
        filtering.feed(line)
    assert filtering._clock.latest == monday + 1
    assert counted(filtering) == (0, 0, 0)
    assert len(complaints) == 1


def test_a_clock_that_was_set_back_stands_still_for_some_lines_only() -> None:
    complaints: list[str] = []
    filtering = Filter(complaints.append)
    for line in (*AGENTS, *ABANDONED):
        filtering.feed(line)
    for t in range(-3600, -3400, 5):
        filtering.feed(json.dumps({"t": t, "type": "decide"}))
    assert counted(filtering) == (1, 1, 0)  # the call in flight was given up in time
    assert [complaint for complaint in complaints if "set back by" in complaint] == complaints[:1]
    filtering.feed(json.dumps({"t": -3395, "type": "closes_at", "at": -3390}))
    assert filtering._pacer._floor.closes_at == filtering._clock.latest + 5


def test_single_late_lines_set_no_clock_back() -> None:
    filtering = Filter(lambda _: None)
    for t in range(1000, 1100):
        filtering.feed(json.dumps({"t": t, "type": "decide"}))
        filtering.feed(json.dumps({"t": t - 500, "type": "decide"}))
    assert filtering._clock.latest == 1099


def test_a_closing_time_without_a_time_takes_nothing_back() -> None:
    closes = ('{"t":0,"type":"closes_at","at":50}', '{"t":1,"type":"closes_at"}')
    answers, complaints = run(*AGENTS, *closes, '{"t":60,"type":"decide"}')
    assert answers[0]["calls"] == 0
    assert len(complaints) == 1


def test_how_good_it_can_get_is_told_with_how_far_a_policy_is_from_it(tmp_path: Path) -> None:
    floor = ("bound", "--agents", "5", "--answers", "0.25")
    told = " ".join(CliRunner().invoke(pace, [*floor, "--reached", "0.845"]).output.split())
    assert "exact optimum, 3.0% abandoned 85.2% 34.7" in told
    assert "reached, 0.7 points below the optimum 84.5%" in told
    assert CliRunner().invoke(pace, [*floor, "--json", str(tmp_path / "bound.json")]).exit_code == 0
    assert json.loads((tmp_path / "bound.json").read_text())["optimum"] == pytest.approx(0.852, abs=5e-4)


@pytest.mark.parametrize("odd", [("--answers", "nan"), ("--reached", "84"), ("--ring", "inf"), ("--answers", "0.001")])
def test_a_floor_that_makes_no_sense_is_refused(odd: tuple[str, str]) -> None:
    assert CliRunner().invoke(pace, ["bound", "--agents", "5", "--answers", "0.25", *odd]).exit_code == 2


def test_reasons_are_written_in_utf_8_whatever_the_terminal_speaks() -> None:
    code = "from pacing.command import pace; pace()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--locale", "es"], input=b'{"t":0,"type":"decide"}\n', capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"}, check=True, timeout=20,
    )  # fmt: skip
    assert "más" in json.loads(done.stdout.decode())["reason"]


@pytest.mark.parametrize("starts", [('{"type":"start","ring_timeout_s":90,"window":"day","utc_offset_s":-18000}',),
                                    ('{"type":"start","window":"day"}',
                                     '{"type":"start","ring_timeout_s":90,"utc_offset_s":-18000}')])  # fmt: skip
def test_what_is_set_before_the_first_fact_is_as_if_set_from_the_beginning(starts: tuple[str, ...]) -> None:
    filtering = Filter(lambda _: None)
    list(filtering.answers(starts))
    told = filtering._pacer
    made = Pacer(Settings(ring_timeout_s=90, window=WindowKind.DAY, utc_offset_s=-18000))
    for pacer in (told, made):
        pacer.agent_ready(0.0, "a")
        for call in range(40):
            pacer.call_placed(100.0 * call, call)
            pacer.call_answered(100.0 * call + 70, call)
            pacer.call_ended(100.0 * call + 80, call, "abandoned")
            pacer.decide(100.0 * call + 90)
    midnight = 5 * 3600.0  # in Lima
    for t in (4000.0, midnight - 1, midnight + 1, midnight + 100):
        assert told.decide(t) == made.decide(t)
