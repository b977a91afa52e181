"""Secrets for commands: asked for, or read from a file; never an argument, which others could read."""

import sys
from pathlib import Path

import typer

from dialer.errors import ConfigError

SecretFile = typer.Option(help="A file that holds it alone (-: standard input).", allow_dash=True)


def secret_of(what: str, file: Path | None) -> str:
    """The secret from the file, or asked for. Raises ConfigError where the file cannot be read or is empty."""
    if file is None:
        return str(typer.prompt(what, hide_input=True, confirmation_prompt=True))
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    secret = text.strip()
    if not secret:
        raise ConfigError(f"{file}: holds no {what}")
    return secret
