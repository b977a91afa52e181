"""What Asterisk says of itself, of the trunks, and of what campaigns need there. Asks only; nobody is called."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence

from asterisk_config import edition
from dialer.asterisk.link import Link
from dialer.asterisk.protocol import Message
from dialer.config import Config
from dialer.core.model import Campaign, Trunk
from dialer.doctor.findings import Area, Code, Finding, found
from dialer.doctor.hearing import WANTED, hearing_findings
from dialer.errors import ActionRefusedError, ConfigError, SwitchUnavailableError

_ENDPOINT = re.compile(r"PJSIP/[^@/]*@(?P<name>[A-Za-z0-9_.\-]+)")
_WANTED = ("EndpointDetail", "EndpointDetailComplete", "ContactStatusDetail", *WANTED)
_WITHIN_S = 5.0


async def switch_findings(config: Config, campaigns: Sequence[Campaign] = ()) -> AsyncIterator[Finding]:
    """Log in, ask for the version, look each trunk up; and whether these campaigns' calls can be heard there."""
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
        if (rendered := await _edition(link)) is not None:
            yield rendered
        for trunk in config.trunks:
            yield await _trunk(link, trunk, told)
        async for finding in hearing_findings(link, told.first, campaigns):
            yield finding
    finally:
        link.close()


class _Told:
    """What Asterisk tells, and who waits for which of it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._waited_for: list[tuple[Callable[[Message], bool], asyncio.Future[Message]]] = []

    def first(self, fits: Callable[[Message], bool], within_s: float) -> "asyncio.Task[Message]":
        """The first message from now on that fits. It fails with TimeoutError when none comes within so long."""
        self.messages.clear()
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waited_for.append((fits, future))
        return asyncio.create_task(asyncio.wait_for(future, within_s))

    def take(self, message: Message) -> None:
        self.messages.append(message)
        for fits, future in self._waited_for:
            if not future.done() and fits(message):
                future.set_result(message)
        self._waited_for = [one for one in self._waited_for if not one[1].done()]


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


async def _edition(link: Link) -> Finding | None:
    """Whether Asterisk runs the configuration that this version renders; None where it does not say."""
    try:
        [asked] = link.send({"Action": "Getvar", "Variable": edition.GLOBAL})
        answer = await link.answer(asked)
    except (ActionRefusedError, SwitchUnavailableError):
        return None
    there, ours = str(answer.get("Value", "")), edition.edition()
    code = Code.EDITION if there == ours else Code.EDITION_OTHER
    return found(Area.ASTERISK, code, "configuration", there=there or "?", ours=ours)


async def _trunk(link: Link, trunk: Trunk, told: "_Told") -> Finding:
    area, named = Area.TRUNK, _ENDPOINT.search(trunk.dial)
    if named is None:
        return found(area, Code.TRUNK_OTHER, trunk.name, dial=trunk.dial)
    name = named["name"]
    whole = told.first(lambda message: message.get("Event") == "EndpointDetailComplete", _WITHIN_S)
    try:
        [asked] = link.send({"Action": "PJSIPShowEndpoint", "Endpoint": name})
        await link.answer(asked)
        await whole
    except ActionRefusedError:
        return found(area, Code.ENDPOINT_UNKNOWN, trunk.name, name=name)
    except (SwitchUnavailableError, TimeoutError):
        return found(area, Code.ENDPOINT_SILENT, trunk.name, name=name)
    finally:
        whole.cancel()
    states = sorted({str(one.get("Status", "")) for one in told.messages if one.get("Event") == "ContactStatusDetail"})
    if "Unreachable" in states:
        return found(area, Code.ENDPOINT_UNREACHABLE, trunk.name, name=name)
    if not states:
        return found(area, Code.ENDPOINT_UNQUALIFIED, trunk.name, name=name)
    return found(area, Code.ENDPOINT, trunk.name, name=name, states=", ".join(states))
