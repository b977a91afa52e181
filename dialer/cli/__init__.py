"""The command `dialer`. Each command stands in a module of its own; other rooms add theirs as entry points.

Only the module of the command that is asked for is imported: a list of all would cost every command a second or two.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from itertools import zip_longest
from typing import Annotated

import typer

from dialer import __version__
from dialer.errors import DialerError

EXIT_FAILED = 1
COMMANDS = {
    "init": "dialer.cli.init:init",
    "doctor": "dialer.cli.doctor:doctor",
    "backup": "dialer.cli.backup:backup",
    "restore": "dialer.cli.backup:restore",
    "serve": "dialer.cli.serve:serve",
    "stop": "dialer.cli.stop:stop",
    "campaign": "dialer.cli.campaign:app",
    "agent": "dialer.cli.agent:app",
    "user": "dialer.cli.user:app",
    "leads": "dialer.cli.leads:app",
    "rules": "dialer.cli.rules:app",
    "dnc": "dialer.cli.dnc:app",
    "migrate": "dialer.cli.migrate:app",
    "person": "dialer.cli.person:app",
    "audit": "dialer.cli.audit:app",
    "accounts": "dialer.cli.accounts:app",
    "feed": "dialer.cli.feed:app",
    "caller-id": "dialer.cli.caller_id:app",
    "recordings": "dialer.cli.recordings:app",
    "trunk": "dialer.cli.trunk:app",
    "detection": "dialer.cli.detection:app",
    "report": "dialer.cli.report:report",
}
HELP = (
    "Cadencia: a predictive dialer for Asterisk. `dialer demo` shows a whole campaign; `dialer init DIR` begins one of "
    "your own."
)

Loader = Callable[[], object]


def _loaders() -> dict[str, Loader]:
    """Every command by name, not yet imported."""
    loaders: dict[str, Loader] = {point.name: point.load for point in entry_points(group="cadencia.commands")}
    for name, place in COMMANDS.items():
        loaders[name] = _loader(place)
    return dict(sorted(loaders.items()))


def _loader(place: str) -> Loader:
    module, _, attribute = place.partition(":")
    return lambda: getattr(import_module(module), attribute)


def build(asked: str = "") -> typer.Typer:
    """The command line: with the one command that is asked for, or with all where it is none of them."""
    app = typer.Typer(name="dialer", help=HELP, no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback(help=HELP)(_before)
    loaders = _loaders()
    for name in [asked] if asked in loaders else loaders:
        command = loaders[name]()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            assert callable(command)
            app.command(name)(command)
    return app


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"Cadencia {__version__}")
        raise typer.Exit


def _before(
    *, _: Annotated[bool, typer.Option("--version", help="Say which release this is.", callback=_tell_version)] = False
) -> None:
    """What stands before any command."""


def _with_json_file(given: list[str]) -> list[str]:
    """`--json` takes a file, or none for standard output; the library knows no option with an optional value."""
    return [
        "--json=-" if word == "--json" and (after is None or (after.startswith("-") and after != "-")) else word
        for word, after in zip_longest(given, given[1:])
    ]


def main() -> None:
    """Run the command line. Errors made on purpose are shown as one text, without a trace."""
    given = sys.argv[1:]
    try:
        build(given[0] if given else "")(args=_with_json_file(given))
    except DialerError as error:
        sys.stderr.write(f"dialer: {error}\n")
        sys.exit(EXIT_FAILED)
