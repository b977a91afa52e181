"""Which edition of the dialplan, and of the program beside it, this version renders. Another must be rendered again."""

from functools import cache
from hashlib import sha256
from pathlib import Path

GLOBAL = "DIALER_DIALPLAN"  # what tells it, in Asterisk
_HERE = Path(__file__).parent


@cache
def edition() -> str:
    """A digest of the template and of the modules that Asterisk's host runs, whatever the settings."""
    digest = sha256()
    for path in (_HERE / "templates" / "extensions.conf.j2", *sorted((_HERE / "scripts").glob("*.py"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]
