"""Schemathesis on the whole API: what fits the description is answered as the description says, and never by a 5xx."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.world import ADMIN_TOKEN, World

pytestmark = pytest.mark.timeout(300)
EXAMPLES = 4  # of each operation: some 90 s in all; more by hand
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SETTINGS = settings(
    max_examples=EXAMPLES,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


async def test_no_answer_is_a_5xx_or_undocumented(world: World) -> None:
    agent = await world.agent_at_work()
    async with world.http() as http:
        described = (await http.get("/api/v1/openapi.json")).json()
    wrong = await asyncio.to_thread(tried, described, world.url, agent.token or "")
    assert not wrong, "\n".join(wrong)


def tried(described: dict[str, Any], url: str, agent: str) -> list[str]:
    """Every operation with generated requests; what went wrong, one line each."""
    wrong: list[str] = []
    schema = schemathesis.openapi.from_dict(described)
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # a fault of the description raises here
        name = operation.definition.raw["operationId"]
        if name == "signOut":  # it would end the sessions of the others
            continue

        @seed(1)
        @SETTINGS
        @given(case=operation.as_strategy())
        def one(case: Any) -> None:
            token = agent if name.startswith("desk") else ADMIN_TOKEN  # noqa: B023 - called within the turn
            answer = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=20)
            case.validate_response(answer, checks=CHECKS)

        try:
            one()
        except (Exception, FailureGroup) as error:  # noqa: BLE001 - every kind of complaint is one line
            wrong.append(f"{name}: {error}"[:600])
    return wrong
