"""The page of all routes, from the API's own description: `python -m dialer.web.reference > docs/api_routes.md`."""

import sys
from collections.abc import Iterator
from typing import Any

from dialer.web.app import described
from dialer.web.permissions import ROLES, Permission, needed
from dialer.web.problems import CATALOGUE

HEAD = """\
# Routes and problems of the API

Written by `python -m dialer.web.reference`; a test holds it against the server's own description. What holds everywhere
stands in [api.md](api.md). A token's scopes are the words of the second column.
"""


def page(schema: dict[str, Any]) -> str:
    """Every route with what it needs and who has that, and every problem."""
    return "\n".join([HEAD, *_routes(schema), "", *_roles(), "", *_problems(), ""])


def _routes(schema: dict[str, Any]) -> Iterator[str]:
    yield "## Routes\n\n| route | needs | what |\n|---|---|---|"
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            need = needed(operation["operationId"])
            said = operation.get("description") or operation["summary"]
            what = said.split("\n\n")[0].replace("\n", " ").rstrip(".")
            yield f"| `{method.upper()} {path.removeprefix('/api/v1')}` | {need or 'administrators'} | {what} |"


def _roles() -> Iterator[str]:
    yield "## Roles\n\n| permission | roles that have it |\n|---|---|"
    for permission in Permission:
        if permission not in {Permission.OPEN, Permission.SIGNED_IN}:
            roles = ", ".join(role for role, held in ROLES.items() if permission in held)
            yield f"| {permission} | {roles} |"


def _problems() -> Iterator[str]:
    yield "## Problems\n\n| code | status | meaning |\n|---|---|---|"
    for code, kind in CATALOGUE.items():
        yield f"| `{code}` | {kind.status} | {kind.meaning or kind.title} |"


if __name__ == "__main__":
    sys.stdout.write(page(described()))
