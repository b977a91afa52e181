"""`dialer recordings`: index, scan, adopt, search, export and keep recordings; measure one."""

import csv
import time
from dataclasses import asdict
from getpass import getuser
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from dialer.cli.bar import bar
from dialer.cli.language import Language, spoken
from dialer.cli.output import JsonFile, show_table, writable, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.times import told
from dialer.cli.transcripts import transcribe_command, transcript_command
from dialer.config import Config
from dialer.core.ids import CallId
from dialer.errors import ConfigError
from dialer.leads.vicidial import rows_of
from dialer.rules.packs import rulebook
from dialer.store import Access, Hit, Store
from dialer.web.texts.saying import misread_said, problems_said
from recordings.adopting import Adopted, Archive, adopt
from recordings.archive import AUDITS, CONVERSATIONS
from recordings.bundle import export_call, fingerprint, receipts_of, signing_key, verify
from recordings.command import analyze_command
from recordings.errors import QueryError
from recordings.foreign import read_log
from recordings.found import HEAD, as_typed, cells, search
from recordings.rekeying import Rekeyed, rekey_all
from recordings.renewal import renew_words
from recordings.retention import Deleted, RetentionPlan, Shelf, act, plan
from recordings.scan import Scan, scan
from recordings.vault import Keys, new_key
from recordings.worker import Indexer, alone

app = typer.Typer(name="recordings", help="Find, measure and keep recordings of calls.", no_args_is_help=True)
app.command("analyze")(analyze_command)
app.command("transcript")(transcript_command)
app.command("transcribe")(transcribe_command)

SHOWN_MAX = 20  # of a list of names
EXIT_UNCLEAN = 3


def configured(path: Path | None) -> tuple[Reach, Config]:
    """The data and the configuration of a file, or of the one that stands here. Raises ConfigError."""
    reach = Reach.of(path)
    assert reach.config is not None
    return reach, reach.config


@app.command("index")
def index_command(config: ConfigFile = None, *, json_file: JsonFile = None) -> None:
    """Index what is waiting, then end. A running `dialer serve` does so by itself, all the time."""
    reach, settings = configured(config)

    async def work(store: Store) -> dict[str, int]:
        spool = Path(settings.asterisk.recordings_dir)
        indexer = Indexer(store, spool, settings.recordings)
        with alone(settings.recordings.folder):
            while await indexer.step():
                pass
        return await store.recordings.counts()

    counts = run(reach.in_store(work))
    if json_file is not None:
        write_json(counts, json_file)
    else:
        show_table(("state", "recordings"), sorted(counts.items()))


@app.command("scan")
def scan_command(
    config: ConfigFile = None,
    *,
    verify: Annotated[bool, typer.Option(help="Read every file and compare its checksum.")] = True,
    mend: Annotated[
        bool, typer.Option("--mend", help="Tell the index what is gone, and what is there again; delete nothing.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Hold disk and index against each other, both ways. Exit code 3 where they disagree."""
    reach, settings = configured(config)

    async def work(store: Store) -> Scan:
        spool = Path(settings.asterisk.recordings_dir)
        with bar("recordings") as moved:
            return await scan(store, spool, settings.recordings, verify=verify, mend=mend, progress=moved)

    found = run(reach.in_store(work))
    if json_file is not None:
        write_json({**asdict(found), "clean": found.clean}, json_file)
    else:
        _show_scan(found)
    if not found.clean:
        raise typer.Exit(EXIT_UNCLEAN)


def _show_scan(found: Scan) -> None:
    typer.echo(f"{found.recordings} recordings, {found.files} files, {found.verified} with the right checksum")
    typer.echo("states: " + (", ".join(f"{name} {count}" for name, count in sorted(found.states.items())) or "none"))
    for text, names in (
        ("their files are gone", found.gone),
        ("not as they were in the tree, and the target has them: `--mend` has them heard from there", found.far),
        ("their files are not what they were", found.changed),
        ("cannot be read", [f"{call} ({why})" for call, why in found.unreadable]),
        ("missing before, and their raw files are there: `--mend` has them made again", found.waiting),
        ("missing before, and their files are there as they were: `--mend` tells the index", found.restored),
        ("files that belong to no recording; they are left alone", found.strangers),
        ("links, which are never followed", found.links),
    ):
        if names:
            more = f" and {len(names) - SHOWN_MAX} more" if len(names) > SHOWN_MAX else ""
            typer.echo(f"{len(names)} {text}: {', '.join(map(str, names[:SHOWN_MAX]))}{more}")
    typer.echo("disk and index agree" if found.clean else "disk and index do not agree")


@app.command("adopt")
def adopt_command(
    folder: Annotated[Path, typer.Argument(help="The other dialer's folder of recordings; it is only read.")],
    *,
    config: ConfigFile = None,
    kind: Annotated[
        str, typer.Option("--from", help="vicidial, issabel, freepbx or omnileads: how its files are named.")
    ],
    origin: Annotated[
        str, typer.Option(help="A name for this archive in the index; the kind where none is given.")
    ] = "",
    pattern: Annotated[
        str, typer.Option(help="A regular expression of your own with groups time, number, agent, uniqueid, suffix.")
    ] = "",
    zone: Annotated[str, typer.Option(help="Zone of the times in its names; this machine's where none is given.")] = "",
    campaign: Annotated[str, typer.Option(help="The campaign that these recordings become part of.")] = "",
    log: Annotated[
        Path | None, typer.Option(help="VICIdial's own index, a dump of recording_log: times, agents, leads.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look.")] = False,
    json_file: JsonFile = None,
) -> None:
    """Take another dialer's recordings into the index: copied, checked, measured where they are stereo."""
    if not folder.is_dir() or folder.is_symlink():
        raise ConfigError(f"{folder}: is no folder; name the other dialer's folder of recordings")
    reach, settings = configured(config)
    logged = read_log(rows_of(log)) if log is not None else {}

    async def work(store: Store) -> Adopted:
        within = await store.campaigns.find(campaign) if campaign else None
        if campaign and within is None:
            raise ConfigError(f"there is no campaign {campaign!r}; `dialer campaign list` shows them")
        archive = Archive(
            folder=folder,
            kind=kind,
            origin=origin or kind,
            pattern=pattern,
            zone=_zone(zone),
            campaign=within.id if within else None,
            client=within.client if within else None,
            log=logged,
        )
        with bar("adopting") as moved:
            return await adopt(store, archive, settings.recordings, time.time(), write=not dry_run, progress=moved)

    result = run(reach.in_store(work))
    if json_file is not None:
        write_json(asdict(result), json_file)
        return
    _tell_adopted(result, kind, dry_run=dry_run)


def _tell_adopted(result: Adopted, kind: str, *, dry_run: bool) -> None:
    typer.echo(
        f"{result.seen} files: {result.adopted} {'would be ' if dry_run else ''}adopted, {result.measured} measured, "
        f"{result.known} known before, {result.sides} single sides beside a mixed file"
    )
    if result.without_file:
        typer.echo(f"{result.without_file} stand in the log and not in the folder")
    for name, why in result.refused:
        typer.echo(f"refused {name}: {why}")
    if result.not_named_so:
        typer.echo(
            f"{len(result.not_named_so)} not named as {kind} names recordings: " + ", ".join(result.not_named_so[:5])
        )


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(f"--zone {name!r}: give a name as America/Mexico_City") from None


@app.command("search")
def search_command(
    query: Annotated[list[str] | None, typer.Argument(help='As: promesa agent:ana "talk_over>10%" since:7d')] = None,
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most, the newest.")] = 50,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write a table for spreadsheets.")] = None,
    language: Language = "",
    json_file: JsonFile = None,
) -> None:
    """Find recordings by what was noted or said, by every field and measure, newest first."""
    writable(csv_file, json_file)
    text, reach = as_typed(query or []), Reach.of(config, database)
    tongue = spoken(language, reach.config.web.locale if reach.config is not None else "")
    try:
        hits = run(reach.in_store(lambda store: search(store, text, limit=limit)))
    except QueryError as error:
        raise ConfigError(misread_said(error, tongue)) from error
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEAD)
            writer.writerows(cells(hit) for hit in hits)
        typer.echo(f"{len(hits)} recordings in {csv_file}")
    elif json_file is not None:
        write_json([asdict(hit) | {"problem": problems_said(hit.problem, tongue)} for hit in hits], json_file)
    else:
        show_table(
            ("call", "at", "campaign", "agent", "outcome", "said", "s", "flags", "notes"),
            [_line(hit, tongue) for hit in hits],
        )


def _line(hit: Hit, language: str) -> tuple[object, ...]:
    seconds = "" if hit.seconds is None else f"{hit.seconds:.0f}"
    notes = "; ".join(one for one in (problems_said(hit.problem, language), hit.notes[:60]) if one)
    said = (hit.outcome, hit.disposition, seconds, hit.flags, notes)
    return (hit.call, told(hit.at), hit.campaign_name, hit.agent_name or hit.origin, *said)


@app.command("retain")
def retain_command(
    config: ConfigFile = None,
    *,
    act_on_it: Annotated[
        bool, typer.Option("--act", help="Delete what the plan names. Without it: only shown.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Show which recordings have outlived their time, by [[recordings.retention]] and law; with --act delete them.

    Conversations, and the answers that were recorded for audits of detection.
    Exit code 3 where files of deleted recordings could not be removed; the same again removes them.
    """
    reach, settings = configured(config)
    laws = law_days(settings)

    async def work(store: Store) -> tuple[RetentionPlan, Deleted]:
        spool = Path(settings.asterisk.recordings_dir)
        with bar("recordings") as moved:
            made = await plan(store, settings.recordings, time.time(), laws, spool=spool, progress=moved)
        if not act_on_it:
            return made, Deleted()
        by_whom = f"dialer recordings retain ({getuser()})"
        return made, await act(store, spool, settings.recordings, made, by_whom=by_whom, now=time.time())

    made, deleted = run(reach.in_store(work))
    if json_file is not None:
        audits = {**_shelf(made.audits), "unjudged": made.unjudged, "deleted": deleted.audits}
        both = {"audits": audits, "deleted": deleted.count, "files_left": deleted.left}
        write_json(_shelf(made) | both, json_file)
    else:
        _show_plan(made, deleted, acted=act_on_it)
    if deleted.left:
        raise typer.Exit(EXIT_UNCLEAN)


def _shelf(made: Shelf) -> dict[str, object]:
    return {"due": made.by_rule, "held": made.held, "kept": dict(made.kept)}


def _shelf_rows(made: Shelf, what: str) -> list[tuple[str, str, int, str]]:
    rows = [(what, rule, count, "due") for rule, count in sorted(made.by_rule.items())]
    rows += [(what, rule or "no rule: for ever", count, "kept") for rule, count in sorted(made.kept.items())]
    return rows + ([(what, "legal hold", len(made.held), "due, and held")] if made.held else [])


def _show_plan(made: RetentionPlan, deleted: Deleted, *, acted: bool) -> None:
    rows = _shelf_rows(made, CONVERSATIONS) + _shelf_rows(made.audits, AUDITS)
    show_table(("of", "rule", "recordings", ""), rows)
    if made.unjudged and not acted:
        typer.echo(f"{made.unjudged} of the audits that are due have not been judged: `dialer detection audits`")
    if acted:
        typer.echo(f"{deleted.count} deleted; a tombstone of each stays")
        for call, why in list(deleted.left.items())[:SHOWN_MAX]:
            typer.echo(f"call {call}: not all of its files could be removed ({why})")
        if deleted.left:
            typer.echo(
                f"files of {len(deleted.left)} deleted recordings are left; the next `retain --act` removes them"
            )
    elif due := len(made.due) + len(made.audits.due):
        typer.echo(f"{due} would be deleted; --act does it")
    following = [at for at in (made.next_at, made.audits.next_at) if at is not None]
    if following:
        typer.echo(f"the next is due {told(min(following))}")


def law_days(config: Config) -> dict[str, int]:
    """For how many days the calling rules in force ask for records, by country."""
    book = rulebook(built_in=config.built_in_rules, folder=config.rules_dir, now=time.time())
    days: dict[str, int] = {}
    for rule in book.rules:
        days[rule.country] = max(days.get(rule.country, 0), rule.retain_days)
    return {country: least for country, least in days.items() if least}


@app.command("export")
def export_command(
    call: Annotated[int, typer.Argument(help="The number of the call.")],
    *,
    config: ConfigFile = None,
    out: Annotated[Path | None, typer.Option(help="The bundle to write; call-NUMBER.zip where none is given.")] = None,
) -> None:
    """Write a call with its sound, receipts and forms into one signed file, for a dispute. It is logged."""
    reach, settings = configured(config)
    path = out or Path(f"call-{call}.zip")
    writable(path)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    key = signing_key(settings.data_dir / "recordings.signing_key")

    async def work(store: Store) -> bytes:
        number = CallId(call)
        receipts = await receipts_of(store, number)
        by_whom = f"dialer recordings export ({getuser()})"
        return await export_call(
            store, settings.recordings, number, receipts, key=key, by_whom=by_whom, now=time.time()
        )

    path.write_bytes(run(reach.in_store(work)))
    typer.echo(f"{path}: signed by {fingerprint(key.public_key())}; `dialer recordings verify {path}` checks it")


@app.command("verify")
def verify_command(
    bundle: Annotated[Path, typer.Argument(help="A bundle that `export` wrote.")],
    *,
    signer: Annotated[str, typer.Option("--signed-by", help="The fingerprint that it must be signed by.")] = "",
) -> None:
    """Check that nothing in a bundle was changed since it was exported. Needs no database."""
    good = verify(bundle, signer)
    typer.echo(f"{bundle}: whole. Call {good.call}, exported {good.exported_at} by {good.exported_by}")
    typer.echo(f"signed by {good.fingerprint}; files: {', '.join(good.files)}")


@app.command("hold")
def hold_command(
    call: Annotated[int, typer.Argument(help="The number of the call.")],
    reason: Annotated[str, typer.Argument(help="Why; empty lifts the hold.")] = "",
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Keep a call's recording, of the talk or of an audited answer, from being deleted by retention, or lift that."""

    async def work(store: Store) -> bool:
        number = CallId(call)
        talk, sampled = await store.recordings.by_call(number), await store.audit_recordings.of(number)
        if talk is None and sampled is None:
            return False
        entry = Access(
            at=time.time(), call=number, by_whom=getuser(), role="command line",
            what="hold" if reason else "hold_lifted", detail=reason,
        )  # fmt: skip
        await store.recording_notes.accessed([entry])
        of_talk = talk is not None and await store.recordings.keep(number, hold=reason)
        await renew_words(store, [number])
        return await store.audit_recordings.hold(number, reason) or of_talk

    if not run(Reach.of(config, database).in_store(work)):
        raise ConfigError(f"call {call} has no recording, or its tombstone alone is left")
    typer.echo(f"call {call}: {'held: ' + reason if reason else 'no longer held'}")


@app.command("rekey")
def rekey_command(
    config: ConfigFile = None,
    *,
    target: Annotated[
        bool, typer.Option("--target", help="Fetch what stands at the target alone, to lock that anew too.")
    ] = False,
) -> None:
    """Lock every file with the newest key; what the target has is sent there again. A kill leaves each file whole; the
    same again goes on. Exit code 3 where a file could not be locked anew.
    """
    reach, settings = configured(config)
    if settings.recordings.keys is None:
        raise ConfigError("[recordings] keys is not set: nothing is locked")
    keys = Keys.read(settings.recordings.keys)

    async def work(store: Store) -> Rekeyed:
        with bar("recordings") as moved:
            return await rekey_all(store, settings.recordings, keys, time.time, target=target, progress=moved)

    done = run(reach.in_store(work))
    typer.echo(f"{done.changed} of {done.locked} locked files were locked with another key before")
    if done.sent_again:
        typer.echo(f"{done.sent_again} of them are sent to the target again by `dialer serve`")
    if done.far:
        typer.echo(f"{done.far} stand at the target alone, locked as before: `rekey --target`, or keep the old keys")
    for name, why in list(done.failed.items())[:SHOWN_MAX]:
        typer.echo(f"{name}: {why}")
    if done.failed:
        typer.echo(f"{len(done.failed)} could not be locked anew: keep the old keys")
        raise typer.Exit(EXIT_UNCLEAN)


@app.command("key")
def key_command(
    name: Annotated[str, typer.Argument(help="A name for the new key, as 2026-11.")],
    *,
    config: ConfigFile = None,
) -> None:
    """Add a key. From now on it locks new recordings; `rekey` locks the old ones with it too."""
    _, settings = configured(config)
    if settings.recordings.keys is None:
        raise ConfigError("[recordings] keys is not set: name the file that the keys are to stand in")
    new_key(settings.recordings.keys, name)
    typer.echo(
        f"{settings.recordings.keys}: new recordings are locked with {name!r}. Keep a copy of that file elsewhere."
    )
