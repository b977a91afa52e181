"""`dialer forecast`: what a change would bring, from the present floor on. Options and their meaning alone."""

from typing import Annotated

import typer

from dialer.cli.language import Language
from dialer.cli.output import JsonFile
from dialer.cli.reach import ConfigFile, DatabaseUrl
from dialer.core.model import Mode
from pacing import Policy
from simulation.extras import require


def forecast(
    *,
    campaign: Annotated[str, typer.Option(help="Its name or number.")],
    minutes: Annotated[float, typer.Option(min=1, max=1440, help="How far to look ahead.")] = 30.0,
    until: Annotated[str | None, typer.Option(help="Look ahead to this time instead, as the end of the shift.")] = None,
    abandon_cap: Annotated[float | None, typer.Option(help="What if the cap were this?")] = None,
    target: Annotated[float | None, typer.Option(help="What if this share of the cap were aimed at?")] = None,
    intensity: Annotated[float | None, typer.Option(help="What if it dialled bolder (above 1) or shyer?")] = None,
    occupancy_max: Annotated[float | None, typer.Option(help="What if this were the ceiling of occupancy?")] = None,
    ratio: Annotated[float | None, typer.Option(help="What if a fixed ratio dialled so many calls an agent?")] = None,
    lines_max: Annotated[int | None, typer.Option(min=0, help="What if it had so many lines?")] = None,
    ring_timeout: Annotated[float | None, typer.Option(help="What if calls rang for so many seconds?")] = None,
    policy: Annotated[Policy | None, typer.Option(help="What if it paced by this policy?")] = None,
    mode: Annotated[Mode | None, typer.Option(help="What if it dialled in this mode?")] = None,
    agents: Annotated[int, typer.Option(help="What if so many agents came (or, below 0, left)?")] = 0,
    leads: Annotated[int, typer.Option(help="What if so many leads were added (or, below 0, taken away)?")] = 0,
    at: Annotated[str | None, typer.Option(help="From this past date and time on, instead of from now.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="The time it may take.")] = 10.0,
    language: Language = "",
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Say what the next minutes will bring, and what a change would make of them.

    Simulates the floor as it is now, with the change and without it, as often as the time allows. The dialer is not
    touched; a running one is not slowed (lowest priority).
    """
    require("tuning", "scipy")
    from simulation.whatif.tell import Asked, tell  # noqa: PLC0415 - a command's work is imported when it is asked for

    given = {
        "abandon_cap": abandon_cap, "target": target, "intensity": intensity, "occupancy_max": occupancy_max,
        "ratio": ratio, "lines_max": lines_max, "ring_timeout_s": ring_timeout, "policy": policy, "mode": mode,
        "agents": agents, "leads": leads,
    }  # fmt: skip
    asked = Asked(
        campaign=campaign, change=given, minutes=minutes, until=until, at=at, seconds=seconds, language=language
    )
    tell(asked, config=config, database=database, json_file=json)
