"""The pages of administration: made on the server from what the API answers; their forms send to the API."""

import re
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.responses import Response

from dialer.core.ids import ClientId
from dialer.core.model import DISPOSITIONS, Category, Mode
from dialer.core.packs.schema import Purpose
from dialer.core.screen_pop import EXAMPLE, Opens
from dialer.doctor.findings import Area
from dialer.doctor.told import told
from dialer.leads.numbers import read_number
from dialer.shifts import SHIFT
from dialer.store import Role
from dialer.telling.happenings import KINDS
from dialer.web.access import TheConsole
from dialer.web.agent_routes import list_agents
from dialer.web.audit_routes import AuditQuery, list_audit
from dialer.web.bodies import Id
from dialer.web.campaign_admin_routes import compare_campaigns, list_schedules
from dialer.web.campaign_routes import get_campaign, list_campaigns
from dialer.web.client_routes import list_clients
from dialer.web.console import Console
from dialer.web.first_run import first_run
from dialer.web.import_routes import list_imports
from dialer.web.pages import HouseLooker, Looker, home_of, shown
from dialer.web.paging import leaf_of
from dialer.web.permissions import GRANTABLE, Permission
from dialer.web.problems import ProblemError
from dialer.web.sessions import Session
from dialer.web.texts import language_of
from dialer.web.tongues import locale_for
from dialer.web.user_routes import list_sessions, list_users
from dialer.web.webhook_routes import list_dead, list_webhooks

router = APIRouter(include_in_schema=False)
_ID = re.compile(r"[1-9][0-9]{0,14}")
_DEAD_SHOWN = 20  # of each webhook, the oldest
_IMPORTS_SHOWN = 50  # the newest; GET /campaigns/{campaign}/imports tells all


def _outwards(console: Console) -> list[str]:
    """The trunks that a campaign may call by: those inside the house serve every one, and dial for none."""
    return [trunk.name for trunk in console.floor.view().trunks if not trunk.config.inside]


@router.get("/admin")
async def start(request: Request, console: TheConsole, session: Looker) -> Response:
    """The first run, step by step, until a call was recorded."""
    findings = await console.operations.doctor() if console.operations.doctor is not None else []
    campaigns = await list_campaigns(session, console, archived=False)
    clients, agents = await list_clients(session, console), await list_agents(session, console)
    language = language_of(locale_for(request, console))
    given = {
        "findings": [told(one, language) for one in findings if one.area in {Area.ASTERISK, Area.TRUNK}],
        "done": await first_run(console, session, clients, campaigns, agents),
        "trunks": _outwards(console),
        "clients": clients,
        "campaigns": campaigns,
        "agents": agents,
        "modes": list(Mode),
        "purposes": list(Purpose),
        "shift": SHIFT,
    }
    return shown(request, console, session, "admin_start.html", given)


@router.get("/admin/campaigns")
async def campaigns(request: Request, console: TheConsole, session: Looker) -> Response:
    archived = request.query_params.get("archived") == "true"
    compared = [int(one) for one in request.query_params.getlist("campaign") if _ID.fullmatch(one)]
    found = await list_campaigns(session, console, archived=archived)
    clients = await list_clients(session, console)
    given = {
        "campaigns": found,
        "archived": archived,
        "clients": clients,
        "listed": leaf_of(request, clients, lambda one: (one.name,), "clients_from"),
        "trunks": _outwards(console),
        "modes": list(Mode),
        "purposes": list(Purpose),
        "pop_example": EXAMPLE,
        "pop_opens": list(Opens),
        "compared": await _compared(session, console, compared),
    }
    return shown(request, console, session, "admin_campaigns.html", given)


async def _compared(session: Session, console: Console, campaigns: list[int]) -> Any:  # noqa: ANN401 - the API's answer
    if not 2 <= len(campaigns) <= 5:
        return None
    try:
        return await compare_campaigns(session, console, campaigns)
    except ProblemError:
        return None


@router.get("/admin/campaigns/{campaign}")
async def campaign(campaign: Id, request: Request, console: TheConsole, session: Looker) -> Response:
    try:
        found = await get_campaign(campaign, session, console, Response())
    except ProblemError:
        return RedirectResponse("/admin/campaigns", 303)
    client = await console.store.clients.get(ClientId(found.client))
    given = {
        "campaign": found,
        "imports": (await list_imports(campaign, session, console))[:_IMPORTS_SHOWN],
        "schedules": await list_schedules(campaign, session, console),
        "counts": await console.store.leads.counts(found.id, console.now()),
        "trunks": _outwards(console),
        "turns": {one["trunk"]: one for one in found.trunk_turns},
        "modes": list(Mode),
        "categories": list(Category),
        "pop_example": EXAMPLE,
        "country": read_number(found.caller_id, None).country,
        "pop_opens": list(Opens),
        "pop_client": client.screen_pop.template if client is not None else "",
        "standard": {(one.code, one.label) for one in DISPOSITIONS},
    }
    return shown(request, console, session, "admin_campaign.html", given)


@router.get("/admin/agents")
async def agents(request: Request, console: TheConsole, session: Looker) -> Response:
    found = await list_campaigns(session, console, archived=False)
    names = {one.id: one.name for one in found}
    every = await list_agents(session, console)
    given = {
        "agents": leaf_of(
            request,
            every,
            lambda one: [
                *(one.name, one.login, one.code, one.endpoint, one.team, *one.skills),
                *(names.get(campaign, "") for campaign in one.campaigns),
            ],
        ),
        "campaigns": found,
        "names": names,
        "shift": SHIFT,
    }
    return shown(request, console, session, "admin_agents.html", given)


@router.get("/admin/users")
async def users(request: Request, console: TheConsole, session: Looker) -> Response:
    clients = await list_clients(session, console)
    names: dict[int | None, str] = {one.id: one.name for one in clients}
    given = {
        "users": leaf_of(
            request, await list_users(session, console), lambda one: (one.login, one.name, names.get(one.client, ""))
        ),
        "sessions": leaf_of(
            request, await list_sessions(session, console), lambda one: (one.name, one.address), "sessions_from"
        ),
        "clients": clients,
        "client_names": names,
        "roles": list(Role),
        "grantable": sorted(GRANTABLE),
        "campaigns": await console.campaigns(session),  # those in the archive too: a limit to them must stand
    }
    return shown(request, console, session, "admin_users.html", given)


@router.get("/admin/webhooks")
async def webhooks(request: Request, console: TheConsole, session: Looker) -> Response:
    hooks = await list_webhooks(session, console)
    clients = await list_clients(session, console)
    given = {
        "webhooks": hooks,
        "kinds": KINDS,
        "clients": clients,
        "client_names": {one.id: one.name for one in clients},
        "dead": [
            (one, await list_dead(one.id, session, console, cursor=None, limit=_DEAD_SHOWN))
            for one in hooks
            if one.dead
        ],
    }
    return shown(request, console, session, "admin_webhooks.html", given)


@router.get("/admin/audit")
async def audit(request: Request, console: TheConsole, session: Looker) -> Response:
    asked = {name: _plain(request.query_params.get(name, "")) for name in ("text", "by", "who", "since", "until")}
    cursor = request.query_params.get("cursor", "")[:100] or None
    try:
        query = AuditQuery(
            text=asked["text"],
            by=asked["by"],
            who=asked["who"],
            since=_day_of(asked["since"], 0),
            until=_day_of(asked["until"], 1),
            cursor=cursor,
        )
        found = await list_audit(session, console, query)
    except (ProblemError, ValidationError):
        return RedirectResponse("/admin/audit" if any(request.query_params) else home_of(session), 303)
    return shown(request, console, session, "admin_audit.html", {"trail": found, "asked": asked})


def _plain(text: str) -> str:
    """What somebody types to search, as the API takes it."""
    return "".join(sign for sign in text if sign >= " ")[:80]


def _day_of(text: str, after: int) -> float | None:
    """When a day (2026-03-01) begins by the clock of this machine, or so many days after; None where it is no day."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").astimezone() + timedelta(days=after)
    except (ValueError, OverflowError):
        return None
    return day.timestamp()


@router.get("/admin/doctor")
async def doctor(request: Request, console: TheConsole, session: HouseLooker) -> Response:
    """What was looked at. The findings name every campaign of the house: who sees some alone is sent home."""
    found = await console.operations.doctor() if console.operations.doctor is not None else []
    language = language_of(locale_for(request, console))
    return shown(request, console, session, "admin_doctor.html", {"findings": [told(one, language) for one in found]})


@router.get("/account")
async def account(request: Request, console: TheConsole, session: Looker) -> Response:
    """One's own password, one-time codes and tokens."""
    user = await console.store.users.get(session.user) if session.user is not None else None
    every = await list_sessions(session, console)
    given = {
        "user": user,
        "mine": [one for one in every if user is not None and one.user == user.id],
        "scopes": sorted(session.permissions & GRANTABLE - {Permission.DESK}),
    }
    return shown(request, console, session, "account.html", given)
