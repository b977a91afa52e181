"""Do-not-call lists. What is added here holds for the very next call. Numbers go in bodies, never in addresses."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator

from asterisk_config.scripts.opt_out_words import asks_to_stop
from dialer.core.ids import CampaignId, ClientId
from dialer.core.messages import AddDoNotCall
from dialer.core.opting_out import forbidding_number
from dialer.store import DoNotCallList
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Body, Id, Named, Number, PurposeName
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session
from dialer.web.views import MaskedNumber, Shown

router = APIRouter(prefix="/do-not-call", tags=["do-not-call"], responses=responses(401, 403, 404))

AT_ONCE_MAX = 10_000
WRITTEN = "opt_out"  # the list of those who asked by key or word themselves
Prefix = Annotated[str, Field(pattern=r"^\+[0-9]{1,14}$", examples=["+5255"])]
At = Annotated[float, Field(gt=0, lt=1e11)]


class ListShown(Shown):
    """A list. null and empty = no limit: it holds for everybody."""

    name: str
    campaign: int | None
    client: int | None
    purposes: list[str]
    hashing: str
    loaded_at: float | None
    numbers: int
    prefixes: int


class ListGiven(Body):
    """Whom the list holds for, and how its numbers are hashed."""

    campaign: Id | None = None
    client: Id | None = None
    purposes: Annotated[list[PurposeName], Field(max_length=4, default_factory=list)]
    hashing: Annotated[
        str,
        Field(
            pattern="^(|(sha256|sha1|md5|sha512)(:digits|:national)?)$",
            description="The function, and how the number was written: alone as +525512345678, `:digits` as "
            "525512345678, `:national` as 5512345678.",
        ),
    ] = ""
    salt: Annotated[str, Field(max_length=200)] = ""


class EntriesGiven(Body):
    """Numbers and beginnings of numbers to forbid, until `expires_at` (null = for good)."""

    list_name: Named = "house"
    numbers: Annotated[list[Number], Field(max_length=AT_ONCE_MAX, default_factory=list)]
    prefixes: Annotated[list[Prefix], Field(max_length=1000, default_factory=list)]
    expires_at: At | None = None

    @model_validator(mode="after")
    def _something(self) -> "EntriesGiven":
        if not self.numbers and not self.prefixes:
            raise ValueError("give numbers or prefixes")
        return self


class EntryTaken(Body):
    """A number, or a beginning, to let be called again: from one list, or from all (null)."""

    number: Annotated[str, Field(pattern=r"^\+[0-9]{1,15}$")]
    list_name: Named | None = None


class Asked(Body):
    """Numbers to be looked up, for one campaign or for everybody (null)."""

    numbers: Annotated[list[Number], Field(min_length=1, max_length=AT_ONCE_MAX)]
    campaign: Id | None = None


class MessageGiven(Body):
    """What somebody wrote, as a gateway of text messages hands it on: the sender's number and the text.

    The campaign says for whom the number is then forbidden, as for a key; null: for everybody.
    """

    number: Number
    text: Annotated[str, Field(max_length=5000, examples=["STOP", "BAJA", "SAIR", "No me llamen más"])]
    campaign: Id | None = None


class MessageRead(BaseModel):
    """Whether the text asks not to be called, and the list on which the number now is."""

    opted_out: bool
    list_name: str | None


class Counted(BaseModel):
    """How many entries were new, or were taken off."""

    count: int


class Forbidden(BaseModel):
    """The lists that forbid each number, by its place in what was asked."""

    lists: list[list[str]]


class EntryShown(Shown):
    """One entry; the number is hidden but for its end."""

    number: MaskedNumber
    source: str
    added_at: float
    expires_at: float | None


@router.get("/lists", operation_id="listDoNotCallLists")
async def lists(session: Caller, console: TheConsole) -> list[ListShown]:
    """Every list with how much is on it; for who sees some campaigns alone, those of them."""
    return [ListShown.model_validate(one) for one in await _lists(console, session)]


async def _lists(console: Console, session: Session) -> list[DoNotCallList]:
    """The lists that the person may see: all, or those that hold for campaigns or a client of the person's alone."""
    known = await console.store.do_not_call.lists()
    if not session.limited:
        return list(known)
    mine = {one.id: one.client for one in await console.campaigns(session)}
    whole = {session.client} if session.campaigns is None else set()
    return [one for one in known if one.campaign in mine or (one.client is not None and one.client in whole)]


async def _check_list(console: Console, session: Session, name: str | None) -> None:
    """Raises ProblemError where a list is named, or all are meant, that are not this person's."""
    if session.limited and name not in {one.name for one in await _lists(console, session)}:
        raise ProblemError("not_found", "there is no such list")


@router.put("/lists/{name}", operation_id="defineDoNotCallList", status_code=204, responses=responses(409))
async def define(name: Named, body: ListGiven, session: Caller, console: TheConsole) -> None:
    """Say whom a list holds for."""
    if session.limited and body.campaign is None and body.client is None:
        raise ProblemError("forbidden", "name the campaign or the client that the list holds for")
    if body.campaign is not None:
        await console.campaign(body.campaign, session)
    if body.client is not None and session.limited and (body.client != session.client or session.campaigns is not None):
        raise ProblemError("not_found", "there is no such client")
    known = {one.name for one in await console.store.do_not_call.lists()}
    if name in known:
        await _check_list(console, session, name)
    given = DoNotCallList(
        name=name,
        campaign=CampaignId(body.campaign) if body.campaign is not None else None,
        client=ClientId(body.client) if body.client is not None else None,
        purposes=tuple(body.purposes),
        hashing=body.hashing,
        salt=body.salt,
    )
    try:
        await console.store.do_not_call.define(given, console.now())
    except ValueError as error:
        raise ProblemError("invalid", str(error)) from error
    await console.note(session, "do_not_call.define", list_name=name)


@router.get("/entries", operation_id="listDoNotCall")
async def entries(
    session: Caller,
    console: TheConsole,
    source: Annotated[str | None, Query(alias="list", max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[EntryShown]:
    """Entries of one list, or of all, in the order of numbers."""
    await _check_list(console, session, source)
    found = await console.store.do_not_call.list(source=source, limit=limit)
    return [EntryShown.model_validate(one) for one in found]


@router.post("/entries", operation_id="addDoNotCall", status_code=201)
async def add(body: EntriesGiven, session: Caller, console: TheConsole) -> Counted:
    """Forbid numbers from the next call on."""
    await _check_list(console, session, body.list_name)
    now, kept = console.now(), console.store.do_not_call
    count = len(body.prefixes)
    if body.prefixes:
        await kept.add_prefixes(body.prefixes, body.list_name, now, expires_at=body.expires_at)
    if body.numbers:
        count += await kept.add(body.numbers, body.list_name, now, expires_at=body.expires_at)
    await console.note(session, "do_not_call.add", list_name=body.list_name, count=count)
    return Counted(count=count)


@router.post("/messages", operation_id="readMessage")
async def read_message(body: MessageGiven, session: Caller, console: TheConsole) -> MessageRead:
    """Forbid the sender's number from the next call on where the text asks for that; the text is not kept."""
    campaign = await console.campaign(body.campaign, session) if body.campaign is not None else None
    if campaign is None and session.limited:
        raise ProblemError("invalid", "campaign: name one of yours")
    if not asks_to_stop(body.text):
        return MessageRead(opted_out=False, list_name=None)
    if campaign is None:
        command = AddDoNotCall(body.number, WRITTEN)
    else:
        command = forbidding_number(body.number, campaign, WRITTEN)
    await console.store.do_not_call.forbid(command, console.now())
    await console.note(session, "do_not_call.message", list_name=command.source)
    return MessageRead(opted_out=True, list_name=command.source)


@router.post("/remove", operation_id="removeDoNotCall")
async def remove(body: EntryTaken, session: Caller, console: TheConsole) -> Counted:
    """Let a number be called again."""
    await _check_list(console, session, body.list_name)
    count = await console.store.do_not_call.remove(body.number, body.list_name, now=console.now())
    await console.note(session, "do_not_call.remove", list_name=body.list_name, count=count)
    return Counted(count=count)


@router.post("/check", operation_id="checkDoNotCall")
async def check(body: Asked, session: Caller, console: TheConsole) -> Forbidden:
    """Which lists forbid the numbers."""
    if body.campaign is not None:
        await console.campaign(body.campaign, session)
    elif session.limited:
        raise ProblemError("invalid", "campaign: name one of yours")
    now, kept = console.now(), console.store.do_not_call
    found = [list(await kept.lists_of(one, campaign=body.campaign or 0, now=now)) for one in body.numbers]
    return Forbidden(lists=found)
