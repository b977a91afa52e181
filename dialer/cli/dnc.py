"""`dialer dnc`: do-not-call lists: define, import, add, remove, check, list."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.bar import bar
from dialer.cli.law import law_of
from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.times import meant, told
from dialer.cli.trail import note
from dialer.config import Config
from dialer.core.packs.schema import Purpose
from dialer.errors import ConfigError
from dialer.leads.number_lists import WRONG_MAX, NumbersRead, numbers_in
from dialer.leads.numbers import read_number
from dialer.rules.packs import rulebook
from dialer.store import DoNotCallList, Store

app = typer.Typer(
    help="Do-not-call lists. What is added holds for the very next call, whatever is running.", no_args_is_help=True
)

OWN = "house"  # the list that numbers go on where none is named
Numbers = Annotated[list[str] | None, typer.Argument(help="Numbers, as +52 55 1234 5678.")]
ListName = Annotated[str, typer.Option("--list", help="The list, by name.")]
Country = Annotated[str | None, typer.Option(help="Where numbers without + are dialled: ISO code, as MX.")]
Until = Annotated[str | None, typer.Option(help="When it ends: a date or a time. Without: never.")]


@app.command("define")
def define(
    name: Annotated[str, typer.Argument(help="The list's name.")],
    *,
    campaign: Annotated[str | None, typer.Option(help="Holds for this campaign alone.")] = None,
    client: Annotated[str | None, typer.Option(help="Holds for this client's campaigns alone.")] = None,
    purpose: Annotated[list[Purpose] | None, typer.Option(help="Holds for such campaigns alone; repeatable.")] = None,
    hashed: Annotated[
        str,
        typer.Option(
            help="It holds digests, not numbers: sha256, sha1, md5 or sha512, of numbers as +525512345678; "
            "with :digits of 525512345678, with :national of 5512345678, as sha256:national."
        ),
    ] = "",
    salt: Annotated[str, typer.Option(help="What stands before the number that was hashed.")] = "",
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Say whom a list holds for. A list that was never defined holds for everybody and has plain numbers."""

    async def doing(store: Store) -> None:
        owner = await store.clients.by_name(client) if client is not None else None
        if client is not None and owner is None:
            raise ConfigError(f"there is no client {client!r}")
        of = await store.campaigns.find(campaign) if campaign is not None else None
        given = DoNotCallList(
            name=name,
            campaign=of.id if of is not None else None,
            client=owner.id if owner is not None else None,
            purposes=tuple(purpose or ()),
            hashing=hashed,
            salt=salt,
        )
        try:
            await store.do_not_call.define(given, time.time())
        except ValueError as error:
            raise ConfigError(str(error)) from error
        await note(store, "do_not_call.define", list_name=name)

    run(Reach.of(config, database).in_store(doing))
    typer.echo(f"the list {name!r} is defined")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="One number on each line, or CSV.", dir_okay=False)],
    *,
    list_name: ListName,
    country: Country = None,
    column: Annotated[str | None, typer.Option(help="The column of a CSV file; without: found out.")] = None,
    whole: Annotated[bool, typer.Option(help="The file is the whole list: take off what it does not hold.")] = False,
    hashed: Annotated[bool, typer.Option(help="The file holds digests already.")] = False,
    wrong_max: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="The share of rows that may hold no number; above it: refused.")
    ] = WRONG_MAX,
    until: Until = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Load a list of any length. The same file again changes nothing; cut off, it goes on when run again.

    A file of which too many rows cannot be read takes nothing off the list, and the list does not count as loaded.
    """
    read, begun = NumbersRead(), time.monotonic()

    async def doing(store: Store) -> int:
        with bar("importing") as progress:
            numbers = numbers_in(
                file, read, country=country, column=column, hashed=hashed, wrong_max=wrong_max, progress=progress
            )
            ends = meant(until) if until is not None else None
            added = await store.do_not_call.add(
                numbers, list_name, time.time(), expires_at=ends, whole=whole, hashed=hashed, loading=True
            )
        await note(store, "do_not_call.add", list_name=list_name, file=file.name, count=added, whole=whole)
        return added

    added = run(Reach.of(config, database).in_store(doing))
    seconds = round(time.monotonic() - begun, 3)
    if json is not None:
        write_json({"rows": read.rows, "added": added, "wrong": read.wrong, "seconds": seconds}, json)
        return
    typer.echo(f"{list_name}: {added} new numbers of {read.rows} rows in {seconds:.1f} s")
    for line in read.told:
        typer.echo(line, err=True)
    if read.wrong > len(read.told):
        typer.echo(f"and {read.wrong - len(read.told)} more that are no numbers", err=True)


@app.command("add")
def add(
    numbers: Numbers = None,
    *,
    prefix: Annotated[list[str] | None, typer.Option(help="All numbers that begin so, as +5255; repeatable.")] = None,
    area: Annotated[str | None, typer.Option(help="All numbers of a region that has rules, as US-FL.")] = None,
    list_name: ListName = OWN,
    country: Country = None,
    until: Until = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Forbid numbers, or every number that begins in some way."""
    begins = [_prefix(one) for one in prefix or ()]
    reach = Reach.of(config, database)
    if area is not None:
        begins += _of_area(area, reach.config)
    plain = [_number(one, country) for one in numbers or ()]
    if not plain and not begins:
        raise ConfigError("say which numbers: +52 55 1234 5678, --prefix +5255 or --area US-FL")

    async def doing(store: Store) -> None:
        now, ends = time.time(), meant(until) if until is not None else None
        if plain:
            await store.do_not_call.add(plain, list_name, now, expires_at=ends)
        if begins:
            await store.do_not_call.add_prefixes(begins, list_name, now, expires_at=ends)
        await note(store, "do_not_call.add", list_name=list_name, count=len(plain), beginnings=begins)

    run(reach.in_store(doing))
    typer.echo(f"{list_name}: {len(plain)} numbers and {len(begins)} beginnings are forbidden from the next call on")


@app.command("waive")
def waive(
    list_name: Annotated[str, typer.Argument(metavar="LIST", help="A list that a rule asks for.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, and who says so; it stands in the compliance log.")] = "",
    back: Annotated[bool, typer.Option("--back", help="Take it back: calls wait for the list again.")] = False,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Let calls be made though a list that a rule asks for is not loaded: counsel says it is not needed."""
    if back == bool(reason.strip()):
        raise ConfigError("say why: --reason TEXT, or --back to take it back, one of them")

    async def doing(store: Store) -> None:
        await store.do_not_call.waive(list_name, reason.strip(), time.time())
        await note(store, "do_not_call.waive", list_name=list_name, reason=reason.strip())

    run(Reach.of(config, database).in_store(doing))
    typer.echo(f"{list_name}: calls {'wait for it again' if back else 'need not wait for it'}")


@app.command("remove")
def remove(
    number: Annotated[str, typer.Argument(help="A number or a beginning; a whole list with --list and *.")],
    *,
    list_name: Annotated[str | None, typer.Option("--list", help="From this list alone.")] = None,
    country: Country = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Let a number be called again."""

    async def doing(store: Store) -> int:
        if number == "*":
            if list_name is None:
                raise ConfigError("say which list: --list NAME")
            taken = await store.do_not_call.remove_list(list_name, time.time())
        else:
            entry = number if number.startswith("+") else _number(number, country)
            taken = await store.do_not_call.remove(entry, list_name, now=time.time())
        if taken:
            await note(
                store, "do_not_call.remove", list_name=list_name or "every list", count=taken, whole=number == "*"
            )
        return taken

    taken = run(Reach.of(config, database).in_store(doing))
    typer.echo(f"{taken} entries are taken off")
    if taken == 0:
        raise typer.Exit(1)


@app.command("check")
def check(
    number: Annotated[str, typer.Argument(help="A number.")],
    *,
    campaign: Annotated[str | None, typer.Option(help="By this campaign; without: by anybody.")] = None,
    country: Country = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Which lists forbid a number. Ends with 1 where one does."""

    async def doing(store: Store) -> tuple[str, ...]:
        of = (await store.campaigns.find(campaign)).id if campaign is not None else 0
        return await store.do_not_call.lists_of(_number(number, country), campaign=of, now=time.time())

    lists = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json({"forbidden": bool(lists), "lists": lists}, json)
    else:
        typer.echo(f"forbidden by {', '.join(lists)}" if lists else "no list forbids it")
    if lists:
        raise typer.Exit(1)


@app.command("list")
def list_(*, config: ConfigFile = None, database: DatabaseUrl = None, json: JsonFile = None) -> None:
    """Every list: whom it holds for, how many numbers it has, when it was loaded, and those that a rule asks for."""
    reach = Reach.of(config, database)
    now = time.time()

    async def doing(store: Store) -> tuple[DoNotCallList, ...]:
        return await store.do_not_call.lists()

    found = run(reach.in_store(doing))
    if json is not None:
        write_json([asdict(one) for one in found], json)
        return
    show_table(
        ("list", "numbers", "beginnings", "holds for", "hashed", "loaded"),
        [
            (one.name, one.numbers, one.prefixes, _whom(one), one.hashing, told(one.loaded_at))
            for one in found
        ],
    )  # fmt: skip
    for line in missing_lists(found, reach.config, now):
        typer.echo(f"warning: {line}", err=True)


def missing_lists(found: tuple[DoNotCallList, ...], config: Config | None, now: float) -> list[str]:
    """The lists that a rule in force asks for and that are not loaded, or too old: what it holds for is not called."""
    loaded = {one.name: now if one.waived else one.loaded_at for one in found if one.waived or one.loaded_at}
    lines = []
    for rule in law_of(config, now).book.rules:
        for name in rule.lists:
            if name not in loaded:
                lines.append(
                    f"{rule.name} asks for the list {name!r}: nobody it holds for is called until it is loaded"
                )
            elif rule.lists_days and (at := loaded[name]) is not None and now - at > rule.lists_days * 86_400:
                lines.append(f"{rule.name} asks for {name!r} no older than {rule.lists_days} days: load it anew")
    return lines


def _whom(one: DoNotCallList) -> str:
    parts = [f"campaign {one.campaign}" if one.campaign else "", f"client {one.client}" if one.client else ""]
    return ", ".join([part for part in (*parts, " ".join(one.purposes)) if part]) or "everybody"


def _number(text: str, country: str | None) -> str:
    read = read_number(text, country)
    if not read.valid:
        raise ConfigError(f"{text!r} is no valid number; write + and the country first, or say --country")
    return read.number


def _prefix(text: str) -> str:
    if not (text.startswith("+") and text[1:].isdigit() and 2 <= len(text) <= 15):
        raise ConfigError(f"{text!r}: a beginning is + and the country's code first, as +5255")
    return text


def _of_area(area: str, config: Config | None) -> list[str]:
    folder = config.rules_dir if config is not None else None
    regions = rulebook(built_in=True, folder=folder, now=time.time()).regions
    found = [prefix for region in regions if region.code == area.upper() for prefix in region.prefixes]
    if not found:
        known = ", ".join(sorted({region.code for region in regions}))
        raise ConfigError(f"no rules know the area {area!r}; known are {known}, or say --prefix")
    return found
