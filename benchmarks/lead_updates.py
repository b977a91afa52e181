"""1,000 changes of leads a second from one client, beside a campaign that dials: the loop's lag and what actions take.

    python -m benchmarks lead_updates [--rate 1000] [--at-once 100] [--seconds 30] [--agents 60]

The whole dialer runs in this process, against the stand-in switch in another; the client is a third. It changes leads
by `POST /leads/changes`, so many at once (1: by `PATCH /leads/{lead}`, each a request of its own). Actions are what a
supervisor presses: pause and start of the campaign. Seconds with the client and without take turns.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.floor_clients import dialer, stretch
from benchmarks.tables import table
from dialer.web.client import Client

LAG_P99_MAX_MS = 20.0
ACTION_P95_MAX_MS = 150.0
_IN_FLIGHT_MAX = 16  # a client that waits for its answers
PASSWORD = "a long enough password"


async def change_leads(url: str, token: str, rate: float, at_once: int, seconds: float) -> int:
    """Change leads at that rate; how many were changed. Runs in a process of its own."""
    done, sent, began = 0, 0, time.monotonic()

    async def one(client: Client, first: int) -> None:
        nonlocal done
        if at_once == 1:
            await client.change_lead(1 + first % 1_000, days_past_due=first % 90)
        else:
            leads = [{"lead": 1 + (first + n) % 1_000, "days_past_due": first % 90} for n in range(at_once)]
            await client.change_leads(leads)
        done += at_once

    async with Client(url, token) as client, asyncio.TaskGroup() as tasks:
        while (now := time.monotonic() - began) < seconds:
            while sent < rate * now and sent - done < at_once * _IN_FLIGHT_MAX:
                tasks.create_task(one(client, sent))
                sent += at_once
            await asyncio.sleep(0.005)
    return done


def run_client(url: str, token: str, rate: float, at_once: int, seconds: float) -> None:
    """What the client's process does: says how many leads it changed, and in what time."""
    began = time.monotonic()
    done = asyncio.run(change_leads(url, token, rate, at_once, seconds))
    print(done, time.monotonic() - began, flush=True)


async def far_client(url: str, token: str, given: argparse.Namespace) -> tuple[int, float]:
    """Changes a second and seconds of a client in a process of its own."""
    code = (
        "import sys; from benchmarks.lead_updates import run_client; "
        "run_client(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))"
    )
    words = (url, token, str(given.rate), str(given.at_once), str(given.seconds))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *words, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    done, took = said.split()
    return int(done), float(took)


async def actions(url: str, token: str, seconds: float) -> list[float]:
    """Milliseconds that pressing start took, twice a second."""
    took, began = [], time.monotonic()
    async with Client(url, token) as client:
        while time.monotonic() - began < seconds:
            before = time.monotonic()
            await client.start_campaign(1)
            took.append(1000 * (time.monotonic() - before))
            await asyncio.sleep(0.5)
    return took


async def measured(given: argparse.Namespace) -> list[list[str]]:
    """Stretches without the client and with it."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        async with dialer(Path(folder), given.agents, admin_token=PASSWORD) as (_, url):
            for name in ("without", "with"):
                busy = far_client(url, PASSWORD, given) if name == "with" else asyncio.sleep(given.seconds, (0, 1.0))
                looked, took, (done, lasted) = await asyncio.gather(
                    stretch(given.seconds), actions(url, PASSWORD, given.seconds), busy
                )
                p95 = statistics.quantiles(took, n=20)[18]
                rows.append(
                    [
                        name, f"{done / lasted:.0f}", f"{looked.share:.2f}", f"{looked.lag_ms:.1f}",
                        f"{looked.lag_p99_ms:.1f}", f"{p95:.1f}",
                        "met" if looked.lag_p99_ms <= LAG_P99_MAX_MS and p95 <= ACTION_P95_MAX_MS else "not met",
                    ]
                )  # fmt: skip
    return rows


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks lead_updates")
    parser.add_argument("--rate", type=float, default=1000.0, help="changes of leads a second")
    parser.add_argument("--at-once", type=int, default=100, help="leads in one request; 1: each a request of its own")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--agents", type=int, default=60)
    given = parser.parse_args(arguments)
    rows = asyncio.run(measured(given))
    head = ["client", "changes/s", "core", "lag ms", "lag p99 ms", "action p95 ms", "bounds"]
    print(table(head, rows))
