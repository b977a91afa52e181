"""Passwords and PINs: argon2id, off the event loop. Kept as argon2's own text, which names its parameters."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
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
    """Nothing kept takes as long as a wrong secret."""
    try:
        return _HASHER.verify(kept or _nobody(), secret)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return hash_secret("")


class Verifier:
    """Checks secrets a few at a time, in threads of their own: nobody waits at the door behind whoever reads a large
    list in those of the loop.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="secrets")

    async def matches(self, kept: str, secret: str) -> bool:
        """Whether the secret is the one kept. Nothing kept takes as long as a wrong secret, and is one."""
        loop = asyncio.get_running_loop()
        good = await loop.run_in_executor(self._threads, _matches, kept, secret)
        return good and bool(kept) and bool(secret)
