"""One-time codes (RFC 6238): six digits, every 30 seconds another. What was used stands in the store."""

import hmac
import io

import pyotp
import segno

STEP_S = 30
_DRIFT = 1  # steps that a phone's clock may be off


def new_secret() -> str:
    """A secret for one user; kept as it is, since both sides must know it."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The step whose code this is, None for a wrong one."""
    made, step = pyotp.TOTP(secret), int(now // STEP_S)
    given = "".join(code.split())
    for one in range(step - _DRIFT, step + _DRIFT + 1):
        if hmac.compare_digest(made.generate_otp(one), given):
            return one
    return None


def address_of(secret: str, login: str) -> str:
    """What an authenticator app takes in."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Cadencia")


def terminal_picture_of(address: str) -> str:
    """The address as a QR code of block signs."""
    out = io.StringIO()
    segno.make(address, error="m").terminal(out, compact=True)
    return out.getvalue()


def picture_of(address: str) -> str:
    """The address as a QR code, SVG."""
    picture: str = segno.make(address, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff")
    return picture
