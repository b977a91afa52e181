"""The phone in a page: where it registers and as whom. Its password is told to its own agent or supervisor alone."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter
from pydantic import BaseModel, Field

from asterisk_config.phone_secret import phone_password
from dialer.core.messages import PhoneBack
from dialer.web.access import Caller, TheAgent, TheConsole
from dialer.web.bodies import Body, DeskSignIn
from dialer.web.desk_routes import asked
from dialer.web.hub import PhoneTaken
from dialer.web.problems import ProblemError, responses
from dialer.web.settings import WebSettings
from dialer.web.views import DeskNow

Page = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,64}$", examples=["lq3x9k2f-8d1c5b7a"])]

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


class PhoneTake(Body):
    """The page's own name, made anew each time it is loaded."""

    page: Page


class PhoneHere(DeskSignIn):
    """`page`: which page asks, where it is one."""

    page: Page | None = None


@router.post("/desk/phone/take", operation_id="deskPhoneTake", tags=["desk"])
async def take(agent: TheAgent, console: TheConsole, body: PhoneTake) -> PhoneTaken:
    """This page has the agent's phone from now on. Any other, on whatever machine, is told by the live topic `desk` as
    `phone` and lets go of it: two that both ask for the leg would tear every talk apart."""
    return console.hub.take_phone(agent, body.page, console.now())


@router.post("/desk/phone/back", operation_id="deskPhoneBack", tags=["desk"])
async def back(agent: TheAgent, console: TheConsole, body: PhoneHere) -> DeskNow:
    """The page's phone registered anew and holds no call: the agent's leg is made again, whatever Asterisk believes."""
    holder = console.hub.phone_of(agent)
    if body.page is not None and holder is not None and holder != body.page:
        raise ProblemError("phone_elsewhere")
    return await asked(console, agent, PhoneBack(agent, body.endpoint))
