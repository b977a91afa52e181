"""`dialer campaign`: add, list, start, pause, stop, pace and why."""

from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import typer

from dialer.cli.language import Language, spoken, standstill
from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.selection import selection
from dialer.cli.strategy import load
from dialer.cli.then import tell_then
from dialer.cli.trail import note
from dialer.core.ids import CampaignId
from dialer.core.model import Campaign, CampaignStatus, Mode, OptOut, first_pacing
from dialer.core.packs.schema import Purpose
from dialer.store import Store
from dialer.web.campaigns import shown
from dialer.web.client import Client, Json, ServerUnreachableError
from pacing import Policy

app = typer.Typer(
    help="Campaigns: add, list, load, start, pause, stop, change the pace, ask why.", no_args_is_help=True
)

app.command("load")(load)
app.command("selection")(selection)

Named = Annotated[str, typer.Argument(help="Its name or number.")]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A name of its own.")],
    *,
    client: Annotated[str, typer.Option(help="Whose campaign it is; added where the name is new.")],
    mode: Annotated[Mode, typer.Option(help="How calls come to be placed.")] = Mode.PREDICTIVE,
    purpose: Annotated[
        Purpose, typer.Option(help="What it calls for; decides which calling rules hold.")
    ] = Purpose.COLLECTIONS,
    trunk: Annotated[list[str] | None, typer.Option(help="A trunk to dial out by; may be repeated.")] = None,
    caller_id: Annotated[str, typer.Option(help="The number shown to the person called.")] = "",
    lines_max: Annotated[int, typer.Option(min=0, help="The most calls at once.")] = 100,
    opt_out: Annotated[
        OptOut, typer.Option(help="For whom somebody who asks not to be called is called no more.")
    ] = OptOut.EVERYBODY,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Add a campaign, paused."""

    async def doing(store: Store) -> Campaign:
        owner = await store.clients.by_name(client) or await store.clients.add(client)
        made = await store.campaigns.save(
            Campaign(
                id=CampaignId(0),
                client=owner.id,
                name=name,
                mode=mode,
                purpose=purpose,
                trunks=tuple(trunk or ()),
                caller_id=caller_id,
                lines_max=lines_max,
                opt_out=opt_out,
                pacing=first_pacing(purpose),
            )
        )
        await note(store, "campaign.add", campaign=made.id, name=name, client=owner.id, mode=mode)
        return made

    reach = Reach.of(config, database)
    campaign = run(reach.in_store(doing))
    if json is not None:
        write_json(shown(campaign).model_dump(mode="json"), json)
    else:
        typer.echo(f"campaign {campaign.id}, {campaign.name!r}, is added and paused: load a list, then start it")
    there = [one.name for one in reach.config.trunks] if reach.config is not None else campaign.trunks
    for one in campaign.trunks:
        if one not in there:
            typer.echo(f"no [[trunk]] is named {one!r} yet; there are: {', '.join(there)}", err=True)


@app.command("list")
def list_(*, config: ConfigFile = None, database: DatabaseUrl = None, json: JsonFile = None) -> None:
    """All campaigns."""

    async def doing(store: Store) -> tuple[Campaign, ...]:
        return await store.campaigns.list()

    campaigns = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json([shown(campaign).model_dump(mode="json") for campaign in campaigns], json)
        return
    show_table(
        ("id", "name", "mode", "status", "lines", "trunks"),
        [(one.id, one.name, one.mode, one.status, one.lines_max, " ".join(one.trunks)) for one in campaigns],
    )


@app.command("start")
def start(name: Named, *, config: ConfigFile = None, database: DatabaseUrl = None) -> None:
    """Let it dial; without a running server, from the server's next start on."""
    _set_status(Reach.of(config, database), name, CampaignStatus.RUNNING)


@app.command("pause")
def pause(name: Named, *, config: ConfigFile = None, database: DatabaseUrl = None) -> None:
    """Place nothing more; calls in progress go on."""
    _set_status(Reach.of(config, database), name, CampaignStatus.PAUSED)


def _set_status(reach: Reach, name: str, status: CampaignStatus) -> None:
    async def at_work(client: Client) -> str:
        campaign = await client.find_campaign(name)
        change = client.start_campaign if status is CampaignStatus.RUNNING else client.pause_campaign
        await change(campaign["id"])
        return str(campaign["name"])

    async def at_rest(store: Store) -> str:
        campaign = await store.campaigns.find(name)
        await store.campaigns.set_status(campaign.id, status)
        await note(store, f"campaign.{status}", campaign=campaign.id)
        return f"{campaign.name} (no server runs; noted for its next start)"

    typer.echo(f"{status}: {run(reach.in_either(at_work, at_rest))}")


@app.command("stop")
def stop(name: Named, *, config: ConfigFile = None) -> None:
    """Pause it and wait until its last call is over."""

    async def doing(client: Client) -> None:
        campaign = await client.find_campaign(name)
        await client.pause_campaign(campaign["id"])
        async with aclosing(client.live("floor")) as stream:
            async for _, floor in stream:
                lines = sum(one["lines"] for one in floor["campaigns"] if one["id"] == campaign["id"])
                if lines == 0:
                    typer.echo(f"stopped: {campaign['name']}")
                    return
                typer.echo(f"{lines} calls in progress", err=True)
        raise ServerUnreachableError("the server ended before the last call was over")

    run(Reach.of(config).in_server(doing))


@app.command("pace")
def pace(
    name: Named,
    *,
    mode: Annotated[Mode | None, typer.Option(help="How calls come to be placed.")] = None,
    lines_max: Annotated[int | None, typer.Option(min=0, help="The most calls at once.")] = None,
    policy: Annotated[Policy | None, typer.Option(help="How it is decided how many calls to place.")] = None,
    abandon_cap: Annotated[float | None, typer.Option(help="A stricter cap than the campaign's own, as 0.01.")] = None,
    target: Annotated[float | None, typer.Option(help="The share of the cap to aim at, 0.05 to 1.")] = None,
    intensity: Annotated[float | None, typer.Option(help="Above 1 bolder, below 1 shyer.")] = None,
    occupancy_max: Annotated[float | None, typer.Option(help="A ceiling for the agents' sake, 0.5 to 1.")] = None,
    ratio: Annotated[float | None, typer.Option(help="Calls for each free agent, policy ratio.")] = None,
    minutes: Annotated[float | None, typer.Option(help="How long; without it, until it is rolled back.")] = None,
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    roll_back: Annotated[int | None, typer.Option(metavar="NUMBER", help="Take that change back instead.")] = None,
    config: ConfigFile = None,
    json: JsonFile = None,
) -> None:
    """Change the pace of a running campaign, or take a change back; without an option, show what is in force."""
    settings = {
        "mode": mode, "lines_max": lines_max, "policy": policy, "abandon_cap": abandon_cap, "target": target,
        "intensity": intensity, "occupancy_max": occupancy_max, "ratio": ratio, "minutes": minutes, "note": note,
    }  # fmt: skip
    change = {key: value for key, value in settings.items() if value is not None}

    async def doing(client: Client) -> Json:
        campaign = (await client.find_campaign(name))["id"]
        if roll_back is not None:
            return await client.roll_back(campaign, roll_back)
        return await client.add_change(campaign, **change) if change else await client.changes(campaign)

    found = run(Reach.of(config).in_server(doing))
    if json is not None:
        write_json(found, json)
        return
    show_table(("setting", "in force"), list(found["settings"].items()))
    if found["changes"]:
        show_table(("no.", "by", "made", "ends", "sets", "note"), [_change(one) for one in found["changes"]])


def _change(one: Json) -> tuple[object, ...]:
    sets = ", ".join(f"{name} {value}" for name, value in one["settings"].items())
    ends = "when rolled back"
    if one["rolled_back_at"] is not None:
        ends = f"rolled back by {one['rolled_back_by']}"
    elif not one["lasts"]:
        ends = "over"
    elif one["ends_at"]:
        ends = _clock(one["ends_at"])
    return one["number"], one["by"], _clock(one["at"]), ends, sets, one["note"]


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


@app.command("why")
def why(
    name: Named,
    *,
    at: Annotated[
        str | None,
        typer.Option(help="As it dialled then, as 10:31:07 or 2026-03-01T10:31:07, local time; needs no server."),
    ] = None,
    language: Language = "",
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Why a campaign dials as it does, or does not; with --at, why it did at that instant."""
    reach = Reach.of(config, database)
    tongue = spoken(language, reach.config.web.locale if reach.config is not None else "")
    if at is not None:
        tell_then(reach, name, at, json, language=tongue)
        return

    async def doing(client: Client) -> Json:
        return await client.why((await client.find_campaign(name))["id"])

    answer = run(reach.in_server(doing))
    if json is not None:
        write_json(answer, json)
        return
    typer.echo(standstill(answer, tongue) or "no pacing decision yet")
    for decision in answer["decisions"]:
        typer.echo(f"  {_clock(decision['at'])}  {decision['reasons'].get(tongue, decision['reason'])}")
