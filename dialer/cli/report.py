"""`dialer report`: the day in figures, its calls, hours, agents and events."""

import json as jsons
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.times import Since, Until, stretch, told
from dialer.core.ids import CampaignId
from dialer.core.lines_out import LineOut
from dialer.core.model import CallRecord
from dialer.leads.safe_csv import SafeWriter
from dialer.store import CallFilter, CallRow, Store
from dialer.store.day import DayReport, Spread, day_report, hourly
from dialer.store.trunk_report import Cost, totals

_INSTANTS = frozenset(field.name for field in fields(CallRecord) if field.name.endswith("_at"))
_AT_ONCE = 1_000  # calls whose lines are looked up together


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a report is to tell of."""

    since: float
    until: float
    campaign: CampaignId | None
    json: Path | None


def report(
    *,
    campaign: Annotated[str | None, typer.Option(help="One campaign alone: its name or number.")] = None,
    calls: Annotated[bool, typer.Option("--calls", help="Each call, as CSV.")] = False,
    events: Annotated[bool, typer.Option("--events", help="What came in and went out, as JSON Lines.")] = False,
    agents: Annotated[bool, typer.Option("--agents", help="The agents' time sheet.")] = False,
    costs: Annotated[bool, typer.Option("--costs", help="Minutes and cost by client, campaign and trunk.")] = False,
    by_hour: Annotated[bool, typer.Option("--hourly", help="Hour by hour.")] = False,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """The day: what was dialled, who answered, who waited, how agents spent their time."""
    kinds = [
        kind
        for kind, wanted in ((_calls, calls), (_events, events), (_agents, agents), (_hours, by_hour), (_costs, costs))
        if wanted
    ]
    if len(kinds) > 1:
        raise typer.BadParameter("one of --calls, --events, --agents, --hourly and --costs at a time")
    tell: Callable[[Store, Asked], Awaitable[None]] = kinds[0] if kinds else _day
    begins, ends = stretch(since, until, time.time())
    if begins >= ends:
        raise typer.BadParameter("--since must be before --until")

    async def doing(store: Store) -> None:
        found = await store.campaigns.find(campaign) if campaign is not None else None
        await tell(store, Asked(since=begins, until=ends, campaign=found.id if found else None, json=json))

    run(Reach.of(config, database).in_store(doing))


async def _day(store: Store, asked: Asked) -> None:
    day = await day_report(store, asked.since, asked.until, asked.campaign)
    if asked.json is not None:
        write_json(day.as_dict(), asked.json)
        return
    typer.echo(f"{told(day.since)} to {told(day.until)}")
    show_table(("", ""), _lines(day))


def _lines(day: DayReport) -> list[tuple[str, str]]:
    found = f", {day.machines_found} of them machines, as the agents found" if day.machines_found else ""
    lines = [("calls placed", str(day.calls_placed))]
    lines += [(f"  {outcome}", str(count)) for outcome, count in day.outcomes.items()]
    lines += [
        ("answered by a person", str(day.answered_live)),
        ("connected", f"{day.connected}{found}"),
        ("abandoned", f"{day.abandoned}{_ratio(day)}"),
        ("occupancy", "" if day.occupancy is None else f"{100 * day.occupancy:.1f} %"),
        ("talk", f"{day.talk_s / 3600:.2f} h"),
        ("answer to bridge", _spread(day.answer_to_bridge_ms)),
        ("wait", _spread(day.wait_ms)),
        ("recordings", str(day.recordings)),
    ]
    return lines + [(f"  {code}", str(count)) for code, count in day.dispositions.items()]


def _ratio(day: DayReport) -> str:
    if day.abandon_ratio is None or day.abandon_interval is None:
        return ""
    low, high = day.abandon_interval
    return f", {100 * day.abandon_ratio:.2f} % of the answered (95 %: {100 * low:.2f} to {100 * high:.2f} %)"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    return f"p50 {spread.p50:.0f}, p95 {spread.p95:.0f}, p99 {spread.p99:.0f}, max {spread.max:.0f} ms of {spread.n}"


async def _calls(store: Store, asked: Asked) -> None:
    if asked.json is not None:
        found = [{**asdict(row.record), "onward": list(map(asdict, lines))} async for row, lines in _each(store, asked)]
        write_json(found, asked.json)
        return
    out = SafeWriter(sys.stdout)
    names = [field.name for field in fields(CallRecord)]
    out.row([*names, "campaign_name", "agent_name", "person_name", "onward_trunks", "onward_minutes", "onward_costs"])
    async for row, lines in _each(store, asked):
        values = asdict(row.record)
        cells = [told(values[name]) if name in _INSTANTS else values[name] for name in names]
        out.row([*cells, row.campaign, row.agent, row.person, *_onward(lines)])


async def _each(store: Store, asked: Asked) -> AsyncIterator[tuple[CallRow, tuple[LineOut, ...]]]:
    """The calls asked for, each with the lines by which people were handed on and third parties called."""
    where = CallFilter(since=asked.since, until=asked.until, campaign=asked.campaign)
    rows: list[CallRow] = []

    async def beside() -> list[tuple[CallRow, tuple[LineOut, ...]]]:
        lines = await store.trunk_reports.onward([row.record.id for row in rows])
        return [(row, lines.get(row.record.id, ())) for row in rows]

    async for row in store.calls.stream(where):
        rows.append(row)
        if len(rows) == _AT_ONCE:
            for one in await beside():
                yield one
            rows.clear()
    for one in await beside():
        yield one


def _onward(lines: Sequence[LineOut]) -> tuple[str, str, str]:
    """By which trunks, minutes, and costs: one for each currency."""
    if not lines:
        return "", "", ""
    seconds = sum((one.ended_at or 0.0) - one.answered_at for one in lines if one.answered_at and one.ended_at)
    costs: defaultdict[str, float] = defaultdict(float)
    for one in lines:
        if one.cost is not None:
            costs[one.currency] += one.cost
    return (
        " ".join(one.trunk for one in lines),
        f"{seconds / 60.0:.3f}",
        " + ".join(f"{cost:.6f} {currency}" for currency, cost in costs.items()),
    )


async def _events(store: Store, asked: Asked) -> None:
    if asked.json is not None:
        raise typer.BadParameter("--events is JSON Lines already, on standard output")
    async for row in store.journal.stream(asked.since, asked.until):
        body = jsons.loads(row.body)
        line = {"at": row.at, "run": row.run, "seq": row.seq, "kind": row.kind, **body}
        sys.stdout.write(jsons.dumps(line, ensure_ascii=False) + "\n")


async def _agents(store: Store, asked: Asked) -> None:
    sheet = await store.spells.sheet(asked.since, asked.until, campaign=asked.campaign)
    if asked.json is not None:
        write_json([{**asdict(one), "seconds": dict(one.seconds)} for one in sheet], asked.json)
        return
    states = sorted({state for one in sheet for state, _ in one.seconds})
    rows = [(one.agent, one.name, one.calls, *(f"{dict(one.seconds).get(s, 0):.0f}" for s in states)) for one in sheet]
    show_table(("agent", "name", "calls", *(f"{state} s" for state in states)), rows)


async def _hours(store: Store, asked: Asked) -> None:
    hours = await hourly(store, asked.since, asked.until, asked.campaign)
    if asked.json is not None:
        write_json([asdict(hour) for hour in hours], asked.json)
        return
    show_table(
        ("from", "placed", "answered", "connected", "abandoned", "talk h"),
        [(told(h.since), h.placed, h.answered, h.connected, h.abandoned, f"{h.talk_s / 3600:.2f}") for h in hours],
    )


async def _costs(store: Store, asked: Asked) -> None:
    costs = await store.trunk_reports.costs(asked.since, asked.until, asked.campaign)
    if asked.json is not None:
        write_json([asdict(one) for one in costs], asked.json)
        return
    show_table(
        ("client", "campaign", "trunk", "calls", "answered", "onward", "minutes", "cost", ""),
        [(o.client, o.campaign, o.trunk, o.calls, o.answered, o.onward, *_figures(o)) for o in costs],
    )
    for (client, currency), (minutes, cost) in totals(costs).items():
        typer.echo(f"{client}: {minutes:.1f} minutes, {cost:.4f} {currency}".rstrip())


def _figures(one: Cost) -> tuple[str, str, str]:
    return f"{one.minutes:.1f}", f"{one.cost:.4f}", one.currency
