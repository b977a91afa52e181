"""Cells of any kind of list as text: what a spreadsheet, Parquet or JSON holds is no text yet."""

import json
from collections.abc import Sequence
from datetime import datetime
from math import isnan
from pathlib import Path

from dialer.errors import ImportRefusedError


def named(path: Path, header: Sequence[object]) -> list[str]:
    """The header as text. Raises ImportRefusedError where it names nothing."""
    names = [text_of(one) for one in header]
    if not any(one.strip() for one in names):
        raise ImportRefusedError(f"{path}:1: the first line must name the columns")
    return names


def text_of(value: object) -> str:
    """A typed cell as text: 12345678.0 is no decimal number, a date has no hours."""
    match value:
        case None:
            text = ""
        case bool():
            text = "1" if value else "0"
        case float() if isnan(value):
            text = ""  # as libraries write what is missing
        case float():
            text = str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
        case datetime():
            text = value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
        case bytes():
            text = value.decode(errors="replace")  # some writers mark no text as such
        case dict() | list():
            text = json.dumps(value, ensure_ascii=False, default=text_of)
        case _:
            text = str(value)
    return text
