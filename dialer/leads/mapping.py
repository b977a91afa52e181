"""A saved mapping: which columns of a client's lists mean what, for those whose names say it to nobody else.

    [columns]
    external_id = "Nro Operacion"
    phone = ["Fono 1", "Fono 2"]

Pure but for the file.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dialer.errors import ImportRefusedError


def load_mapping(path: Path) -> dict[str, list[str]]:
    """The columns by what they mean. Raises ImportRefusedError."""
    try:
        read: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ImportRefusedError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportRefusedError(f"{path}: is no TOML: {error}") from error
    columns = read.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise ImportRefusedError(f"{path}: must have a table [columns], as phone = ['Fono 1', 'Fono 2']")
    mapping = {meaning: [names] if isinstance(names, str) else names for meaning, names in columns.items()}
    for meaning, names in mapping.items():
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise ImportRefusedError(f"{path}: {meaning} must be a column's name, or a list of them")
    return mapping


def save_mapping(path: Path, mapping: Mapping[str, Sequence[str]]) -> None:
    """Write the mapping, to be changed by hand and given again. Raises ImportRefusedError."""
    lines = [f"{meaning} = {json.dumps(list(names), ensure_ascii=False)}" for meaning, names in mapping.items()]
    try:
        path.write_text("\n".join(["[columns]", *lines, ""]), encoding="utf-8")
    except OSError as error:
        raise ImportRefusedError(f"{path}: cannot be written: {error.strerror}") from error
