"""What an agent says of a call, and what is typed until then: dispositions with what they demand, promises, drafts."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from dialer.core.ids import CallId, CampaignId
from dialer.core.promises import schedule
from dialer.store import WrapUp
from dialer.store.drafts import DRAFT_CHARS_MAX, NOTHING, Draft, Typed
from dialer.web.access import TheAgent, TheConsole
from dialer.web.bodies import PLAIN, Body, Id
from dialer.web.desk_routes import desk_of
from dialer.web.problems import ProblemError, responses
from dialer.web.saying import DisposedWith, Promised, promise_of, say
from dialer.web.views import DeskNow

router = APIRouter(prefix="/desk", tags=["desk"], responses=responses(401, 403, 404, 409))


class InstalmentShown(BaseModel):
    due_on: str
    amount: float


class NotesGiven(Body):
    call: Id
    notes: Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")] = ""


class DraftGiven(Body):
    """What was typed, as the page keeps it; empty where nothing waits any more.

    `waits`: something of it was not saved; `code`: the disposition chosen so far. `disposition`: what the agent has
    completed and could save as it stands: it is kept, marked as unconfirmed, should the wrap-up run out. Leave it out
    while something is lacking or being typed, and never put into it what the agent did not enter.
    """

    call: Id
    body: Annotated[str, Field(max_length=DRAFT_CHARS_MAX, pattern=r"^[^\x00]*$")]
    waits: bool = False
    code: Annotated[str, Field(max_length=40, pattern=PLAIN)] = ""
    disposition: DisposedWith | None = None

    @model_validator(mode="after")
    def _of_the_call(self) -> "DraftGiven":
        if self.disposition is not None and self.disposition.call != self.call:
            raise ValueError("disposition.call is another call")
        return self


class DraftShown(BaseModel):
    """`standing`: empty while there is time to save it, then `open` or kept `unconfirmed`. `talked`: a disposition can
    be given of the call."""

    call: CallId
    body: str
    at: float
    standing: WrapUp
    campaign: CampaignId | None
    talked: bool
    disposition: DisposedWith | None


@router.post("/disposition", operation_id="deskDisposition")
async def disposition(agent: TheAgent, console: TheConsole, body: DisposedWith) -> DeskNow:
    """Say what the call was. Ends wrap-up, or is kept for its end while the talk goes on.

    A call whose wrap-up ran out with something unsaved can be finished too. What the disposition demands must be
    there: notes, a promise, the time of a callback, the right party. A callback that a calling rule forbids is refused
    with the rule and its reason.
    """
    await say(console, agent, body)
    return desk_of(console, agent)


@router.post("/instalments", operation_id="deskInstalments")
async def instalments(agent: TheAgent, body: Promised) -> list[InstalmentShown]:
    """How a promise splits into payments: what the agent reads out."""
    parts = schedule(promise_of(body, CallId(0), agent, ""))
    return [InstalmentShown(due_on=one.due_on.isoformat(), amount=float(one.amount)) for one in parts]


@router.post("/notes", operation_id="deskSaveNotes")
async def save_notes(agent: TheAgent, console: TheConsole, body: NotesGiven) -> None:
    """Keep as a note what was typed of a call whose time to write up ran out; empty: let go of it."""
    call = CallId(body.call)
    record = await console.store.calls.get(call)
    if record is None or record.agent != agent:
        raise ProblemError("not_found", "this was no call of yours")
    if body.notes.strip():
        unconfirmed = call in await console.store.write_ups.standing([call])
        await console.store.calls.say(
            call,
            agent,
            record.disposition,
            body.notes,
            console.now(),
            unconfirmed=unconfirmed and bool(record.disposition),
        )
    await console.store.drafts.keep(agent, call, NOTHING, console.now())


@router.put("/draft", operation_id="deskKeepDraft", status_code=204)
async def keep_draft(agent: TheAgent, console: TheConsole, body: DraftGiven) -> None:
    """Keep what is typed about a call until it is saved; it outlives reloads, other machines and restarts."""
    said = body.disposition.model_dump_json(exclude_none=True) if body.disposition is not None else ""
    typed = Typed(body=body.body, waits=body.waits and bool(body.body), code=body.code, disposition=said)
    await console.store.drafts.keep(agent, CallId(body.call), typed, console.now())


@router.get("/drafts", operation_id="deskDrafts")
async def drafts(agent: TheAgent, console: TheConsole) -> list[DraftShown]:
    """What the agent typed and did not save, oldest first: of the present call, and of those whose time ran out."""
    return [_shown(draft) for draft in await console.store.drafts.waiting(agent)]


def _shown(draft: Draft) -> DraftShown:
    said = draft.typed.disposition
    return DraftShown(
        call=draft.call,
        body=draft.typed.body,
        at=draft.at,
        standing=draft.standing,
        campaign=draft.campaign,
        talked=draft.talked,
        disposition=DisposedWith.model_validate_json(said) if said else None,
    )
