"""`dialer demo`: a whole campaign on this machine, with nothing to prepare.

Only options and their meaning stand here: every `dialer` command loads this file, so it must stay light.
"""

from pathlib import Path
from typing import Annotated

import typer

from dialer.core.model import Mode

PORT = 8080


def demo(
    *,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="How long to dial.", show_default="until Ctrl-C")
    ] = None,
    agents: Annotated[int, typer.Option(min=1, max=200, help="How many agents work.")] = 12,
    mode: Annotated[Mode, typer.Option(help="How calls come to be placed.")] = Mode.PREDICTIVE,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the day's figures to this file (-: standard output).")
    ] = None,
    standin: Annotated[
        bool, typer.Option("--standin", help="Dial through a stand-in switch instead of a real Asterisk.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Where the page is.", show_default=f"{PORT}, or a free one")] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Folder for all that the demo writes.", show_default=".lab/demo")
    ] = None,
    leads: Annotated[int, typer.Option(min=1, max=100_000, help="How many people are on the list.")] = 5000,
    talk_max: Annotated[int, typer.Option(min=1, max=99, help="Seconds that people talk at most.")] = 40,
    seed: Annotated[int, typer.Option(help="Another number, other people and other habits.")] = 1,
) -> None:
    """Run a whole campaign here: a private Asterisk, another one that plays the people called, robots for agents.

    Nothing leaves this machine, nothing outside the folder changes. Ctrl-C ends it in peace and prints the day.
    """
    from simulation.demo.run import Plan, run  # noqa: PLC0415 - see above

    plan = Plan(
        minutes=minutes,
        agents=agents,
        mode=mode,
        json_file=json,
        standin=standin,
        port=port,
        folder=keep,
        leads=leads,
        talk_max_s=talk_max,
        seed=seed,
    )
    raise typer.Exit(run(plan))
