"""A thin client of the API, for robots, for the command line and for other people's programs.

It knows the addresses and the errors; it decides nothing and keeps nothing but the token.
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from dialer.errors import DialerError
from dialer.store.errors import NotFoundError

Json: TypeAlias = dict[str, Any]

_ALIVE = "alive"  # a topic of the live view that says no more than that the link is
_TIMEOUT_S = 10.0
_LOAD_S = 3600.0  # of a large list
_FORECAST_S = 60.0  # it simulates for ten seconds, on a machine that may be busy


class ApiError(DialerError):
    """The server answered with a problem; `code` is stable. Nothing was done."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.status = status
        self.code = code
        self.detail = detail


class ServerUnreachableError(DialerError):
    """No server answers at the address, or the link broke: what was asked may or may not have happened."""


class ServerNotRunningError(ServerUnreachableError):
    """Nothing listens at the address: nothing happened."""


class Client:
    """The API at `base_url` (as http://127.0.0.1:8080), signed by `token` where there is one.

    Every method raises ApiError for a problem and ServerUnreachableError where nobody answers. Answers are the API's
    JSON as it stands in its description.
    """

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self._http = httpx.AsyncClient(
            base_url=f"{self.base_url}/api/v1",
            timeout=_TIMEOUT_S,
            trust_env=False,
            verify=self.base_url.startswith("https:"),  # reading the certificates of the world takes 0.1 s
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> object:
        """Any address of the API, below /api/v1; `content` in the place of a JSON body, for files."""
        given = {name: str(value) for name, value in (query or {}).items() if value is not None}
        try:
            answer = await self._http.request(
                method,
                path,
                json=body,
                content=content,
                params=given,
                headers={**self._headers, **(headers or {})},
                timeout=timeout_s,
            )
        except httpx.ConnectError as error:
            raise ServerNotRunningError(
                f"{self.base_url}: no server answers there; `dialer serve` starts one"
            ) from error
        except httpx.TransportError as error:
            raise ServerUnreachableError(f"{self.base_url}: {type(error).__name__} {error}".rstrip()) from error
        if answer.is_success:
            return answer.json() if answer.content else None
        raise _problem(answer)

    async def _one(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Json:
        answer = await self.request(method, path, body, query)
        assert isinstance(answer, dict)
        return answer

    async def _many(self, path: str, query: Mapping[str, object] | None = None) -> list[Json]:
        answer = await self.request("GET", path, None, query)
        assert isinstance(answer, list)
        return answer

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    # ---------------------------------------------------------------- session

    async def sign_in(self, login: str, password: str) -> Json:
        """Sign in as a user, or an agent with a password; the token is kept for what follows."""
        return await self._opened({"login": login, "password": password})

    async def sign_in_agent(self, code: str, pin: str) -> Json:
        """Sign in as an agent by code and PIN; the token is kept for what follows."""
        return await self._opened({"code": code, "pin": pin})

    async def _opened(self, body: Json) -> Json:
        session = await self._one("POST", "/session", body)
        self.token = session["token"]
        return session

    async def who_am_i(self) -> Json:
        return await self._one("GET", "/session")

    async def sign_out(self) -> None:
        await self.request("DELETE", "/session")
        self.token = None

    # ---------------------------------------------------------------- the agent's desk

    async def desk(self) -> Json:
        return await self._one("GET", "/desk")

    async def desk_campaigns(self) -> list[Json]:
        return await self._many("/desk/campaigns")

    async def desk_lead(self) -> Json:
        return await self._one("GET", "/desk/lead")

    async def desk_find(self, campaign: int, text: str) -> list[Json]:
        return await self._many("/desk/leads", {"campaign": campaign, "text": text})

    async def desk_sign_in(self, endpoint: str | None = None) -> Json:
        return await self._desk("sign-in", {"endpoint": endpoint})

    async def desk_sign_out(self) -> Json:
        return await self._desk("sign-out")

    async def ready(self) -> Json:
        return await self._desk("ready")

    async def pause(self, reason: str = "") -> Json:
        return await self._desk("pause", {"reason": reason})

    async def accept(self, lead: int | None = None) -> Json:
        """`lead`: which one is meant, where another may be shown by then; so is `call` below."""
        return await self._desk("preview/accept", {"lead": lead})

    async def skip(self, lead: int | None = None) -> Json:
        return await self._desk("preview/skip", {"lead": lead})

    async def dial(self, campaign: int, *, number: str | None = None, lead: int | None = None) -> Json:
        return await self._desk("dial", {"campaign": campaign, "number": number, "lead": lead})

    async def hangup(self, call: int | None = None) -> Json:
        return await self._desk("hangup", {"call": call})

    async def hold(self, call: int | None = None) -> Json:
        return await self._desk("hold", {"call": call})

    async def resume(self, call: int | None = None) -> Json:
        return await self._desk("resume", {"call": call})

    async def transfer(self, number: str, call: int | None = None) -> Json:
        return await self._desk("transfer", {"number": number, "call": call})

    async def consult(self, number: str, call: int | None = None) -> Json:
        return await self._desk("consult", {"number": number, "call": call})

    async def consult_complete(self, call: int | None = None) -> Json:
        return await self._desk("consult/complete", {"call": call})

    async def consult_cancel(self, call: int | None = None) -> Json:
        return await self._desk("consult/cancel", {"call": call})

    async def conference(self, call: int | None = None) -> Json:
        return await self._desk("conference", {"call": call})

    async def phone_back(self, endpoint: str | None = None) -> Json:
        return await self._desk("phone/back", {"endpoint": endpoint})

    async def pause_recording(self, paused: bool, call: int | None = None) -> Json:
        return await self._desk("recording", {"paused": paused, "call": call})

    async def extend(self, call: int | None = None) -> Json:
        return await self._desk("wrap-up/extend", {"call": call})

    async def right_party(self, call: int, *, right: bool = True, answer: str = "") -> Json:
        return await self._desk("right-party", {"call": call, "right": right, "answer": answer})

    async def may_dial(self, campaign: int, *, number: str | None = None, lead: int | None = None) -> Json:
        return await self._one("GET", "/desk/may-dial", None, {"campaign": campaign, "number": number, "lead": lead})

    async def day(self, since: float) -> Json:
        """The agent's own figures since then."""
        return await self._one("GET", "/desk/day", None, {"since": since})

    async def keep_draft(self, call: int, body: str, **typed: object) -> None:
        """What is typed of the call: `body` as the caller keeps it; `waits`, `code`, `disposition` as the API says."""
        await self.request("PUT", "/desk/draft", {"call": call, "body": body, **typed})

    async def drafts(self) -> list[Json]:
        return await self._many("/desk/drafts")

    async def dial_lead(self, lead: int) -> Json:
        """Dial the lead before all others of its campaign."""
        return await self._one("POST", f"/leads/{lead}/dial")

    async def disposition(
        self,
        call: int,
        code: str,
        *,
        callback_at: float | None = None,
        callback_local: str | None = None,
        callback_mine: bool = False,
        notes: str = "",
        promise: Json | None = None,
    ) -> Json:
        """What the call was. `callback_local` is as the clock shows it where the person is, 2026-11-27T15:30."""
        body = {"call": call, "code": code, "callback_at": callback_at, "notes": notes, "callback_mine": callback_mine}
        return await self._desk("disposition", body | {"callback_local": callback_local, "promise": promise})

    async def _desk(self, verb: str, body: Json | None = None) -> Json:
        return await self._one("POST", f"/desk/{verb}", body)

    # ---------------------------------------------------------------- the floor, campaigns, what was

    async def floor(self) -> Json:
        return await self._one("GET", "/floor")

    async def stop_dialling(self) -> Json:
        return await self._one("POST", "/dialling/stop")

    async def resume_dialling(self) -> Json:
        return await self._one("POST", "/dialling/resume")

    async def campaigns(self) -> list[Json]:
        return await self._many("/campaigns")

    async def campaign(self, campaign: int) -> Json:
        return await self._one("GET", f"/campaigns/{campaign}")

    async def add_campaign(self, **fields: object) -> Json:
        return await self._one("POST", "/campaigns", fields)

    async def change_campaign(self, campaign: int, **fields: object) -> Json:
        return await self._one("PATCH", f"/campaigns/{campaign}", fields)

    async def start_campaign(self, campaign: int) -> Json:
        return await self._one("POST", f"/campaigns/{campaign}/start")

    async def pause_campaign(self, campaign: int) -> Json:
        return await self._one("POST", f"/campaigns/{campaign}/pause")

    async def changes(self, campaign: int) -> Json:
        """What is in force, and the changes made while it dials."""
        return await self._one("GET", f"/campaigns/{campaign}/changes")

    async def add_change(self, campaign: int, **settings: object) -> Json:
        return await self._one("POST", f"/campaigns/{campaign}/changes", settings)

    async def roll_back(self, campaign: int, number: int) -> Json:
        return await self._one("DELETE", f"/campaigns/{campaign}/changes/{number}")

    async def find_campaign(self, text: str) -> Json:
        """The campaign of that name or number. Raises NotFoundError, which names those there are."""
        campaigns = await self.campaigns()
        for campaign in campaigns:
            if text in {campaign["name"], str(campaign["id"])}:
                return campaign
        known = ", ".join(f"{one['name']!r}" for one in campaigns) or "none yet: `dialer campaign add` adds one"
        raise NotFoundError(f"there is no campaign {text!r}; there are: {known}")

    async def forecast(self, campaign: int, **asked: object) -> Json:
        answer = await self.request("POST", f"/campaigns/{campaign}/forecast", asked, timeout_s=_FORECAST_S)
        assert isinstance(answer, dict)
        return answer

    async def why(self, campaign: int) -> Json:
        return await self._one("GET", f"/campaigns/{campaign}/why")

    async def agents(self) -> list[Json]:
        return await self._many("/agents")

    async def add_agent(self, **fields: object) -> Json:
        return await self._one("POST", "/agents", fields)

    async def change_agent(self, agent: int, **fields: object) -> Json:
        return await self._one("PATCH", f"/agents/{agent}", fields)

    async def calls(self, *, cursor: str | None = None, limit: int = 50, **where: object) -> Json:
        return await self._one("GET", "/calls", None, {"cursor": cursor, "limit": limit, **where})

    async def open_wrap_ups(self) -> list[Json]:
        """Those that ran out and that their agents have yet to finish."""
        return await self._many("/wrap-ups")

    async def recordings(self, *, cursor: str | None = None, limit: int = 50, campaign: int | None = None) -> Json:
        return await self._one("GET", "/recordings", None, {"cursor": cursor, "limit": limit, "campaign": campaign})

    async def day_report(self, *, since: float, until: float, campaign: int | None = None) -> Json:
        return await self._one("GET", "/reports/day", None, {"since": since, "until": until, "campaign": campaign})

    # ---------------------------------------------------------------- administration

    async def clients(self) -> list[Json]:
        return await self._many("/clients")

    async def add_client(self, name: str) -> Json:
        return await self._one("POST", "/clients", {"name": name})

    async def change_client(self, client: int, **fields: object) -> Json:
        return await self._one("PATCH", f"/clients/{client}", fields)

    async def add_user(self, **fields: object) -> Json:
        return await self._one("POST", "/users", fields)

    async def add_token(self, name: str, scopes: Sequence[str], *, days: int = 90) -> Json:
        """An API token in one's own name. It is told this once."""
        return await self._one("POST", "/tokens", {"name": name, "scopes": list(scopes), "days": days})

    async def audit(self, **where: object) -> Json:
        return await self._one("GET", "/audit", None, where)

    async def doctor(self) -> list[Json]:
        return await self._many("/doctor")

    async def leads(self, campaign: int, **where: object) -> Json:
        return await self._one("GET", f"/campaigns/{campaign}/leads", None, where)

    async def change_lead(self, lead: int, **fields: object) -> Json:
        return await self._one("PATCH", f"/leads/{lead}", fields)

    async def change_leads(self, leads: Sequence[Mapping[str, object]]) -> Json:
        """Up to 1,000 changes, made together."""
        return await self._one("POST", "/leads/changes", {"leads": list(leads)})

    async def preview_list(self, campaign: int, file: str, content: bytes, **how: object) -> Json:
        """How the columns of a file would be taken."""
        path = f"/campaigns/{campaign}/preview/imports"
        answer = await self.request("POST", path, None, {"file": file, **how}, content=content)
        assert isinstance(answer, dict)
        return answer

    async def load_list(self, campaign: int, file: str, content: bytes, **how: object) -> Json:
        """Load a list (`dry_run`: count alone). The same file again brings nothing new."""
        path, query = f"/campaigns/{campaign}/imports", {"file": file, **how}
        answer = await self.request("POST", path, None, query, content=content, timeout_s=_LOAD_S)
        assert isinstance(answer, dict)
        return answer

    async def undo_list(self, number: int) -> Json:
        return await self._one("POST", f"/imports/{number}/undo")

    async def webhooks(self) -> list[Json]:
        return await self._many("/webhooks")

    async def add_webhook(self, **fields: object) -> Json:
        return await self._one("POST", "/webhooks", fields)

    async def events(self, *, cursor: str | None = None, kinds: str = "") -> Json:
        """What happened since the cursor, and the cursor to go on with."""
        return await self._one("GET", "/events", None, {"cursor": cursor, "kinds": kinds})

    # ---------------------------------------------------------------- live

    async def live(self, *topics: str) -> AsyncGenerator[tuple[str, Json], None]:
        """(topic, data) of the live view as they come, until the server ends it: then the iteration ends.

        Whoever leaves it before should hold it in contextlib.aclosing.

        Raises ServerUnreachableError where it cannot be opened, ApiError where the server will not have us.
        """
        address = f"ws{self.base_url.removeprefix('http')}/api/v1/live?topics={','.join(topics)}"
        try:
            socket = await connect(address, additional_headers=self._headers, proxy=None, max_size=None)
        except InvalidHandshake as error:
            raise ApiError(403, "forbidden", "the live view is not open to us") from error
        except OSError as error:
            raise ServerUnreachableError(f"{address}: {error}") from error
        async with socket:
            try:
                while True:
                    message = json.loads(await socket.recv())
                    if message["topic"] != _ALIVE:
                        yield message["topic"], message["data"]
            except ConnectionClosed:
                return


def _problem(answer: httpx.Response) -> ApiError:
    try:
        problem = answer.json()
    except ValueError:
        return ApiError(answer.status_code, "unexpected", f"{answer.status_code} {answer.reason_phrase}")
    faults = "; ".join(f"{fault['where']}: {fault['what']}" for fault in problem.get("errors", ()))
    told = problem.get("detail") or faults or problem.get("title", "")  # some kinds say no more than what they are
    return ApiError(answer.status_code, problem.get("code", "unexpected"), told)
