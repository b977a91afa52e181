"""Who has failed to sign in too often, and for how long they must wait. Pure: the time is an argument.

A try counts before it is checked, so that tries made side by side cannot outrun the count; success takes it back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

KEYS_MAX = 10_000


@dataclass(slots=True)
class _Record:
    tries: int = 0
    locks: int = 0
    locked_until: float = 0.0
    last_at: float = 0.0


class Lockout:
    """Three tries, then a lock of 30 s, doubled each time up to a quarter of an hour. An hour's peace forgets it."""

    def __init__(
        self, *, tries_max: int = 3, lock_s: float = 30.0, lock_max_s: float = 900.0, forget_s: float = 3600.0
    ) -> None:
        self._tries_max = tries_max
        self._lock_s = lock_s
        self._lock_max_s = lock_max_s
        self._forget_s = forget_s
        self._records: dict[str, _Record] = {}

    def wait_s(self, keys: Iterable[str], now: float) -> float:
        """Seconds until all the keys are free again; 0 = now."""
        return max((self._locked_for(key, now) for key in keys), default=0.0)

    def admit(self, keys: tuple[str, ...], now: float) -> bool:
        """Count one try against each key. False (and nothing counted) where one of them is locked."""
        if self.wait_s(keys, now) > 0:
            return False
        for key in keys:
            self._count(key, now)
        self._prune(now)
        return True

    def succeeded(self, keys: tuple[str, ...]) -> None:
        """Forget what was held against the keys."""
        for key in keys:
            self._records.pop(key, None)

    def _locked_for(self, key: str, now: float) -> float:
        record = self._records.get(key)
        return max(0.0, record.locked_until - now) if record else 0.0

    def _count(self, key: str, now: float) -> None:
        record = self._records.get(key)
        if record is None or now - record.last_at > self._forget_s:
            record = self._records[key] = _Record()
        record.tries += 1
        record.last_at = now
        if record.tries == self._tries_max:
            record.locked_until = now + min(self._lock_max_s, self._lock_s * 2**record.locks)
            record.locks += 1
            record.tries = 0

    def _prune(self, now: float) -> None:
        """Keep the newest where somebody tries very many codes; never drop a lock that holds."""
        if len(self._records) <= KEYS_MAX:
            return
        idle = [key for key, record in self._records.items() if record.locked_until <= now]
        for key in sorted(idle, key=lambda key: self._records[key].last_at)[: len(self._records) - KEYS_MAX]:
            del self._records[key]
