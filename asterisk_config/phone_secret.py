"""How the password of a browser's phone follows from one key, so that none has to be kept or typed.

The host file of `dialer asterisk render` and the dialer's own configuration hold the same key; an agent who reads the
password of one phone cannot tell another's.
"""

import base64
import hashlib
import hmac


def phone_password(key: str, name: str) -> str:
    """The SIP password of the phone `name`: 32 letters and digits."""
    digest = hmac.new(key.encode(), f"cadencia phone {name}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii")[:32]
