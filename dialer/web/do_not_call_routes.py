"""Do-not-call lists. What is added here holds for the very next call. Numbers go in bodies, never in addresses."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator

from dialer.core.ids import CampaignId, ClientId
from dialer.store import DoNotCallList
from dialer.web.access import Administrator, Runner, TheConsole
from dialer.web.bodies import Body, Id, Named, Number, PurposeName
from dialer.web.problems import ProblemError, responses
from dialer.web.views import MaskedNumber, Shown

router = APIRouter(prefix="/do-not-call", tags=["do-not-call"], responses=responses(401, 403, 404))

AT_ONCE_MAX = 10_000
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
    hashing: Annotated[str, Field(pattern="^(|sha256|sha1|md5|sha512)$")] = ""
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
async def lists(_: Runner, console: TheConsole) -> list[ListShown]:
    """Every list with how much is on it."""
    return [ListShown.model_validate(one) for one in await console.store.do_not_call.lists()]


@router.put("/lists/{name}", operation_id="defineDoNotCallList", status_code=204, responses=responses(409))
async def define(name: Named, body: ListGiven, session: Administrator, console: TheConsole) -> None:
    """Say whom a list holds for."""
    given = DoNotCallList(
        name=name,
        campaign=CampaignId(body.campaign) if body.campaign is not None else None,
        client=ClientId(body.client) if body.client is not None else None,
        purposes=tuple(body.purposes),
        hashing=body.hashing,
        salt=body.salt,
    )
    try:
        await console.store.do_not_call.define(given)
    except ValueError as error:
        raise ProblemError("invalid", str(error)) from error
    await console.note(session, "do_not_call.define", list_name=name)


@router.get("/entries", operation_id="listDoNotCall")
async def entries(
    _: Runner,
    console: TheConsole,
    source: Annotated[str | None, Query(alias="list", max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[EntryShown]:
    """Entries of one list, or of all, in the order of numbers."""
    found = await console.store.do_not_call.list(source=source, limit=limit)
    return [EntryShown.model_validate(one) for one in found]


@router.post("/entries", operation_id="addDoNotCall", status_code=201)
async def add(body: EntriesGiven, session: Runner, console: TheConsole) -> Counted:
    """Forbid numbers from the next call on."""
    now, kept = console.now(), console.store.do_not_call
    count = len(body.prefixes)
    if body.prefixes:
        await kept.add_prefixes(body.prefixes, body.list_name, now, expires_at=body.expires_at)
    if body.numbers:
        count += await kept.add(body.numbers, body.list_name, now, expires_at=body.expires_at)
    await console.note(session, "do_not_call.add", list_name=body.list_name, count=count)
    return Counted(count=count)


@router.post("/remove", operation_id="removeDoNotCall")
async def remove(body: EntryTaken, session: Administrator, console: TheConsole) -> Counted:
    """Let a number be called again."""
    count = await console.store.do_not_call.remove(body.number, body.list_name, now=console.now())
    await console.note(session, "do_not_call.remove", list_name=body.list_name, count=count)
    return Counted(count=count)


@router.post("/check", operation_id="checkDoNotCall")
async def check(body: Asked, _: Runner, console: TheConsole) -> Forbidden:
    """Which lists forbid the numbers."""
    now, kept = console.now(), console.store.do_not_call
    found = [list(await kept.lists_of(one, campaign=body.campaign or 0, now=now)) for one in body.numbers]
    return Forbidden(lists=found)
