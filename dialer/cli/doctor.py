"""`dialer doctor`: everything that the dialer needs, looked at, with the mend beside each finding."""

from dataclasses import asdict

import typer
from rich.console import Console
from rich.markup import escape

from dialer.cli.language import Language, spoken
from dialer.cli.output import JsonFile, write_json
from dialer.cli.reach import ConfigFile, config_file, run
from dialer.config import load
from dialer.doctor.findings import State
from dialer.doctor.look import look
from dialer.doctor.told import told
from dialer.web.texts.saying import say

_STYLE = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "bold red"}


def doctor(
    config: ConfigFile = None,
    *,
    language: Language = "",
    json: JsonFile = None,
) -> None:
    """Check configuration, versions, clock, disk, doors, rules, database, campaigns, Asterisk, trunks and sounds.

    Changes nothing and places no call. Ends with 1 where something failed.
    """
    settings = load(config_file(config))
    tongue = spoken(language, settings.web.locale)
    found = [told(one, tongue) for one in run(look(settings))]
    if json is not None:
        write_json([asdict(one) for one in found], json)
    else:
        console = Console(soft_wrap=True)
        words = {state: say(f"finding.{state}", {}, tongue) for state in State}
        width = max(map(len, words.values()))
        for one in found:
            state = f"[{_STYLE[State(one.state)]}]{words[State(one.state)]:>{width}}[/]"
            console.print(f"{state}  [bold]{escape(one.title)}[/]: {escape(one.found)}")
            if one.mend:
                console.print(f"{'':{width}}  {escape(one.mend)}", style="dim")
    if any(one.state == State.FAILED for one in found):
        raise typer.Exit(1)
