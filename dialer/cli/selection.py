"""`dialer campaign selection`: how a campaign chooses among its leads, shown as a file and set by one."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from asterisk_config.toml_lines import Key
from asterisk_config.toml_reader import Named, SettingsError, read
from dialer.cli.output import JsonFile, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.trail import note_change
from dialer.core.expressions import parse
from dialer.core.ids import CampaignId, ClientId
from dialer.core.model import Campaign, Mode
from dialer.core.selection import Order, Scope
from dialer.errors import ConfigError
from dialer.rules.texts import one_of
from dialer.store import Store
from dialer.web.bodies import CampaignChange
from dialer.web.campaigns import changed, shown
from dialer.web.client import Client, Json

_TABLES = {"parts": "part", "caps": "cap"}  # the API's word for each, and the file's


def _expression(text: str) -> str | None:
    try:
        parse(text or "0")
    except ValueError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartText:
    name: str
    filter: Annotated[str, _expression]
    share: float
    calls_24h_max: int | None = None
    contacts_24h_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapText:
    scope: Annotated[str, one_of(Scope)]
    count: int
    span_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecyclingText:
    code: str
    delay_s: float | None = None
    factor: float = 1.0
    delay_max_s: float = 604_800.0
    same_number: bool = False
    campaign: str = ""  # a name or a number; empty: the lead stays


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionText:
    """A file. What it leaves out is as it is by default: the file is the whole of it."""

    order: Annotated[str, one_of(Order)] = Order.DUE.value
    expression: Annotated[str, _expression] = ""
    filter: Annotated[str, _expression] = ""
    expires_after_s: float | None = None
    callback_grace_s: float = 900.0
    best_hour: bool = False
    attempts_max: int = 10
    parts: Annotated[tuple[PartText, ...], Named("part")] = ()
    caps: Annotated[tuple[CapText, ...], Named("cap")] = ()
    recycling: tuple[RecyclingText, ...] = ()


def selection(
    name: Annotated[str, typer.Argument(help="The campaign: its name or number.")],
    file: Annotated[
        Path | None, typer.Argument(help="A file as this command shows it; without: show what is set.", dir_okay=False)
    ] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Say what is wrong in the file, set nothing.")] = False,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Show how a campaign chooses among its leads (order, mix, caps, recycling) as TOML, or set it by such a file.

    To change it: `dialer campaign selection NAME > F`, edit F, `dialer campaign selection NAME F`.
    """
    if check and file is None:
        raise ConfigError("--check needs a file: dialer campaign selection NAME FILE --check")
    text = file.read_text(encoding="utf-8") if file is not None and file.is_file() else None
    if file is not None and text is None:
        raise ConfigError(f"{file}: there is no such file; `dialer campaign selection {name} > {file}` writes one")
    reach = Reach.of(config, database)

    async def doing(store: Store) -> tuple[Campaign, dict[int, str], CampaignChange | None]:
        campaign = await store.campaigns.find(name)
        names = {int(one.id): one.name for one in await store.campaigns.list(client=campaign.client)}
        return campaign, names, _read(text, str(file), campaign, names) if text is not None else None

    campaign, names, change = run(reach.in_store(doing))
    if change is not None and not check:
        campaign = _set(reach, campaign, change)
    elif change is not None:
        typer.echo(f"{file}: no errors", err=json is not None)
        return
    if json is not None:
        write_json(asdict(_text_of(campaign, names)), json)
    elif change is not None:
        typer.echo(f"{campaign.name}: chooses as {file} says from now on")
    else:
        typer.echo(_written(_text_of(campaign, names)), nl=False)


def _set(reach: Reach, campaign: Campaign, change: CampaignChange) -> Campaign:
    async def at_work(client: Client) -> Json:
        return await client.change_campaign(campaign.id, **change.model_dump(mode="json", exclude_unset=True))

    async def at_rest(store: Store) -> Json:
        kept = await store.campaigns.save(changed(campaign, change))
        await store.leads.rearrange(kept.id, time.time())
        which = {"campaign": kept.id}
        await note_change(store, "campaign.change", which, before=shown(campaign), after=shown(kept))
        return {}

    run(reach.in_either(at_work, at_rest))
    return changed(campaign, change)


# ---------------------------------------------------------------- read


def _read(text: str, source: str, campaign: Campaign, names: Mapping[int, str]) -> CampaignChange:
    """The file as a change of the campaign. Raises ConfigError with every problem at its line."""
    try:
        given = read(SelectionText, text, source, partial(_problems, campaign=campaign, names=names))
    except SettingsError as error:
        raise ConfigError(str(error)) from error
    return CampaignChange.model_validate(_body(given, campaign, names))


def _problems(given: SelectionText, *, campaign: Campaign, names: Mapping[int, str]) -> Iterator[tuple[Key, str]]:
    others = sorted(name for number, name in names.items() if number != campaign.id)
    wrong = False
    for index, one in enumerate(given.recycling):
        if one.campaign and _numbered(one.campaign, campaign, names) is None:
            wrong = True
            what = f"the client has no other campaign {one.campaign!r}; there are: {', '.join(others) or 'none'}"
            yield ("recycling", index, "campaign"), what
    if wrong:
        return
    try:
        change = CampaignChange.model_validate(_body(given, campaign, names))
    except ValidationError as error:
        for fault in error.errors():
            yield _key(fault["loc"]), fault["msg"]
        return
    try:
        changed(_bare(campaign), change)
    except ValueError as error:
        yield (), str(error)


def _bare(campaign: Campaign) -> Campaign:
    return Campaign(id=campaign.id, client=ClientId(campaign.client), name=campaign.name, mode=Mode.PREDICTIVE)


def _key(place: tuple[int | str, ...]) -> Key:
    """Where in the file the API's place stands."""
    inner = place[1:] if place[0] == "selection" else place
    return tuple(_TABLES.get(str(one), one) for one in inner)


def _body(given: SelectionText, campaign: Campaign, names: Mapping[int, str]) -> dict[str, Any]:
    """As the API takes it."""
    told = {name: value for name, value in asdict(given).items() if name not in {"attempts_max", "recycling"}}
    told["parts"], told["caps"] = list(told["parts"]), list(told["caps"])
    recycling = [{**asdict(one), "campaign": _numbered(one.campaign, campaign, names)} for one in given.recycling]
    return {"selection": told, "recycling": recycling, "attempts_max": given.attempts_max}


def _numbered(text: str, campaign: Campaign, names: Mapping[int, str]) -> CampaignId | None:
    """The client's other campaign of that name or number."""
    for number, name in names.items():
        if text in {name, str(number)} and number != campaign.id:
            return CampaignId(number)
    return None


# ---------------------------------------------------------------- show


def _text_of(campaign: Campaign, names: Mapping[int, str]) -> SelectionText:
    chosen = campaign.selection
    return SelectionText(
        order=chosen.order.value,
        expression=chosen.expression,
        filter=chosen.filter,
        expires_after_s=chosen.expires_after_s,
        callback_grace_s=chosen.callback_grace_s,
        best_hour=chosen.best_hour,
        attempts_max=campaign.attempts_max,
        parts=tuple(PartText(**asdict(one)) for one in chosen.parts),
        caps=tuple(CapText(scope=one.scope.value, count=one.count, span_s=one.span_s) for one in chosen.caps),
        recycling=tuple(
            RecyclingText(**{**asdict(to), "code": code, "campaign": names.get(to.campaign or 0, "")})
            for code, to in campaign.recycling
        ),
    )


def _written(one: SelectionText) -> str:
    """As TOML; what is not set is left out."""
    told = asdict(one)
    tables = {kind: told.pop(name) for name, kind in (("parts", "part"), ("caps", "cap"), ("recycling", "recycling"))}
    lines = [f"{key} = {_value(value)}" for key, value in told.items() if value not in {None, ""}]
    for kind, rows in tables.items():
        for row in rows:
            lines += ["", f"[[{kind}]]"]
            lines += [f"{key} = {_value(value)}" for key, value in row.items() if value not in {None, ""}]
    return "\n".join([*lines, ""])


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
