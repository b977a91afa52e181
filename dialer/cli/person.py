"""`dialer person`: what was said of a lead's person: show, say, lift."""

import time
from dataclasses import asdict
from typing import Annotated

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.times import meant, told
from dialer.cli.trail import note
from dialer.core.ids import LeadId
from dialer.core.packs.schema import STOPS, Kept
from dialer.errors import ConfigError
from dialer.leads.numbers import read_number
from dialer.store import Store
from dialer.store.restrictions import NewRestriction, Restriction
from dialer.web.client import Client

app = typer.Typer(
    help="What people said and what is known of them: stops, inconvenient hours, channels, consent.",
    no_args_is_help=True,
)

Lead = Annotated[int, typer.Argument(help="A lead of the person.")]


@app.command("show")
def show(lead: Lead, *, config: ConfigFile = None, database: DatabaseUrl = None, json: JsonFile = None) -> None:
    """Everything ever said of the lead's person, oldest first."""

    async def doing(store: Store) -> tuple[Restriction, ...]:
        return await store.restrictions.of_lead(LeadId(lead))

    found = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json([asdict(one) for one in found], json)
        return
    show_table(
        ("", "what", "value", "about", "since", "until", "by"),
        [
            (one.id, one.kind, one.value, _about(one), told(one.at), told(one.until), one.source)
            for one in found
        ],
    )  # fmt: skip


@app.command("say")
def say(
    lead: Lead,
    kind: Annotated[Kept, typer.Argument(help="What is said.")],
    value: Annotated[
        str,
        typer.Argument(
            help='inconvenient: "mon-fri 08:00-12:00"; channels: "voice,whatsapp"; '
            'consent: its proof, with "zone=America/Tijuana" where the person said to be there.'
        ),
    ] = "",
    *,
    number: Annotated[str | None, typer.Option(help="About this number alone.")] = None,
    account: Annotated[bool, typer.Option(help="About the lead's account alone.")] = False,
    client: Annotated[bool, typer.Option(help="About the lead's client alone.")] = False,
    until: Annotated[str | None, typer.Option(help="When it ends: a date or a time. Without: never.")] = None,
    source: Annotated[str, typer.Option(help="Who told it.")] = "command",
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Keep what was said; it holds for the very next call."""
    ends = meant(until) if until is not None else None
    if number is not None:
        read = read_number(number, None)
        if not read.valid:
            raise ConfigError(f"--number {number!r} is no valid number; write + and the country first")
        number = read.number
    body = {
        "lead": lead, "kind": kind.value, "value": value, "number": number, "account": account, "client": client,
        "until": ends, "source": source,
    }  # fmt: skip

    async def at_work(server: Client) -> int:
        answer = await server.request("POST", "/restrictions", body)
        assert isinstance(answer, dict)
        return len(answer["leads"])

    async def doing(store: Store) -> int:
        given = NewRestriction(
            lead=LeadId(lead), kind=kind, value=value, number=number, account=account, client=client, until=ends,
            source=source,
        )  # fmt: skip
        try:
            leads = await store.restrictions.add([given], time.time())
        except ValueError as error:
            raise ConfigError(str(error)) from error
        await note(store, "restriction.add", lead=lead, kind=kind.value)
        return len(leads)

    leads = run(Reach.of(config, database).in_either(at_work, doing))
    typer.echo(f"kept: {kind}; it {'stops calls' if kind in STOPS else 'holds'} for {leads} leads")


@app.command("lift")
def lift(
    restriction: Annotated[int, typer.Argument(help="Its number, as `show` tells it.")],
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """What was said holds no longer; leads that it stopped are open again."""

    async def at_work(server: Client) -> int:
        answer = await server.request("POST", f"/restrictions/{restriction}/lift")
        assert isinstance(answer, dict)
        return len(answer["leads"])

    async def doing(store: Store) -> int:
        leads = await store.restrictions.lift(restriction, time.time())
        await note(store, "restriction.lift", restriction=restriction)
        return len(leads)

    typer.echo(f"lifted; {run(Reach.of(config, database).in_either(at_work, doing))} leads are free of it")


def _about(one: Restriction) -> str:
    parts = [one.number or "", "the account" if one.of_account else "", "the client" if one.of_client else ""]
    return ", ".join(part for part in parts if part) or "the person"
