"""The phone in a page: where it registers and as whom. Its password is told to its own agent or supervisor alone."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from pydantic import BaseModel, Field

from asterisk_config.phone_secret import phone_password
from dialer.core.messages import PhoneBack
from dialer.web.access import Caller, TheAgent, TheConsole
from dialer.web.bodies import DeskSignIn
from dialer.web.desk_routes import asked
from dialer.web.problems import responses
from dialer.web.settings import WebSettings
from dialer.web.views import DeskNow

router = APIRouter(responses=responses(401, 403, 404, 409))


class PhoneShown(BaseModel):
    """How a page registers its phone at Asterisk; `endpoint` is what signing in names."""

    url: str = Field(examples=["wss://phones.example:8089/ws"])
    uri: str = Field(examples=["sip:1001@phones.example"])
    name: str
    password: str
    endpoint: str = Field(examples=["PJSIP/1001"])


def _shown(settings: WebSettings, name: str) -> PhoneShown:
    return PhoneShown(
        url=settings.phone_url,
        uri=f"sip:{name}@{urlsplit(settings.phone_url).hostname}",
        name=name,
        password=phone_password(settings.phone_key, name),
        endpoint=f"PJSIP/{name}",
    )


@router.get("/desk/phone", operation_id="deskPhone", tags=["desk"])
async def phone(agent: TheAgent, console: TheConsole) -> PhoneShown | None:
    """The agent's phone for the page; null where none is set up or the agent has no code: then any SIP phone does."""
    settings = console.settings
    login = await console.store.agents.get(agent)
    if not settings.phone_url or login is None or login.code is None:
        return None
    name = settings.phone_name.format(code=login.code)
    if settings.is_supervisor_phone(name):  # whose code reaches into the supervisors' row would hear what they hear
        return None
    return _shown(settings, name)


@router.get("/floor/phone", operation_id="floorPhone", tags=["floor"])
async def supervisors_phone(session: Caller, console: TheConsole) -> PhoneShown | None:
    """The caller's own phone for the floor's page; null where none is set up: then any SIP phone does."""
    name = console.settings.supervisor_phone(session.user) if session.user is not None else ""
    return _shown(console.settings, name) if name else None


@router.post("/desk/phone/back", operation_id="deskPhoneBack", tags=["desk"])
async def back(agent: TheAgent, console: TheConsole, body: DeskSignIn) -> DeskNow:
    """The page's phone registered anew and holds no call: the agent's leg is made again, whatever Asterisk believes."""
    return await asked(console, agent, PhoneBack(agent, body.endpoint))
