"""What pages say in words: every action of the trail has some, and every note of a rule has each language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.doctor.findings import STATES, Area, Code, State, found
from dialer.doctor.told import told
from dialer.rules.packs import rulebook
from dialer.web.audit_actions import ACTIONS
from dialer.web.settings import LANGUAGES
from dialer.web.texts import CATALOGUES

WEB = Path(__file__).parents[2] / "dialer" / "web"
NOTING = {"note", "note_change", "_asked"}


def actions(tree: ast.AST) -> Iterator[str]:
    """The actions that calls note in the trail, where they are written out."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if called in NOTING and texts:
            yield texts[0]


def test_every_action_that_is_noted_has_its_words() -> None:
    files = [*WEB.glob("*.py"), *(WEB.parent / "cli").glob("*.py")]
    noted = {one for path in files for one in actions(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(noted) > 50
    assert noted - set(ACTIONS) == set()


DOCTOR = WEB.parent / "doctor"
SHOWN_AS_IT_IS = {"webhook"}  # a place in an address, which whoever reads it fills in


def figures_of_findings() -> dict[str, set[str]]:
    """By code of the doctor's: the figures that it is found with, as the calls of `found` are written.

    A code that is worked out may be any of those that stand in the function, or in the one that works it out.
    """
    known: dict[str, set[str]] = {}
    for path in DOCTOR.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
        named = {one.name: {*codes(one)} for one in functions}
        for function in functions:
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "found" and len(call.args) > 1:
                    worked_out = call.args[1]
                    meant = {*codes(worked_out)}
                    if isinstance(worked_out, ast.Name):
                        meant = named[function.name]
                    elif isinstance(worked_out, ast.Call):
                        meant = named[getattr(worked_out.func, "id", "")]
                    for code in meant:
                        known.setdefault(code, set()).update(one.arg or "" for one in call.keywords)
    return known


def codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Code":
            yield Code[node.attr].value


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_the_doctor_finds_has_words_and_figures_for_their_blanks(language: str) -> None:
    figures = figures_of_findings()
    assert figures.keys() == {*Code}
    for code in Code:
        texts = [CATALOGUES[language][f"doctor.{code}"]]
        texts += [CATALOGUES[language][f"mend.{code}"]] if STATES[code] is not State.OK else []
        for text in texts:
            assert {*re.findall(r"\{(\w+)\}", str(text))} - SHOWN_AS_IT_IS <= figures[code], code


def test_words_are_filled_in_once_whatever_the_figures_hold() -> None:
    one = found(
        Area.CAMPAIGN, Code.CAMPAIGN_TRUNK_UNKNOWN, "{known}", names="{first}", first="{known}", known="carrier"
    )
    shown = told(one, "es")
    assert (shown.title, shown.found) == ("campaña {known}", "su troncal {first} no está en la configuración")
    assert shown.mend == "agregue [[trunk]] name = {known}, o dele otra a la campaña: carrier"


def test_every_note_of_a_built_in_rule_is_told_in_each_language() -> None:
    book = rulebook(built_in=True, folder=None, now=1_795_449_600.0)
    rules = [rule for rule in book.rules if rule.note]
    assert rules
    assert [rule.name for rule in rules if {language for language, _ in rule.notes} != {"es", "pt"}] == []
