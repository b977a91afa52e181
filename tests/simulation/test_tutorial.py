"""The tutorial and the notebook do what they say: their commands and cells are run as they stand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = (DOCS / "tutorial_simulation.md").read_text(encoding="utf-8")
NOTEBOOK = DOCS / "notebooks" / "from_a_day_to_a_strategy.ipynb"
BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FEWER = (  # repetitions, so that this takes a minute or two; all else is run as it stands
    ("--hours 0.75 --days 3 --trials 10", "--hours 0.5 --days 2 --trials 3"),
    ('abandon<=0.03@90%"', 'abandon<=0.3@90%"'),  # so few half hours cannot be sure of less
    ("--simulations 12", "--simulations 4"),
    ("--seeds 1:5", "--seeds 1:3"),
    ("--agents 3 --minutes 20", "--agents 3 --minutes 5 --seconds 40"),  # it has what time other tests leave it
)
NAMED = re.compile(r"^# (\S+\.toml)$", re.MULTILINE)


@pytest.mark.tutorial
@pytest.mark.timeout(900)
def test_the_commands_of_the_tutorial_work_in_their_order(tmp_path: Path) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "100"}
    environment["TZ"] = "America/Mexico_City"  # as the tutorial says
    ran, tutorial = 0, TUTORIAL
    for many, few in FEWER:
        assert many in tutorial
        tutorial = tutorial.replace(many, few)
    for kind, text in BLOCK.findall(tutorial):
        if kind == "toml":
            named = NAMED.search(text)
            assert named is not None, text
            (tmp_path / named[1]).write_text(text, encoding="utf-8")
            continue
        done = subprocess.run(
            ["bash", "-euc", text], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        ran += 1
    assert ran >= 8
    for made in (
        "day.db",
        "day.toml",
        "day-fit.png",
        "validated.png",
        "compared.html",
        "frontier.png",
        "strategy.toml",
    ):
        assert (tmp_path / made).stat().st_size > 500, made


def test_the_pictures_of_the_tutorial_are_there() -> None:
    shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", TUTORIAL)
    assert len(shown) >= 3
    assert [one for one in shown if not (DOCS / one).is_file()] == []


@pytest.mark.tutorial
@pytest.mark.timeout(600)
def test_the_notebook_runs_from_its_first_cell_to_its_last() -> None:
    cells = [one for one in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if one["cell_type"] == "code"]
    assert all(one["outputs"] == [] for one in cells)
    names: dict[str, object] = {}
    for cell in cells:
        exec(compile("".join(cell["source"]), str(NOTEBOOK), "exec"), names)
    assert names["difference"] is not None
