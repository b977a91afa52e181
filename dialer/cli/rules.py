"""`dialer rules`: list, check and when."""

import time
from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from dialer.cli.law import law_of
from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, Reach, config_at_hand, run
from dialer.config import load
from dialer.core.ids import LeadId
from dialer.core.lawful import Stretch
from dialer.core.packs.lawbook import Lawbook
from dialer.core.packs.schema import Rule
from dialer.errors import ConfigError
from dialer.leads.week import Week, week_of
from dialer.rereading import known_pools
from dialer.rules.examples import Failed, failed
from dialer.rules.files import Pack, read_pack
from dialer.rules.packs import book_of, files_of
from dialer.store import Store

app = typer.Typer(
    help="Calling rules: list those in force, check a file of your own, ask when a lead may be called.",
    no_args_is_help=True,
)

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@app.command("list")
def list_(*, config: ConfigFile = None, json: JsonFile = None) -> None:
    """Every rule that the configuration puts in force; without one, those that come with the dialer."""
    loaded = load(found) if (found := config_at_hand(config)) is not None else None
    built_in, folder = (loaded.built_in_rules, loaded.rules_dir) if loaded is not None else (True, None)
    _show(book_of([read_pack(path) for path in files_of(built_in=built_in, folder=folder)], ()).rules, json)


@app.command("check")
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Files of rules; without: all in force.", dir_okay=False)
    ] = None,
    *,
    config: ConfigFile = None,
    json: JsonFile = None,
) -> None:
    """Read files of rules, say what is wrong in them, line by line, and try their own examples.

    With a configuration the files are held beside all others in force, too. Ends with 1 where an example does not hold.
    """
    loaded = load(found) if (found := config_at_hand(config)) is not None else None
    built_in, folder = (loaded.built_in_rules, loaded.rules_dir) if loaded is not None else (not files, None)
    in_force = files_of(built_in=built_in, folder=folder)
    packs = {path: read_pack(path) for path in files or in_force}
    others = [read_pack(path) for path in in_force if path.resolve() not in {one.resolve() for one in packs}]
    book_of([*packs.values(), *others], ())  # no rule's version in two files
    broken = {path: _failed(path, pack) for path, pack in packs.items()}
    if files:
        _show(tuple(rule for pack in packs.values() for rule in pack.rules), json)
    if json is None:
        for path, pack in packs.items():
            _tell(path, pack, broken[path])
    lines = [f"{path}:{one.line}: example[{one.index}]: {one.what}" for path, some in broken.items() for one in some]
    if lines:
        raise ConfigError("\n".join(lines))


def _failed(path: Path, pack: Pack) -> list[Failed]:
    """A pack's examples that do not hold by the pack alone."""
    years = {int(text[:4]) + more for one in pack.examples for text in (one.at,) for more in (-1, 0, 1)}
    return list(failed(path, pack.examples, pack.country, Lawbook(book_of([pack], years))))


def _tell(path: Path, pack: Pack, broken: list[Failed]) -> None:
    held = len(pack.examples) - len(broken)
    what = f"{held} of {len(pack.examples)} examples hold" if pack.examples else "no examples"
    typer.echo(f"{path}: {len(pack.rules)} rules, {'no errors, ' if not broken else ''}{what}")


@app.command("when")
def when(
    lead: Annotated[int, typer.Argument(help="The lead's number.")], *, config: ConfigFile = None, json: JsonFile = None
) -> None:
    """When the lead may be called in the coming week, and which rule forbids it between."""
    reach = Reach.of(config)
    now = time.time()

    async def doing(store: Store) -> Week:
        pools = await known_pools(reach.config, store) if reach.config is not None else ()
        return await week_of(store, LeadId(lead), law_of(reach.config, now), now, pools)

    week = run(reach.in_store(doing))
    zone, found = ZoneInfo(week.zone), week.stretches
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
        for name in ("in_force", "hours", "caps", "asks", "source", "note"):
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
        "asks": "; ".join(_asks(rule)),
        "sure": rule.confidence + (" verify" if rule.verify else ""),
        "source": rule.source,
        "note": rule.note,
    }


def _asks(rule: Rule) -> Iterator[str]:
    """What else the rule asks for."""
    if rule.consent is not None:
        yield "consent" + (f" of at most {rule.consent.days} days" if rule.consent.days else "")
    if rule.third_parties_closed:
        yield "no third parties"
    if rule.stop_on:
        yield f"stop on {', '.join(rule.stop_on)}"
    if rule.ring_min_s:
        yield f"ring {rule.ring_min_s:g} s"
    if rule.caller_id.visible:
        yield "a number shown" + (
            f" that begins with {', '.join(rule.caller_id.prefixes)}" if rule.caller_id.prefixes else ""
        )
    if rule.caller_id.barred:
        yield f"none that begins with {', '.join(rule.caller_id.barred)}"
    if rule.lists:
        yield f"lists {', '.join(rule.lists)}"
    if rule.abandonment is not None:
        yield f"at most {rule.abandonment.cap:.0%} abandoned in {rule.abandonment.window_days:g} days"
    if rule.retain_days:
        yield f"records kept {rule.retain_days} days"


def _hours(rule: Rule) -> str:
    spans = [f"{_of_week(one.days)} {_clock(one.opens_min)}-{_clock(one.closes_min)}" for one in rule.hours]
    return ", ".join(spans) + (", no holidays" if rule.holidays_closed else "")


def _of_week(days: tuple[int, ...]) -> str:
    return DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]}-{DAYS[days[-1]]}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
