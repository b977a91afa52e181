"""The benchmarks of lists at a small size: they run, and what they count beside the speed is right."""

import pytest

from benchmarks import lead_claim, lead_import, lead_score


def rows(text: str) -> list[list[str]]:
    """The cells of the table that was printed."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_a_list_comes_in_beside_an_engine_at_work(capsys: pytest.CaptureFixture[str]) -> None:
    lead_import.main(["--leads", "2000"])
    told = capsys.readouterr().out
    assert told.startswith("2,000 leads, 4,000 phones, ")
    assert "loop lag p99, ms" in told


def test_no_lead_is_claimed_twice_by_eight_cells(capsys: pytest.CaptureFixture[str]) -> None:
    lead_claim.main(["--leads", "60000", "--rounds", "16", "--only", "sqlite"])
    [_, _, *found] = rows(capsys.readouterr().out)
    assert [(row[0], row[-1]) for row in found] == [
        ("SQLite", "0"), ("SQLite, best bands not due", "0"), ("SQLite, a mix with a quota", "0"),
        ("SQLite, 8 cells", "0"),
    ]  # fmt: skip
    assert all(int(row[-2]) > 0 for row in found)


def test_the_score_brings_more_right_parties_than_chance(capsys: pytest.CaptureFixture[str]) -> None:
    lead_score.main(["--leads", "1500", "--a-day", "600", "--days", "5"])
    [_, _, *found] = rows(capsys.readouterr().out)
    assert all(float(row[-2]) > 1.2 for row in found)
