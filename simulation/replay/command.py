"""`dialer replay`: a recorded day decided again. Only options and their meaning stand here."""

from typing import Annotated

import typer

from dialer.cli.language import spoken
from dialer.cli.output import JsonFile
from pacing import Policy
from simulation.command import Tongues


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
    language: Tongues = "",
    json: JsonFile = None,
) -> None:
    """Run what was recorded through the engine, and prove that it decides the same, command for command.

    Exits with 1 where it does not; the first difference is named.
    """
    from simulation.replay.tell import tell  # noqa: PLC0415 - a command's work is imported when it is asked for
    from simulation.texts import Tongue  # noqa: PLC0415

    tongue = Tongue(spoken(language))
    raise typer.Exit(tell(journal, runs=run or [], policy=policy, json_file=json, tongue=tongue))
