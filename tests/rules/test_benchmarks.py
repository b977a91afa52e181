"""The benchmarks of rules and lists at a small size: they run, and what they assert holds. Speed is not judged here."""

import pytest

from benchmarks import do_not_call, lawful_year


def test_do_not_call_at_a_small_size(capsys: pytest.CaptureFixture[str]) -> None:
    do_not_call.main(["--numbers", "3000"])
    told = capsys.readouterr().out
    assert "200 numbers added, each known to the very next reservation" in told
    assert "of the budget of 100 us" in told


def test_a_small_part_of_the_year(capsys: pytest.CaptureFixture[str]) -> None:
    lawful_year.main(["--attempts", "2000", "--workers", "1"])
    assert "0 calls outside a rule" in capsys.readouterr().out
