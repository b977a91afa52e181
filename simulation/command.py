"""`dialer simulate` and `dialer soak`: whole days, and faulty worlds, around the production engine.

Only options and their meaning stand here: what they do is imported when it is asked for.
"""

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.output import JsonFile
from dialer.core.model import Mode

Seeds = Annotated[str, typer.Option(help="A range of seeds, A:B: from A to B - 1. One number is one seed.")]


def simulate(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or a .toml file.")] = "collections_30",
    *,
    seeds: Seeds = "1:2",
    hours: Annotated[float | None, typer.Option(min=0.01, help="Another length than the scenario's.")] = None,
    mode: Annotated[list[Mode] | None, typer.Option(help="Another mode; may be repeated to compare.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name the scenarios there are, and stop.")] = False,
    json: JsonFile = None,
) -> None:
    """Live through a simulated day with the dialer's own engine, and say what it came to."""
    from simulation import run  # noqa: PLC0415 - see above

    if list_:
        run.show_scenarios()
        return
    run.simulate(scenario, run.read_seeds(seeds), hours=hours, modes=mode or [], json_file=json)


def soak(
    *,
    seeds: Seeds = "0:50",
    jobs: Annotated[int, typer.Option(min=1, help="Processes at one time.")] = 1,
    trace: Annotated[Path | None, typer.Option(help="Write every event and command of the last seed here.")] = None,
    json: JsonFile = None,
) -> None:
    """Let the engine live through many small faulty worlds, and check every law after every event.

    Exits with 1 where a law was broken; the first and the last line name the seed and the command that repeats it.
    """
    from simulation import run  # noqa: PLC0415 - see above

    raise typer.Exit(run.soak(run.read_seeds(seeds), jobs=jobs, trace_file=trace, json_file=json))
