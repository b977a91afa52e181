"""What Asterisk says of itself and of the trunks. Asks only; no call is placed."""

import asyncio
import re
from collections.abc import AsyncIterator

from dialer.asterisk.link import Link
from dialer.asterisk.protocol import Message
from dialer.config import Config
from dialer.core.model import Trunk
from dialer.doctor.findings import Area, Code, Finding, found
from dialer.errors import ActionRefusedError, ConfigError, SwitchUnavailableError

_ENDPOINT = re.compile(r"PJSIP/[^@/]*@(?P<name>[A-Za-z0-9_.\-]+)")
_WANTED = ("EndpointDetail", "EndpointDetailComplete", "ContactStatusDetail")
_WITHIN_S = 5.0


async def switch_findings(config: Config) -> AsyncIterator[Finding]:
    """Log in, ask for the version, look each trunk up."""
    settings, told = config.asterisk, _Told()
    where = f"{settings.host}:{settings.port}"
    link = Link(settings, _WANTED, told.take)
    try:
        async with asyncio.timeout(_WITHIN_S):
            await link.open()
    except (OSError, SwitchUnavailableError) as error:
        if str(error) and not isinstance(error, ConnectionRefusedError):
            yield found(Area.ASTERISK, Code.SWITCH_BROKEN, where=where, error=str(error))
        else:
            yield found(Area.ASTERISK, Code.SWITCH_SILENT, where=where)
        return
    except ConfigError as error:
        yield found(Area.ASTERISK, Code.SWITCH_LOGIN, error=str(error))
        return
    try:
        yield await _version(link, where)
        for trunk in config.trunks:
            yield await _trunk(link, trunk, told)
    finally:
        link.close()


class _Told:
    """What Asterisk tells of one endpoint."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.whole = asyncio.Event()

    def begin(self) -> None:
        self.messages.clear()
        self.whole.clear()

    def take(self, message: Message) -> None:
        self.messages.append(message)
        if message.get("Event") == "EndpointDetailComplete":
            self.whole.set()


async def _version(link: Link, where: str) -> Finding:
    try:
        [asked] = link.send({"Action": "CoreSettings"})
        answer = await link.answer(asked)
    except (ActionRefusedError, SwitchUnavailableError) as error:
        return found(Area.ASTERISK, Code.SWITCH_REFUSES, where=where, error=str(error))
    version = str(getattr(answer, "AsteriskVersion", "") or answer.get("AsteriskVersion", ""))
    major = int(told[0]) if (told := re.match(r"\d+", version)) else 0
    code = Code.SWITCH if 16 <= major <= 23 else Code.SWITCH_UNTRIED
    return found(Area.ASTERISK, code, where=where, version=version or "?")


async def _trunk(link: Link, trunk: Trunk, told: "_Told") -> Finding:
    area, named = Area.TRUNK, _ENDPOINT.search(trunk.dial)
    if named is None:
        return found(area, Code.TRUNK_OTHER, trunk.name, dial=trunk.dial)
    name = named["name"]
    told.begin()
    try:
        [asked] = link.send({"Action": "PJSIPShowEndpoint", "Endpoint": name})
        await link.answer(asked)
        async with asyncio.timeout(_WITHIN_S):
            await told.whole.wait()
    except ActionRefusedError:
        return found(area, Code.ENDPOINT_UNKNOWN, trunk.name, name=name)
    except (SwitchUnavailableError, TimeoutError):
        return found(area, Code.ENDPOINT_SILENT, trunk.name, name=name)
    states = sorted({str(one.get("Status", "")) for one in told.messages if one.get("Event") == "ContactStatusDetail"})
    if "Unreachable" in states:
        return found(area, Code.ENDPOINT_UNREACHABLE, trunk.name, name=name)
    if not states:
        return found(area, Code.ENDPOINT_UNQUALIFIED, trunk.name, name=name)
    return found(area, Code.ENDPOINT, trunk.name, name=name, states=", ".join(states))
