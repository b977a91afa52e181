"""`dialer detection`: how answering machine detection fares, and judging what it recorded."""

import time
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.times import Since, Until, stretch, told
from dialer.core.ids import CallId
from dialer.core.model import CallRecord, Category
from dialer.store import Store
from dialer.store.detections import DetectionReport
from dialer.web.client import Client

app = typer.Typer(
    help="Answering machine detection: how it fares, what it recorded for audits, judging that.", no_args_is_help=True
)

Named = Annotated[str, typer.Argument(help="The campaign: its name or number.")]


class Heard(StrEnum):
    """What a recording turned out to hold."""

    PERSON = "person"
    MACHINE = "machine"


@app.command("report")
def report(
    name: Named,
    *,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Verdicts, their times and reasons, and the estimate of people taken for machines."""
    begins, ends = stretch(since, until, time.time())

    async def doing(store: Store) -> DetectionReport:
        campaign = await store.campaigns.find(name)
        codes = frozenset(one.code for one in campaign.dispositions if one.category is Category.MACHINE)
        return await store.detections.report(campaign.id, begins, ends, codes)

    found = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json(asdict(found), json)
        return
    show_table(("", ""), _lines(found))


def _lines(found: DetectionReport) -> list[tuple[str, str]]:
    low, high = found.interval
    lines = [(f"taken for a {verdict}", str(count)) for verdict, count in found.verdicts.items()]
    lines += [(f"  {reason}", str(count)) for reason, count in found.reasons.items()]
    if found.p50_s is not None:
        lines.append(("answer to verdict", f"p50 {found.p50_s:.2f}, p95 {found.p95_s:.2f}, max {found.max_s:.2f} s"))
    lines += [
        ("machines hung up on", str(found.hung_up)),
        ("messages left", f"{found.messages}, of them behind a beep that was heard: {found.after_beep}"),
        ("machines that reached agents", str(found.missed)),
        ("audited", f"{found.heard}, of them people: {found.persons}"),
    ]
    if found.heard:
        few, many = found.cut_off
        lines.append(("people among machines", f"95 %: {100 * low:.2f} to {100 * high:.2f} %"))
        lines.append(("people hung up on", f"95 %: {few:.1f} to {many:.1f}"))
    return lines


@app.command("audits")
def audits(name: Named, *, config: ConfigFile = None, database: DatabaseUrl = None, json: JsonFile = None) -> None:
    """Recorded machine calls that nobody has judged yet; their files lie in the recordings' folder."""

    async def doing(store: Store) -> tuple[CallRecord, ...]:
        return await store.detections.unheard((await store.campaigns.find(name)).id)

    found = run(Reach.of(config, database).in_store(doing))
    rows = [(one.id, one.answered_at, one.detection_s, one.verdict_reason, f"{one.audit}.wav") for one in found]
    if json is not None:
        names = ("call", "answered_at", "detection_s", "reason", "file")
        write_json([dict(zip(names, row, strict=True)) for row in rows], json)
        return
    shown = [(call, "" if at is None else told(at), took, why, file) for call, at, took, why, file in rows]
    show_table(("call", "answered", "verdict after s", "reason", "file"), shown)


@app.command("judge")
def judge(
    call: Annotated[int, typer.Argument(help="The call's number, as `audits` shows it.")],
    heard: Annotated[Heard, typer.Argument(help="What is heard on the recording.")],
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Say whether a person or a machine is heard on a recording."""
    person = heard is Heard.PERSON

    async def at_work(client: Client) -> None:
        await client.request("POST", f"/detection/audits/{call}", {"person": person})

    async def at_rest(store: Store) -> None:
        await store.detections.judge(CallId(call), person=person, by="command line", now=time.time())

    run(Reach.of(config, database).in_either(at_work, at_rest))
    typer.echo(f"call {call}: {heard}")
