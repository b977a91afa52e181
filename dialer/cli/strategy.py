"""`dialer campaign load`: settings from a file, as `dialer tune` writes them, into a campaign."""

import time
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from asterisk_config.toml_lines import line_of, lines_of_keys
from dialer.cli.output import JsonFile, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.trail import note_change
from dialer.errors import ConfigError
from dialer.store import Store
from dialer.web.bodies import CampaignChange
from dialer.web.campaigns import changed, shown
from dialer.web.client import Client, Json
from dialer.web.problems import what_is_wrong


def load(
    name: Annotated[str, typer.Argument(help="The campaign: its name or number.")],
    file: Annotated[Path, typer.Argument(help="Its settings: as `dialer tune` writes them, or your own.")],
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Give a campaign the settings of a file; what the file leaves out stays as it is."""
    change = read(file)

    async def at_work(client: Client) -> Json:
        campaign = await client.find_campaign(name)
        return await client.change_campaign(campaign["id"], **change.model_dump(mode="json", exclude_unset=True))

    async def at_rest(store: Store) -> Json:
        try:
            found = await store.campaigns.find(name)
            kept = changed(found, change)
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
        typer.echo(f"{campaign['name']}: {', '.join(sorted(change.model_fields_set))} as in {file}")


def read(file: Path) -> CampaignChange:
    """The file's settings of a campaign. Raises ConfigError, which names the file and each key that is wrong."""
    try:
        text = file.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error
    given: Any = tree.get("campaign")
    if not isinstance(given, dict):
        raise ConfigError(f"{file}: there is no table [campaign]; `dialer tune` writes such a file")
    try:
        return CampaignChange.model_validate(given)
    except ValidationError as error:
        lines = lines_of_keys(text)
        places = [(("campaign", *one["loc"]), what_is_wrong(one)) for one in error.errors()]
        faults = sorted((line_of(at, lines), ".".join(map(str, at)), what) for at, what in places)
        raise ConfigError("\n".join(f"{file}:{line}: {at}: {what}" for line, at, what in faults)) from error
