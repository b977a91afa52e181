"""What pages say in words: every action of the trail has some, and every note of a rule has each language."""

import ast
from collections.abc import Iterator
from pathlib import Path

from dialer.rules.packs import rulebook
from dialer.web.audit_actions import ACTIONS

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
    noted = {one for path in WEB.glob("*.py") for one in actions(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(noted) > 50
    assert noted - set(ACTIONS) == set()


def test_every_note_of_a_built_in_rule_is_told_in_each_language() -> None:
    book = rulebook(built_in=True, folder=None, now=1_795_449_600.0)
    rules = [rule for rule in book.rules if rule.note]
    assert rules
    assert [rule.name for rule in rules if {language for language, _ in rule.notes} != {"es", "pt"}] == []
