"""`dialer trunk`: list, report and test."""

import time
from dataclasses import asdict
from typing import Annotated

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.times import Since, Until, stretch, told
from dialer.errors import ConfigError
from dialer.store import Store
from dialer.store.trunk_report import TrunkStep
from dialer.web.client import Client, Json

app = typer.Typer(help="Trunks: list them, how they fared, a trial call.", no_args_is_help=True)

TRIAL_S = 60.0


@app.command("list")
def list_(*, config: ConfigFile = None, json: JsonFile = None) -> None:
    """The trunks of a running dialer: lines in use and health."""

    async def doing(client: Client) -> list[Json]:
        found: list[Json] = (await client.floor())["trunks"]
        return found

    trunks = run(Reach.of(config).in_server(doing))
    if json is not None:
        write_json(trunks, json)
        return
    rows = [(one["name"], f"{one['lines']} of {one['lines_max']}", one["state"], one["reason"]) for one in trunks]
    show_table(("trunk", "lines", "state", "why"), rows)


@app.command("report")
def report(
    *,
    trunk: Annotated[str | None, typer.Option(help="One trunk alone.")] = None,
    digits: Annotated[int, typer.Option(min=0, max=12, help="By so many first digits of the numbers.")] = 0,
    step: Annotated[float, typer.Option(min=1, help="Minutes in each step of the series.")] = 60.0,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Answer-seizure ratio, post-dial delay, short calls and causes, as series by trunk and by first digits."""
    begins, ends = stretch(since, until, time.time())

    async def doing(store: Store) -> tuple[TrunkStep, ...]:
        return await store.trunk_reports.series(begins, ends, trunk=trunk, step_s=60.0 * step, digits=digits)

    steps = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json([asdict(one) for one in steps], json)
        return
    show_table(
        ("from", "trunk", "prefix", "calls", "ASR", "PDD p50 s", "p95 s", "no sign", "short", "minutes", "causes"),
        [_row(one) for one in steps],
    )


def _row(one: TrunkStep) -> tuple[object, ...]:
    causes = " ".join(f"{cause}:{count}" for cause, count in list(one.causes.items())[:4])
    p50, p95 = (f"{value:.1f}" if value is not None else "" for value in (one.pdd_p50_s, one.pdd_p95_s))
    return (
        told(one.since), one.trunk, one.prefix, one.calls, f"{100 * one.asr:.1f} %", p50, p95, one.no_sign, one.short,
        f"{one.minutes:.1f}", causes,
    )  # fmt: skip


@app.command("test")
def trial(
    number: Annotated[str, typer.Argument(help="The number to dial, in E.164: + and the country first.")],
    *,
    trunk: Annotated[str, typer.Option(help="The trunk to dial it by.")],
    caller_id: Annotated[str, typer.Option(help="The number shown.")] = "",
    config: ConfigFile = None,
    json: JsonFile = None,
) -> None:
    """Dial a number by a trunk of the running dialer, hang up when it is answered, and tell what was seen."""
    reach = Reach.of(config)
    if reach.config is not None and trunk not in {one.name for one in reach.config.trunks}:
        names = ", ".join(one.name for one in reach.config.trunks)
        raise ConfigError(f"there is no trunk {trunk!r} in {config}; there are {names}")

    async def doing(client: Client) -> Json:
        body = {"number": number, "caller_id": caller_id}
        found = await client.request("POST", f"/trunks/{trunk}/test", body, timeout_s=TRIAL_S)
        assert isinstance(found, dict)
        return found

    found = run(reach.in_server(doing))
    if json is not None:
        write_json(found, json)
        return
    lasted = {name: _after(found, name) for name in ("progress_at", "ringing_at", "answered_at", "ended_at")}
    typer.echo(f"{found['dial']}: {found['outcome']}")
    for name, text in lasted.items():
        if text:
            typer.echo(f"  {name.removesuffix('_at'):9}{text}")
    code = f"SIP {found['tech_cause']}, " if found["tech_cause"] else ""
    typer.echo(f"  cause    {code}Q.850 {found['cause']}" + (f"; {found['reason']}" if found["reason"] else ""))


def _after(found: Json, name: str) -> str:
    return "" if found[name] is None else f"{found[name] - found['placed_at']:.2f} s"
