"""`dialer user`: who may come in, and with what. Secrets are asked for or come in a file, never in the command."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.secrets import SecretFile, secret_of
from dialer.cli.trail import note, note_change
from dialer.core.ids import ClientId
from dialer.errors import ConfigError
from dialer.store import NotFoundError, Role, Store, User
from dialer.web.passwords import hash_secret
from dialer.web.permissions import GRANTABLE, Permission, Who, permissions_of
from dialer.web.sessions import new_api_token
from dialer.web.totp import address_of, new_secret, terminal_picture_of
from dialer.web.user_bodies import PASSWORD_MIN, user_shown

app = typer.Typer(help="Users: add, list, change, disable; API tokens and one-time codes.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The name that the user signs in with.")]


async def _find(store: Store, login: str) -> User:
    found = await store.users.by_login(login)
    if found is None:
        known = ", ".join(one.login for one in await store.users.list()) or "none"
        raise NotFoundError(f"there is no user {login!r}; there are: {known}")
    return found


async def _limits(store: Store, client: str, campaigns: list[str]) -> tuple[ClientId | None, str]:
    owner = await store.clients.by_name(client) if client else None
    if client and owner is None:
        raise NotFoundError(f"there is no client {client!r}")
    found = [await store.campaigns.find(text) for text in campaigns]
    wrong = [one.name for one in found if owner is not None and one.client != owner.id]
    if wrong:
        raise ConfigError(f"not of the client {client!r}: {', '.join(wrong)}")
    return owner.id if owner is not None else None, " ".join(str(one.id) for one in found)


async def _change(store: Store, login: str, **given: Any) -> User:  # noqa: ANN401 - fields of a user
    """Change a user, with a line in the trail; a password that is given is told there by its name alone."""
    found = await _find(store, login)
    made = await store.users.save(replace(found, **given), was=found)
    which: dict[str, object] = {"user": made.id} | ({"secrets": ["password"]} if "password_hash" in given else {})
    await note_change(store, "user.change", which, before=user_shown(found), after=user_shown(made))
    return made


def _granted(texts: list[str]) -> str:
    wrong = sorted(set(texts) - GRANTABLE)
    if wrong:
        raise ConfigError(f"no permission of that name: {', '.join(wrong)}; there are: {', '.join(sorted(GRANTABLE))}")
    return " ".join(sorted(set(texts)))


@app.command("add")
def add(
    login: Login,
    *,
    role: Annotated[Role, typer.Option(help="What the user is here for.")],
    name: Annotated[str, typer.Option(help="As it is shown to others; the login where left out.")] = "",
    client: Annotated[str, typer.Option(help="The only client that the user sees, by name.")] = "",
    campaign: Annotated[list[str] | None, typer.Option(help="Sees these alone, by name or number; repeat it.")] = None,
    grant: Annotated[list[str] | None, typer.Option(help="A permission beside the role's, as exports.")] = None,
    password_file: Annotated[Path | None, SecretFile] = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Add a user. The password is asked for, unless it comes in a file."""
    reach, grants = Reach.of(config, database), _granted(grant or [])
    password = secret_of("Password", password_file)
    if len(password) < PASSWORD_MIN:
        raise ConfigError(f"the password must have at least {PASSWORD_MIN} signs")
    if role is Role.CLIENT and not client:
        raise ConfigError("a client's user needs --client: it sees that one alone")

    async def doing(store: Store) -> User:
        if await store.agents.by_login(login) is not None:
            raise ConfigError(f"the login {login!r} is an agent's")
        owner, campaigns = await _limits(store, client, campaign or [])
        made = User(login=login, name=name or login, role=role, password_hash=hash_secret(password))
        made = await store.users.save(replace(made, client=owner, campaigns=campaigns, grants=grants))
        await note_change(store, "user.add", {"user": made.id}, before=None, after=user_shown(made))
        return made

    made = run(reach.in_store(doing))
    if json is not None:
        write_json(user_shown(made).model_dump(mode="json"), json)
    else:
        typer.echo(f"user {made.id}, {made.login!r}, is added as {made.role}")


@app.command("list")
def list_(*, config: ConfigFile = None, database: DatabaseUrl = None, json: JsonFile = None) -> None:
    """All users, with what they are limited to and granted."""

    async def doing(store: Store) -> list[dict[str, object]]:
        names = {one.id: one.name for one in await store.clients.list()}
        users = await store.users.list()
        return [
            user_shown(one).model_dump(mode="json") | {"client_name": names.get(one.client) if one.client else None}
            for one in users
        ]

    users = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json(users, json)
        return
    columns = ("id", "login", "name", "role", "client_name", "campaigns", "grants", "second_factor", "active")
    show_table(columns, [[_cell(one[column]) for column in columns] for one in users])


def _cell(value: object) -> object:
    return " ".join(map(str, value)) if isinstance(value, list) else value


@app.command("grant")
def grant(
    login: Login,
    permissions: Annotated[list[str] | None, typer.Argument(help="Beside the role; none: take all back.")] = None,
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Say what a user may do beside what the role allows."""
    granted = _granted(permissions or [])

    async def doing(store: Store) -> User:
        return await _change(store, login, grants=granted)

    made = run(Reach.of(config, database).in_store(doing))
    typer.echo(f"{made.login}: {made.role}, and beside it {made.grants or 'nothing'}")


@app.command("disable")
def disable(login: Login, *, config: ConfigFile = None, database: DatabaseUrl = None) -> None:
    """Let a user in no more, and end what is open. What they did stays in the trail."""

    async def doing(store: Store) -> None:
        found = await _change(store, login, active=False)
        await store.tokens.remove_of(user=found.id)

    run(Reach.of(config, database).in_store(doing))
    typer.echo(f"{login}: disabled; a running server believes an open session for at most 5 s more")


@app.command("enable")
def enable(login: Login, *, config: ConfigFile = None, database: DatabaseUrl = None) -> None:
    """Let a disabled user in again."""

    async def doing(store: Store) -> None:
        await _change(store, login, active=True)

    run(Reach.of(config, database).in_store(doing))
    typer.echo(f"{login}: enabled")


@app.command("password")
def password(
    login: Login,
    *,
    password_file: Annotated[Path | None, SecretFile] = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Set a new password; everything that the user has open ends."""
    reach, new = Reach.of(config, database), secret_of("Password", password_file)
    if len(new) < PASSWORD_MIN:
        raise ConfigError(f"the password must have at least {PASSWORD_MIN} signs")

    async def doing(store: Store) -> None:
        found = await _change(store, login, password_hash=hash_secret(new))
        await store.tokens.remove_of(user=found.id)

    run(reach.in_store(doing))
    typer.echo(f"{login}: the password is another")


@app.command("token")
def token(
    login: Login,
    *,
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, of what the user may; repeat it.")],
    days: Annotated[int, typer.Option(min=1, max=400, help="How long it is good.")] = 90,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Make an API token for a program that works in the user's name. It is told this once."""
    scopes = frozenset(Permission(one) for one in _granted(scope).split())

    async def doing(store: Store) -> str:
        found, now = await _find(store, login), time.time()
        beyond = scopes - permissions_of(Who(found.role), frozenset(found.grants.split()))
        if beyond:
            raise ConfigError(f"{login} may not do that: {', '.join(sorted(beyond))}")
        made = await new_api_token(store, found, name, scopes=scopes, now=now, expires_at=now + 86_400.0 * days)
        await note(store, "token.add", user=found.id, name=name, scopes=sorted(scopes), days=days)
        return made

    made = run(Reach.of(config, database).in_store(doing))
    if json is not None:
        write_json({"token": made, "days": days, "scopes": sorted(scopes)}, json)
    else:
        typer.echo(made)


@app.command("totp")
def totp(
    login: Login,
    *,
    off: Annotated[bool, typer.Option("--off", help="Ask for no code any more: the phone is lost.")] = False,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
) -> None:
    """Ask the user for a one-time code from now on; shows the secret once, for an authenticator app."""
    secret = "" if off else new_secret()

    async def doing(store: Store) -> None:
        found = await _find(store, login)
        await store.users.save(replace(found, totp_secret=secret, totp_step=0), was=found)
        await note(store, "user.totp_reset" if off else "user.totp", user=found.id)

    run(Reach.of(config, database).in_store(doing))
    if off:
        typer.echo(f"{login}: signs in with the password alone")
        return
    address = address_of(secret, login)
    typer.echo(terminal_picture_of(address))
    typer.echo(f"{address}\n{login}: take it into an authenticator app now; it is not shown again")
