"""The numbers that people may be shown, as a running engine has them: for those who ask what it would do."""

from collections.abc import Sequence

from dialer.core.caller_ids import Pool, Shown
from dialer.core.showing import learn_use
from dialer.store import Store


def all_of(pools: Sequence[Pool]) -> Shown:
    """The pools' numbers, none of them used yet: what may be shown on a day to come."""
    shown = Shown()
    shown.configure(tuple(pools))
    return shown


async def shown_of(store: Store, pools: Sequence[Pool], now: float) -> Shown:
    """The pools' numbers with their use and rests by `now`. Raises StoreError."""
    shown = all_of(pools)
    if pools:
        zones = {number: one.pool.zone for number, one in shown.numbers.items()}
        learn_use(shown, await store.caller_ids.told(zones, now), now)
    return shown
