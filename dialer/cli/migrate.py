"""`dialer migrate`: bring lists, do-not-call numbers and statuses over from VICIdial's exports."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import phonenumbers
import typer

from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.trail import note_change
from dialer.errors import ConfigError, ImportRefusedError
from dialer.leads.vicidial import dispositions_of, rows_of, write_list, write_numbers
from dialer.store import Store
from dialer.web.campaigns import shown

app = typer.Typer(help="From VICIdial: lists, do-not-call numbers, statuses.", no_args_is_help=True)

Exported = Annotated[Path, typer.Argument(help="What VICIdial exported, with its column names.", dir_okay=False)]
To = Annotated[Path, typer.Argument(help="The file to write.")]


def _fresh(to: Path) -> None:
    if to.exists():
        raise ConfigError(f"{to} is there already: nothing was written")


@app.command("list")
def list_(
    file: Exported,
    to: To,
    *,
    keep_done: Annotated[bool, typer.Option("--keep-done", help="Bring leads over that are sold or refused.")] = False,
) -> None:
    """Write a list (a dump of vicidial_list) as one that `dialer leads import` takes."""
    _fresh(to)
    written, left = write_list(file, to, keep_done=keep_done)
    typer.echo(f"{to}: {written} rows; {left} that are done were left out (--keep-done brings them)")
    typer.echo(f"next: dialer leads import {to} --campaign NAME --country CC -c FILE --dry-run")


@app.command("dnc")
def dnc(
    file: Exported,
    to: To,
    *,
    country_code: Annotated[str, typer.Option(help="Of the numbers, as 52: VICIdial keeps none.")],
) -> None:
    """Write a do-not-call list (a dump of vicidial_dnc) as numbers that `dialer dnc import` takes."""
    _fresh(to)
    known = re.fullmatch("[0-9]{1,3}", country_code) is not None
    if not known or phonenumbers.region_code_for_country_code(int(country_code)) == "ZZ":
        raise ConfigError(f"--country-code {country_code!r}: there is no such country; digits alone, as 52")
    count = write_numbers(file, to, country_code)
    typer.echo(f"{to}: {count} numbers\nnext: dialer dnc import {to} --list NAME -c FILE")


@app.command("statuses")
def statuses(
    file: Exported,
    *,
    campaign: Annotated[str, typer.Option(help="Whose dispositions they become, by name or number.")],
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Take the statuses (a dump of vicidial_statuses) as a campaign's dispositions; a running server takes them up at
    its next start."""
    found = tuple(dispositions_of(rows_of(file)))
    if not found:
        raise ImportRefusedError(f"{file}: no status that an agent may choose")

    async def doing(store: Store) -> str:
        kept = await store.campaigns.find(campaign)
        made = await store.campaigns.save(replace(kept, dispositions=found))
        which = {"campaign": made.id}
        await note_change(store, "campaign.change", which, before=shown(kept), after=shown(made))
        return kept.name

    name = run(Reach.of(config, database).in_store(doing))
    typer.echo(f"{name}: {', '.join(f'{one.code} ({one.category})' for one in found)}")
