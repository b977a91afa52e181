"""A supervisor's words to agents: to one, to some, to all of a campaign or the floor; read at the desk."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

from dialer.core.ids import AgentId
from dialer.store.floor_log import Message
from dialer.web.access import Caller, TheAgent, TheConsole
from dialer.web.bodies import Body, Id
from dialer.web.console import Console
from dialer.web.hub import MESSAGE
from dialer.web.problems import ProblemError, responses
from dialer.web.scope import seen_by

router = APIRouter(tags=["floor"], responses=responses(401, 403, 404))

WRITTEN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"  # lines and tabs, and no other control signs: databases refuse them
LATEST_S = 43_200.0  # what is older is not shown at a desk any more


class MessageGiven(Body):
    """To `agents`, else to all agents of `campaign`, else to everybody who is signed in."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=WRITTEN)]
    agents: Annotated[list[Id], Field(max_length=2_000)] | None = None
    campaign: Id | None = None


class MessageShown(BaseModel):
    id: int
    at: float
    by: str
    text: str


class Sent(BaseModel):
    """The message, and how many agents it went to."""

    id: int
    agents: int


def _shown(message: Message) -> MessageShown:
    return MessageShown(id=message.id, at=message.at, by=message.by_whom, text=message.text)


@router.post("/floor/messages", status_code=201, operation_id="sendMessage")
async def send_message(body: MessageGiven, session: Caller, console: TheConsole) -> Sent:
    """Show a message at agents' desks, until each has read it."""
    view = await seen_by(session, console.floor.view(), console.campaigns)
    if body.agents is not None:
        agents = [one.id for one in view.agents if one.id in set(body.agents)]
    else:
        agents = [
            one.id
            for one in view.agents
            if one.state != "signed_out" and (body.campaign is None or body.campaign in one.campaigns)
        ]
    if not agents:
        raise ProblemError("not_found", "nobody of these is on the floor")
    kept = await console.store.floor_log.add_message(console.now(), session.name, body.text, agents)
    for agent in agents:
        await _tell(console, agent)
    await console.note(session, "message.send", message=kept.id, agents=len(agents))
    return Sent(id=kept.id, agents=len(agents))


@router.get("/desk/messages", operation_id="deskMessages")
async def desk_messages(agent: TheAgent, console: TheConsole) -> list[MessageShown]:
    """What the agent has not read yet, oldest first. The live topic `desk` brings the same as `message`."""
    return [_shown(one) for one in await console.store.floor_log.unread(agent, since=console.now() - LATEST_S)]


@router.post("/desk/messages/{message}/read", operation_id="deskMessageRead")
async def desk_message_read(message: Id, agent: TheAgent, console: TheConsole) -> list[MessageShown]:
    """The agent has read it."""
    await console.store.floor_log.read(message, agent, console.now())
    return await desk_messages(agent, console)


async def _tell(console: Console, agent: AgentId) -> None:
    unread = await desk_messages(agent, console)
    shown = TypeAdapter(list[MessageShown]).dump_json(unread).decode()
    console.hub.tell_desks([agent], f'{{"topic":"{MESSAGE}","data":{shown}}}')
