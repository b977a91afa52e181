"""The phone in the desk's page: where it registers and as whom. Its password is told to its own agent alone."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from pydantic import BaseModel, Field

from asterisk_config.phone_secret import phone_password
from dialer.core.messages import PhoneBack
from dialer.web.access import TheAgent, TheConsole
from dialer.web.bodies import DeskSignIn
from dialer.web.desk_routes import asked
from dialer.web.problems import responses
from dialer.web.views import DeskNow

router = APIRouter(prefix="/desk/phone", tags=["desk"], responses=responses(401, 403, 404, 409))


class PhoneShown(BaseModel):
    """How a page registers its phone at Asterisk; `endpoint` is what signing in names."""

    url: str = Field(examples=["wss://phones.example:8089/ws"])
    uri: str = Field(examples=["sip:1001@phones.example"])
    name: str
    password: str
    endpoint: str = Field(examples=["PJSIP/1001"])


@router.get("", operation_id="deskPhone")
async def phone(agent: TheAgent, console: TheConsole) -> PhoneShown | None:
    """The agent's phone for the page; null where none is set up or the agent has no code: then any SIP phone does."""
    settings = console.settings
    login = await console.store.agents.get(agent)
    if not settings.phone_url or login is None or login.code is None:
        return None
    name = settings.phone_name.format(code=login.code)
    return PhoneShown(
        url=settings.phone_url,
        uri=f"sip:{name}@{urlsplit(settings.phone_url).hostname}",
        name=name,
        password=phone_password(settings.phone_key, name),
        endpoint=f"PJSIP/{name}",
    )


@router.post("/back", operation_id="deskPhoneBack")
async def back(agent: TheAgent, console: TheConsole, body: DeskSignIn) -> DeskNow:
    """The page's phone registered anew and holds no call: the agent's leg is made again, whatever Asterisk believes."""
    return await asked(console, agent, PhoneBack(agent, body.endpoint))
