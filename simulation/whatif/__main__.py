"""One forecast in a process of its own and of the lowest priority: asked in JSON, answered in JSON.

    python -m simulation.whatif
    < {"database": URL, "campaign": 1, "change": {...}, "minutes": 30, "at": T, "budget_s": 10, "asked_at": T}

The answer is {"forecast": ...} or {"error": text}.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

from dialer.core.ids import CampaignId
from dialer.errors import DialerError
from simulation.past import looking_back
from simulation.whatif.ask import as_plain, ask, proposal_of
from simulation.whatif.forecast import NICE

SPARE_S = 2.0  # of the budget, for ending and telling: whoever asked waits for all of it
LEAST_S = 2.0


async def answer(asked: dict[str, Any]) -> dict[str, object]:
    """Do what is asked."""
    try:
        async with looking_back(asked["database"]) as store:
            found = await ask(
                store,
                CampaignId(asked["campaign"]),
                proposal_of(asked["change"]),
                minutes=asked["minutes"],
                at=asked["at"],
                budget_s=max(LEAST_S, asked["budget_s"] - SPARE_S - (time.time() - asked["asked_at"])),
            )
    except DialerError as error:
        return {"error": str(error)}
    return {"forecast": as_plain(found)}


if __name__ == "__main__":
    os.nice(NICE)
    if question := sys.stdin.read():  # nothing: whoever started it needs it no more
        sys.stdout.write(json.dumps(asyncio.run(answer(json.loads(question)))))
