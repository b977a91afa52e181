"""Clients: those for whom is dialled, each with its own campaigns, users, reports and files."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from dialer.core.ids import ClientId
from dialer.core.screen_pop import ScreenPop
from dialer.store import Client
from dialer.web.access import Caller, TheConsole
from dialer.web.audit import note_change
from dialer.web.bodies import Body, Id, Named, ScreenPopGiven
from dialer.web.console import Console
from dialer.web.matching import check_match, mark
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(prefix="/clients", tags=["clients"], responses=responses(401, 403, 404))


class ClientGiven(Body):
    """A client's name."""

    name: Named


class ClientChange(Body):
    """A client's settings; what is left out stays. `screen_pop` holds in those of its campaigns that have none."""

    name: Named = ""
    screen_pop: ScreenPopGiven = ScreenPopGiven()


class ClientShown(BaseModel):
    """A client with how many campaigns and users are its own."""

    id: int
    name: str
    screen_pop: dict[str, Any]
    campaigns: int
    users: int


async def _clients(console: Console, session: Session) -> list[ClientShown]:
    campaigns = await console.campaigns(session)
    users = await console.store.users.list()
    mine = {one.client for one in campaigns} if session.campaigns is not None else None
    return [
        ClientShown(
            id=one.id,
            name=one.name,
            screen_pop=asdict(one.screen_pop),
            campaigns=sum(campaign.client == one.id for campaign in campaigns),
            users=sum(user.client == one.id for user in users),
        )
        for one in await console.store.clients.list()
        if session.client in (None, one.id) and (mine is None or one.id in mine)
    ]


async def _client(console: Console, session: Session, client: int) -> ClientShown:
    for one in await _clients(console, session):
        if one.id == client:
            return one
    raise ProblemError("not_found", "there is no such client")


@router.get("", operation_id="listClients")
async def list_clients(session: Caller, console: TheConsole) -> list[ClientShown]:
    """The clients that one may see, by name."""
    return await _clients(console, session)


@router.post("", status_code=201, operation_id="addClient", responses=responses(409))
async def add_client(body: ClientGiven, session: Caller, console: TheConsole) -> ClientShown:
    """A new client."""
    if session.limited:
        raise ProblemError("forbidden", "you see your own client alone")
    made = await console.store.clients.add(body.name)
    shown = ClientShown(id=made.id, name=made.name, screen_pop=asdict(made.screen_pop), campaigns=0, users=0)
    await note_change(console, session, "client.add", {"client": made.id}, before=None, after=shown)
    return shown


@router.get("/{client}", operation_id="getClient")
async def get_client(client: Id, session: Caller, console: TheConsole, response: Response) -> ClientShown:
    """One client."""
    shown = await _client(console, session, client)
    mark(response, shown)
    return shown


@router.patch("/{client}", operation_id="changeClient", responses=responses(409, 412))
async def change_client(
    client: Id, body: ClientChange, session: Caller, console: TheConsole, request: Request
) -> ClientShown:
    """Another name for a client, or another page for its leads."""
    async with console.house:
        before = await _client(console, session, client)
        check_match(request, before)
        given = body.model_dump(exclude_unset=True)
        pop = ScreenPop(**(before.screen_pop | given.get("screen_pop", {})))
        wanted = Client(id=ClientId(client), name=given.get("name") or before.name, screen_pop=pop)
        await console.store.clients.change(wanted)
    after = before.model_copy(update={"name": wanted.name, "screen_pop": asdict(pop)})
    await note_change(console, session, "client.change", {"client": client}, before=before, after=after)
    return after
