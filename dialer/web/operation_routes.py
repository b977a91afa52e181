"""For those who run the house: metrics, health, and what the doctor finds."""

import asyncio
import resource
import shutil
import time
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request, Response
from pydantic import Field

from dialer.doctor.told import told
from dialer.errors import StoreError
from dialer.web.access import Caller, TheConsole
from dialer.web.console import Console
from dialer.web.metrics import Board, floor_samples
from dialer.web.problems import ProblemError, responses
from dialer.web.tongues import language_for_programs
from dialer.web.views import Shown

router = APIRouter(tags=["operations"], responses=responses(401, 403))
scraped = APIRouter(tags=["operations"], responses=responses(401, 403))  # at the root, where scrapers look

METRICS = "text/plain; version=0.0.4; charset=utf-8"
_BEGAN = time.time()


@scraped.get("/metrics", operation_id="metrics", responses={200: {"content": {METRICS: {}}}}, response_class=Response)
async def metrics(session: Caller, console: TheConsole) -> Response:
    """Everything that is measured, for Prometheus: sign the scraper's requests with a token (operations.read)."""
    if session.limited:
        raise ProblemError("forbidden", "the figures are the whole house's")
    board = Board()
    floor_samples(board, console.floor.view())
    _process(board)
    _engine(board, console)
    await _store(board, console)
    usage = await asyncio.to_thread(shutil.disk_usage, _existing(console.recordings))
    board.put("cadencia_disk_free_bytes", usage.free)
    board.put("cadencia_disk_size_bytes", usage.total)
    return Response(board.text(), media_type=METRICS)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _process(board: Board) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    board.put("cadencia_up", 1)
    board.put("cadencia_build_info", 1, version=version("cadencia"))
    board.put("cadencia_started_seconds", _BEGAN)
    board.put("cadencia_process_cpu_seconds_total", usage.ru_utime + usage.ru_stime)
    board.put("cadencia_process_resident_bytes", usage.ru_maxrss * 1024)
    files = Path("/proc/self/fd")
    board.put("cadencia_process_open_files", len(list(files.iterdir())) if files.exists() else None)


def _engine(board: Board, console: Console) -> None:
    operations = console.operations
    vitals = operations.vitals()
    board.put("cadencia_loop_lag_p99_seconds", operations.lag.percentile(0.99))
    board.put("cadencia_web_live_clients", console.hub.clients)
    for name in ("loop_lag_seconds", "engine_events_total", "switch_silence_seconds", "switch_ping_seconds",
                 "switch_events_total", "switch_actions_in_flight"):  # fmt: skip
        value = vitals.get(name)
        board.put(f"cadencia_{name}", float(value) if isinstance(value, int | float) else None)
    for code, count in operations.alarms().items():
        board.put("cadencia_engine_alarms", count, code=code)
    for status, count in operations.answered.items():
        board.put("cadencia_web_requests_total", count, status=status)


async def _store(board: Board, console: Console) -> None:
    began = time.monotonic()
    try:
        names = {hook.id: hook.name for hook in await console.store.webhooks.list()}
        counts = await console.store.webhooks.counts()
    except StoreError:
        board.put("cadencia_database_up", 0)
        return
    board.put("cadencia_database_up", 1)
    board.put("cadencia_database_seconds", time.monotonic() - began)
    for webhook, name in names.items():
        for state in ("waiting", "dead"):
            board.put(f"cadencia_webhook_{state}", counts.get(webhook, {}).get(state, 0), webhook=name)


class FindingShown(Shown):
    """One thing that was looked at: ok, warning or failed; what was found, and how to mend it.

    `area` and `code` are the same in every language; `title` (the area), `found` and `mend` are in the one that
    `Accept-Language` likes best.
    """

    area: str = Field(examples=["asterisk"])
    code: str = Field(examples=["switch_silent"])
    state: str = Field(examples=["failed"])
    title: str
    found: str
    mend: str


@router.get("/doctor", operation_id="doctor", responses=responses(409))
async def doctor(session: Caller, console: TheConsole, request: Request) -> list[FindingShown]:
    """Everything that the dialer needs, looked at now; each finding with its mend."""
    if session.limited:
        raise ProblemError("forbidden", "the house's own affair")
    if console.operations.doctor is None:
        raise ProblemError("refused", "no configuration is known to this server")
    language = language_for_programs(request, console)
    return [FindingShown.model_validate(told(one, language)) for one in await console.operations.doctor()]
