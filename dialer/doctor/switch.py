"""What Asterisk says of itself and of the trunks. Asks only; no call is placed."""

import asyncio
import re
from collections.abc import AsyncIterator

from dialer.asterisk.link import Link
from dialer.asterisk.protocol import Message
from dialer.config import Config
from dialer.core.model import Trunk
from dialer.doctor.findings import Finding, failed, ok, warning
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
        mend = "start Asterisk; enable the manager interface there: `dialer asterisk check`"
        yield failed("asterisk", f"no manager interface answers at {where} ({error or 'no answer'})", mend)
        return
    except ConfigError as error:
        yield failed("asterisk", str(error), "give [asterisk] username and secret as manager.conf has them")
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
        return failed("asterisk", f"{where}: {error}", "give the account read and write: `dialer asterisk check`")
    version = str(getattr(answer, "AsteriskVersion", "") or answer.get("AsteriskVersion", ""))
    major = int(found[0]) if (found := re.match(r"\d+", version)) else 0
    if not 16 <= major <= 23:
        return warning("asterisk", f"{where}: version {version or 'unknown'}", "16 to 22 are tried; 22 is advised")
    return ok("asterisk", f"{where}: Asterisk {version}")


async def _trunk(link: Link, trunk: Trunk, told: "_Told") -> Finding:
    area = f"trunk {trunk.name}"
    found = _ENDPOINT.search(trunk.dial)
    if found is None:
        return ok(area, f"{trunk.dial}: not by PJSIP, not looked up")
    name = found["name"]
    told.begin()
    try:
        [asked] = link.send({"Action": "PJSIPShowEndpoint", "Endpoint": name})
        await link.answer(asked)
        async with asyncio.timeout(_WITHIN_S):
            await told.whole.wait()
    except ActionRefusedError:
        mend = f"add [{name}] to pjsip.conf (`dialer asterisk render` writes it), or mend `dial` of the trunk"
        return failed(area, f"Asterisk knows no endpoint {name}", mend)
    except (SwitchUnavailableError, TimeoutError) as error:
        return warning(area, f"{name}: {error or 'no answer'}", "ask again")
    states = sorted({str(one.get("Status", "")) for one in told.messages if one.get("Event") == "ContactStatusDetail"})
    if "Unreachable" in states:
        return failed(area, f"{name}: the carrier does not answer OPTIONS", "look at firewall, address and credentials")
    return ok(area, f"{name}: {', '.join(states) or 'no contact is qualified'}")
