"""Reading the configuration anew while the dialer runs: what may change under calls, and what waits for a restart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from dialer.caller_id_pools import pools_of
from dialer.config import Config, load
from dialer.core.caller_ids import Pool
from dialer.core.messages import CallerIdsSet, TrunkSet
from dialer.ports import Tell
from dialer.store import Store

LIVE = frozenset({"trunks", "caller_ids"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What a new reading brought. `restart` names what differs and holds from the next start on."""

    trunks: tuple[str, ...]  # new or changed
    pools: bool  # the numbers shown are others, or are used in another way
    restart: tuple[str, ...]


class Rereader:
    """Knows what holds now, and tells the engine what a new reading changes of it."""

    def __init__(self, config: Config, file: Path, store: Store, tell: Tell, now: Callable[[], float]) -> None:
        self._config, self._file = config, file
        self._store, self._tell, self._now = store, tell, now

    async def __call__(self) -> Reread:
        """Read the file. Raises ConfigError with every problem of it; then nothing was changed."""
        fresh = load(self._file)
        pools = await known_pools(fresh, self._store)
        before, known = self._config, {one.name: one for one in self._config.trunks}
        changed = [one for one in fresh.trunks if one != known.get(one.name)]
        for trunk in changed:
            self._tell(TrunkSet(trunk))
        if fresh.caller_ids != before.caller_ids:
            await tell_pools(pools, self._store, self._tell, self._now())
        self._config = fresh
        gone = {one.name for one in before.trunks} - {one.name for one in fresh.trunks}
        others = [one.name for one in fields(Config) if one.name not in LIVE]
        return Reread(
            trunks=tuple(one.name for one in changed),
            pools=fresh.caller_ids != before.caller_ids,
            restart=(
                *(f"trunk {name}" for name in sorted(gone)),
                *(name for name in others if getattr(fresh, name) != getattr(before, name)),
            ),
        )


async def known_pools(config: Config, store: Store) -> tuple[Pool, ...]:
    """The pools of numbers as the engine takes them. Raises ConfigError for a client that there is not."""
    clients = {one.name: one.id for one in await store.clients.list()}
    return pools_of(config.caller_ids, clients)


async def tell_pools(pools: Sequence[Pool], store: Store, tell: Tell, now: float) -> None:
    """Tell the engine which numbers may be shown, and what is known of their use."""
    tell(CallerIdsSet(tuple(pools)))
    tell(await store.caller_ids.told({number: pool.zone for pool in pools for number in pool.numbers}, now))
