"""`dialer campaign load`: settings from a file, as `dialer tune` writes them, into a campaign."""

import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import ValidationError

from asterisk_config.toml_lines import Key, line_of, lines_of_keys
from dialer.cli.output import JsonFile, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.trail import note_change
from dialer.errors import ConfigError
from dialer.store import Store
from dialer.web.bodies import CampaignChange
from dialer.web.campaigns import changed, shown
from dialer.web.client import Client, Json
from dialer.web.problems import what_is_wrong

DELAYS = "recycling_delays_s"
DELAY_MAX_S = 31_536_000
Lines = dict[Key, int]


class Strategy(NamedTuple):
    """What a file holds: a campaign's settings, and seconds until a lead is tried again, by outcome."""

    change: CampaignChange
    delays_s: dict[str, float]


def load(
    name: Annotated[str, typer.Argument(help="The campaign: its name or number.")],
    file: Annotated[Path, typer.Argument(help="Its settings: as `dialer tune` writes them, or your own.")],
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Give a campaign the settings of a file; what the file leaves out stays as it is."""
    change, delays = read(file)

    async def at_work(client: Client) -> Json:
        campaign = await client.find_campaign(name)
        wanted = recycled(change, campaign["recycling"], delays)
        return await client.change_campaign(campaign["id"], **wanted.model_dump(mode="json", exclude_unset=True))

    async def at_rest(store: Store) -> Json:
        try:
            found = await store.campaigns.find(name)
            kept = changed(found, recycled(change, shown(found).model_dump(mode="json")["recycling"], delays))
        except ValueError as error:
            raise ConfigError(f"{file}: {error}") from error
        kept = await store.campaigns.save(kept)
        which = {"campaign": kept.id}
        await note_change(store, "campaign.change", which, before=shown(found), after=shown(kept))
        if "selection" in change.model_fields_set:
            await store.leads.rearrange(kept.id, time.time())
        return shown(kept).model_dump(mode="json")

    campaign = run(Reach.of(config, database).in_either(at_work, at_rest))
    if json is not None:
        write_json(campaign, json)
    else:
        told = sorted(change.model_fields_set | ({"recycling"} if delays else set()))
        typer.echo(f"{campaign['name']}: {', '.join(told)} as in {file}")


def read(file: Path) -> Strategy:
    """The file's settings and delays; read once, so that it may be a pipe. Raises ConfigError.

    The error names the file and each key that is wrong.
    """
    try:
        text = file.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error
    lines = lines_of_keys(text)
    return Strategy(_change(file, tree.get("campaign"), lines), _delays(file, tree.get(DELAYS, {}), lines))


def _change(file: Path, given: object, lines: Lines) -> CampaignChange:
    if not isinstance(given, dict):
        raise ConfigError(f"{file}: there is no table [campaign]; `dialer tune` writes such a file")
    try:
        return CampaignChange.model_validate(given)
    except ValidationError as error:
        places = [(("campaign", *one["loc"]), what_is_wrong(one)) for one in error.errors()]
        faults = sorted((line_of(at, lines), ".".join(map(str, at)), what) for at, what in places)
        raise ConfigError("\n".join(f"{file}:{line}: {at}: {what}" for line, at, what in faults)) from error


def _delays(file: Path, given: object, lines: Lines) -> dict[str, float]:
    if not isinstance(given, dict):
        raise ConfigError(f"{file}: {DELAYS} is a table, of seconds by outcome")
    for code, delay_s in given.items():
        if type(delay_s) not in {int, float} or not 0 <= delay_s <= DELAY_MAX_S:
            line = line_of((DELAYS, code), lines)
            raise ConfigError(f"{file}:{line}: {DELAYS}.{code}: {delay_s!r} are no seconds, 0 to {DELAY_MAX_S:,}")
    return {code: float(delay_s) for code, delay_s in given.items()}


def recycled(change: CampaignChange, rules: Sequence[Json], delays: Mapping[str, float]) -> CampaignChange:
    """The change with these delays in the campaign's rules (or the file's own, if any), all else of them kept."""
    if not delays:
        return change
    given = change.model_dump(mode="json", exclude_unset=True)
    by_code = {one["code"]: one for one in given.get("recycling", rules)}
    for code, delay_s in delays.items():
        by_code[code] = by_code.get(code, {"code": code}) | {"delay_s": delay_s}
    return CampaignChange.model_validate(given | {"recycling": list(by_code.values())})
