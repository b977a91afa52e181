"""`dialer leads`: import, undo, why and export."""

import math
import os
import sys
import time
from dataclasses import asdict, fields, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.bar import bar
from dialer.cli.law import law_of, shown_by
from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.times import told
from dialer.cli.trail import note
from dialer.core.ids import LeadId
from dialer.errors import ConfigError
from dialer.leads.chunks import Source, head_of
from dialer.leads.columns import mapping_of
from dialer.leads.importer import ImportReport, Options, import_file
from dialer.leads.mapping import load_mapping, save_mapping
from dialer.leads.numbers import country_of
from dialer.leads.rejected import rejected_file
from dialer.leads.safe_csv import SafeWriter
from dialer.leads.scoring import DAYS, Lesson, learn_from_calls
from dialer.leads.why import Why, why
from dialer.leads.why_all import WhyAll, why_all
from dialer.store import LeadLine, Store
from dialer.store.coverage import Coverage

app = typer.Typer(
    help="Lists of leads: import, undo, ask why they are not dialled, learn who answers, judge the data, export.",
    no_args_is_help=True,
)

NICE = 10
COUNTRY = "MX"  # where nothing says which
EFFECTS_SHOWN = 15

Named = Annotated[str, typer.Option("--campaign", help="The campaign's name or number.")]


class Duplicates(StrEnum):
    MERGE = "merge"
    REFUSE = "refuse"


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, Parquet or JSON Lines; names its columns.", dir_okay=False)],
    *,
    campaign: Named,
    country: Annotated[
        str, typer.Option(help="Of numbers without + and of national ids: ISO code; without: the campaign's, else MX.")
    ] = "",
    mapping: Annotated[Path | None, typer.Option("--map", help="A saved mapping of the list's columns.")] = None,
    save_map: Annotated[Path | None, typer.Option(help="Write how the columns are taken, import nothing.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count all, write nothing.")] = False,
    duplicates: Annotated[
        Duplicates, typer.Option(help="Leads that are there already: merge their news, or refuse the rows.")
    ] = Duplicates.MERGE,
    encoding: Annotated[str, typer.Option(help="Of a CSV file; found out where not given.")] = "",
    delimiter: Annotated[str, typer.Option(help="Of a CSV file; found out where not given.")] = "",
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Load a list. Rejected rows go to FILE.rejected.csv with their reasons; the same file again brings nothing new.

    An import that was cut off goes on where it was when the same file is imported again.
    """
    columns = load_mapping(mapping) if mapping is not None else None
    if save_map is not None:
        _save_map(Source(file, country.upper() or COUNTRY, columns, encoding, delimiter), save_map)
        return
    reach = Reach.of(config, database)
    options = Options(
        mapping=columns,
        encoding=encoding,
        delimiter=delimiter,
        refuse_duplicates=duplicates is Duplicates.REFUSE,
        dry_run=dry_run,
        law=law_of(reach.config, time.time()),
    )
    doing = partial(_bring_in, reach=reach, file=file, campaign=campaign, country=country.upper(), options=options)
    os.nice(NICE)  # a running engine goes first
    report = run(reach.in_store(doing))
    if json is not None:
        write_json(report.as_dict(), json)
    else:
        _tell(report, file)


async def _bring_in(
    store: Store, *, reach: Reach, file: Path, campaign: str, country: str, options: Options
) -> ImportReport:
    """Import the file into the campaign, and put that into the trail."""
    found, now = await store.campaigns.find(campaign), time.time()
    as_engine = replace(options, shown=await shown_by(reach.config, store, now))
    with bar("importing") as progress:
        begun = time.monotonic()
        of = country or country_of(found) or COUNTRY
        report = await import_file(store, file, found, country=of, now=now, options=as_engine, progress=progress)
        report.seconds = round(time.monotonic() - begun, 3)
    if not options.dry_run:
        await note(store, "list.import", campaign=found.id, file=file.name, **_in_short(report))
    return report


def _in_short(report: ImportReport) -> dict[str, object]:
    """What the trail tells of an import."""
    return {"number": report.import_id, "leads": report.leads, "rejected": sum(report.rejected.values())}


def _save_map(source: Source, to: Path) -> None:
    head = head_of(source)
    save_mapping(to, mapping_of(head.columns))
    typer.echo(f"{to}: how the columns of {source.path} ({head.form}) are taken; change it and give it as --map {to}")


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
        with bar("taking back") as progress:
            withdrawn = await store.imports.undo(number, time.time(), progress=progress)
        await note(store, "list.undo", number=number, withdrawn=withdrawn)
        return withdrawn

    withdrawn = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json({"import": number, "withdrawn": withdrawn}, json)
    else:
        typer.echo(f"{withdrawn} leads are withdrawn")


@app.command("why")
def why_(
    lead: Annotated[int | None, typer.Argument(help="The lead's number.")] = None,
    *,
    campaign: Annotated[str, typer.Option(help="Ask for all leads of this campaign instead.")] = "",
    each: Annotated[Path | None, typer.Option(help="Of a campaign: each lead's reason as CSV into this file.")] = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Why a lead is not dialled now, and until when; or all leads of a campaign, counted by reason."""
    if (lead is None) == (not campaign):
        raise ConfigError("say which: a lead's number, or --campaign NAME, one of them")
    if lead is None:
        _why_campaign(campaign, each, Reach.of(config, database), json)
        return
    number = LeadId(lead)

    async def doing(store: Store) -> Why:
        now = time.time()
        return await why(store, number, now, law_of(reach.config, now), await shown_by(reach.config, store, now))

    reach = Reach.of(config, database)
    found = run(reach.in_store(doing))
    if json is not None:
        write_json(asdict(found), json)
        return
    typer.echo(found.text if not found.reason else f"{found.reason}: {found.text}")
    if found.until is not None:
        typer.echo(f"until {told(found.until)}")


def _why_campaign(name: str, each: Path | None, reach: Reach, json: Path | None) -> None:
    async def doing(store: Store) -> WhyAll:
        now, found = time.time(), await store.campaigns.find(name)
        law, shown = law_of(reach.config, now), await shown_by(reach.config, store, now)
        with bar("asking") as progress:
            if each is None:
                return await why_all(store, found, now, law, shown, progress=progress)
            with each.open("w", encoding="utf-8", newline="") as file:
                out = SafeWriter(file)
                out.row(["lead", "reason", "text", "until"])
                return await why_all(
                    store, found, now, law, shown, progress=progress,
                    each=lambda o: out.row([o.lead, o.reason or "dialable", o.text, told(o.until)]),
                )  # fmt: skip

    found = run(reach.in_store(doing))
    if json is not None:
        write_json(found.as_dict(), json)
        return
    if found.paused:
        typer.echo(f"the campaign {found.campaign!r} is paused; if it ran:")
    show_table(
        ("leads", "reason", "first free", "what frees them", "such as"),
        [
            (one.leads, one.reason or "dialable", told(one.until), one.frees, " ".join(map(str, one.examples)))
            for one in found.totals
        ],
    )


@app.command("score")
def score(
    *,
    campaign: Named,
    days: Annotated[int, typer.Option(min=1, help="How far back to learn from.")] = DAYS,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Learn from this centre's calls who answers when, as a server does each night. A running one takes it up."""

    async def doing(store: Store) -> Lesson:
        return await learn_from_calls(store, await store.campaigns.find(campaign), time.time(), days=days)

    os.nice(NICE)
    lesson = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json(_lesson(lesson), json)
        return
    if lesson.model is None:
        typer.echo(f"{lesson.calls} calls: too few to learn from; leads keep their order")
        return
    typer.echo(f"learned from {lesson.calls} calls")
    if (tried := lesson.merit) is not None:
        typer.echo(
            f"tried on the newest {tried.calls}, which it had not seen: the tenth that it puts first brings "
            f"{tried.lift_tenth:.2f} times the right parties of a random order, the first half {tried.lift_half:.2f} "
            f"times; what it foretells is off by {tried.off:.4f}"
        )
    strongest = sorted(lesson.model.right.effects, key=lambda one: -abs(one[1]))[:EFFECTS_SHOWN]
    show_table(
        ("what is known", "odds of a right party"), [(name, f"x {math.exp(value):.2f}") for name, value in strongest]
    )


def _lesson(lesson: Lesson) -> dict[str, object]:
    return {
        "campaign": lesson.campaign,
        "calls": lesson.calls,
        "learned": lesson.model is not None,
        "held_out": asdict(lesson.merit) if lesson.merit is not None else None,
        "effects": dict(lesson.model.right.effects) if lesson.model is not None else {},
    }


@app.command("quality")
def quality(*, campaign: Named, config: ConfigFile = None, database: DatabaseUrl = None, json: JsonFile = None) -> None:
    """How good the data is: numbers by what their calls taught, who can be reached at all, how fresh figures are."""

    async def doing(store: Store) -> Coverage:
        return await store.coverage((await store.campaigns.find(campaign)).id, time.time())

    found = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json(asdict(found), json)
        return
    typer.echo(
        f"{found.people} people: {found.reachable} have a number that may be tried, "
        f"{found.known_good} one where the right party was reached"
    )
    show_table(
        ("numbers", "quality", "type", "consent", "tried", "usable"),
        [(o.numbers, o.quality or "unknown", o.type, o.consent, o.tried, o.usable) for o in found.numbers],
    )
    typer.echo("figures last told: " + ", ".join(f"{count} within {age}" for age, count in found.ages if count))


@app.command("export")
def export(*, campaign: Named, config: ConfigFile = None, database: DatabaseUrl = None) -> None:
    """Every lead of the campaign as CSV on standard output."""

    async def doing(store: Store) -> None:
        found = await store.campaigns.find(campaign)
        await note(store, "lead.export", campaign=found.id)
        out = SafeWriter(sys.stdout)
        out.row([field.name for field in fields(LeadLine)])
        async for line in store.leads.stream(found.id):
            out.row(_cells(line))

    run(Reach.of(config, database).in_store(doing))


def _cells(line: LeadLine) -> list[object]:
    values = {**asdict(line), "due_at": told(line.due_at), "numbers": " ".join(line.numbers)}
    return [values[field.name] for field in fields(LeadLine)]


def _tell(report: ImportReport, file: Path) -> None:
    what = "dry run, nothing is written" if report.dry_run else f"import {report.import_id}"
    typer.echo(f"{what}: {report.leads} new leads of {report.rows} rows in {report.seconds:.1f} s")
    typer.echo(f"taken as {report.form}" + (f"; not read: {', '.join(report.unread)}" if report.unread else ""))
    if report.resumed_after:
        typer.echo(f"it went on after the {report.resumed_after} rows that were done before it was cut off")
    typer.echo(
        f"{report.phones} numbers, {report.invalid_phones} of them invalid; {report.dialable_now} leads dialable now"
    )
    if report.extensions:
        typer.echo(f"{report.extensions} numbers have an extension: kept beside the number, which is dialled alone")
    if report.joined_people:
        typer.echo(
            f"{report.joined_people} people are one with others by their national ids: their caps are too, from now on"
        )
    if report.padded_ids:
        typer.echo(
            f"{report.padded_ids} national ids had lost their first zeros: put back, with what was written as a column"
        )
    if report.invalid_ids:
        typer.echo(
            f"{report.invalid_ids} national ids are wrong by their check digits: kept as a column, no person's key"
        )
    counts = [("rejected", *one) for one in report.rejected.most_common()]
    counts += [("not dialable", *one) for one in report.not_dialable.most_common()]
    if counts:
        show_table(("", "reason", "rows"), counts)
    if report.rejected and not report.dry_run:
        typer.echo(f"the rejected rows are in {rejected_file(file)}")
