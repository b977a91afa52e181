"""The pages of trunks and of the numbers that people are shown."""

from collections import defaultdict

from fastapi import APIRouter, Request
from starlette.responses import Response

from dialer.web.access import TheConsole
from dialer.web.caller_id_routes import CallerIdShown, list_caller_ids, list_pools, list_rests
from dialer.web.pages import HouseLooker, shown
from dialer.web.permissions import Permission
from dialer.web.trunk_routes import list_trunks

router = APIRouter(include_in_schema=False)


@router.get("/admin/trunks")
async def trunks(request: Request, console: TheConsole, session: HouseLooker) -> Response:
    """Each trunk as configured and as it is, how it fared, and a trial call."""
    given = {
        "trunks": await list_trunks(session, console),
        "may": session.may(Permission.TRUNKS_WRITE),
        "rereads": console.operations.reread is not None,
    }
    return shown(request, console, session, "admin_trunks.html", given)


@router.get("/admin/caller-ids")
async def caller_ids(request: Request, console: TheConsole, session: HouseLooker) -> Response:
    """Each pool with its numbers: use, health, rests; and who was shown a number."""
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
    return shown(request, console, session, "admin_caller_ids.html", given)
