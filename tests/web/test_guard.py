"""What holds for every request: headers, host names, sizes, problems."""

from collections.abc import AsyncIterator

import pytest

from dialer.web.guard import BODY_BYTES_MAX
from dialer.web.problems import CATALOGUE
from tests.web.world import ADMIN_TOKEN, World

SIGNED = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


async def test_every_answer_carries_the_security_headers(world: World) -> None:
    async with world.http() as http:
        for path in ("/", "/sign-in", "/static/console.css", "/api/v1/floor", "/nowhere", "/health/live"):
            headers = (await http.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert "unsafe" not in headers["content-security-policy"], path
            assert headers["x-content-type-options"] == "nosniff", path
            assert "server" not in headers, path


async def test_only_our_own_names_are_answered(world: World) -> None:
    async with world.http() as http:
        for host, status in (("127.0.0.1:1", 200), ("localhost", 200), ("rebound.example", 421), ("", 421)):
            assert (await http.get("/health/live", headers={"Host": host})).status_code == status, host


@pytest.mark.parametrize("declared", [True, False])
async def test_an_oversized_body_is_refused(world: World, declared: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 65_536 + 1):
            yield b" " * 65_536

    content = b" " * (BODY_BYTES_MAX + 1) if declared else chunks()
    async with world.http() as http:
        answer = await http.post("/api/v1/session", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


PROBLEMS = [
    ("GET", "/api/v1/nowhere", 404, "not_found"),
    ("PUT", "/api/v1/floor", 405, "method_not_allowed"),
    ("GET", "/api/v1/campaigns/99", 404, "not_found"),
    ("GET", "/api/v1/campaigns/x", 422, "invalid"),
    ("GET", "/api/v1/calls?cursor=nonsense", 422, "invalid"),
    ("GET", "/api/v1/calls?limit=0", 422, "invalid"),
    ("GET", "/api/v1/calls?unknown=1", 422, "invalid"),
    ("GET", "/api/v1/calls/99", 404, "not_found"),
    ("GET", "/api/v1/recordings/99/audio", 404, "not_found"),
    ("GET", f"/api/v1/calls/{1 << 70}", 422, "invalid"),
    ("GET", "/api/v1/reports/day?since=2&until=1", 422, "invalid"),
]


async def test_what_goes_wrong_is_a_problem_with_a_code(world: World) -> None:
    async with world.http(**SIGNED) as http:
        for method, path, status, code in PROBLEMS:
            answer = await http.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (status, code), path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == f"urn:cadencia:problem:{code}"
            assert code in CATALOGUE


async def test_a_problem_never_repeats_what_was_sent(world: World) -> None:
    secret = "a secret that was put into the wrong place"
    async with world.http() as http:
        answer = await http.post("/api/v1/session", json={"login": {"password": secret}, secret: secret})
    assert answer.status_code == 422
    assert {fault["where"] for fault in answer.json()["errors"]} >= {"body.login"}
    assert secret not in answer.text.replace(f"body.{secret}", "")


async def test_a_database_that_does_not_answer_is_told_as_such(world: World) -> None:
    async with world.store._database.writing() as session:
        await session.connection.exec_driver_sql("ALTER TABLE campaigns RENAME TO gone")
    async with world.http(**SIGNED) as http:
        answer = await http.get("/api/v1/campaigns")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_health_and_readiness(world: World) -> None:
    async with world.http() as http:
        assert (await http.get("/health/live")).json() == {"status": "ok"}
        assert (await http.get("/health/ready")).json() == {"ready": True, "database": True, "switch": True}
