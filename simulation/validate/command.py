"""`dialer validate`: forecast against fact. Only options and their meaning stand here."""

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.language import Language, spoken
from dialer.cli.output import JsonFile
from dialer.cli.reach import ConfigFile, DatabaseUrl
from simulation.extras import require


def validate(
    scenario: Annotated[str, typer.Argument(help="With --lab: a scenario that the lab can play.")] = "lab_16",
    *,
    campaign: Annotated[str, typer.Option(help="The campaign of the past day, by name or number.")] = "",
    day: Annotated[str, typer.Option(help="The past day, as 2026-03-02.")] = "",
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Fit the laws to this stretch.", show_default="the two weeks before the day"),
    ] = None,
    simulations: Annotated[int, typer.Option(min=4, help="How often the day is simulated.")] = 20,
    lab: Annotated[bool, typer.Option("--lab", help="Play the scenario on a private Asterisk, in real time.")] = False,
    standin: Annotated[bool, typer.Option("--standin", help="With --lab: on the stand-in switch instead.")] = False,
    minutes: Annotated[float, typer.Option(min=1, help="With --lab: how long.")] = 10.0,
    seed: Annotated[int, typer.Option(help="With --lab: another number, other people.")] = 1,
    jobs: Annotated[int, typer.Option(min=0, help="Processes at one time; 0 is one for each core.")] = 0,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    png: Annotated[Path | None, typer.Option(help="Draw the past day, hour by hour, into this file.")] = None,
    language: Language = "",
    json: JsonFile = None,
) -> None:
    """Say how far forecasts can be trusted: hold one against what really came.

    Of a past day (--database or -c, --campaign, --day), forecast from the days before it; or with --lab, of the same
    scenario on a real Asterisk and in simulation.
    """
    require("tuning", "scipy", "matplotlib")
    from simulation.texts import Tongue  # noqa: PLC0415 - a command's work is imported when it is asked for
    from simulation.validate import tell  # noqa: PLC0415

    if lab:
        tell.of_lab(
            scenario, seed=seed, minutes=minutes, simulations=simulations, standin=standin, jobs=jobs, file=json,
            tongue=Tongue(spoken(language)),
        )  # fmt: skip
        return
    if not (campaign and day):
        raise typer.BadParameter("a past day goes with --campaign C and --day D; else give --lab")
    asked = tell.Asked(
        campaign=campaign, day=day, between=between, simulations=simulations, jobs=jobs, png=png, language=language
    )
    tell.of_day(asked, config=config, database=database, file=json)
