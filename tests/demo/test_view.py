"""What the terminal shows: it fits, and it says what a person at the floor asks."""

from typing import Any

from rich.console import Console

from simulation.demo.view import Heading, clock, percent, plain, screen

WIDTH, HEIGHT = 100, 30
HEADING = Heading(
    mode="predictive",
    switch="Asterisk 22.10.1",
    agents=12,
    leads=5000,
    url="http://127.0.0.1:8080",
    sign_in="sign in: admin / demo-000000",
    notes=("Calling hours are open day and night.",),
)
REASON = "2 calls: 3 agents free now, 1.2 more expected within 12 s; 10 in flight should bring 1.5 answers; budget 1 % of 3 %"  # noqa: E501


def floor(agents: int = 12, **campaign: Any) -> dict[str, Any]:
    names = [
        {"id": n, "name": f"Agent {n:02d}", "state": "talking", "since": 90.0, "number": "•••123", "reason": ""}
        for n in range(agents, 0, -1)
    ]
    calls = [
        {
            "id": n,
            "agent": 3,
            "state": "talking",
            "placed_at": 80.0,
            "answered_at": 90.0,
            "bridged_at": 90.004,
            "ended_at": None,
            "outcome": None,
        }
        for n in range(20, 0, -1)
    ]
    of_campaign = {
        "calls": {"dialling": 3, "ringing": 12, "talking": 9},
        "agents": {"ready": 2, "talking": 9, "wrapping": 1},
        "lines": 24,
        "lines_max": 60,
        "placed": 345,
        "answered": 101,
        "answer_ratio": 0.293,
        "connected": 98,
        "abandoned": 2,
        "abandon_ratio": 0.0198,
        "abandon_cap": 0.03,
        "occupancy": 0.871,
        "outcomes": {"connected": 98, "no_answer": 120, "busy": 60, "invalid": 30, "unreachable": 20, "abandoned": 2},
        "pace_reason": REASON,
        "not_dialling": "",
        **campaign,
    }
    trunks = [{"name": "carrier", "state": "healthy", "reason": ""}]
    return {
        "at": 100.0,
        "switch_up": True,
        "campaigns": [of_campaign],
        "agents": names,
        "trunks": trunks,
        "last_calls": calls,
    }


def drawn(given: dict[str, Any] | None) -> str:
    console = Console(width=WIDTH, height=HEIGHT, record=True, quiet=False, file=None, force_terminal=False)
    with console.capture() as shown:
        console.print(screen(HEADING, given, "2:31 left"), height=HEIGHT)
    return shown.get()


def test_the_screen_fits_a_terminal_of_a_hundred_by_thirty() -> None:
    lines = drawn(floor()).splitlines()
    assert len(lines) == HEIGHT
    assert all(len(line) <= WIDTH for line in lines)


def test_it_shows_what_the_floor_is_asked_for() -> None:
    shown = drawn(floor())
    for part in ("2:31 left", HEADING.url, "24 of 60", "9 talking", "29.3 %", "2.0 % of answers", "3.0 %", "87.1 %"):
        assert part in shown
    assert "2 calls: 3 agents free now" in shown
    assert "Agent 01" in shown
    assert "4 ms" in shown


def test_no_count_is_parted_from_its_name() -> None:
    shown = drawn(floor())
    for part in ("9 talking", "120 no answer", "30 invalid", "20 unreachable"):
        assert part in shown


def test_agents_stand_in_the_order_of_their_names_and_the_rest_are_counted() -> None:
    shown = drawn(floor(agents=20))
    assert shown.index("Agent 01") < shown.index("Agent 02") < shown.index("Agent 12")
    assert "8 more" in shown


def test_why_nothing_is_dialled_comes_before_the_pace() -> None:
    assert "no leads are due" in drawn(floor(not_dialling="no leads are due"))


def test_the_screen_stands_before_the_first_look_at_the_floor() -> None:
    assert HEADING.url in drawn(None)


def test_one_line_says_it_where_there_is_no_terminal() -> None:
    line = plain(floor(), "2:31 left")
    assert "\n" not in line
    for part in ("2:31 left", "9 talking", "24 lines", "345 placed", "101 answered (29.3 %)", "(2.0 %)", REASON):
        assert part in line


def test_figures() -> None:
    assert [clock(s) for s in (0, 59.6, 61, 3600, -5)] == ["0:00", "1:00", "1:01", "60:00", "0:00"]
    assert [percent(share) for share in (None, 0.0, 0.0349, 1)] == ["-", "0.0 %", "3.5 %", "100.0 %"]
