"""`dialer asterisk`: render a host's configuration, check an existing one, run a private Asterisk."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from asterisk_config.check import check
from asterisk_config.findings import Finding, Weight
from asterisk_config.install import PROTECTED, InstallError, State, plan, write, write_program, write_sounds
from asterisk_config.lab import SUITES, Instance, Lab, LabError
from asterisk_config.render import render
from asterisk_config.settings import Settings, read_settings
from asterisk_config.toml_reader import SettingsError

app = typer.Typer(name="asterisk", help=__doc__, no_args_is_help=True)
lab_app = typer.Typer(help="A private Asterisk for trials: no root, nothing on the host changes.", no_args_is_help=True)
app.add_typer(lab_app, name="lab")

_out = Console(soft_wrap=True, highlight=False)
_errors = Console(stderr=True, soft_wrap=True, highlight=False)

SettingsFile = Annotated[Path, typer.Argument(help="The host's settings, a TOML file.", show_default=False)]
Etc = Annotated[Path, typer.Argument(help="Folder of the configuration.", show_default=False)]
Home = Annotated[Path | None, typer.Option(help="Where the lab is kept.", envvar="CADENCIA_LAB", show_default=".lab")]
Suite = Annotated[str, typer.Option(help=f"Debian suite ({', '.join(SUITES)}): forky has Asterisk 22, bullseye 16.")]
Json = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON to this file (-: standard output).")
]


@app.command("render")
def render_command(
    settings_file: SettingsFile,
    *,
    lab: Annotated[
        Path | None, typer.Option(help="Render for a private Asterisk in this folder, below it in etc.")
    ] = None,
    home: Home = None,
    suite: Suite = "forky",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that were edited or written by others.")
    ] = False,
    json_file: Json = None,
) -> None:
    """Write Asterisk's configuration, after showing what changes.

    A file that this command did not write, or that was edited since, is left alone unless --force is given.
    """
    settings = _settings(settings_file)
    if lab is not None:
        with _reported():
            settings = Lab.of(home, suite).placed(settings, lab)
    changes = plan(render(settings), settings.directories.etc)
    wanted = [change for change in changes if change.state is not State.SAME]
    _write_json(json_file, [{"path": str(change.path), "state": change.state} for change in changes])
    for change in wanted:
        if change.state in PROTECTED:
            _errors.print(f"[yellow]{escape(f'{change.path}: {change.state}')}[/]")
        _errors.print(escape(change.diff()), end="")
    if dry_run:
        return
    if wanted and not yes and not typer.confirm(f"Write {len(wanted)} files?", err=True):
        raise typer.Exit(1)
    with _reported():
        written, sounds = write(changes, force=force), write_sounds(settings)
        write_program(settings)
    _errors.print(f"{len(written)} files and {len(sounds)} sounds written, {len(changes) - len(written)} unchanged.")
    if sounds:
        _errors.print("Those sounds are placeholders of tones: record real ones and name them in \\[sounds].")


@app.command("check")
def check_command(
    etc: Annotated[Path, typer.Argument(help="Folder of Asterisk's configuration.")] = Path("/etc/asterisk"),
    *,
    user: Annotated[str, typer.Option(help="The dialer's user in manager.conf.")] = "dialer",
    json_file: Json = None,
) -> None:
    """Say what an existing configuration lacks for the dialer; exit with 1 when something is missing."""
    if not etc.is_dir():
        _fail(f"{etc} is not a folder: name the one that has asterisk.conf in it")
    findings = check(etc, user=user)
    _write_json(json_file, [_as_json(finding) for finding in findings])
    for finding in findings:
        colour = "red" if finding.weight is Weight.MISSING else "yellow"
        _errors.print(f"[{colour}]{finding.weight:7}[/] {escape(f'{finding.place}: {finding.what}')}")
        _errors.print(escape(f"        mend: {finding.mend}"))
    lacking = sum(finding.weight is Weight.MISSING for finding in findings)
    _errors.print(f"{lacking} missing, {len(findings) - lacking} pieces of advice.")
    if lacking:
        raise typer.Exit(1)


@lab_app.command("install")
def lab_install(*, home: Home = None, suite: Suite = "forky") -> None:
    """Fetch Asterisk from Debian's packages into the lab's folder (about 270 MB, some ten seconds)."""
    lab = Lab.of(home, suite)
    with _errors.status("private Asterisk") as status, _reported():
        version = lab.install(lambda step: status.update(f"private Asterisk: {step}"))
    _out.print(f"Asterisk {version} in {lab.home}")


@lab_app.command("start")
def lab_start(etc: Etc, *, home: Home = None, suite: Suite = "forky") -> None:
    """Start the Asterisk of a folder and return once it takes calls."""
    with _reported():
        _out.print(f"running, pid {_instance(etc, home, suite).start()}")


@lab_app.command("stop")
def lab_stop(etc: Etc, *, home: Home = None, suite: Suite = "forky") -> None:
    """Stop the Asterisk of a folder, calls included."""
    with _reported():
        _instance(etc, home, suite).stop()
        _out.print("stopped")


@lab_app.command("status")
def lab_status(etc: Etc, *, home: Home = None, suite: Suite = "forky") -> None:
    """Say whether the Asterisk of a folder runs; exit with 3 when not."""
    with _reported():
        instance = _instance(etc, home, suite)
        _out.print(instance.status())
        if instance.pid is None:
            raise typer.Exit(3)


@lab_app.command("cli")
def lab_cli(
    etc: Etc,
    command: Annotated[list[str], typer.Argument(help="The console's command, as: core show channels.")],
    *,
    home: Home = None,
    suite: Suite = "forky",
) -> None:
    """Run a command of Asterisk's console, and show what it answers."""
    with _reported():
        sys.stdout.write(_instance(etc, home, suite).cli(" ".join(command)))


@contextmanager
def _reported() -> Iterator[None]:
    """Turn an expected failure into a message and exit code 1."""
    try:
        yield
    except (InstallError, LabError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    _errors.print(escape(message), style="red")
    raise typer.Exit(1)


def _settings(path: Path) -> Settings:
    try:
        return read_settings(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        _fail(f"{path}: cannot be read ({error.strerror})")
    except (UnicodeDecodeError, SettingsError) as error:
        _fail(str(error))


def _instance(etc: Path, home: Path | None, suite: str) -> Instance:
    return Lab.of(home, suite).instance(etc)


def _as_json(finding: Finding) -> dict[str, str | int]:
    return {
        "weight": finding.weight,
        "file": str(finding.place.path),
        "line": finding.place.line,
        "what": finding.what,
        "mend": finding.mend,
    }


def _write_json(target: Path | None, result: object) -> None:
    if target is None:
        return
    text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
    if str(target) == "-":
        sys.stdout.write(text)
    else:
        target.write_text(text, encoding="utf-8")
