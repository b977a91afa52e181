"""Where VICIdial's APIs are looked for. Off by default: passwords in addresses end up in logs of others."""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from dialer.web.access import TheConsole
from dialer.web.vicidial import CHANGING, Vicidial

router = APIRouter(include_in_schema=False)
_BAD = "ERROR: Login incorrect, please try again"


@router.api_route("/vicidial/non_agent_api.php", methods=["GET", "POST"])
@router.api_route("/agc/api.php", methods=["GET", "POST"])
async def vicidial(request: Request, console: TheConsole) -> PlainTextResponse:
    """Both of VICIdial's APIs; `user` is a login, `pass` an API token of that user."""
    if not console.settings.vicidial_api:
        return PlainTextResponse("ERROR: THIS API IS OFF - set web.vicidial_api = true", 404)
    given = dict(request.query_params)
    if request.method == "POST":
        given |= dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    token = given.pop("pass", "")
    session = await console.sessions.find(token, console.now()) if 0 < len(token) <= 200 else None
    user = await console.store.users.get(session.user) if session is not None and session.user is not None else None
    if session is None or user is None or user.login != given.get("user"):
        return PlainTextResponse(_BAD)
    asked = Vicidial(console, session, given, base=str(request.base_url).rstrip("/"))
    text = await asked.answer()
    action = CHANGING.get(given.get("function", ""))
    if action is not None:
        whom = {"agent_user": given.get("agent_user", "")[:80]} if action.startswith("vicidial.external") else {}
        await console.note(session, action, good=text.startswith("SUCCESS"), **whom, **asked.touched)
    return PlainTextResponse(text + "\n")
