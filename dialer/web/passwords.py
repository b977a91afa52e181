"""Passwords and PINs: argon2id, off the event loop. Kept as argon2's own text, which names its parameters."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's smaller recommendation: a floor of 500 agents signs in at nine o'clock within seconds.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = 2


def hash_secret(secret: str) -> str:
    """The text to keep. Takes some 30 ms of a core."""
    return _HASHER.hash(secret)


def _matches(kept: str, secret: str) -> bool:
    try:
        return _HASHER.verify(kept, secret)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return hash_secret("")


class Verifier:
    """Checks secrets in threads, a few at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def matches(self, kept: str, secret: str) -> bool:
        """Whether the secret is the one kept. Nothing kept takes as long as a wrong secret, and is one."""
        async with self._slots:
            good = await asyncio.to_thread(_matches, kept or _nobody(), secret)
        return good and bool(kept) and bool(secret)
