"""The demo is only a user: what it takes of the dialer is the client of the API, and words."""

import ast
from pathlib import Path

import pytest

import simulation.demo

FOLDER = Path(simulation.demo.__file__).parent
A_USERS = {"dialer.core.model": {"Mode"}, "dialer.errors": {"DialerError"}, "dialer.web.client": None}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_it_uses_the_command_line_and_the_api_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert not any(name.split(".")[0] == "dialer" for name in names), f"{path}:{node}"
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "dialer":
            assert node.module in A_USERS, f"{path}:{node.lineno} imports {node.module}"
            allowed = A_USERS[node.module]
            assert allowed is None or {alias.name for alias in node.names} <= allowed
