"""Every word on a page comes from the catalogues, in each language."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from dialer.core.agents import AgentState
from dialer.core.calls import CallState
from dialer.core.model import CampaignStatus, Mode
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Kept
from dialer.core.trunks import Health
from dialer.store import RecordingState
from dialer.web.pages import HERE
from dialer.web.texts import CATALOGUES, choose_locale

ENGLISH = CATALOGUES["en"]
TEMPLATES = {path.name: path.read_text() for path in (HERE / "templates").glob("*.html")}
MODULES = {path.name: path.read_text() for path in (HERE / "static" / "js").glob("*.js")}
GROUPS: dict[str, type[StrEnum]] = {
    "mode": Mode,
    "status": CampaignStatus,
    "state": AgentState,
    "call": CallState,
    "outcome": Outcome,
    "trunk": Health,
    "recording": RecordingState,
    "kept": Kept,
}


def used() -> set[str]:
    """Every key that a page or a module names."""
    sources = [*TEMPLATES.values(), *MODULES.values(), (HERE / "pages.py").read_text()]
    return {key for source in sources for key in re.findall(r"[\"'`]([a-z_]+(?:\.[a-z_]+)*)[\"'`]", source)}


@pytest.mark.parametrize("locale", sorted(CATALOGUES))
def test_each_language_says_all_and_with_the_same_blanks(locale: str) -> None:
    texts = CATALOGUES[locale]
    assert texts.keys() == ENGLISH.keys()
    for key, text in texts.items():
        assert text.strip() == text != ""
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", ENGLISH[key])), key


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_every_state_and_outcome_has_a_word(group: str) -> None:
    assert {f"{group}.{one}" for one in GROUPS[group]} <= ENGLISH.keys()


def test_keys_are_all_known_and_all_used() -> None:
    words = {f"{group}.{one}" for group, kind in GROUPS.items() for one in kind}
    reasons = {key for key in ENGLISH if key.startswith("break.")}
    asked = set(re.findall(r"\bt\([\"']([^\"']+)[\"']\s*[,)]", "".join([*TEMPLATES.values(), *MODULES.values()])))
    assert asked - {"break."} <= ENGLISH.keys()
    assert ENGLISH.keys() - words - reasons <= used()


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_no_template_holds_words_of_its_own(name: str) -> None:
    text = re.sub(r"(?s)\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|<!--.*?-->", " ", TEMPLATES[name])
    assert set(text.split()) <= {"Cadencia", "·", "▶", "Ctrl", "⏎", "centred"}  # the last is a class


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_no_template_holds_scripts_or_styles_of_its_own(name: str) -> None:
    scripts = re.findall(r"<script[^>]*>", TEMPLATES[name])
    assert all('src="/static/' in script or 'type="application/json"' in script for script in scripts)
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", TEMPLATES[name])


@pytest.mark.parametrize(
    ("accepted", "fixed", "locale"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "", "es"),
        ("pt-BR", "", "pt"),
        ("fr;q=0.9, pt;q=0.2, en;q=0.5", "", "en"),
        ("fr", "", "en"),
        ("", "", "en"),
        ("es;q=0, pt;q=0.1", "", "pt"),
        ("es;q=nonsense", "", "en"),
        ("en", "pt", "pt"),
        ("," * 1000 + "es", "", "en"),
    ],
)
def test_the_language_is_the_fixed_one_or_the_one_liked_best(accepted: str, fixed: str, locale: str) -> None:
    assert choose_locale(accepted, fixed) == locale


def test_the_first_page_is_light() -> None:
    weight = sum(path.stat().st_size for path in Path(HERE / "static").rglob("*") if path.is_file())
    assert weight < 150_000
