"""`dialer recordings analyze`: a call measured at a command line, without a database."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from recordings.analysis import analyze
from recordings.audio import SUFFIXES, locate
from recordings.errors import RecordingPathError
from recordings.report import as_json, lines_of
from recordings.settings import Settings
from recordings.voice import Detector

STANDARD_OUTPUT = Path("-")


def analyze_command(
    call: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|BASE",
            help="A stereo file (agent left), or the base name of two legs, BASE-agent.wav and BASE-customer.wav.",
            show_default=False,
        ),
    ],
    *,
    hours_max: Annotated[float, typer.Option(min=0.01, help="Refuse longer calls.")] = Settings().hours_max,
    dead_air_s: Annotated[float, typer.Option(min=0.1, help="Silences from this length on.")] = Settings().dead_air_s,
    detector: Annotated[Detector, typer.Option(help="Who tells which frames may be speech.")] = Detector.WEBRTC,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON to this file (-: standard output).")
    ] = None,
) -> None:
    """Measure one call: speech, silence, talk-over, turns, loudness, clipping, beeps, and what to listen to."""
    settings = replace(Settings(), hours_max=hours_max, dead_air_s=dead_air_s, detector=detector)
    if json_file is not None and json_file.suffix.lower() in SUFFIXES:
        raise RecordingPathError(f"{json_file}: a recording's name; name another file for the JSON")
    source = locate(call)
    with _progress(call.name) as progress:
        measured = analyze(source, settings, progress=progress)
    if json_file is None:
        Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines_of(call.name, measured)))
        return
    text = json.dumps(as_json(measured), ensure_ascii=False, indent=2) + "\n"
    if json_file == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        json_file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecordingPathError(f"{json_file}: cannot be written ({error.strerror})") from error


@contextmanager
def _progress(name: str) -> Iterator[Callable[[float], None]]:
    """A bar on standard error for calls that take a while."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=1.0)
        yield lambda share: bar.update(task, completed=share)
