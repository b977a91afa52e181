"""`dialer simulate` and `dialer soak`: whole days, and faulty worlds, around the production engine.

Only options and their meaning stand here: what they do is imported when it is asked for.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.language import spoken
from dialer.cli.output import JsonFile
from dialer.core.model import Mode
from dialer.errors import ConfigError
from simulation.extras import require

if TYPE_CHECKING:
    from simulation.texts import Tongue

Seeds = Annotated[str, typer.Option(help="Seeds from A to B - 1, written A:B; or one alone.")]


Tongues = Annotated[
    str, typer.Option("--language", help="In which language it is told: es, en or pt.", show_default="as LANG says")
]

Between = Annotated[
    tuple[str, str] | None, typer.Option(help="With --from-history: from this date or time up to that one.")
]


def simulate(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or a .toml file.")] = "collections_30",
    *,
    days: Annotated[int, typer.Option(min=1, help="Days in a row, on one list.")] = 1,
    seeds: Seeds = "1:2",
    hours: Annotated[float | None, typer.Option(min=0.01, help="Another length of a day than the scenario's.")] = None,
    compare: Annotated[
        str, typer.Option(help="Strategies side by side, as policy=predictive,policy=ratio+pacing.ratio=2.5.")
    ] = "",
    mode: Annotated[list[Mode] | None, typer.Option(help="Another mode; may be repeated to compare.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes at one time; 0 is one for each core.")] = 0,
    list_: Annotated[bool, typer.Option("--list", help="Name the scenarios there are, and stop.")] = False,
    from_history: Annotated[
        str | None, typer.Option(help="Write a scenario from what this database (URL or file) recorded, and stop.")
    ] = None,
    campaign: Annotated[str, typer.Option(help="With --from-history: the campaign, by name or number.")] = "",
    between: Between = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="With --from-history: the file to write.")] = None,
    record: Annotated[
        str | None, typer.Option(help="Keep the first seed's days in this new database, and stop.")
    ] = None,
    json: JsonFile = None,
    html: Annotated[Path | None, typer.Option(help="Write a report with plots: one page, nothing else needed.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the plots as PNG files into this folder.")] = None,
    fingerprint: Annotated[
        bool,
        typer.Option("--fingerprint", help="Print one of every event and command instead: equal days, equal prints."),
    ] = False,
    language: Tongues = "",
) -> None:
    """Live through simulated days with the dialer's own engine, and say what they came to.

    Every seed is another town of people; strategies compared under one seed call the same people. With --from-history,
    people, carrier, agents and list are fitted to what the dialer recorded, and written as a scenario.
    """
    from simulation import recorded, run  # noqa: PLC0415 - see above
    from simulation.texts import Tongue  # noqa: PLC0415 - see above

    tongue = Tongue(spoken(language))

    if list_:
        run.show_scenarios(json, tongue)
    elif from_history is not None:
        _calibrate(from_history, campaign, between, out=out, json_file=json, tongue=tongue)
    elif record is not None:
        _record_alone(compare=compare, mode=mode, json=json, html=html, png=png, fingerprint=fingerprint)
        recorded.keep(scenario, run.read_seeds(seeds).start, days=days, hours=hours, url=record, tongue=tongue)
    else:
        wish = run.Wish(name=scenario, seeds=run.read_seeds(seeds), days=days, hours=hours, modes=mode or [],
                        compare=compare, jobs=jobs, json_file=json, html_file=html, png_folder=png,
                        fingerprint=fingerprint, tongue=tongue)  # fmt: skip
        run.simulate(wish)


def _record_alone(**others: object) -> None:
    if given := [f"--{name}" for name, value in others.items() if value]:
        raise ConfigError(f"--record keeps the days of one strategy and tells nothing: leave {', '.join(given)} out")


def _calibrate(
    where: str,
    campaign: str,
    between: tuple[str, str] | None,
    *,
    out: Path | None,
    json_file: Path | None,
    tongue: "Tongue",
) -> None:
    from dialer.cli.times import meant  # noqa: PLC0415 - see above

    if not campaign or between is None:
        raise typer.BadParameter("--from-history goes with --campaign C and --between A B")
    require("tuning", "scipy", "matplotlib")
    from simulation.calibrate.tell import tell  # noqa: PLC0415 - see above

    since, until = map(meant, between)
    tell(where, campaign, since, until, out=out, json_file=json_file, tongue=tongue)


def soak(
    *,
    seeds: Seeds = "0:50",
    fresh: Annotated[
        str | None, typer.Option(help="Take seeds that belong to this text, as a commit's id, instead of --seeds.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.0, help="Begin no further seed after so long, but run 50 at least.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at one time.")] = 1,
    trace: Annotated[Path | None, typer.Option(help="Write every event and command of the last seed here.")] = None,
    callers: Annotated[
        bool, typer.Option("--callers", help="People call back in every world, not in one of 4.")
    ] = False,
    json: JsonFile = None,
) -> None:
    """Let the engine live through many small faulty worlds, and check every law after every event.

    Exits with 1 where a law was broken; the first and the last line name the seed and the command that repeats it.
    """
    from simulation import run, soaking  # noqa: PLC0415 - see above

    if fresh is not None and seconds is None:
        raise typer.BadParameter("--fresh goes with --seconds: it has a million seeds")
    drawn = run.read_seeds(seeds) if fresh is None else soaking.fresh_seeds(fresh)
    limit = soaking.Limit(seconds) if seconds is not None else soaking.ENDLESS
    raise typer.Exit(soaking.soak(drawn, jobs=jobs, limit=limit, trace_file=trace, json_file=json, callers=callers))
