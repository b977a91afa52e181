"""The command `dialer`. Each group stands in a module of its own; other rooms add theirs as entry points."""

import sys
from importlib.metadata import entry_points

import typer

from dialer.errors import DialerError

EXIT_USAGE = 2
EXIT_FAILED = 1


def build() -> typer.Typer:
    """The whole command, with what other rooms add."""
    from dialer.cli import agent, campaign, init, leads, report, serve, stop  # noqa: PLC0415 - other rooms import fast

    app = typer.Typer(
        name="dialer",
        help="Cadencia: a predictive dialer for Asterisk. `dialer demo` shows a whole campaign; "
        "`dialer init DIR` begins one of your own.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.command("init")(init.init)
    app.command("serve")(serve.serve)
    app.command("stop")(stop.stop)
    app.command("report")(report.report)
    app.add_typer(campaign.app, name="campaign")
    app.add_typer(agent.app, name="agent")
    app.add_typer(leads.app, name="leads")
    for point in sorted(entry_points(group="cadencia.commands"), key=lambda point: point.name):
        command = point.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=point.name)
        else:
            app.command(point.name)(command)
    return app


def main() -> None:
    """Run the command line. Errors made on purpose are shown as one text, without a trace."""
    try:
        build()()
    except DialerError as error:
        sys.stderr.write(f"dialer: {error}\n")
        sys.exit(EXIT_FAILED)
