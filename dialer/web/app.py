"""The web application put together: routes, guards, problems, and its description as OpenAPI 3.1."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from dialer.core.lawful import NO_LAW
from dialer.core.packs.lawbook import Lawbook
from dialer.errors import StoreError
from dialer.ports import Floor, Forecaster
from dialer.store import Store
from dialer.watch import Watchman
from dialer.web import (
    account_routes,
    admin_pages,
    after_routes,
    agent_admin_routes,
    agent_routes,
    audit_routes,
    call_routes,
    caller_id_routes,
    calling_hours_routes,
    campaign_admin_routes,
    campaign_routes,
    change_routes,
    client_routes,
    desk_lead_routes,
    desk_routes,
    detection_routes,
    do_not_call_routes,
    event_routes,
    failure_page,
    floor_alarm_routes,
    floor_hand_routes,
    floor_message_routes,
    floor_routes,
    floor_series_routes,
    floor_trial_routes,
    forecast_routes,
    import_routes,
    lead_change_routes,
    lead_routes,
    line_pages,
    live,
    oidc_pages,
    operation_routes,
    pages,
    phone_routes,
    problems,
    quality_calibration_routes,
    quality_figure_routes,
    quality_routes,
    quality_rule_routes,
    recording_clip_routes,
    recording_routes,
    restriction_routes,
    rules_pages,
    rules_routes,
    session_routes,
    trunk_routes,
    user_routes,
    vicidial_routes,
    webhook_routes,
    why_routes,
)
from dialer.web.access import permitted, session_of
from dialer.web.console import Console, Scrub
from dialer.web.describing import describe
from dialer.web.gathering import Gatherer
from dialer.web.guard import Guard
from dialer.web.hub import Hub
from dialer.web.oidc import Oidc
from dialer.web.once import Once
from dialer.web.operations import Counted, Operations
from dialer.web.problems import ProblemError
from dialer.web.rates import Rates
from dialer.web.sessions import Sessions
from dialer.web.settings import WebSettings
from dialer.web.signing_in import Doorkeeper
from recordings.archive import ArchiveSettings

PREFIX = "/api/v1"
ROUTES = (
    lead_change_routes,  # first what other systems ask a thousand times a second: a route is found by trying one by one
    session_routes,
    desk_routes,
    desk_lead_routes,
    after_routes,
    phone_routes,
    floor_routes,
    floor_alarm_routes,
    floor_hand_routes,
    floor_message_routes,
    floor_series_routes,
    floor_trial_routes,
    campaign_routes,
    change_routes,
    lead_routes,
    forecast_routes,
    agent_routes,
    call_routes,
    recording_routes,
    recording_clip_routes,
    quality_routes,
    quality_calibration_routes,
    quality_rule_routes,
    quality_figure_routes,
    detection_routes,
    caller_id_routes,
    trunk_routes,
    do_not_call_routes,
    restriction_routes,
    calling_hours_routes,
    why_routes,
    rules_routes,
    account_routes,
    user_routes,
    audit_routes,
    client_routes,
    import_routes,
    campaign_admin_routes,
    agent_admin_routes,
    webhook_routes,
    event_routes,
    operation_routes,
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
    archive: ArchiveSettings | None = None,
    admin_token: str = "",
    law: Lawbook = NO_LAW,
    now: Callable[[], float] = time.time,
    forecaster: Forecaster | None = None,
    uploads: Path | None = None,
    operations: Operations | None = None,
    watch: Watchman | None = None,
    scrub: Scrub | None = None,
) -> FastAPI:
    """The console over a running floor and an open store.

    `recordings` is the switch's folder, `archive` says where the index keeps its own; `admin_token` signs a local
    administrator's requests; `law` is what the engine holds calls against; without a `forecaster` there are no
    forecasts, without a `watch` no alarms, without a `scrub` no check outside of the house. Serve it with
    `serving.serve`, which also feeds the live view.
    """
    app = _bare()
    app.state.console = Console(
        floor=floor,
        store=store,
        settings=settings,
        recordings=recordings.resolve(),
        archive=archive or ArchiveSettings(folder=recordings.resolve().parent / "archive"),
        now=now,
        law=law,
        sessions=Sessions(store, admin_token=admin_token),
        doorkeeper=Doorkeeper(store, now),
        oidc=Oidc(settings.oidc, store, now) if settings.oidc.issuer else None,
        hub=Hub(floor, alarms=lambda: watch.standing if watch is not None else ()),
        forecaster=forecaster,
        gatherer=Gatherer(store, floor, now),
        uploads=uploads or recordings.resolve().parent / "uploads",
        operations=operations or Operations(),
        watch=watch,
        scrub=scrub,
        changing=watch.changing if watch else asyncio.Lock(),
    )
    for one in (pages, admin_pages, line_pages, rules_pages, oidc_pages, vicidial_routes):
        app.include_router(one.router)
    app.mount("/static", GZipMiddleware(StaticFiles(directory=pages.STATIC)), name="static")
    app.add_middleware(Once, store=store, now=now, caller=partial(_caller_of, app))
    known = app.state.console.sessions.known
    app.add_middleware(Rates, rate=settings.requests_per_s, clock=time.monotonic, known=known)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Counted, counts=app.state.console.operations.answered)
    failure_page.install(app, api=PREFIX)
    return app


async def _caller_of(app: FastAPI, request: Request) -> str | None:
    try:
        session = await session_of(app.state.console, request)
    except (ProblemError, StoreError):  # the route says so
        return None
    return session.id if session is not None else None


def described() -> dict[str, Any]:
    """The description of the API, without a server."""
    return _bare().openapi()


def _bare() -> FastAPI:
    """The API's routes, and nothing behind them yet."""
    app = FastAPI(
        title="Cadencia",
        version=version("cadencia"),
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    api = APIRouter(responses=problems.responses(422, 503))
    for routes in ROUTES:
        api.include_router(routes.router, dependencies=[Depends(permitted)])
    api.include_router(live.router)
    api.include_router(event_routes.stream)
    app.include_router(api, prefix=PREFIX)
    app.include_router(floor_routes.health)
    app.include_router(operation_routes.scraped, dependencies=[Depends(permitted)])

    def openapi() -> dict[str, Any]:
        app.openapi_schema = app.openapi_schema or describe(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way
    return app
