"""`dialer audit`: verify the compliance log, export it, count it, erase a person."""

import csv
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta
from glob import escape as glob_escape
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.bar import bar
from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.times import meant, told
from dialer.core.ids import LeadId
from dialer.errors import ConfigError
from dialer.leads.rejected import REJECTED, rows_without
from dialer.leads.safe_csv import safe
from dialer.store import NotFoundError, Store
from dialer.store.compliance import Logged, Verified
from dialer.store.people import Erased
from recordings.archive import ArchiveSettings
from recordings.errors import RecordingError
from recordings.target import Target
from recordings.tree import inside, remove

app = typer.Typer(
    help="The compliance log: every verdict on a call, chained so that no change goes unseen.",
    invoke_without_command=True,
)

HEADS = (
    "at", "cell", "entry", "kind", "campaign", "call", "lead", "person", "number", "rule", "why", "hash",
)  # fmt: skip
Since = Annotated[str | None, typer.Option(help="From this time on: a date or a time.")]
Until = Annotated[str | None, typer.Option(help="Before this time.")]


@app.callback()
def verify(
    context: typer.Context,
    *,
    expect: Annotated[
        list[str] | None, typer.Option(help="A hash told by an earlier look, which must still be in the log.")
    ] = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Work every hash out anew; ends with 1 and says where, when something was changed, added or cut off."""
    if context.invoked_subcommand is not None:
        return

    async def doing(store: Store) -> tuple[list[Verified], set[str], tuple[int, int | None]]:
        with bar("verifying") as progress:
            chains = [await store.compliance.verify(cell, progress) for cell in await store.compliance.cells()]
        missing = set(expect or ())
        async for logged in store.compliance.stream():
            if not missing:
                break
            missing.discard(logged.hash)
        return chains, missing, await store.compliance.without_receipt()

    chains, missing, (bare, first) = run(Reach.of(config, database).in_store(doing))
    sound = not missing and not bare and not any(one.broken for one in chains)
    if json is not None:
        plain = {"chains": [asdict(one) for one in chains], "missing": sorted(missing), "calls_without_receipt": bare}
        write_json({"sound": sound, **plain}, json)
    else:
        _tell(chains, missing)
        if bare:
            typer.echo(f"{bare} calls left the machine of which the log tells nothing, the first is {first}", err=True)
    if not sound:
        raise typer.Exit(1)


def _tell(chains: list[Verified], missing: set[str]) -> None:
    for one in chains:
        erased = f", of {one.erased} nobody knows any more whom they are about" if one.erased else ""
        if one.broken:
            typer.echo(f"cell {one.cell}: BROKEN at entry {one.broken[0].seq}: {one.broken[0].what}", err=True)
        else:
            typer.echo(f"cell {one.cell}: {one.entries} entries, sound{erased}; ends in {one.head}")
    for hash_ in sorted(missing):
        typer.echo(f"the hash {hash_} is not in the log: it was written anew", err=True)
    if not chains:
        typer.echo("the log is empty")


@app.command("export")
def export(
    *,
    lead: Annotated[int | None, typer.Option(help="About this lead alone.")] = None,
    day: Annotated[str | None, typer.Option(help="Of this day alone, as 2026-03-01, in the machine's time.")] = None,
    rule: Annotated[str | None, typer.Option(help="By this rule alone, by its id or its id@version.")] = None,
    since: Since = None,
    until: Until = None,
    refused: Annotated[bool, typer.Option(help="Refusals alone.")] = False,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Every entry meant, as CSV on standard output or as JSON."""
    begins, ends = _span(day, since, until)

    async def doing(store: Store) -> list[dict[str, object]] | None:
        rows: list[dict[str, object]] = []
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if json is None:
            writer.writerow(HEADS)
        kind = "refused" if refused else None
        async for logged in store.compliance.stream(since=begins, until=ends, lead=lead, rule=rule, kind=kind):
            row = _row(logged)
            if json is None:
                writer.writerow([safe(row[name]) for name in HEADS])
            else:
                rows.append(row)
        return rows

    found = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json(found, json)


@app.command("counts")
def counts(
    *,
    day: Annotated[str | None, typer.Option(help="Of this day alone; without: of the last 24 hours.")] = None,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """How many calls were allowed, and how many were refused by which rule."""
    begins, ends = _span(day, since, until)
    now = time.time()

    async def doing(store: Store) -> tuple[tuple[str, str, int], ...]:
        return await store.compliance.counts(
            now - 86_400 if begins is None else begins, now + 1 if ends is None else ends
        )

    found = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        by_kind: dict[str, Counter[str]] = {}
        for kind, rule, count in found:
            by_kind.setdefault(kind, Counter())[rule] += count
        write_json(by_kind, json)
    else:
        show_table(("", "rule", "entries"), found)


@app.command("erase")
def erase(
    lead: Annotated[int, typer.Argument(help="A lead of the person.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. It cannot be taken back.")] = False,
    rejected: Annotated[
        list[Path] | None,
        typer.Option(help="A folder with files of rejected rows: theirs are taken out; repeatable.", file_okay=False),
    ] = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Let go of all that tells who the lead's person is: rows, journal, recordings, rejected rows.

    Counts and the chain stay; the numbers stay forbidden, as digests. Recordings, and rejected rows of lists that came
    through the console, go where -c tells their folders.
    """
    if not yes:
        raise ConfigError("this cannot be taken back: say --yes")
    reach = Reach.of(config, database)
    folder = Path(reach.config.asterisk.recordings_dir) if reach.config is not None else None

    async def doing(store: Store) -> Erased:
        view = await store.leads.view(LeadId(lead))
        if view is None:
            raise NotFoundError(f"there is no lead {lead}")
        return await store.people.erase(view.person.id, time.time())

    erased = run(reach.in_store(doing))
    left = list(erased.recordings) if folder is None else [one for one in erased.recordings if not _gone(folder, one)]
    if reach.config is not None:
        left += [one for one in erased.files if not _out_of_index(reach.config.recordings, one)]
    else:
        left += erased.files
    files = [file for one in rejected or () for file in sorted(one.glob(f"*{REJECTED}"))]
    if reach.config is not None:
        files += sorted(reach.config.uploads.glob("rejected-*.csv"))  # of lists sent through the console
    rows = sum(rows_without(file, erased.told) for file in files)
    if json is not None:
        plain = {name: value for name, value in asdict(erased).items() if name != "told"}
        write_json({**plain, "recordings_left": left, "rejected_rows": rows}, json)
    else:
        typer.echo(
            f"erased: {erased.numbers} numbers, {len(erased.leads)} leads, {erased.entries} entries of the log, "
            f"{erased.journal} of the journal, {len(erased.recordings) - len(left)} recordings, {rows} rejected rows"
        )
    if left:
        typer.echo(f"delete these recordings by hand: {' '.join(left)}", err=True)
        raise typer.Exit(1)


def _gone(folder: Path, base: str) -> bool:
    """Delete every file of a recording; whether none is left."""
    try:
        for file in [*folder.glob(f"{glob_escape(base)}.*"), *folder.glob(f"{glob_escape(base)}-*")]:
            file.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _out_of_index(settings: ArchiveSettings, name: str) -> bool:
    """Delete a file of the index, in its folder and at its target; whether it is gone."""
    try:
        if settings.target:
            Target(settings.target).remove(name)
        remove(inside(settings.folder, name))
    except (RecordingError, OSError):
        return False
    return True


def _span(day: str | None, since: str | None, until: str | None) -> tuple[float | None, float | None]:
    if day is None:
        return meant(since) if since is not None else None, meant(until) if until is not None else None
    try:
        first = date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"{day!r}: write a day as 2026-03-01") from None
    begins, ends = (datetime(one.year, one.month, one.day).astimezone() for one in (first, first + timedelta(days=1)))
    return begins.timestamp(), ends.timestamp()


def _row(logged: Logged) -> dict[str, object]:
    entry, about = logged.entry, logged.about
    return {
        "at": told(entry.at),
        "cell": entry.cell,
        "entry": entry.seq,
        "kind": entry.kind,
        "campaign": entry.campaign,
        "call": entry.call,
        "lead": about.lead if about is not None else None,
        "person": about.person if about is not None else None,
        "number": about.number if about is not None else None,
        "rule": entry.rule,
        "why": entry.body,
        "hash": logged.hash,
    }
