"""The pages. Each is a frame with its texts; what is live in it comes by the API and the WebSocket."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

from dialer.web.access import TheConsole, session_of
from dialer.web.console import Console
from dialer.web.permissions import PAGES
from dialer.web.sessions import Session
from dialer.web.texts import CATALOGUES, language_of, text_key
from dialer.web.texts.asked import is_asked
from dialer.web.tongues import locale_for

HERE = Path(__file__).parent
STATIC = HERE / "static"
_templates = Jinja2Templates(HERE / "templates")
router = APIRouter(include_in_schema=False)

_ADMIN = "/admin"
# why nobody was let in by the provider
SIGN_IN_FAULTS = {
    "again": text_key("sign_in.elsewhere_again"),
    "refused": text_key("sign_in.elsewhere_refused"),
    "away": text_key("sign_in.elsewhere_away"),
    "nobody": text_key("sign_in.elsewhere_nobody"),
    "taken": text_key("sign_in.elsewhere_taken"),
}
# text and path of those in the frame; who has them stands in `permissions`
_PAGES: tuple[tuple[str, str], ...] = (
    (text_key("floor"), "/"),
    (text_key("recordings"), "/recordings"),
    (text_key("quality"), "/quality"),
    (text_key("calling_hours"), "/calling-hours"),
    (text_key("decisions"), "/decisions"),
    (text_key("wallboard"), "/wallboard"),
    (text_key("desk"), "/desk"),
    (text_key("scores"), "/my-scores"),
    (text_key("admin"), _ADMIN),
    (text_key("account"), "/account"),
)
# below the frame, by the page that they are below
_TABS: Mapping[str, tuple[tuple[str, str], ...]] = {
    _ADMIN: (
        (text_key("admin.start"), "/admin"),
        (text_key("admin.campaigns"), "/admin/campaigns"),
        (text_key("admin.agents"), "/admin/agents"),
        (text_key("admin.rules"), "/admin/rules"),
        (text_key("admin.trunks"), "/admin/trunks"),
        (text_key("admin.caller_ids"), "/admin/caller-ids"),
        (text_key("admin.users"), "/admin/users"),
        (text_key("admin.webhooks"), "/admin/webhooks"),
        (text_key("admin.audit"), "/admin/audit"),
        (text_key("admin.doctor"), "/admin/doctor"),
    ),
    "/quality": (
        (text_key("quality.queue"), "/quality"),
        (text_key("quality.results"), "/quality/results"),
        (text_key("quality.disputes"), "/quality/disputes"),
        (text_key("quality.calibration"), "/quality/calibration"),
        (text_key("quality.machines"), "/quality/machines"),
        (text_key("quality.rules"), "/quality/rules"),
        (text_key("quality.forms"), "/quality/forms"),
        (text_key("quality.detection"), "/quality/detection"),
    ),
}


def home_of(session: Session) -> str:
    return next((path for _, path in _PAGES if session.may(PAGES[path])), "/sign-in")


def _tabs(session: Session | None, below: str) -> list[tuple[str, str]]:
    return [(text, path) for text, path in _TABS.get(below, ()) if session and session.may(PAGES[path])]


def _frame(session: Session | None) -> list[tuple[str, str]]:
    """The pages in the frame. Administration begins with its first tab that the person may see."""
    first = next((path for _, path in _tabs(session, _ADMIN)), "")
    paths = [(text, first if path == _ADMIN else path) for text, path in _PAGES]
    return [(text, path) for text, path in paths if session and path and session.may(PAGES[path])]


def page(
    request: Request,
    console: Console,
    name: str,
    session: Session | None,
    *,
    live: bool = False,
    **given: Any,  # noqa: ANN401 - what the template of that name asks for
) -> Response:
    """The page of that name, in the language of whoever looks at it."""
    locale = locale_for(request, console)
    texts = CATALOGUES[language_of(locale)]
    context: dict[str, Any] = {
        "locale": locale,
        "texts": {key: text for key, text in texts.items() if is_asked(key, name)},
        "t": texts.__getitem__,
        "word": lambda group, value: texts.get(f"{group}.{value}", value),
        "language": language_of(locale),
        "session": session,
        "pages": _frame(session),
        "tabs": _tabs(session, "/" + request.url.path.split("/")[1]),
        "here": request.url.path,
        "live": live,
        "provider": console.oidc.settings.name if console.oidc is not None else "",
        "now": console.now(),
        **given,
    }
    return _templates.TemplateResponse(request, name, context)


def shown(request: Request, console: Console, session: Session, name: str, given: Mapping[str, Any]) -> Response:
    """The page of that name with what its template asks for, for whoever may look at it."""
    return page(request, console, name, session, **given)


class NotForThemError(Exception):
    """The page is not for whoever asks for it. Send them to `path`."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


async def looker(request: Request, console: TheConsole) -> Session:
    """Who looks at the page of that route. Raises NotForThemError."""
    session = await session_of(console, request)
    if session is None:
        raise NotForThemError("/sign-in")
    if not session.may(PAGES[request.scope["route"].path]):
        raise NotForThemError(home_of(session))
    return session


Looker = Annotated[Session, Depends(looker)]


async def house_looker(session: Looker) -> Session:
    """Who looks at a page that tells of the whole house: whoever sees some of it alone is sent home."""
    if session.limited:
        raise NotForThemError(home_of(session))
    return session


HouseLooker = Annotated[Session, Depends(house_looker)]


async def sent(_: Request, error: Exception) -> Response:
    """The answer to who may not see a page."""
    assert isinstance(error, NotForThemError)
    return RedirectResponse(error.path, 303)


async def _for(request: Request, console: Console, name: str, *, live: bool) -> Response:
    """A page that brings all by itself, for who may see it."""
    return page(request, console, name, await looker(request, console), live=live)


@router.get("/")
async def floor(request: Request, console: TheConsole) -> Response:
    if console.settings.open_floor:
        return page(request, console, "floor.html", await session_of(console, request), live=True)
    return await _for(request, console, "floor.html", live=True)


@router.get("/decisions")
async def decisions(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "decisions.html", live=False)


@router.get("/wallboard")
async def wallboard(request: Request, console: TheConsole) -> Response:
    if console.settings.open_floor:
        return page(request, console, "wallboard.html", await session_of(console, request), live=True)
    return await _for(request, console, "wallboard.html", live=True)


@router.get("/recordings")
async def recordings(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "recordings.html", live=False)


@router.get("/recordings/{call}")
async def recording(request: Request, call: int, console: TheConsole) -> Response:
    return await _for(request, console, "recording.html", live=False)


@router.get("/quality")
async def quality(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "quality.html", live=False)


@router.get("/quality/results")
async def quality_results(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "quality_results.html", live=False)


@router.get("/quality/disputes")
async def quality_disputes(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "quality_disputes.html", live=False)


@router.get("/quality/calibration")
async def quality_calibration(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "quality_calibration.html", live=False)


@router.get("/quality/machines")
async def quality_machines(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "quality_machines.html", live=False)


@router.get("/quality/rules")
async def quality_rules(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "quality_rules.html", live=False)


@router.get("/quality/forms")
async def quality_forms(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "quality_forms.html", live=False)


@router.get("/my-scores")
async def my_scores(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "my_scores.html", live=False)


@router.get("/calling-hours")
async def calling_hours(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "calling_hours.html", live=False)


@router.get("/desk")
async def desk(request: Request, console: TheConsole) -> Response:
    return await _for(request, console, "desk.html", live=True)


@router.get("/sign-in")
async def sign_in(request: Request, console: TheConsole) -> Response:
    told = request.query_params.get("elsewhere", "")
    return page(request, console, "sign_in.html", None, fault=SIGN_IN_FAULTS.get(told, ""))
