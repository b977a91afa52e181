"""`dialer doctor`: everything that the dialer needs, looked at, with the mend beside each finding."""

from dataclasses import asdict

import typer
from rich.console import Console
from rich.markup import escape

from dialer.cli.output import JsonFile, write_json
from dialer.cli.reach import ConfigFile, config_file, run
from dialer.config import load
from dialer.doctor.findings import State
from dialer.doctor.look import look

_STYLE = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "bold red"}


def doctor(
    config: ConfigFile = None,
    *,
    json: JsonFile = None,
) -> None:
    """Check configuration, versions, clock, disk, doors, rules, database, campaigns, Asterisk and trunks.

    Changes nothing and places no call. Ends with 1 where something failed.
    """
    found = run(look(load(config_file(config))))
    if json is not None:
        write_json([asdict(one) for one in found], json)
    else:
        console = Console(soft_wrap=True)
        for one in found:
            console.print(f"[{_STYLE[one.state]}]{one.state:>7}[/]  [bold]{escape(one.area)}[/]: {escape(one.found)}")
            if one.mend:
                console.print(f"         {escape(one.mend)}", style="dim")
    if any(one.state is State.FAILED for one in found):
        raise typer.Exit(1)
