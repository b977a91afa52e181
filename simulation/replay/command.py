"""`dialer replay`: a recorded day decided again. Only options and their meaning stand here."""

from typing import Annotated

import typer

from dialer.cli.output import JsonFile
from pacing import Policy


def replay(
    journal: Annotated[
        str,
        typer.Argument(help="The dialer's database (URL or file), or what `dialer report --events` wrote."),
    ],
    *,
    run: Annotated[
        list[int] | None, typer.Option(help="This run of the engine alone; may be repeated.", show_default="all")
    ] = None,
    policy: Annotated[
        Policy | None, typer.Option(help="Show, beside it, where this policy would have decided otherwise.")
    ] = None,
    json: JsonFile = None,
) -> None:
    """Run what was recorded through the engine, and prove that it decides the same, command for command.

    Exits with 1 where it does not; the first difference is named.
    """
    from simulation.replay.tell import tell  # noqa: PLC0415 - a command's work is imported when it is asked for

    raise typer.Exit(tell(journal, runs=run or [], policy=policy, json_file=json))
