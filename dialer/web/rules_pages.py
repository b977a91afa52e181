"""The page of calling rules."""

from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import Response

from dialer.web.access import TheConsole
from dialer.web.campaign_routes import list_campaigns
from dialer.web.pages import Looker, shown
from dialer.web.rules_routes import list_rules

router = APIRouter(include_in_schema=False)


@router.get("/admin/rules")
async def rules(request: Request, console: TheConsole, session: Looker) -> Response:
    """The rules in force and the campaigns' own, a number tried at an hour, and the week of a lead."""
    found = await list_rules(session, console)
    given = {
        "packs": [(country, list(some)) for country, some in groupby(found, key=lambda one: one.country)],
        "verify": sum(one.verify for one in found),
        "campaigns": await list_campaigns(session, console, archived=False),
    }
    return shown(request, console, session, "admin_rules.html", given)
