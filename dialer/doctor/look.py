"""Everything that is looked at, together."""

import asyncio
import socket

from dialer.config import Config
from dialer.doctor.data import campaigns_in_use, data_findings
from dialer.doctor.findings import Finding, State
from dialer.doctor.house import house_findings
from dialer.doctor.switch import switch_findings
from dialer.store import Store

_ORDER = {State.FAILED: 0, State.WARNING: 1, State.OK: 2}


async def look(config: Config, store: Store | None = None) -> list[Finding]:
    """All findings, what failed first. `store`: this is the server itself, with its database open."""
    serving = store is not None or await asyncio.to_thread(_serves, config)
    found = await asyncio.to_thread(lambda: list(house_findings(config, serving=serving)))
    found += [one async for one in data_findings(config, store)]
    found += [one async for one in switch_findings(config, await campaigns_in_use(config, store))]
    return sorted(found, key=lambda one: _ORDER[one.state])


def _serves(config: Config) -> bool:
    """Whether the configuration's own server runs: it left its token, and its door is open."""
    if not config.token_file.exists():
        return False
    try:
        with socket.create_connection((config.web.host, config.web.port), timeout=1.0):
            return True
    except OSError:
        return False
