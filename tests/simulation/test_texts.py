"""What the simulator says, it says in each of the console's languages: on the terminal, in the report, on its plots."""

import html
import re

import pytest

from dialer.web.settings import LANGUAGES
from simulation import run
from simulation.page import PAGES
from simulation.scenario import find, names
from simulation.texts import CATALOGUES, HERE, Tongue
from simulation.wording import title
from tools import texts

BLANK = re.compile(r"\{\w+\}")


def forms(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue_has_its_words_and_is_asked_for(language: str) -> None:
    asked = {one.id for one in texts.extracted(texts.SIMULATOR)}
    catalogue = texts.current(language, texts.SIMULATOR)
    assert {one.id for one in catalogue} == asked, "run: make texts"
    assert texts.untranslated(catalogue) == []
    assert (HERE / f"{language}.po").read_text() == texts.written(catalogue), "run: make texts"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_blanks(language: str) -> None:
    for key, text in CATALOGUES[language].items():
        blanks = {tuple(sorted(BLANK.findall(form))) for form in forms(text)}
        assert blanks == {tuple(sorted(BLANK.findall(form))) for form in forms(CATALOGUES["en"][key])}, key


def test_the_reports_template_holds_no_words_of_its_own() -> None:
    template = (PAGES / "report.html.j2").read_text()
    text = re.sub(r"(?s)<style>.*?</style>|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", template)
    assert not re.search(r"[^\W\d_]", text)


def test_the_library_says_in_each_language_what_its_scenarios_are() -> None:
    for name in names():
        scenario = find(name)
        assert CATALOGUES["en"][f"scenario.{name}"] == scenario.title
        assert len({title(scenario, Tongue(language)) for language in LANGUAGES}) == 3, name


@pytest.fixture(scope="module", params=["compared", "alone"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of a day in Spanish."""
    file = tmp_path_factory.mktemp("spanish") / "report.html"
    compare = "mode=predictive,mode=progressive,policy=ratio" if request.param == "compared" else ""
    run.simulate(
        run.Wish(
            name="collections_5", hours=0.3, jobs=1, seeds=[1], compare=compare, html_file=file, tongue=Tongue("es")
        )
    )
    return file.read_text()


def test_the_whole_report_is_in_the_language_asked_for(told: str) -> None:
    """No text of the English catalogue stands in it that is another one in Spanish."""
    assert '<html lang="es">' in told
    seen = re.sub(r'(?s)<style.*?</style>|<pre>.*?</pre>|<ul class="sources">.*?</ul>', " ", told)
    lines = {html.unescape(line).strip() for line in re.split(r"<[^>]*>", seen)}
    english = {form for key, text in CATALOGUES["en"].items() if text != CATALOGUES["es"][key] for form in forms(text)}
    for form in english:
        wanted = re.compile(BLANK.sub(".+", re.escape(form).replace(r"\{", "{").replace(r"\}", "}")))
        assert [line for line in lines if wanted.fullmatch(line)] == [], form
    assert {"Agentes por estado", "Cobranza temprana, México: 5 agentes, predictiva"} <= lines


def test_the_terminal_is_told_in_the_language_too(capsys: pytest.CaptureFixture[str]) -> None:
    run.simulate(run.Wish(name="collections_5", hours=0.3, jobs=1, seeds=[1], tongue=Tongue("pt")))
    said = capsys.readouterr().out
    assert "os agentes estiveram ocupados" in said
    assert "semente" in said
    assert re.search(r"\d,\d %", said)
    run.show_scenarios(None, Tongue("es"))
    assert "Cobranza en dos turnos" in capsys.readouterr().out


def test_numbers_are_written_as_each_language_writes_them() -> None:
    assert [Tongue(one).number(12345.678, 2) for one in ("en", "es", "pt")] == ["12,345.68", "12.345,68", "12.345,68"]
    assert Tongue("es").number(0.5, 1, signed=True) == "+0,5"
    assert Tongue("en").number(-0.5, 1, signed=True) == "-0.5"
    assert Tongue("pt").plain(0.05) == "0,05"


def test_no_text_is_asked_for_within_an_f_string() -> None:
    """Which of Python's tokenizers reads it decides whether its key is found: before 3.12 it is not."""
    asked = re.compile(r"\{[^{}\"]*\btn?\('")
    assert [path.name for path in HERE.parent.rglob("*.py") if asked.search(path.read_text())] == []
