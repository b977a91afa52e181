"""The program that Asterisk runs beside the dialplan, made into one file: the modules of `asterisk_config.scripts`."""

import io
import zipfile
from pathlib import Path

import asterisk_config
from asterisk_config import scripts
from asterisk_config.settings import Settings

NAME = "cadencia-listen"
_MADE = (1980, 1, 1, 0, 0, 0)  # the same modules, the same bytes
_MAIN = "from asterisk_config.scripts.listen import main\n\nmain()\n"


def folder(settings: Settings) -> Path:
    """Where the programs of this Asterisk stand."""
    return settings.directories.state / "agi-bin"


def program(settings: Settings) -> bytes:
    """An executable zip of modules: one file to copy, and nothing to install on Asterisk's machine but Python."""
    root = Path(asterisk_config.__file__).parent
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        made.writestr(zipfile.ZipInfo("__main__.py", _MADE), _MAIN)
        made.writestr(zipfile.ZipInfo("asterisk_config/__init__.py", _MADE), "")
        for path in sorted(Path(scripts.__file__).parent.glob("*.py")):
            made.writestr(zipfile.ZipInfo(path.relative_to(root.parent).as_posix(), _MADE), path.read_bytes())
    # isolated, without site packages, and leaving no bytecode behind
    return f"#!{settings.host.python} -IBS\n".encode() + buffer.getvalue()
