"""The API's own description, and the page that explains it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dialer.web.app import described
from dialer.web.problems import CATALOGUE
from dialer.web.reference import page
from tests.web.world import World

PAGE = (Path(__file__).parent.parent.parent / "docs" / "api_routes.md").read_text()


@pytest.fixture
async def schema(world: World) -> dict[str, Any]:
    async with world.http() as http:
        described: dict[str, Any] = (await http.get("/api/v1/openapi.json")).json()
        return described


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in schema["paths"].items() for method, one in methods.items()]


async def test_it_is_openapi_3_1_and_all_references_lead_somewhere(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    for name in re.findall(r"#/components/schemas/(\w+)", str(schema)):
        assert name in schema["components"]["schemas"]


async def test_operations_have_names_of_their_own_and_words(schema: dict[str, Any]) -> None:
    names = [one["operationId"] for _, _, one in operations(schema)]
    assert len(set(names)) == len(names)
    for path, method, one in operations(schema):
        assert one.get("summary"), (method, path)
        assert re.fullmatch(r"[a-z][A-Za-z]+", one["operationId"])


async def test_every_signed_route_says_what_it_answers_when_it_refuses(schema: dict[str, Any]) -> None:
    for path, _, one in operations(schema):
        if path.startswith("/api/") and one["operationId"] != "signIn":
            assert "application/problem+json" in one["responses"]["401"]["content"]
            assert one["security"]


def test_the_page_of_routes_is_the_one_written_from_the_description() -> None:
    assert page(described()) == PAGE, "python -m dialer.web.reference > docs/api_routes.md"


async def test_the_description_without_a_server_is_the_servers(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(described())) == schema


async def test_everything_that_is_sent_or_answered_has_an_example(schema: dict[str, Any]) -> None:
    for name, one in schema["components"]["schemas"].items():
        assert one.get("type") != "object" or one["examples"], name


async def test_the_catalogue_of_problems_is_described(schema: dict[str, Any]) -> None:
    assert {code: one["status"] for code, one in schema["x-problems"].items()} == {
        code: kind.status for code, kind in CATALOGUE.items()
    }
