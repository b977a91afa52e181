"""`dialer caller-id`: the numbers shown to people: list, rest and wake."""

from typing import Annotated

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, Reach, run
from dialer.cli.times import told
from dialer.web.client import Client, Json

app = typer.Typer(help="Numbers shown to people: their use and health, rests.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="The number, in E.164.")]


@app.command("list")
def list_(*, config: ConfigFile = None, json: JsonFile = None) -> None:
    """Every number of the pools: calls today, answer rate beside its pool's, rests with their evidence."""

    async def doing(client: Client) -> list[Json]:
        found = await client.request("GET", "/caller-ids")
        assert isinstance(found, list)
        return found

    numbers = run(Reach.of(config).in_server(doing))
    if json is not None:
        write_json(numbers, json)
        return
    show_table(
        ("number", "pool", "state", "today", "answered", "pool", "evidence", "rests until", "why"),
        [_row(one) for one in numbers],
    )


def _row(one: Json) -> tuple[object, ...]:
    rate = "" if one["answer_rate"] is None else f"{100 * one['answer_rate']:.1f} % of {one['calls']}"
    return (
        one["number"], one["pool"], one["state"], f"{one['today']} of {one['cap']}", rate,
        f"{100 * one['pool_rate']:.1f} %", f"{100 * one['evidence']:.0f} %", told(one["rests_until"]), _why(one),
    )  # fmt: skip


def _why(one: Json) -> str:
    return f"sent by {one['by']}: {one['reason']}" if one["by"] else str(one["reason"])


@app.command("rest")
def rest(
    number: Number,
    *,
    days: Annotated[float, typer.Option(min=0.04, max=365, help="For how long.")] = 7.0,
    why: Annotated[str, typer.Option(help="The reason, which is kept.")] = "",
    config: ConfigFile = None,
) -> None:
    """Show the number to nobody for some days; afterwards it is warmed again."""
    _say(config, number, days, why)
    typer.echo(f"{number} rests for {days:g} days")


@app.command("wake")
def wake(number: Number, *, config: ConfigFile = None) -> None:
    """Let a resting number be shown again."""
    _say(config, number, 0.0, "")
    typer.echo(f"{number} is at work again")


def _say(config: ConfigFile, number: str, days: float, why: str) -> None:
    async def doing(client: Client) -> None:
        await client.request("POST", "/caller-ids/rest", {"number": number, "days": days, "reason": why})

    run(Reach.of(config).in_server(doing))
