"""`dialer tune`: the search for a better strategy. Only options and their meaning stand here."""

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.language import spoken
from dialer.cli.output import JsonFile
from simulation.command import Tongues
from simulation.extras import require

CUSTOMARY = "abandon<=0.03@99%"


def tune(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or a .toml file.")],
    *,
    space: Annotated[Path, typer.Option(help="A TOML file that says what may vary.")],
    constraint: Annotated[
        list[str] | None,
        typer.Option(help="What must hold; may be repeated.", show_default=CUSTOMARY),
    ] = None,
    maximize: Annotated[
        str, typer.Option(help="What to reach: people, right, promises (each an agent-hour), occupancy.")
    ] = "people",
    trials: Annotated[int, typer.Option(min=1, help="Strategies to try in all, those of former runs counted.")] = 40,
    days: Annotated[int, typer.Option(min=2, help="Simulated days for each strategy that is not given up.")] = 3,
    hours: Annotated[float | None, typer.Option(min=0.1, help="Another length of a day than the scenario's.")] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="The strategy file to write.")] = Path("strategy.toml"),
    storage: Annotated[
        str | None, typer.Option(help="Where the search is kept, to go on later.", show_default="NAME-tune.db")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes at one time; 0 is one for each core.")] = 0,
    dask: Annotated[str | None, typer.Option(help="A Dask scheduler, as tcp://10.0.0.1:8786, instead.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw the frontier into this file.")] = None,
    language: Tongues = "",
    json: JsonFile = None,
) -> None:
    """Search for the strategy that reaches most and keeps the constraints, and prove it on fresh days.

    Writes it as a file that a campaign loads: `dialer campaign load`. Exits with 1 where no strategy keeps them.
    """
    require("tuning", "optuna", "scipy", "matplotlib")
    if dask is not None:
        require("cluster", "distributed")
    from simulation.texts import Tongue  # noqa: PLC0415 - a command's work is imported when it is asked for
    from simulation.tune.tell import Asked, tell  # noqa: PLC0415

    asked = Asked(
        scenario=scenario, space=space, constraints=constraint or [CUSTOMARY], maximize=maximize, trials=trials,
        days=days, hours=hours, out=out, storage=storage, jobs=jobs, dask=dask, png=png, json_file=json,
        tongue=Tongue(spoken(language)),
    )  # fmt: skip
    raise typer.Exit(tell(asked))
