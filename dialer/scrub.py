"""A check outside of the house, asked of every number in the moment before it is dialled. Without a clear yes, no call.

For registers that let nobody have their list, and for a centre's own service. `POST` with {"number", "campaign"} to
the address; the answer {"forbidden": false} lets the call be made, {"forbidden": true, "reason": "..."}
forbids it, and so does any other answer, none in time, or a link that is down.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import httpx
import structlog

from dialer.core.messages import CallReserved
from dialer.errors import StoreError

log = structlog.get_logger()

KEPT_MAX = 200_000  # answers kept; the oldest go first


class Lists(Protocol):
    """The house's own do-not-call lists."""

    async def lists_of(self, number: str, *, campaign: int, now: float) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubSettings:
    """`url` empty = there is no such check."""

    url: str = ""
    timeout_s: float = 2.0
    valid_s: float = 86_400.0  # for how long a yes holds; a no is asked again when the call is tried again
    token_env: str = ""  # the environment's variable that holds a bearer token


class Scrub:
    """Asks, and keeps the answers for a while."""

    def __init__(
        self,
        settings: ScrubSettings,
        now: Callable[[], float],
        *,
        lists: Lists | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`lists` are looked at once more after the answer: numbers may be listed while it is waited for."""
        token = os.environ.get(settings.token_env, "") if settings.token_env else ""
        self._settings = settings
        self._now = now
        self._lists = lists
        self._allowed: dict[str, float] = {}  # until when
        self._client = httpx.AsyncClient(
            timeout=settings.timeout_s,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            trust_env=False,
            transport=transport,
            verify=settings.url.startswith("https:"),
        )

    async def __call__(self, event: CallReserved) -> CallReserved:
        """The reservation with what the check says of its number."""
        lead = event.facts.lead
        if refusal := await self.refusal(lead.number, lead.campaign):
            return replace(event, facts=replace(event.facts, scrub=refusal))
        if self._lists is None:
            return event
        try:
            listed = await self._lists.lists_of(lead.number, campaign=lead.campaign, now=self._now())
        except StoreError as error:
            log.warning("the do-not-call lists cannot be read", error=str(error))
            return replace(event, facts=replace(event.facts, scrub="the do-not-call lists cannot be read"))
        return replace(event, facts=replace(event.facts, do_not_call=listed))

    async def refusal(self, number: str, campaign: int) -> str:
        """Why the number must not be called; empty where it may."""
        until = self._allowed.get(number)
        if until is not None and self._now() < until:
            return ""
        try:
            answer = await self._client.post(self._settings.url, json={"number": number, "campaign": campaign})
            said = answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            log.warning("the outside check failed", error=type(error).__name__)
            return f"the outside check did not answer ({type(error).__name__})"
        if not isinstance(said, dict) or not isinstance(said.get("forbidden"), bool):
            log.warning("the outside check answered something else", status=answer.status_code)
            return f"the outside check gave no clear answer (status {answer.status_code})"
        if said["forbidden"]:
            return f"forbidden by the outside check: {str(said.get('reason', ''))[:80] or 'no reason given'}"
        while len(self._allowed) >= KEPT_MAX:
            del self._allowed[next(iter(self._allowed))]
        self._allowed[number] = self._now() + self._settings.valid_s
        return ""

    async def close(self) -> None:
        await self._client.aclose()
