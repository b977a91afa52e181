"""The web application put together: routes, guards, problems, and its description as OpenAPI 3.1."""

import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from dialer.core.lawful import NO_LAW
from dialer.core.packs.lawbook import Lawbook
from dialer.ports import Floor, Forecaster
from dialer.store import Store
from dialer.web import (
    account_routes,
    after_routes,
    agent_routes,
    call_routes,
    calling_hours_routes,
    campaign_routes,
    change_routes,
    desk_lead_routes,
    desk_routes,
    detection_routes,
    do_not_call_routes,
    floor_routes,
    forecast_routes,
    lead_routes,
    live,
    pages,
    phone_routes,
    problems,
    recording_routes,
    restriction_routes,
    session_routes,
    trunk_routes,
)
from dialer.web.console import Console
from dialer.web.guard import Guard
from dialer.web.hub import Hub
from dialer.web.sessions import Sessions
from dialer.web.settings import WebSettings
from dialer.web.signing_in import Doorkeeper

PREFIX = "/api/v1"
ROUTES = (
    session_routes,
    desk_routes,
    desk_lead_routes,
    after_routes,
    phone_routes,
    floor_routes,
    campaign_routes,
    change_routes,
    lead_routes,
    forecast_routes,
    agent_routes,
    call_routes,
    recording_routes,
    detection_routes,
    trunk_routes,
    do_not_call_routes,
    restriction_routes,
    calling_hours_routes,
    account_routes,
    live,
)
DESCRIPTION = (
    "Everything that the pages do. Times are seconds since 1970 (UTC), shares are from 0 to 1, numbers are E.164. "
    "Errors are problems (RFC 9457) with stable codes."
)


def create_app(
    floor: Floor,
    store: Store,
    settings: WebSettings,
    *,
    recordings: Path,
    admin_token: str = "",
    law: Lawbook = NO_LAW,
    now: Callable[[], float] = time.time,
    forecaster: Forecaster | None = None,
) -> FastAPI:
    """The console over a running floor and an open store.

    `recordings` is the folder of the recordings' files; `admin_token` signs a local administrator's requests; `law` is
    what the engine holds calls against; without a `forecaster` there are no forecasts. Serve it with `serving.serve`,
    which also feeds the live view.
    """
    app = FastAPI(
        title="Cadencia",
        version=version("cadencia"),
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.console = Console(
        floor=floor,
        store=store,
        settings=settings,
        recordings=recordings.resolve(),
        now=now,
        law=law,
        sessions=Sessions(store, admin_token=admin_token),
        doorkeeper=Doorkeeper(store, now),
        hub=Hub(floor),
        forecaster=forecaster,
    )
    app.include_router(_api(), prefix=PREFIX)
    app.include_router(floor_routes.health)
    app.include_router(pages.router)
    app.mount("/static", GZipMiddleware(StaticFiles(directory=pages.STATIC)), name="static")
    app.add_middleware(Guard, settings=settings)
    problems.install(app)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _api() -> APIRouter:
    api = APIRouter(responses=problems.responses(422, 503))
    for routes in ROUTES:
        api.include_router(routes.router)
    return api


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        problem = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs"))
        schemas["Problem"] = problem
        app.openapi_schema = schema
    return app.openapi_schema
