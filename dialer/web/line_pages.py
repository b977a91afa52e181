"""The pages of trunks and of the numbers that people are shown."""

from collections import defaultdict

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from dialer.web.access import TheConsole
from dialer.web.admin_pages import looker, shown
from dialer.web.caller_id_routes import CallerIdShown, list_caller_ids, list_pools, list_rests
from dialer.web.pages import home_of
from dialer.web.permissions import Permission
from dialer.web.trunk_routes import list_trunks

router = APIRouter(include_in_schema=False)


@router.get("/admin/trunks")
async def trunks(request: Request, console: TheConsole) -> Response:
    """Each trunk as configured and as it is, how it fared, and a trial call."""
    session = await looker(request, console)
    if isinstance(session, Response):
        return session
    if session.limited:
        return RedirectResponse(home_of(session), 303)
    given = {
        "trunks": await list_trunks(session, console),
        "may": session.may(Permission.TRUNKS_WRITE),
        "rereads": console.operations.reread is not None,
    }
    return await shown(request, console, "admin_trunks.html", given)


@router.get("/admin/caller-ids")
async def caller_ids(request: Request, console: TheConsole) -> Response:
    """Each pool with its numbers: use, health, rests; and who was shown a number."""
    session = await looker(request, console)
    if isinstance(session, Response):
        return session
    if session.limited:
        return RedirectResponse(home_of(session), 303)
    numbers: defaultdict[str, list[CallerIdShown]] = defaultdict(list)
    for one in await list_caller_ids(session, console):
        numbers[one.pool].append(one)
    given = {
        "pools": await list_pools(session, console),
        "numbers": numbers,
        "rests": await list_rests(session, console),
        "may": session.may(Permission.TRUNKS_WRITE),
        "may_see_calls": session.may(Permission.CALLS_READ),
    }
    return await shown(request, console, "admin_caller_ids.html", given)
