"""Growing delays after failed tries. A pure count by key: the clock and the meaning of a key are the caller's."""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(slots=True)
class _Tries:
    count: int = 0
    last_at: float = 0.0


class Lockout:
    """Allows `free` tries of a key at once, then makes each next one wait twice as long, up to `delay_max_s`.

    A try is counted when it begins, so that many at once gain nothing; a good one is forgiven. Keys untouched for
    `forget_s` start anew, and at most `keys_max` are remembered: the stalest are forgotten first.
    """

    def __init__(
        self, *, free: int, delay_max_s: float = 900.0, forget_s: float = 3600.0, keys_max: int = 10_000
    ) -> None:
        self._free = free
        self._delay_max_s = delay_max_s
        self._forget_s = forget_s
        self._keys_max = keys_max
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def wait_s(self, key: str, now: float) -> float:
        """Seconds until the key may try again; 0 when it may."""
        tries = self._tries.get(key)
        if tries is None or now - tries.last_at >= self._forget_s or tries.count < self._free:
            return 0.0
        doublings = min(tries.count - self._free, 30)
        return max(0.0, tries.last_at + min(2.0**doublings, self._delay_max_s) - now)

    def begin(self, key: str, now: float) -> None:
        """Count a try."""
        tries = self._tries.get(key)
        if tries is None or now - tries.last_at >= self._forget_s:
            tries = self._tries[key] = _Tries()
        tries.count += 1
        tries.last_at = now
        self._tries.move_to_end(key)
        while len(self._tries) > self._keys_max:
            self._tries.popitem(last=False)

    def forgive(self, key: str) -> None:
        """Take one try back: it was a good one."""
        tries = self._tries.get(key)
        if tries is not None:
            tries.count = max(0, tries.count - 1)

    def clear(self, key: str) -> None:
        """Forget the key's tries: it has shown that it knows the secret."""
        self._tries.pop(key, None)
