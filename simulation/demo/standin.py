"""The stand-in switch as a process of its own: python -m simulation.demo.standin AGI_PORT SECRET RECORDINGS

Writes `listening PORT` once it does, and runs until it is ended.
"""

import asyncio
import sys
from pathlib import Path

from simulation.standin import StandInSwitch


async def run(agi_port: int, secret: str, recordings: Path) -> None:
    async with StandInSwitch(agi_port=agi_port, secret=secret, recordings=recordings) as switch:
        sys.stdout.write(f"listening {switch.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
