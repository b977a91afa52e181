"""`dialer rules`: list, check and when."""

import time
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from dialer.cli.law import law_of
from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, Reach, run
from dialer.config import load
from dialer.core.ids import LeadId
from dialer.core.lawful import Stretch, stretches
from dialer.core.packs.schema import Rule
from dialer.core.rules import WEEK_S
from dialer.leads.why import facts_of, next_phone
from dialer.rules.files import read_pack
from dialer.rules.packs import book_of, files_of
from dialer.store import NotFoundError, Store

app = typer.Typer(
    help="Calling rules: list those in force, check a file of your own, ask when a lead may be called.",
    no_args_is_help=True,
)

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@app.command("list")
def list_(*, config: ConfigFile = None, json: JsonFile = None) -> None:
    """Every rule that the configuration puts in force; without one, those that come with the dialer."""
    loaded = load(config) if config is not None else None
    built_in, folder = (loaded.built_in_rules, loaded.rules_dir) if loaded is not None else (True, None)
    _show(book_of([read_pack(path) for path in files_of(built_in=built_in, folder=folder)], ()).rules, json)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A file of rules.", dir_okay=False)], *, json: JsonFile = None
) -> None:
    """Read a file of rules and say what is wrong in it, line by line."""
    pack = read_pack(file)
    _show(book_of([pack], ()).rules, json)
    if json is None:
        typer.echo(f"{file}: {len(pack.rules)} rules, no errors")


@app.command("when")
def when(
    lead: Annotated[int, typer.Argument(help="The lead's number.")], *, config: ConfigFile = None, json: JsonFile = None
) -> None:
    """When the lead may be called in the coming week, and which rule forbids it between."""
    reach = Reach.of(config)
    now = time.time()

    async def doing(store: Store) -> tuple[tzinfo, list[Stretch]]:
        view = await store.leads.view(LeadId(lead))
        campaign = await store.campaigns.get(view.campaign) if view is not None else None
        if view is None or campaign is None:
            raise NotFoundError(f"there is no lead {lead}")
        phone = next_phone(view, now)
        if phone is None:
            raise NotFoundError(f"lead {lead} has no number that may be dialled: ask `dialer leads why {lead}`")
        facts = await facts_of(store, view, phone, now)
        law = law_of(reach.config, now)
        return ZoneInfo((*phone.zones, "UTC")[0]), stretches(facts, campaign, law, since=now, until=now + WEEK_S)

    zone, found = run(reach.in_store(doing))
    if json is not None:
        write_json([_plain(one) for one in found], json)
        return
    typer.echo(f"times of {zone}")
    show_table(
        ("from", "until", "", "rule", "why"),
        [
            (_told(one.since, zone), _told(one.until, zone), "shut", one.shut.rule, one.shut.reason)
            if one.shut is not None
            else (_told(one.since, zone), _told(one.until, zone), "open", "", "")
            for one in found
        ],
    )


def _told(at: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%a %Y-%m-%d %H:%M}"


def _plain(one: Stretch) -> dict[str, object]:
    return {
        "since": one.since,
        "until": one.until,
        "open": one.shut is None,
        "rule": one.shut.rule if one.shut is not None else "",
        "reason": one.shut.reason if one.shut is not None else "",
    }


def _show(rules: tuple[Rule, ...], json: Path | None) -> None:
    if json is not None:
        write_json([_row(rule) for rule in rules], json)
        return
    for rule in rules:
        row = _row(rule)
        typer.echo(f"{row['rule']}  {row['where']}  {row['for']}  confidence {row['sure']}")
        for name in ("in_force", "hours", "caps", "source", "note"):
            if row[name]:
                typer.echo(f"    {name.replace('_', ' ')}: {row[name]}")
    unsure = [rule.name for rule in rules if rule.verify]
    if unsure:
        typer.echo(f"warning: have counsel check {', '.join(unsure)}", err=True)


def _row(rule: Rule) -> dict[str, object]:
    since, until = (date.fromordinal(day).isoformat() if day else "" for day in (rule.since, rule.until))
    return {
        "rule": rule.name,
        "where": rule.region or rule.country,
        "for": " ".join(rule.purposes),
        "in_force": f"{since} to {until or 'now'}" if since or until else "",
        "hours": _hours(rule),
        "caps": " ".join([cap.name for cap in rule.caps] + [cooldown.name for cooldown in rule.cooldowns]),
        "sure": rule.confidence + (" verify" if rule.verify else ""),
        "source": rule.source,
        "note": rule.note,
    }


def _hours(rule: Rule) -> str:
    spans = [f"{_of_week(one.days)} {_clock(one.opens_min)}-{_clock(one.closes_min)}" for one in rule.hours]
    return ", ".join(spans) + (", no holidays" if rule.holidays_closed else "")


def _of_week(days: tuple[int, ...]) -> str:
    return DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]}-{DAYS[days[-1]]}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
