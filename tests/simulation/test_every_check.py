"""No law is watched by a checker that nobody has seen to fail."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.core.engine import Engine
from dialer.core.messages import ClockDoubted, Command, Event
from simulation.world.checks import Checks, Violation
from simulation.world.world import World
from tests.simulation.test_checks import CASES, SMALL, UNREST, Wrong

WORLD = Path(__file__).parent.parent.parent / "simulation" / "world"
SEEN_ELSEWHERE = {"rest.silent", "clock"}  # each by a test of its own


def names_of_laws() -> Iterator[str]:
    for path in (WORLD / "checks.py", WORLD / "rest.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                called = re.fullmatch(r"[a-z_]+|rest\.[a-z]+", node.value)
                if called and _tells(path, node):
                    yield node.value


def _tells(path: Path, constant: ast.Constant) -> bool:
    """Whether the constant is the name that a checker gives to its law."""
    for node in ast.walk(ast.parse(path.read_text())):
        first: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"hold", "Violation"}:
            first = node.args[0]
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            first = node.value.elts[0]
        if isinstance(first, ast.Constant) and (first.lineno, first.value) == (constant.lineno, constant.value):
            return True
    return False


def test_every_checker_has_been_seen_to_fail() -> None:
    seen = {check for check, *_ in CASES.values()} | {check for check, _ in UNREST.values()} | SEEN_ELSEWHERE
    assert set(names_of_laws()) == seen


class DeafToDoubt(Wrong):
    """An engine that trusts a clock that was set back."""

    def hear(self, event: Event) -> Event | None:
        return None if isinstance(event, ClockDoubted) else event

    def wish(self, event: Event, commands: list[Command]) -> list[Command]:
        return commands


def set_back(engine: type[Engine]) -> None:
    world = World(engine, SMALL, seed=3)
    Checks(world)
    world.begin()
    world.after(60.0, lambda: world.set_clock_back(120.0))
    world.run(SMALL.hours * 3600.0)


def test_who_dials_by_a_clock_in_doubt_is_caught_and_the_real_engine_does_not() -> None:
    with pytest.raises(Violation) as caught:
        set_back(DeafToDoubt)
    assert caught.value.check == "clock"
    set_back(Engine)
