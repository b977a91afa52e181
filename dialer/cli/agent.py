"""`dialer agent`: add and list. A PIN or password is asked for or read from a file, never given in the command."""

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.secrets import SecretFile, secret_of
from dialer.cli.trail import note_change
from dialer.core.ids import AgentId
from dialer.core.model import Agent
from dialer.errors import ConfigError
from dialer.store import AgentLogin, Store
from dialer.web.agent_routes import agent_shown
from dialer.web.passwords import hash_secret

app = typer.Typer(help="Agents: add and list.", no_args_is_help=True)

PIN_DIGITS = range(4, 21)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="As it is shown to others.")],
    *,
    campaign: Annotated[list[str], typer.Option(help="A campaign to work on, by name or number; may be repeated.")],
    code: Annotated[str, typer.Option(help="The number the agent signs in with, at the desk or from a phone.")] = "",
    login: Annotated[str, typer.Option(help="The name the agent signs in with; the code where left out.")] = "",
    endpoint: Annotated[str, typer.Option(help="The phone to call, as PJSIP/desk1; empty: the agent dials in.")] = "",
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Comes in through the provider of [web.oidc], by the login there.")
    ] = False,
    pin_file: Annotated[Path | None, SecretFile] = None,
    password_file: Annotated[Path | None, SecretFile] = None,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Add an agent. With a code, the PIN is asked for unless it comes in a file."""
    reach = Reach.of(config, database)
    if not (code or login):
        raise ConfigError("an agent needs --code (with a PIN) or --login (with a password, or --elsewhere)")
    if elsewhere and not login:
        raise ConfigError("--elsewhere needs --login: the name that the agent has at the provider")
    if code and not (code.isascii() and code.isdigit()):
        raise ConfigError(f"--code {code!r}: digits alone, as it is dialled")
    pin = secret_of("PIN", pin_file) if code and (pin_file is not None or not elsewhere) else ""
    if pin and not (pin.isascii() and pin.isdigit() and len(pin) in PIN_DIGITS):
        raise ConfigError(f"the PIN must have {PIN_DIGITS.start} to {PIN_DIGITS.stop - 1} digits")
    asked = password_file is not None or not (code or elsewhere)
    password = secret_of("Password", password_file) if asked else ""

    async def doing(store: Store) -> AgentLogin:
        campaigns = tuple([(await store.campaigns.find(text)).id for text in campaign])
        agent = Agent(id=AgentId(0), name=name, campaigns=campaigns, endpoint=endpoint)
        made = await store.agents.save(
            AgentLogin(
                agent=agent,
                login=login or code,
                code=code,
                pin_hash=hash_secret(pin) if pin else "",
                password_hash=hash_secret(password) if password else "",
                elsewhere=elsewhere,
            )
        )
        await note_change(store, "agent.add", {"agent": made.agent.id}, before=None, after=agent_shown(made))
        return made

    saved = run(reach.in_store(doing))
    if json is not None:
        write_json(_shown(saved), json)
    else:
        typer.echo(f"agent {saved.agent.id}, {saved.agent.name!r}, is added")


@app.command("list")
def list_(*, config: ConfigFile = None, database: DatabaseUrl = None, json: JsonFile = None) -> None:
    """All agents."""

    async def doing(store: Store) -> tuple[AgentLogin, ...]:
        return await store.agents.list()

    agents = [_shown(login) for login in run(Reach.of(config, database).in_store(doing))]
    if json is not None:
        write_json(agents, json)
        return
    columns = ("id", "name", "login", "code", "endpoint", "campaigns", "active", "elsewhere")
    show_table(columns, [[one[column] for column in columns] for one in agents])


def _shown(login: AgentLogin) -> dict[str, object]:
    agent = login.agent
    return {
        "id": agent.id,
        "name": agent.name,
        "login": login.login,
        "code": login.code,
        "endpoint": agent.endpoint,
        "campaigns": list(agent.campaigns),
        "active": login.active,
        "elsewhere": login.elsewhere,
    }
