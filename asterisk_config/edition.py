"""Which edition of Asterisk's files, and of the program beside them, this version renders; another must go."""

from functools import cache
from hashlib import sha256
from pathlib import Path

GLOBAL = "DIALER_EDITION"  # what tells it, in Asterisk
_HERE = Path(__file__).parent


@cache
def edition() -> str:
    """A digest of the templates and of the modules that Asterisk's host runs, whatever the settings."""
    digest = sha256()
    for path in (*sorted((_HERE / "templates").glob("*.j2")), *sorted((_HERE / "scripts").glob("*.py"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]
