"""How commands show what they found: a table for a person, JSON for a program. Nothing is looked up here."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dialer.errors import ConfigError

JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON to this file (-: standard output).")
]
STANDARD_OUTPUT = Path("-")


def writable(*files: Path | None) -> None:
    """Raise ConfigError now where a file cannot be written later, when the work is done."""
    for file in files:
        if file is None or file == STANDARD_OUTPUT:
            continue
        if file.is_dir():
            raise ConfigError(f"{file}: cannot be written (it is a folder)")
        if not file.parent.is_dir():
            raise ConfigError(f"{file}: cannot be written (there is no folder {file.parent})")
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            raise ConfigError(f"{file}: cannot be written (Permission denied)")


def write_json(value: object, file: Path) -> None:
    """Write the value as JSON. Raises ConfigError where the file cannot be written."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    if file == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror})") from error


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table on standard output."""
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    if not table.rows:
        table.add_row("none yet")
    wide = None if sys.stdout.isatty() else 240  # a file or a pipe has no edge to cut at
    Console(soft_wrap=not sys.stdout.isatty(), width=wide).print(table)
