"""`dialer simulate` and `dialer soak`: whole days, and faulty worlds, around the production engine.

Only options and their meaning stand here: what they do is imported when it is asked for.
"""

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.output import JsonFile
from dialer.core.model import Mode
from simulation.extras import require

Seeds = Annotated[str, typer.Option(help="A range of seeds, A:B: from A to B - 1. One number is one seed.")]


def simulate(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or a .toml file.")] = "collections_30",
    *,
    seeds: Seeds = "1:2",
    days: Annotated[int, typer.Option(min=1, help="How many days.")] = 1,
    hours: Annotated[float | None, typer.Option(min=0.01, help="Another length than the scenario's.")] = None,
    mode: Annotated[list[Mode] | None, typer.Option(help="Another mode; may be repeated to compare.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name the scenarios there are, and stop.")] = False,
    from_history: Annotated[
        str | None, typer.Option(help="Write a scenario from what this database (URL or file) recorded, and stop.")
    ] = None,
    campaign: Annotated[str | None, typer.Option(help="Of this campaign, by name or number (--from-history).")] = None,
    between: Annotated[
        tuple[str, str] | None, typer.Option(help="From this date or time up to that one (--from-history).")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="The list's time zone, else told from its numbers.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The scenario file to write.")] = None,
    record: Annotated[
        str | None, typer.Option(help="Keep the days of the first seed in this new database, as real ones are kept.")
    ] = None,
    json: JsonFile = None,
) -> None:
    """Live through a simulated day with the dialer's own engine, and say what it came to.

    With --from-history: fit people, carrier, agents and list to what the dialer recorded, and write them as a scenario.
    """
    if from_history is not None:
        _calibrate(from_history, campaign, between, zone=zone, out=out, json_file=json)
        return
    from simulation import run  # noqa: PLC0415 - see above

    if list_:
        run.show_scenarios()
        return
    if record is not None:
        from simulation.recorded import keep  # noqa: PLC0415 - see above

        keep(scenario, run.read_seeds(seeds).start, days=days, hours=hours, url=record)
        return
    run.simulate(scenario, run.read_seeds(seeds), hours=hours, modes=mode or [], json_file=json)


def _calibrate(
    where: str,
    campaign: str | None,
    between: tuple[str, str] | None,
    *,
    zone: str | None,
    out: Path | None,
    json_file: Path | None,
) -> None:
    from dialer.cli.times import meant  # noqa: PLC0415 - see above

    if campaign is None or between is None:
        raise typer.BadParameter("--from-history goes with --campaign C and --between A B")
    require("tuning", "scipy", "matplotlib")
    from simulation.calibrate.tell import tell  # noqa: PLC0415 - see above

    since, until = map(meant, between)
    tell(where, campaign, since, until, zone=zone, out=out, json_file=json_file)


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
