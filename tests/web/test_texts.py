"""Every word on a page comes from the catalogues, in each language."""

import gzip
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from dialer.web.pages import HERE
from dialer.web.settings import LANGUAGES
from dialer.web.texts import CATALOGUES, Text, asked, choose_locale, words
from dialer.web.texts import HERE as HERE_TEXTS
from recordings.query import SAID, Misread
from tools import texts

TEMPLATES = {path.name: path.read_text() for path in (HERE / "templates").glob("*.html")}


def blanks(text: Text) -> list[list[str]]:
    return [sorted(re.findall(r"\{\w+\}", form)) for form in ([text] if isinstance(text, str) else text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue_and_has_its_words(language: str) -> None:
    asked = {one.id for one in texts.extracted()}
    catalogue = texts.current(language)
    assert asked - {one.id for one in catalogue} == set(), "run: make texts"
    assert {one.id for one in catalogue} - asked == set(), "nothing asks for these any more; run: make texts"
    assert texts.untranslated(catalogue) == []
    assert not [one.id for one in catalogue if one.fuzzy and one.id]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_blanks_and_stray_no_spaces(language: str) -> None:
    for key, text in CATALOGUES[language].items():
        forms = [text] if isinstance(text, str) else text
        assert all(form.strip() == form != "" for form in forms), key
        assert {*map(tuple, blanks(text))} == {*map(tuple, blanks(CATALOGUES["es"][key]))}, key


def test_a_text_that_nobody_wrote_is_found() -> None:
    """The test of the test: what is asked for and not in a catalogue comes out as untranslated."""
    template = texts.extracted()
    template.add("desk.a_new_button")
    catalogue = texts.current("es")
    catalogue.update(template, no_fuzzy_matching=True)
    assert texts.untranslated(catalogue) == ["desk.a_new_button"]


def test_the_modules_write_their_keys_out() -> None:
    assert texts.unreadable() == [], 'write t("a.key"), never t(something): else the catalogues miss it'


def test_the_catalogues_are_kept_as_make_texts_writes_them() -> None:
    for language in LANGUAGES:
        assert (HERE_TEXTS / f"{language}.po").read_text() == texts.written(texts.current(language)), "run: make texts"


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_no_template_holds_words_of_its_own(name: str) -> None:
    text = re.sub(r"(?s)<code>.*?</code>|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|<!--.*?-->", " ", TEMPLATES[name])
    words = {word for word in text.split() if re.search(r"[^\W\d_]", word)}
    assert words <= {"Cadencia", "Ctrl", "centred", "at-desk", "wall"}  # the name, a key, and classes


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_no_template_holds_scripts_or_styles_of_its_own(name: str) -> None:
    scripts = re.findall(r"<script[^>]*>", TEMPLATES[name])
    assert all('src="/static/' in script or 'type="application/json"' in script for script in scripts)
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", TEMPLATES[name])


@pytest.mark.parametrize(
    ("accepted", "fixed", "locale"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "", "es-MX"),
        ("pt-BR", "", "pt-BR"),
        ("es-419", "", "es-419"),
        ("es-mx<script>", "", "es"),
        ("fr;q=0.9, pt;q=0.2, en;q=0.5", "", "en"),
        ("fr", "", "es"),
        ("", "", "es"),
        ("es;q=0, pt;q=0.1", "", "pt"),
        ("es;q=nonsense", "", "es"),
        ("en", "pt", "pt"),
        ("en", "es-MX", "es-MX"),
        ("," * 1000 + "pt", "", "es"),
    ],
)
def test_the_language_is_the_fixed_one_or_the_one_liked_best(accepted: str, fixed: str, locale: str) -> None:
    assert choose_locale(accepted, fixed) == locale


def modules_of(file: Path, found: set[Path]) -> set[Path]:
    """A file of a page's, and every module of our own that it loads in turn."""
    if file not in found and "vendor" not in file.parts:
        found.add(file)
        for name in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', file.read_text()):
            modules_of((file.parent / name).resolve(), found)
    return found


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_our_own_part_of_each_page_is_light(name: str) -> None:
    text = TEMPLATES[name] + TEMPLATES["base.html"] + TEMPLATES["admin.html"] * ('extends "admin' in TEMPLATES[name])
    found: set[Path] = set()
    for file in re.findall(r'(?:src|href)="/static/([^"]+)"', text):
        modules_of((HERE / "static" / file).resolve(), found)
    # As it is sent, compressed. The desk brings its phone; what all of it weighs over the wire test_desk_page measures.
    sent = sum(len(gzip.compress(path.read_bytes())) for path in found)
    assert 3_000 < sent < {"desk.html": 42_000}.get(name, 34_000)


def test_a_search_that_cannot_be_understood_is_said_alike_to_a_program_and_in_english() -> None:
    assert {code: CATALOGUES["en"][f"search_wrong.{code}"] for code in Misread} == dict(SAID)


def test_whatever_the_engine_refuses_and_the_rules_forbid_has_words() -> None:
    """A page never shows `no_phone` or an English sentence of the engine's where it has the words for it."""
    core = "".join(path.read_text() for path in (HERE.parent / "core").rglob("*.py"))
    assert set(re.findall(r'Refused\(\s*"(\w+)"', core)) - {*words.REFUSALS} == set()
    forbidden = set(re.findall(r'Forbidden\(\s*"(\w+)"', core))
    assert "do_not_call" in forbidden
    assert forbidden - {*words.REASONS} == set()


@pytest.mark.parametrize("module", sorted((HERE / "static" / "js").rglob("*.js")), ids=lambda path: path.name)
def test_every_page_is_sent_each_text_that_its_modules_ask_for(module: Path) -> None:
    """What the catalogues' own reader finds in a module stands on every page that loads it."""
    read = extract_from_file("javascript", module, keywords=texts._KEYWORDS, options=texts._OPTIONS["**.js"])
    wanted = {found[1] if isinstance(found[1], str) else found[1][0] for found in read}
    pages_of = [name for name in TEMPLATES if module.resolve() in asked._modules(name)]
    assert pages_of, "no page loads it"
    for name in pages_of:
        assert {key for key in wanted if not asked.is_asked(key, name)} == set(), name


def test_a_page_is_sent_the_words_of_its_own_groups_alone() -> None:
    assert asked.is_asked("outcome.busy", "floor.html")
    assert asked.is_asked("refusal.stopped", "floor.html")
    assert asked.is_asked("mode.preview", "floor.html")
    assert not asked.is_asked("admin.hours.how", "floor.html")
    assert not asked.is_asked("desk.hold", "recording.html")
    sizes = {name: sum(asked.is_asked(key, name) for key in CATALOGUES["es"]) for name in TEMPLATES}
    assert sizes["failed.html"] == 0
    assert max(sizes.values()) < len(CATALOGUES["es"]) / 2


def test_the_modules_write_their_groups_out() -> None:
    """word("mode", value), never word(group, value): else a page is not sent the group."""
    for module in (HERE / "static" / "js").rglob("*.js"):
        if module.name != "texts.js":
            assert not re.search(r'\b(?:word|sentence)\((?!\s*")', module.read_text()), module
