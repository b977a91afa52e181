"""`dialer serve`: the engine, the console and the API, until told to end."""

import asyncio
import logging
import signal
import sys
from typing import Annotated

import structlog
import typer

from dialer.cell import Cell
from dialer.cli.reach import ConfigFile, config_file
from dialer.config import load


def serve(
    config: ConfigFile = None,
    *,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more.")] = False,
) -> None:
    """Dial, connect, record; serve the console and the API.

    Ctrl-C ends in peace: nothing more is dialled, talks end, then all is hung up (twice: at once). SIGTERM ends at
    once and leaves talks on Asterisk; the next start takes them over. SIGHUP reads trunks and pools of numbers anew.
    """
    _log_to_stderr(verbose=verbose)
    file = config_file(config)
    asyncio.run(_serve(Cell(load(file), file)))


async def _serve(cell: Cell) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, cell.drain)
    loop.add_signal_handler(signal.SIGTERM, cell.leave)
    reading: set[asyncio.Task[None]] = set()  # kept until each is done

    def reread() -> None:
        task = loop.create_task(cell.reread())
        reading.add(task)
        task.add_done_callback(reading.discard)

    loop.add_signal_handler(signal.SIGHUP, reread)
    await cell.run(lambda url: print(f"serving {url}", flush=True))  # noqa: T201 - scripts wait for this line


def _log_to_stderr(*, verbose: bool) -> None:
    """One JSON object a line on standard error; readable lines where a person looks on."""
    person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
