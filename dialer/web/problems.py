"""What the API answers when it cannot do what was asked: RFC 9457 problems with stable codes.

Every code stands in CATALOGUE, but for those of a refusal by the engine, which are the engine's own. A problem never
repeats what was sent: that may hold a number or a secret.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from dialer.core.messages import Refused
from dialer.errors import DialerError, StoreError
from dialer.store.errors import ConflictError, NotFoundError, TakenError

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem; `meaning` tells more than the title where there is more to tell."""

    status: int
    title: str
    meaning: str = ""


CATALOGUE: dict[str, Kind] = {
    "not_signed_in": Kind(401, "Sign in first", "sign in first; the session or token may have ended"),
    "sign_in_failed": Kind(401, "The name or the secret is wrong"),
    "totp_needed": Kind(
        401, "Give the one-time code as well", "the password is right; give the one-time code as `totp` as well"
    ),
    "forbidden": Kind(403, "Your role may not do this", "role, grants or the token's scopes do not reach that far"),
    "wrong_password": Kind(403, "The present password is another"),
    "beyond_own_rights": Kind(403, "Nobody gives more than they have"),
    "cross_origin": Kind(403, "The request came from another site", "a cookie came with a request of another site"),
    "not_found": Kind(404, "There is no such thing"),
    "nothing_to_score": Kind(404, "Nothing waits to be scored", "nothing waits to be scored: draw a plan"),
    "method_not_allowed": Kind(405, "The address does not take this method"),
    "refused": Kind(
        409,
        "Not possible in the present state",
        "not possible in the present state; most refusals have a code of the engine's own",
    ),
    "exists": Kind(409, "It exists already", "the name, login or code is taken"),
    "last_administrator": Kind(409, "This is the last administrator", "nobody else could administrate the house"),
    "another_person": Kind(409, "Somebody else is before you by now; nothing was kept"),
    "phone_elsewhere": Kind(409, "Another page has the phone", "another page of the agent's took the phone since"),
    "in_progress": Kind(
        409, "The same is being done already", "wait; a request is then sent again with the same Idempotency-Key"
    ),
    "changed": Kind(412, "It has changed since it was read", "If-Match names another state than the present one"),
    "too_large": Kind(413, "The request is too large", "more was sent than a request may hold"),
    "unknown_host": Kind(
        421, "This server does not answer to that name", "the server does not answer to that name; see `web.hosts`"
    ),
    "invalid": Kind(422, "The request cannot be understood", "the request cannot be understood; `errors` says where"),
    "in_the_past": Kind(422, "That time has passed"),
    "needs_client": Kind(422, "A client's user is of one client", "give the `client` that the user sees"),
    "wrong_totp": Kind(
        422, "The one-time code is not of this secret", "the code is not of this secret; is the phone's clock right?"
    ),
    "needs_notes": Kind(422, "This disposition needs notes"),
    "needs_promise": Kind(422, "This disposition needs a promise to pay"),
    "needs_callback": Kind(422, "This disposition needs the time of a callback"),
    "needs_right_party": Kind(422, "This disposition needs the right party to be made sure of"),
    "callback_no_such_time": Kind(422, "No clock shows that time there: it is put forward that night"),
    "callback_forbidden": Kind(422, "A calling rule forbids a call at that time"),
    "promise_amount_not_positive": Kind(422, "The amount promised must be above zero"),
    "promise_amount_above_balance": Kind(422, "More is promised than is owed"),
    "promise_instalments": Kind(422, "The promise cannot be split into so many payments"),
    "promise_due_in_the_past": Kind(422, "The day of payment has passed"),
    "promise_due_too_far_ahead": Kind(422, "The day of payment lies too far ahead"),
    "number_unreadable": Kind(
        422, "That is no whole telephone number", "no whole number of the campaign's country; others begin with +"
    ),
    "number_needs_country": Kind(422, "Write the number with + and the country"),
    "number_ambiguous": Kind(
        422, "That is a telephone number, and also what a lead is known by", "pick the lead, or write the number with +"
    ),
    "wrong_answer": Kind(422, "The answer does not fit what is known of the person"),
    "key_reused": Kind(422, "The Idempotency-Key was given to another request", "take a new key for each new request"),
    "too_many_requests": Kind(429, "More requests than are taken in a second", "wait as `Retry-After` says"),
    "too_many_tries": Kind(429, "Too many failed tries; wait", "failed sign-ins; wait as `Retry-After` says"),
    "internal": Kind(500, "A fault of the server"),
    "unavailable": Kind(503, "Not available at the moment", "the database did not answer; try again"),
}
_OF_THE_STORE = {ConflictError: "exists", NotFoundError: "not_found", TakenError: "in_progress"}
_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 401: "not_signed_in", 403: "forbidden"}


class ProblemFault(BaseModel):
    """One thing wrong with what was sent."""

    where: str = Field(examples=["body.lines_max"])
    what: str = Field(examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `detail` is to be read by a person."""

    type: str = Field(examples=["urn:cadencia:problem:not_found"])
    title: str
    status: int
    code: str = Field(examples=["not_found"])
    detail: str = ""
    errors: list[ProblemFault] = Field(default_factory=list)


class ProblemError(DialerError):
    """A request cannot be done as asked. Answered with the problem of its code; nothing was changed."""

    def __init__(self, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail or CATALOGUE[code].title)
        self.code = code
        self.detail = detail
        self.headers = headers


class RefusedError(DialerError):
    """The engine refused a console's request: it means nothing in the present state. Look at the state and ask anew."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


def problem_response(
    code: str, detail: str = "", *, faults: list[ProblemFault] | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer for a problem; a code that is not in the catalogue is the engine's, and a refusal."""
    kind = CATALOGUE.get(code, CATALOGUE["refused"])
    body = Problem(
        type=f"urn:cadencia:problem:{code}",
        title=kind.title,
        status=kind.status,
        code=code,
        detail=detail,
        errors=faults or [],
    )
    return JSONResponse(body.model_dump(), kind.status, headers, MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What FastAPI's `responses` wants for the problems of these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    codes = {status: [code for code, kind in CATALOGUE.items() if kind.status == status] for status in statuses}
    return {status: {"description": ", ".join(codes[status]) or "problem", "content": content} for status in statuses}


def what_is_wrong(error: Mapping[str, Any]) -> str:
    """A fault of a body in words: pydantic's, or our own without what it puts before them."""
    return str(error["msg"]).removeprefix("Value error, ")


def _fault(error: Mapping[str, Any]) -> ProblemFault:
    return ProblemFault(where=".".join(str(part) for part in error["loc"]), what=what_is_wrong(error))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem_response("invalid", faults=[_fault(one) for one in error.errors()])


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem_response(_BY_STATUS.get(error.status_code, "invalid"), headers=error.headers)


async def _own(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return problem_response(error.code, error.detail, headers=error.headers)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)
    return problem_response(error.refused.code, error.refused.reason)


async def _store(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StoreError)
    for kind, code in _OF_THE_STORE.items():
        if isinstance(error, kind):
            return problem_response(code, str(error))
    return problem_response("unavailable", "the database did not do it; try again", headers={"Retry-After": "2"})


async def _internal(_: Request, __: Exception) -> JSONResponse:
    return problem_response("internal")


HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]] = {
    RequestValidationError: _invalid,
    HTTPException: _http,
    ProblemError: _own,
    RefusedError: _refused,
    StoreError: _store,
    Exception: _internal,
}
"""How every error of a route is answered as a problem."""
