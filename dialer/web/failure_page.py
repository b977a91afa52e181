"""A problem as a page, for people: who follows a dead link in a browser reads a sentence, a program reads its code."""

import json
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from dialer.web import problems
from dialer.web.pages import NotForThemError, page, sent

Handler = Callable[[Request, Exception], Awaitable[JSONResponse]]


def install(app: FastAPI, *, api: str) -> None:
    """Let every error be answered as a problem, and as a page where a browser asked for one outside the path `api`.

    Who may not see a page is sent to one that they may.
    """
    app.add_exception_handler(NotForThemError, sent)
    for kind, handler in problems.HANDLERS.items():
        app.add_exception_handler(kind, _for_people(handler, api))


def _for_people(handler: Handler, api: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        problem = await handler(request, error)
        asked = request.headers.get("accept", "")
        code = json.loads(bytes(problem.body))["code"]
        if request.url.path.startswith(f"{api}/") or "text/html" not in asked or code not in problems.CATALOGUE:
            return problem
        # Without a session: what failed may be what would tell it.
        made = page(request, request.app.state.console, "failed.html", None, code=code)
        made.status_code = problem.status_code
        return made

    return answer
