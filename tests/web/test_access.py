"""Every route with every role, and with none: who may do what stands in one table."""

import re

import httpx
import pytest

from dialer.web.access import COOKIE
from tests.web.world import PASSWORD, PIN, World

RUNNERS = frozenset({"administrator", "supervisor"})
EVERYBODY = RUNNERS | {"analyst", "client", "agent"}
OPEN = frozenset({"signIn", "health", "readiness"})
ALLOWED: dict[str, frozenset[str]] = {
    "whoAmI": EVERYBODY,
    "signOut": EVERYBODY,
    "floor": RUNNERS,
    "stopDialling": RUNNERS,
    "resumeDialling": RUNNERS,
    "listAlarms": RUNNERS,
    "acknowledgeAlarm": RUNNERS,
    "monitor": RUNNERS,
    "endMonitor": RUNNERS,
    "takeOver": RUNNERS,
    "pauseAgent": RUNNERS,
    "readyAgent": RUNNERS,
    "signOutAgent": RUNNERS,
    "moveAgent": RUNNERS,
    "stopCampaign": RUNNERS,
    "sendMessage": RUNNERS,
    "campaignMinutes": RUNNERS,
    "trunkMinutes": RUNNERS,
    "campaignToday": RUNNERS,
    "setPlan": RUNNERS,
    "listForecasts": RUNNERS,
    "listTrials": RUNNERS,
    "listCampaigns": RUNNERS | {"analyst"},
    "getCampaign": RUNNERS | {"analyst"},
    "addCampaign": frozenset({"administrator"}),
    "changeCampaign": frozenset({"administrator"}),
    "startCampaign": RUNNERS,
    "pauseCampaign": RUNNERS,
    "listChanges": RUNNERS | {"analyst"},
    "addChange": RUNNERS,
    "rollBackChange": RUNNERS,
    "listDecisions": RUNNERS | {"analyst"},
    "whyCampaign": RUNNERS,
    "listAgents": RUNNERS,
    "addAgent": frozenset({"administrator"}),
    "listCalls": RUNNERS,
    "getCall": RUNNERS | {"analyst"},
    "getLead": RUNNERS,  # and the agent who has it
    "dialLeadNow": RUNNERS,
    "callingHours": RUNNERS | {"analyst"},
    "tellAccounts": RUNNERS,
    "listRestrictions": RUNNERS,
    "addRestriction": RUNNERS,
    "liftRestriction": RUNNERS,
    "listDoNotCallLists": RUNNERS,
    "defineDoNotCallList": frozenset({"administrator"}),
    "listDoNotCall": RUNNERS,
    "addDoNotCall": RUNNERS,
    "removeDoNotCall": frozenset({"administrator"}),
    "checkDoNotCall": RUNNERS,
    "forecast": RUNNERS,
    "dayReport": RUNNERS,
    "listRecordings": RUNNERS | {"analyst"},
    "recordingAudio": RUNNERS | {"analyst"},
}
DESK = frozenset({"agent"})


async def operations(http: httpx.AsyncClient) -> list[tuple[str, str, str]]:
    """(operation id, method, path) of the whole API, as it describes itself."""
    schema = (await http.get("/api/v1/openapi.json")).json()
    return [
        (operation["operationId"], method.upper(), re.sub(r"{\w+}", "1", path))
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


async def test_nothing_is_open_to_strangers_and_stolen_looking_tokens(world: World) -> None:
    async with world.http() as http:
        for operation, method, path in await operations(http):
            for headers in (
                {},
                {"Authorization": "Bearer nonsense"},
                {"Cookie": f"{COOKIE}=nonsense", "Origin": world.url},
            ):
                answer = await http.request(method, path, headers=headers)
                if operation not in OPEN:
                    assert answer.status_code == 401, (operation, headers, answer.text)
                    assert answer.json()["code"] == "not_signed_in"


@pytest.mark.parametrize("who", sorted(EVERYBODY))
async def test_each_role_reaches_its_own_routes_and_no_other(world: World, who: str) -> None:
    login = {"administrator": "ana", "supervisor": "sofia", "analyst": "quique", "client": "bank", "agent": "agent1"}[
        who
    ]
    async with world.http() as http:
        signed = await http.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        http.cookies.clear()
        http.headers["Authorization"] = f"Bearer {signed.json()['token']}"
        listed = [one for one in await operations(http) if one[0] not in OPEN]
        for operation, method, path in sorted(listed, key=lambda one: one[0] == "signOut"):
            answer = await http.request(method, path)
            allowed = DESK if operation.startswith("desk") else ALLOWED[operation]
            assert (answer.status_code == 403) == (who not in allowed), (operation, answer.status_code, answer.text)
            assert answer.status_code < 500


async def test_an_agent_sees_a_lead_while_it_is_theirs_and_no_other(world: World) -> None:
    mine, other = await world.agent_at_work(1), await world.agent_at_work(2)
    await mine.dial(world.campaign, lead=world.leads[0])
    await world.desk(mine, "talking")
    async with world.http(below="/api/v1") as http:

        async def status(token: str | None, lead: int) -> int:
            return (await http.get(f"/leads/{lead}", headers={"Authorization": f"Bearer {token}"})).status_code

        assert await status(mine.token, world.leads[0]) == 200
        assert await status(mine.token, world.leads[1]) == 403
        assert await status(other.token, world.leads[0]) == 403


async def test_a_cookie_counts_for_requests_of_our_own_pages_alone(world: World) -> None:
    async with world.http() as http:
        await http.post("/api/v1/session", json={"code": "1001", "pin": PIN})
        for headers, status in (
            ({"Origin": world.url}, 200),
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Origin": "https://elsewhere.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({}, 403),
        ):
            answer = await http.post("/api/v1/desk/sign-out", headers=headers)
            refused = answer.status_code == 403 and answer.json()["code"] == "cross_origin"
            assert refused == (status == 403), headers
        assert (await http.get("/api/v1/desk")).status_code == 200


async def test_a_foreign_page_cannot_sign_anybody_in(world: World) -> None:
    async with world.http() as http:
        body = {"code": "1001", "pin": PIN}
        answer = await http.post("/api/v1/session", json=body, headers={"Origin": "https://elsewhere.example"})
        assert answer.json()["code"] == "cross_origin"
