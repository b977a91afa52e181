"""`dialer leads`: import, undo, why and export."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from dialer.cli.law import law_of
from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.safe_csv import SafeWriter
from dialer.cli.times import told
from dialer.core.ids import LeadId
from dialer.leads import importer
from dialer.leads.importer import ImportReport, import_file
from dialer.leads.why import Why, why
from dialer.store import LeadLine, Store

app = typer.Typer(
    help="Lists of leads: import, undo an import, ask why one is not dialled, export.", no_args_is_help=True
)

BAR_AFTER_S = 2.0

Named = Annotated[str, typer.Option("--campaign", help="The campaign's name or number.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file whose first line names the columns.", dir_okay=False)],
    *,
    campaign: Named,
    country: Annotated[str, typer.Option(help="Where numbers without + are dialled: ISO code, as MX.")] = "MX",
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Load a list. Rejected rows go to FILE.rejected.csv with their reasons; the same file again brings nothing new."""

    async def doing(store: Store) -> ImportReport:
        found = await store.campaigns.find(campaign)
        with _bar() as progress:
            begun = time.monotonic()
            report = await import_file(store, file, found, country=country.upper(), now=time.time(), progress=progress)
            report.seconds = round(time.monotonic() - begun, 3)
        return report

    report = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json(report.as_dict(), json)
    else:
        _tell(report, file)


@app.command("undo")
def undo(
    number: Annotated[int, typer.Argument(help="The import, as `import` told it.")],
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Withdraw the leads of an import that are not finished; a new import of them brings them back."""

    async def doing(store: Store) -> int:
        return await store.imports.undo(number, time.time())

    withdrawn = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json({"import": number, "withdrawn": withdrawn}, json)
    else:
        typer.echo(f"{withdrawn} leads are withdrawn")


@app.command("why")
def why_(
    lead: Annotated[int, typer.Argument(help="The lead's number.")],
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Why the lead is not dialled now, and until when."""

    async def doing(store: Store) -> Why:
        now = time.time()
        return await why(store, LeadId(lead), now, law_of(reach.config, now))

    reach = Reach.of(config, database)
    found = run(reach.in_store(doing))
    if json is not None:
        write_json(asdict(found), json)
        return
    typer.echo(found.text if not found.reason else f"{found.reason}: {found.text}")
    if found.until is not None:
        typer.echo(f"until {told(found.until)}")


@app.command("export")
def export(*, campaign: Named, config: ConfigFile = None, database: DatabaseUrl = None) -> None:
    """Every lead of the campaign as CSV on standard output."""

    async def doing(store: Store) -> None:
        found = await store.campaigns.find(campaign)
        out = SafeWriter(sys.stdout)
        out.row([field.name for field in fields(LeadLine)])
        async for line in store.leads.stream(found.id):
            out.row(_cells(line))

    run(Reach.of(config, database).in_store(doing))


def _cells(line: LeadLine) -> list[object]:
    values = {**asdict(line), "due_at": told(line.due_at), "numbers": " ".join(line.numbers)}
    return [values[field.name] for field in fields(LeadLine)]


def _tell(report: ImportReport, file: Path) -> None:
    typer.echo(f"import {report.import_id}: {report.leads} new leads of {report.rows} rows in {report.seconds:.1f} s")
    typer.echo(
        f"{report.phones} numbers, {report.invalid_phones} of them invalid; {report.dialable_now} leads dialable now"
    )
    counts = [("rejected", *one) for one in report.rejected.most_common()]
    counts += [("not dialable", *one) for one in report.not_dialable.most_common()]
    if counts:
        show_table(("", "reason", "rows"), counts)
    if report.rejected:
        typer.echo(f"the rejected rows are in {importer.rejected_file(file)}")


@contextmanager
def _bar() -> Iterator[importer.Progress | None]:
    """A progress bar that appears when the work takes long and somebody looks on."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    begun = time.monotonic()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("importing", visible=False)

        def advance(read: int, size: int) -> None:
            bar.update(task, completed=read, total=size, visible=time.monotonic() - begun > BAR_AFTER_S)

        yield advance
