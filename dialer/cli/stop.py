"""`dialer stop`: the emergency stop of all dialling, and taking it back."""

from typing import Annotated

import typer

from dialer.cli.reach import ConfigFile, Reach, run
from dialer.errors import ConfigError
from dialer.web.client import Client


def stop(
    *,
    all_: Annotated[bool, typer.Option("--all", help="Stop all dialling.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Let dialling go on.")] = False,
    config: ConfigFile = None,
) -> None:
    """Place nothing more and hang ringing calls up; talks go on. `--resume` takes it back."""
    if all_ == resume:
        raise ConfigError("say --all to stop all dialling, or --resume to let it go on")

    async def doing(client: Client) -> None:
        await (client.resume_dialling() if resume else client.stop_dialling())

    run(Reach.of(config).in_server(doing))
    typer.echo("dialling goes on" if resume else "all dialling is stopped")
