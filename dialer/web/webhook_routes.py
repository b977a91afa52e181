"""Webhooks: who is told of what, and what could not be told."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from dialer.core.ids import ClientId
from dialer.store.webhooks import Delivery, DeliveryState, Webhook
from dialer.telling.happenings import KINDS
from dialer.telling.outward import OutwardError, check_url
from dialer.web.access import Caller, TheConsole
from dialer.web.audit import note_change
from dialer.web.bodies import Body, Id, Named
from dialer.web.console import Console
from dialer.web.cursors import cursor_of, cursor_text
from dialer.web.matching import check_match, mark
from dialer.web.permissions import Permission
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(prefix="/webhooks", tags=["webhooks"], responses=responses(401, 403, 404))

Url = Annotated[str, Field(min_length=1, max_length=500, examples=["https://crm.example/cadencia"])]
Kind = Annotated[str, Field(max_length=40, examples=["call.ended"])]


class WebhookChange(Body):
    """Whom to tell, of what; what is left out stays. `kinds` empty: of everything; `client`: of this client's alone."""

    name: Named = ""
    url: Url = ""
    kinds: Annotated[list[Kind], Field(max_length=len(KINDS), default_factory=list)]
    client: Id | None = None
    active: bool = True

    @model_validator(mode="after")
    def _known(self) -> "WebhookChange":
        wrong = sorted(set(self.kinds) - KINDS.keys())
        if wrong:
            raise ValueError(f"no such kind; there are: {', '.join(KINDS)}")
        if "url" in self.model_fields_set:
            try:
                check_url(self.url)
            except OutwardError as error:
                raise ValueError(str(error)) from error
        return self


class WebhookGiven(WebhookChange):
    """A new webhook."""

    name: Named
    url: Url


class WebhookShown(BaseModel):
    """A webhook, how many things wait to be told, and how many were given up."""

    id: int
    name: str
    url: str
    kinds: list[str]
    client: int | None
    active: bool
    waiting: int
    dead: int


class WebhookMade(WebhookShown):
    """A new webhook. The secret that signs what is sent is told this once."""

    secret: str = Field(examples=["whs_4Tq…"])


class DeadShown(BaseModel):
    """What was given up after a day of tries."""

    id: int
    kind: str
    subject: str
    at: float
    attempts: int
    error: str


class DeadPage(BaseModel):
    """Oldest first. `next` is the cursor of the page after this; null = there is none."""

    items: list[DeadShown]
    next: str | None


class Revived(BaseModel):
    """How many are told once more."""

    count: int


class Forgotten(BaseModel):
    """How many are told no more."""

    count: int


async def _shown(console: Console, hook: Webhook) -> WebhookShown:
    counts = (await console.store.webhooks.counts()).get(hook.id, {})
    return WebhookShown(
        id=hook.id,
        name=hook.name,
        url=hook.url,
        kinds=hook.kinds.split(),
        client=hook.client,
        active=hook.active,
        waiting=counts.get(DeliveryState.WAITING, 0),
        dead=counts.get(DeliveryState.DEAD, 0),
    )


async def _hook(console: Console, session: Session, webhook: int) -> Webhook:
    found = await console.store.webhooks.get(webhook)
    if found is None or session.campaigns is not None or session.client not in (None, found.client):
        raise ProblemError("not_found", "there is no such webhook")
    return found


async def _check_client(console: Console, session: Session, client: int | None) -> None:
    if session.campaigns is not None or (session.client is not None and client != session.client):
        raise ProblemError("forbidden", "a webhook tells of your own client alone")
    if client is not None and all(one.id != client for one in await console.store.clients.list()):
        raise ProblemError("not_found", "there is no such client")


def _check_numbers(session: Session) -> None:
    """Who sees numbers masked does not have them sent elsewhere."""
    if not session.may(Permission.NUMBERS_READ):
        raise ProblemError("forbidden", "a webhook tells whole numbers: this needs numbers.read as well")


@router.get("", operation_id="listWebhooks")
async def list_webhooks(session: Caller, console: TheConsole) -> list[WebhookShown]:
    """Everybody who is told."""
    if session.campaigns is not None:
        return []
    hooks = await console.store.webhooks.list()
    return [await _shown(console, one) for one in hooks if session.client in (None, one.client)]


@router.post("", status_code=201, operation_id="addWebhook", responses=responses(409))
async def add_webhook(body: WebhookGiven, session: Caller, console: TheConsole) -> WebhookMade:
    """Tell an address of what happens from now on, in the order of each call, signed, for a day if need be."""
    _check_numbers(session)
    await _check_client(console, session, body.client)
    made = await console.store.webhooks.save(
        Webhook(
            name=body.name,
            url=body.url,
            secret="whs_" + secrets.token_urlsafe(32),
            kinds=" ".join(sorted(set(body.kinds))),
            client=ClientId(body.client) if body.client is not None else None,
            active=body.active,
            created_at=console.now(),
        )
    )
    shown = await _shown(console, made)
    await note_change(console, session, "webhook.add", {"webhook": made.id}, before=None, after=_told(_settings(shown)))
    return WebhookMade(**shown.model_dump(), secret=made.secret)


def _settings(shown: WebhookShown) -> WebhookShown:
    """What of a webhook its mark is of: how much waits is no change of it."""
    return shown.model_copy(update={"waiting": 0, "dead": 0})


@router.get("/{webhook}", operation_id="getWebhook")
async def get_webhook(webhook: Id, session: Caller, console: TheConsole, response: Response) -> WebhookShown:
    """One webhook."""
    shown = await _shown(console, await _hook(console, session, webhook))
    mark(response, _settings(shown))
    return shown


@router.patch("/{webhook}", operation_id="changeWebhook", responses=responses(409, 412))
async def change_webhook(
    webhook: Id, body: WebhookChange, session: Caller, console: TheConsole, request: Request
) -> WebhookShown:
    """Change a webhook. What waits is told to the new address."""
    given = body.model_fields_set
    _check_numbers(session)
    if "client" in given:
        await _check_client(console, session, body.client)
    values: dict[str, object] = {name: getattr(body, name) for name in given - {"kinds"}}
    if "kinds" in given:
        values["kinds"] = " ".join(sorted(set(body.kinds)))
    async with console.house:
        found = await _hook(console, session, webhook)
        before = _settings(await _shown(console, found))
        check_match(request, before)
        made = await console.store.webhooks.save(_replaced(found, values))
    after = await _shown(console, made)
    which: dict[str, object] = {"webhook": webhook}
    await note_change(console, session, "webhook.change", which, before=_told(before), after=_told(_settings(after)))
    return after


def _told(shown: WebhookShown) -> WebhookShown:
    """What the trail tells of a webhook: of its address the place alone, for what follows may be a secret."""
    parts = urlsplit(shown.url)
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return shown.model_copy(update={"url": f"{place}?..." if parts.query else place})


def _replaced(hook: Webhook, values: dict[str, object]) -> Webhook:
    return Webhook(**{name: values.get(name, getattr(hook, name)) for name in hook.__dataclass_fields__})  # type: ignore[arg-type]  # the body has the same fields


@router.delete("/{webhook}", status_code=204, operation_id="removeWebhook")
async def remove_webhook(webhook: Id, session: Caller, console: TheConsole) -> None:
    """Tell it nothing more, not even what waits."""
    found = await _hook(console, session, webhook)
    await console.store.webhooks.remove(found.id)
    await console.note(session, "webhook.remove", webhook=webhook, name=found.name)


def _dead(one: Delivery) -> DeadShown:
    return DeadShown(id=one.id, kind=one.kind, subject=one.subject, at=one.at, attempts=one.attempts, error=one.error)


@router.get("/{webhook}/dead", operation_id="listDeadDeliveries")
async def list_dead(
    webhook: Id,
    session: Caller,
    console: TheConsole,
    *,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DeadPage:
    """What was given up after a day of tries; it stays for 30 days, to be told by hand."""
    found, after = await _hook(console, session, webhook), cursor_of(cursor)
    rows = await console.store.webhooks.dead(found.id, after=after[1] if after is not None else 0, limit=limit + 1)
    more = (0.0, rows[limit - 1].id) if len(rows) > limit else None
    return DeadPage(items=[_dead(one) for one in rows[:limit]], next=cursor_text(more))


@router.post("/{webhook}/dead/retry", operation_id="retryDeadDeliveries", responses=responses(409))
async def retry_dead(webhook: Id, session: Caller, console: TheConsole) -> Revived:
    """Tell once more what was given up: the receiver is well again."""
    found = await _hook(console, session, webhook)
    count = await console.store.webhooks.revive(found.id, console.now())
    await console.note(session, "webhook.retry", webhook=webhook, count=count)
    return Revived(count=count)


@router.delete("/{webhook}/dead", operation_id="letGoDeadDeliveries", responses=responses(409))
async def let_go_dead(webhook: Id, session: Caller, console: TheConsole) -> Forgotten:
    """Forget what was given up: the receiver needs it no more."""
    found = await _hook(console, session, webhook)
    count = await console.store.webhooks.let_go(found.id)
    await console.note(session, "webhook.let_go", webhook=webhook, count=count)
    return Forgotten(count=count)
