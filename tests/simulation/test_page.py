"""The report is one page that needs nothing else, says what was found, and shows every picture; the same each time."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner

from dialer.errors import ConfigError
from simulation import plots, run
from simulation.command import simulate
from simulation.page import page
from simulation.report import FUNNEL, Course
from simulation.scenario import find
from simulation.summary import Findings, Summary, summary
from simulation.texts import ENGLISH, Tongue
from tests.simulation.test_summary import CARDS, DUE, EARLY, shared


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report")
    for name in ("report", "again"):
        wish = run.Wish(
            name="collections_5", hours=0.5, jobs=1, seeds=range(1, 3), compare="policy=predictive,mode=progressive",
            json_file=made / f"{name}.json", html_file=made / f"{name}.html",
            png_folder=made / "png" if name == "report" else None,
        )  # fmt: skip
        run.simulate(wish)
    return made


def test_the_page_needs_nothing_from_anywhere(folder: Path) -> None:
    text = (folder / "report.html").read_text()
    assert not re.search(r"""(src|href)=["'](?!#)""", text)
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_it_says_what_was_found_and_shows_every_picture(folder: Path) -> None:
    text = (folder / "report.html").read_text()
    titles = ("Agents by state", "Lines in use", "Abandoned so far", "How long connected people waited", "promises")
    assert all(title in text for title in titles)
    assert "no difference shown" in text or "points" in text
    drawings = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(drawings) == 7
    for drawing in drawings:
        ElementTree.fromstring(drawing)
        assert re.match(r'<svg role="img" aria-label="[^"]{4,}"', drawing)


def test_the_same_days_make_the_same_page(folder: Path) -> None:
    one, other = ((folder / f"{name}.html").read_text() for name in ("report", "again"))
    took = re.compile(r"simulated in [0-9.]+ s")
    assert took.sub("", one) == took.sub("", other)


def test_every_picture_is_a_file_too(folder: Path) -> None:
    files = sorted(path.stem for path in (folder / "png").glob("*.png"))
    assert files == ["agents", "differences", "funnel", "ledger", "lines", "waiting", "waits"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (folder / "png").glob("*.png"))


def test_the_json_holds_days_figures_and_differences(folder: Path) -> None:
    told = json.loads((folder / "report.json").read_text())
    assert [one["strategy"] for one in told["strategies"]] == ["predictive", "progressive"]
    assert {one["strategy"] for one in told["differences"]} == {"progressive"}
    assert {"verdict", "low", "high", "sentence"} <= set(told["differences"][0])
    assert len(told["days"]) == 4


@pytest.mark.parametrize(("opens_h", "ticks"), [(9.0, (9.0, 11.0)), (9.75, (9.0, 12.0))])
def test_hours_stand_where_they_were(opens_h: float, ticks: tuple[float, float]) -> None:
    """A day's hours are counted from its beginning, on the hour or not."""
    course = Course(opens_h=opens_h, hourly={step: [10, 5] for step in FUNNEL})
    figure = plots._funnel(cast("Summary", SimpleNamespace(days=[SimpleNamespace(course=course)])), ENGLISH)
    bars = figure.axes[0]
    middles = [bar.get_x() + bar.get_width() / 2 for bar in bars.containers[0].patches]  # type: ignore[attr-defined]
    assert middles == pytest.approx([opens_h + 0.5, opens_h + 1.5])
    assert bars.get_xlim() == pytest.approx((ticks[0] - 0.05, ticks[1] + 0.05))


def cells(text: str, table: str) -> list[list[str]]:
    """What stands in the table of this class, row by row; nothing where there is none."""
    found = re.search(rf'<table class="{table}">(.*?)</table>', text, flags=re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", found[1] if found else "", flags=re.DOTALL)
    return [[html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def told(language: str, *summaries: Summary) -> str:
    findings = Findings(scenario=find("shared_40"), summaries=summaries, differences=(), sentences=("x",), caution="",
                        footer="")  # fmt: skip
    return page(findings, [], Tongue(language))


@pytest.mark.parametrize(
    ("language", "head", "share", "days"),
    [
        ("en", ["campaign", "cap", "people", "abandoned, share", "days above the cap"], "5.50 %", "1 of 2"),
        ("es", ["campaña", "límite", "personas", "abandono", "días sobre el límite"], "5,50 %", "1 de 2"),
        ("pt", ["campanha", "limite", "pessoas", "abandono", "dias acima do limite"], "5,50 %", "1 de 2"),
    ],
)
def test_several_campaigns_are_told_one_by_one_each_beside_its_own_cap(
    language: str, head: list[str], share: str, days: str
) -> None:
    found = summary("as it is", [shared(EARLY, CARDS, DUE), shared(EARLY, replace(CARDS, missed=1), DUE, seed=2)])
    [heads, early, cards, due] = cells(told(language, found), "campaigns")
    assert heads == head
    assert (early[:2], early[-1][0]) == (["early stage", "3 %"], "0")
    assert cards == ["cards", "1 %", "200", share, days]
    assert (due[:3], due[-1]) == (["promises due", "-", "100"], "-")


def test_with_several_strategies_each_campaign_is_told_of_each() -> None:
    one, other = (summary(name, [shared(EARLY, CARDS)]) for name in ("as it is", "other"))
    rows = cells(told("en", one, other), "campaigns")
    assert [row[:2] for row in rows[1:]] == [
        [name, campaign] for name in ("as it is", "other") for campaign in ("early stage", "cards")
    ]
    assert len({len(row) for row in rows}) == 1
    assert cells(told("en", summary("as it is", [shared(EARLY)])), "campaigns") == []


def test_keeping_days_goes_with_nothing_that_would_tell_of_them(tmp_path: Path) -> None:
    url = tmp_path / "day.db"
    for others in (["--compare", "as_is"], ["--mode", "manual"], ["--json", "-"], ["--html", "x"], ["--png", "x"],
                   ["--fingerprint"]):  # fmt: skip
        app = typer.Typer()
        app.command()(simulate)
        result = CliRunner().invoke(app, ["collections_5", "--hours", "0.01", "--record", str(url), *others])
        assert isinstance(result.exception, ConfigError), others
        assert f"leave {others[0]} out" in str(result.exception)
    assert not url.exists()


def test_what_cannot_be_written_is_told_before_anything_is_simulated(tmp_path: Path) -> None:
    nowhere = run.Wish(name="not looked for", seeds=[1])
    (tmp_path / "file").touch()
    pictures = replace(nowhere, png_folder=tmp_path / "file")
    for wish in (
        replace(nowhere, html_file=tmp_path / "none" / "x.html"),
        replace(nowhere, json_file=tmp_path),
        pictures,
    ):
        with pytest.raises(ConfigError, match="cannot be written"):
            run.simulate(wish)


def test_the_library_is_listed_with_what_each_scenario_is(capsys: pytest.CaptureFixture[str]) -> None:
    run.show_scenarios(None)
    listed = capsys.readouterr().out
    assert "Collections in two shifts" in listed
    assert "1,000,000" in listed
